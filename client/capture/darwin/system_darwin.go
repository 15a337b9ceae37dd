package darwin

import (
	"context"
	"errors"
	"fmt"
	"image"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/coopnet/coopnet/client/capture"
)

const (
	screenPrefix = "screen:"

	// still is how long nothing has changed when pictures are taken at the slow pace: the system does not tell what was drawn.
	still = 2 * time.Second
	slow  = time.Second / 5
)

// System is the screens of a Mac.
type System struct{ system *system }

var _ capture.System = (*System)(nil)

// Open finds the system's functions, and asks the user for their permission if they have not been asked: *capture.Unsupported.
func Open() (*System, error) {
	s, err := load()
	if err != nil {
		return nil, &capture.Unsupported{Reason: capture.MacOS, Err: err}
	}
	if !s.allowed() && !s.ask() {
		return nil, &capture.Unsupported{Reason: capture.NoPermission, Err: errors.New("the screens must not be recorded")}
	}
	return &System{s}, nil
}

// Sources lists the screens. Their bounds are in the system's points, of which one may have several pixels.
func (s *System) Sources(context.Context) ([]capture.Source, error) {
	ids, err := s.system.screens()
	if err != nil {
		return nil, err
	}
	var sources []capture.Source
	for n, id := range ids {
		sources = append(sources, capture.Source{ID: screenPrefix + strconv.FormatUint(uint64(id), 10), Kind: capture.Screen,
			Title: strconv.Itoa(n + 1), Bounds: s.where(id)})
	}
	return sources, nil
}

func (s *System) where(display uint32) image.Rectangle {
	r := s.system.bounds(display)
	return image.Rect(int(r.x), int(r.y), int(r.x+r.width), int(r.y+r.height))
}

// find returns the display of a source.
func (s *System) find(id string) (uint32, error) {
	number, _ := strings.CutPrefix(id, screenPrefix)
	display, err := strconv.ParseUint(number, 10, 32)
	if err != nil {
		return 0, fmt.Errorf("%w: %q", capture.ErrGone, id)
	}
	ids, err := s.system.screens()
	if err != nil {
		return 0, err
	}
	if !slices.Contains(ids, uint32(display)) {
		return 0, fmt.Errorf("%w: %q", capture.ErrGone, id)
	}
	return uint32(display), nil
}

// Preview is a small picture of a screen.
func (s *System) Preview(_ context.Context, id string, within image.Point) (small *image.RGBA, err error) {
	display, err := s.find(id)
	if err != nil {
		return nil, err
	}
	ok, err := s.system.picture(display, func(pix []byte, stride int, size image.Point) { small = capture.Scale(pix, stride, size, within) })
	if err == nil && !ok {
		err = capture.ErrGone
	}
	return small, err
}

// Open begins to capture a screen.
func (s *System) Open(_ context.Context, id string) (capture.Grabber, error) {
	display, err := s.find(id)
	if err != nil {
		return nil, err
	}
	return &grabber{system: s, id: id, display: display, ready: time.NewTimer(0)}, nil
}

// grabber takes the pictures of one screen.
type grabber struct {
	system  *System
	id      string
	display uint32
	ready   *time.Timer
	quiet   time.Duration // for how long nothing has changed

	pix    []byte
	stride int
	size   image.Point
}

// Bounds is where the screen is, in points.
func (g *grabber) Bounds() image.Rectangle { return g.system.where(g.display) }

// Close has nothing to give back.
func (g *grabber) Close() error {
	g.ready.Stop()
	return nil
}

// Next takes pictures until one differs.
func (g *grabber) Next(ctx context.Context) (capture.Frame, error) {
	for {
		select {
		case <-ctx.Done():
			return capture.Frame{}, ctx.Err()
		case <-g.ready.C:
		}
		damage, err := g.look()
		if err != nil {
			g.ready.Reset(0) // whoever asks again is told again
			return capture.Frame{}, err
		}
		pace := capture.Interval
		if g.quiet += pace; len(damage) > 0 {
			g.quiet = 0
		} else if g.quiet > still {
			pace = slow
		}
		g.ready.Reset(pace)
		if len(damage) > 0 {
			return capture.Frame{Pix: g.pix, Stride: g.stride, Size: g.size, Damage: damage, Black: capture.Black(g.pix, g.stride, g.size)}, nil
		}
	}
}

// look takes a picture and finds out what has changed.
func (g *grabber) look() (damage []image.Rectangle, err error) {
	ok, err := g.system.system.picture(g.display, func(pix []byte, stride int, size image.Point) {
		if size != g.size || stride != g.stride {
			g.pix, g.size, g.stride = make([]byte, len(pix)), size, stride
			damage = []image.Rectangle{{Max: size}}
		} else {
			damage = capture.Differ(g.pix, pix, stride, size)
		}
		if len(damage) > 0 {
			copy(g.pix, pix)
		}
	})
	if err != nil {
		return nil, &capture.Unsupported{Reason: capture.Format, Err: err}
	}
	if !ok { // unplugged, or asleep for the moment
		if _, err := g.system.find(g.id); err != nil {
			return nil, err
		}
	}
	return damage, nil
}
