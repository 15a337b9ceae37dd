package form

import (
	"image"
	"slices"
)

// Handle answers to an event: the ID of the button that was pressed, or "", and whether there is something new to draw.
func (f *Form) Handle(e Event) (pressed string, redraw bool) {
	switch e.Kind {
	case Close:
		return f.page.Cancel, false
	case Focus, Unfocus:
		redraw = f.active != (e.Kind == Focus)
		f.active = e.Kind == Focus
		return "", redraw
	case Motion:
		return "", f.move(e.At)
	case Leave:
		return "", f.move(image.Pt(-1, -1))
	case Press:
		f.move(e.At)
		return f.press(e), true
	case Release:
		return f.release(e.At), true
	case Wheel:
		if c := f.control(f.at(e.At)); c != nil {
			return "", c.wheel(e.Lines)
		}
	case KeyPress:
		f.active = true
		if e.Text != "" {
			return "", f.write(e.Text)
		}
		return f.key(e.Key), true
	}
	return "", false
}

// Busy reports whether a point has something that answers to it; a strip can be dragged at any other.
func (f *Form) Busy(at image.Point) bool { return f.at(at) != "" }

// at is what lies under a point.
func (f *Form) at(p image.Point) string {
	for _, places := range [][]place{f.keys, f.places} {
		for _, place := range places {
			if place.id != "" && p.In(place.r) {
				return place.id
			}
		}
	}
	return ""
}

func (f *Form) place(id string) image.Rectangle {
	for _, p := range slices.Concat(f.keys, f.places) {
		if p.id == id {
			return p.r
		}
	}
	return image.Rectangle{}
}

func (f *Form) move(p image.Point) (redraw bool) {
	before, over := f.hover, f.at(p)
	f.hover, f.pointer = over, p
	// Inside of a control the pointer may be over one thing or another.
	return before != over || f.control(over) != nil
}

func (f *Form) press(e Event) string {
	f.pressed = f.at(e.At)
	if f.pressed == "" {
		return ""
	}
	f.focus = f.pressed
	if c := f.control(f.pressed); c != nil && c.press(e.At.Sub(f.place(f.pressed).Min), e.Time) {
		return f.decide(f.page.Default)
	}
	return ""
}

// release presses a button when it was pressed before, on the same one: who comes with the button down means another.
func (f *Form) release(p image.Point) string {
	pressed := f.pressed
	f.pressed = ""
	if pressed == "" || f.at(p) != pressed || f.control(pressed) != nil {
		return ""
	}
	return f.decide(pressed)
}

func (f *Form) key(k Key) string {
	c := f.control(f.focus)
	switch k {
	case Tab:
		f.step(1)
	case BackTab:
		f.step(-1)
	case Escape:
		return f.page.Cancel
	case Enter:
		if c != nil || f.focus == "" {
			return f.decide(f.page.Default)
		}
		return f.decide(f.focus)
	case Space:
		if c != nil {
			c.key(k)
			return ""
		}
		return f.decide(f.focus)
	case Left, Right:
		if c == nil {
			f.step(map[Key]int{Left: -1, Right: 1}[k])
			break
		}
		c.key(k)
	default:
		if c != nil {
			c.key(k)
		}
	}
	return ""
}

// write types into the field that has the focus.
func (f *Form) write(text string) (redraw bool) {
	field, typing := f.control(f.focus).(*Field)
	if typing {
		field.write(text)
	}
	return typing
}

// step moves the focus.
func (f *Form) step(by int) {
	order := f.order()
	if len(order) == 0 {
		return
	}
	at := slices.Index(order, f.focus)
	if at < 0 && by < 0 {
		at = 0
	}
	f.focus = order[(at+by+len(order))%len(order)]
}
