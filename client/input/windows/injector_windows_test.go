package windows

import (
	"errors"
	"image"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/windows"

	"github.com/coopnet/coopnet/client/input"
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

//go:uintptrescapes
func system(name string, arguments ...uintptr) uintptr {
	result, _, _ := windows.NewLazySystemDLL("user32.dll").NewProc(name).Call(arguments...)
	return result
}

// editor is a window of Windows' own into which one can type.
func editor(t *testing.T) (window uintptr, text func() string) {
	t.Helper()
	made, stop, done := make(chan uintptr), make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		class, _ := windows.UTF16PtrFromString("EDIT")
		const topmost, popup, visible = 8, 0x80000000, 0x10000000
		window := system("CreateWindowExW", topmost, uintptr(unsafe.Pointer(class)), 0, popup|visible, 100, 100, 400, 200, 0, 0, 0, 0)
		system("SetForegroundWindow", window)
		system("SetFocus", window)
		made <- window
		var message [64]byte
		for {
			select {
			case <-stop:
				system("DestroyWindow", window)
				return
			default:
			}
			for system("PeekMessageW", uintptr(unsafe.Pointer(&message)), 0, 0, 0, 1) != 0 {
				system("TranslateMessage", uintptr(unsafe.Pointer(&message)))
				system("DispatchMessageW", uintptr(unsafe.Pointer(&message)))
			}
			time.Sleep(time.Millisecond)
		}
	}()
	window = <-made
	t.Cleanup(func() { close(stop); <-done })
	return window, func() string {
		var buffer [512]uint16
		const getText = 0x000D
		system("SendMessageW", window, getText, uintptr(len(buffer)), uintptr(unsafe.Pointer(&buffer[0])))
		return windows.UTF16ToString(buffer[:])
	}
}

func TestInjects(t *testing.T) {
	i, err := Open(0, nil)
	if err != nil {
		t.Fatal(err)
	}
	desktop := i.desktop()
	if desktop.Empty() {
		t.Fatalf("the desktop is %v", desktop)
	}
	do := func(events ...input.Event) {
		t.Helper()
		for _, e := range events {
			if err := i.Inject(e, desktop); err != nil {
				t.Fatalf("%+v: %v", e, err)
			}
		}
	}
	for _, p := range []image.Point{{200, 150}, desktop.Min, {301, 199}} {
		do(input.Event{Kind: input.Move, X: float64(p.X-desktop.Min.X) / float64(desktop.Dx()-1), Y: float64(p.Y-desktop.Min.Y) / float64(desktop.Dy()-1)})
		var at [2]int32
		eventually(t, "the pointer is there", func() bool {
			system("GetCursorPos", uintptr(unsafe.Pointer(&at)))
			return image.Pt(int(at[0]), int(at[1])) == p
		})
	}
	_, text := editor(t)
	want := ""
	write := func(s string) {
		t.Helper()
		do(input.Event{Kind: input.Text, Text: s})
		want += s
		eventually(t, s, func() bool {
			const half = "\xed\xa0\xbd" // of the smile: the other comes in a message of its own
			if got := text(); len(got) > len(want) || !strings.HasPrefix(want, strings.TrimSuffix(got, half)) {
				t.Fatalf("got %q, not %q", got, want)
			}
			return text() == want
		})
	}
	write(`Hello "World" $5 é€ж`)
	write("àÇœ 中文 😀")
	do(input.Event{Kind: input.KeyDown, Code: "ShiftLeft"})
	write("mixed Case é")
	do(input.Event{Kind: input.KeyUp, Code: "ShiftLeft"})
	for _, code := range []string{"Home", "Delete", "End", "Backspace"} {
		do(input.Event{Kind: input.KeyDown, Code: code}, input.Event{Kind: input.KeyUp, Code: code})
	}
	runes := []rune(want)
	want = string(runes[1 : len(runes)-1])
	eventually(t, "the keys by their place", func() bool { return text() == want })

	do(input.Event{Kind: input.KeyDown, Code: "ControlLeft"})
	pressed := func() bool { const control = 0x11; return int16(system("GetAsyncKeyState", control)) < 0 }
	eventually(t, "Ctrl is held", pressed)
	if err := i.Close(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "Ctrl is let go", func() bool { return !pressed() })
}

