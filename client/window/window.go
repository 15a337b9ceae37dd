// Package window is what the software shows: it asks before it shares, lets people choose what, says what is shared, and
// asks and warns about control. The windows are drawn here; a Screen (x11, windows) puts them on the desktop.
package window

import (
	"context"
	"errors"
	"fmt"
	"image"
	"slices"
	"time"

	"github.com/coopnet/coopnet/client/text"
	"github.com/coopnet/coopnet/client/window/form"
)

// Kind is how a window behaves.
type Kind int

// The kinds of windows.
const (
	Dialog  Kind = iota // in the middle, like any other window
	Bar                 // small, above the others, can be moved and minimised
	Overlay             // above everything, without a frame, never takes the keyboard
)

// Frame is a window to open.
type Frame struct {
	Title  string
	Kind   Kind
	Bounds image.Rectangle // of its content, on the desktop
}

// Screen puts windows on a desktop. It knows where they are, so that injected input can stay away from them.
type Screen interface {
	Open(Frame) (Pane, error)
	Scale() float64        // 1 for 96 dots an inch
	Area() image.Rectangle // the main screen, without what the desktop keeps for itself
	Covers(p image.Point) bool
	Focused() bool
	Close() error
}

// Pane is the inside of one window.
type Pane interface {
	Show(*image.RGBA) error    // its size is the size of the window
	Retitle(title string)      // the title is what screen readers say
	Place(r image.Rectangle)   // moves and resizes
	Bounds() image.Rectangle   // where it is
	Events() <-chan form.Event // closed when the window is gone
	Close() error
}

// Options are what a Desktop needs.
type Options struct {
	Screen Screen
	Words  text.Words
	Dark   bool
	Fonts  func() [][]byte  // more fonts, for characters that the built-in ones do not have; nil is SystemFonts
	Now    func() time.Time // nil is time.Now
	// Patience is how long consent is waited for; 0 is 30 seconds.
	Patience time.Duration
}

// Desktop opens the software's windows. Its methods may be called at the same time.
type Desktop struct {
	screen Screen
	words  text.Words
	theme  form.Theme
	fonts  func() [][]byte
	now    func() time.Time

	patience time.Duration
}

// New does not open anything yet.
func New(o Options) *Desktop {
	d := &Desktop{screen: o.Screen, words: o.Words, theme: form.Light(), fonts: o.Fonts, now: o.Now}
	if o.Dark {
		d.theme = form.Dark()
	}
	d.patience = o.Patience
	if d.patience == 0 {
		d.patience = 30 * time.Second
	}
	if d.now == nil {
		d.now = time.Now
	}
	if d.fonts == nil {
		d.fonts = SystemFonts
	}
	return d
}

// ErrGone is a window that ended because the desktop did.
var ErrGone = errors.New("the desktop is gone")

// A new window ignores keys and buttons for a while: they were meant for what was there before. One that a link has opened
// comes while somebody may be typing.
const (
	deaf     = 500 * time.Millisecond
	surprise = 1500 * time.Millisecond
)

// Limits of texts that others have written.
const (
	longestName   = 64
	longestTitle  = 80
	longestShared = 48 // in the bar
	longestViewer = 24 // one of several
)

// view is a window with its form; it belongs to one goroutine.
type view struct {
	d      *Desktop
	pane   Pane
	form   *form.Form
	width  int
	kind   Kind
	opened time.Time
	typing time.Duration // for how long it ignores keys
	fonts  bool          // the system's are loaded
	grip   *image.Point  // where an overlay is dragged, from its corner
	shown  *image.RGBA
	seen   chan bool // whether it can be; holds the latest
}

