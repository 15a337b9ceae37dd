package packet

import "encoding/binary"

const arrivalsHeader = 8 // base sequence number, status count, reference time, feedback count

// Arrival is a packet that a viewer has got.
type Arrival struct {
	Sequence uint16 // transport-wide
	At       int64  // in quarters of a millisecond on the viewer's clock, which wraps: see Since
}

// Arrivals walks through a viewer's transport-wide report (draft-holmer-rmcat-transport-wide-cc-extensions-01 section
// 3.1). What it costs follows from the bytes that the viewer really sent: a run of packets that have not come is one
// step however long the viewer says it is, and every packet that has come takes a byte of the report.
type Arrivals struct {
	Base  uint16 // the first packet that the report is about
	Count int    // how many it is about

	chunks, deltas []byte
	left           int // packets whose status is not read yet
	sequence       uint16
	at             int64

	run    int // packets left in the present chunk
	status uint16
	vector uint16 // statuses of a vector chunk, the next one at the top
	width  int    // bits of each; 0 in a run
}

const (
	arrivalUnit = 4 * 64                  // quarters of a millisecond in one step of the reference time
	arrivalWrap = arrivalUnit * (1 << 24) // the reference time has 24 bits
)

// Arrivals returns the walk through a transport-wide report; an empty one for other kinds.
func (f Feedback) Arrivals() Arrivals {
	if f.Kind != Transport {
		return Arrivals{}
	}
	b := f.entries
	a := Arrivals{Base: binary.BigEndian.Uint16(b), Count: int(binary.BigEndian.Uint16(b[2:]))}
	a.sequence, a.left = a.Base, a.Count
	a.at = arrivalUnit * int64(binary.BigEndian.Uint32(b[4:])>>8)
	b = b[arrivalsHeader:]
	n := 0 // the times lie behind the chunks
	for stated := 0; stated < a.Count && len(b)-n >= 2; n += 2 {
		stated += statuses(binary.BigEndian.Uint16(b[n:]))
	}
	a.chunks, a.deltas = b[:n], b[n:]
	return a
}

// statuses is how many packets a chunk is about, sections 3.1.3 and 3.1.4.
func statuses(chunk uint16) int {
	switch chunk >> 14 {
	case 2:
		return 14
	case 3:
		return 7
	}
	return int(chunk & 0x1fff)
}

// Next returns the next packet that has come; false when there are no more, or the report ends too early.
func (a *Arrivals) Next() (Arrival, bool) {
	for a.left > 0 && a.next() {
		status := a.status
		if a.width > 0 {
			status = a.vector >> (16 - a.width)
			a.vector <<= a.width
		} else if status == 0 || status == 3 { // no time belongs to them: all at once
			a.skip(a.run)
			continue
		}
		sequence := a.sequence
		a.skip(1)
		switch {
		case status == 1 && len(a.deltas) >= 1:
			a.at += int64(a.deltas[0])
			a.deltas = a.deltas[1:]
		case status == 2 && len(a.deltas) >= 2:
			a.at += int64(int16(binary.BigEndian.Uint16(a.deltas)))
			a.deltas = a.deltas[2:]
		case status == 1 || status == 2:
			a.left = 0
			return Arrival{}, false
		default:
			continue
		}
		return Arrival{sequence, a.at}, true
	}
	return Arrival{}, false
}

// next makes sure that a chunk is under way.
func (a *Arrivals) next() bool {
	for a.run == 0 {
		if len(a.chunks) < 2 {
			return false
		}
		chunk := binary.BigEndian.Uint16(a.chunks)
		a.chunks = a.chunks[2:]
		a.run, a.width, a.status = min(statuses(chunk), a.left), 0, chunk>>13&3
		switch chunk >> 14 {
		case 2:
			a.width, a.vector = 1, chunk<<2
		case 3:
			a.width, a.vector = 2, chunk<<2
		}
	}
	return true
}

func (a *Arrivals) skip(n int) {
	a.run, a.left, a.sequence = a.run-n, a.left-n, a.sequence+uint16(n)
}

// Since is the time from an earlier arrival to a later one, over a wrap of the viewer's clock.
func (a Arrival) Since(earlier int64) int64 {
	d := (a.At - earlier) % arrivalWrap
	switch {
	case d > arrivalWrap/2:
		d -= arrivalWrap
	case d < -arrivalWrap/2:
		d += arrivalWrap
	}
	return d
}
