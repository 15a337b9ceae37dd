package windows

import (
	"context"
	"image"
	"runtime"
	"sync/atomic"
	"testing"
	"time"
	"unicode/utf16"
	"unsafe"

	"golang.org/x/sys/windows"

	"github.com/coopnet/coopnet/client/text"
	"github.com/coopnet/coopnet/client/window"
	"github.com/coopnet/coopnet/client/window/form"
)

// These tests run on Windows, and under Wine.

func eventually(t *testing.T, what string, met func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !met(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not in time: %s", what)
		}
	}
}

// click presses and lets go of the left button at a point, with a mark.
func click(t *testing.T, s *Screen, at image.Point, mark uint64) {
	t.Helper()
	user := windows.NewLazySystemDLL("user32.dll")
	user.NewProc("SetCursorPos").Call(uintptr(at.X), uintptr(at.Y))
	for _, flag := range []uint32{2, 4} {
		record := [5]uint64{0, 0, uint64(flag) << 32, 0, mark} // INPUT with a MOUSEINPUT
		if sent, _, err := user.NewProc("SendInput").Call(1, uintptr(unsafe.Pointer(&record)), unsafe.Sizeof(record)); sent != 1 {
			t.Fatal(err)
		}
	}
}

// pixel is the colour at a point of the desktop, blue first.
func pixel(at image.Point) uint32 {
	user, gdi := windows.NewLazySystemDLL("user32.dll"), windows.NewLazySystemDLL("gdi32.dll")
	context, _, _ := user.NewProc("GetDC").Call(0)
	defer user.NewProc("ReleaseDC").Call(0, context)
	colour, _, _ := gdi.NewProc("GetPixel").Call(context, uintptr(at.X), uintptr(at.Y))
	return uint32(colour)
}

func TestScreen(t *testing.T) {
	s, err := Open()
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if s.Area().Empty() || s.Scale() < 1 {
		t.Errorf("area %v, scale %v", s.Area(), s.Scale())
	}
	bounds := image.Rect(100, 100, 300, 200)
	p, err := s.Open(window.Frame{Title: "é", Kind: window.Overlay, Bounds: bounds})
	if err != nil {
		t.Fatal(err)
	}
	img := image.NewRGBA(image.Rect(0, 0, 200, 100))
	for n := 0; n < len(img.Pix); n += 4 {
		copy(img.Pix[n:], []byte{1, 2, 3, 255})
	}
	if err := p.Show(img); err != nil {
		t.Fatal(err)
	}
	middle := image.Pt(200, 150)
	eventually(t, "the picture is seen", func() bool { return pixel(middle) == 0x030201 })
	if !s.Covers(middle) || s.Covers(image.Pt(400, 400)) {
		t.Error("where the windows are is not known")
	}
	next := func(kind form.EventKind) form.Event {
		for {
			select {
			case e := <-p.Events():
				if e.Kind == kind {
					return e
				}
			case <-time.After(20 * time.Second):
				t.Fatalf("no event %v", kind)
			}
		}
	}
	// What the software injects itself is no click; a person's is.
	click(t, s, middle, injected)
	click(t, s, middle.Add(image.Pt(7, 5)), 0)
	if e := next(form.Press); e.At != image.Pt(107, 55) || e.Root != image.Pt(207, 155) {
		t.Errorf("the press is %+v", e)
	}
	next(form.Release)
	p.Place(bounds.Add(image.Pt(0, 200)))
	p.Retitle("ж")
	eventually(t, "the window moves", func() bool { return pixel(image.Pt(200, 350)) == 0x030201 && pixel(middle) != 0x030201 })
	if err := p.Close(); err != nil {
		t.Error(err)
	}
	if _, open := <-p.Events(); open {
		t.Error("events of a window that is gone")
	}
	eventually(t, "it is gone", func() bool { return !s.Covers(image.Pt(200, 350)) })
}

func TestDialog(t *testing.T) {
	s, err := Open()
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var seconds int64
	d := window.New(window.Options{Screen: s, Words: text.For("fr"), Now: func() time.Time { seconds += 10; return time.Unix(seconds, 0) }})
	answers := make(chan bool, 1)
	go func() {
		yes, err := d.Confirm(context.Background(), window.Confirm{Conference: "Comité", Portal: "https://conferences.example.com", Name: "Marie", Role: "guest"})
		if err != nil {
			t.Error(err)
		}
		answers <- yes
	}()
	accent := form.Light().Accent
	want := uint32(accent.B)<<16 | uint32(accent.G)<<8 | uint32(accent.R)
	area := s.Area()
	var at image.Point
	eventually(t, "the button is seen", func() bool {
		for y := area.Min.Y + area.Dy()/2; y < area.Max.Y; y += 8 {
			for x := area.Min.X + area.Dx()/2; x < area.Max.X; x += 24 {
				if at = image.Pt(x, y); pixel(at) == want {
					return true
				}
			}
		}
		return false
	})
	click(t, s, at, 0)
	if !<-answers {
		t.Error("the button is not pressed")
	}
}

