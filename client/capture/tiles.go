package capture

import (
	"bytes"
	"image"
)

// tile is the side of the squares that are compared where the system does not tell what was drawn.
const tile = 64

// Differ compares two pictures of one size, row by row of tiles, and returns where they differ, as Coalesce does.
func Differ(before, now []byte, stride int, size image.Point) []image.Rectangle {
	var damage []image.Rectangle
	begun := 0 // those in damage that the row of tiles above ended with
	for top := 0; top < size.Y; top += tile {
		band := image.Rect(0, top, size.X, min(top+tile, size.Y))
		first := len(damage)
		if !bytes.Equal(before[top*stride:(band.Max.Y-1)*stride+4*size.X], now[top*stride:(band.Max.Y-1)*stride+4*size.X]) {
			damage = runs(damage, before, now, stride, band)
		}
		// What is as wide as something in the row above continues it.
		kept := damage[:first]
		for _, r := range damage[first:] {
			if above := continued(damage[begun:first], r); above >= 0 {
				kept[begun+above].Max.Y = r.Max.Y
			} else {
				kept = append(kept, r)
			}
		}
		damage = kept
		begun = firstEndingAt(damage, band.Max.Y)
	}
	return Coalesce(damage, image.Rectangle{Max: size})
}

// runs appends the tiles of a band that differ; neighbours are one rectangle.
func runs(damage []image.Rectangle, before, now []byte, stride int, band image.Rectangle) []image.Rectangle {
	last := -1
	for left := 0; left < band.Max.X; left += tile {
		t := image.Rect(left, band.Min.Y, min(left+tile, band.Max.X), band.Max.Y)
		if same(before, now, stride, t) {
			continue
		}
		if last >= 0 && damage[last].Max.X == left {
			damage[last].Max.X = t.Max.X
			continue
		}
		last = len(damage)
		damage = append(damage, t)
	}
	return damage
}

func same(before, now []byte, stride int, r image.Rectangle) bool {
	for y := r.Min.Y; y < r.Max.Y; y++ {
		from, to := y*stride+4*r.Min.X, y*stride+4*r.Max.X
		if !bytes.Equal(before[from:to], now[from:to]) {
			return false
		}
	}
	return true
}

func continued(above []image.Rectangle, r image.Rectangle) int {
	for i, a := range above {
		if a.Max.Y == r.Min.Y && a.Min.X == r.Min.X && a.Max.X == r.Max.X {
			return i
		}
	}
	return -1
}

func firstEndingAt(damage []image.Rectangle, y int) int {
	for i, r := range damage {
		if r.Max.Y == y {
			return i
		}
	}
	return len(damage)
}
