package windows

import (
	"context"
	"image"
	"runtime"
	"time"
	"unsafe"

	"golang.org/x/sys/windows"
)

// api are the libraries of the system that are called, which are looked for in its own folder only.
type api struct{ user32, gdi32, dwmapi *windows.LazyDLL }

func newAPI() *api {
	return &api{user32: windows.NewLazySystemDLL("user32.dll"), gdi32: windows.NewLazySystemDLL("gdi32.dll"), dwmapi: windows.NewLazySystemDLL("dwmapi.dll")}
}

// user calls a function of user32; 0 where it does not exist, as when it fails.
//
//go:uintptrescapes
func (a *api) user(name string, args ...uintptr) uintptr { return call(a.user32, name, args...) }

//go:uintptrescapes
func (a *api) gdi(name string, args ...uintptr) uintptr { return call(a.gdi32, name, args...) }

//go:uintptrescapes
func call(dll *windows.LazyDLL, name string, args ...uintptr) uintptr {
	proc := dll.NewProc(name)
	if proc.Find() != nil {
		return 0
	}
	result, _, _ := proc.Call(args...)
	return result
}

// hwnd is a handle of the system.
type hwnd uintptr

// What the functions below want, as in the system's headers.
const (
	metricVirtualX, metricVirtualY, metricVirtualWidth, metricVirtualHeight = 76, 77, 78, 79

	cursorShowing       = 1
	drawNormal          = 3
	rasterCopy          = 0x00CC0020
	renderFullContent   = 2
	ancestorRoot        = 2
	relatedOwner        = 4
	indexExtendedStyle  = -20
	styleToolWindow     = 0x80
	styleAppWindow      = 0x40000
	attributeFrame      = 9  // DWMWA_EXTENDED_FRAME_BOUNDS
	attributeCloaked    = 14 // DWMWA_CLOAKED
	perMonitorAwareV2   = -4
	longestWindowsTitle = 512

	messageNull = 0
	abortIfHung = 2   // SMTO_ABORTIFHUNG
	answersIn   = 200 // milliseconds in which a program that works answers
)

func (r rect) rectangle() image.Rectangle {
	return image.Rect(int(r.Left), int(r.Top), int(r.Right), int(r.Bottom))
}

type monitorInfo struct {
	Size          uint32
	Monitor, Work rect
	Flags         uint32
	Device        [32]uint16
}

type lastInput struct{ Size, Time uint32 }

type cursorInfo struct {
	Size, Flags uint32
	Cursor      uintptr
	X, Y        int32
}

type iconInfo struct {
	Icon        int32
	HotX, HotY  uint32
	Mask, Color uintptr
}

type bitmapInfo struct {
	Size                   uint32
	Width, Height          int32
	Planes, BitCount       uint16
	Compression, SizeImage uint32
	PerMeterX, PerMeterY   int32
	Used, Important        uint32
	Colors                 [1]uint32
}

// aware runs f on one thread of the operating system, which counts in the pixels of each screen meanwhile, and not in those that
// older programs are shown.
func (a *api) aware(f func()) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	awareness := perMonitorAwareV2
	if before := a.user("SetThreadDpiAwarenessContext", uintptr(awareness)); before != 0 {
		defer a.user("SetThreadDpiAwarenessContext", before)
	}
	f()
}

// thread runs functions in turn on one thread, to which device contexts and bitmaps belong.
type thread struct {
	work chan func()
	done chan struct{}
}

func startThread(a *api) *thread {
	t := &thread{work: make(chan func()), done: make(chan struct{})}
	go func() {
		defer close(t.done)
		a.aware(func() {
			tick := time.NewTicker(attentive)
			defer tick.Stop()
			for {
				select {
				case f, more := <-t.work:
					if !more {
						return
					}
					f()
				case <-tick.C:
				}
				a.listen()
			}
		})
	}()
	return t
}

// attentive is how often a thread looks for messages.
const attentive = 50 * time.Millisecond

// listen answers what was sent to windows of the thread: Direct3D makes some that nobody sees, and whoever tells all windows
// that another program is active waits for each of them.
func (a *api) listen() {
	var message [64]byte // MSG has 48
	for n := 0; n < 100 && a.user("PeekMessageW", uintptr(unsafe.Pointer(&message)), 0, 0, 0, 1) != 0; n++ {
		a.user("DispatchMessageW", uintptr(unsafe.Pointer(&message)))
	}
}

