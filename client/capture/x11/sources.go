//go:build linux

package x11

import (
	"context"
	"encoding/binary"
	"image"
	"os"
	"slices"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xproto"

	"github.com/coopnet/coopnet/client/capture"
)

const (
	// mostWindows is how many are listed; nobody finds one among more.
	mostWindows = 200
	// smallest is the size from which on a window is worth sharing.
	smallest = 16
)

// Sources lists the desktop, the screens, and the windows with the uppermost first.
func (s *System) Sources(ctx context.Context) ([]capture.Source, error) {
	conn, screen, err := s.dial()
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	all, err := rootBounds(conn, screen.Root)
	if err != nil {
		return nil, fatal("ask for the desktop's size", err)
	}
	screens, err := screensOf(conn, screen.Root)
	if err != nil {
		return nil, fatal("ask for the screens", err)
	}
	sources := append([]capture.Source{{ID: desktopID, Kind: capture.Desktop, Bounds: all}}, screens...)
	windows, err := newLister(conn, screen.Root)
	if err != nil {
		return nil, fatal("ask for the windows", err)
	}
	for _, w := range windows.ids() {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if source, ok := windows.source(w); ok {
			sources = append(sources, source)
		}
		if len(sources) == mostWindows {
			break
		}
	}
	return sources, nil
}

// lister finds windows and what they say of themselves.
type lister struct {
	conn  *xgb.Conn
	root  xproto.Window
	atoms map[string]xproto.Atom
}

// uninteresting are the types of windows that nobody means by a window.
func uninteresting() []string {
	return []string{"_NET_WM_WINDOW_TYPE_DESKTOP", "_NET_WM_WINDOW_TYPE_DOCK", "_NET_WM_WINDOW_TYPE_TOOLBAR", "_NET_WM_WINDOW_TYPE_MENU",
		"_NET_WM_WINDOW_TYPE_SPLASH", "_NET_WM_WINDOW_TYPE_DROPDOWN_MENU", "_NET_WM_WINDOW_TYPE_POPUP_MENU", "_NET_WM_WINDOW_TYPE_TOOLTIP",
		"_NET_WM_WINDOW_TYPE_NOTIFICATION", "_NET_WM_WINDOW_TYPE_COMBO", "_NET_WM_WINDOW_TYPE_DND"}
}

func newLister(conn *xgb.Conn, root xproto.Window) (*lister, error) {
	names := append(uninteresting(), "_NET_CLIENT_LIST_STACKING", "_NET_CLIENT_LIST", "_NET_WM_NAME", "_NET_WM_PID", "_NET_WM_STATE",
		"_NET_WM_STATE_HIDDEN", frameExtents, "_NET_WM_WINDOW_TYPE", "WM_STATE", "UTF8_STRING")
	cookies := make([]xproto.InternAtomCookie, len(names))
	for i, name := range names {
		cookies[i] = xproto.InternAtom(conn, false, uint16(len(name)), name)
	}
	l := &lister{conn: conn, root: root, atoms: map[string]xproto.Atom{}}
	for i, name := range names {
		reply, err := cookies[i].Reply()
		if err != nil {
			return nil, err
		}
		l.atoms[name] = reply.Atom
	}
	return l, nil
}

// ids lists the windows, the uppermost first: those that the window manager tells (EWMH), or, without one, all that are there.
func (l *lister) ids() []xproto.Window {
	for _, name := range []string{"_NET_CLIENT_LIST_STACKING", "_NET_CLIENT_LIST"} {
		if told := cardinals(l.ask(l.root, l.atoms[name])); len(told) > 0 {
			ids := make([]xproto.Window, len(told))
			for i, id := range told {
				ids[len(told)-1-i] = xproto.Window(id)
			}
			return ids
		}
	}
	tree, err := xproto.QueryTree(l.conn, l.root).Reply()
	if err != nil {
		return nil
	}
	var ids []xproto.Window
	for _, child := range slices.Backward(tree.Children) {
		if a, err := xproto.GetWindowAttributes(l.conn, child).Reply(); err == nil && !a.OverrideRedirect && a.MapState == xproto.MapStateViewable {
			ids = append(ids, l.within(child, 3))
		}
	}
	return ids
}

