package forward

import (
	"sync/atomic"
	"time"

	"github.com/pion/rtcp"

	"github.com/coopnet/coopnet/relay/internal/egress"
	"github.com/coopnet/coopnet/relay/internal/packet"
)

// A viewer's retransmissions are limited: it earns half a packet for each one sent, and may save up maxSavings.
// Otherwise a viewer on a thin line turns its losses into a storm.
const (
	retransmissionCost = 2   // packets sent for one retransmission
	maxSavings         = 400 // packets sent: 200 retransmissions at once
	maxNACKs           = 128 // packets looked at in one RTCP datagram
)

// Answers is what retransmissions to all viewers are composed in. It belongs to the goroutine that calls Feedback.
type Answers struct {
	batch   *egress.Batch
	scratch packet.Packet
}

// NewAnswers makes the memory for retransmissions; they go out through the batch.
func NewAnswers(batch *egress.Batch) *Answers { return &Answers{batch: batch} }

// rtxOutput is the retransmission stream (RFC 4588).
type rtxOutput struct {
	ssrc    uint32
	index   uint64 // Feedback's alone
	savings atomic.Int32
}

func (r *rtxOutput) earn(packets int32) {
	if saved := r.savings.Add(packets); saved > maxSavings {
		r.savings.CompareAndSwap(saved, maxSavings) // whoever was quicker has it checked next time
	}
}

func (r *rtxOutput) spend() bool {
	if r.savings.Add(-retransmissionCost) >= 0 {
		return true
	}
	r.savings.Add(retransmissionCost)
	return false
}

// Feedback takes a viewer's RTCP, decrypted and not yet looked at: keyframe requests, NACKs and reports. One goroutine calls it for
// all viewers with the same Answers.
func (s *Subscription) Feedback(compound []byte) {
	asked, keyframe := 0, false
	for {
		f, rest, ok := packet.NextFeedback(compound)
		if !ok {
			break
		}
		compound = rest
		switch {
		case f.Kind == packet.Transport:
			s.arrived(f)
		case f.Kind == packet.Report || !f.Names(s.video.ssrc):
		case f.Kind == packet.NACK:
			asked = s.nack(f, asked)
		default:
			keyframe = true
		}
	}
	if asked > 0 {
		s.answers.batch.Flush()
	}
	if keyframe { // once, however often the datagram asks
		s.keyframe()
	}
}

func (s *Subscription) keyframe() {
	s.mu.Lock()
	t := s.nextVideo
	if t == nil {
		t = s.video.track
	}
	s.mu.Unlock()
	if t != nil {
		t.Keyframe()
	}
}

// nack answers from the ring that all viewers share; asked counts what the datagram asked for so far. A switch of the
// picture meanwhile does no harm: the numbers of the old one stay as they were.
func (s *Subscription) nack(f packet.Feedback, asked int) int {
	s.mu.Lock()
	showing := s.video.shown
	ignore := showing.track == nil || s.closed
	s.mu.Unlock()
	if ignore {
		return asked
	}
	for sequence := range f.Lost() {
		if asked == maxNACKs {
			s.counters.RetransmissionLimited.Add(1)
			break
		}
		asked++
		s.retransmit(&showing, sequence)
	}
	return asked
}

func (s *Subscription) retransmit(showing *shown, sequence uint16) {
	s.counters.NACKs.Add(1)
	p := &s.answers.scratch
	index, ok := showing.mapping.Source(sequence)
	if !ok || !showing.track.ring.Read(index, p) {
		return
	}
	if !s.rtx.spend() {
		s.counters.RetransmissionLimited.Add(1)
		return
	}
	place := showing.mapping.Again(p)
	reserved := s.answers.batch.Reserve()
	n, index := 0, place.Index
	h := packet.Header{PayloadType: showing.format.PayloadType, SSRC: s.video.ssrc, Extension: s.video.extension}
	s.mu.Lock()
	h.Transport = s.way.number(h, []step{{packet: p}})
	s.mu.Unlock()
	if showing.format.RTX == 0 { // RFC 4585: without RTX the packet itself goes out again
		n = packet.Write(reserved, h, place, p)
	} else {
		s.rtx.index++
		index = s.rtx.index
		h.PayloadType, h.SSRC = showing.format.RTX, s.rtx.ssrc
		n = packet.WriteRTX(reserved, h, index, place, p)
	}
	if s.transport.Protect(s.answers.batch, reserved, n, index) {
		s.counters.Retransmitted.Add(1)
	}
}

// report sends the viewer a sender report for what it gets of t, so that picture and sound are played together.
func (s *Subscription) report(t *Track, now time.Time) {
	timestamp, known := t.timestampAt(now)
	if !known {
		return
	}
	s.mu.Lock()
	var o *output
	switch t {
	case s.video.track:
		o = &s.video
	case s.audio.track:
		o = &s.audio
	}
	if o == nil {
		s.mu.Unlock()
		return
	}
	mapped, active := o.mapping.Timestamp(timestamp)
	report := rtcp.SenderReport{SSRC: o.ssrc, NTPTime: ntp(now), RTPTime: mapped, PacketCount: o.packets.Load(), OctetCount: o.bytes.Load()}
	s.mu.Unlock()
	if !active {
		return
	}
	s.transport.Feedback([]rtcp.Packet{&report, rtcp.NewCNAMESourceDescription(report.SSRC, s.cname)})
}

// ntp converts to the 64-bit NTP format: seconds since 1900 and their fraction (RFC 3550 section 4).
func ntp(t time.Time) uint64 {
	const secondsFrom1900To1970 = 2208988800
	return uint64(t.Unix()+secondsFrom1900To1970)<<32 | uint64(t.Nanosecond())<<32/uint64(time.Second)
}
