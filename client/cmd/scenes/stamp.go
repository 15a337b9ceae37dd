//go:build linux

package main

import (
	"image"
	"time"
)

// Where the time is: blocks of black and white, as web/e2e/bar/glass.ts reads them.
const (
	stampX, stampY = 64, 16
	block          = 8
	columns        = 16
	tag            = 1 // of code.ts: one screen, one tag
)

// stamp writes a time into a corner of the canvas, so that whoever sees the picture knows how old it is; it returns where.
func stamp(c *canvas, at time.Time) image.Rectangle {
	bits := code(tag, uint32(at.UnixMilli()))
	for i, black := range bits {
		x, y := stampX+i%columns*block, stampY+i/columns*block
		shade := byte(0xff)
		if black {
			shade = 0
		}
		for row := y; row < y+block; row++ {
			pixels := c.pix[4*(row*c.size.X+x):][:4*block]
			for i := range pixels {
				pixels[i] = shade
			}
		}
	}
	return image.Rect(stampX, stampY, stampX+columns*block, stampY+len(bits)/columns*block)
}

// code is that of web/e2e/code.ts: 16 bits of tag, 32 of time, 16 of checksum (CRC-16/CCITT-FALSE), the highest first.
func code(tag uint16, time uint32) [64]bool {
	word := uint64(tag)<<32 | uint64(time)
	crc := uint16(0xffff)
	for bit := 47; bit >= 0; bit-- {
		carry := crc>>15 != uint16(word>>bit&1)
		crc <<= 1
		if carry {
			crc ^= 0x1021
		}
	}
	word = word<<16 | uint64(crc)
	var bits [64]bool
	for i := range bits {
		bits[i] = word>>(63-i)&1 == 1
	}
	return bits
}