// do runs f on the thread and waits for it, at most until ctx ends: then f may still be running, or never run. Another program
// may keep it for as long as it likes.
func (t *thread) do(ctx context.Context, f func()) error {
	finished := make(chan struct{})
	select {
	case t.work <- func() { defer close(finished); f() }:
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case <-finished:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// stop ends the thread after a last thing. A thread that another program keeps ends when that program lets it go; nobody
// waits for it.
func (t *thread) stop(last func()) {
	go func() {
		t.work <- last
		close(t.work)
	}()
	late := time.NewTimer(given)
	defer late.Stop()
	select {
	case <-t.done:
	case <-late.C:
	}
}

// given is how long another program is waited for where nothing else ends the waiting.
const given = 2 * time.Second

// desktop is where all screens are.
func (a *api) desktop() image.Rectangle {
	metric := func(index uintptr) int { return int(int32(a.user("GetSystemMetrics", index))) }
	at := image.Pt(metric(metricVirtualX), metric(metricVirtualY))
	return image.Rectangle{at, at.Add(image.Pt(metric(metricVirtualWidth), metric(metricVirtualHeight)))}
}

// screen is where a screen is, and its name.
func (a *api) screen(m hmonitor) (string, image.Rectangle) {
	info := monitorInfo{}
	info.Size = uint32(unsafe.Sizeof(info))
	if a.user("GetMonitorInfoW", uintptr(m), uintptr(unsafe.Pointer(&info))) == 0 {
		return "", image.Rectangle{}
	}
	return windows.UTF16ToString(info.Device[:]), info.Monitor.rectangle()
}

// answers reports whether the program of a window does: what is asked of one that does not may never return.
func (a *api) answers(w hwnd) bool {
	var result uintptr
	return a.user("IsHungAppWindow", uintptr(w)) == 0 &&
		a.user("SendMessageTimeoutW", uintptr(w), messageNull, 0, 0, abortIfHung, answersIn, uintptr(unsafe.Pointer(&result))) != 0
}

// touched is when somebody has last used the keyboard or the pointer, in the system's milliseconds.
func (a *api) touched() uint32 {
	info := lastInput{}
	info.Size = uint32(unsafe.Sizeof(info))
	a.user("GetLastInputInfo", uintptr(unsafe.Pointer(&info)))
	return info.Time
}

func (a *api) exists(w hwnd) bool { return a.user("IsWindow", uintptr(w)) != 0 }

func (a *api) minimised(w hwnd) bool {
	return a.user("IsIconic", uintptr(w)) != 0 || a.user("IsWindowVisible", uintptr(w)) == 0
}

// outer is where a window is, with the shadow around it that takes part in resizing.
func (a *api) outer(w hwnd) image.Rectangle {
	var r rect
	if a.user("GetWindowRect", uintptr(w), uintptr(unsafe.Pointer(&r))) == 0 {
		return image.Rectangle{}
	}
	return r.rectangle()
}

// visible is what people see of a window.
func (a *api) visible(w hwnd) image.Rectangle {
	outer := a.outer(w)
	var r rect
	// A window of the desktop's compositor tells; success is 0 (S_OK).
	if a.attribute(w, attributeFrame, unsafe.Pointer(&r), unsafe.Sizeof(r)) {
		if inner := r.rectangle().Intersect(outer); !inner.Empty() {
			return inner
		}
	}
	return outer
}

// cloaked reports windows that are there and not shown: of other virtual desktops, of sleeping apps.
func (a *api) cloaked(w hwnd) bool {
	var why uint32
	return a.attribute(w, attributeCloaked, unsafe.Pointer(&why), unsafe.Sizeof(why)) && why != 0
}

func (a *api) attribute(w hwnd, attribute uintptr, value unsafe.Pointer, size uintptr) bool {
	proc := a.dwmapi.NewProc("DwmGetWindowAttribute")
	if proc.Find() != nil {
		return false
	}
	result, _, _ := proc.Call(uintptr(w), attribute, uintptr(value), size)
	return int32(result) == 0
}
