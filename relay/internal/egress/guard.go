package egress

import "encoding/binary"

// Kind is what a datagram on the media port is, by its first byte (RFC 7983 section 7).
type Kind uint8

// The kinds of datagrams.
const (
	Refused Kind = iota
	STUN
	DTLS
	RTP
	RTCP
	Channel // TURN's ChannelData; never on the media port
)

const (
	stunHeader        = 20
	stunCookie        = 0x2112A442
	maxSTUNAttributes = 32
	maxDTLSRecord     = 13 // header bytes
	channelHeader     = 4  // bytes of a channel number and a length
)

// Classify looks at a datagram before any library does. Whatever is not exactly well-formed is Refused: parsers behind
// this point have known holes (docs/decisions.md).
func Classify(b []byte) Kind {
	if len(b) < 12 || len(b) > MaxDatagram {
		return Refused
	}
	switch first := b[0]; {
	case first < 4:
		if validSTUN(b) {
			return STUN
		}
	case first >= 20 && first <= 63:
		if len(b) > maxDTLSRecord {
			return DTLS
		}
	case first >= 128 && first <= 191:
		// RFC 5761 section 4: RTCP packet types 192-223 are RTP payload types 64-95 with the marker.
		if t := b[1]; t >= 192 && t <= 223 {
			return RTCP
		}
		return RTP
	}
	return Refused
}

// ClassifyTURN does the same for a TURN port, where nothing but STUN messages and ChannelData is (RFC 8656 section 12.4).
func ClassifyTURN(b []byte) Kind {
	switch {
	case len(b) < channelHeader || len(b) > MaxDatagram:
		return Refused
	case b[0] < 4:
		if validSTUN(b) {
			return STUN
		}
	case b[0] >= 0x40 && b[0] <= 0x4f:
		// Section 12.5: over UDP the padding to four bytes may be there or not.
		size := int(binary.BigEndian.Uint16(b[2:]))
		if rest := len(b) - channelHeader - size; rest >= 0 && rest <= 3 {
			return Channel
		}
	}
	return Refused
}

// validSTUN checks RFC 8489 section 5: exact length, attributes that fill it, and address attributes of known sizes.
func validSTUN(b []byte) bool {
	if len(b) < stunHeader || len(b)%4 != 0 || binary.BigEndian.Uint32(b[4:]) != stunCookie {
		return false
	}
	if int(binary.BigEndian.Uint16(b[2:])) != len(b)-stunHeader {
		return false
	}
	rest := b[stunHeader:]
	for count := 0; len(rest) > 0; count++ {
		if count == maxSTUNAttributes || len(rest) < 4 {
			return false
		}
		kind, size := binary.BigEndian.Uint16(rest), int(binary.BigEndian.Uint16(rest[2:]))
		padded := 4 + (size+3)&^3
		if padded > len(rest) || !validAttribute(kind, rest[4:4+size]) {
			return false
		}
		rest = rest[padded:]
	}
	return true
}

func validAttribute(kind uint16, value []byte) bool {
	size := len(value)
	switch kind {
	case 0x0001, 0x0012, 0x0016, 0x0020, 0x8020: // MAPPED-ADDRESS and the XOR addresses, one by an old number, too: the family says the size
		return size == 8 && value[1] == 1 || size == 20 && value[1] == 2
	case 0x0006: // USERNAME, section 14.3
		return size > 0 && size < 513
	case 0x0008: // MESSAGE-INTEGRITY
		return size == 20
	case 0x8028, 0x0024: // FINGERPRINT, PRIORITY
		return size == 4
	}
	return true
}
