package wayland

import (
	"context"
	"errors"
	"fmt"
	"image"
	"strconv"
	"sync"

	"github.com/coopnet/coopnet/client/capture"
	"github.com/coopnet/coopnet/client/pipewire"
)

// System is a desktop that asks the user itself. It has no list of what there is, but for what they have chosen last.
type System struct {
	bus     string // the session bus's address
	library *pipewire.Library

	mu     sync.Mutex // guards what follows
	latest *choice    // nil: nothing was chosen yet
	made   int
}

// choice is what the user has chosen to share.
type choice struct {
	source capture.Source
	portal *portal // nil once it is captured
	granted
}

var _ capture.Chooser = (*System)(nil)

// Open looks for PipeWire, and asks nobody yet: *capture.Unsupported.
func Open(getenv func(string) string) (*System, error) {
	library, err := pipewire.Load()
	if err != nil {
		return nil, &capture.Unsupported{Reason: capture.NoPipeWire, Err: err}
	}
	return open(library, sessionBus(getenv)), nil
}

func open(library *pipewire.Library, bus string) *System { return &System{bus: bus, library: library} }

// sessionBus is where the bus of this session is.
func sessionBus(getenv func(string) string) string {
	if address := getenv("DBUS_SESSION_BUS_ADDRESS"); address != "" {
		return address
	}
	return "unix:path=" + getenv("XDG_RUNTIME_DIR") + "/bus"
}

// Choose has the desktop ask.
func (s *System) Choose(ctx context.Context) (capture.Source, error) {
	p, g, err := s.ask(ctx)
	if err != nil {
		return capture.Source{}, err
	}
	s.mu.Lock()
	s.made++
	c := &choice{portal: p, granted: g, source: capture.Source{ID: "chosen:" + strconv.Itoa(s.made), Kind: capture.Screen, Bounds: g.bounds}}
	if g.window {
		c.source.Kind = capture.Window
	}
	var forgotten *portal // nobody captures it any more
	if s.latest != nil {
		forgotten = s.latest.portal
	}
	s.latest = c
	s.mu.Unlock()
	if forgotten != nil {
		_ = forgotten.close() // whatever it says, there is something new to share
	}
	return c.source, nil
}

// ask has the desktop ask.
func (s *System) ask(ctx context.Context) (*portal, granted, error) {
	p, err := connect(ctx, s.bus)
	if err != nil {
		return nil, granted{}, why(ctx, err)
	}
	g, err := p.ask(ctx)
	if err != nil {
		return nil, granted{}, errors.Join(why(ctx, err), p.close())
	}
	return p, g, nil
}

// why is what a failure of the portal means.
func why(ctx context.Context, err error) error {
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(err, errRefused):
		return &capture.Unsupported{Reason: capture.Refused, Err: err}
	}
	return &capture.Unsupported{Reason: capture.NoPortal, Err: err}
}

// Sources are what the user has chosen last.
func (s *System) Sources(context.Context) ([]capture.Source, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.latest == nil {
		return nil, nil
	}
	return []capture.Source{s.latest.source}, nil
}

// Preview has none: the desktop shows its own.
func (s *System) Preview(context.Context, string, image.Point) (*image.RGBA, error) {
	return nil, capture.ErrGone
}

// Open begins to capture what was chosen, once: whoever wants to see the same again has the user asked again.
func (s *System) Open(ctx context.Context, id string) (capture.Grabber, error) {
	s.mu.Lock()
	c := s.latest
	if c == nil || c.source.ID != id || c.portal == nil {
		s.mu.Unlock()
		return nil, fmt.Errorf("%w: %q", capture.ErrGone, id)
	}
	p := c.portal
	c.portal = nil
	s.mu.Unlock()
	stream, err := s.receive(ctx, p, c.node)
	if err != nil {
		return nil, errors.Join(err, p.close())
	}
	return newGrabber(p, stream, c.source), nil
}

func (s *System) receive(ctx context.Context, p *portal, node uint32) (*pipewire.Stream, error) {
	fd, err := p.remote(ctx)
	if err != nil {
		return nil, why(ctx, err)
	}
	stream, err := s.library.Receive(fd, node, framesPerSecond)
	if err != nil {
		return nil, &capture.Unsupported{Reason: capture.NoPipeWire, Err: err}
	}
	return stream, nil
}
