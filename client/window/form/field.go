package form

import (
	"image"
	"slices"
	"strings"
	"time"
	"unicode"
)

// longestEntry is how much can be typed into one field, in characters.
const longestEntry = 256

// Field is a line to type in, below its label.
type Field struct {
	ID, Label string
	Secret    bool // what is typed is not shown

	typed  []rune
	caret  int // before that character
	scroll int // pixels that are cut off on the left
}

// NewField makes a field with a text in it.
func NewField(id, label, text string) *Field {
	f := &Field{ID: id, Label: label, typed: make([]rune, 0, longestEntry)} // it never moves in memory, see Clear
	f.write(text)
	return f
}

// Value is what has been typed.
func (f *Field) Value() string { return string(f.typed) }

// Clear takes it away, in the field's memory as well; what Value has returned stays with who asked for it.
func (f *Field) Clear() {
	clear(f.typed)
	f.typed, f.caret = f.typed[:0], 0
}

func (f *Field) id() string { return f.ID }

func (f *Field) ready() bool { return len(f.typed) > 0 }

// write types a text, of which a line is kept.
func (f *Field) write(text string) {
	for _, r := range text {
		if unicode.IsControl(r) || len(f.typed) == longestEntry {
			continue
		}
		f.typed = slices.Insert(f.typed, f.caret, r)
		f.caret++
	}
}

func (f *Field) key(k Key) {
	switch k {
	case Space:
		f.write(" ")
	case Left:
		f.caret = max(f.caret-1, 0)
	case Right:
		f.caret = min(f.caret+1, len(f.typed))
	case Home:
		f.caret = 0
	case End:
		f.caret = len(f.typed)
	case Backspace:
		if f.caret > 0 {
			f.caret--
			f.typed = slices.Delete(f.typed, f.caret, f.caret+1)
		}
	case Delete:
		if f.caret < len(f.typed) {
			f.typed = slices.Delete(f.typed, f.caret, f.caret+1)
		}
	}
}

func (f *Field) press(image.Point, time.Time) bool {
	f.caret = len(f.typed)
	return false
}

func (f *Field) wheel(int) bool { return false }

func (f *Field) lay(l *Look, _ int) int { return l.body.height() + l.px(6) + l.px(40) }

// shown is what is drawn for so many of the characters.
func (f *Field) shown(count int) string {
	if f.Secret {
		return strings.Repeat("•", count)
	}
	return string(f.typed[:count])
}

func (f *Field) draw(c canvas, r image.Rectangle, at attention) {
	c.text(c.body, r.Min, c.Theme.Ink, c.body.cut(f.Label, r.Dx()))
	box := r
	box.Min.Y = box.Max.Y - c.px(40)
	focused := at.focus == f.ID && at.active
	c.ring(box, c.px(8), c.px(1), c.Theme.Edge)
	if focused {
		c.focused(box, c.px(8))
	}
	inside := box.Inset(c.px(10))
	caret := c.body.measure(f.shown(f.caret))
	f.scroll = min(f.scroll, caret)
	f.scroll = max(f.scroll, caret+c.px(2)-inside.Dx(), 0)
	// What reaches over the edge is cut.
	line := c.part(image.Rect(inside.Min.X, box.Min.Y, inside.Max.X, box.Max.Y))
	top := box.Min.Y + (box.Dy()-c.body.height())/2
	line.text(c.body, image.Pt(inside.Min.X-f.scroll, top), c.Theme.Ink, f.shown(len(f.typed)))
	if focused {
		x := inside.Min.X + caret - f.scroll
		line.fill(image.Rect(x, box.Min.Y+c.px(9), x+c.px(2), box.Max.Y-c.px(9)), c.Theme.Accent)
	}
}
