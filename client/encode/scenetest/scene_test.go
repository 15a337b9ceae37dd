package scenetest_test

import (
	"bytes"
	"image"
	"testing"

	"github.com/coopnet/coopnet/client/encode/scenetest"
)

// What is outside of the damage stays as it was, the scene ends, and two runs are equal.
func TestScenesSayWhatTheyChange(t *testing.T) {
	size := image.Pt(640, 361)
	again := scenetest.Scenes(size)
	for i, scene := range scenetest.Scenes(size) {
		if damage := scene.Next(); len(damage) != 1 || damage[0] != (image.Rectangle{Max: size}) {
			t.Errorf("%s: the first picture has damage %v", scene.Name, damage)
		}
		changed := 0
		for range scene.Moves + 10 {
			before := bytes.Clone(scene.Screen.Pix)
			damage := scene.Next()
			if !bytes.Equal(before, scene.Screen.Pix) {
				changed++
			}
			if outside := without(scene.Screen, damage); !bytes.Equal(outside, without(&scenetest.Screen{Pix: before, Stride: scene.Screen.Stride, Size: size}, damage)) {
				t.Fatalf("%s changed more than %v", scene.Name, damage)
			}
		}
		if scene.Next() != nil || changed >= scene.Moves || scene.Moves > 1 && changed < scene.Moves/4 {
			t.Errorf("%s: %d pictures of %d changed", scene.Name, changed, scene.Moves)
		}
		for range scene.Moves {
			again[i].Next()
		}
		if !bytes.Equal(again[i].Screen.Pix, scene.Screen.Pix) {
			t.Errorf("%s is not the same twice", scene.Name)
		}
	}
}

// without blanks the damage.
func without(s *scenetest.Screen, damage []image.Rectangle) []byte {
	pix := bytes.Clone(s.Pix)
	for _, r := range damage {
		for y := r.Min.Y; y < r.Max.Y; y++ {
			clear(pix[y*s.Stride+4*r.Min.X : y*s.Stride+4*r.Max.X])
		}
	}
	return pix
}
