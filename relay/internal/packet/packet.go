// Package packet is the arithmetic of the packet path: RTP headers, payload descriptors, keyframes, the packet ring
// and the mapping from a publication's numbers to a viewer's. It is pure: no sockets, no clocks, no goroutines.
//
// RTP is RFC 3550; header extensions (RFC 8285) of the presenter are dropped on the way, because their ids belong to the
// presenter's session alone. A viewer gets one of our own: the transport-wide sequence number.
package packet

import (
	"encoding/binary"
	"errors"
)

const (
	// HeaderSize is the size in bytes of an RTP header without CSRC or extension.
	HeaderSize = 12
	// extensionSize is what a header with a transport-wide sequence number has more (RFC 8285 section 4.2).
	extensionSize = 8
	// MaxSize is the largest RTP packet in bytes that the relay forwards: an Ethernet frame less IP, UDP and SRTP's
	// authentication tag, less our header extension and the two bytes that RTX adds.
	MaxSize = 1500 - 48 - 16 - extensionSize - 2
)

// ErrMalformed is returned for bytes that are not an RTP packet.
var ErrMalformed = errors.New("malformed RTP packet")

// Header is what the relay needs of an RTP header.
type Header struct {
	Marker      bool
	PayloadType uint8
	Sequence    uint16
	Timestamp   uint32
	SSRC        uint32
	// Extension is the id under which the viewer takes Transport, the transport-wide sequence number
	// (draft-holmer-rmcat-transport-wide-cc-extensions-01 section 2); 0 where it takes none. Parse leaves both alone.
	Extension uint8
	Transport uint16
}

// Parse reads an RTP packet in place. The payload aliases b and has neither extension nor padding; it is empty for a
// packet of padding only, which senders use to probe.
func Parse(b []byte) (Header, []byte, error) {
	if len(b) < HeaderSize || b[0]>>6 != 2 {
		return Header{}, nil, ErrMalformed
	}
	h := Header{
		Marker: b[1]&0x80 != 0, PayloadType: b[1] & 0x7f, Sequence: binary.BigEndian.Uint16(b[2:]),
		Timestamp: binary.BigEndian.Uint32(b[4:]), SSRC: binary.BigEndian.Uint32(b[8:]),
	}
	start := HeaderSize + 4*int(b[0]&0x0f) // CSRC list
	if b[0]&0x10 != 0 {                    // extension, RFC 3550 section 5.3.1
		if len(b) < start+4 {
			return Header{}, nil, ErrMalformed
		}
		start += 4 + 4*int(binary.BigEndian.Uint16(b[start+2:]))
	}
	end := len(b)
	if start > end {
		return Header{}, nil, ErrMalformed
	}
	if b[0]&0x20 != 0 { // padding: the last byte counts itself
		if start == end || b[end-1] == 0 || int(b[end-1]) > end-start {
			return Header{}, nil, ErrMalformed
		}
		end -= int(b[end-1])
	}
	return h, b[start:end:end], nil
}

// Size is how many bytes Put writes: 12, or 20 with the extension.
func (h Header) Size() int {
	if h.Extension == 0 {
		return HeaderSize
	}
	return HeaderSize + extensionSize
}

// SizeOf is the size of the header that Put wrote at b's start.
func SizeOf(b []byte) int { return HeaderSize + extensionSize*int(b[0]>>4&1) }

// Put writes the header to b.
func (h Header) Put(b []byte) {
	_ = b[HeaderSize-1]
	b[0] = 2 << 6
	if h.Extension != 0 { // one element of two bytes in the one-byte form, RFC 8285 section 4.2
		b[0] |= 0x10
		binary.BigEndian.PutUint32(b[HeaderSize:], 0xbede<<16|1)
		binary.BigEndian.PutUint32(b[HeaderSize+4:], uint32(h.Extension)<<28|1<<24|uint32(h.Transport)<<8)
	}
	b[1] = h.PayloadType & 0x7f
	if h.Marker {
		b[1] |= 0x80
	}
	binary.BigEndian.PutUint16(b[2:], h.Sequence)
	binary.BigEndian.PutUint32(b[4:], h.Timestamp)
	binary.BigEndian.PutUint32(b[8:], h.SSRC)
}

// Unwrap returns the 64-bit index nearest to reference whose low 16 bits are low. An index that would be negative is
// taken one wrap later.
func Unwrap(reference uint64, low uint16) uint64 {
	index := reference + uint64(int64(int16(low-uint16(reference))))
	if index > reference+1<<16 { // went below zero
		index += 1 << 16
	}
	return index
}
