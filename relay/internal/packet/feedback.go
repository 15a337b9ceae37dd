package packet

import (
	"encoding/binary"
	"iter"
)

// FeedbackKind is what a viewer asks for.
type FeedbackKind uint8

// The kinds that the relay acts on.
const (
	NACK      FeedbackKind = iota + 1 // RFC 4585 section 6.2.1
	PLI                               // RFC 4585 section 6.3.1
	FIR                               // RFC 5104 section 4.3.1
	Transport                         // draft-holmer-rmcat-transport-wide-cc-extensions-01 section 3.1
	Report                            // sender or receiver report with report blocks, RFC 3550 section 6.4
)

const (
	rtcpHeader     = 4
	feedbackHeader = 12 // with the SSRCs of sender and media source, RFC 4585 section 6.1
	reportHeader   = 8  // of a receiver report
	senderReport   = 20 // bytes more in a sender report
	reportBlock    = 24
	typeSender     = 200
	typeReceiver   = 201
	typeTransport  = 205
	formatWide     = 15 // of typeTransport: about all streams
	typePayload    = 206
)

// Feedback is one message of a viewer's RTCP. It aliases the datagram that it was read from.
type Feedback struct {
	Kind    FeedbackKind
	media   uint32
	entries []byte
}

// NextFeedback returns the first message of a compound RTCP packet (RFC 3550 section 6.1, RFC 5506) that the relay acts
// on, and what follows it; false when there is none. Whatever else a viewer sends is stepped over by its length alone.
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
	wide := b[1] == typeTransport && b[0]&0x1f == formatWide
	if b[0]&0x20 != 0 { // padding: the last byte counts itself, in whole words; browsers fill transport-wide reports up to one
		n := int(b[len(b)-1])
		if n == 0 || n%4 != 0 && !wide || n > len(b)-rtcpHeader {
			return Feedback{}, false
		}
		b = b[:len(b)-n]
	}
	if b[1] == typeSender || b[1] == typeReceiver {
		return readReport(b)
	}
	if len(b) < feedbackHeader {
		return Feedback{}, false
	}
	f := Feedback{media: binary.BigEndian.Uint32(b[8:]), entries: b[feedbackHeader:]}
	switch format := b[0] & 0x1f; {
	case b[1] == typeTransport && format == 1:
		f.Kind = NACK
	case wide && len(f.entries) >= arrivalsHeader:
		f.Kind = Transport
	case b[1] == typePayload && format == 1:
		f.Kind = PLI
	case b[1] == typePayload && format == 4:
		f.Kind = FIR
	default:
		return Feedback{}, false
	}
	return f, true
}

func readReport(b []byte) (Feedback, bool) {
	start := reportHeader
	if b[1] == typeSender {
		start += senderReport
	}
	end := start + reportBlock*int(b[0]&0x1f)
	if end == start || end > len(b) {
		return Feedback{}, false
	}
	return Feedback{Kind: Report, entries: b[start:end]}, true
}

// Loss is the share of the stream's packets, in 256ths, that were lost since the viewer's last report (RFC 3550
// section 6.4.1); false when the message says nothing about the stream.
func (f Feedback) Loss(ssrc uint32) (uint8, bool) {
	if f.Kind != Report {
		return 0, false
	}
	for b := f.entries; len(b) >= reportBlock; b = b[reportBlock:] {
		if binary.BigEndian.Uint32(b) == ssrc {
			return b[4], true
		}
	}
	return 0, false
}

// Reception is what a report says of a stream since its beginning.
type Reception struct {
	Lost       int32  // packets; more may have come than were sent
	LastReport uint32 // the middle of the NTP time of the latest sender report; 0: none has come
	Delay      uint32 // since that came, in 65536ths of a second
}

// Reception returns what the message says of the stream (RFC 3550 section 6.4.1); false when it says nothing.
func (f Feedback) Reception(ssrc uint32) (Reception, bool) {
	if f.Kind != Report {
		return Reception{}, false
	}
	for b := f.entries; len(b) >= reportBlock; b = b[reportBlock:] {
		if binary.BigEndian.Uint32(b) == ssrc {
			return Reception{
				Lost: int32(binary.BigEndian.Uint32(b[4:])<<8) >> 8, LastReport: binary.BigEndian.Uint32(b[16:]), Delay: binary.BigEndian.Uint32(b[20:]),
			}, true
		}
	}
	return Reception{}, false
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
