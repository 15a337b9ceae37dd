// Package vpxtest looks at what was encoded, as a viewer would see it: a decoder, and how near two pictures are.
package vpxtest

import (
	"math"

	"github.com/coopnet/coopnet/client/encode"
)

// PSNR is how near two pictures of one size are in brightness, which carries the text: in decibels, 100 when they are equal.
func PSNR(a, b encode.Picture) float64 {
	return decibels(squares(a.Y, b.Y, a.YStride, b.YStride, a.Size.X, a.Size.Y), a.Size.X*a.Size.Y)
}

// PSNRAll is that of brightness and both colours.
func PSNRAll(a, b encode.Picture) float64 {
	width, height := (a.Size.X+1)/2, (a.Size.Y+1)/2
	sum := squares(a.Y, b.Y, a.YStride, b.YStride, a.Size.X, a.Size.Y)
	sum += squares(a.U, b.U, a.CStride, b.CStride, width, height) + squares(a.V, b.V, a.CStride, b.CStride, width, height)
	return decibels(sum, a.Size.X*a.Size.Y+2*width*height)
}

func squares(a, b []byte, strideA, strideB, width, height int) (sum int64) {
	for y := range height {
		rowA, rowB := a[y*strideA:][:width], b[y*strideB:][:width]
		for x := range rowA {
			d := int64(rowA[x]) - int64(rowB[x])
			sum += d * d
		}
	}
	return sum
}

func decibels(squares int64, samples int) float64 {
	if squares == 0 {
		return 100
	}
	return 10 * math.Log10(255*255*float64(samples)/float64(squares))
}
