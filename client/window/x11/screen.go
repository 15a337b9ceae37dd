// Package x11 puts the software's windows on an X server.
package x11

import (
	"fmt"
	"image"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/randr"
	"github.com/jezek/xgb/xproto"

	"github.com/coopnet/coopnet/client/window"
	"github.com/coopnet/coopnet/client/window/form"
	"github.com/coopnet/coopnet/client/xserver"
)

// Screen is a connection to an X server.
type Screen struct {
	conn   *xgb.Conn
	setup  *xproto.ScreenInfo
	scale  float64
	icon   image.Image
	pumped sync.WaitGroup

	typing sync.Mutex // guards keys
	keys   keyboard
	remaps atomic.Bool // the mapping has changed since it was read

	mu    sync.Mutex // guards what follows
	panes map[xproto.Window]*pane
	atoms map[string]xproto.Atom
}

var _ window.Screen = (*Screen)(nil)

// Open connects to a display ("" is that of the environment). The icon stands for the software's windows; it may be nil.
func Open(display string, icon image.Image) (*Screen, error) {
	conn, err := xserver.Dial(display)
	if err != nil {
		return nil, fmt.Errorf("connect to the X server: %w", err)
	}
	s := &Screen{conn: conn, setup: xproto.Setup(conn).DefaultScreen(conn), icon: icon,
		panes: map[xproto.Window]*pane{}, atoms: map[string]xproto.Atom{}}
	if err := s.prepare(); err != nil {
		conn.Close()
		return nil, err
	}
	s.pumped.Go(s.pump)
	return s, nil
}

func (s *Screen) prepare() error {
	if s.setup.RootDepth != 24 && s.setup.RootDepth != 32 {
		return fmt.Errorf("the screen has %d bits for a colour: 24 are needed", s.setup.RootDepth)
	}
	var err error
	if s.keys, err = learn(s); err != nil {
		return err
	}
	resources, err := s.property(s.setup.Root, "RESOURCE_MANAGER")
	if err != nil {
		return err
	}
	s.scale = scale(string(resources))
	return nil
}

// scale is what people have set for letters, in dots an inch, as their desktop tells it to programs.
func scale(resources string) float64 {
	for line := range strings.SplitSeq(resources, "\n") {
		name, value, _ := strings.Cut(line, ":")
		if strings.TrimSpace(name) != "Xft.dpi" {
			continue
		}
		if dpi, err := strconv.ParseFloat(strings.TrimSpace(value), 64); err == nil && dpi > 0 {
			return max(min(dpi/96, 4), 1)
		}
	}
	return 1
}

// Scale implements window.Screen.
func (s *Screen) Scale() float64 { return s.scale }

// Area implements window.Screen: the primary monitor, without panels where the window manager tells of them.
func (s *Screen) Area() image.Rectangle {
	area := image.Rect(0, 0, int(s.setup.WidthInPixels), int(s.setup.HeightInPixels))
	if geometry, err := xproto.GetGeometry(s.conn, xproto.Drawable(s.setup.Root)).Reply(); err == nil {
		area.Max = image.Pt(int(geometry.Width), int(geometry.Height)) // it may have changed since the connection was made
	}
	if r, ok := s.primary(); ok && r.Overlaps(area) {
		area = area.Intersect(r)
	}
	if work, err := s.property(s.setup.Root, "_NET_WORKAREA"); err == nil && len(work) >= 16 {
		at := image.Pt(int(xgb.Get32(work)), int(xgb.Get32(work[4:])))
		r := image.Rectangle{Min: at, Max: at.Add(image.Pt(int(xgb.Get32(work[8:])), int(xgb.Get32(work[12:]))))}
		if !r.Intersect(area).Empty() {
			area = area.Intersect(r)
		}
	}
	return area
}

func (s *Screen) primary() (image.Rectangle, bool) {
	if !xserver.Has(s.conn, xserver.RandR) {
		return image.Rectangle{}, false
	}
	monitors, err := randr.GetMonitors(s.conn, s.setup.Root, true).Reply()
	if err != nil || len(monitors.Monitors) == 0 {
		return image.Rectangle{}, false
	}
	chosen := monitors.Monitors[0]
	for _, m := range monitors.Monitors {
		if m.Primary {
			chosen = m
		}
	}
	at := image.Pt(int(chosen.X), int(chosen.Y))
	return image.Rectangle{Min: at, Max: at.Add(image.Pt(int(chosen.Width), int(chosen.Height)))}, true
}

// Covers implements window.Screen: whether the window that is on top at a point is one of ours, its frame included, or of
// another start of the software, which asks there whether somebody may control.
func (s *Screen) Covers(p image.Point) bool {
	under, err := xproto.TranslateCoordinates(s.conn, s.setup.Root, s.setup.Root, int16(p.X), int16(p.Y)).Reply()
	if err != nil {
		return true // nothing is injected into a desktop that does not answer
	}
	for _, p := range s.open() {
		if under.Child != 0 && p.frame() == under.Child {
			return true
		}
	}
	return under.Child != 0 && s.holds(under.Child, 0)
}

