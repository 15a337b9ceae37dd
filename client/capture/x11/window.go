package x11

import (
	"fmt"
	"image"
	"sync/atomic"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/composite"
	"github.com/jezek/xgb/xproto"

	"github.com/coopnet/coopnet/client/capture"
)

// ancestors is how deep a window can lie in those of window managers; what is deeper is not believed.
const ancestors = 16

// window is one window with its own picture, which is complete where others cover it.
type window struct {
	conn   *xgb.Conn
	root   xproto.Window
	id     xproto.Window
	pixmap xproto.Pixmap // named anew whenever the window may have got another: 0 when it has none
	top    atomic.Uint32 // the child of the root in which it lies: the window manager's frame, or itself
}

var _ target = (*window)(nil)

func (w *window) begin() (xproto.Drawable, error) {
	w.listen(w.id)
	// The server goes on to show the window by itself. It is so until the connection ends.
	if err := composite.RedirectWindowChecked(w.conn, w.id, composite.RedirectAutomatic).Check(); err != nil {
		return 0, fatal("redirect the window", err)
	}
	return xproto.Drawable(w.id), nil
}

func (w *window) listen(id xproto.Window) {
	xproto.ChangeWindowAttributes(w.conn, id, xproto.CwEventMask, []uint32{xproto.EventMaskStructureNotify})
}

func (w *window) locate() (view, error) {
	if w.pixmap != 0 {
		xproto.FreePixmap(w.conn, w.pixmap)
		w.pixmap = 0
	}
	attributes, geometry := xproto.GetWindowAttributes(w.conn, w.id), xproto.GetGeometry(w.conn, xproto.Drawable(w.id))
	a, err := attributes.Reply()
	g, err2 := geometry.Reply()
	if err == nil {
		err = err2
	}
	if err != nil {
		return view{}, fatal("ask for the window", err)
	}
	if err := checkDepth(g.Depth); err != nil {
		return view{}, &capture.Unsupported{Reason: capture.Format, Err: err}
	}
	if err := w.findTop(); err != nil {
		return view{}, err
	}
	if a.MapState != xproto.MapStateViewable {
		return view{}, capture.ErrHidden
	}
	pixmap, err := xproto.NewPixmapId(w.conn)
	if err != nil {
		return view{}, fatal("name the window's picture", err)
	}
	if err := composite.NameWindowPixmapChecked(w.conn, w.id, pixmap).Check(); err != nil {
		return view{}, fatal("name the window's picture", err)
	}
	w.pixmap = pixmap
	// The picture may be another than that of the geometry by now, and tells its own size. It has the window's border, too.
	p, err := xproto.GetGeometry(w.conn, xproto.Drawable(pixmap)).Reply()
	if err != nil {
		return view{}, fatal("ask for the window's picture", err)
	}
	border := int(g.BorderWidth)
	area := image.Rect(0, 0, int(p.Width), int(p.Height)).Inset(border)
	if area.Empty() {
		return view{}, capture.ErrHidden
	}
	v := view{drawable: xproto.Drawable(pixmap), area: area, report: image.Pt(border, border)}
	v.desktop = w.origin()
	return v, nil
}

// findTop climbs from the window to the child of the root, and has its changes told, too: window managers hide and move that one.
func (w *window) findTop() error {
	at := w.id
	for range ancestors {
		tree, err := xproto.QueryTree(w.conn, at).Reply()
		if err != nil {
			return fatal("ask for the window's frame", err)
		}
		if tree.Parent == w.root || tree.Parent == 0 {
			if before := w.top.Swap(uint32(at)); before != uint32(at) && at != w.id {
				w.listen(at)
			}
			return nil
		}
		at = tree.Parent
	}
	return fmt.Errorf("%w: it lies too deep", capture.ErrGone)
}

// origin is where the window's inside begins on the desktop.
func (w *window) origin() image.Point {
	at, err := xproto.TranslateCoordinates(w.conn, w.id, w.root, 0, 0).Reply()
	if err != nil {
		return image.Point{}
	}
	return image.Pt(int(at.DstX), int(at.DstY))
}

func (w *window) bounds() image.Rectangle {
	geometry := xproto.GetGeometry(w.conn, xproto.Drawable(w.id))
	at := w.origin()
	g, err := geometry.Reply()
	if err != nil {
		return image.Rectangle{}
	}
	return image.Rectangle{at, at.Add(image.Pt(int(g.Width), int(g.Height)))}
}

func (w *window) under(child xproto.Window) bool { return uint32(child) == w.top.Load() }
