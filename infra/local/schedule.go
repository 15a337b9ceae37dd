package local

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/coopnet/coopnet/infra/runtimeapi"
	"github.com/coopnet/coopnet/infra/template"
)

// schedules plays EventBridge's part: functions are invoked as often as the template says, with what it says.
type schedules struct {
	list    []schedule
	cancel  context.CancelFunc
	running sync.WaitGroup
}

type schedule struct {
	function *runtimeapi.Function
	name     string
	input    string
	every    time.Duration
}

func startSchedules(stack *template.Stack, functions map[string]*runtimeapi.Function, logger *slog.Logger) (*schedules, error) {
	ctx, cancel := context.WithCancel(context.Background())
	s := &schedules{cancel: cancel}
	for _, f := range stack.Functions() {
		events := f.Place.At("Properties", "Events")
		for _, name := range events.Keys() {
			if events.At(name, "Type").String() != "Schedule" {
				continue
			}
			p := events.At(name, "Properties")
			every, err := rate(p.At("Schedule").String())
			if err != nil {
				cancel()
				return nil, fmt.Errorf("schedule %s of %s: %w", name, f.Name, err)
			}
			s.list = append(s.list, schedule{functions[f.Name], f.Name + " " + name, p.At("Input").String(), every})
		}
	}
	for _, one := range s.list {
		s.running.Go(func() { one.run(ctx, logger) })
	}
	return s, nil
}

// rate reads "rate(5 minutes)".
func rate(text string) (time.Duration, error) {
	var n int
	var unit string
	if _, err := fmt.Sscanf(strings.TrimSuffix(text, ")"), "rate(%d %s", &n, &unit); err != nil || n < 1 {
		return 0, fmt.Errorf("%q is not such as rate(5 minutes)", text)
	}
	switch strings.TrimSuffix(unit, "s") {
	case "minute":
		return time.Duration(n) * time.Minute, nil
	case "hour":
		return time.Duration(n) * time.Hour, nil
	case "day":
		return time.Duration(n) * 24 * time.Hour, nil
	}
	return 0, fmt.Errorf("%q has an unknown unit", text)
}

func (s schedule) invoke(ctx context.Context) error {
	if _, err := s.function.Invoke(ctx, []byte(s.input)); err != nil {
		return fmt.Errorf("%s: %w", s.name, err)
	}
	return nil
}

func (s schedule) run(ctx context.Context, logger *slog.Logger) {
	ticker := time.NewTicker(s.every)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		if err := s.invoke(ctx); err != nil && logger != nil {
			logger.Error("a schedule's invocation failed", "error", err)
		}
	}
}

// all invokes everything once.
func (s *schedules) all(ctx context.Context) error {
	var wrong []error
	for _, one := range s.list {
		wrong = append(wrong, one.invoke(ctx))
	}
	return errors.Join(wrong...)
}
