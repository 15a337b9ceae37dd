package app

import (
	"image"

	"github.com/coopnet/coopnet/client/capture"
	"github.com/coopnet/coopnet/client/share"
)

// mirrorSize is how large the picture of what is shared is made, in pixels; the bar draws it smaller, as its scale asks for.
func mirrorSize() image.Point { return image.Pt(224, 126) }

// looking is the presenter's own look at what is shared, in the bar. All but mirror and pictures is of the share's goroutine.
type looking struct {
	mirror   *share.Mirror
	pictures chan *image.RGBA // holds the latest
	seen     bool             // the bar can be
	on       bool
}

func newLooking() looking {
	pictures := make(chan *image.RGBA, 1)
	return looking{pictures: pictures, seen: true, mirror: share.NewMirror(mirrorSize(), func(img *image.RGBA) {
		select {
		case <-pictures:
		default:
		}
		pictures <- img // there is one share, and so nobody else who sends
	})}
}

// look turns the mirror to who looks: to nobody while the bar cannot be seen, or is in the picture itself.
func (l *looking) look(bar Bar, kind capture.Kind, shared image.Rectangle) {
	recursive := kind == capture.Desktop || kind == capture.Screen && bar.Bounds().Overlaps(shared)
	if on := l.seen && !recursive; on != l.on {
		l.on = on
		l.mirror.Turn(on)
	}
	if recursive {
		bar.Picture(nil)
	}
}

// show shows what has been made for who still looks.
func (l *looking) show(bar Bar, img *image.RGBA) {
	if l.on {
		bar.Picture(img)
	}
}
