package x11

import "testing"

func TestScale(t *testing.T) {
	for resources, want := range map[string]float64{
		"": 1, "Xft.dpi:\t144\n": 1.5, "*foo: 1\nXft.dpi: 192\nXft.hinting: 1": 2, "Xft.dpi: 10": 1, "Xft.dpi: 9999": 4, "Xft.dpi: much": 1, "Xft.dpi: -96": 1,
	} {
		if got := scale(resources); got != want {
			t.Errorf("%q: %v", resources, got)
		}
	}
}

func TestDark(t *testing.T) {
	for theme, want := range map[string]bool{"": false, "Adwaita": false, "Adwaita:dark": true, "Yaru-dark": true, "Darkness": false} {
		if got := Dark(func(string) string { return theme }); got != want {
			t.Errorf("%q: %v", theme, got)
		}
	}
}
