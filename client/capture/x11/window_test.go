//go:build linux

package x11

import (
	"context"
	"errors"
	"image"
	"testing"

	"github.com/jezek/xgb/xproto"

	"github.com/coopnet/coopnet/client/capture"
	"github.com/coopnet/coopnet/client/capture/capturetest"
)

// A window is seen as it is, whatever covers it, and wherever it lies.
func TestCoveredWindow(t *testing.T) {
	t.Parallel()
	s, p := desk(t, image.Pt(400, 300))
	size := image.Pt(200, 100)
	w := p.window(image.Rectangle{Max: size}.Add(image.Pt(50, 40)), red)
	p.window(image.Rect(100, 0, 400, 300), green) // over its right half
	g := open(t, s, windowID(w))
	if got := g.Bounds(); got != image.Rect(50, 40, 250, 140) {
		t.Errorf("it is at %v", got)
	}
	expect(t, capturetest.Next(t, g), size, func(image.Point) uint32 { return red })

	capturetest.Quiet(t, g, calm)
	part := image.Rect(150, 50, 170, 60) // covered
	p.fill(w, blue, part)
	f := capturetest.Next(t, g)
	if !same(f.Damage, []image.Rectangle{part}) {
		t.Errorf("damage %v, want %v", f.Damage, part)
	}
	painted := func(at image.Point) uint32 {
		if at.In(part) {
			return blue
		}
		return red
	}
	expect(t, f, size, painted)

	p.place(w, image.Rectangle{Max: size}.Add(image.Pt(300, 250))) // beyond the screen's edge
	capturetest.Quiet(t, g, calm)
	if got := g.Bounds(); got != image.Rect(300, 250, 500, 350) {
		t.Errorf("moved, it is at %v", got)
	}
	p.fill(w, white, image.Rect(199, 99, 200, 100))
	expect(t, capturetest.Next(t, g), size, func(at image.Point) uint32 {
		if at == image.Pt(199, 99) {
			return white
		}
		return painted(at)
	})
}

func TestResizedWindow(t *testing.T) {
	t.Parallel()
	s, p := desk(t, image.Pt(400, 300))
	w := p.window(image.Rect(50, 40, 250, 140), red)
	g := open(t, s, windowID(w))
	capturetest.Next(t, g)
	for _, size := range []image.Point{{301, 203}, {64, 48}, {200, 100}} {
		p.place(w, image.Rectangle{Max: size}.Add(image.Pt(5, 5)))
		f := capturetest.Next(t, g)
		for f.Size != size {
			f = capturetest.Next(t, g)
		}
		if !same(f.Damage, []image.Rectangle{{Max: size}}) {
			t.Errorf("damage %v of a picture of %v", f.Damage, size)
		}
		expect(t, f, size, func(image.Point) uint32 { return red })
		if got := g.Bounds(); got != (image.Rectangle{Max: size}).Add(image.Pt(5, 5)) {
			t.Errorf("it is at %v", got)
		}
	}
}

