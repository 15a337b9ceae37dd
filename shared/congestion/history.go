// Package congestion estimates what the way to one receiver (a relay's viewer, a presenter's relay) carries, from what it
// reports about the packets that it got: how their delay changes (draft-ietf-rmcat-gcc-02), and how many are lost. It is
// pure arithmetic: no goroutine, no clock, no socket. Times are distances from any moment that the caller keeps to.
package congestion

import "time"

const (
	historySize = 1024 // packets: two seconds of a busy 1080p share
	tick        = 250 * time.Microsecond
)

// History is when the latest packets left for one viewer and how large they were, by transport-wide sequence number. It
// never grows: a packet that a report mentions too late is not known any more.
type History struct {
	packets [historySize]sent
	next    uint64        // number of the next packet
	covered uint64        // reports have been about all packets before this one
	latest  time.Duration // when the latest packet was sent
}

type sent struct {
	at   uint32 // in ticks, which wrap after twelve days: as exact as the viewer's reports
	size uint16 // bytes on the wire
	open bool   // no report says yet that it has come
}

// Add remembers a packet and returns its sequence number.
func (h *History) Add(size int, at time.Duration) uint16 {
	sequence := uint16(h.next)
	h.packets[h.next%historySize] = sent{at: uint32(at / tick), size: uint16(size), open: true}
	h.next++
	h.latest = at
	return sequence
}

// Moved says that packets take another way from now on: those that left before count in no loss.
func (h *History) Moved() { h.covered = h.next }

// Next is the sequence number that the next packet gets.
func (h *History) Next() uint16 { return uint16(h.next) }

// Arrived takes a packet's arrival and returns when it was sent and its size; false when it was not sent, is forgotten,
// or has arrived before: a report that repeats itself changes nothing.
func (h *History) Arrived(sequence uint16) (at time.Duration, size int, ok bool) {
	n, known := h.number(sequence)
	if !known {
		return 0, 0, false
	}
	p := &h.packets[n%historySize]
	if !p.open {
		return 0, 0, false
	}
	p.open = false
	latest := h.latest / tick
	return (latest - time.Duration(int32(uint32(latest)-p.at))) * tick, int(p.size), true
}

// number finds the packet with this sequence number among those that were sent and are remembered.
func (h *History) number(sequence uint16) (uint64, bool) {
	back := uint64(uint16(h.next) - 1 - sequence)
	if back >= min(h.next, historySize) {
		return 0, false
	}
	return h.next - 1 - back, true
}

// Covered says that a report was about count packets from this one on, and returns for how many of them it was the first.
// No more are counted than were sent.
func (h *History) Covered(base uint16, count int) int {
	if count == 0 || count > historySize {
		return 0
	}
	last, known := h.number(base + uint16(count-1))
	if !known || last < h.covered {
		return 0
	}
	oldest := h.next - min(h.next, historySize)
	fresh := last + 1 - max(h.covered, oldest)
	h.covered = last + 1
	return int(fresh)
}
