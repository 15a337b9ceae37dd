//go:build windows

package windows

import (
	"context"
	"errors"
	"image"
	"runtime"
	"strings"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/windows"

	"github.com/coopnet/coopnet/client/capture"
	"github.com/coopnet/coopnet/client/capture/capturetest"
)

// These tests run on Windows (go test), and under Wine: `GOOS=windows CGO_ENABLED=0 go test -c`, and the program by `wine`, on a display, beside a
// bcryptprimitives.dll that exports ProcessPrng, which Wine 8 lacks. They need a desktop without other windows in its upper left corner.

const (
	pause = 300 * time.Millisecond

	red, green, blue = 0xff0000, 0x00ff00, 0x0000ff
)

// pane is a window of one colour, with a thread that answers for it.
type pane struct {
	api  *api
	hwnd hwnd
	work chan func()
	done chan struct{}
}

type windowClass struct {
	Size, Style                        uint32
	Proc                               uintptr
	ClassExtra, WindowExtra            int32
	Instance, Icon, Cursor, Background uintptr
	Menu, Name                         *uint16
	SmallIcon                          uintptr
}

func show(t *testing.T, a *api, title string, bounds image.Rectangle, colour uint32) *pane {
	t.Helper()
	p := &pane{api: a, work: make(chan func()), done: make(chan struct{})}
	ready := make(chan struct{})
	go func() {
		defer close(p.done)
		a.aware(func() { p.live(title, bounds, colour, ready) })
	}()
	<-ready
	if p.hwnd == 0 {
		t.Fatal("no window")
	}
	t.Cleanup(func() { close(p.work); <-p.done })
	return p
}

func (p *pane) live(title string, bounds image.Rectangle, colour uint32, ready chan<- struct{}) {
	name, _ := windows.UTF16PtrFromString("pane of " + title)
	text, _ := windows.UTF16PtrFromString(title)
	proc := p.api.user32.NewProc("DefWindowProcW")
	const arrow = 32512 // IDC_ARROW: over a window whose class has none the pointer is whatever it was before
	class := windowClass{Proc: proc.Addr(), Background: p.brush(colour), Name: name, Cursor: p.api.user("LoadCursorW", 0, arrow)}
	class.Size = uint32(unsafe.Sizeof(class))
	p.api.user("RegisterClassExW", uintptr(unsafe.Pointer(&class)))
	const popup = 0x80000000
	p.hwnd = hwnd(p.api.user("CreateWindowExW", 0, uintptr(unsafe.Pointer(name)), uintptr(unsafe.Pointer(text)), popup,
		uintptr(bounds.Min.X), uintptr(bounds.Min.Y), uintptr(bounds.Dx()), uintptr(bounds.Dy()), 0, 0, 0, 0))
	p.api.user("ShowWindow", uintptr(p.hwnd), 5)
	p.api.user("UpdateWindow", uintptr(p.hwnd))
	close(ready)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case f, more := <-p.work:
			if !more {
				p.api.user("DestroyWindow", uintptr(p.hwnd))
				p.api.user("UnregisterClassW", uintptr(unsafe.Pointer(name)), 0)
				return
			}
			f()
		case <-tick.C:
		}
		var message [64]byte
		for p.api.user("PeekMessageW", uintptr(unsafe.Pointer(&message)), 0, 0, 0, 1) != 0 {
			p.api.user("DispatchMessageW", uintptr(unsafe.Pointer(&message)))
		}
	}
}

func (p *pane) brush(colour uint32) uintptr { // a COLORREF has red first
	return p.api.gdi("CreateSolidBrush", uintptr(colour>>16|colour&0xff00|colour&0xff<<16))
}

func (p *pane) do(f func()) {
	finished := make(chan struct{})
	p.work <- func() { defer close(finished); f() }
	<-finished
}

func (p *pane) paint(colour uint32) {
	p.do(func() {
		index := -10 // GCLP_HBRBACKGROUND
		p.api.user("SetClassLongPtrW", uintptr(p.hwnd), uintptr(index), p.brush(colour))
		p.api.user("InvalidateRect", uintptr(p.hwnd), 0, 1)
		p.api.user("UpdateWindow", uintptr(p.hwnd))
	})
}

