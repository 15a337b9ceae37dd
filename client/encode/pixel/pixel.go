// Package pixel turns what a screen shows (blue, green, red and a byte that means nothing) into the planes that video
// encoders take: I420 by ITU-R BT.601 in the limited range, which browsers assume. Only what is damaged is converted, and
// what turns out to be as it was is noticed on the way: programs often paint again what is there already.
package pixel

import "image"

// BGRX is a picture of a screen, four bytes a pixel.
type BGRX struct {
	Pix    []byte
	Stride int
	Size   image.Point
}

// Picture is I420: one byte of brightness for each pixel, one byte of each colour for each two by two.
type Picture struct {
	Y, U, V          []byte
	YStride, CStride int
	Size             image.Point
}

// NewPicture makes a black one. Its rows begin where vector instructions like them to.
func NewPicture(size image.Point) Picture {
	p := Picture{YStride: (size.X + 63) &^ 63, CStride: ((size.X+1)/2 + 31) &^ 31, Size: size}
	rows := (size.Y + 1) / 2
	all := make([]byte, p.YStride*size.Y+2*p.CStride*rows)
	p.Y, all = all[:p.YStride*size.Y:p.YStride*size.Y], all[p.YStride*size.Y:]
	p.U, p.V = all[:p.CStride*rows:p.CStride*rows], all[p.CStride*rows:]
	for i := range p.Y {
		p.Y[i] = 16
	}
	for i := range p.U {
		p.U[i], p.V[i] = 128, 128
	}
	return p
}

// TileSize is the side of a tile: that of a superblock of VP9, four macroblocks of VP8.
const TileSize = 64

// Tiles says of each tile of a picture whether it has changed.
type Tiles struct {
	Changed       []byte // row by row; not zero: changed
	Columns, Rows int
}

// NewTiles returns those of a picture of this size, all unchanged.
func NewTiles(size image.Point) Tiles {
	t := Tiles{Columns: (size.X + TileSize - 1) / TileSize, Rows: (size.Y + TileSize - 1) / TileSize}
	t.Changed = make([]byte, t.Columns*t.Rows)
	return t
}

// Any reports whether one has changed.
func (t Tiles) Any() bool { return t.Count() > 0 }

// Count is how many have changed.
func (t Tiles) Count() int {
	n := 0
	for _, c := range t.Changed {
		if c != 0 {
			n++
		}
	}
	return n
}

// Clear forgets all changes.
func (t Tiles) Clear() { clear(t.Changed) }

// Convert brings the rectangle of the picture up to date and marks the tiles in which that changed something. The pictures
// must be of one size; the rectangle is clipped to them, and grows to even coordinates.
func Convert(to Picture, from BGRX, r image.Rectangle, tiles Tiles) {
	r = even(r, to.Size)
	if r.Empty() || to.Size != from.Size {
		return
	}
	// One access each that fails where slices are too short, because C would not.
	_ = from.Pix[(r.Max.Y-1)*from.Stride+4*r.Max.X-1]
	_ = to.Y[(r.Max.Y-1)*to.YStride+r.Max.X-1]
	last := (r.Max.Y+1)/2*to.CStride - to.CStride + (r.Max.X+1)/2 - 1
	_, _ = to.U[last], to.V[last]
	_ = tiles.Changed[(r.Max.Y-1)/TileSize*tiles.Columns+(r.Max.X-1)/TileSize]
	convert(to, from, r, tiles)
}

// even clips a rectangle and grows it until no pixel of it shares its colour with one outside.
func even(r image.Rectangle, size image.Point) image.Rectangle {
	r = r.Intersect(image.Rectangle{Max: size})
	if r.Empty() {
		return r
	}
	return image.Rect(r.Min.X&^1, r.Min.Y&^1, min((r.Max.X+1)&^1, size.X), min((r.Max.Y+1)&^1, size.Y))
}
