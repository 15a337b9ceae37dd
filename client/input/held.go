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
	// Narrow is set where only one window may be controlled: keys that the desktop takes for itself are refused.
	Narrow bool

	keys    []string // in the order in which they were pressed
	buttons []int
}

// Deed is what is to be done of an event.
type Deed int

// Deeds.
const (
	Nothing Deed = iota
	Still        // all but moving the pointer: its place is unknown, or not to be gone to
	Whole
)

// Keys are the codes of the keys that are pressed, the latest last.
func (h *Held) Keys() []string { return slices.Clone(h.keys) }

// Buttons are the buttons that are pressed.
func (h *Held) Buttons() []int { return slices.Clone(h.buttons) }

// Has reports whether a key is pressed.
func (h *Held) Has(code string) bool { return slices.Contains(h.keys, code) }

// Admit says what of an event is to be carried out; what it is to press or to let go is recorded. Letting go of what is
// not pressed is not: it would end what the person at the desktop holds. It validates once more what a grant has let
// through: the last line of defence, because backends look up in tables what an event says.
func (h *Held) Admit(e Event, within image.Rectangle, ground Ground) (Deed, error) {
	if err := e.Validate(); err != nil {
		return Nothing, err
	}
	if e.Kind == Up || e.Kind == KeyUp {
		return h.lift(e, within, ground), nil
	}
	if e.Pointed() {
		if within.Empty() {
			return Nothing, fmt.Errorf("%w: what is shared is nowhere on the desktop", ErrRefused)
		}
		if ground != nil && ground.Covers(e.Point(within)) {
			return Nothing, fmt.Errorf("%w: something else is there", ErrRefused)
		}
	} else if ground != nil && ground.Focused() {
		return Nothing, fmt.Errorf("%w: something else has the keyboard", ErrRefused)
	}
	switch e.Kind {
	case Down:
		if slices.Contains(h.buttons, e.Button) {
			return Nothing, nil
		}
		h.buttons = append(h.buttons, e.Button)
	case KeyDown:
		if h.panics(e.Code) {
			return Nothing, fmt.Errorf("%w: that key is for the person at the desktop", ErrRefused)
		}
		if h.Narrow && h.leaves(e.Code) {
			return Nothing, fmt.Errorf("%w: that key leads out of the window", ErrRefused)
		}
		if !h.Has(e.Code) {
			h.keys = append(h.keys, e.Code) // bounded by the number of keys that there are
		}
	}
	return Whole, nil
}

// lift lets go of a key or a button, wherever the pointer and the keyboard are by now: many windows vanish while a button
// is down. Our own windows act on a press only, and nothing is dropped beside what is shared, because nothing is moved there.
func (h *Held) lift(e Event, within image.Rectangle, ground Ground) Deed {
	before := len(h.keys) + len(h.buttons)
	if e.Kind == KeyUp {
		h.keys = slices.DeleteFunc(h.keys, func(code string) bool { return code == e.Code })
	} else {
		h.buttons = slices.DeleteFunc(h.buttons, func(b int) bool { return b == e.Button })
	}
	switch {
	case len(h.keys)+len(h.buttons) == before:
		return Nothing
	case e.Kind == Up && (within.Empty() || ground != nil && ground.Covers(e.Point(within))):
		return Still
	}
	return Whole
}

// Keep notes that something is still pressed: the system has not let it go.
func (h *Held) Keep(e Event) {
	switch {
	case e.Kind == KeyUp && !h.Has(e.Code):
		h.keys = append(h.keys, e.Code)
	case e.Kind == Up && !slices.Contains(h.buttons, e.Button):
		h.buttons = append(h.buttons, e.Button)
	}
}

// with reports whether one of the keys is pressed, or is the one that is being pressed.
func (h *Held) with(code string, codes ...string) bool {
	return slices.ContainsFunc(codes, func(c string) bool { return c == code || h.Has(c) })
}

// panics reports whether pressing the key as well would make the one that ends the control.
func (h *Held) panics(code string) bool {
	return h.with(code, "ControlLeft", "ControlRight") && h.with(code, "ShiftLeft", "ShiftRight") && h.with(code, PanicKey, PanicFallback)
}

// leaves reports whether pressing the key as well would make one that desktops keep for themselves: to change windows, to
// run programs, to lock. Characters are typed as text and need none of them.
func (h *Held) leaves(code string) bool {
	alt, control := h.with(code, "AltLeft", "AltRight"), h.with(code, "ControlLeft", "ControlRight")
	switch {
	case h.with(code, "MetaLeft", "MetaRight", "PrintScreen", "AudioVolumeMute", "AudioVolumeDown", "AudioVolumeUp"):
		return true
	case alt && control:
		return true // with Delete, with F1, with T and with others
	case alt:
		return h.with(code, "Tab", "Escape", "Space", "F1", "F2", "F3", "F5", "F6", "F7", "F8", "F9", "F10", "F11", "F12")
	case control:
		return h.with(code, "Escape")
	}
	return false
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