func TestMinimisedAndClosedWindow(t *testing.T) {
	t.Parallel()
	s, p := desk(t, image.Pt(400, 300))
	frame := p.window(image.Rect(50, 40, 250, 140), green)
	w := p.unmapped(frame, image.Rect(10, 20, 190, 90), red)
	p.must(xproto.MapWindowChecked(p.conn, w).Check())
	g := open(t, s, windowID(w))
	capturetest.Next(t, g)
	capturetest.Quiet(t, g, calm)

	ctx, cancel := context.WithTimeout(t.Context(), capturetest.Patience)
	defer cancel()
	for name, hidden := range map[string]xproto.Window{"the window": w, "its frame": frame} {
		p.must(xproto.UnmapWindowChecked(p.conn, hidden).Check())
		if _, err := g.Next(ctx); !errors.Is(err, capture.ErrHidden) {
			t.Fatalf("%s was hidden: %v", name, err)
		}
		capturetest.Quiet(t, g, calm) // waits, and says it once
		if got := g.Bounds(); !got.Empty() {
			t.Errorf("%s is hidden, and at %v", name, got)
		}
		if _, err := s.Preview(ctx, windowID(w), image.Pt(10, 10)); !errors.Is(err, capture.ErrHidden) {
			t.Errorf("a preview of a minimised window: %v", err)
		}
		p.must(xproto.MapWindowChecked(p.conn, hidden).Check())
		f := capturetest.Next(t, g)
		if !same(f.Damage, []image.Rectangle{{Max: image.Pt(180, 70)}}) {
			t.Errorf("%s is back with damage %v", name, f.Damage)
		}
		expect(t, f, image.Pt(180, 70), func(image.Point) uint32 { return red })
		capturetest.Quiet(t, g, calm)
	}

	p.place(frame, image.Rect(100, 100, 300, 200)) // as window managers move windows
	if got := g.Bounds(); got != image.Rect(110, 120, 290, 190) {
		t.Errorf("it is at %v", got)
	}
	capturetest.Quiet(t, g, calm)
	p.must(xproto.DestroyWindowChecked(p.conn, w).Check())
	for range 2 { // each time it is asked
		if _, err := g.Next(ctx); !errors.Is(err, capture.ErrGone) {
			t.Errorf("it was closed: %v", err)
		}
	}
	if got := g.Bounds(); !got.Empty() {
		t.Errorf("a closed window is at %v", got)
	}
	for _, id := range []string{windowID(w), "window:zz", "window:", "nonsense", "screen:none"} {
		if _, err := s.Open(ctx, id); !errors.Is(err, capture.ErrGone) {
			t.Errorf("%s: %v", id, err)
		}
		if _, err := s.Preview(ctx, id, image.Pt(10, 10)); !errors.Is(err, capture.ErrGone) {
			t.Errorf("a preview of %s: %v", id, err)
		}
	}
}

// A window that is minimised from the beginning is said to be so, and comes.
func TestOpenMinimised(t *testing.T) {
	t.Parallel()
	s, p := desk(t, image.Pt(400, 300))
	w := p.unmapped(p.root, image.Rect(50, 40, 250, 140), red)
	g := open(t, s, windowID(w))
	ctx, cancel := context.WithTimeout(t.Context(), capturetest.Patience)
	defer cancel()
	if _, err := g.Next(ctx); !errors.Is(err, capture.ErrHidden) {
		t.Fatalf("not shown yet: %v", err)
	}
	p.must(xproto.MapWindowChecked(p.conn, w).Check())
	expect(t, capturetest.Next(t, g), image.Pt(200, 100), func(image.Point) uint32 { return red })
}

func TestPointer(t *testing.T) {
	t.Parallel()
	size := image.Pt(400, 300)
	s, p := desk(t, size)
	w := p.window(image.Rectangle{Max: size}, white)
	p.arrow(w)
	g := open(t, s, "desktop")
	capturetest.Next(t, g)
	capturetest.Quiet(t, g, calm)

	dark := func(f capture.Frame) image.Rectangle {
		var found image.Rectangle
		for y := range size.Y {
			for x := range size.X {
				if capturetest.ColourAt(f, x, y) != white {
					found = found.Union(image.Rect(x, y, x+1, y+1))
				}
			}
		}
		return found
	}
	p.point(image.Pt(100, 100))
	first := capturetest.Next(t, g)
	shown := dark(first)
	if shown.Empty() || !image.Pt(100, 100).In(shown.Inset(-2)) || shown.Dx() > 64 { // its white border is not found
		t.Fatalf("the pointer is drawn at %v", shown)
	}
	capturetest.Quiet(t, g, calm)
	p.point(image.Pt(200, 150))
	second := capturetest.Next(t, g)
	if got := dark(second); got != shown.Add(image.Pt(100, 50)) {
		t.Errorf("the pointer is drawn at %v; at first at %v", got, shown)
	}
	if len(second.Damage) != 2 || !shown.In(second.Damage[0]) || !shown.Add(image.Pt(100, 50)).In(second.Damage[1]) {
		t.Errorf("damage %v", second.Damage)
	}
	// Drawing under the pointer leaves it on top, and what was drawn beneath.
	capturetest.Quiet(t, g, calm)
	p.fill(w, red, image.Rect(190, 140, 230, 180))
	f := capturetest.Next(t, g)
	if capturetest.ColourAt(f, 229, 179) != red || capturetest.ColourAt(f, 200, 151) == red && capturetest.ColourAt(f, 201, 152) == red {
		t.Errorf("%06x %06x", capturetest.ColourAt(f, 229, 179), capturetest.ColourAt(f, 200, 151))
	}
	p.point(image.Pt(10, 10))
	f = capturetest.Next(t, g)
	for y := 140; y < 180; y++ {
		for x := 190; x < 230; x++ {
			if got := capturetest.ColourAt(f, x, y); got != red {
				t.Fatalf("%d,%d is %06x where the pointer was", x, y, got)
			}
		}
	}
}