// Focused implements window.Screen.
func (s *Screen) Focused() bool {
	focus, err := xproto.GetInputFocus(s.conn).Reply()
	if err != nil {
		return true
	}
	if focus.Focus == xproto.InputFocusPointerRoot {
		pointer, err := xproto.QueryPointer(s.conn, s.setup.Root).Reply()
		return err != nil || s.Covers(image.Pt(int(pointer.RootX), int(pointer.RootY)))
	}
	for _, p := range s.open() {
		if p.id == focus.Focus || p.frame() == focus.Focus {
			return true
		}
	}
	for at, n := focus.Focus, 0; at != s.setup.Root && at != xproto.WindowNone && n < frames; n++ {
		if s.marked(at) {
			return true
		}
		tree, err := xproto.QueryTree(s.conn, at).Reply()
		if err != nil {
			return true
		}
		at = tree.Parent
	}
	return false
}

const (
	// mark is the property of all windows of the software, whichever start of it they belong to.
	mark = "_COOPNET_CLIENT"
	// frames is how many windows a window manager puts around one, and crowd how many parts such a frame has, at most.
	frames = 8
	crowd  = 16
)

func (s *Screen) marked(w xproto.Window) bool {
	value, err := s.property(w, mark)
	return err != nil || len(value) > 0 // what has just vanished may be anything
}

// holds reports whether a window is one of the software's, or the frame of one. Below the window of a program (ICCCM 4.1.3.1)
// there is no other.
func (s *Screen) holds(w xproto.Window, depth int) bool {
	if s.marked(w) {
		return true
	}
	if state, err := s.property(w, "WM_STATE"); err != nil || len(state) > 0 || depth == frames/2 {
		return false
	}
	tree, err := xproto.QueryTree(s.conn, w).Reply()
	if err != nil {
		return true
	}
	return slices.ContainsFunc(tree.Children[:min(len(tree.Children), crowd)], func(c xproto.Window) bool { return s.holds(c, depth+1) })
}

func (s *Screen) open() []*pane {
	s.mu.Lock()
	defer s.mu.Unlock()
	var panes []*pane
	for _, p := range s.panes {
		panes = append(panes, p)
	}
	return panes
}

// Close implements window.Screen; windows that are still open are gone with it.
func (s *Screen) Close() error {
	s.conn.Close()
	s.pumped.Wait()
	return nil
}

// pump takes the server's events to the windows.
func (s *Screen) pump() {
	for {
		event, err := s.conn.WaitForEvent()
		if event == nil && err == nil {
			break
		}
		if event == nil {
			continue // a request that failed: its window is gone
		}
		if m, ok := event.(xproto.MappingNotifyEvent); ok && m.Request == xproto.MappingKeyboard {
			s.remaps.Store(true) // it is read by who needs it: here nobody may wait for the server
			continue
		}
		s.deliver(event)
	}
	for _, p := range s.open() {
		s.forget(p)
	}
}

// press says what a key means now, behind the dead key that waits in its window. It asks the server when the mapping has changed.
func (s *Screen) press(e *xproto.KeyPressEvent, waits *deadKey) (form.Key, string) {
	s.typing.Lock()
	defer s.typing.Unlock()
	if s.remaps.Swap(false) {
		if keys, err := learn(s); err == nil {
			s.keys = keys
		}
	}
	return s.keys.press(e.Detail, e.State, waits)
}

func (s *Screen) forget(p *pane) {
	s.mu.Lock()
	_, known := s.panes[p.id]
	delete(s.panes, p.id)
	s.mu.Unlock()
	if known {
		close(p.quit)
	}
}

// atom is the number of a name.
func (s *Screen) atom(name string) xproto.Atom {
	s.mu.Lock()
	atom, known := s.atoms[name]
	s.mu.Unlock()
	if known {
		return atom
	}
	reply, err := xproto.InternAtom(s.conn, false, uint16(len(name)), name).Reply()
	if err != nil {
		return xproto.AtomNone
	}
	s.mu.Lock()
	s.atoms[name] = reply.Atom
	s.mu.Unlock()
	return reply.Atom
}

// property reads a property, of which nobody needs more than 64 KiB.
func (s *Screen) property(of xproto.Window, name string) ([]byte, error) {
	reply, err := xproto.GetProperty(s.conn, false, of, s.atom(name), xproto.GetPropertyTypeAny, 0, 1<<14).Reply()
	if err != nil {
		return nil, fmt.Errorf("read the property %s: %w", name, err)
	}
	return reply.Value, nil
}
