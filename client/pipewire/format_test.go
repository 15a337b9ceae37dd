package pipewire

import (
	"image"
	"testing"
)

// agreed is a format as the other side writes it once it is decided.
func agreed(kind uint32, width, height uint32) []byte {
	return object(objectFormat, paramFormat,
		property{keyMediaType, id(mediaVideo)},
		property{keyMediaSubtype, id(mediaRaw)},
		property{keyVideoFormat, id(kind)},
		property{keySize, pod(typeRectangle, words(width, height))})[8:]
}

func TestParseFormat(t *testing.T) {
	for kind, swapped := range map[uint32]bool{videoBGRx: false, videoBGRA: false, videoRGBx: true, videoRGBA: true} {
		if f, err := parseFormat(agreed(kind, 1921, 1081)); err != nil || f != (format{image.Pt(1921, 1081), swapped}) {
			t.Errorf("kind %d: %v, %v", kind, f, err)
		}
	}
	for name, body := range map[string][]byte{
		"nothing":       nil,
		"another kind":  agreed(2, 640, 480),
		"no width":      agreed(videoBGRx, 0, 480),
		"a wide one":    agreed(videoBGRx, 16385, 1),
		"a large one":   agreed(videoBGRx, 16384, 16384),
		"sound":         object(objectFormat, paramFormat, property{keyMediaType, id(1)})[8:],
		"no properties": object(objectFormat, paramFormat)[8:],
		"no format":     object(objectMeta, paramMeta)[8:],
	} {
		if f, err := parseFormat(body); err == nil {
			t.Errorf("%s: %v", name, f)
		}
	}
	if f, err := parseFormat(offer(30)[8:]); err != nil || f.size != image.Pt(1920, 1080) {
		t.Errorf("what is liked best of an offer: %v, %v", f, err)
	}
}

// FuzzParseFormat: whatever a desktop writes.
func FuzzParseFormat(f *testing.F) {
	whole := agreed(videoRGBx, 640, 480)
	for n := range whole {
		f.Add(whole[:n])
	}
	f.Add(offer(60)[8:])
	f.Fuzz(func(t *testing.T, body []byte) {
		if f, err := parseFormat(body); err == nil && (f.size.X < 1 || f.size.Y < 1 || f.size.X*f.size.Y > largest) {
			t.Errorf("a picture of %v", f.size)
		}
	})
}
