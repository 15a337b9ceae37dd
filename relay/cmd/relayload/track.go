package main

import (
	"time"

	"github.com/pion/rtcp"
)

const (
	window   = 1024 // sequence numbers that are remembered
	maxGaps  = 512  // missing ones that are asked for again; more are lost at once
	askAfter = 20 * time.Millisecond
	askAgain = 100 * time.Millisecond
	maxAsked = 5
)

// track follows the sequence numbers of one RTP stream.
type track struct {
	ssrc           uint32
	started        bool
	first, highest uint64 // unwrapped
	got            uint64 // different packets
	recovered      uint64 // of these, by retransmission
	repeated       uint64
	seen           [window / 64]uint64
	gaps           []gap // missing, in order
}

type gap struct {
	index uint64
	next  time.Duration // when to ask
	asked int
}

// add takes a packet and returns its unwrapped number; fresh is false when it was there before.
func (t *track) add(sequence uint16, at time.Duration) (index uint64, fresh bool) {
	if !t.started {
		t.started = true
		t.first = uint64(sequence) + 1<<16
		t.highest = t.first
		t.mark(t.first)
		t.got++
		return t.first, true
	}
	index = t.highest + uint64(int64(int16(sequence-uint16(t.highest))))
	if index > t.highest {
		for missing := max(t.highest+1, index-min(index, window-1)); missing < index; missing++ {
			t.unmark(missing)
			if len(t.gaps) < maxGaps {
				t.gaps = append(t.gaps, gap{index: missing, next: at + askAfter})
			}
		}
		t.highest = index
		t.mark(index)
		t.got++
		return index, true
	}
	if index < t.first || t.highest-index >= window || t.seen[index/64%uint64(len(t.seen))]&(1<<(index%64)) != 0 {
		t.repeated++
		return index, false
	}
	t.mark(index)
	t.got++
	for i := range t.gaps {
		if t.gaps[i].index == index {
			t.gaps = append(t.gaps[:i], t.gaps[i+1:]...)
			break
		}
	}
	return index, true
}

func (t *track) mark(index uint64)   { t.seen[index/64%uint64(len(t.seen))] |= 1 << (index % 64) }
func (t *track) unmark(index uint64) { t.seen[index/64%uint64(len(t.seen))] &^= 1 << (index % 64) }

// expected is how many packets the stream had so far.
func (t *track) expected() uint64 {
	if !t.started {
		return 0
	}
	return t.highest - t.first + 1
}

// lost is how many of them did not come, or not yet.
func (t *track) lost() uint64 { return t.expected() - t.got }

// due returns the sequence numbers to ask for now, and gives up on those that were asked for too often.
func (t *track) due(at time.Duration) []uint16 {
	if len(t.gaps) == 0 {
		return nil
	}
	var list []uint16
	kept := t.gaps[:0]
	for _, g := range t.gaps {
		if g.next <= at {
			if g.asked == maxAsked {
				continue
			}
			list = append(list, uint16(g.index))
			g.asked++
			g.next = at + askAgain
		}
		kept = append(kept, g)
	}
	t.gaps = kept
	return list
}

// nack asks for sequence numbers again (RFC 4585 section 6.2.1).
func nack(sender, media uint32, sequences []uint16) *rtcp.TransportLayerNack {
	return &rtcp.TransportLayerNack{SenderSSRC: sender, MediaSSRC: media, Nacks: rtcp.NackPairsFromSequenceNumbers(sequences)}
}
