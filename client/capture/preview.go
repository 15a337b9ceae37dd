package capture

import "image"

// Fit is size made smaller to fit within, in the same proportions; never larger, never empty.
func Fit(size, within image.Point) image.Point {
	w, h := size.X, size.Y
	if w > within.X {
		w, h = within.X, h*within.X/w
	}
	if h > within.Y {
		w, h = size.X*within.Y/size.Y, within.Y
	}
	return image.Pt(max(w, 1), max(h, 1))
}

// Scale is a picture of Frame's kind made smaller to fit within: each pixel is the mean of those that it stands for.
func Scale(pix []byte, stride int, size, within image.Point) *image.RGBA {
	if size.X <= 0 || size.Y <= 0 {
		return image.NewRGBA(image.Rectangle{})
	}
	fit := Fit(size, within)
	small := image.NewRGBA(image.Rectangle{Max: fit})
	for y := range fit.Y {
		top, bottom := y*size.Y/fit.Y, (y+1)*size.Y/fit.Y
		row := small.Pix[y*small.Stride:]
		for x := range fit.X {
			left, right := x*size.X/fit.X, (x+1)*size.X/fit.X
			var blue, green, red, n uint32
			for v := top; v < bottom; v++ {
				for p := pix[v*stride+4*left : v*stride+4*right]; len(p) >= 4; p = p[4:] {
					blue, green, red, n = blue+uint32(p[0]), green+uint32(p[1]), red+uint32(p[2]), n+1
				}
			}
			row[4*x], row[4*x+1], row[4*x+2], row[4*x+3] = byte(red/n), byte(green/n), byte(blue/n), 255
		}
	}
	return small
}
