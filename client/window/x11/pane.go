package x11

import (
	"errors"
	"fmt"
	"image"
	"os"
	"sync"
	"sync/atomic"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xproto"

	"github.com/coopnet/coopnet/client/window"
	"github.com/coopnet/coopnet/client/window/form"
)

// pane is one window.
type pane struct {
	s      *Screen
	id     xproto.Window
	gc     xproto.Gcontext
	kind   window.Kind
	events chan form.Event
	queue  chan happened // from the server; bounded: what a person does while the window does not answer is dropped
	quit   chan struct{}
	done   sync.WaitGroup
	mapped bool // of who shows

	pasting bool        // forward's: another program has been asked for what is pasted
	waits   deadKey     // forward's
	dropped atomic.Bool // something was, since forward has looked

	mu     sync.Mutex // guards what follows
	bounds image.Rectangle
	top    xproto.Window // the frame that the window manager has put around it, or itself
}

const queued = 256

// happened is an event of the server. What a key means is looked up when its turn comes: the mapping may have changed.
type happened struct {
	form.Event
	typed *xproto.KeyPressEvent
}

// Open implements window.Screen.
func (s *Screen) Open(f window.Frame) (window.Pane, error) {
	id, err := xproto.NewWindowId(s.conn)
	if err != nil {
		return nil, fmt.Errorf("open a window: %w", err)
	}
	gc, err := xproto.NewGcontextId(s.conn)
	if err != nil {
		return nil, fmt.Errorf("open a window: %w", err)
	}
	p := &pane{s: s, id: id, gc: gc, kind: f.Kind, bounds: f.Bounds, top: id,
		events: make(chan form.Event), queue: make(chan happened, queued), quit: make(chan struct{})}
	s.mu.Lock()
	s.panes[id] = p
	s.mu.Unlock()
	p.done.Go(p.forward)
	if err := p.create(f.Title); err != nil {
		return nil, errors.Join(fmt.Errorf("open a window: %w", err), p.Close())
	}
	if p.kind == window.Overlay {
		p.done.Go(p.rise)
	}
	return p, nil
}

func (p *pane) create(title string) error {
	conn, b := p.s.conn, p.bounds
	mask := uint32(xproto.EventMaskKeyPress | xproto.EventMaskButtonPress | xproto.EventMaskButtonRelease | xproto.EventMaskPointerMotion |
		xproto.EventMaskLeaveWindow | xproto.EventMaskFocusChange | xproto.EventMaskStructureNotify |
		xproto.EventMaskVisibilityChange)
	unmanaged := uint32(0)
	if p.kind == window.Overlay {
		unmanaged = 1
	}
	err := xproto.CreateWindowChecked(conn, p.s.setup.RootDepth, p.id, p.s.setup.Root, int16(b.Min.X), int16(b.Min.Y), uint16(b.Dx()), uint16(b.Dy()), 0,
		xproto.WindowClassInputOutput, p.s.setup.RootVisual, xproto.CwOverrideRedirect|xproto.CwEventMask, []uint32{unmanaged, mask}).Check()
	if err != nil {
		return err
	}
	if err := xproto.CreateGCChecked(conn, p.gc, xproto.Drawable(p.id), 0, nil).Check(); err != nil {
		return err
	}
	p.hint(title)
	// Mapped by the first Show: nobody sees an empty window.
	return nil
}

