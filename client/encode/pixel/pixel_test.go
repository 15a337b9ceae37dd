package pixel

import (
	"bytes"
	"fmt"
	"image"
	"math"
	"math/rand/v2"
	"testing"
)

func randomScreen(random *rand.Rand, size image.Point, padding int) BGRX {
	s := BGRX{Stride: 4*size.X + padding, Size: size}
	s.Pix = make([]byte, s.Stride*size.Y)
	for i := range s.Pix {
		s.Pix[i] = byte(random.Uint32())
		if random.IntN(3) == 0 {
			s.Pix[i] |= 0xF0 // the ends of the scale, where sums overflow if they can
		}
	}
	return s
}

// reference is the formula of BT.601 with floating point.
func reference(p []byte) (y, u, v float64) {
	b, g, r := float64(p[0]), float64(p[1]), float64(p[2])
	return 16 + (65.481*r+128.553*g+24.966*b)/255, 128 + (-37.797*r-74.203*g+112*b)/255, 128 + (112*r-93.786*g-18.214*b)/255
}

func TestColoursAreThoseOfTheStandard(t *testing.T) {
	size := image.Pt(2, 2)
	for _, c := range [][3]byte{{0, 0, 0}, {255, 255, 255}, {255, 0, 0}, {0, 255, 0}, {0, 0, 255}, {128, 128, 128}, {12, 200, 99}, {255, 255, 0}} {
		from := BGRX{Pix: bytes.Repeat([]byte{c[0], c[1], c[2], 77}, 4), Stride: 8, Size: size}
		to := NewPicture(size)
		Convert(to, from, image.Rect(0, 0, 2, 2), NewTiles(size))
		y, u, v := reference(c[:])
		for _, pair := range [][2]float64{{float64(to.Y[0]), y}, {float64(to.U[0]), u}, {float64(to.V[0]), v}} {
			if math.Abs(pair[0]-pair[1]) > 1.01 {
				t.Errorf("%v: %d %d %d, the standard says %.1f %.1f %.1f", c, to.Y[0], to.U[0], to.V[0], y, u, v)
			}
		}
		if to.Y[0] != to.Y[to.YStride+1] {
			t.Errorf("%v: the four pixels differ", c)
		}
	}
}

// check compares every variant with the definition, byte by byte, and what lies outside with what was there.
func check(t *testing.T, from BGRX, r image.Rectangle) {
	t.Helper()
	want, tiles := NewPicture(from.Size), NewTiles(from.Size)
	portable(want, from, even(r, from.Size), tiles)
	for name, convert := range variants() {
		got, changed := NewPicture(from.Size), NewTiles(from.Size)
		convert(got, from, even(r, from.Size), changed)
		if !bytes.Equal(got.Y, want.Y) || !bytes.Equal(got.U, want.U) || !bytes.Equal(got.V, want.V) {
			t.Fatalf("%s differs for %v of %v, stride %d", name, r, from.Size, from.Stride)
		}
		if !bytes.Equal(changed.Changed, tiles.Changed) {
			t.Fatalf("%s marks other tiles for %v of %v: %v, not %v", name, r, from.Size, changed.Changed, tiles.Changed)
		}
		changed.Clear()
		if convert(got, from, even(r, from.Size), changed); changed.Any() {
			t.Fatalf("%s: the same again is a change for %v of %v", name, r, from.Size)
		}
		if e := even(r, from.Size); !e.Empty() {
			from.Pix[e.Min.Y*from.Stride+4*e.Min.X+1] ^= 0x80
			convert(got, from, e, changed)
			if changed.Count() != 1 || changed.Changed[e.Min.Y/TileSize*changed.Columns+e.Min.X/TileSize] == 0 {
				t.Fatalf("%s: one pixel changed %v in %v of %v", name, changed.Changed, r, from.Size)
			}
			from.Pix[e.Min.Y*from.Stride+4*e.Min.X+1] ^= 0x80
		}
	}
}

func TestVariantsAreIdentical(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 1))
	for width := 1; width <= 150; width++ {
		size := image.Pt(width, 1+random.IntN(9))
		check(t, randomScreen(random, size, 4*random.IntN(3)), image.Rectangle{Max: size})
	}
	for range 400 {
		size := image.Pt(1+random.IntN(300), 1+random.IntN(140))
		r := image.Rect(random.IntN(320)-10, random.IntN(150)-5, random.IntN(320)-10, random.IntN(150)-5)
		check(t, randomScreen(random, size, random.IntN(17)), even(r, size))
	}
}

func TestOnlyTheDamageIsTouched(t *testing.T) {
	size := image.Pt(101, 57)
	from := randomScreen(rand.New(rand.NewPCG(2, 2)), size, 0)
	to, tiles := NewPicture(size), NewTiles(size)
	Convert(to, from, image.Rect(33, 11, 35, 12), tiles)
	black := NewPicture(size)
	for y := range size.Y {
		for x := range size.X {
			inside := image.Pt(x, y).In(image.Rect(32, 10, 36, 12))
			if !inside && to.Y[y*to.YStride+x] != black.Y[y*black.YStride+x] {
				t.Fatalf("pixel %d,%d was touched", x, y)
			}
			if want := luma(from.Pix[y*from.Stride+4*x:]); inside && to.Y[y*to.YStride+x] != want {
				t.Fatalf("pixel %d,%d is %d, not %d", x, y, to.Y[y*to.YStride+x], want)
			}
		}
	}
	for _, r := range []image.Rectangle{{}, image.Rect(-9, -9, 0, 0), image.Rect(101, 57, 200, 200), image.Rect(5, 5, 5, 50)} {
		tiles.Clear()
		if Convert(to, from, r, tiles); tiles.Any() {
			t.Errorf("%v is nothing, and changed something", r)
		}
	}
}

func FuzzVariantsAreIdentical(f *testing.F) {
	f.Add(uint64(1), 64, 64, 0, 0, 64, 64, 0)
	f.Add(uint64(2), 101, 57, 3, 5, 99, 50, 4)
	f.Fuzz(func(t *testing.T, seed uint64, width, height, left, top, right, bottom, padding int) {
		if width < 1 || height < 1 || width > 400 || height > 200 || padding < 0 || padding > 64 {
			t.Skip()
		}
		check(t, randomScreen(rand.New(rand.NewPCG(seed, 0)), image.Pt(width, height), padding), image.Rect(left, top, right, bottom))
	})
}

func TestConvertAllocatesNothing(t *testing.T) {
	size := image.Pt(200, 100)
	from := randomScreen(rand.New(rand.NewPCG(3, 3)), size, 0)
	to, tiles := NewPicture(size), NewTiles(size)
	if n := testing.AllocsPerRun(50, func() { Convert(to, from, image.Rectangle{Max: size}, tiles) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// The bar: capture and conversion of a full change <= 3 ms.
func BenchmarkConvert(b *testing.B) {
	size := image.Pt(1920, 1080)
	random := rand.New(rand.NewPCG(4, 4))
	screens := [2]BGRX{randomScreen(random, size, 0), randomScreen(random, size, 0)}
	for _, name := range []string{"Go", "C", "SSE2", "AVX2"} {
		convert := variants()[name]
		if convert == nil {
			continue
		}
		b.Run(fmt.Sprintf("%s/%dx%d", name, size.X, size.Y), func(b *testing.B) {
			to, tiles := NewPicture(size), NewTiles(size)
			b.SetBytes(int64(4 * size.X * size.Y))
			for i := 0; b.Loop(); i++ {
				convert(to, screens[i%2], image.Rectangle{Max: size}, tiles)
			}
		})
	}
}
