//go:build linux

package x11

import (
	"image"
	"testing"
	"time"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xproto"
	"github.com/jezek/xgb/xtest"

	"github.com/coopnet/coopnet/client/capture"
	"github.com/coopnet/coopnet/client/capture/capturetest"
	"github.com/coopnet/coopnet/client/capture/x11/xvfbtest"
	"github.com/coopnet/coopnet/client/xserver"
)

const (
	// calm is long enough for a change to be noticed on a busy machine.
	calm = 150 * time.Millisecond

	red, green, blue, white = 0xff0000, 0x00ff00, 0x0000ff, 0xffffff
)

// painter is another program on the display: it has windows and draws in them.
type painter struct {
	t    testing.TB
	conn *xgb.Conn
	root xproto.Window
	gc   xproto.Gcontext
}

func newPainter(t testing.TB, display string) *painter {
	t.Helper()
	conn, err := xserver.Dial(display)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	p := &painter{t: t, conn: conn, root: xproto.Setup(conn).DefaultScreen(conn).Root}
	p.gc, err = xproto.NewGcontextId(conn)
	if err != nil {
		t.Fatal(err)
	}
	p.must(xproto.CreateGCChecked(conn, p.gc, xproto.Drawable(p.root), xproto.GcSubwindowMode, []uint32{xproto.SubwindowModeIncludeInferiors}).Check())
	return p
}

func (p *painter) must(err error) {
	p.t.Helper()
	if err != nil {
		p.t.Fatal(err)
	}
}

// window shows a window of one colour.
func (p *painter) window(bounds image.Rectangle, colour uint32) xproto.Window {
	p.t.Helper()
	w := p.unmapped(p.root, bounds, colour)
	p.must(xproto.MapWindowChecked(p.conn, w).Check())
	return w
}

func (p *painter) unmapped(parent xproto.Window, bounds image.Rectangle, colour uint32) xproto.Window {
	p.t.Helper()
	w, err := xproto.NewWindowId(p.conn)
	p.must(err)
	p.must(xproto.CreateWindowChecked(p.conn, 0, w, parent, int16(bounds.Min.X), int16(bounds.Min.Y), uint16(bounds.Dx()), uint16(bounds.Dy()), 0,
		xproto.WindowClassInputOutput, 0, xproto.CwBackPixel, []uint32{colour}).Check())
	return w
}

// fill draws, and returns when it is done.
func (p *painter) fill(w xproto.Window, colour uint32, parts ...image.Rectangle) {
	p.t.Helper()
	xproto.ChangeGC(p.conn, p.gc, xproto.GcForeground, []uint32{colour})
	rects := make([]xproto.Rectangle, len(parts))
	for i, r := range parts {
		rects[i] = xproto.Rectangle{X: int16(r.Min.X), Y: int16(r.Min.Y), Width: uint16(r.Dx()), Height: uint16(r.Dy())}
	}
	p.must(xproto.PolyFillRectangleChecked(p.conn, xproto.Drawable(w), p.gc, rects).Check())
}

// point moves the pointer as a mouse does.
func (p *painter) point(at image.Point) {
	p.t.Helper()
	p.must(xtest.FakeInputChecked(p.conn, xproto.MotionNotify, 0, 0, p.root, int16(at.X), int16(at.Y), 0).Check())
}

// place moves and resizes a window.
func (p *painter) place(w xproto.Window, bounds image.Rectangle) {
	p.t.Helper()
	p.must(xproto.ConfigureWindowChecked(p.conn, w, xproto.ConfigWindowX|xproto.ConfigWindowY|xproto.ConfigWindowWidth|xproto.ConfigWindowHeight,
		[]uint32{uint32(bounds.Min.X), uint32(bounds.Min.Y), uint32(bounds.Dx()), uint32(bounds.Dy())}).Check())
}

// blank hides the pointer wherever no window shows another.
func (p *painter) blank() {
	p.t.Helper()
	bitmap, err := xproto.NewPixmapId(p.conn)
	p.must(err)
	p.must(xproto.CreatePixmapChecked(p.conn, 1, bitmap, xproto.Drawable(p.root), 1, 1).Check())
	gc, err := xproto.NewGcontextId(p.conn)
	p.must(err)
	p.must(xproto.CreateGCChecked(p.conn, gc, xproto.Drawable(bitmap), xproto.GcForeground, []uint32{0}).Check())
	p.must(xproto.PolyFillRectangleChecked(p.conn, xproto.Drawable(bitmap), gc, []xproto.Rectangle{{Width: 1, Height: 1}}).Check())
	cursor, err := xproto.NewCursorId(p.conn)
	p.must(err)
	p.must(xproto.CreateCursorChecked(p.conn, cursor, bitmap, bitmap, 0, 0, 0, 0, 0, 0, 0, 0).Check())
	p.show(p.root, cursor)
}

// arrow shows a pointer over a window.
func (p *painter) arrow(w xproto.Window) {
	p.t.Helper()
	font, err := xproto.NewFontId(p.conn)
	p.must(err)
	p.must(xproto.OpenFontChecked(p.conn, font, uint16(len("cursor")), "cursor").Check())
	cursor, err := xproto.NewCursorId(p.conn)
	p.must(err)
	const leftPointer = 68 // and its mask
	p.must(xproto.CreateGlyphCursorChecked(p.conn, cursor, font, font, leftPointer, leftPointer+1, 0, 0, 0, 0xffff, 0xffff, 0xffff).Check())
	p.show(w, cursor)
}

func (p *painter) show(w xproto.Window, cursor xproto.Cursor) {
	p.t.Helper()
	p.must(xproto.ChangeWindowAttributesChecked(p.conn, w, xproto.CwCursor, []uint32{uint32(cursor)}).Check())
}

func (p *painter) property(w xproto.Window, name string, kind xproto.Atom, format byte, value []byte) {
	p.t.Helper()
	p.must(xproto.ChangePropertyChecked(p.conn, xproto.PropModeReplace, w, p.atom(name), kind, format, uint32(len(value)/int(format/8)), value).Check())
}

func (p *painter) atom(name string) xproto.Atom {
	p.t.Helper()
	reply, err := xproto.InternAtom(p.conn, false, uint16(len(name)), name).Reply()
	p.must(err)
	return reply.Atom
}

// desk starts a server that shows no pointer, and a painter on it.
func desk(t testing.TB, size image.Point) (*System, *painter) {
	t.Helper()
	display := xvfbtest.Start(t, size)
	p := newPainter(t, display)
	p.blank()
	s, err := Open(display)
	if err != nil {
		t.Fatal(err)
	}
	return s, p
}

func open(t testing.TB, s *System, id string) *grabber {
	t.Helper()
	g, err := s.Open(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := g.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return g.(*grabber)
}

// expect compares every pixel with what it should be.
func expect(t testing.TB, f capture.Frame, size image.Point, want func(at image.Point) uint32) {
	t.Helper()
	if f.Size != size {
		t.Fatalf("a picture of %v, want %v", f.Size, size)
	}
	for y := range size.Y {
		for x := range size.X {
			if got, want := capturetest.ColourAt(f, x, y), want(image.Pt(x, y)); got != want {
				t.Fatalf("pixel %d,%d is %06x, want %06x", x, y, got, want)
			}
		}
	}
}

func same(a, b []image.Rectangle) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}
