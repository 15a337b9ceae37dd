//go:build linux

package x11

import (
	"context"
	"errors"
	"image"
	"testing"
	"time"

	"github.com/jezek/xgb/randr"
	"github.com/jezek/xgb/xproto"

	"github.com/coopnet/coopnet/client/capture"
	"github.com/coopnet/coopnet/client/capture/capturetest"
)

func TestDesktop(t *testing.T) {
	t.Parallel()
	size := image.Pt(400, 300)
	s, p := desk(t, size)
	w := p.window(image.Rect(50, 40, 250, 140), red)
	g := open(t, s, "desktop")
	if got := g.Bounds(); got != (image.Rectangle{Max: size}) {
		t.Errorf("it is at %v", got)
	}

	f := capturetest.Next(t, g)
	if !same(f.Damage, []image.Rectangle{{Max: size}}) || f.Black {
		t.Errorf("the first frame: damage %v, black %v", f.Damage, f.Black)
	}
	painted := func(at image.Point) uint32 {
		if at.In(image.Rect(50, 40, 250, 140)) {
			return red
		}
		return 0
	}
	expect(t, f, size, painted)

	capturetest.Quiet(t, g, calm)
	part := image.Rect(10, 20, 31, 27)
	p.fill(w, blue, part)
	f = capturetest.Next(t, g)
	moved := part.Add(image.Pt(50, 40))
	if !same(f.Damage, []image.Rectangle{moved}) {
		t.Errorf("damage %v, want %v", f.Damage, moved)
	}
	expect(t, f, size, func(at image.Point) uint32 {
		if at.In(moved) {
			return blue
		}
		return painted(at)
	})
}

// A still screen costs nothing: Next is not even woken.
func TestIdleIsFree(t *testing.T) {
	t.Parallel()
	s, p := desk(t, image.Pt(400, 300))
	w := p.window(image.Rect(0, 0, 200, 100), red)
	for _, id := range []string{"desktop", "screen:screen", windowID(w)} {
		t.Run(id, func(t *testing.T) {
			g := open(t, s, id)
			capturetest.Quiet(t, g, calm)
			before := g.wakes.Load()
			ctx, cancel := context.WithTimeout(t.Context(), 700*time.Millisecond)
			defer cancel()
			if _, err := g.Next(ctx); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("a frame of a still screen: %v", err)
			}
			if woken := g.wakes.Load() - before; woken != 0 {
				t.Errorf("woken %d times", woken)
			}
		})
	}
}

// However much is drawn: thirty frames a second, of few rectangles.
func TestBusy(t *testing.T) {
	t.Parallel()
	s, p := desk(t, image.Pt(400, 300))
	w := p.window(image.Rect(0, 0, 400, 300), red)
	g := open(t, s, "desktop")
	capturetest.Quiet(t, g, calm)

	ctx, stop := context.WithTimeout(t.Context(), time.Second)
	defer stop()
	painted := make(chan struct{})
	go func() {
		defer close(painted)
		for i := 0; ctx.Err() == nil; i++ {
			var dots []image.Rectangle
			for j := range 100 {
				at := image.Pt(40*(j%10)+i%7, 30*(j/10)+i%5)
				dots = append(dots, image.Rectangle{at, at.Add(image.Pt(3, 3))})
			}
			p.fill(w, uint32(i), dots...)
		}
	}()
	began, frames := time.Now(), 0
	for {
		f, err := g.Next(ctx)
		if err != nil {
			break
		}
		frames++
		if n := len(f.Damage); n == 0 || n > capture.MaxDamage {
			t.Fatalf("%d rectangles", n)
		}
	}
	<-painted
	if most := int(time.Since(began)/capture.Interval) + 2; frames > most || frames < 2 {
		t.Errorf("%d frames, at most %d", frames, most)
	}
}

func TestBlackIsNoticed(t *testing.T) {
	t.Parallel()
	s, p := desk(t, image.Pt(320, 200))
	w := p.window(image.Rect(0, 0, 320, 200), 0)
	p.arrow(w)
	p.point(image.Pt(100, 100)) // the pointer does not count
	g := open(t, s, windowID(w))
	if f := capturetest.Next(t, g); !f.Black {
		t.Error("black is not noticed")
	}
	capturetest.Quiet(t, g, calm)
	p.point(image.Pt(50, 50))
	if f := capturetest.Next(t, g); !f.Black {
		t.Error("still black")
	}
	capturetest.Quiet(t, g, calm)
	p.fill(w, 0x010000, image.Rect(37, 91, 38, 92))
	if f := capturetest.Next(t, g); f.Black {
		t.Error("a pixel of it is not black")
	}
}

