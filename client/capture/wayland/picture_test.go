package wayland

import (
	"bytes"
	"image"
	"math/rand/v2"
	"testing"

	"github.com/coopnet/coopnet/client/pipewire"
)

// TestPicture: whatever comes, and however it is said what has changed, the picture is what was sent last.
func TestPicture(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	for _, swapped := range []bool{false, true} {
		var p picture
		size, stride := image.Pt(200, 130), 4*200+32
		sent := make([]byte, stride*size.Y)
		for round := range 120 {
			if round%60 == 59 {
				size = image.Pt(100+random.IntN(200), 50+random.IntN(100))
				stride = 4*size.X + 4*random.IntN(10)
				sent = make([]byte, stride*size.Y)
			}
			var drawn []image.Rectangle
			for range random.IntN(3) {
				at := image.Pt(random.IntN(size.X), random.IntN(size.Y))
				r := image.Rectangle{at, at.Add(image.Pt(1+random.IntN(40), 1+random.IntN(40)))}.Intersect(image.Rectangle{Max: size})
				for y := r.Min.Y; y < r.Max.Y; y++ {
					for x := 4 * r.Min.X; x < 4*r.Max.X; x++ {
						sent[y*stride+x] = byte(random.Uint32())
					}
				}
				drawn = append(drawn, r)
			}
			now := pipewire.Picture{Pix: sent[:stride*(size.Y-1)+4*size.X], Stride: stride, Size: size, Swapped: swapped, Damage: drawn, Known: random.IntN(2) == 0}
			damage := p.take(now)
			if len(drawn) == 0 && round%60 != 59 && round > 0 && len(damage) > 0 {
				t.Fatalf("round %d: damage %v of nothing", round, damage)
			}
			same(t, round, &p, now)
		}
	}
}

func same(t *testing.T, round int, p *picture, now pipewire.Picture) {
	t.Helper()
	want := make([]byte, 4*now.Size.X)
	for y := range now.Size.Y {
		row := now.Pix[y*now.Stride:][:4*now.Size.X]
		copy(want, row)
		if now.Swapped {
			swap(want, row)
		}
		if got := p.pix[y*p.stride:][:4*p.size.X]; p.size != now.Size || !bytes.Equal(got, want) {
			t.Fatalf("round %d: row %d differs", round, y)
		}
	}
}

// TestPictureSaysLess than a desktop that calls everything changed.
func TestPictureSaysLess(t *testing.T) {
	var p picture
	size := image.Pt(640, 480)
	sent := make([]byte, 4*size.X*size.Y)
	now := pipewire.Picture{Pix: sent, Stride: 4 * size.X, Size: size}
	if damage := p.take(now); len(damage) != 1 || damage[0] != (image.Rectangle{Max: size}) {
		t.Errorf("the first: %v", damage)
	}
	now.Damage, now.Known = []image.Rectangle{{Max: size}}, true
	if damage := p.take(now); len(damage) != 0 {
		t.Errorf("nothing has changed: %v", damage)
	}
	sent[4*(100*size.X+100)] = 1
	if damage := p.take(now); len(damage) != 1 || damage[0] != image.Rect(64, 64, 128, 128) {
		t.Errorf("one pixel: %v", damage)
	}
}
