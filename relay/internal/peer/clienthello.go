package peer

import "encoding/binary"

const (
	useSRTP     = 14 // TLS extension of RFC 5764 section 4.1.1
	profileGCM  = 0x0007
	maxHello    = 16 << 10 // bytes of a reassembled ClientHello
	helloHeader = 12
)

// hello reassembles the ClientHello from the first DTLS datagrams (RFC 6347 section 4.2.3). Browsers list AES-CM before
// GCM, and pion's server follows their order; reading the list first lets the relay prefer GCM, whose packets cost
// half, and still serve a viewer that knows AES-CM only.
type hello struct {
	body    []byte
	have    []bool
	missing int
}

// add takes one datagram and reports whether the ClientHello is complete.
func (h *hello) add(datagram []byte) bool {
	for len(datagram) >= 13 {
		size := int(binary.BigEndian.Uint16(datagram[11:]))
		if datagram[0] != 22 || 13+size > len(datagram) { // not a handshake record
			break
		}
		h.fragment(datagram[13 : 13+size])
		datagram = datagram[13+size:]
	}
	return h.body != nil && h.missing == 0
}

func (h *hello) fragment(f []byte) {
	if len(f) < helloHeader || f[0] != 1 {
		return
	}
	total, offset, size := uint24(f[1:]), uint24(f[6:]), uint24(f[9:])
	if total > maxHello || offset+size > total || helloHeader+size > len(f) {
		return
	}
	if h.body == nil {
		h.body, h.have, h.missing = make([]byte, total), make([]bool, total), total
	}
	if len(h.body) != total {
		return
	}
	copy(h.body[offset:], f[helloHeader:helloHeader+size])
	for i := offset; i < offset+size; i++ {
		if !h.have[i] {
			h.have[i] = true
			h.missing--
		}
	}
}

func uint24(b []byte) int { return int(b[0])<<16 | int(b[1])<<8 | int(b[2]) }

// knowsGCM reports whether the client offers SRTP_AEAD_AES_128_GCM (RFC 7714 section 14.2).
func (h *hello) knowsGCM() bool {
	b := h.body
	skip := func(width int) bool { // a vector with a length of width bytes
		if len(b) < width {
			return false
		}
		n := int(b[0])
		if width == 2 {
			n = int(binary.BigEndian.Uint16(b))
		}
		if len(b) < width+n {
			return false
		}
		b = b[width+n:]
		return true
	}
	if len(b) < 34 {
		return false
	}
	b = b[34:]                                // version and random
	for _, width := range []int{1, 1, 2, 1} { // session id, cookie, cipher suites, compression
		if !skip(width) {
			return false
		}
	}
	if len(b) < 2 {
		return false
	}
	for b = b[2:]; len(b) >= 4; {
		kind, body := binary.BigEndian.Uint16(b), b[4:]
		size := int(binary.BigEndian.Uint16(b[2:]))
		if size > len(body) {
			return false
		}
		if kind == useSRTP {
			return lists(body[:size], profileGCM)
		}
		b = body[size:]
	}
	return false
}

func lists(extension []byte, profile uint16) bool {
	if len(extension) < 2 {
		return false
	}
	size := int(binary.BigEndian.Uint16(extension))
	for list := extension[2:]; size >= 2 && len(list) >= 2; size, list = size-2, list[2:] {
		if binary.BigEndian.Uint16(list) == profile {
			return true
		}
	}
	return false
}
