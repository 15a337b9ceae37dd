package packet

// Mapping turns the numbers of whichever publication a viewer gets into one continuous RTP stream (RFC 3550): the
// viewer never learns that the source changed, nor that pictures were left out. An epoch begins at each switch. A copy
// answers as the mapping did when it was made.
type Mapping struct {
	first     uint64 // publication's index at which the epoch begins
	outFirst  uint64 // the viewer's index for it
	timestamp uint32 // distance added to timestamps
	pictureID uint16 // distances added to the descriptors' numbers
	tl0       uint8

	next  uint64 // the publication's index behind all that were mapped or left out
	gaps  [maxGaps]gap
	count int // of this epoch's gaps; the newest maxGaps are known

	started    bool
	highest    uint64 // viewer's highest index so far
	last       uint32 // viewer's latest timestamp, also of what was to be sent and is given up
	lastID     uint16 // viewer's latest picture id
	lastTL0    uint8
	outOfEpoch bool // nothing is sent until Begin
}

// maxGaps is how many gaps are known: four seconds when every second picture is left out. Packets from before them are
// not placed any more.
const maxGaps = 64

// NewMapping makes a mapping that starts behind this index and timestamp, both random as RFC 3550 section 5.1 asks.
func NewMapping(index uint16, timestamp uint32) Mapping {
	return Mapping{highest: uint64(index & 0x7fff), last: timestamp, outOfEpoch: true}
}

// Begin starts an epoch at p, elapsed ticks after the latest packet.
func (m *Mapping) Begin(p *Packet, elapsed uint32) {
	if m.started && elapsed == 0 {
		elapsed = 1 // two frames never share a timestamp
	}
	m.first, m.outFirst = p.Index, m.highest+1
	m.next, m.count = p.Index, 0
	m.timestamp = m.last + elapsed - p.Timestamp
	if m.started { // the very first epoch keeps the publication's own
		m.pictureID = m.lastID + 1 - p.Descriptor.PictureID
		m.tl0 = m.lastTL0 + 1 - p.Descriptor.TL0
	}
	m.started, m.outOfEpoch = true, false
}

// End stops the epoch; later packets are refused until the next Begin.
func (m *Mapping) End() { m.outOfEpoch = true }

// Place is where a packet goes in the viewer's stream.
type Place struct {
	Index     uint64 // SRTP packet index: rollover counter and sequence number (RFC 3711 section 3.3.1)
	Timestamp uint32
	pictureID uint16
	tl0       uint8
}

// Map places a packet; false for one from before the epoch, or when there is none.
func (m *Mapping) Map(p *Packet) (Place, bool) {
	before, ok := m.before(p.Index)
	if !ok || m.outOfEpoch || p.Index < m.first {
		return Place{}, false
	}
	place := m.place(p, before)
	m.next = max(m.next, p.Index+1)
	if place.Index > m.highest {
		m.highest = place.Index
		m.Pass(p)
		if p.Descriptor.HasPictureID() {
			m.lastID = p.Descriptor.PictureID + place.pictureID
		}
		if p.Descriptor.HasTL0() {
			m.lastTL0 = p.Descriptor.TL0 + m.tl0
		}
	}
	return place, true
}

// Takes reports whether Map would place a packet.
func (m *Mapping) Takes(p *Packet) bool {
	_, ok := m.before(p.Index)
	return ok && !m.outOfEpoch && p.Index >= m.first
}

// Pass lets the viewer's time go on to a packet that Takes accepts and Map may never see.
func (m *Mapping) Pass(p *Packet) {
	if t := p.Timestamp + m.timestamp; int32(t-m.last) > 0 {
		m.last = t
	}
}

func (m *Mapping) place(p *Packet, before gap) Place {
	return Place{
		Index: p.Index - m.first + m.outFirst - before.packets, Timestamp: p.Timestamp + m.timestamp,
		pictureID: m.pictureID - before.pictures, tl0: m.tl0,
	}
}

func (m *Mapping) before(index uint64) (gap, bool) { return before(m.gaps[:], m.count, index) }

// Skip leaves out a packet that is newer than all before. picture says that it begins a picture whose id is left out as
// well. A packet that comes late is left alone: its place stays empty, for the viewer to ask for it.
func (m *Mapping) Skip(index uint64, picture bool) {
	if m.outOfEpoch || index < m.next {
		return
	}
	if g := skip(m.gaps[:], &m.count, index); picture {
		g.pictures++
	}
	m.next = index + 1
}

// Latest is the newest sequence number that the viewer was sent.
func (m *Mapping) Latest() uint16 { return uint16(m.highest) }

// Source finds the publication's index behind a sequence number that the viewer names; false when it was not sent in
// this epoch.
func (m *Mapping) Source(sequence uint16) (uint64, bool) {
	if m.outOfEpoch {
		return 0, false
	}
	out := Unwrap(m.highest, sequence)
	if out < m.outFirst || out > m.highest {
		return 0, false
	}
	index := out - m.outFirst + m.first
	for i := m.count - 1; i >= max(0, m.count-maxGaps); i-- {
		if g := &m.gaps[i%maxGaps]; index+g.packets >= g.next {
			return index + g.packets, true
		}
	}
	return index, m.count <= maxGaps
}

// Again places a packet that Map placed before, for a retransmission; it does not move the mapping.
func (m *Mapping) Again(p *Packet) Place {
	before, _ := m.before(p.Index)
	return m.place(p, before)
}

// Timestamp maps a publication's timestamp in the present epoch.
func (m *Mapping) Timestamp(t uint32) (uint32, bool) { return t + m.timestamp, !m.outOfEpoch }

// Write composes the packet at place for the viewer in b and returns its size in bytes.
func Write(b []byte, h Header, place Place, p *Packet) int {
	h.Sequence, h.Timestamp, h.Marker = uint16(place.Index), place.Timestamp, p.Marker
	h.Put(b)
	start := h.Size()
	payload := b[start : start+copy(b[start:], p.Payload())]
	if place.pictureID|uint16(place.tl0) != 0 {
		p.Descriptor.Shift(payload, place.pictureID, place.tl0)
	}
	return start + len(payload)
}

// WriteRTX composes the retransmission of the packet at place (RFC 4588 section 4): its own sequence numbers, and the
// original one before the payload.
func WriteRTX(b []byte, h Header, index uint64, place Place, p *Packet) int {
	h.Sequence, h.Timestamp, h.Marker = uint16(index), place.Timestamp, p.Marker
	h.Put(b)
	start := h.Size() + 2
	b[start-2], b[start-1] = byte(place.Index>>8), byte(place.Index)
	payload := b[start : start+copy(b[start:], p.Payload())]
	p.Descriptor.Shift(payload, place.pictureID, place.tl0)
	return start + len(payload)
}

// Active reports whether an epoch is under way.
func (m *Mapping) Active() bool { return !m.outOfEpoch }
