package wayland

import "testing"

func TestSession(t *testing.T) {
	for name, c := range map[string]struct {
		environment map[string]string
		want        bool
	}{
		"GNOME":                    {map[string]string{"XDG_SESSION_TYPE": "wayland", "WAYLAND_DISPLAY": "wayland-0", "DISPLAY": ":0"}, true},
		"no type":                  {map[string]string{"WAYLAND_DISPLAY": "wayland-1"}, true},
		"from a text console":      {map[string]string{"XDG_SESSION_TYPE": "tty", "WAYLAND_DISPLAY": "wayland-1"}, true},
		"X11":                      {map[string]string{"XDG_SESSION_TYPE": "x11", "DISPLAY": ":0"}, false},
		"a compositor in a window": {map[string]string{"XDG_SESSION_TYPE": "x11", "WAYLAND_DISPLAY": "wayland-0", "DISPLAY": ":0"}, false},
		"a bare X server":          {map[string]string{"DISPLAY": ":0"}, false},
		"nothing":                  {nil, false},
	} {
		if got := Session(func(key string) string { return c.environment[key] }); got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}
