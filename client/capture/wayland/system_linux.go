package wayland

import (
	"context"
	"errors"
	"fmt"
	"image"
	"slices"
	"strconv"
	"sync"

	"github.com/coopnet/coopnet/client/capture"
	"github.com/coopnet/coopnet/client/pipewire"
)

// mostChoices is how many of the user's choices are remembered: what is shared, and what may be next.
const mostChoices = 4

// System is a desktop that asks the user itself. It has no list of what there is, but for what they have chosen.
type System struct {
	bus     string // the session bus's address
	library *pipewire.Library

	mu      sync.Mutex // guards what follows
	choices []*choice  // the latest last
	made    int
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
	p, g, err := s.ask(ctx, "")
	if err != nil {
		return capture.Source{}, err
	}
	s.mu.Lock()
	s.made++
	c := &choice{portal: p, granted: g, source: capture.Source{ID: "chosen:" + strconv.Itoa(s.made), Kind: capture.Screen, Bounds: g.bounds}}
	if g.window {
		c.source.Kind = capture.Window
	}
	s.choices = append(s.choices, c)
	var forgotten []*portal // nobody captures them any more
	for _, old := range s.choices[:len(s.choices)-1] {
		if old.portal != nil {
			forgotten, old.portal = append(forgotten, old.portal), nil
		}
	}
	s.choices = s.choices[max(0, len(s.choices)-mostChoices):]
	s.mu.Unlock()
	for _, p := range forgotten {
		err = errors.Join(err, p.close())
	}
	return c.source, err
}

// ask has the desktop ask, or let us see what the user has allowed before.
func (s *System) ask(ctx context.Context, token string) (*portal, granted, error) {
	p, err := connect(ctx, s.bus)
	if err != nil {
		return nil, granted{}, why(ctx, err)
	}
	g, err := p.ask(ctx, token)
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

// Sources are what the user has chosen.
func (s *System) Sources(context.Context) ([]capture.Source, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var sources []capture.Source
	for _, c := range slices.Backward(s.choices) {
		sources = append(sources, c.source)
	}
	return sources, nil
}

// Preview has none: the desktop shows its own.
func (s *System) Preview(context.Context, string, image.Point) (*image.RGBA, error) {
	return nil, capture.ErrGone
}

// Open begins to capture what was chosen. What has been captured before may be asked for once more.
func (s *System) Open(ctx context.Context, id string) (capture.Grabber, error) {
	s.mu.Lock()
	at := slices.IndexFunc(s.choices, func(c *choice) bool { return c.source.ID == id })
	if at < 0 {
		s.mu.Unlock()
		return nil, fmt.Errorf("%w: %q", capture.ErrGone, id)
	}
	c := s.choices[at]
	p, g := c.portal, c.granted
	c.portal = nil
	s.mu.Unlock()
	if p == nil {
		var err error
		if p, g, err = s.ask(ctx, g.token); err != nil {
			return nil, err
		}
		s.mu.Lock()
		c.granted = g
		s.mu.Unlock()
	}
	stream, err := s.receive(ctx, p, g.node)
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
