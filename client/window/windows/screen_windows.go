// Package windows puts the software's windows on the Windows desktop.
package windows

import (
	"errors"
	"fmt"
	"image"
	"sync"
	"unsafe"

	"golang.org/x/sys/windows"

	"github.com/coopnet/coopnet/client/window"
)

// Screen is the desktop.
type Screen struct {
	api   *api
	class *uint16
	scale float64

	mu    sync.Mutex // guards what follows
	panes map[uintptr]*pane
	next  *pane // the one that is being made: its procedure is called before its number is known
	made  sync.Mutex
}

var _ window.Screen = (*Screen)(nil)

// Open makes the process aware of the screens' scales and prepares its windows.
func Open() (*Screen, error) {
	s := &Screen{api: newAPI(), panes: map[uintptr]*pane{}}
	if err := s.api.find(); err != nil {
		return nil, fmt.Errorf("prepare windows: %w", err)
	}
	s.aware()
	s.scale = 1
	if s.api.dpi.Find() == nil { // Windows 10, version 1607
		if dpi := s.api.call(s.api.dpi); dpi > 96 {
			s.scale = float64(dpi) / 96
		}
	}
	class, err := windows.UTF16PtrFromString("CoopnetClient")
	if err != nil {
		return nil, err
	}
	s.class = class
	const arrow = 32512
	c := windowClass{procedure: windows.NewCallback(s.procedure), className: class, cursor: s.api.call(s.api.loadCursor, 0, arrow)}
	c.size = uint32(unsafe.Sizeof(c))
	_ = windows.GetModuleHandleEx(0, nil, &c.instance)
	if s.api.call(s.api.registerClass, uintptr(unsafe.Pointer(&c))) == 0 {
		return nil, errors.New("prepare windows: Windows refuses their class")
	}
	return s, nil
}

// aware tells Windows that we draw in real pixels on each screen. The program's manifest may have told it already.
func (s *Screen) aware() {
	if s.api.aware.Find() == nil {
		const perMonitor2 = ^uintptr(3) // -4
		s.api.call(s.api.aware, perMonitor2)
		return
	}
	s.api.call(s.api.awareOnce)
}

// Scale implements window.Screen.
func (s *Screen) Scale() float64 { return s.scale }

// Area implements window.Screen.
func (s *Screen) Area() image.Rectangle {
	const workArea = 48 // SPI_GETWORKAREA, of the primary screen
	var r rect
	if s.api.call(s.api.parameters, workArea, 0, uintptr(unsafe.Pointer(&r)), 0) == 0 {
		return image.Rect(0, 0, int(int32(s.api.call(s.api.metrics, 0))), int(int32(s.api.call(s.api.metrics, 1))))
	}
	return r.rectangle()
}

// Covers implements window.Screen: whether the window on top at a point is of this process.
func (s *Screen) Covers(p image.Point) bool {
	// POINT goes into one register by value.
	at := uintptr(uint64(uint32(int32(p.X))) | uint64(uint32(int32(p.Y)))<<32)
	return s.ours(s.api.call(s.api.fromPoint, at))
}

// Focused implements window.Screen.
func (s *Screen) Focused() bool { return s.ours(s.api.call(s.api.foreground)) }

func (s *Screen) ours(handle uintptr) bool {
	if handle == 0 {
		return false
	}
	var process uint32
	s.api.call(s.api.processOf, handle, uintptr(unsafe.Pointer(&process)))
	return process == windows.GetCurrentProcessId()
}

// Close implements window.Screen; windows that are still open close.
func (s *Screen) Close() error {
	s.mu.Lock()
	var open []*pane
	for _, p := range s.panes {
		open = append(open, p)
	}
	s.mu.Unlock()
	var err error
	for _, p := range open {
		err = errors.Join(err, p.Close())
	}
	s.api.call(s.api.unregisterClass, uintptr(unsafe.Pointer(s.class)), 0)
	return err
}

// procedure is called by Windows for all our windows, each on its own thread.
func (s *Screen) procedure(handle, message, w, l uintptr) uintptr {
	s.mu.Lock()
	p := s.panes[handle]
	if p == nil && s.next != nil {
		p = s.next
		p.handle, s.next = handle, nil
		s.panes[handle] = p
	}
	s.mu.Unlock()
	if p != nil {
		if answer, done := p.answer(uint32(message), w, l); done {
			return answer
		}
	}
	return s.api.call(s.api.byDefault, handle, message, w, l)
}
