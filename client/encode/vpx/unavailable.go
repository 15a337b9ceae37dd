//go:build !cgo

package vpx

import (
	"image"

	"github.com/coopnet/coopnet/client/encode"
)

// Encoder does not exist in a program that was built without cgo.
type Encoder struct{}

var _ encode.Encoder = (*Encoder)(nil)

// New fails: there is no encoder here.
func New(codec encode.Codec, config Config) (*Encoder, error) {
	if err := config.valid(codec); err != nil {
		return nil, err
	}
	return nil, ErrUnavailable
}

// Encode fails.
func (*Encoder) Encode(encode.Picture, encode.Task) ([]byte, bool, error) {
	return nil, false, ErrUnavailable
}

// SetBitrate fails.
func (*Encoder) SetBitrate(int) error { return ErrUnavailable }

// Resize fails.
func (*Encoder) Resize(image.Point) error { return ErrUnavailable }

// Close has nothing to free.
func (*Encoder) Close() error { return nil }
