package capture

import (
	"image"
	"math/rand/v2"
	"slices"
	"testing"
)

func TestDiffer(t *testing.T) {
	size := image.Pt(300, 200)
	stride := 4*size.X + 8
	before := make([]byte, stride*size.Y)
	change := func(parts ...image.Rectangle) []image.Rectangle {
		now := slices.Clone(before)
		for _, r := range parts {
			for y := r.Min.Y; y < r.Max.Y; y++ {
				for x := r.Min.X; x < r.Max.X; x++ {
					now[y*stride+4*x] = 1
				}
			}
		}
		for y := range size.Y {
			now[y*stride+stride-1] = 9 // between the rows
		}
		return Differ(before, now, stride, size)
	}
	for name, c := range map[string]struct{ parts, want []image.Rectangle }{
		"nothing":       {},
		"a pixel":       {[]image.Rectangle{image.Rect(70, 70, 71, 71)}, []image.Rectangle{image.Rect(64, 64, 128, 128)}},
		"the corner":    {[]image.Rectangle{image.Rect(299, 199, 300, 200)}, []image.Rectangle{image.Rect(256, 192, 300, 200)}},
		"a block":       {[]image.Rectangle{image.Rect(60, 10, 140, 150)}, []image.Rectangle{image.Rect(0, 0, 192, 192)}},
		"everything":    {[]image.Rectangle{{Max: size}}, []image.Rectangle{{Max: size}}},
		"two apart":     {[]image.Rectangle{image.Rect(0, 0, 1, 1), image.Rect(290, 0, 291, 1)}, []image.Rectangle{image.Rect(0, 0, 64, 64), image.Rect(256, 0, 300, 64)}},
		"with a gap":    {[]image.Rectangle{image.Rect(0, 0, 1, 1), image.Rect(0, 130, 1, 131)}, []image.Rectangle{image.Rect(0, 0, 64, 64), image.Rect(0, 128, 64, 192)}},
		"wider beneath": {[]image.Rectangle{image.Rect(0, 0, 1, 1), image.Rect(0, 64, 65, 65)}, []image.Rectangle{image.Rect(0, 0, 64, 64), image.Rect(0, 64, 128, 128)}},
	} {
		if got := change(c.parts...); !slices.Equal(got, c.want) && len(got)+len(c.want) > 0 {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

// Whatever changes is in a rectangle.
func TestDifferCovers(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	size := image.Pt(700, 500)
	stride := 4 * size.X
	before := make([]byte, stride*size.Y)
	for range 100 {
		now := slices.Clone(before)
		changed := make([]image.Point, random.IntN(80))
		for i := range changed {
			changed[i] = image.Pt(random.IntN(size.X), random.IntN(size.Y))
			now[changed[i].Y*stride+4*changed[i].X+random.IntN(3)] = 1
		}
		got := Differ(before, now, stride, size)
		for _, at := range changed {
			if !slices.ContainsFunc(got, func(r image.Rectangle) bool { return at.In(r) }) {
				t.Fatalf("%v is not in %v", at, got)
			}
		}
		if len(got) > MaxDamage || len(changed) == 0 && len(got) > 0 {
			t.Fatalf("%d changes: %v", len(changed), got)
		}
	}
}

func BenchmarkDiffer(b *testing.B) {
	size := image.Pt(1920, 1080)
	before, now := make([]byte, 4*size.X*size.Y), make([]byte, 4*size.X*size.Y)
	b.Run("nothing", func(b *testing.B) {
		for b.Loop() {
			Differ(before, now, 4*size.X, size)
		}
	})
	for y := 63; y < size.Y; y += tile {
		for x := 63; x < size.X; x += tile {
			now[4*(y*size.X+x)] = 1
		}
	}
	b.Run("every tile", func(b *testing.B) {
		for b.Loop() {
			Differ(before, now, 4*size.X, size)
		}
	})
}
