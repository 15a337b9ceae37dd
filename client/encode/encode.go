// Package encode decides what of a shared screen becomes video, when, and how sharp: text must be legible at once and perfect
// soon after, a still screen costs nothing, and on a thin line there are fewer pictures rather than blurred ones.
package encode

import (
	"image"
	"time"

	"github.com/coopnet/coopnet/client/encode/pixel"
)

// Codec is a kind of video, named as in SDP.
type Codec string

// VP9 knows screens: it is the default. VP8 is for viewers that cannot decode VP9.
const (
	VP9 Codec = "VP9"
	VP8 Codec = "VP8"
)

// Picture is what is encoded.
type Picture = pixel.Picture

// Task says how one picture is encoded.
type Task struct {
	At       time.Duration // since the share began; later than the picture before
	Keyframe bool          // a viewer must be able to begin with this picture
	Finest   int           // the quantizers to choose from: 0 is the finest, 63 the coarsest
	Coarsest int
	Tiles    pixel.Tiles // only what has changed here is looked at, all the rest stays; all of it when this has no tiles
}

// Encoder makes frames of pictures. Not for several goroutines at once.
type Encoder interface {
	// Encode returns a frame, which is valid until the next call.
	Encode(p Picture, t Task) (frame []byte, keyframe bool, err error)
	// SetBitrate is what the network carries, in bits per second.
	SetBitrate(bits int) error
	// Resize: the pictures have another size from now on. The next frame is a keyframe.
	Resize(size image.Point) error
	Close() error
}
