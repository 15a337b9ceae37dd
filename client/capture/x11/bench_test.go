//go:build linux

package x11

import (
	"image"
	"testing"
	"time"

	"github.com/jezek/xgb/xproto"

	"github.com/coopnet/coopnet/client/capture"
	"github.com/coopnet/coopnet/client/capture/capturetest"
	"github.com/coopnet/coopnet/client/encode/pixel"
)

// What a frame costs at 1920x1080, the server's part included, beside a picture that is fetched as a whole by the X protocol alone.
// best-ms is the quickest: on a machine that others use, too, it says more than the mean.
func BenchmarkCapture(b *testing.B) {
	size := image.Pt(1920, 1080)
	s, p := desk(b, size)
	w := p.window(image.Rectangle{Max: size}, red)
	g := open(b, s, "desktop")
	capturetest.Quiet(b, g, calm)
	one := open(b, s, windowID(w))
	capturetest.Quiet(b, one, calm)
	fill := func(part image.Rectangle) func(int) {
		return func(i int) { p.fill(w, uint32(i+1), part) }
	}
	look := func(g *grabber, since change) func() error {
		return func() error {
			_, changed, err := g.look(since)
			if err == nil && !changed {
				b.Fatal("nothing has changed")
			}
			return err
		}
	}

	measure(b, "everything", fill(image.Rectangle{Max: size}), look(g, drawn))
	picture, tiles := pixel.NewPicture(size), pixel.NewTiles(size)
	measure(b, "everything, for an encoder", fill(image.Rectangle{Max: size}), func() error { // the bar: 3 ms
		frame, _, err := g.look(drawn)
		for _, r := range frame.Damage {
			pixel.Convert(picture, pixel.BGRX{Pix: frame.Pix, Stride: frame.Stride, Size: frame.Size}, r, tiles)
		}
		return err
	})
	measure(b, "everything of a window", fill(image.Rectangle{Max: size}), look(one, drawn))
	measure(b, "a line of text", fill(image.Rect(100, 500, 900, 520)), look(g, drawn))
	measure(b, "reference: XGetImage", fill(image.Rectangle{Max: size}), func() error {
		_, err := xproto.GetImage(g.conn, xproto.ImageFormatZPixmap, xproto.Drawable(g.root), 0, 0, uint16(size.X), uint16(size.Y), allPlanes).Reply()
		return err
	})
	p.arrow(w)
	capturetest.Quiet(b, g, calm)
	measure(b, "the pointer", func(i int) { p.point(image.Pt(100+i%500, 100)) }, look(g, moved))
	black := make([]byte, 4*size.X*size.Y)
	measure(b, "to see that it is black", func(int) {}, func() error {
		capture.Black(black, 4*size.X, size)
		return nil
	})
}

func measure(b *testing.B, name string, prepare func(i int), do func() error) {
	b.Run(name, func(b *testing.B) {
		best := time.Hour
		for i := 0; b.Loop(); i++ {
			b.StopTimer()
			prepare(i)
			b.StartTimer()
			began := time.Now()
			if err := do(); err != nil {
				b.Fatal(err)
			}
			best = min(best, time.Since(began))
		}
		b.ReportMetric(float64(best)/1e6, "best-ms")
	})
}
