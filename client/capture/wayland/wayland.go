// Package wayland knows a session of Wayland, and says that it cannot be captured.
//
// There a program sees no other's window. What there is instead, a picker of the desktop's own (the ScreenCast portal over D-Bus, with
// pictures from PipeWire), is not made yet: presenters share from the browser, which can, or sign in to a session of X11.
package wayland

import (
	"errors"

	"github.com/coopnet/coopnet/client/capture"
)

// Session reports whether the environment is that of a session of Wayland. There an X server may run, too (XWayland): what it
// shows is black but for the windows of its own programs, and must not be taken for the desktop.
func Session(getenv func(string) string) bool {
	switch getenv("XDG_SESSION_TYPE") {
	case "wayland":
		return true
	case "x11":
		return false
	}
	return getenv("WAYLAND_DISPLAY") != ""
}

// Open says why there is nothing to open.
func Open() (capture.System, error) {
	return nil, &capture.Unsupported{Reason: capture.Wayland,
		Err: errors.New("a session of Wayland shows no program the others' windows: share from the browser, or sign in to a session of X11")}
}
