package form

import (
	"image"
	"image/color"
	"time"
)

// Block is a part of a page.
type Block interface {
	lay(l *Look, width int) (height int)
	draw(c canvas, r image.Rectangle, at attention)
}

// control is a block that answers.
type control interface {
	Block
	id() string
	key(k Key)
	press(at image.Point, when time.Time) (decided bool) // as if the default button had been pressed as well
	wheel(lines int) (redraw bool)
}

// needed is a control without which a button may not be pressed.
type needed interface {
	id() string
	ready() bool
}

// Text is a paragraph.
type Text struct {
	S     string
	Style Style
}

// Style is how a paragraph looks.
type Style int

// The styles.
const (
	Body Style = iota
	Heading
	Bold
	Small // and soft
	Bad   // what is wrong
)

func (t Text) letters(l *Look) letters {
	switch t.Style {
	case Heading:
		return l.heading
	case Bold, Bad:
		return l.bold
	case Small:
		return l.small
	}
	return l.body
}

func (t Text) lay(l *Look, width int) int {
	letters := t.letters(l)
	return len(letters.wrap(t.S, width)) * letters.height()
}

func (t Text) draw(c canvas, r image.Rectangle, _ attention) {
	letters := t.letters(c.Look)
	ink := map[Style]color.RGBA{Small: c.Theme.Soft, Bad: c.Theme.Bad}[t.Style]
	if ink.A == 0 {
		ink = c.Theme.Ink
	}
	c.lines(letters, r.Min, ink, letters.wrap(t.S, r.Dx()))
}

// Facts are names with their values, one below the other, on a ground of their own.
type Facts [][2]string

func (f Facts) measures(l *Look, width int) (names, values int) {
	for _, fact := range f {
		names = max(names, l.body.measure(fact[0]))
	}
	names = min(names, width/2)
	return names, width - names - 3*l.px(14)
}

func (f Facts) lay(l *Look, width int) int {
	_, values := f.measures(l, width)
	height := 2 * l.px(10)
	for _, fact := range f {
		height += len(l.bold.wrap(fact[1], values))*l.bold.height() + l.px(4)
	}
	return height
}

func (f Facts) draw(c canvas, r image.Rectangle, _ attention) {
	c.round(r, c.px(8), c.Theme.Tint)
	names, values := f.measures(c.Look, r.Dx())
	at := r.Min.Add(image.Pt(c.px(14), c.px(12)))
	for _, fact := range f {
		c.text(c.body, at, c.Theme.Ink, c.body.cut(fact[0], names))
		lines := c.bold.wrap(fact[1], values)
		c.lines(c.bold, at.Add(image.Pt(names+c.px(14), 0)), c.Theme.Ink, lines)
		at.Y += len(lines)*c.bold.height() + c.px(4)
	}
}

// Progress is how far something is, from 0 to 1.
type Progress float64

func (p Progress) lay(l *Look, _ int) int { return l.px(10) }

func (p Progress) draw(c canvas, r image.Rectangle, _ attention) {
	c.round(r, r.Dy()/2, c.Theme.Line)
	done := r
	done.Max.X = r.Min.X + int(float64(r.Dx())*min(max(float64(p), 0), 1))
	if done.Dx() > r.Dy() {
		c.round(done, r.Dy()/2, c.Theme.Accent)
	}
	c.ring(r, r.Dy()/2, c.px(1), c.Theme.Edge)
}

// Box can be ticked.
type Box struct {
	ID, Label string
	On        bool
}

func (b *Box) id() string { return b.ID }

func (b *Box) key(k Key) {
	if k == Space {
		b.On = !b.On
	}
}

func (b *Box) press(image.Point, time.Time) bool {
	b.On = !b.On
	return false
}

func (b *Box) wheel(int) bool { return false }

func (b *Box) lay(l *Look, width int) int {
	return max(len(l.body.wrap(b.Label, width-l.px(32)))*l.body.height()+l.px(12), l.px(40))
}

func (b *Box) draw(c canvas, r image.Rectangle, at attention) {
	lines := c.body.wrap(b.Label, r.Dx()-c.px(32))
	top := r.Min.Y + (r.Dy()-len(lines)*c.body.height())/2
	side := c.px(20)
	box := image.Rect(r.Min.X, top, r.Min.X+side, top+side)
	switch {
	case b.On:
		c.round(box, c.px(4), c.Theme.Accent)
		p := func(x, y int) image.Point { return box.Min.Add(image.Pt(side*x/20, side*y/20)) }
		c.line([]image.Point{p(5, 10), p(9, 14), p(15, 6)}, float32(c.px(2)), c.Theme.OnAccent)
	case at.hover == b.ID:
		c.round(box, c.px(4), c.Theme.Hover)
		fallthrough
	default:
		c.ring(box, c.px(4), c.px(1), c.Theme.Edge)
	}
	if at.focus == b.ID && at.active {
		c.focused(box, c.px(4))
	}
	c.lines(c.body, image.Pt(r.Min.X+c.px(32), top), c.Theme.Ink, lines)
}
