//go:build cgo

package pixel

// #cgo CFLAGS: -O2 -Wall -Werror
// #include "convert.h"
import "C"

import (
	"image"
	"unsafe"
)

// convert calls C, which chooses the widest instructions that this processor has. Nothing of Go is kept there.
func convert(to Picture, from BGRX, r image.Rectangle, tiles Tiles) {
	convertWith(C.COOPNET_AVX2, to, from, r, tiles)
}

// convertWith is convert with the instructions of older processors.
func convertWith(atMost C.int, to Picture, from BGRX, r image.Rectangle, tiles Tiles) {
	C.coopnet_convert(atMost,
		(*C.uint8_t)(unsafe.Pointer(&from.Pix[0])), C.ptrdiff_t(from.Stride),
		(*C.uint8_t)(unsafe.Pointer(&to.Y[0])), C.ptrdiff_t(to.YStride),
		(*C.uint8_t)(unsafe.Pointer(&to.U[0])), (*C.uint8_t)(unsafe.Pointer(&to.V[0])), C.ptrdiff_t(to.CStride),
		(*C.uint8_t)(unsafe.Pointer(&tiles.Changed[0])), C.ptrdiff_t(tiles.Columns),
		C.coopnet_area{C.int(to.Size.X), C.int(to.Size.Y), C.int(r.Min.X), C.int(r.Min.Y), C.int(r.Max.X), C.int(r.Max.Y)})
}

// variants are all ways to convert that this processor knows, for the tests (which cannot use cgo themselves).
func variants() map[string]func(Picture, BGRX, image.Rectangle, Tiles) {
	with := func(atMost C.int) func(Picture, BGRX, image.Rectangle, Tiles) {
		return func(to Picture, from BGRX, r image.Rectangle, tiles Tiles) { convertWith(atMost, to, from, r, tiles) }
	}
	return map[string]func(Picture, BGRX, image.Rectangle, Tiles){
		"Go": portable, "C": with(C.COOPNET_SCALAR), "SSE2": with(C.COOPNET_SSE2), "AVX2": with(C.COOPNET_AVX2),
	}
}
