package capture

import (
	"image"
	"image/color"
	"math/rand/v2"
	"testing"
)

func TestCoalesceKeepsFew(t *testing.T) {
	bounds := image.Rect(0, 0, 100, 100)
	got := Coalesce([]image.Rectangle{image.Rect(-5, -5, 10, 10), image.Rect(200, 0, 300, 10), image.Rect(2, 2, 4, 4), image.Rect(50, 60, 70, 80)}, bounds)
	want := []image.Rectangle{image.Rect(0, 0, 10, 10), image.Rect(50, 60, 70, 80)}
	if len(got) != 2 || got[0] != want[0] || got[1] != want[1] {
		t.Errorf("got %v, want %v", got, want)
	}
	if got := Coalesce([]image.Rectangle{bounds, bounds, bounds}, bounds); len(got) != 1 || got[0] != bounds {
		t.Errorf("the same three times: %v", got)
	}
	if got := Coalesce(nil, bounds); len(got) != 0 {
		t.Errorf("no damage: %v", got)
	}
}

// Whatever comes: bounded, within the picture, and every damaged pixel is covered.
func TestCoalesceCovers(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	bounds := image.Rect(0, 0, 200, 150)
	for range 200 {
		var damage []image.Rectangle
		for range random.IntN(300) {
			at := image.Pt(random.IntN(240)-20, random.IntN(190)-20)
			damage = append(damage, image.Rectangle{at, at.Add(image.Pt(random.IntN(30), random.IntN(30)))})
		}
		var want, have [200 * 150]bool
		mark(want[:], damage, bounds)
		got := Coalesce(damage, bounds)
		if len(got) > MaxDamage {
			t.Fatalf("%d rectangles", len(got))
		}
		mark(have[:], got, bounds)
		for i := range want {
			if want[i] && !have[i] {
				t.Fatalf("pixel %d,%d is not covered by %v", i%200, i/200, got)
			}
		}
		for _, r := range got {
			if r.Empty() || !r.In(bounds) {
				t.Fatalf("%v is not within the picture", r)
			}
		}
	}
}

func mark(pixels []bool, rects []image.Rectangle, bounds image.Rectangle) {
	for _, r := range rects {
		r = r.Intersect(bounds)
		for y := r.Min.Y; y < r.Max.Y; y++ {
			for x := r.Min.X; x < r.Max.X; x++ {
				pixels[y*bounds.Dx()+x] = true
			}
		}
	}
}

func TestCoalesceMergesWhatIsNear(t *testing.T) {
	bounds := image.Rect(0, 0, 1920, 1080)
	var damage []image.Rectangle
	for i := range 20 {
		damage = append(damage, image.Rect(10*i, 0, 10*i+8, 10)) // a line of text
	}
	damage = append(damage, image.Rect(1900, 1060, 1920, 1080)) // a clock
	covered := 0
	for _, r := range Coalesce(damage, bounds) {
		covered += area(r)
	}
	if covered > 200*10+20*20 {
		t.Errorf("%d pixels are covered", covered)
	}
}

func TestBlack(t *testing.T) {
	for _, size := range []image.Point{{1, 1}, {16, 16}, {17, 3}, {64, 48}, {33, 35}} {
		stride := 4*size.X + 12
		pix := make([]byte, stride*size.Y)
		for i := range pix {
			if i%4 == 3 || i%stride >= 4*size.X {
				pix[i] = 255 // the byte that says nothing, and what lies between the rows
			}
		}
		if !Black(pix, stride, size) {
			t.Errorf("%v: black is not noticed", size)
		}
		for y := range size.Y {
			for x := range size.X {
				for c := range 3 {
					pix[y*stride+4*x+c] = 1
					if Black(pix, stride, size) {
						t.Fatalf("%v: %d,%d is not black", size, x, y)
					}
					pix[y*stride+4*x+c] = 0
				}
			}
		}
	}
}

func TestFit(t *testing.T) {
	for _, c := range []struct{ size, within, want image.Point }{
		{image.Pt(1920, 1080), image.Pt(320, 200), image.Pt(320, 180)},
		{image.Pt(1080, 1920), image.Pt(320, 200), image.Pt(112, 200)},
		{image.Pt(100, 50), image.Pt(320, 200), image.Pt(100, 50)},
		{image.Pt(5000, 1), image.Pt(320, 200), image.Pt(320, 1)},
		{image.Pt(1, 5000), image.Pt(320, 200), image.Pt(1, 200)},
	} {
		if got := Fit(c.size, c.within); got != c.want {
			t.Errorf("%v within %v: %v, want %v", c.size, c.within, got, c.want)
		}
	}
}

func TestScale(t *testing.T) {
	// Columns of red and blue, with a stride: one of each gives their mean.
	size, stride := image.Pt(8, 4), 40
	pix := make([]byte, stride*size.Y)
	for y := range size.Y {
		for x := range size.X {
			pix[y*stride+4*x+2*(x%2)] = 200
		}
	}
	same := Scale(pix, stride, size, image.Pt(100, 100))
	if same.Bounds() != image.Rect(0, 0, 8, 4) || same.RGBAAt(0, 0) != (color.RGBA{0, 0, 200, 255}) || same.RGBAAt(1, 3) != (color.RGBA{200, 0, 0, 255}) {
		t.Errorf("not scaled: %v %v %v", same.Bounds(), same.RGBAAt(0, 0), same.RGBAAt(1, 3))
	}
	half := Scale(pix, stride, size, image.Pt(4, 100))
	if half.Bounds() != image.Rect(0, 0, 4, 2) || half.RGBAAt(3, 1) != (color.RGBA{100, 0, 100, 255}) {
		t.Errorf("half: %v %v", half.Bounds(), half.RGBAAt(3, 1))
	}
	if none := Scale(nil, 0, image.Point{}, image.Pt(10, 10)); !none.Bounds().Empty() {
		t.Errorf("nothing: %v", none.Bounds())
	}
}
