package app

import (
	"image"
	"testing"

	"github.com/coopnet/coopnet/client/capture"
)

// placed is a bar somewhere, with a picture or without.
type placed struct {
	Bar
	at    image.Rectangle
	shown image.Image
}

func (p *placed) Bounds() image.Rectangle { return p.at }
func (p *placed) Picture(img image.Image) { p.shown = img }

// The bar shows what is sent, but never itself.
func TestThePresenterLooks(t *testing.T) {
	screen, inside, beside := image.Rect(0, 0, 1280, 720), image.Rect(300, 650, 900, 700), image.Rect(1300, 650, 1900, 700)
	for name, c := range map[string]struct {
		kind capture.Kind
		bar  image.Rectangle
		seen bool
		on   bool
	}{
		"a window":       {capture.Window, inside, true, true},
		"the desktop":    {capture.Desktop, beside, true, false},
		"this screen":    {capture.Screen, inside, true, false},
		"another screen": {capture.Screen, beside, true, true},
		"minimised":      {capture.Window, inside, false, false},
	} {
		l, bar := newLooking(), &placed{at: c.bar}
		l.seen = c.seen
		l.look(bar, c.kind, screen)
		if l.show(bar, image.NewRGBA(screen)); l.on != c.on || (bar.shown != nil) != c.on {
			t.Errorf("%s: on %t, shown %t", name, l.on, bar.shown != nil)
		}
		bar.at = inside
		if l.look(bar, c.kind, screen); c.kind == capture.Screen && bar.shown != nil {
			t.Errorf("%s: the bar is in the picture that it shows", name)
		}
	}
}
