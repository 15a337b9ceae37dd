package icetcp

import (
	"bufio"
	"encoding/binary"
	"errors"
	"io"

	"github.com/coopnet/coopnet/relay/internal/egress"
)

const (
	header     = 2 // bytes: the length
	maxFrame   = egress.MaxDatagram
	readBuffer = 4 << 10 // at least a frame
)

var errFrame = errors.New("a frame that no datagram fits")

// frames reads the datagrams of a connection (RFC 4571 section 2): each begins with its length.
type frames struct {
	in   *bufio.Reader
	last int // bytes of the frame that next returned
}

func newFrames(in io.Reader) frames { return frames{in: bufio.NewReaderSize(in, readBuffer)} }

// waits reports whether the next frame has not come yet, or not whole.
func (f *frames) waits() bool {
	come, _ := f.in.Peek(f.in.Buffered())
	rest := come[f.last:]
	return len(rest) < header || len(rest)-header < int(binary.BigEndian.Uint16(rest))
}

// next returns the next datagram, which is good until the next call. Its error is errFrame or the connection's.
func (f *frames) next() ([]byte, error) {
	if _, err := f.in.Discard(f.last); err != nil {
		return nil, err
	}
	f.last = 0
	for {
		head, err := f.in.Peek(header)
		if err != nil {
			return nil, err
		}
		size := int(binary.BigEndian.Uint16(head))
		if size > maxFrame {
			return nil, errFrame
		}
		frame, err := f.in.Peek(header + size)
		if err != nil {
			return nil, err
		}
		if size > 0 {
			f.last = header + size
			return frame[header:], nil
		}
		if _, err := f.in.Discard(header); err != nil { // the null packet
			return nil, err
		}
	}
}

// head begins the frame of a datagram.
func head(datagram []byte) (h [header]byte) {
	binary.BigEndian.PutUint16(h[:], uint16(len(datagram)))
	return h
}
