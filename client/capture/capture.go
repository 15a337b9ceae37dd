// Package capture is what a presenter can share, and how its picture is had: the whole desktop, one screen, or one window.
//
// Each desktop system has a package of its own below: x11, wayland, windows, and darwin. They open a System. What is common to them is here, and pure: which rectangles have changed, whether a picture is black, and previews.
package capture

import (
	"context"
	"errors"
	"image"
	"time"
)

// Interval is the shortest time between two frames: at most thirty a second.
const Interval = time.Second / 30

var (
	// ErrGone: the source does not exist any more; nothing will come from it.
	ErrGone = errors.New("the source is gone")
	// ErrHidden: the window is minimised, so that it has no picture. It may come back.
	ErrHidden = errors.New("the window is minimised")
)

// Kind is what a source is.
type Kind string

// Kinds of sources.
const (
	Desktop Kind = "desktop" // all screens
	Screen  Kind = "screen"  // one of them
	Window  Kind = "window"
)

// Source is something that can be shared.
type Source struct {
	ID        string
	Kind      Kind
	Title     string          // of a window, or the name of a screen; one line, "" where there is none
	Program   string          // whose window it is, as far as it says so
	Bounds    image.Rectangle // on the desktop, in pixels
	Minimised bool
}

// Frame is a picture of a source.
type Frame struct {
	Pix    []byte // four bytes a pixel: blue, green, red and one that says nothing; valid until the next call of Next, or Close
	Stride int    // bytes from one row to the next
	Size   image.Point
	// Damage is where this frame may differ from the one before: at most MaxDamage rectangles within the picture. It is the whole
	// picture for the first frame, and after a change of Size.
	Damage []image.Rectangle
	Black  bool // nothing but black, leaving the pointer aside: protected, or locked, and the caller says so
}

// Grabber takes the pictures of one source, with the pointer drawn in. Next and Close are called by one goroutine; Bounds
// by any.
type Grabber interface {
	// Next waits until something has changed since the frame before, and Interval has passed. Waiting costs nothing.
	// ErrHidden, once, when the window is minimised: the next call waits until it is back. ErrGone when the source is closed.
	Next(ctx context.Context) (Frame, error)
	// Bounds is where the source is on the desktop now, in pixels. It is empty when that is not known.
	Bounds() image.Rectangle
	Close() error
}

// System is a desktop that can be captured. It may be used by several goroutines.
type System interface {
	// Sources are the desktop, then the screens, then the windows, the uppermost first. None of them is of this process.
	Sources(ctx context.Context) ([]Source, error)
	// Preview is a small picture of a source, as large as fits: ErrGone, or ErrHidden for a minimised window.
	Preview(ctx context.Context, id string, within image.Point) (*image.RGBA, error)
	// Open begins to capture: ErrGone.
	Open(ctx context.Context, id string) (Grabber, error)
}

// Chooser is a System without a list: the desktop asks the user itself what to share.
type Chooser interface {
	System
	// Choose has the desktop ask, and waits. What was chosen is among the Sources from then on. *Unsupported says why there is
	// nothing; its Reason is Refused when the user has said no.
	Choose(ctx context.Context) (Source, error)
}

// Reason is why a desktop cannot be captured.
type Reason string

// Reasons; for each there is something that the user can do.
const (
	NoDisplay    Reason = "no-display"    // nobody is signed in to a graphical session here
	NoXWayland   Reason = "no-xwayland"   // a session of Wayland without what shows our windows there
	NoPortal     Reason = "no-portal"     // a session of Wayland whose desktop asks nobody what to share
	NoPipeWire   Reason = "no-pipewire"   // a session of Wayland without what brings its pictures
	Refused      Reason = "refused"       // the user has said no to the desktop's question
	NoPermission Reason = "no-permission" // macOS must be told that this program may record the screen
	MacOS        Reason = "macos"         // the software has no windows there yet: the browser
	Format       Reason = "format"        // pixels of a kind that we do not know: 24 bits of colour
)

// Unsupported says why nothing can be captured here.
type Unsupported struct {
	Reason Reason
	Err    error // the details, for a log
}

func (u *Unsupported) Error() string {
	return "cannot capture here (" + string(u.Reason) + "): " + u.Err.Error()
}

func (u *Unsupported) Unwrap() error { return u.Err }
