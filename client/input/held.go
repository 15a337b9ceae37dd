package input

import (
	"fmt"
	"image"
	"slices"
)

// The key that ends the control at once, for the person at the desktop: every keyboard has it, no layout writes with it,
// and no desktop needs it. PanicFallback is watched where another program has taken the first.
const (
	PanicKey      = "Backspace" // with Ctrl and Shift
	PanicFallback = "F9"        // with Ctrl and Shift
)

// Held is what a controller has pressed and not let go. It decides which events an injector carries out. It belongs to
// one goroutine.
type Held struct {
	keys    []string // in the order in which they were pressed
	buttons []int
}

// Keys are the codes of the keys that are pressed, the latest last.
func (h *Held) Keys() []string { return slices.Clone(h.keys) }

// Buttons are the buttons that are pressed.
func (h *Held) Buttons() []int { return slices.Clone(h.buttons) }

// Has reports whether a key is pressed.
func (h *Held) Has(code string) bool { return slices.Contains(h.keys, code) }

// Admit checks an event and says whether it is to be carried out; what it is to press or to let go is recorded. Letting
// go of what is not pressed is not: it would end what the person at the desktop holds.
func (h *Held) Admit(e Event, within image.Rectangle, ground Ground) (bool, error) {
	if err := e.Validate(); err != nil {
		return false, err
	}
	if e.Pointed() {
		if within.Empty() {
			return false, fmt.Errorf("%w: what is shared is nowhere on the desktop", ErrRefused)
		}
		// A button that was pressed outside is let go wherever the pointer is: our windows act on a press only.
		if ground != nil && e.Kind != Up && ground.Covers(e.Point(within)) {
			return false, fmt.Errorf("%w: one of our own windows is there", ErrRefused)
		}
	} else if ground != nil && e.Kind != KeyUp && ground.Focused() {
		return false, fmt.Errorf("%w: one of our own windows has the keyboard", ErrRefused)
	}
	switch e.Kind {
	case Down:
		return h.press(e.Button), nil
	case Up:
		before := len(h.buttons)
		h.buttons = slices.DeleteFunc(h.buttons, func(b int) bool { return b == e.Button })
		return len(h.buttons) < before, nil
	case KeyDown:
		if h.panics(e.Code) {
			return false, fmt.Errorf("%w: that key is for the person at the desktop", ErrRefused)
		}
		if !h.Has(e.Code) {
			h.keys = append(h.keys, e.Code) // bounded by the number of keys that there are
		}
	case KeyUp:
		before := len(h.keys)
		h.keys = slices.DeleteFunc(h.keys, func(code string) bool { return code == e.Code })
		return len(h.keys) < before, nil
	}
	return true, nil
}

func (h *Held) press(button int) bool {
	if slices.Contains(h.buttons, button) {
		return false
	}
	h.buttons = append(h.buttons, button)
	return true
}

// panics reports whether pressing the key as well would make the one that ends the control.
func (h *Held) panics(code string) bool {
	has := func(codes ...string) bool {
		return slices.ContainsFunc(codes, func(c string) bool { return c == code || h.Has(c) })
	}
	return has("ControlLeft", "ControlRight") && has("ShiftLeft", "ShiftRight") && has(PanicKey, PanicFallback)
}

// Clear forgets everything and returns the events that let go of it, the latest first.
func (h *Held) Clear() []Event {
	var events []Event
	for _, code := range slices.Backward(h.keys) {
		events = append(events, Event{Kind: KeyUp, Code: code})
	}
	for _, button := range slices.Backward(h.buttons) {
		events = append(events, Event{Kind: Up, Button: button})
	}
	h.keys, h.buttons = nil, nil
	return events
}

// Notches gathers fractions of notches of a wheel, for systems that know whole ones only.
type Notches struct{ x, y float64 }

// Turn adds to what is gathered and takes the whole notches out of it.
func (n *Notches) Turn(dx, dy float64) (x, y int) {
	n.x, n.y = gather(n.x, dx), gather(n.y, dy)
	x, y = int(n.x), int(n.y)
	n.x, n.y = n.x-float64(x), n.y-float64(y)
	return x, y
}

// gather starts anew where the direction changes: the rest of an old movement must not delay the new one.
func gather(rest, turn float64) float64 {
	if rest*turn < 0 {
		return turn
	}
	return rest + turn
}
