package form

import (
	"image"
	"image/draw"
	"slices"
	"time"
)

// Page is what a form holds.
type Page struct {
	Blocks  []Block
	Buttons []Button
	Strip   bool   // one line: texts on the left, buttons on the right
	Default string // the button for Enter where the focus is on none
	Cancel  string // the button for Escape and for closing the window
	Focus   string // what has the focus first
}

// Button is something to press; its ID is what comes of it.
type Button struct {
	ID, Label string
	Weight    Weight
	Needs     string // what has to be filled in, or selected, before it can be pressed; "" for nothing
}

// Weight is how much a button stands out.
type Weight int

// The weights.
const (
	Plain   Weight = iota
	Primary        // what people most likely want
	Grave          // what ends something
)

// EventKind says what happened to a window.
type EventKind int

// The kinds of events.
const (
	Motion EventKind = iota
	Press
	Release
	Leave
	Wheel
	KeyPress
	Focus
	Unfocus
	Close
	Moved
	Seen   // the window can be seen, at least in part
	Unseen // it cannot: it is minimised, or something covers it
)

// Key is a key that a form knows.
type Key int

// The keys.
const (
	NoKey Key = iota
	Tab
	BackTab
	Enter
	Space
	Escape
	Left
	Right
	Up
	Down
	Home
	End
	PageUp
	PageDown
	Backspace
	Delete
	Paste // for the window around the form: what is pasted comes as a text
)

// Event is something that happens to a window.
type Event struct {
	Kind  EventKind
	At    image.Point // in the window
	Root  image.Point // on the desktop
	Key   Key
	Text  string // that the key types, if it is no other
	Lines int    // of the wheel, downwards
	Time  time.Time
}

// Form is a page laid out for a window, with its focus. It belongs to one goroutine.
type Form struct {
	look   *Look
	page   Page
	size   image.Point
	places []place // of the blocks
	keys   []place // of the buttons

	attention
	pressed string
}

type place struct {
	r  image.Rectangle
	id string // of what can have the focus
}

// attention is where the person's eyes and hands are.
type attention struct {
	focus   string
	hover   string
	pointer image.Point
	active  bool // the window has the keyboard
}

// New lays nothing out yet: Layout does.
func New(look *Look, page Page) *Form {
	f := &Form{look: look, page: page}
	f.focus = page.Focus
	if f.focus == "" && len(f.order()) > 0 {
		f.focus = f.order()[0]
	}
	return f
}

// Look is how it is drawn.
func (f *Form) Look() *Look { return f.look }

// Dress changes how it is drawn. Layout must follow.
func (f *Form) Dress(look *Look) { f.look = look }

// Set replaces what the form holds; the focus stays if what has it is still there. Layout must follow.
func (f *Form) Set(page Page) {
	f.page = page
	if !slices.Contains(f.order(), f.focus) {
		f.focus = page.Focus
	}
}

// order is the way of the focus.
func (f *Form) order() []string {
	var ids []string
	for _, b := range f.page.Blocks {
		if c, ok := b.(control); ok {
			ids = append(ids, c.id())
		}
	}
	for _, b := range f.page.Buttons {
		if f.usable(b) {
			ids = append(ids, b.ID)
		}
	}
	return ids
}

// usable reports whether a button can be pressed.
func (f *Form) usable(b Button) bool {
	for _, block := range f.page.Blocks {
		if c, ok := block.(needed); ok && c.id() == b.Needs {
			return c.ready()
		}
	}
	return b.Needs == ""
}

// decide is what comes of pressing a button: nothing, if it cannot be pressed.
func (f *Form) decide(id string) string {
	for _, b := range f.page.Buttons {
		if b.ID == id && !f.usable(b) {
			return ""
		}
	}
	return id
}

func (f *Form) control(id string) control {
	for _, b := range f.page.Blocks {
		if c, ok := b.(control); ok && c.id() == id {
			return c
		}
	}
	return nil
}