// hint tells the window manager what the window is (ICCCM 4.1.2, EWMH 1.5).
func (p *pane) hint(title string) {
	p.Retitle(title)
	p.setNumbers(mark, xproto.AtomCardinal, uint32(os.Getpid()))
	p.setText(xproto.AtomWmClass, xproto.AtomString, "coopnet-client\x00Coopnet\x00")
	p.setNumbers("WM_PROTOCOLS", xproto.AtomAtom, uint32(p.s.atom("WM_DELETE_WINDOW")))
	p.setNumbers("_NET_WM_PID", xproto.AtomCardinal, uint32(os.Getpid()))
	if host, err := os.Hostname(); err == nil {
		p.setText(xproto.AtomWmClientMachine, xproto.AtomString, host)
	}
	const input = 1
	p.setNumbers("WM_HINTS", xproto.AtomWmHints, input, 1, 0, 0, 0, 0, 0, 0, 0)
	p.fix()
	kind := map[window.Kind]string{window.Dialog: "_NET_WM_WINDOW_TYPE_DIALOG", window.Bar: "_NET_WM_WINDOW_TYPE_UTILITY", window.Overlay: "_NET_WM_WINDOW_TYPE_NOTIFICATION"}[p.kind]
	p.setNumbers("_NET_WM_WINDOW_TYPE", xproto.AtomAtom, uint32(p.s.atom(kind)))
	if p.kind != window.Dialog {
		p.setNumbers("_NET_WM_STATE", xproto.AtomAtom, uint32(p.s.atom("_NET_WM_STATE_ABOVE")), uint32(p.s.atom("_NET_WM_STATE_STICKY")))
	} else {
		p.setNumbers("_NET_WM_STATE", xproto.AtomAtom, uint32(p.s.atom("_NET_WM_STATE_ABOVE")))
	}
	if p.s.icon != nil {
		p.setNumbers("_NET_WM_ICON", xproto.AtomCardinal, icon(p.s.icon)...)
	}
}

// fix tells that the window has this size and place and no other (ICCCM 4.1.2.3).
func (p *pane) fix() {
	const position, size, least, most, anchored = 4, 8, 16, 32, 512 // program's
	flags, gravity := uint32(position|size|least|most), uint32(0)
	if p.kind == window.Bar { // grows upwards: below there may be nothing left of the screen
		const south = 8
		flags, gravity = flags|anchored, south
	}
	b := p.bounds
	w, h := uint32(b.Dx()), uint32(b.Dy())
	p.setNumbers("WM_NORMAL_HINTS", xproto.AtomWmSizeHints, flags, uint32(b.Min.X), uint32(b.Min.Y), w, h, w, h, w, h, 0, 0, 0, 0, 0, 0, 0, 0, gravity)
}

// icon is width, height and pixels in ARGB, not multiplied by their alpha.
func icon(img image.Image) []uint32 {
	b := img.Bounds()
	numbers := []uint32{uint32(b.Dx()), uint32(b.Dy())}
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			r, g, bl, a := img.At(x, y).RGBA()
			if a > 0 {
				r, g, bl = r*0xffff/a, g*0xffff/a, bl*0xffff/a
			}
			numbers = append(numbers, a>>8<<24|r>>8<<16|g>>8<<8|bl>>8)
		}
	}
	return numbers
}

func (p *pane) setText(property, kind xproto.Atom, s string) {
	xproto.ChangeProperty(p.s.conn, xproto.PropModeReplace, p.id, property, kind, 8, uint32(len(s)), []byte(s))
}

func (p *pane) setNumbers(property string, kind xproto.Atom, numbers ...uint32) {
	data := make([]byte, 4*len(numbers))
	for n, v := range numbers {
		xgb.Put32(data[4*n:], v)
	}
	xproto.ChangeProperty(p.s.conn, xproto.PropModeReplace, p.id, p.s.atom(property), kind, 32, uint32(len(numbers)), data)
}

// Retitle implements window.Pane.
func (p *pane) Retitle(title string) {
	p.setText(p.s.atom("_NET_WM_NAME"), p.s.atom("UTF8_STRING"), title)
	p.setText(xproto.AtomWmName, p.s.atom("UTF8_STRING"), title)
}

