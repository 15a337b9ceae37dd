package wayland

import (
	"image"
	"testing"

	"github.com/coopnet/coopnet/client/pipewire"
)

// BenchmarkPicture is what a frame of 1920x1080 costs here, after PipeWire has brought it.
func BenchmarkPicture(b *testing.B) {
	size := image.Pt(1920, 1080)
	for name, damage := range map[string][]image.Rectangle{
		"all changed":     {{Max: size}},
		"nothing changed": {{Max: size}},
		"a line of text":  {image.Rect(100, 500, 1100, 520)},
	} {
		b.Run(name, func(b *testing.B) {
			var p picture
			var sent [2][]byte
			for n := range sent {
				sent[n] = make([]byte, 4*size.X*size.Y)
				for i := range sent[n] {
					sent[n][i] = byte(i * (n + 1))
				}
			}
			if name == "nothing changed" {
				sent[1] = sent[0]
			}
			for n := 0; b.Loop(); n++ {
				p.take(pipewire.Picture{Pix: sent[n%2], Stride: 4 * size.X, Size: size, Damage: damage, Known: true})
			}
		})
	}
}