// In a window's picture is the pointer that is over that window, not over one that covers it.
func TestPointerOfWindow(t *testing.T) {
	t.Parallel()
	s, p := desk(t, image.Pt(400, 300))
	size := image.Pt(200, 200)
	w := p.window(image.Rectangle{Max: size}, white)
	p.arrow(w)
	p.point(image.Pt(350, 250))
	p.arrow(p.window(image.Rect(100, 0, 300, 300), green))
	g := open(t, s, windowID(w))
	plain := func(f capture.Frame) bool { return f.Size == size && capturetest.Plain(f, white) }
	if !plain(capturetest.Next(t, g)) {
		t.Error("a pointer that is elsewhere")
	}
	capturetest.Quiet(t, g, calm)
	p.point(image.Pt(50, 50))
	// The server may tell of the pointer's form before it tells where it is.
	for plain(capturetest.Next(t, g)) { // which waits for news, and fails without any
	}
	capturetest.Quiet(t, g, calm)
	p.point(image.Pt(150, 50)) // over the other window
	if f := capturetest.Next(t, g); !plain(f) || len(f.Damage) != 1 {
		t.Errorf("the pointer is over another window: damage %v", f.Damage)
	}
	capturetest.Quiet(t, g, calm)
	before := g.wakes.Load()
	p.point(image.Pt(160, 60))
	capturetest.Quiet(t, g, calm) // no frame
	if g.wakes.Load() == before {
		t.Error("the pointer's motion was not told: this test proves nothing")
	}
}

// Programs of GTK draw a shadow around what people take for the window.
func TestShadow(t *testing.T) {
	t.Parallel()
	s, p := desk(t, image.Pt(400, 300))
	w := p.window(image.Rect(50, 40, 250, 140), green)
	p.property(w, frameExtents, xproto.AtomCardinal, 32, words(10, 20, 5, 15))
	inner := image.Rect(10, 5, 180, 85)
	p.fill(w, red, inner)
	if got := windowsOf(t, s)[0].Bounds; got != image.Rect(60, 45, 230, 125) {
		t.Errorf("it is listed at %v", got)
	}
	g := open(t, s, windowID(w))
	if got := g.Bounds(); got != image.Rect(60, 45, 230, 125) {
		t.Errorf("it is at %v", got)
	}
	expect(t, capturetest.Next(t, g), inner.Size(), func(image.Point) uint32 { return red })
	capturetest.Quiet(t, g, calm)
	p.fill(w, blue, image.Rect(0, 0, 20, 20))
	if f := capturetest.Next(t, g); !same(f.Damage, []image.Rectangle{image.Rect(0, 0, 10, 15)}) || capturetest.ColourAt(f, 9, 14) != blue || capturetest.ColourAt(f, 10, 14) != red {
		t.Errorf("damage %v", f.Damage)
	}
	capturetest.Quiet(t, g, calm)
	p.property(w, frameExtents, xproto.AtomCardinal, 32, words(0, 0, 0, 0)) // maximised
	if f := capturetest.Next(t, g); f.Size != image.Pt(200, 100) || capturetest.ColourAt(f, 199, 99) != green {
		t.Errorf("a picture of %v", f.Size)
	}
	all := image.Rect(0, 0, 50, 40)
	for _, nonsense := range [][]uint32{nil, {1}, {30, 30, 0, 0}, {1 << 31, 0, 0, 0}, {0, 0, 40, 0}} {
		if got := withoutShadow(all, nonsense); got != all {
			t.Errorf("%v: %v", nonsense, got)
		}
	}
}

// A server that does not tell of the pointer's motion is asked.
func TestPointerByAsking(t *testing.T) {
	t.Parallel()
	s, p := desk(t, image.Pt(400, 300))
	w := p.window(image.Rect(0, 0, 400, 300), white)
	p.arrow(w)
	g := open(t, s, "desktop")
	capturetest.Next(t, g)
	capturetest.Quiet(t, g, calm)
	p.must(g.motion.Close())
	g.motion = nil
	for i := range 3 {
		p.point(image.Pt(100+50*i, 100))
		capturetest.Next(t, g)
	}
}
