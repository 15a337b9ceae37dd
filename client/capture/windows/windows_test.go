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
)

// These tests run on Windows (go test), and under Wine: `GOOS=windows CGO_ENABLED=0 go test -c`, and the program by `wine`, on a display, beside a
// bcryptprimitives.dll that exports ProcessPrng, which Wine 8 lacks. They need a desktop without other windows in its upper left corner.

const (
	patience = 20 * time.Second
	pause    = 300 * time.Millisecond

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
	class := windowClass{Proc: proc.Addr(), Background: p.brush(colour), Name: name}
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

// until takes frames until one is as wanted.
func until(t *testing.T, g capture.Grabber, what string, wanted func(capture.Frame) bool) capture.Frame {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for {
		f, err := g.Next(ctx)
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		if len(f.Damage) == 0 {
			t.Fatalf("%s: a frame without damage", what)
		}
		if wanted(f) {
			return f
		}
	}
}

func quiet(t *testing.T, g capture.Grabber) {
	t.Helper()
	for {
		ctx, cancel := context.WithTimeout(t.Context(), pause)
		_, err := g.Next(ctx)
		cancel()
		if err == context.DeadlineExceeded {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

func colourAt(f capture.Frame, x, y int) uint32 {
	p := f.Pix[y*f.Stride+4*x:]
	return uint32(p[2])<<16 | uint32(p[1])<<8 | uint32(p[0])
}

func plain(f capture.Frame, colour uint32) bool {
	for y := range f.Size.Y {
		for x := range f.Size.X {
			if colourAt(f, x, y) != colour {
				return false
			}
		}
	}
	return true
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
	f := until(t, g, "covered", func(f capture.Frame) bool { return plain(f, red) })
	if f.Size != image.Pt(200, 100) || f.Black {
		t.Errorf("a picture of %v, black %v", f.Size, f.Black)
	}
	quiet(t, g)
	p.paint(blue)
	until(t, g, "painted", func(f capture.Frame) bool { return plain(f, blue) })
	quiet(t, g)
	p.place(image.Rect(10, 20, 331, 223))
	f = until(t, g, "resized", func(f capture.Frame) bool { return f.Size == image.Pt(321, 203) && plain(f, blue) })
	if got := g.Bounds(); got != image.Rect(10, 20, 331, 223) {
		t.Errorf("it is at %v", got)
	}
	small, err := s.Preview(t.Context(), idOf(t, s, "below").ID, image.Pt(100, 100))
	if err != nil || small.Bounds() != image.Rect(0, 0, 100, 63) || small.RGBAAt(50, 30).B != 255 {
		t.Errorf("preview: %v", err)
	}
	p.paint(0)
	until(t, g, "black", func(f capture.Frame) bool { return f.Black })
	quiet(t, g)

	p.do(func() { s.api.user("ShowWindow", uintptr(p.hwnd), 6) })
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for err = error(nil); err == nil; {
		_, err = g.Next(ctx)
	}
	if !errors.Is(err, capture.ErrHidden) {
		t.Fatalf("minimised: %v", err)
	}
	quiet(t, g)
	if !idOf(t, s, "below").Minimised {
		t.Error("it is not listed as minimised")
	}
	p.do(func() { s.api.user("ShowWindow", uintptr(p.hwnd), 9) })
	until(t, g, "restored", func(f capture.Frame) bool { return f.Size == image.Pt(321, 203) })

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
	f := until(t, g, "shown", func(f capture.Frame) bool { return colourAt(f, 64, 64) == red && colourAt(f, 191, 191) == red })
	if f.Size != g.Bounds().Size() {
		t.Errorf("a picture of %v, a desktop of %v", f.Size, g.Bounds())
	}
	quiet(t, g)
	p.paint(blue)
	f = until(t, g, "painted", func(f capture.Frame) bool { return colourAt(f, 191, 191) == blue })
	for _, r := range f.Damage {
		if !r.In(image.Rect(64, 64, 192, 192)) {
			t.Errorf("damage %v", f.Damage)
		}
	}
	quiet(t, g)
	s.api.user("SetCursorPos", 100, 100)
	pointed := func(f capture.Frame) bool {
		for y := 90; y < 130; y++ {
			for x := 90; x < 130; x++ {
				if colourAt(f, x, y) != blue {
					return true
				}
			}
		}
		return false
	}
	until(t, g, "the pointer", pointed)
	s.api.user("SetCursorPos", 4000, 4000)
	until(t, g, "without the pointer", func(f capture.Frame) bool { return !pointed(f) })
	runtime.KeepAlive(p)
}

// A program that does not answer keeps nobody waiting: not who takes its picture, not who stops, not who looks at previews.
func TestProgramThatDoesNotAnswer(t *testing.T) {
	s := desk(t)
	p := show(t, s.api, "asleep", image.Rect(60, 50, 260, 150), red)
	g, err := s.Open(t.Context(), idOf(t, s, "asleep").ID)
	if err != nil {
		t.Fatal(err)
	}
	until(t, g, "shown", func(f capture.Frame) bool { return plain(f, red) })
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
