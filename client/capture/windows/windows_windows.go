package windows

import (
	"context"
	"errors"
	"fmt"
	"image"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/windows"

	"github.com/coopnet/coopnet/client/capture"
)

const (
	desktopID    = "desktop"
	screenPrefix = "screen:"
	windowPrefix = "window:"
)

// System is the desktop of the session in which the program runs.
type System struct {
	api *api
	pid uint32 // our own: none of our windows is listed

	mu       sync.Mutex // held while the system lists something to the callbacks, of which a process has only so many
	found    []uintptr
	collect  uintptr
	monitors uintptr
}

var _ capture.System = (*System)(nil)

// Open reaches the desktop. Nothing stays open but what grabbers have.
func Open() (*System, error) {
	s := &System{api: newAPI(), pid: windows.GetCurrentProcessId()}
	s.collect = windows.NewCallback(func(handle, _ uintptr) uintptr {
		s.found = append(s.found, handle)
		return 1 // go on
	})
	s.monitors = windows.NewCallback(func(handle, _, _, _ uintptr) uintptr {
		s.found = append(s.found, handle)
		return 1
	})
	for _, dll := range []*windows.LazyDLL{s.api.user32, s.api.gdi32} {
		if err := dll.Load(); err != nil {
			return nil, &capture.Unsupported{Reason: capture.NoDisplay, Err: err}
		}
	}
	size := image.Point{}
	s.api.aware(func() { size = s.api.desktop().Size() })
	if size.X <= 0 || size.Y <= 0 {
		return nil, &capture.Unsupported{Reason: capture.NoDisplay, Err: fmt.Errorf("a desktop of %v", size)}
	}
	return s, nil
}

// list calls a function of the system that tells handles one by one.
func (s *System) list(enumerate func()) []uintptr {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.found = nil
	enumerate()
	return s.found
}

func (s *System) screens() map[string]image.Rectangle {
	screens := map[string]image.Rectangle{}
	for _, m := range s.list(func() { s.api.user("EnumDisplayMonitors", 0, 0, s.monitors, 0) }) {
		if name, bounds := s.api.screen(hmonitor(m)); name != "" {
			screens[name] = bounds
		}
	}
	return screens
}

// windows lists the uppermost first.
func (s *System) windows() []uintptr {
	return s.list(func() { s.api.user("EnumWindows", s.collect, 0) })
}

// target is what is captured: a window, or a part of the desktop. Its methods are called on a thread.
type target struct {
	system *System
	window hwnd   // 0 for a part of the desktop
	screen string // "" for all of it
}

func (s *System) target(id string) (target, error) {
	t := target{system: s}
	if strings.HasPrefix(id, windowPrefix) {
		t.window = hwnd(Window(id))
		if t.window == 0 || !s.api.exists(t.window) {
			return t, fmt.Errorf("%w: %q", capture.ErrGone, id)
		}
		return t, nil
	}
	t.screen, _ = strings.CutPrefix(id, screenPrefix)
	if id == desktopID {
		t.screen = ""
	} else if _, known := s.screens()[t.screen]; !known {
		return t, fmt.Errorf("%w: %q", capture.ErrGone, id)
	}
	return t, nil
}

// Window is the handle of a source if it is a window, and 0 if it is none.
func Window(id string) uintptr {
	number, ok := strings.CutPrefix(id, windowPrefix)
	if !ok {
		return 0
	}
	n, err := strconv.ParseUint(number, 16, 32) // handles of windows have 32 bits that count
	if err != nil {
		return 0
	}
	return uintptr(n)
}

// place is where a target is: surface is what the system draws, within which area is what is shown.
type place struct{ surface, area image.Rectangle }

func (t target) locate() (place, error) {
	api := t.system.api
	if t.window == 0 {
		area := api.desktop()
		if t.screen != "" {
			area = t.system.screens()[t.screen]
		}
		if area.Empty() {
			return place{}, fmt.Errorf("%w: the screen was unplugged", capture.ErrGone)
		}
		return place{area, area}, nil
	}
	if !api.exists(t.window) {
		return place{}, capture.ErrGone
	}
	p := place{api.outer(t.window), api.visible(t.window)}
	if api.minimised(t.window) || p.surface.Empty() {
		return place{}, capture.ErrHidden
	}
	return p, nil
}

// draw takes the picture, without the pointer. It does not when a program does not answer.
func (t target) draw(s *surface, p place) (drawn bool) {
	if t.window != 0 {
		return s.window(t.window)
	}
	s.desktop(p.surface.Min)
	return true
}

// Preview takes a picture of a source and makes it smaller.
func (s *System) Preview(ctx context.Context, id string, within image.Point) (*image.RGBA, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	type result struct {
		small *image.RGBA
		err   error
	}
	taken := make(chan result, 1)
	go func() { // a program that does not answer keeps its thread, and nobody else
		s.api.aware(func() {
			small, err := s.preview(id, within)
			taken <- result{small, err}
		})
	}()
	late := time.NewTimer(given)
	defer late.Stop()
	select {
	case r := <-taken:
		return r.small, r.err
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-late.C:
		return nil, errors.New("take a preview: the program does not answer")
	}
}

func (s *System) preview(id string, within image.Point) (*image.RGBA, error) {
	t, err := s.target(id)
	if err != nil {
		return nil, err
	}
	p, err := t.locate()
	if err != nil {
		return nil, err
	}
	picture, err := newSurface(s.api, p.surface.Size())
	if err != nil {
		return nil, err
	}
	defer picture.close()
	t.draw(picture, p)
	return capture.Scale(picture.pix[p.offset():], p.stride(), p.area.Size(), within), nil
}

func (p place) stride() int { return 4 * p.surface.Dx() }

// offset is where the area begins among the surface's pixels.
func (p place) offset() int {
	at := p.area.Min.Sub(p.surface.Min)
	return at.Y*p.stride() + 4*at.X
}
