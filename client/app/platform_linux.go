package app

import (
	"fmt"
	"os"

	"github.com/coopnet/coopnet/client/capture"
	"github.com/coopnet/coopnet/client/capture/wayland"
	"github.com/coopnet/coopnet/client/capture/x11"
	"github.com/coopnet/coopnet/client/input"
	inputx11 "github.com/coopnet/coopnet/client/input/x11"
	"github.com/coopnet/coopnet/client/text"
	"github.com/coopnet/coopnet/client/window"
	windowx11 "github.com/coopnet/coopnet/client/window/x11"
)

// Platform is the desktop that the software runs on, and its windows there.
type Platform struct {
	Windows Windows
	Desktop Desktop
	screen  *windowx11.Screen
}

// OpenPlatform connects to the X server that the environment names. What cannot be captured is said later, in a window.
func OpenPlatform(words text.Words) (*Platform, error) {
	screen, err := windowx11.Open("", nil)
	if err != nil {
		if wayland.Session(os.Getenv) {
			err = &capture.Unsupported{Reason: capture.NoXWayland, Err: err}
		}
		return nil, fmt.Errorf("show windows: %w", err)
	}
	p := &Platform{Windows: Shown{window.New(window.Options{Screen: screen, Words: words, Dark: windowx11.Dark(os.Getenv)})}, screen: screen}
	if wayland.Session(os.Getenv) {
		p.Desktop = ofWayland()
	} else {
		p.Desktop = desktop{System: captured(), screen: screen}
	}
	return p, nil
}

// ofWayland is a desktop of Wayland, or says why it cannot be captured.
func ofWayland() Desktop {
	system, err := wayland.Open(os.Getenv)
	if err != nil {
		return uncontrolled{nothing{err}}
	}
	return Asking(system)
}

// Close takes the windows away.
func (p *Platform) Close() error { return p.screen.Close() }

// captured is the X server's, or says why nothing can be captured.
func captured() capture.System {
	system, err := x11.Open("")
	if err != nil {
		return nothing{err}
	}
	return system
}

// desktop is an X server's.
type desktop struct {
	capture.System
	screen *windowx11.Screen
}

// Injector injects everywhere but into the software's own windows, or into the one that is shared.
func (d desktop) Injector(source string) (input.Injector, error) {
	return inputx11.Open("", x11.Window(source), d.screen)
}

// WatchPanic watches the keyboard.
func (d desktop) WatchPanic(pressed func()) (Panic, error) {
	p, err := inputx11.WatchPanic("", pressed)
	if err != nil {
		return nil, err
	}
	return panicKey{p}, nil
}

// panicKey is always the same key on X11.
type panicKey struct{ *inputx11.Panic }

// Key names it.
func (panicKey) Key() string { return input.PanicKey }
