package wayland

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