// within finds the program's own window in that of a window manager: the one that has a state (ICCCM 4.1.3.1).
func (l *lister) within(frame xproto.Window, depth int) xproto.Window {
	if found, ok := l.managed(frame, depth); ok {
		return found
	}
	return frame
}

func (l *lister) managed(at xproto.Window, depth int) (xproto.Window, bool) {
	if len(cardinals(l.ask(at, l.atoms["WM_STATE"]))) > 0 {
		return at, true
	}
	if depth == 0 {
		return 0, false
	}
	tree, err := xproto.QueryTree(l.conn, at).Reply()
	if err != nil {
		return 0, false
	}
	for _, child := range tree.Children[:min(len(tree.Children), mostWindows)] {
		if found, ok := l.managed(child, depth-1); ok {
			return found, true
		}
	}
	return 0, false
}

// source describes a window, if it is one to share.
func (l *lister) source(id xproto.Window) (capture.Source, bool) {
	attributes, geometry := xproto.GetWindowAttributes(l.conn, id), xproto.GetGeometry(l.conn, xproto.Drawable(id))
	origin := xproto.TranslateCoordinates(l.conn, id, l.root, 0, 0)
	pid, types := l.ask(id, l.atoms["_NET_WM_PID"]), l.ask(id, l.atoms["_NET_WM_WINDOW_TYPE"])
	state, states := l.ask(id, l.atoms["WM_STATE"]), l.ask(id, l.atoms["_NET_WM_STATE"])
	extents := l.ask(id, l.atoms[frameExtents])
	name, oldName, class := l.ask(id, l.atoms["_NET_WM_NAME"]), l.ask(id, xproto.AtomWmName), l.ask(id, xproto.AtomWmClass)

	a, err1 := attributes.Reply()
	g, err2 := geometry.Reply()
	at, err3 := origin.Reply()
	source := capture.Source{ID: windowID(id), Kind: capture.Window, Title: l.title(name, oldName), Program: l.program(class)}
	ours := slices.Equal(cardinals(pid), []uint32{uint32(os.Getpid())})
	kind := cardinals(types)
	shadow := cardinals(extents)
	iconic, hidden := cardinals(state), slices.Contains(cardinals(states), uint32(l.atoms["_NET_WM_STATE_HIDDEN"]))
	if err1 != nil || err2 != nil || err3 != nil || a.Class != xproto.WindowClassInputOutput || ours || l.dull(kind) {
		return source, false
	}
	if g.Width < smallest || g.Height < smallest || checkDepth(g.Depth) != nil {
		return source, false
	}
	min := image.Pt(int(at.DstX), int(at.DstY))
	source.Bounds = withoutShadow(image.Rectangle{min, min.Add(image.Pt(int(g.Width), int(g.Height)))}, shadow)
	source.Minimised = a.MapState != xproto.MapStateViewable || hidden || len(iconic) > 0 && iconic[0] == 3 // IconicState
	return source, true
}

// dull reports windows that are furniture by the first type that they name.
func (l *lister) dull(types []uint32) bool {
	return len(types) > 0 && slices.ContainsFunc(uninteresting(), func(name string) bool { return uint32(l.atoms[name]) == types[0] })
}

// longest is what is read of a property, in words of 32 bits.
const longest = 4096

func (l *lister) ask(id xproto.Window, property xproto.Atom) xproto.GetPropertyCookie {
	return xproto.GetProperty(l.conn, false, id, property, xproto.GetPropertyTypeAny, 0, longest)
}

// cardinals reads a property of 32-bit values.
func cardinals(cookie xproto.GetPropertyCookie) []uint32 {
	reply, err := cookie.Reply()
	if err != nil || reply.Format != 32 {
		return nil
	}
	numbers := make([]uint32, len(reply.Value)/4)
	for i := range numbers {
		numbers[i] = binary.LittleEndian.Uint32(reply.Value[4*i:])
	}
	return numbers
}
