package x11

import (
	"fmt"
	"image"
	"slices"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xproto"

	"github.com/coopnet/coopnet/client/input"
)

const (
	// deepest is how far windows can lie in one another; what is deeper is not believed.
	deepest = 16
	// owners is how many dialogs can have been opened by one another.
	owners = 8
)

// beside is all of the desktop but one window and what belongs to it: its dialogs, and the menus of its program. The picture
// of one window does not show what covers it, so that nothing of the controller's must reach that.
type beside struct {
	conn   *xgb.Conn
	root   xproto.Window
	window xproto.Window
	ids    xproto.Window // the bits in which the windows of one program differ
}

var _ input.Ground = (*beside)(nil)

func newBeside(conn *xgb.Conn, root, window xproto.Window) (*beside, error) {
	if _, err := xproto.GetWindowAttributes(conn, window).Reply(); err != nil {
		return nil, fmt.Errorf("look for the window to control: %w", err)
	}
	return &beside{conn: conn, root: root, window: window, ids: xproto.Window(xproto.Setup(conn).ResourceIdMask)}, nil
}

// Covers implements input.Ground: whether anything else is on top at a point.
func (b *beside) Covers(p image.Point) bool {
	var path []xproto.Window
	for at := b.root; len(path) < deepest; {
		under, err := xproto.TranslateCoordinates(b.conn, b.root, at, int16(p.X), int16(p.Y)).Reply()
		if err != nil {
			return true // it has just vanished
		}
		if under.Child == 0 {
			break
		}
		path, at = append(path, under.Child), under.Child
	}
	return !b.belongs(path)
}

// Focused implements input.Ground: whether anything else has the keyboard.
func (b *beside) Focused() bool {
	focus, err := xproto.GetInputFocus(b.conn).Reply()
	if err != nil || focus.Focus == xproto.InputFocusNone {
		return true
	}
	if focus.Focus == xproto.InputFocusPointerRoot {
		pointer, err := xproto.QueryPointer(b.conn, b.root).Reply()
		return err != nil || b.Covers(image.Pt(int(pointer.RootX), int(pointer.RootY)))
	}
	var path []xproto.Window // from the inside here
	for at := focus.Focus; at != b.root && at != 0 && len(path) < deepest; {
		path = append(path, at)
		tree, err := xproto.QueryTree(b.conn, at).Reply()
		if err != nil {
			return true
		}
		at = tree.Parent
	}
	slices.Reverse(path)
	return !b.belongs(path)
}

// belongs reports whether windows that lie in one another, the outermost first, are the window or of it.
func (b *beside) belongs(path []xproto.Window) bool {
	if len(path) == 0 {
		return false
	}
	if slices.Contains(path, b.window) || slices.ContainsFunc(path, b.opened) {
		return true
	}
	// Menus have no owner with many programs; no window manager knows them.
	if path[0]&^b.ids != b.window&^b.ids {
		return false
	}
	outermost, err := xproto.GetWindowAttributes(b.conn, path[0]).Reply()
	return err == nil && outermost.OverrideRedirect
}

// opened reports whether the window has opened this one, or one that has opened it (ICCCM 4.1.2.6).
func (b *beside) opened(w xproto.Window) bool {
	for range owners {
		property, err := xproto.GetProperty(b.conn, false, w, xproto.AtomWmTransientFor, xproto.AtomWindow, 0, 1).Reply()
		if err != nil || property.Format != 32 || len(property.Value) < 4 {
			return false
		}
		if w = xproto.Window(xgb.Get32(property.Value)); w == b.window {
			return true
		}
	}
	return false
}
