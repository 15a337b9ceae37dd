// Package input is what a controller does to this desktop: pointer, wheel and keys as the portal sends them, checked and
// bounded here before a backend (x11, windows) turns them into the system's own events.
package input

import (
	"errors"
	"fmt"
	"image"
	"math"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/coopnet/coopnet/shared/text"
)

// The kinds of events.
const (
	Move    = "move"
	Down    = "down"
	Up      = "up"
	Wheel   = "wheel"
	KeyDown = "keydown"
	KeyUp   = "keyup"
	Text    = "text"
)

// Bounds of one event.
const (
	MaxText    = 32 // characters
	MaxNotches = 20 // a wheel turned further in one event is not a hand
	maxButton  = 4
)

// ErrInvalid is what Validate wraps; ErrRefused is an event that an injector will not carry out: it is aimed at
// our own windows or beside what is shared, or would press the key that ends the control.
var (
	ErrInvalid = errors.New("invalid input event")
	ErrRefused = errors.New("input refused")
)

// Later is returned for what cannot be done yet, and of which nothing has been done: it may be tried again after a while.
// Nobody waits inside of an injector, where an end of the control would have to wait as well.
type Later struct{ After time.Duration }

func (l *Later) Error() string { return "input has to wait " + l.After.String() }

// Event is one thing that the controller did. Buttons are numbered as in MouseEvent.button: 0 left, 1 middle, 2 right,
// 3 back, 4 forward.
type Event struct {
	Kind   string
	X, Y   float64 // 0 to 1 of the shared picture, for move, down, up and wheel
	Button int
	DX, DY float64 // in notches, to the right and downwards
	Code   string  // KeyboardEvent.code: the place of a key, whatever is printed on it
	Text   string  // what a key means on the controller's keyboard; of a key, one character
}

// Injector carries out events on this desktop.
type Injector interface {
	// Inject carries out one event; within is where the shared picture is on the desktop now, in pixels. It returns an error
	// that wraps ErrInvalid or ErrRefused for what it does not do, or a *Later. It never waits for time to pass.
	Inject(e Event, within image.Rectangle) error
	// Release lets go of every key and button that is still pressed. What the system does not let go now, the next call does.
	Release() error
	// Close releases and gives everything back. The injector must not be used afterwards.
	Close() error
}

// Ground are the places where injected input must not go: the program's own windows, in which the person at the desktop
// decides about the control, and whatever is not the one window that is shared.
type Ground interface {
	// Covers reports whether what is on top at a point of the desktop is one of them.
	Covers(p image.Point) bool
	// Focused reports whether one of them has the keyboard.
	Focused() bool
}

// Grounds are several as one.
type Grounds []Ground

// Covers implements Ground.
func (g Grounds) Covers(p image.Point) bool {
	return slices.ContainsFunc(g, func(one Ground) bool { return one.Covers(p) })
}

// Focused implements Ground.
func (g Grounds) Focused() bool { return slices.ContainsFunc(g, Ground.Focused) }

// Validate reports what is wrong with the event: every field that its kind does not have must be zero.
func (e Event) Validate() error {
	allowed := Event{Kind: e.Kind}
	switch e.Kind {
	case Move:
		allowed.X, allowed.Y = e.X, e.Y
	case Down, Up:
		allowed.X, allowed.Y, allowed.Button = e.X, e.Y, e.Button
	case Wheel:
		allowed.X, allowed.Y, allowed.DX, allowed.DY = e.X, e.Y, e.DX, e.DY
	case KeyDown, KeyUp:
		allowed.Code, allowed.Text = e.Code, e.Text
		if _, known := Lookup(e.Code); !known {
			return fmt.Errorf("%w: there is no such key", ErrInvalid)
		}
		if e.Text != "" && (utf8.RuneCountInString(e.Text) != 1 || validText(e.Text) != nil) {
			return fmt.Errorf("%w: a key means one character", ErrInvalid)
		}
	case Text:
		allowed.Text = e.Text
		if err := validText(e.Text); err != nil {
			return err
		}
	default:
		return fmt.Errorf("%w: there is no such kind", ErrInvalid)
	}
	switch {
	// Not-a-number is unequal to itself and goes no further than here, either.
	case e != allowed:
		return fmt.Errorf("%w: a %s event has a field of another", ErrInvalid, e.Kind)
	case e.X < 0 || e.X > 1 || e.Y < 0 || e.Y > 1:
		return fmt.Errorf("%w: outside of the picture", ErrInvalid)
	case e.Button < 0 || e.Button > maxButton:
		return fmt.Errorf("%w: there is no such button", ErrInvalid)
	case math.Abs(e.DX) > MaxNotches || math.Abs(e.DY) > MaxNotches:
		return fmt.Errorf("%w: the wheel is turned too far", ErrInvalid)
	}
	return nil
}

func validText(s string) error {
	if n := utf8.RuneCountInString(s); !utf8.ValidString(s) || n == 0 || n > MaxText {
		return fmt.Errorf("%w: not 1 to %d characters", ErrInvalid, MaxText)
	}
	for _, r := range s {
		// The joiners, which some scripts need, are not hidden in this sense; a byte order mark or a direction mark is.
		if text.Hidden(r) {
			return fmt.Errorf("%w: a character that nobody sees", ErrInvalid)
		}
	}
	return nil
}

// Point is where the event happens on the desktop.
func (e Event) Point(within image.Rectangle) image.Point {
	place := func(share float64, from, to int) int {
		if to <= from {
			return from
		}
		return from + min(int(math.Round(share*float64(to-from-1))), to-from-1)
	}
	return image.Pt(place(e.X, within.Min.X, within.Max.X), place(e.Y, within.Min.Y, within.Max.Y))
}

// Pointed reports whether the event has a place.
func (e Event) Pointed() bool {
	switch e.Kind {
	case Move, Down, Up, Wheel:
		return true
	}
	return false
}
