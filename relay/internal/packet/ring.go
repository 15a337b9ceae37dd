package packet

import "sync"

// Packet is one stored packet of a track. Index is the unwrapped sequence number.
type Packet struct {
	Index      uint64
	Timestamp  uint32
	Marker     bool
	Descriptor Descriptor
	size       int
	data       [MaxSize - HeaderSize]byte
}

// Payload is the packet's payload; it aliases the packet.
func (p *Packet) Payload() []byte { return p.data[:p.size] }

// Fill makes p the packet with this header and payload; false when the payload is too large.
func (p *Packet) Fill(index uint64, h Header, payload []byte, d Descriptor) bool {
	if len(payload) > len(p.data) {
		return false
	}
	p.Index, p.Timestamp, p.Marker, p.Descriptor = index, h.Timestamp, h.Marker, d
	p.size = copy(p.data[:], payload)
	return true
}

func (p *Packet) copyFrom(q *Packet) {
	p.Index, p.Timestamp, p.Marker, p.Descriptor, p.size = q.Index, q.Timestamp, q.Marker, q.Descriptor, q.size
	copy(p.data[:q.size], q.data[:q.size])
}

// Ring keeps the latest packets of one track. All viewers share it: fan-out reads from it, and so do the answers to
// NACKs. It is safe for one writer and many readers.
type Ring struct {
	mu    sync.RWMutex
	slots []slot
	mask  uint64
}

type slot struct {
	used   bool
	packet Packet
}

// NewRing makes a ring of 2^order packets, about 1.5 KB each.
func NewRing(order uint) *Ring {
	return &Ring{slots: make([]slot, 1<<order), mask: 1<<order - 1}
}

// Size is the number of packets that the ring holds.
func (r *Ring) Size() int { return len(r.slots) }

// Put stores a packet; false when it was there already, is older than what its slot holds, or is too large.
func (r *Ring) Put(index uint64, h Header, payload []byte, d Descriptor) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := &r.slots[index&r.mask]
	if s.used && s.packet.Index >= index || !s.packet.Fill(index, h, payload, d) {
		return false
	}
	s.used = true
	return true
}

// Read copies the packet with this index to into; false when the ring no longer, or never, had it.
func (r *Ring) Read(index uint64, into *Packet) bool {
	r.mu.RLock()
	defer r.mu.RUnlock()
	s := &r.slots[index&r.mask]
	if !s.used || s.packet.Index != index {
		return false
	}
	into.copyFrom(&s.packet)
	return true
}
