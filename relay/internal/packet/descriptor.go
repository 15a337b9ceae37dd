package packet

import "encoding/binary"

// Codec names a payload format that the relay understands.
type Codec string

// The codecs, as SDP names them.
const (
	VP8  Codec = "VP8"
	VP9  Codec = "VP9"
	H264 Codec = "H264"
	AV1  Codec = "AV1"
	Opus Codec = "opus"
)

// ClockRate is the RTP clock in ticks per second.
func (c Codec) ClockRate() uint32 {
	if c == Opus {
		return 48000
	}
	return 90000
}

// Format is a codec's payload type as one viewer negotiated it. RTX is 0 where the viewer took no retransmission format.
type Format struct {
	PayloadType uint8
	RTX         uint8
}

// Descriptor is what the relay reads from a payload. Offsets count from the payload's start; 0 means absent (no field
// that is rewritten ever stands at 0).
type Descriptor struct {
	Keyframe  bool  // the first packet of a keyframe: a viewer may start here
	Temporal  uint8 // the picture's temporal layer: no picture of a lower one needs it
	Switch    bool  // higher layers may be taken up here: see the codecs
	PictureID uint16
	TL0       uint8
	idOffset  uint8
	idWide    bool // 15 bits, else 7
	tl0Offset uint8
}

// Describe reads the descriptor at the payload's start. Malformed payloads give the zero Descriptor: the relay passes
// them on, and the viewer's decoder decides.
func Describe(c Codec, payload []byte) Descriptor {
	switch c {
	case VP8:
		return describeVP8(payload)
	case VP9:
		return describeVP9(payload)
	case H264:
		return Descriptor{Keyframe: keyframeH264(payload)}
	case AV1:
		layer := temporalAV1(payload)
		return Descriptor{Keyframe: keyframeAV1(payload), Temporal: layer, Switch: layer == 0} // as browsers' layers begin anew there
	}
	return Descriptor{Keyframe: true} // sound: every packet stands alone
}

// describeVP8 follows RFC 7741 section 4.2.
func describeVP8(p []byte) Descriptor {
	if len(p) < 2 {
		return Descriptor{}
	}
	var d Descriptor
	n := 1
	if p[0]&0x80 != 0 { // X
		x := p[1]
		n = 2
		if x&0x80 != 0 { // I
			if n = d.readPictureID(p, n); n == 0 {
				return Descriptor{}
			}
		}
		if x&0x40 != 0 { // L
			if n >= len(p) {
				return Descriptor{}
			}
			d.TL0, d.tl0Offset = p[n], uint8(n)
			n++
		}
		if x&0x30 != 0 { // T or K share a byte
			if n >= len(p) {
				return Descriptor{}
			}
			if x&0x20 != 0 { // T; Y: the picture needs no other than those of layer 0
				d.Temporal, d.Switch = p[n]>>6, p[n]&0x20 != 0
			}
			n++
		}
	}
	// S=1 and partition 0 start a frame; P=0 in the VP8 payload header is a keyframe (section 4.3).
	d.Keyframe = p[0]&0x10 != 0 && p[0]&0x07 == 0 && n < len(p) && p[n]&0x01 == 0
	return d
}

// readPictureID returns the offset behind the picture id, or 0 when the payload ends first.
func (d *Descriptor) readPictureID(p []byte, n int) int {
	if n >= len(p) {
		return 0
	}
	d.idOffset = uint8(n)
	if p[n]&0x80 == 0 {
		d.PictureID = uint16(p[n])
		return n + 1
	}
	if n+1 >= len(p) {
		return 0
	}
	d.PictureID, d.idWide = binary.BigEndian.Uint16(p[n:])&0x7fff, true
	return n + 2
}

