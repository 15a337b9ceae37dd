package pixel

import (
	"image"
	"testing"
)

// A small picture has the colours of the screen at their places, whatever the sizes.
func TestSmall(t *testing.T) {
	for _, size := range []image.Point{{640, 360}, {1921, 1079}, {3, 5}} {
		screen := BGRX{Pix: make([]byte, 4*size.X*size.Y), Stride: 4 * size.X, Size: size}
		for i := range size.X * size.Y { // red on the left, blue on the right
			if i%size.X < size.X/2 {
				screen.Pix[4*i+2] = 255
			} else {
				screen.Pix[4*i] = 255
			}
		}
		p := NewPicture(size)
		Convert(p, screen, image.Rectangle{Max: size}, NewTiles(size))
		for _, to := range []image.Point{{64, 36}, {1, 1}} {
			small := Small(p, to)
			if small.Bounds().Size() != to {
				t.Fatalf("%v", small.Bounds())
			}
			if to.X == 1 || size.X < 8 {
				continue
			}
			left, right := small.RGBAAt(2, 2), small.RGBAAt(to.X-2, to.Y-2)
			if left.R < 240 || left.B > 15 || right.B < 240 || right.R > 15 || left.A != 255 {
				t.Errorf("%v: left %v, right %v", size, left, right)
			}
		}
	}
}

func BenchmarkSmall(b *testing.B) {
	p := NewPicture(image.Pt(1920, 1080))
	for b.Loop() {
		Small(p, image.Pt(192, 108))
	}
}