// Show implements window.Pane. The picture becomes the window's background, which the server restores by itself.
func (p *pane) Show(img *image.RGBA) error {
	conn, size := p.s.conn, img.Bounds().Size()
	pixmap, err := xproto.NewPixmapId(conn)
	if err != nil {
		return err
	}
	if err := xproto.CreatePixmapChecked(conn, p.s.setup.RootDepth, pixmap, xproto.Drawable(p.id), uint16(size.X), uint16(size.Y)).Check(); err != nil {
		return err
	}
	defer xproto.FreePixmap(conn, pixmap) // the window keeps it
	const most = 200 << 10                // of a request; the least that every server takes is 256 KiB
	rows := max(most/(4*size.X), 1)
	buffer := make([]byte, 0, rows*4*size.X)
	for y := 0; y < size.Y; y += rows {
		n := min(rows, size.Y-y)
		buffer = buffer[:0]
		for line := y; line < y+n; line++ {
			row := img.Pix[line*img.Stride:][:4*size.X]
			for k := 0; k+3 < len(row); k += 4 {
				buffer = append(buffer, row[k+2], row[k+1], row[k], 0xff)
			}
		}
		xproto.PutImage(conn, xproto.ImageFormatZPixmap, xproto.Drawable(pixmap), p.gc, uint16(size.X), uint16(n), 0, int16(y), 0, p.s.setup.RootDepth, buffer)
	}
	xproto.ChangeWindowAttributes(conn, p.id, xproto.CwBackPixmap, []uint32{uint32(pixmap)})
	xproto.ClearArea(conn, false, p.id, 0, 0, 0, 0)
	if p.mapped { // again would bring back what the person has minimised
		_, err := xproto.GetInputFocus(conn).Reply()
		return err
	}
	p.mapped = true
	return xproto.MapWindowChecked(conn, p.id).Check()
}

// Place implements window.Pane.
func (p *pane) Place(r image.Rectangle) {
	p.mu.Lock()
	p.bounds = r
	p.mu.Unlock()
	p.fix()
	size := []uint32{uint32(r.Dx()), uint32(r.Dy())}
	if p.kind != window.Overlay { // where a window with a frame is, is up to the person
		xproto.ConfigureWindow(p.s.conn, p.id, xproto.ConfigWindowWidth|xproto.ConfigWindowHeight, size)
		return
	}
	xproto.ConfigureWindow(p.s.conn, p.id, xproto.ConfigWindowX|xproto.ConfigWindowY|xproto.ConfigWindowWidth|xproto.ConfigWindowHeight,
		append([]uint32{uint32(int32(r.Min.X)), uint32(int32(r.Min.Y))}, size...))
}

// Bounds implements window.Pane.
func (p *pane) Bounds() image.Rectangle {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.bounds
}

// frame is the child of the root window that holds this one.
func (p *pane) frame() xproto.Window {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.top
}

// Events implements window.Pane.
func (p *pane) Events() <-chan form.Event { return p.events }

// forward hands the events on, for as long as the window is there.
func (p *pane) forward() {
	defer close(p.events)
	for {
		select {
		case <-p.quit:
			return
		case e := <-p.queue:
			for waiting := true; waiting && e.Kind == form.Motion; { // of movements only the last counts
				select {
				case next := <-p.queue:
					if next.Kind != form.Motion {
						p.send(e.Event)
					}
					e = next
				default:
					waiting = false
				}
			}
			p.typed(&e)
			if e.Kind != form.KeyPress || e.Key != form.NoKey || e.Text != "" {
				p.send(e.Event)
			}
		}
	}
}

func (p *pane) send(e form.Event) {
	select {
	case p.events <- e:
	case <-p.quit:
	}
}

// Close implements window.Pane.
func (p *pane) Close() error {
	xproto.FreeGC(p.s.conn, p.gc)
	xproto.DestroyWindow(p.s.conn, p.id)
	_, err := xproto.GetInputFocus(p.s.conn).Reply() // it is gone when this answers
	p.s.forget(p)
	p.done.Wait()
	if err != nil {
		return fmt.Errorf("close a window: %w", err)
	}
	return nil
}
