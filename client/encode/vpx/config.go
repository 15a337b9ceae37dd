// Package vpx encodes VP9 and VP8 with libvpx, set for text: its mode for screens, in real time.
//
// It needs cgo and libvpx 1.12 or later (Debian: libvpx-dev). For Windows `make libvpx-windows` builds the library.
package vpx

import (
	"errors"
	"fmt"
	"image"
	"time"

	"github.com/coopnet/coopnet/client/encode"
	"github.com/coopnet/coopnet/client/encode/pixel"
)

// Config is how an encoder begins.
type Config struct {
	Size    image.Point
	Bitrate int // bits per second
	Threads int // 1 when it is zero
}

const (
	largest       = 16384 // what both codecs can say, in either direction
	leastBitrate  = 1000
	frameDuration = time.Second / 30
	vp9Speed      = 5 // docs/encoding.md
	vp8Speed      = 8
)

// ErrUnavailable: this program was built without libvpx.
var ErrUnavailable = errors.New("this program was built without libvpx")

var errClosed = errors.New("the encoder is closed")

func (c Config) valid(codec encode.Codec) error {
	switch {
	case codec != encode.VP9 && codec != encode.VP8:
		return fmt.Errorf("libvpx has no encoder for %q", codec)
	case c.Size.X < 1 || c.Size.Y < 1 || c.Size.X > largest-1 || c.Size.Y > largest-1:
		return fmt.Errorf("libvpx cannot encode pictures of %v", c.Size)
	case c.Bitrate < leastBitrate:
		return fmt.Errorf("%d bit/s is too little", c.Bitrate)
	}
	return nil
}

// macroblocks says the same as the tiles in squares of 16 pixels.
func macroblocks(reuse []byte, tiles pixel.Tiles, size image.Point) []byte {
	const per = pixel.TileSize / 16
	columns, rows := (size.X+15)/16, (size.Y+15)/16
	if len(reuse) != columns*rows {
		reuse = make([]byte, columns*rows)
	}
	for y := range rows {
		for x := range columns {
			reuse[y*columns+x] = tiles.Changed[y/per*tiles.Columns+x/per]
		}
	}
	return reuse
}
