// Package scenetest draws what people share (a page, a terminal, an editor, a window that is moved) the same way on every
// machine, for tests and benchmarks of capture and encoding.
package scenetest

import (
	"image"
	"image/color"
	"image/draw"
)

// Screen is a picture as a capture gives it: four bytes a pixel, blue first, the last one means nothing.
type Screen struct {
	Pix    []byte
	Stride int
	Size   image.Point
}

func newScreen(size image.Point) *Screen {
	return &Screen{Pix: make([]byte, 4*size.X*size.Y), Stride: 4 * size.X, Size: size}
}

func (s *Screen) bounds() image.Rectangle { return image.Rectangle{Max: s.Size} }

// fill paints a rectangle.
func (s *Screen) fill(r image.Rectangle, c color.RGBA) {
	r = r.Intersect(s.bounds())
	for y := r.Min.Y; y < r.Max.Y; y++ {
		row := s.Pix[y*s.Stride+4*r.Min.X : y*s.Stride+4*r.Max.X]
		for i := 0; i < len(row); i += 4 {
			row[i], row[i+1], row[i+2] = c.B, c.G, c.R
		}
	}
}

// put copies a part of another picture so that its corner lies at to; what would be outside is left out.
func (s *Screen) put(to image.Point, from *Screen, part image.Rectangle) {
	offset := to.Sub(part.Min)
	part = part.Intersect(from.bounds()).Add(offset).Intersect(s.bounds()).Sub(offset)
	for y := part.Min.Y; y < part.Max.Y; y++ {
		copy(s.Pix[(y+offset.Y)*s.Stride+4*(part.Min.X+offset.X):][:4*part.Dx()], from.Pix[y*from.Stride+4*part.Min.X:])
	}
}

// rendered draws on a canvas, for which the font library is quick, and turns it into a screen.
func rendered(size image.Point, background color.RGBA, paint func(*canvas)) *Screen {
	canvas := image.NewRGBA(image.Rectangle{Max: size})
	draw.Draw(canvas, canvas.Rect, image.NewUniform(background), image.Point{}, draw.Src)
	paint(canvas)
	s := newScreen(size)
	for i := 0; i < len(canvas.Pix); i += 4 {
		s.Pix[i], s.Pix[i+1], s.Pix[i+2] = canvas.Pix[i+2], canvas.Pix[i+1], canvas.Pix[i]
	}
	return s
}
