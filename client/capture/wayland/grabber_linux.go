package wayland

import (
	"context"
	"errors"
	"fmt"
	"image"
	"time"

	"github.com/coopnet/coopnet/client/capture"
	"github.com/coopnet/coopnet/client/pipewire"
)

const (
	framesPerSecond = int(time.Second / capture.Interval)
	// pausing is how long a stream may pause before it is said.
	pausing = time.Second
	// A stream that has not sent its first picture is begun anew so often; then it is said that nothing comes.
	impatient = 500 * time.Millisecond
	attempts  = 20
)

// grabber takes the pictures of one choice.
type grabber struct {
	portal  *portal
	stream  *pipewire.Stream
	source  capture.Source
	ready   *time.Timer // fires when the next frame may be taken
	tried   int         // how often the stream was begun anew
	waiting time.Time   // since when there has been no picture that there should be; 0: there need be none
	picture picture
	silent  bool // it was told that nothing comes
}

func newGrabber(p *portal, stream *pipewire.Stream, source capture.Source) *grabber {
	return &grabber{portal: p, stream: stream, source: source, ready: time.NewTimer(0)}
}

// Bounds are what the desktop has said of a screen.
func (g *grabber) Bounds() image.Rectangle { return g.source.Bounds }

// Close ends the session: the desktop stops saying that something is shared.
func (g *grabber) Close() error {
	g.ready.Stop()
	g.stream.Close()
	return g.portal.close()
}

// Next waits for a picture that differs, and for its time.
func (g *grabber) Next(ctx context.Context) (capture.Frame, error) {
	g.waiting = time.Time{}
	for {
		if err := g.wait(ctx); err != nil {
			return capture.Frame{}, err
		}
		select {
		case <-ctx.Done():
			return capture.Frame{}, ctx.Err()
		case <-g.portal.closed:
			return capture.Frame{}, gone(errClosed)
		case <-g.ready.C:
		}
		g.ready.Reset(capture.Interval)
		if frame, changed := g.look(); changed {
			return frame, nil
		}
	}
}

// wait returns when there may be a picture.
func (g *grabber) wait(ctx context.Context) error {
	var patience <-chan time.Time
	phase, ended := g.stream.Phase()
	if ended == nil {
		if d, limited := g.patience(phase); limited {
			if g.waiting.IsZero() {
				g.waiting = time.Now()
			}
			timer := time.NewTimer(time.Until(g.waiting.Add(d)))
			defer timer.Stop()
			patience = timer.C
		} else {
			g.waiting = time.Time{}
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-g.portal.closed:
		case <-g.stream.Changed():
			_, ended = g.stream.Phase()
		case <-patience:
			g.waiting = time.Time{}
			return g.quiet()
		}
	}
	select {
	case <-g.portal.closed:
		return gone(errClosed)
	default:
	}
	if ended != nil {
		return gone(ended)
	}
	return nil
}

// patience is how long nothing may come before it is said.
func (g *grabber) patience(phase pipewire.Phase) (time.Duration, bool) {
	switch {
	case g.silent:
	case g.stream.Hungry() && g.tried <= attempts:
		return impatient, true
	case phase == pipewire.Paused && g.source.Kind == capture.Window:
		return pausing, true
	}
	return 0, false
}

// quiet says that nothing comes, if that lasts: a window may be minimised, a screen may not.
func (g *grabber) quiet() error {
	if hungry := g.stream.Hungry(); hungry && g.tried < attempts {
		g.tried++
		g.stream.Again()
		return nil
	} else if hungry {
		g.tried++ // that was it
	}
	switch {
	case g.source.Kind == capture.Window:
		g.silent = true
		return capture.ErrHidden
	case g.picture.pix != nil:
		return nil // it shows what there was
	}
	g.silent = true
	return &capture.Unsupported{Reason: capture.NoPipeWire, Err: errors.New("no picture has come")}
}

// look takes the newest picture.
func (g *grabber) look() (frame capture.Frame, changed bool) {
	var damage []image.Rectangle
	if !g.stream.Take(func(p pipewire.Picture) { damage = g.picture.take(p) }) {
		return capture.Frame{}, false
	}
	g.tried = 0
	if g.silent {
		g.silent, damage = false, append(damage[:0], image.Rectangle{Max: g.picture.size}) // it is seen again
	}
	p := &g.picture
	return capture.Frame{Pix: p.pix, Stride: p.stride, Size: p.size, Damage: damage, Black: capture.Black(p.pix, p.stride, p.size)}, len(damage) > 0
}

func gone(why error) error { return fmt.Errorf("%w: %w", capture.ErrGone, why) }
