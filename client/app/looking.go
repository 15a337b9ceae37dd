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
	kind     capture.Kind // of what is shared
	mirror   *share.Mirror
	pictures chan *image.RGBA // holds the latest
	seen     bool             // the bar can be
	on       bool
	public   bool        // the others see the bar too, as far as anybody knows
	widest   image.Point // that the bar has been
}

func newLooking(kind capture.Kind) looking {
	pictures := make(chan *image.RGBA, 1)
	return looking{kind: kind, public: kind != capture.Window, pictures: pictures, seen: true, mirror: share.NewMirror(mirrorSize(), func(img *image.RGBA) {
		select {
		case <-pictures:
		default:
		}
		pictures <- img // there is one share, and so nobody else who sends
	})}
}

// look turns the mirror to who looks: to nobody while the bar cannot be seen, or is in the picture itself. Where a screen is,
// shared asks the desktop.
func (l *looking) look(bar Bar, shared func() image.Rectangle) {
	recursive := l.kind == capture.Desktop
	l.public = recursive
	if l.kind == capture.Screen {
		at := shared()
		recursive = l.reach(bar.Bounds()).Overlaps(at)
		l.public = recursive || at.Empty() // nobody knows where it is
	}
	if on := l.seen && !recursive; on != l.on {
		l.on = on
		l.mirror.Turn(on)
	}
	if recursive {
		bar.Picture(nil)
	}
}

// reach is where the bar can be with all that it may say and show: at a screen's edge it would else be in the picture and
// beside it by turns.
func (l *looking) reach(bar image.Rectangle) image.Rectangle {
	l.widest.X, l.widest.Y = max(l.widest.X, bar.Dx()), max(l.widest.Y, bar.Dy())
	more := l.widest.Sub(bar.Size())
	return image.Rectangle{Min: bar.Min.Sub(more), Max: bar.Max.Add(more)}
}

// show shows what has been made for who still looks.
func (l *looking) show(bar Bar, img *image.RGBA) {
	if l.on {
		bar.Picture(img)
	}
}