// open shows a page in a new window.
func (d *Desktop) open(kind Kind, title string, width int, page form.Page, foreign ...string) (*view, error) {
	look, err := form.NewLook(d.theme, d.screen.Scale())
	if err != nil {
		return nil, err
	}
	v := &view{d: d, form: form.New(look, page), width: width, kind: kind, typing: deaf, seen: make(chan bool, 1)}
	if err := v.dress(foreign); err != nil {
		return nil, err
	}
	size := v.form.Layout(width)
	area := d.screen.Area()
	at := area.Min.Add(area.Size().Sub(size).Div(2))
	switch kind {
	case Overlay:
		at.Y = area.Min.Y + area.Dy()/40
	case Bar: // not where the overlay is
		at.Y = area.Max.Y - size.Y - area.Dy()/20
	}
	frame := Frame{Title: title, Kind: kind, Bounds: image.Rectangle{Min: at, Max: at.Add(size)}}
	if v.pane, err = d.screen.Open(frame); err != nil {
		return nil, fmt.Errorf("open a window: %w", err)
	}
	v.opened = d.now()
	if err := v.draw(size); err != nil {
		return nil, errors.Join(err, v.pane.Close())
	}
	return v, nil
}

// dress loads more fonts, once, for texts that need them.
func (v *view) dress(foreign []string) error {
	if v.fonts || !slices.ContainsFunc(foreign, v.form.Look().Lacks) {
		return nil
	}
	v.fonts = true
	look, err := form.NewLook(v.d.theme, v.d.screen.Scale(), v.d.fonts()...)
	if err != nil {
		return err
	}
	v.form.Dress(look)
	return nil
}

func (v *view) draw(size image.Point) error {
	img := image.NewRGBA(image.Rectangle{Max: size})
	v.form.Draw(img)
	v.shown = img
	if err := v.pane.Show(img); err != nil {
		return fmt.Errorf("draw a window: %w", err)
	}
	return nil
}

// redraw draws a block whose inside has changed.
func (v *view) redraw(block form.Block) error {
	v.form.Redraw(v.shown, block)
	if err := v.pane.Show(v.shown); err != nil {
		return fmt.Errorf("draw a window: %w", err)
	}
	return nil
}

// set replaces the page. The window grows and shrinks with it; a strip stays where its middle is.
func (v *view) set(title string, page form.Page, foreign ...string) error {
	if err := v.dress(foreign); err != nil {
		return err
	}
	v.form.Set(page)
	size := v.form.Layout(v.width)
	was := v.pane.Bounds()
	if was.Size() != size {
		at := was.Min
		if v.kind != Dialog {
			at.X += (was.Dx() - size.X) / 2
		}
		v.pane.Place(image.Rectangle{Min: at, Max: at.Add(size)})
	}
	if err := v.draw(size); err != nil {
		return err
	}
	v.pane.Retitle(title) // who hears it, finds what it is about
	return nil
}

// await answers to events until a button is pressed, changes has something to do, or ctx ends.
func (v *view) await(ctx context.Context, changes <-chan func() error) (pressed string, err error) {
	for {
		select {
		case <-ctx.Done():
			return "", ctx.Err()
		case change := <-changes:
			if err := change(); err != nil {
				return "", err
			}
		case e, open := <-v.pane.Events():
			if !open {
				return "", ErrGone
			}
			e.Time = v.d.now()
			pressed, err := v.handle(e)
			if pressed != "" || err != nil {
				return pressed, err
			}
		}
	}
}

func (v *view) handle(e form.Event) (string, error) {
	age := e.Time.Sub(v.opened)
	if age < deaf && e.Kind == form.Press || age < v.typing && e.Kind == form.KeyPress {
		return "", nil
	}
	if e.Kind == form.Seen || e.Kind == form.Unseen {
		select {
		case <-v.seen:
		default:
		}
		v.seen <- e.Kind == form.Seen // only this goroutine sends
	}
	v.drag(e)
	pressed, redraw := v.form.Handle(e)
	if pressed != "" || !redraw {
		return pressed, nil
	}
	return "", v.draw(v.form.Layout(v.width))
}

// drag moves an overlay, which has no frame to take it by.
func (v *view) drag(e form.Event) {
	switch {
	case v.kind != Overlay:
	case e.Kind == form.Press && !v.form.Busy(e.At):
		v.grip = &e.At
	case e.Kind == form.Release:
		v.grip = nil
	case e.Kind == form.Motion && v.grip != nil:
		was, area := v.pane.Bounds(), v.d.screen.Area()
		at := e.Root.Sub(*v.grip)
		// It can go to another screen, but not so far up that nothing is left of it.
		at.Y = max(at.Y, area.Min.Y)
		v.pane.Place(image.Rectangle{Min: at, Max: at.Add(was.Size())})
	}
}
