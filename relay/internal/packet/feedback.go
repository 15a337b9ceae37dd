package packet

import (
	"encoding/binary"
	"iter"
)

// FeedbackKind is what a viewer asks for.
type FeedbackKind uint8

// The kinds that the relay acts on.
const (
	NACK FeedbackKind = iota + 1 // RFC 4585 section 6.2.1
	PLI                          // RFC 4585 section 6.3.1
	FIR                          // RFC 5104 section 4.3.1
)

const (
	rtcpHeader     = 4
	feedbackHeader = 12 // with the SSRCs of sender and media source, RFC 4585 section 6.1
	typeTransport  = 205
	typePayload    = 206
)

// Feedback is one message of a viewer's RTCP. It aliases the datagram that it was read from.
type Feedback struct {
	Kind    FeedbackKind
	media   uint32
	entries []byte
}

// NextFeedback returns the first message of a compound RTCP packet (RFC 3550 section 6.1, RFC 5506) that the relay acts
// on, and what follows it; false when there is none. Whatever else a viewer sends is stepped over by its length alone:
// some of it (transport-wide feedback, extended reports) takes a parser thousands of times the work of sending it.
func NextFeedback(compound []byte) (f Feedback, rest []byte, ok bool) {
	for len(compound) >= rtcpHeader && compound[0]>>6 == 2 {
		size := 4 * (1 + int(binary.BigEndian.Uint16(compound[2:])))
		if size > len(compound) {
			break
		}
		f, ok = readFeedback(compound[:size])
		if compound = compound[size:]; ok {
			return f, compound, true
		}
	}
	return Feedback{}, nil, false
}

func readFeedback(b []byte) (Feedback, bool) {
	if b[0]&0x20 != 0 { // padding: the last byte counts itself, in whole words
		n := int(b[len(b)-1])
		if n == 0 || n%4 != 0 || n > len(b)-rtcpHeader {
			return Feedback{}, false
		}
		b = b[:len(b)-n]
	}
	if len(b) < feedbackHeader {
		return Feedback{}, false
	}
	f := Feedback{media: binary.BigEndian.Uint32(b[8:]), entries: b[feedbackHeader:]}
	switch format := b[0] & 0x1f; {
	case b[1] == typeTransport && format == 1:
		f.Kind = NACK
	case b[1] == typePayload && format == 1:
		f.Kind = PLI
	case b[1] == typePayload && format == 4:
		f.Kind = FIR
	default:
		return Feedback{}, false
	}
	return f, true
}

// Names reports whether the message is about the stream with this SSRC. A FIR lists its streams, the others name one.
func (f Feedback) Names(ssrc uint32) bool {
	if f.Kind != FIR {
		return f.media == ssrc
	}
	for b := f.entries; len(b) >= 8; b = b[8:] {
		if binary.BigEndian.Uint32(b) == ssrc {
			return true
		}
	}
	return false
}

// Lost yields the sequence numbers that a NACK asks for again; nothing for other kinds.
func (f Feedback) Lost() iter.Seq[uint16] {
	return func(yield func(uint16) bool) {
		if f.Kind != NACK {
			return
		}
		for b := f.entries; len(b) >= 4; b = b[4:] {
			sequence := binary.BigEndian.Uint16(b)
			for bits := uint32(binary.BigEndian.Uint16(b[2:]))<<1 | 1; bits != 0; sequence, bits = sequence+1, bits>>1 {
				if bits&1 != 0 && !yield(sequence) {
					return
				}
			}
		}
	}
}