// describeVP9 follows RFC 9628 section 4.2.
func describeVP9(p []byte) Descriptor {
	if len(p) < 1 {
		return Descriptor{}
	}
	var d Descriptor
	b := p[0]
	n := 1
	if b&0x80 != 0 { // I
		if n = d.readPictureID(p, n); n == 0 {
			return Descriptor{}
		}
	}
	spatial := byte(0)
	if b&0x20 != 0 { // L
		if n >= len(p) {
			return Descriptor{}
		}
		// U: later pictures of higher layers need nothing from before this one, beyond its own layer.
		d.Temporal, d.Switch, spatial = p[n]>>5, p[n]&0x10 != 0, p[n]>>1&0x07
		n++
		if b&0x10 == 0 { // F=0: TL0PICIDX follows
			if n >= len(p) {
				return Descriptor{}
			}
			d.TL0, d.tl0Offset = p[n], uint8(n)
		}
	}
	// B=1 starts a frame, P=0 is not predicted from other pictures, and the base layer comes first.
	d.Keyframe = b&0x08 != 0 && b&0x40 == 0 && spatial == 0
	return d
}

// keyframeH264 looks for a sequence parameter set or the first slice of an IDR picture, RFC 6184 sections 5.4 to 5.8.
func keyframeH264(p []byte) bool {
	if len(p) < 2 {
		return false
	}
	switch kind := p[0] & 0x1f; kind {
	case 5, 7:
		return startsH264(kind, p[1])
	case 24: // STAP-A
		for rest := p[1:]; len(rest) > 2; {
			size := int(binary.BigEndian.Uint16(rest))
			if size == 0 || size > len(rest)-2 {
				return false
			}
			if size > 1 && startsH264(rest[2]&0x1f, rest[3]) {
				return true
			}
			rest = rest[2+size:]
		}
	case 28, 29: // FU-A, FU-B with the start bit
		return len(p) > 2 && p[1]&0x80 != 0 && startsH264(p[1]&0x1f, p[2])
	}
	return false
}

// startsH264 reports whether a unit of this type, whose header is followed by next, starts a keyframe. A slice begins
// with the number of its first macroblock, for which a set bit is 0 (H.264 section 7.3.3): nobody may start at a later one.
func startsH264(kind, next byte) bool { return kind == 7 || kind == 5 && next&0x80 != 0 }

// keyframeAV1 reads the N bit of the aggregation header: a new coded video sequence starts here (AV1 RTP section 4.4).
func keyframeAV1(p []byte) bool {
	return len(p) > 1 && p[0]&0x08 != 0 && p[0]&0x80 == 0
}

// temporalAV1 reads the layer from the first OBU's header (AV1 RTP section 4.4, AV1 section 5.3); 0 where a packet begins
// within an OBU.
func temporalAV1(p []byte) uint8 {
	if len(p) < 2 || p[0]&0x80 != 0 { // Z: goes on from the packet before
		return 0
	}
	b := p[1:]
	if p[0]>>4&0x03 != 1 { // W: unless there is but one element, each begins with its size (leb128)
		for len(b) > 0 && b[0]&0x80 != 0 {
			b = b[1:]
		}
		b = b[min(1, len(b)):]
	}
	if len(b) < 2 || b[0]&0x04 == 0 { // no extension: no layers
		return 0
	}
	return b[1] >> 5
}

// Shift rewrites the picture id and TL0PICIDX in payload by the given distances, so that a switch of publications does
// not look like old pictures to the viewer's decoder.
func (d Descriptor) Shift(payload []byte, pictureID uint16, tl0 uint8) {
	switch id := d.PictureID + pictureID; {
	case d.idOffset == 0 || int(d.idOffset) >= len(payload):
	case !d.idWide:
		payload[d.idOffset] = byte(id & 0x7f)
	case int(d.idOffset)+1 < len(payload):
		binary.BigEndian.PutUint16(payload[d.idOffset:], id|0x8000)
	}
	if d.tl0Offset != 0 && int(d.tl0Offset) < len(payload) {
		payload[d.tl0Offset] = d.TL0 + tl0
	}
}

// HasPictureID reports whether the payload carries a picture id.
func (d Descriptor) HasPictureID() bool { return d.idOffset != 0 }

// HasTL0 reports whether the payload carries a TL0PICIDX.
func (d Descriptor) HasTL0() bool { return d.tl0Offset != 0 }
