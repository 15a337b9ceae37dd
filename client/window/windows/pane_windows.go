package windows

import (
	"errors"
	"fmt"
	"image"
	"runtime"
	"sync"
	"unsafe"

	"golang.org/x/sys/windows"

	"github.com/coopnet/coopnet/client/window"
	"github.com/coopnet/coopnet/client/window/form"
)

// pane is one window, with a thread of its own: Windows gives a window's messages to the thread that made it.
type pane struct {
	s      *Screen
	kind   window.Kind
	events chan form.Event
	queue  chan form.Event // bounded: what a person does while the window does not answer is dropped
	orders chan func()     // for the thread
	gone   chan struct{}
	done   sync.WaitGroup

	handle uintptr // written by the thread before anybody else sees it

	mu     sync.Mutex // guards what follows
	pixels []byte     // BGRX
	size   image.Point
	bounds image.Rectangle

	inside bool // the thread's: the pointer is over the window
	half   rune // the thread's: the first part of a character
	spaced bool // the thread's: the last key was Space
}

const queued = 256

// Open implements window.Screen.
func (s *Screen) Open(f window.Frame) (window.Pane, error) {
	p := &pane{s: s, kind: f.Kind, bounds: f.Bounds, events: make(chan form.Event), queue: make(chan form.Event, queued),
		orders: make(chan func(), 8), gone: make(chan struct{})}
	made := make(chan error)
	p.done.Go(func() { p.live(f.Title, made) })
	if err := <-made; err != nil {
		p.done.Wait()
		return nil, fmt.Errorf("open a window: %w", err)
	}
	p.done.Go(p.forward)
	return p, nil
}

// live is the window's thread, which ends with it (nobody unlocks it): otherwise what the system has added, such as the
// window of an input method, would stay there and answer to nobody, and whoever asks it would wait for ever.
func (p *pane) live(title string, made chan<- error) {
	runtime.LockOSThread()
	defer close(p.gone)
	err := p.create(title)
	made <- err
	if err != nil {
		return
	}
	a := p.s.api
	if p.kind == window.Overlay {
		const second = 1000
		a.call(a.setTimer, p.handle, 1, second, 0) // to stay on top of others that want to be
	}
	var m message
	for int32(a.call(a.get, uintptr(unsafe.Pointer(&m)), 0, 0, 0)) > 0 {
		a.call(a.translate, uintptr(unsafe.Pointer(&m)))
		a.call(a.dispatch, uintptr(unsafe.Pointer(&m)))
	}
	p.s.mu.Lock()
	delete(p.s.panes, p.handle)
	p.s.mu.Unlock()
}

func (p *pane) styles() (style, extra uintptr) {
	switch p.kind {
	case window.Overlay:
		return stylePopup, extraTopmost | extraToolWindow | extraNoActivate
	case window.Bar:
		return styleCaption | styleSystemMenu | styleMinimise, extraTopmost
	}
	return styleCaption | styleSystemMenu, extraTopmost
}

func (p *pane) create(title string) error {
	name, err := windows.UTF16PtrFromString(title)
	if err != nil {
		return err
	}
	a, outer := p.s.api, p.outer(p.bounds)
	style, extra := p.styles()
	p.s.made.Lock() // one at a time is the next
	defer p.s.made.Unlock()
	p.s.mu.Lock()
	p.s.next = p
	p.s.mu.Unlock()
	handle := a.call(a.create, extra, uintptr(unsafe.Pointer(p.s.class)), uintptr(unsafe.Pointer(name)), style,
		uintptr(outer.Min.X), uintptr(outer.Min.Y), uintptr(outer.Dx()), uintptr(outer.Dy()), 0, 0, 0, 0)
	p.s.mu.Lock()
	p.s.next = nil
	p.s.mu.Unlock()
	if handle == 0 {
		return errors.New("Windows makes none")
	}
	return nil
}

// outer is the window around its content.
func (p *pane) outer(inner image.Rectangle) image.Rectangle {
	style, extra := p.styles()
	r := rect{int32(inner.Min.X), int32(inner.Min.Y), int32(inner.Max.X), int32(inner.Max.Y)}
	p.s.api.call(p.s.api.adjust, uintptr(unsafe.Pointer(&r)), style, 0, extra)
	return r.rectangle()
}

// order has something done by the window's thread, unless the window is gone.
func (p *pane) order(do func()) {
	select {
	case p.orders <- do:
		p.s.api.call(p.s.api.post, p.handle, wmApp, 0, 0)
	case <-p.gone:
	}
}

// Show implements window.Pane.
func (p *pane) Show(img *image.RGBA) error {
	select {
	case <-p.gone:
		return window.ErrGone
	default:
	}
	size := img.Bounds().Size()
	pixels := make([]byte, 0, 4*size.X*size.Y)
	for y := range size.Y {
		row := img.Pix[y*img.Stride:][:4*size.X]
		for k := 0; k+3 < len(row); k += 4 {
			pixels = append(pixels, row[k+2], row[k+1], row[k], 0xff)
		}
	}
	p.mu.Lock()
	first := p.pixels == nil
	p.pixels, p.size = pixels, size
	p.mu.Unlock()
	p.order(func() {
		a := p.s.api
		if first {
			show := uintptr(5) // SW_SHOW
			if p.kind == window.Overlay {
				show = 4 // SW_SHOWNOACTIVATE
			}
			a.call(a.show, p.handle, show)
		}
		a.call(a.invalidate, p.handle, 0, 0)
	})
	return nil
}

// Retitle implements window.Pane.
func (p *pane) Retitle(title string) {
	name, err := windows.UTF16PtrFromString(title)
	if err != nil {
		return
	}
	p.order(func() { p.s.api.call(p.s.api.setText, p.handle, uintptr(unsafe.Pointer(name))) })
}

// Place implements window.Pane. Where a window with a frame is, is up to the person.
func (p *pane) Place(r image.Rectangle) {
	p.mu.Lock()
	p.bounds = r
	p.mu.Unlock()
	p.order(func() {
		const noMove, noOrder, noActivate = 2, 4, 16
		outer, flags := p.outer(r), uintptr(noOrder|noActivate)
		if p.kind != window.Overlay {
			flags |= noMove
		}
		p.s.api.call(p.s.api.setPlace, p.handle, 0, uintptr(outer.Min.X), uintptr(outer.Min.Y), uintptr(outer.Dx()), uintptr(outer.Dy()), flags)
	})
}

// Bounds implements window.Pane.
func (p *pane) Bounds() image.Rectangle {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.bounds
}

// Events implements window.Pane.
func (p *pane) Events() <-chan form.Event { return p.events }

func (p *pane) forward() {
	defer close(p.events)
	for {
		select {
		case <-p.gone:
			return
		case e := <-p.queue:
			select {
			case p.events <- e:
			case <-p.gone:
				return
			}
		}
	}
}

// Close implements window.Pane.
func (p *pane) Close() error {
	p.order(func() { p.s.api.call(p.s.api.destroy, p.handle) })
	p.done.Wait()
	return nil
}