// types types characters as a person with their keyboard does.
func types(t *testing.T, text string) {
	t.Helper()
	send := windows.NewLazySystemDLL("user32.dll").NewProc("SendInput")
	for _, unit := range utf16.Encode([]rune(text)) {
		for _, up := range []uint64{0, 2} { // KEYEVENTF_KEYUP
			const unicode = 4
			record := [5]uint64{1, uint64(unit)<<16 | (unicode|up)<<32} // INPUT with a KEYBDINPUT
			if sent, _, err := send.Call(1, uintptr(unsafe.Pointer(&record)), unsafe.Sizeof(record)); sent != 1 {
				t.Fatal(err)
			}
		}
	}
}

// tap presses keys by their virtual numbers, all at once, and lets them go.
func tap(t *testing.T, keys ...uint64) {
	t.Helper()
	send := windows.NewLazySystemDLL("user32.dll").NewProc("SendInput")
	for _, up := range []uint64{0, 2} {
		for _, key := range keys {
			record := [5]uint64{1, key | up<<32}
			if sent, _, err := send.Call(1, uintptr(unsafe.Pointer(&record)), unsafe.Sizeof(record)); sent != 1 {
				t.Fatal(err)
			}
		}
	}
}

// copies puts a text into the clipboard.
func copies(t *testing.T, text string) {
	t.Helper()
	runtime.LockOSThread() // it is the thread that has the clipboard open
	defer runtime.UnlockOSThread()
	user, kernel := windows.NewLazySystemDLL("user32.dll"), windows.NewLazySystemDLL("kernel32.dll")
	units, err := windows.UTF16FromString(text)
	if err != nil {
		t.Fatal(err)
	}
	const movable, unicodeText = 2, 13
	memory, _, _ := kernel.NewProc("GlobalAlloc").Call(movable, uintptr(2*len(units)))
	at, _, _ := kernel.NewProc("GlobalLock").Call(memory)
	copy(unsafe.Slice((*uint16)(*(*unsafe.Pointer)(unsafe.Pointer(&at))), len(units)), units)
	kernel.NewProc("GlobalUnlock").Call(memory)
	user.NewProc("OpenClipboard").Call(0)
	user.NewProc("EmptyClipboard").Call()
	if done, _, err := user.NewProc("SetClipboardData").Call(unicodeText, memory); done == 0 {
		t.Fatal(err)
	}
	user.NewProc("CloseClipboard").Call()
}

func TestLogin(t *testing.T) {
	s, err := Open()
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var seconds atomic.Int64
	d := window.New(window.Options{Screen: s, Words: text.For("fr"), Now: func() time.Time { return time.Unix(seconds.Add(10), 0) }})
	entered := make(chan [2]string, 1)
	go func() {
		name, password, _, err := d.Login(context.Background(), window.Login{Proxy: "proxy.example:3128"})
		if err != nil {
			t.Error(err)
		}
		entered <- [2]string{name, password}
	}()
	tint := form.Light().Tint
	want := uint32(tint.B)<<16 | uint32(tint.G)<<8 | uint32(tint.R)
	area := s.Area()
	eventually(t, "the window is seen", func() bool {
		for y := area.Min.Y; y < area.Max.Y; y += 8 {
			if pixel(image.Pt(area.Min.X+area.Dx()/2, y)) == want {
				return s.Focused()
			}
		}
		return false
	})
	const backspace, tab, enter, control, space = 0x08, 0x09, 0x0D, 0x11, 0x20
	types(t, "anné 𝄞x")
	tap(t, backspace)
	tap(t, space)
	tap(t, tab)
	types(t, "p@ss €")
	copies(t, " pâsté\r\n")
	tap(t, control, 'V')
	tap(t, enter)
	if got := <-entered; got != [2]string{"anné 𝄞 ", "p@ss € pâsté"} {
		t.Errorf("entered %q", got)
	}
}
