package standalone

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"time"
)

// lifetime ends what Run has begun.
type lifetime struct {
	logger  *slog.Logger
	failed  chan error     // a server that stopped by itself
	stops   []func() error // what serves participants and programs
	closers []func() error // what that needs
}

func (l *lifetime) onStop(f func() error)  { l.stops = append(l.stops, f) }
func (l *lifetime) onClose(f func() error) { l.closers = append(l.closers, f) }

// close stops everything that serves at once: participants are told while slow requests may still end. Then it closes
// the rest, the last opened first.
func (l *lifetime) close() error {
	errs := make([]error, len(l.stops))
	var stopping sync.WaitGroup
	for i, f := range l.stops {
		stopping.Go(func() { errs[i] = f() })
	}
	stopping.Wait()
	for _, f := range slices.Backward(l.closers) {
		errs = append(errs, f())
	}
	return errors.Join(errs...)
}

// within gives f a limited time and says so when it takes longer; what is left is then cut off.
func (l *lifetime) within(limit time.Duration, what string, f func(context.Context) error) func() error {
	return func() error {
		ctx, cancel := context.WithTimeout(context.Background(), limit)
		defer cancel()
		if err := f(ctx); err != nil {
			l.logger.Warn("stopped before it was done", "what", what, "error", err)
		}
		return nil
	}
}

// repeat does f now and at each interval until close, which waits for it. A round that takes longer delays the next.
func (l *lifetime) repeat(ctx context.Context, interval time.Duration, f func(context.Context)) {
	ctx, cancel := context.WithCancel(ctx)
	var running sync.WaitGroup
	running.Go(func() {
		ticker := time.NewTicker(interval)
		defer ticker.Stop()
		for {
			f(ctx)
			select {
			case <-ctx.Done():
				return
			case <-ticker.C:
			}
		}
	})
	l.onClose(func() error { cancel(); running.Wait(); return nil })
}
