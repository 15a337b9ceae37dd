//go:build !cgo

package pixel

import "image"

func convert(to Picture, from BGRX, r image.Rectangle, tiles Tiles) { portable(to, from, r, tiles) }

// variants are all ways to convert that this build knows, for the tests.
func variants() map[string]func(Picture, BGRX, image.Rectangle, Tiles) {
	return map[string]func(Picture, BGRX, image.Rectangle, Tiles){"Go": portable}
}
