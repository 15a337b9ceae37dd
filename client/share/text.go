package share

import (
	"image"
	"time"

	"github.com/coopnet/coopnet/client/capture"
	"github.com/coopnet/coopnet/client/encode"
	"github.com/coopnet/coopnet/client/encode/pixel"
)

// Text returns what codes text for a line that carries so many bits per second; open makes the encoder.
func Text(open func(size image.Point, bits int) (encode.Encoder, error), bitrate int) Coder {
	return text{encode.NewText(open, bitrate)}
}

// text is encode.Text as a Coder.
type text struct{ *encode.Text }

// Take takes a picture.
func (t text) Take(f capture.Frame, at time.Duration) error {
	return t.Text.Take(pixel.BGRX{Pix: f.Pix, Stride: f.Stride, Size: f.Size}, f.Damage, at)
}

// Adopt takes over a picture.
func (t text) Adopt(from Coder) error {
	if former, ok := from.(text); ok {
		return t.Text.Adopt(former.Text)
	}
	return nil
}

// Small is what is sent, made smaller: nil before there is a picture.
func (t text) Small(within image.Point) *image.RGBA {
	p := t.Picture()
	if p.Size == (image.Point{}) {
		return nil
	}
	return pixel.Small(p, capture.Fit(p.Size, within))
}

// Encode makes the frame that is due, if one is.
func (t text) Encode(at time.Duration, keyframe bool) ([]byte, time.Duration, error) {
	if keyframe {
		t.RequestKeyframe()
	}
	frame, _, err := t.Text.Encode(at)
	next, ever := t.Due()
	if !ever {
		next = -1
	}
	return frame.Bytes, next, err
}
