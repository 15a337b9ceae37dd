package windows

import (
	"context"
	"errors"
	"image"
	"time"

	"github.com/coopnet/coopnet/client/capture"
)

// asleep is how often a minimised window is looked for.
const asleep = time.Second / 4

// grabber takes the pictures of one target. What calls the system runs on its thread.
type grabber struct {
	api    *api
	target target
	thread *thread
	ready  *time.Timer

	surface *surface // nil before the first picture, and while the window is hidden
	place   place
	copied  copied
	shown   []byte // the last frame; memory of Go's, so that nobody reads what the system has taken back
	hidden  bool   // it was told so

	pace   pace // these are of who calls Next
	asleep bool // the window is hidden
	told   bool // the system tells what changes, so that to look costs nothing
	missed bool // the last picture came when nobody waited for it any more
}

var _ capture.Grabber = (*grabber)(nil)

// Open begins to capture a source.
func (s *System) Open(ctx context.Context, id string) (capture.Grabber, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	found, err := s.target(id)
	if err != nil {
		return nil, err
	}
	return &grabber{api: s.api, target: found, thread: startThread(s.api), ready: time.NewTimer(0)}, nil
}

// Bounds is where the source is now. It asks on the caller's thread: Next may be taking a picture.
func (g *grabber) Bounds() (bounds image.Rectangle) {
	g.api.aware(func() {
		if p, err := g.target.locate(); err == nil {
			bounds = p.area
		}
	})
	return bounds
}

func (g *grabber) Close() error {
	g.ready.Stop()
	g.thread.stop(func() {
		g.release()
		g.copied.close()
	})
	return nil
}

// Next takes pictures at the pace until one differs.
func (g *grabber) Next(ctx context.Context) (capture.Frame, error) {
	for {
		select {
		case <-ctx.Done():
			return capture.Frame{}, ctx.Err()
		case <-g.ready.C:
		}
		touched := g.api.touched()
		if wait := g.pace.wait(touched); wait > 0 && !g.asleep && !g.told {
			g.ready.Reset(wait)
			continue
		}
		var frame capture.Frame
		var changed, hidden, told bool
		var err error
		missed := g.missed
		if late := g.thread.do(ctx, func() {
			frame, changed, err = g.look(missed)
			hidden, told = g.hidden, g.copied.known()
		}); late != nil {
			g.missed = true // whatever it shows, nobody has seen it
			g.ready.Reset(0)
			return capture.Frame{}, late
		}
		g.missed, g.asleep, g.told = false, hidden, told
		next := g.pace.looked(changed, touched)
		switch {
		case hidden:
			next = asleep
		case told:
			next = capture.Interval
		}
		g.ready.Reset(next)
		if err != nil || changed {
			return frame, err
		}
	}
}

// look takes a picture and finds out what has changed; all of it has, if the one before was missed.
func (g *grabber) look(missed bool) (capture.Frame, bool, error) {
	p, err := g.target.locate()
	if errors.Is(err, capture.ErrHidden) {
		g.release()
		if g.hidden {
			return capture.Frame{}, false, nil
		}
		g.hidden = true
		return capture.Frame{}, false, err
	}
	if err != nil {
		return capture.Frame{}, false, err
	}
	g.hidden = false
	whole := g.surface == nil || p.surface.Size() != g.place.surface.Size() || p.offset() != g.place.offset() || p.area.Size() != g.place.area.Size()
	if whole {
		g.release()
		if g.surface, err = newSurface(g.api, p.surface.Size()); err != nil {
			return capture.Frame{}, false, err
		}
		g.shown = make([]byte, len(g.surface.pix))
	}
	g.place = p
	drawn, known := g.copied.draw(g.target, g.surface, whole || missed)
	if !known {
		drawn = g.target.draw(g.surface, p)
	}
	if !drawn && !whole && !missed {
		return capture.Frame{}, false, nil
	}
	now, size, stride := g.surface.pix[p.offset():], p.area.Size(), p.stride()
	black := capture.Black(now, stride, size)
	g.surface.point(p.surface.Min, g.target.window)

	before := g.shown[p.offset():]
	damage := []image.Rectangle{{Max: size}}
	if !whole && !missed {
		damage = capture.Differ(before, now, stride, size)
	}
	for _, r := range damage {
		for y := r.Min.Y; y < r.Max.Y; y++ {
			copy(before[y*stride+4*r.Min.X:y*stride+4*r.Max.X], now[y*stride+4*r.Min.X:])
		}
	}
	return capture.Frame{Pix: before, Stride: stride, Size: size, Damage: damage, Black: black}, len(damage) > 0, nil
}

func (g *grabber) release() {
	if g.surface != nil {
		g.surface.close()
		g.surface = nil
	}
}
