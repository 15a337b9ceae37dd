package windows

import (
	"context"
	"image"
	"testing"
	"time"
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
