package app

import (
	"fmt"

	"github.com/coopnet/coopnet/client/capture"
	captured "github.com/coopnet/coopnet/client/capture/windows"
	"github.com/coopnet/coopnet/client/input"
	injected "github.com/coopnet/coopnet/client/input/windows"
	"github.com/coopnet/coopnet/client/text"
	"github.com/coopnet/coopnet/client/window"
	shown "github.com/coopnet/coopnet/client/window/windows"
)

// Platform is the desktop that the software runs on, and its windows there.
type Platform struct {
	Windows Windows
	Desktop Desktop
	screen  *shown.Screen
}

// OpenPlatform prepares windows and capture. What cannot be captured is said later, in a window.
func OpenPlatform(words text.Words) (*Platform, error) {
	screen, err := shown.Open()
	if err != nil {
		return nil, fmt.Errorf("show windows: %w", err)
	}
	return &Platform{
		Windows: Shown{window.New(window.Options{Screen: screen, Words: words, Dark: shown.Dark()})},
		Desktop: desktop{System: system(), screen: screen}, screen: screen,
	}, nil
}

// Close takes the windows away.
func (p *Platform) Close() error { return p.screen.Close() }

func system() capture.System {
	s, err := captured.Open()
	if err != nil {
		return nothing{err}
	}
	return s
}

// desktop is that of the user who has signed in.
type desktop struct {
	capture.System
	screen *shown.Screen
}

// Injector injects everywhere but into the software's own windows, or into the one that is shared.
func (d desktop) Injector(source string) (input.Injector, error) {
	return injected.Open(captured.Window(source), d.screen)
}

// WatchPanic watches the keyboard.
func (d desktop) WatchPanic(pressed func()) (Panic, error) {
	return injected.WatchPanic(pressed)
}
