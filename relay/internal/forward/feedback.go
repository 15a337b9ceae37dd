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

// Feedback takes a viewer's RTCP: keyframe requests and NACKs. One goroutine calls it for all viewers with the same
// Answers.
func (s *Subscription) Feedback(packets []rtcp.Packet) {
	asked := 0
	for _, p := range packets {
		switch p := p.(type) {
		case *rtcp.PictureLossIndication:
			s.keyframe(p.MediaSSRC)
		case *rtcp.FullIntraRequest:
			for _, entry := range p.FIR {
				s.keyframe(entry.SSRC)
			}
		case *rtcp.TransportLayerNack:
			asked = s.nack(p, asked)
		}
	}
	if asked > 0 {
		s.answers.batch.Flush()
	}
}

func (s *Subscription) keyframe(ssrc uint32) {
	s.mu.Lock()
	t := s.nextVideo
	if t == nil {
		t = s.video.track
	}
	if ssrc != s.video.ssrc {
		t = nil
	}
	s.mu.Unlock()
	if t != nil {
		t.Keyframe()
	}
}

// nack answers from the ring that all viewers share; asked counts what the datagram asked for so far. A switch of the
// picture meanwhile does no harm: the numbers of the old one stay as they were.
func (s *Subscription) nack(n *rtcp.TransportLayerNack, asked int) int {
	s.mu.Lock()
	showing := s.video.shown
	ignore := n.MediaSSRC != s.video.ssrc || showing.track == nil
	s.mu.Unlock()
	if ignore {
		return asked
	}
	for _, pair := range n.Nacks {
		for sequence, bits := pair.PacketID, uint32(pair.LostPackets)<<1|1; bits != 0; sequence, bits = sequence+1, bits>>1 {
			if bits&1 == 0 {
				continue
			}
			if asked == maxNACKs {
				s.counters.RetransmissionLimited.Add(1)
				return asked
			}
			asked++
			s.retransmit(&showing, sequence)
		}
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
	if showing.format.RTX == 0 { // RFC 4585: without RTX the packet itself goes out again
		n = packet.Write(reserved, packet.Header{PayloadType: showing.format.PayloadType, SSRC: s.video.ssrc}, place, p)
	} else {
		s.rtx.index++
		index = s.rtx.index
		n = packet.WriteRTX(reserved, packet.Header{PayloadType: showing.format.RTX, SSRC: s.rtx.ssrc}, index, place, p)
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
