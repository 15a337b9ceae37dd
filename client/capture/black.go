package capture

import (
	"encoding/binary"
	"image"
)

// sampled is the distance of the pixels that are looked at first.
const sampled = 16

// Black reports a picture of which every pixel is black. Almost every other picture shows that it is not after a few pixels; one that is
// black is read as a whole, so that a prompt in a black terminal counts.
func Black(pix []byte, stride int, size image.Point) bool {
	for y := 0; y < size.Y; y += sampled {
		for x := 0; x < size.X; x += sampled {
			if p := pix[y*stride+4*x:]; p[0]|p[1]|p[2] != 0 {
				return false
			}
		}
	}
	const colours = 0x00ffffff_00ffffff // of two pixels
	for y := range size.Y {
		row := pix[y*stride:][:4*size.X]
		for ; len(row) >= 8; row = row[8:] {
			if binary.LittleEndian.Uint64(row)&colours != 0 {
				return false
			}
		}
		if len(row) == 4 && row[0]|row[1]|row[2] != 0 {
			return false
		}
	}
	return true
}