// Layout places everything in a width, in units of 1/96 inch, and returns the size in pixels.
func (f *Form) Layout(width int) image.Point {
	f.places, f.keys = f.places[:0], f.keys[:0]
	if f.page.Strip {
		f.size = f.strip(f.look.px(width))
	} else {
		f.size = f.column(f.look.px(width))
	}
	return f.size
}

func (f *Form) column(width int) image.Point {
	edge, gap := f.look.px(24), f.look.px(14)
	y := edge
	for _, b := range f.page.Blocks {
		height := b.lay(f.look, width-2*edge)
		p := place{r: image.Rect(edge, y, width-edge, y+height)}
		if c, ok := b.(control); ok {
			p.id = c.id()
		}
		f.places = append(f.places, p)
		y += height + gap
	}
	if len(f.page.Buttons) == 0 {
		return image.Pt(width, y-gap+edge)
	}
	y += f.look.px(8)
	height := f.look.px(40)
	f.buttons(width-edge, y, height)
	return image.Pt(width, y+height+f.look.px(20))
}

// buttons places the buttons in a line that ends at x.
func (f *Form) buttons(x, y, height int) {
	for _, b := range slices.Backward(f.page.Buttons) {
		width := max(f.look.bold.measure(b.Label)+f.look.px(32), f.look.px(88))
		f.keys = append(f.keys, place{image.Rect(x-width, y, x, y+height), b.ID})
		x -= width + f.look.px(10)
	}
	slices.Reverse(f.keys)
}

// Draw draws the form into an image of its size.
func (f *Form) Draw(img *image.RGBA) {
	c := canvas{f.look, img}
	draw.Draw(img, img.Bounds(), image.NewUniform(f.look.Theme.Ground), image.Point{}, draw.Src)
	for n, b := range f.page.Blocks {
		b.draw(c, f.places[n].r, f.attention)
	}
	for n, b := range f.page.Buttons {
		f.drawButton(c, b, f.keys[n].r)
	}
	if f.page.Strip {
		c.ring(img.Bounds(), 0, f.look.px(1), f.look.Theme.Edge)
	}
}

// Redraw draws one block again, into an image that has the rest.
func (f *Form) Redraw(img *image.RGBA, block Block) {
	for n, b := range f.page.Blocks {
		if b == block {
			b.draw(canvas{f.look, img}, f.places[n].r, f.attention)
		}
	}
}

func (f *Form) drawButton(c canvas, b Button, r image.Rectangle) {
	usable, t, radius := f.usable(b), c.Theme, c.px(8)
	over, ink := usable && f.hover == b.ID, t.Ink
	switch {
	case !usable:
		c.round(r, radius, t.Line)
	case b.Weight == Primary && over:
		c.round(r, radius, t.AccentOver)
	case b.Weight == Primary:
		c.round(r, radius, t.Accent)
	case b.Weight == Grave && over:
		c.round(r, radius, t.BadOver)
	case b.Weight == Grave:
		c.round(r, radius, t.Bad)
	case over:
		c.round(r, radius, t.Hover)
		c.ring(r, radius, c.px(1), t.Edge)
	default:
		c.ring(r, radius, c.px(1), t.Edge)
	}
	switch {
	case !usable:
		ink = t.Soft
	case b.Weight == Primary:
		ink = t.OnAccent
	case b.Weight == Grave:
		ink = t.OnBad
	}
	label := c.bold.cut(b.Label, r.Dx())
	c.text(c.bold, image.Pt(r.Min.X+(r.Dx()-c.bold.measure(label))/2, r.Min.Y+(r.Dy()-c.bold.height())/2), ink, label)
	if f.focus == b.ID && f.active {
		c.focused(r, radius)
	}
}

// focused draws the ring around what has the focus, a little outside, so that it is seen on every button.
func (c canvas) focused(r image.Rectangle, radius int) {
	out := c.px(4)
	c.ring(r.Inset(-out), radius+out, c.px(2), c.Theme.Accent)
}