// TestOneWindow: a controller reaches the shared window and nothing else.
func TestOneWindow(t *testing.T) {
	first, text := editor(t)
	i, err := Open(first, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer i.Close()
	desktop := i.desktop()
	at := func(kind string, p image.Point) error {
		return i.Inject(input.Event{Kind: kind, X: float64(p.X-desktop.Min.X) / float64(desktop.Dx()-1), Y: float64(p.Y-desktop.Min.Y) / float64(desktop.Dy()-1)}, desktop)
	}
	eventually(t, "it is on top", func() bool { return at(input.Move, image.Pt(200, 150)) == nil })
	if err := at(input.Down, image.Pt(700, 500)); !errors.Is(err, input.ErrRefused) {
		t.Errorf("beside it: %v", err)
	}
	eventually(t, "it has the keyboard", func() bool { return i.Inject(input.Event{Kind: input.Text, Text: "a"}, desktop) == nil })
	eventually(t, "it is written", func() bool { return text() == "a" })
	if err := i.Inject(input.Event{Kind: input.KeyDown, Code: "MetaLeft"}, desktop); !errors.Is(err, input.ErrRefused) {
		t.Errorf("a key of the desktop: %v", err)
	}
	// A command goes to the key of its letter.
	for _, e := range []input.Event{{Kind: input.KeyDown, Code: "ControlLeft"}, {Kind: input.KeyDown, Code: "KeyQ", Text: "a"}, {Kind: input.KeyUp, Code: "KeyQ"},
		{Kind: input.KeyUp, Code: "ControlLeft"}, {Kind: input.KeyDown, Code: "ShiftLeft"}} {
		if err := i.Inject(e, desktop); err != nil {
			t.Errorf("%+v: %v", e, err)
		}
	}
	if keys := i.held.Keys(); len(keys) != 1 || keys[0] != "ShiftLeft" {
		t.Errorf("pressed are %q", keys)
	}
	if err := i.Release(); err != nil {
		t.Error(err)
	}
	before := text()
	second, _ := editor(t) // in the same place
	system("SetForegroundWindow", second)
	eventually(t, "another covers it", func() bool { return errors.Is(at(input.Down, image.Pt(200, 150)), input.ErrRefused) })
	eventually(t, "another has the keyboard", func() bool {
		return errors.Is(i.Inject(input.Event{Kind: input.Text, Text: "b"}, desktop), input.ErrRefused)
	})
	if text() != before {
		t.Errorf("typed %q", text())
	}
}

// TestPanicIsGivenBack: whoever watches next, on whatever thread, gets the same key.
func TestPanicIsGivenBack(t *testing.T) {
	for range 20 {
		p, err := WatchPanic(func() {})
		if err != nil {
			t.Fatal(err)
		}
		if p.Key() != input.PanicKey {
			t.Errorf("watching for %q", p.Key())
		}
		p.Close()
	}
}

func TestPanic(t *testing.T) {
	var times atomic.Int32
	p, err := WatchPanic(func() { times.Add(1) })
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	if p.Key() != input.PanicKey {
		t.Errorf("watching for %q", p.Key())
	}
	second, err := WatchPanic(func() {})
	if err != nil {
		t.Fatal(err)
	}
	if second.Key() != input.PanicFallback {
		t.Errorf("what is taken is watched for: %q", second.Key())
	}
	second.Close()
	i, err := Open(0, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer i.Close()
	for n, code := range []string{"ControlLeft", "ShiftLeft", "Backspace"} {
		if err := i.Inject(input.Event{Kind: input.KeyDown, Code: code}, image.Rectangle{}); errors.Is(err, input.ErrRefused) != (n == 2) {
			t.Errorf("%s: %v", code, err)
		}
	}
	if err := i.Release(); err != nil {
		t.Fatal(err)
	}
	for _, code := range []string{"ControlLeft", "ShiftLeft", "Backspace"} {
		if err := i.send(carryOut(input.Event{Kind: input.KeyDown, Code: code})); err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, "the key is noticed", func() bool { return times.Load() == 1 })
	for _, code := range []string{"Backspace", "ShiftLeft", "ControlLeft"} {
		if err := i.send(carryOut(input.Event{Kind: input.KeyUp, Code: code})); err != nil {
			t.Fatal(err)
		}
	}
}
