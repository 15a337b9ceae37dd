//go:build linux

package x11

import (
	"fmt"
	"image"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/randr"
	"github.com/jezek/xgb/xproto"

	"github.com/coopnet/coopnet/client/capture"
	"github.com/coopnet/coopnet/client/xserver"
	"github.com/coopnet/coopnet/shared/text"
)

// desktop is all that the server shows, or one screen of it.
type desktop struct {
	conn   *xgb.Conn
	root   xproto.Window
	one    bool
	screen string // the name of the one
}

var _ target = (*desktop)(nil)

func (d *desktop) begin() (xproto.Drawable, error) {
	xproto.ChangeWindowAttributes(d.conn, d.root, xproto.CwEventMask, []uint32{xproto.EventMaskStructureNotify})
	if xserver.Has(d.conn, xserver.RandR) {
		randr.SelectInput(d.conn, d.root, randr.NotifyMaskScreenChange|randr.NotifyMaskCrtcChange|randr.NotifyMaskOutputChange|randr.NotifyMaskResourceChange)
	}
	return xproto.Drawable(d.root), nil
}

func (d *desktop) locate() (view, error) {
	all, err := rootBounds(d.conn, d.root)
	if err != nil {
		return view{}, fatal("ask for the desktop's size", err)
	}
	if !d.one {
		return view{drawable: xproto.Drawable(d.root), area: all}, nil
	}
	screens, err := screensOf(d.conn, d.root)
	if err != nil {
		return view{}, fatal("ask for the screens", err)
	}
	for _, s := range screens {
		if area := s.Bounds.Intersect(all); s.ID == screenPrefix+d.screen && !area.Empty() {
			return view{drawable: xproto.Drawable(d.root), area: area, desktop: area.Min}, nil
		}
	}
	return view{}, fmt.Errorf("%w: the screen was unplugged", capture.ErrGone)
}

func (d *desktop) bounds() image.Rectangle {
	v, err := d.locate()
	if err != nil {
		return image.Rectangle{}
	}
	return v.area
}

func (d *desktop) under(xproto.Window) bool { return true }

func rootBounds(conn *xgb.Conn, root xproto.Window) (image.Rectangle, error) {
	g, err := xproto.GetGeometry(conn, xproto.Drawable(root)).Reply()
	if err != nil {
		return image.Rectangle{}, err
	}
	return image.Rect(0, 0, int(g.Width), int(g.Height)), nil
}

// screensOf lists the screens; a server that knows none is one.
func screensOf(conn *xgb.Conn, root xproto.Window) ([]capture.Source, error) {
	if !xserver.Has(conn, xserver.RandR) {
		return oneScreen(conn, root)
	}
	monitors, err := randr.GetMonitors(conn, root, true).Reply()
	if _, old := err.(xproto.RequestError); old || err == nil && len(monitors.Monitors) == 0 {
		return oneScreen(conn, root)
	}
	if err != nil {
		return nil, err
	}
	names := make([]xproto.GetAtomNameCookie, len(monitors.Monitors))
	for i, m := range monitors.Monitors {
		names[i] = xproto.GetAtomName(conn, m.Name)
	}
	var screens []capture.Source
	for i, m := range monitors.Monitors {
		name, err := names[i].Reply()
		if err != nil {
			return nil, err
		}
		at := image.Pt(int(m.X), int(m.Y))
		bounds := image.Rectangle{at, at.Add(image.Pt(int(m.Width), int(m.Height)))}
		screens = append(screens, capture.Source{ID: screenPrefix + name.Name, Kind: capture.Screen, Title: text.Line(name.Name), Bounds: bounds})
	}
	return screens, nil
}

func oneScreen(conn *xgb.Conn, root xproto.Window) ([]capture.Source, error) {
	all, err := rootBounds(conn, root)
	if err != nil {
		return nil, err
	}
	return []capture.Source{{ID: screenPrefix, Kind: capture.Screen, Bounds: all}}, nil
}
