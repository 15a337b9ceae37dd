// Package pipewire receives a video stream of PipeWire, as the desktops of Wayland hand out pictures of screens and windows.
//
// Its library is looked for when the program runs, so that the program starts, and says what is missing, where there is none.
// Pictures come in shared memory only. What is agreed on with the other side (formats, buffers, what changed) is in format.go, as
// PODs, PipeWire's way to write structured values.
package pipewire

import (
	"errors"
	"image"
)

var (
	// ErrMissing: PipeWire is not installed here.
	ErrMissing = errors.New("PipeWire is not installed")
	// ErrUnreachable: it is installed, but does not run, or does not talk to this program.
	ErrUnreachable = errors.New("PipeWire does not answer")
	// ErrEnded: there is nothing more to come from a stream.
	ErrEnded = errors.New("the stream has ended")
)

// Phase is how far a stream is.
type Phase int

// Phases of streams.
const (
	Connecting Phase = iota
	Paused           // agreed on, and nothing is sent
	Streaming
	Ended // for good
)

// Picture is what a stream shows now.
type Picture struct {
	Pix     []byte // four bytes a pixel; valid, and unchanged, while the function runs that it was given to
	Stride  int
	Size    image.Point
	Swapped bool // red comes first, not blue
	// Damage is where it may differ from the picture before it, if Known; otherwise anywhere.
	Damage []image.Rectangle
	Known  bool
}
