package app

import (
	"context"
	"image"

	"github.com/coopnet/coopnet/client/capture"
	"github.com/coopnet/coopnet/client/input"
	"github.com/coopnet/coopnet/client/window"
)

// Windows is what people see. Desktop of package window is one, see Shown.
type Windows interface {
	Login(ctx context.Context, l window.Login) (name, password string, ok bool, err error)
	Confirm(ctx context.Context, c window.Confirm) (bool, error)
	Pick(ctx context.Context, sources window.Sources, control bool) (window.Picked, bool, error)
	Consent(ctx context.Context, c window.Consent) (bool, error)
	Message(ctx context.Context, m window.Message) (string, error)
	Bar(s window.Status) (Bar, error)
	Banner(b window.Banner) (Strip, error)
	Progress(what string) (Progress, error)
}

// Strip is a window that stays. When its button is pressed, what it stands for ends.
type Strip interface {
	Pressed() <-chan struct{}
	Close() error
}

// Bar says what is shared.
type Bar interface {
	Strip
	// Changed has something to receive when something else is to be shared.
	Changed() <-chan struct{}
	Update(s window.Status)
	// Picture shows a small picture of what is shared; nil shows none.
	Picture(img image.Image)
	// Seen receives whether the bar can be seen, when that changes: at first it can.
	Seen() <-chan bool
	// Bounds is where it is on the desktop.
	Bounds() image.Rectangle
}

// Progress says how far something is.
type Progress interface {
	Strip
	Update(what string, share float64)
}

// Desktop is what is shared and controlled.
type Desktop interface {
	capture.System
	// Injector injects what a controller does: with a window's source, into that window only.
	Injector(source string) (input.Injector, error)
	// WatchPanic calls pressed when the key that ends the control is pressed.
	WatchPanic(pressed func()) (Panic, error)
}

// Panic is a watch for the key that ends the control. Key is its KeyboardEvent.code, with Ctrl and Shift.
type Panic interface {
	Key() string
	Close()
}

// Shown makes Windows of a Desktop of package window, whose methods return types of their own.
type Shown struct{ *window.Desktop }

var _ Windows = Shown{}

// Bar opens the bar.
func (s Shown) Bar(status window.Status) (Bar, error) {
	b, err := s.Desktop.Bar(status)
	if err != nil {
		return nil, err
	}
	return b, nil
}

// Banner opens the banner.
func (s Shown) Banner(banner window.Banner) (Strip, error) {
	b, err := s.Desktop.Banner(banner)
	if err != nil {
		return nil, err
	}
	return b, nil
}

// Progress opens a window that says how far something is.
func (s Shown) Progress(what string) (Progress, error) {
	p, err := s.Desktop.Progress(what)
	if err != nil {
		return nil, err
	}
	return p, nil
}
