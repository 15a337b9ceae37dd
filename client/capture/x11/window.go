//go:build linux

package x11

import (
	"fmt"
	"image"
	"slices"
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
	margin xproto.Atom   // the property that tells of the shadow's width
}

// frameExtents is how wide the shadow is that programs of GTK draw around what people take for the window.
const frameExtents = "_GTK_FRAME_EXTENTS"

var _ target = (*window)(nil)

func (w *window) begin() (xproto.Drawable, error) {
	xproto.ChangeWindowAttributes(w.conn, w.id, xproto.CwEventMask, []uint32{xproto.EventMaskStructureNotify | xproto.EventMaskPropertyChange})
	atom, err := xproto.InternAtom(w.conn, false, uint16(len(frameExtents)), frameExtents).Reply()
	if err != nil {
		return 0, fatal("name a property", err)
	}
	w.margin = atom.Atom
	// The server goes on to show the window by itself. It is so until the connection ends.
	if err := composite.RedirectWindowChecked(w.conn, w.id, composite.RedirectAutomatic).Check(); err != nil {
		return 0, fatal("redirect the window", err)
	}
	return xproto.Drawable(w.id), nil
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
	report := image.Pt(int(g.BorderWidth), int(g.BorderWidth))
	inside := w.shown(image.Pt(int(p.Width), int(p.Height)).Sub(report.Mul(2)))
	if inside.Empty() {
		return view{}, capture.ErrHidden
	}
	at, err := w.origin()
	if err != nil {
		return view{}, err
	}
	return view{drawable: xproto.Drawable(pixmap), area: inside.Add(report), report: report, desktop: at.Add(inside.Min)}, nil
}

// shown is what people see of a window of a size.
func (w *window) shown(size image.Point) image.Rectangle {
	return withoutShadow(image.Rectangle{Max: size}, cardinals(xproto.GetProperty(w.conn, false, w.id, w.margin, xproto.AtomCardinal, 0, 4)))
}

// withoutShadow takes the shadow off a window: its width on the left, on the right, at the top and at the bottom.
func withoutShadow(all image.Rectangle, extents []uint32) image.Rectangle {
	if len(extents) != 4 || slices.Max(extents) > 1<<10 {
		return all
	}
	left, right, top, bottom := int(extents[0]), int(extents[1]), int(extents[2]), int(extents[3])
	inside := image.Rectangle{all.Min.Add(image.Pt(left, top)), all.Max.Sub(image.Pt(right, bottom))}
	if inside.Empty() {
		return all
	}
	return inside
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
				xproto.ChangeWindowAttributes(w.conn, at, xproto.CwEventMask, []uint32{xproto.EventMaskStructureNotify})
			}
			return nil
		}
		at = tree.Parent
	}
	return fmt.Errorf("%w: it lies too deep", capture.ErrGone)
}

// origin is where the window's inside begins on the desktop.
func (w *window) origin() (image.Point, error) {
	at, err := xproto.TranslateCoordinates(w.conn, w.id, w.root, 0, 0).Reply()
	if err != nil {
		return image.Point{}, fatal("ask for the window's place", err)
	}
	return image.Pt(int(at.DstX), int(at.DstY)), nil
}

// bounds is empty while the window is hidden, too: what lies in its place is another.
func (w *window) bounds() image.Rectangle {
	geometry, attributes := xproto.GetGeometry(w.conn, xproto.Drawable(w.id)), xproto.GetWindowAttributes(w.conn, w.id)
	at, err := w.origin()
	g, err1 := geometry.Reply()
	a, err2 := attributes.Reply()
	if err != nil || err1 != nil || err2 != nil || a.MapState != xproto.MapStateViewable {
		return image.Rectangle{}
	}
	return w.shown(image.Pt(int(g.Width), int(g.Height))).Add(at)
}

func (w *window) under(child xproto.Window) bool { return uint32(child) == w.top.Load() }