func TestScreens(t *testing.T) {
	t.Parallel()
	s, p := desk(t, image.Pt(600, 200))
	left, right := image.Rect(0, 0, 200, 200), image.Rect(200, 20, 600, 180)
	for name, r := range map[string]image.Rectangle{"left": left, "right": right} {
		info := randr.MonitorInfo{Name: p.atom(name), X: int16(r.Min.X), Y: int16(r.Min.Y), Width: uint16(r.Dx()), Height: uint16(r.Dy())}
		p.must(randr.SetMonitorChecked(p.conn, p.root, info).Check())
	}
	sources, err := s.Sources(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]image.Rectangle{}
	for _, source := range sources {
		found[source.ID] = source.Bounds
	}
	if sources[0].Kind != capture.Desktop || found["desktop"] != image.Rect(0, 0, 600, 200) || found["screen:left"] != left || found["screen:right"] != right {
		t.Fatalf("screens: %v", sources)
	}

	w := p.window(image.Rect(150, 50, 250, 100), green)
	g := open(t, s, "screen:right")
	if got := g.Bounds(); got != right {
		t.Errorf("it is at %v", got)
	}
	f := capturetest.Next(t, g)
	expect(t, f, right.Size(), func(at image.Point) uint32 {
		if at.In(image.Rect(0, 30, 50, 80)) {
			return green
		}
		return 0
	})
	capturetest.Quiet(t, g, calm)
	p.fill(w, red, image.Rect(0, 0, 40, 40)) // on the other screen
	p.fill(w, red, image.Rect(45, 10, 60, 20))
	f = capturetest.Next(t, g)
	if want := image.Rect(0, 40, 10, 50); !same(f.Damage, []image.Rectangle{want}) || capturetest.ColourAt(f, 9, 49) != red || capturetest.ColourAt(f, 10, 49) != green {
		t.Errorf("damage %v, want %v", f.Damage, want)
	}

	capturetest.Quiet(t, g, calm)
	p.must(randr.DeleteMonitorChecked(p.conn, p.root, p.atom("right")).Check())
	other := randr.MonitorInfo{Name: p.atom("other"), Width: 10, Height: 10} // only of what is new the server tells, here
	p.must(randr.SetMonitorChecked(p.conn, p.root, other).Check())
	ctx, cancel := context.WithTimeout(t.Context(), capturetest.Patience)
	defer cancel()
	if _, err := g.Next(ctx); !errors.Is(err, capture.ErrGone) {
		t.Errorf("without the screen: %v", err)
	}
	if _, err := s.Open(ctx, "screen:right"); !errors.Is(err, capture.ErrGone) {
		t.Errorf("open a screen that is not there: %v", err)
	}
}

// Memory of our own serves where the server cannot share any.
func TestWithoutSharedMemory(t *testing.T) {
	t.Parallel()
	size := image.Pt(320, 200)
	s, p := desk(t, size)
	p.window(image.Rect(10, 10, 100, 100), red)
	g := open(t, s, "desktop")
	capturetest.Next(t, g)
	g.scene.pixels.close()
	g.scene.pixels = &sent{conn: g.conn, pix: make([]byte, 4*size.X*size.Y)}
	p.fill(p.root, blue, image.Rect(0, 0, 320, 10), image.Rect(0, 150, 320, 200))
	f := capturetest.Next(t, g)
	if capturetest.ColourAt(f, 319, 0) != blue || capturetest.ColourAt(f, 0, 199) != blue || capturetest.ColourAt(f, 0, 100) != 0 {
		t.Error("the picture is wrong")
	}
}

func TestServerEnds(t *testing.T) {
	t.Parallel()
	var g capture.Grabber
	t.Run("a server", func(t *testing.T) {
		s, _ := desk(t, image.Pt(320, 200))
		opened, err := s.Open(context.Background(), "desktop")
		if err != nil {
			t.Fatal(err)
		}
		g = opened
		capturetest.Next(t, g)
	})
	ctx, cancel := context.WithTimeout(t.Context(), capturetest.Patience)
	defer cancel()
	if _, err := g.Next(ctx); !errors.Is(err, capture.ErrGone) {
		t.Errorf("the server has ended: %v", err)
	}
	if err := g.Close(); err != nil {
		t.Error(err)
	}
}

func TestUnsupported(t *testing.T) {
	t.Parallel()
	var why *capture.Unsupported
	if _, err := Open(":987654"); !errors.As(err, &why) || why.Reason != capture.NoDisplay {
		t.Errorf("no display: %v", err)
	}
	visual := xproto.VisualInfo{VisualId: 7, RedMask: 0xff0000, GreenMask: 0xff00, BlueMask: 0xff}
	screen := func() *xproto.ScreenInfo {
		return &xproto.ScreenInfo{RootDepth: 24, RootVisual: 7, AllowedDepths: []xproto.DepthInfo{{Depth: 24, Visuals: []xproto.VisualInfo{visual}}}}
	}
	setup := func() *xproto.SetupInfo {
		return &xproto.SetupInfo{PixmapFormats: []xproto.Format{{Depth: 1, BitsPerPixel: 1}, {Depth: 24, BitsPerPixel: 32}}}
	}
	if err := checkFormat(setup(), screen()); err != nil {
		t.Errorf("what all have: %v", err)
	}
	big, packed, deep, swapped := setup(), setup(), screen(), screen()
	big.ImageByteOrder = xproto.ImageOrderMSBFirst
	packed.PixmapFormats[1].BitsPerPixel = 24
	deep.RootDepth = 30
	swapped.AllowedDepths[0].Visuals = []xproto.VisualInfo{{VisualId: 7, RedMask: 0xff, GreenMask: 0xff00, BlueMask: 0xff0000}}
	for name, err := range map[string]error{"big endian": checkFormat(big, screen()), "three bytes": checkFormat(packed, screen()),
		"thirty bits": checkFormat(setup(), deep), "red first": checkFormat(setup(), swapped)} {
		if err == nil {
			t.Errorf("%s is not refused", name)
		}
	}
}
