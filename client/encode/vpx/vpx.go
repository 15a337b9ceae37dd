//go:build cgo

package vpx

// #cgo !windows pkg-config: vpx
// #cgo windows CFLAGS: -I${SRCDIR}/../../../build/libvpx-windows-amd64/include
// #cgo windows LDFLAGS: -L${SRCDIR}/../../../build/libvpx-windows-amd64/lib -static -lvpx -lm -lwinpthread
// #cgo CFLAGS: -O2 -Wall -Werror
// #include "encoder.h"
import "C"

import (
	"errors"
	"fmt"
	"image"
	"time"
	"unsafe"

	"github.com/coopnet/coopnet/client/encode"
)

// Encoder is an encoder of libvpx. Not for several goroutines at once.
type Encoder struct {
	c      *C.coopnet_encoder // nil: closed
	codec  encode.Codec
	config Config
	last   time.Duration // when the picture before was taken
	frame  []byte        // the frame before, whose memory is used again
	active []byte        // a byte for each 16x16 pixels
}

var _ encode.Encoder = (*Encoder)(nil)

// New opens an encoder. It must be closed.
func New(codec encode.Codec, config Config) (*Encoder, error) {
	if err := config.valid(codec); err != nil {
		return nil, err
	}
	e := &Encoder{codec: codec, config: config}
	if err := e.open(); err != nil {
		return nil, err
	}
	return e, nil
}

func (e *Encoder) open() error {
	settings := C.coopnet_settings{width: C.int(e.config.Size.X), height: C.int(e.config.Size.Y),
		kilobits: kilobits(e.config.Bitrate), threads: C.int(max(1, e.config.Threads)), speed: vp8Speed}
	if e.codec == encode.VP9 {
		settings.vp9, settings.speed = 1, vp9Speed
	}
	var code C.int
	e.c = C.coopnet_encoder_new(settings, &code)
	if e.c == nil {
		return fmt.Errorf("open libvpx for %s of %v: %w", e.codec, e.config.Size, failure(nil, code))
	}
	e.last = -time.Millisecond
	return nil
}

// Encode returns a frame that is valid until the next call.
func (e *Encoder) Encode(p encode.Picture, t encode.Task) (frame []byte, keyframe bool, err error) {
	if e.c == nil {
		return nil, false, errClosed
	}
	if err := e.fits(p); err != nil {
		return nil, false, err
	}
	at := max(t.At.Milliseconds(), e.last.Milliseconds()+1) // libvpx takes no two at one time
	task := C.coopnet_task{width: C.int(p.Size.X), height: C.int(p.Size.Y), y_stride: C.int(p.YStride), c_stride: C.int(p.CStride),
		at: C.int64_t(at), duration: C.int64_t(frameDuration.Milliseconds()), finest: C.int(t.Finest), coarsest: C.int(t.Coarsest)}
	if t.Keyframe {
		task.keyframe = 1
	}
	var active *C.uint8_t
	if len(t.Tiles.Changed) > 0 && !t.Keyframe {
		e.active = macroblocks(e.active, t.Tiles, e.config.Size)
		active = (*C.uint8_t)(unsafe.Pointer(&e.active[0]))
	}
	var out C.coopnet_frame
	if code := C.coopnet_encode(e.c, task, (*C.uint8_t)(unsafe.Pointer(&p.Y[0])), (*C.uint8_t)(unsafe.Pointer(&p.U[0])),
		(*C.uint8_t)(unsafe.Pointer(&p.V[0])), active, &out); code != 0 {
		return nil, false, fmt.Errorf("encode: %w", failure(e.c, code))
	}
	e.last = time.Duration(at) * time.Millisecond
	e.frame = append(e.frame[:0], unsafe.Slice((*byte)(out.bytes), out.size)...)
	return e.frame, out.keyframe != 0, nil
}

// fits refuses what C would read beyond.
func (e *Encoder) fits(p encode.Picture) error {
	rows, columns := (p.Size.Y+1)/2, (p.Size.X+1)/2
	switch {
	case p.Size != e.config.Size:
		return fmt.Errorf("encode: a picture of %v in an encoder of %v", p.Size, e.config.Size)
	case p.YStride < p.Size.X, p.CStride < columns, len(p.Y) < (p.Size.Y-1)*p.YStride+p.Size.X,
		len(p.U) < (rows-1)*p.CStride+columns, len(p.V) < (rows-1)*p.CStride+columns:
		return fmt.Errorf("encode: a picture of %v whose planes are too short", p.Size)
	}
	return nil
}

// SetBitrate is in bits per second.
func (e *Encoder) SetBitrate(bits int) error {
	if e.c == nil {
		return errClosed
	}
	if bits < leastBitrate {
		return fmt.Errorf("set the bitrate to %d: too little", bits)
	}
	if code := C.coopnet_encoder_set_bitrate(e.c, kilobits(bits)); code != 0 {
		return fmt.Errorf("set the bitrate to %d: %w", bits, failure(e.c, code))
	}
	e.config.Bitrate = bits
	return nil
}

// Resize begins again for pictures of another size: libvpx itself can shrink, but not grow. The next frame is a keyframe.
func (e *Encoder) Resize(size image.Point) error {
	if e.c == nil {
		return errClosed
	}
	config := e.config
	config.Size = size
	if err := config.valid(e.codec); err != nil {
		return err
	}
	if err := e.Close(); err != nil {
		return err
	}
	e.config = config
	return e.open()
}

// Close frees the encoder. It may be called again.
func (e *Encoder) Close() error {
	if e.c != nil {
		C.coopnet_encoder_free(e.c)
		e.c = nil
	}
	return nil
}

func kilobits(bits int) C.int { return C.int(bits / 1000) }

func failure(c *C.coopnet_encoder, code C.int) error {
	return errors.New("libvpx: " + C.GoString(C.coopnet_failure(c, code)))
}
