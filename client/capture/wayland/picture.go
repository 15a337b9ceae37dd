package wayland

import (
	"image"

	"github.com/coopnet/coopnet/client/capture"
	"github.com/coopnet/coopnet/client/pipewire"
)

// picture is what the last frame showed, in memory of ours: the desktop draws the next one meanwhile.
type picture struct {
	pix     []byte
	stride  int
	size    image.Point
	turned  []byte // a picture whose colours had to change places
	scratch []image.Rectangle
}

// take brings the picture up to date; no damage is no change.
func (p *picture) take(now pipewire.Picture) (damage []image.Rectangle) {
	bounds := image.Rectangle{Max: now.Size}
	if now.Size != p.size || now.Stride != p.stride {
		p.size, p.stride = now.Size, now.Stride
		p.pix = make([]byte, p.stride*(p.size.Y-1)+4*p.size.X)
		p.turned = nil
		p.copy(now, bounds)
		return append(p.scratch[:0], bounds)
	}
	damage = capture.Coalesce(append(p.scratch[:0], now.Damage...), bounds)
	// What is said to have changed is often all of it, because the pointer has moved: comparing costs less than encoding.
	if !now.Known || 2*area(damage) > area([]image.Rectangle{bounds}) {
		damage = capture.Differ(p.pix, p.comparable(now), p.stride, p.size)
	}
	for _, r := range damage {
		p.copy(now, r)
	}
	p.scratch = damage[:0]
	return damage
}

// comparable are the pixels with blue first.
func (p *picture) comparable(now pipewire.Picture) []byte {
	if !now.Swapped {
		return now.Pix
	}
	if p.turned == nil {
		p.turned = make([]byte, len(p.pix))
	}
	for y := range now.Size.Y {
		from, to := y*now.Stride, y*now.Stride+4*now.Size.X
		swap(p.turned[from:to], now.Pix[from:to])
	}
	return p.turned
}

func (p *picture) copy(now pipewire.Picture, r image.Rectangle) {
	for y := r.Min.Y; y < r.Max.Y; y++ {
		from, to := y*p.stride+4*r.Min.X, y*p.stride+4*r.Max.X
		if now.Swapped {
			swap(p.pix[from:to], now.Pix[from:to])
		} else {
			copy(p.pix[from:to], now.Pix[from:to])
		}
	}
}

// swap copies pixels, with red and blue in each other's place.
func swap(to, from []byte) {
	for ; len(from) >= 4 && len(to) >= 4; to, from = to[4:], from[4:] {
		to[0], to[1], to[2], to[3] = from[2], from[1], from[0], from[3]
	}
}

func area(rects []image.Rectangle) (pixels int) {
	for _, r := range rects {
		pixels += r.Dx() * r.Dy()
	}
	return pixels
}