func (p *pane) place(r image.Rectangle) {
	p.do(func() {
		p.api.user("SetWindowPos", uintptr(p.hwnd), 0, uintptr(r.Min.X), uintptr(r.Min.Y), uintptr(r.Dx()), uintptr(r.Dy()), 0x14)
	})
}

// desk is a System that lists this process's windows, too, with the pointer in a corner.
func desk(t *testing.T) *System {
	t.Helper()
	s, err := Open()
	if err != nil {
		t.Fatal(err)
	}
	s.pid = 0
	s.api.user("SetCursorPos", 4000, 4000)
	return s
}

func open(t *testing.T, s *System, id string) *grabber {
	t.Helper()
	g, err := s.Open(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { g.Close() })
	return g.(*grabber)
}

func idOf(t *testing.T, s *System, title string) capture.Source {
	t.Helper()
	sources, err := s.Sources(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, source := range sources {
		if source.Title == title {
			return source
		}
	}
	t.Fatalf("%q is not in %v", title, sources)
	return capture.Source{}
}

func TestSources(t *testing.T) {
	s := desk(t)
	bounds := image.Rect(60, 50, 260, 150)
	show(t, s.api, "a pane", bounds, red)
	source := idOf(t, s, "a pane")
	if source.Kind != capture.Window || source.Bounds != bounds || source.Minimised || !strings.Contains(source.Program, "test") {
		t.Errorf("%+v", source)
	}
	sources, _ := s.Sources(t.Context())
	if sources[0].Kind != capture.Desktop || sources[1].Kind != capture.Screen || sources[0].Bounds.Empty() || !sources[1].Bounds.In(sources[0].Bounds) {
		t.Errorf("%+v", sources)
	}
	s.pid = windows.GetCurrentProcessId()
	sources, _ = s.Sources(t.Context())
	for _, source := range sources {
		if source.Title == "a pane" {
			t.Error("our own window is listed")
		}
	}
}

func TestWindow(t *testing.T) {
	s := desk(t)
	p := show(t, s.api, "below", image.Rect(60, 50, 260, 150), red)
	show(t, s.api, "above", image.Rect(100, 0, 400, 300), green)
	g := open(t, s, idOf(t, s, "below").ID)
	f := capturetest.Until(t, g, "covered", func(f capture.Frame) bool { return capturetest.Plain(f, red) })
	if f.Size != image.Pt(200, 100) || f.Black {
		t.Errorf("a picture of %v, black %v", f.Size, f.Black)
	}
	capturetest.Quiet(t, g, pause)
	p.paint(blue)
	capturetest.Until(t, g, "painted", func(f capture.Frame) bool { return capturetest.Plain(f, blue) })
	capturetest.Quiet(t, g, pause)
	p.place(image.Rect(10, 20, 331, 223))
	f = capturetest.Until(t, g, "resized", func(f capture.Frame) bool { return f.Size == image.Pt(321, 203) && capturetest.Plain(f, blue) })
	if got := g.Bounds(); got != image.Rect(10, 20, 331, 223) {
		t.Errorf("it is at %v", got)
	}
	small, err := s.Preview(t.Context(), idOf(t, s, "below").ID, image.Pt(100, 100))
	if err != nil || small.Bounds() != image.Rect(0, 0, 100, 63) || small.RGBAAt(50, 30).B != 255 {
		t.Errorf("preview: %v", err)
	}
	p.paint(0)
	capturetest.Until(t, g, "black", func(f capture.Frame) bool { return f.Black })
	capturetest.Quiet(t, g, pause)

	p.do(func() { s.api.user("ShowWindow", uintptr(p.hwnd), 6) })
	ctx, cancel := context.WithTimeout(t.Context(), capturetest.Patience)
	defer cancel()
	for err = error(nil); err == nil; {
		_, err = g.Next(ctx)
	}
	if !errors.Is(err, capture.ErrHidden) {
		t.Fatalf("minimised: %v", err)
	}
	capturetest.Quiet(t, g, pause)
	if !idOf(t, s, "below").Minimised {
		t.Error("it is not listed as minimised")
	}
	p.do(func() { s.api.user("ShowWindow", uintptr(p.hwnd), 9) })
	capturetest.Until(t, g, "restored", func(f capture.Frame) bool { return f.Size == image.Pt(321, 203) })

	p.do(func() { s.api.user("DestroyWindow", uintptr(p.hwnd)) })
	for err = error(nil); err == nil; {
		_, err = g.Next(ctx)
	}
	if !errors.Is(err, capture.ErrGone) {
		t.Errorf("closed: %v", err)
	}
	for _, id := range []string{"window:7fffffff", "window:", "nonsense", `screen:\\.\DISPLAY99`} {
		if _, err := s.Open(ctx, id); !errors.Is(err, capture.ErrGone) {
			t.Errorf("%s: %v", id, err)
		}
	}
}

func TestDesktop(t *testing.T) {
	s := desk(t)
	p := show(t, s.api, "on the desktop", image.Rect(64, 64, 192, 192), red)
	g := open(t, s, "desktop")
	f := capturetest.Until(t, g, "shown", func(f capture.Frame) bool {
		return capturetest.ColourAt(f, 64, 64) == red && capturetest.ColourAt(f, 191, 191) == red
	})
	if f.Size != g.Bounds().Size() {
		t.Errorf("a picture of %v, a desktop of %v", f.Size, g.Bounds())
	}
	capturetest.Quiet(t, g, pause)
	p.paint(green) // all of it may be damaged: somebody has stopped waiting while a picture was being taken
	capturetest.Until(t, g, "painted", func(f capture.Frame) bool { return capturetest.ColourAt(f, 191, 191) == green })
	p.paint(blue)
	f = capturetest.Until(t, g, "painted again", func(f capture.Frame) bool { return capturetest.ColourAt(f, 191, 191) == blue })
	for _, r := range f.Damage {
		if !r.In(image.Rect(64, 64, 192, 192)) {
			t.Errorf("damage %v", f.Damage)
		}
	}
	capturetest.Quiet(t, g, pause)
	s.api.user("SetCursorPos", 100, 100)
	f = capturetest.Until(t, g, "the pointer", func(f capture.Frame) bool { return !pointed(f, blue).Empty() })
	if at := pointed(f, blue); at.Min != image.Pt(100, 100) { // an arrow's tip is its corner
		t.Errorf("the pointer is at %v", at)
	}
	s.api.user("SetCursorPos", 4000, 4000)
	capturetest.Until(t, g, "without the pointer", func(f capture.Frame) bool { return pointed(f, blue).Empty() })
	runtime.KeepAlive(p)
}

// pointed is where a part of a picture, which is of one colour otherwise, has another.
func pointed(f capture.Frame, colour uint32) (at image.Rectangle) {
	for y := 70; y < 150; y++ {
		for x := 70; x < 150; x++ {
			if capturetest.ColourAt(f, x, y) != colour {
				at = at.Union(image.Rect(x, y, x+1, y+1))
			}
		}
	}
	return at
}

// In a window's picture is the pointer that is over that window, not over one that covers it.
func TestPointerOfWindow(t *testing.T) {
	s := desk(t)
	show(t, s.api, "pointed at", image.Rect(10, 20, 210, 220), red)
	g := open(t, s, idOf(t, s, "pointed at").ID)
	capturetest.Until(t, g, "shown", func(f capture.Frame) bool { return capturetest.Plain(f, red) })
	s.api.user("SetCursorPos", 10+90, 20+80)
	f := capturetest.Until(t, g, "the pointer", func(f capture.Frame) bool { return !pointed(f, red).Empty() })
	if at := pointed(f, red); at.Min != image.Pt(90, 80) {
		t.Errorf("the pointer is at %v", at)
	}
	show(t, s.api, "above", image.Rect(0, 0, 400, 300), green)
	capturetest.Until(t, g, "covered", func(f capture.Frame) bool { return capturetest.Plain(f, red) })
}

// TestTexture reads a texture as it would read the system's: that much can be seen under Wine, too.
func TestTexture(t *testing.T) {
	desk(t).api.aware(func() {
		size, tried := image.Pt(5, 3), false
		pix := []byte(strings.Repeat("BGRX bgrx ", 6)[:4*size.X*size.Y])
		err := adapters(func(adapter *object) bool {
			d, err := newDuplication(adapter, size)
			if err != nil {
				t.Logf("an adapter: %v", err)
				return true
			}
			defer d.close()
			desc := staging(size)
			desc.Usage, desc.Access = 0, 0 // D3D11_USAGE_DEFAULT
			initial := struct {
				data       *byte
				row, slice uint32
			}{&pix[0], uint32(4 * size.X), 0}
			var texture *object
			if err := d.device.call(methodCreateTexture, uintptr(unsafe.Pointer(&desc)), uintptr(unsafe.Pointer(&initial)), uintptr(unsafe.Pointer(&texture))).err("make a texture"); err != nil {
				t.Fatal(err)
			}
			defer texture.release()
			tried = true
			if err := d.read(texture); err != nil || string(d.pix) != string(pix) {
				t.Errorf("read %q, %v", d.pix, err)
			}
			return false
		})
		if err != nil || !tried {
			t.Skipf("NOT TESTED HERE: no adapter makes textures: %v", err)
		}
	})
}

// TestDuplication compares what the system keeps for us with what is painted. Wine duplicates no desktop: there everything above
// has shown what GDI gives.
func TestDuplication(t *testing.T) {
	s := desk(t)
	s.api.aware(func() {
		for name, bounds := range s.screens() {
			d, err := findScreen(name)
			if err != nil {
				t.Skipf("NOT TESTED HERE: desktop duplication of %s: %v", name, err)
			}
			defer d.close()
			at := bounds.Min.Add(image.Pt(64, 64))
			p := show(t, s.api, "duplicated on "+name, image.Rectangle{at, at.Add(image.Pt(128, 128))}, red)
			for _, colour := range []uint32{green, blue} {
				p.paint(colour)
				seen := false
				for deadline := time.Now().Add(capturetest.Patience); !seen && time.Now().Before(deadline); time.Sleep(capture.Interval) {
					if _, err := d.take(); err != nil {
						t.Fatal(err)
					}
					f := capture.Frame{Pix: d.pix, Stride: 4 * d.size.X, Size: d.size}
					seen = d.pix != nil && capturetest.ColourAt(f, 64, 64) == colour && capturetest.ColourAt(f, 191, 191) == colour
				}
				if !seen {
					t.Errorf("%s: %06x is not seen", name, colour)
				}
			}
			quiet := time.Now().Add(pause)
			for changes := 0; time.Now().Before(quiet); time.Sleep(capture.Interval) {
				changed, err := d.take()
				if changed {
					changes++
				}
				if err != nil || changes > 3 {
					t.Errorf("%s: %d changes of a still screen, %v", name, changes, err)
					break
				}
			}
		}
	})
}

// A program that does not answer keeps nobody waiting: not who takes its picture, not who stops, not who looks at previews.
func TestProgramThatDoesNotAnswer(t *testing.T) {
	s := desk(t)
	p := show(t, s.api, "asleep", image.Rect(60, 50, 260, 150), red)
	g, err := s.Open(t.Context(), idOf(t, s, "asleep").ID)
	if err != nil {
		t.Fatal(err)
	}
	capturetest.Until(t, g, "shown", func(f capture.Frame) bool { return capturetest.Plain(f, red) })
	awake, asleep := make(chan struct{}), make(chan struct{})
	go p.do(func() { close(asleep); <-awake })
	<-asleep
	began := time.Now()
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	if _, err := g.Next(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a picture: %v", err)
	}
	if _, err := s.Preview(t.Context(), idOf(t, s, "asleep").ID, image.Pt(100, 100)); err == nil {
		t.Log("the system has kept a picture of it")
	}
	if err := g.Close(); err != nil {
		t.Error(err)
	}
	if took := time.Since(began); took > 6*time.Second {
		t.Errorf("it took %v", took)
	}
	close(awake)
}

func BenchmarkDesktop(b *testing.B) {
	s, err := Open()
	if err != nil {
		b.Fatal(err)
	}
	g, err := s.Open(b.Context(), "desktop")
	if err != nil {
		b.Fatal(err)
	}
	defer g.Close()
	for b.Loop() {
		own := g.(*grabber)
		if late := own.thread.do(b.Context(), func() { _, _, err = own.look(false) }); late != nil || err != nil {
			b.Fatal(err)
		}
	}
}
