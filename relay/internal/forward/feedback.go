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
	steps   [1]step
}

// NewAnswers makes the memory for retransmissions; they go out through the batch.
func NewAnswers(batch *egress.Batch) *Answers { return &Answers{batch: batch} }

// rtxOutput is the retransmission stream (RFC 4588).
type rtxOutput struct {
	ssrc    uint32
	index   uint64 // the subscription's lock guards it
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
	s.seen.datagrams.Add(1)
	s.seen.bytes.Add(uint64(len(compound)))
	for {
		f, rest, ok := packet.NextFeedback(compound)
		if !ok {
			break
		}
		compound = rest
		switch {
		case f.Kind == packet.Transport:
			s.arrived(f)
		case f.Kind == packet.Report:
			s.received(f)
			s.lost(f)
		case !f.Names(s.video.ssrc):
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
		s.seen.keyframes.Add(1)
		s.keyframe()
	}
}

func (s *Subscription) keyframe() {
	s.mu.Lock()
	t, slow := s.nextVideo, false
	if t == nil {
		t, slow = s.video.track, s.limited(&s.video)
	}
	s.mu.Unlock()
	switch {
	case t == nil:
	case slow: // what a thin way loses is not everybody's concern
		t.relieve()
	default:
		t.Keyframe()
	}
}

// nack answers from the ring that all viewers share; asked counts what the datagram asked for so far.
func (s *Subscription) nack(f packet.Feedback, asked int) int {
	s.mu.Lock()
	showing, slow := s.video.shown, s.limited(&s.video)
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
		s.counters.NACKs.Add(1)
		s.seen.asked.Add(1)
		if slow {
			s.repeatLater(sequence)
		} else {
			s.retransmit(&showing, sequence)
		}
	}
	if slow {
		notify(showing.track.pace)
	}
	return asked
}

// repeatLater lets a retransmission wait for its time: it counts against the viewer's rate, before anything new.
func (s *Subscription) repeatLater(sequence uint16) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.video.mapping.Source(sequence); !ok || s.fitting.rate == 0 {
		return
	}
	if !s.rtx.spend() {
		s.counters.RetransmissionLimited.Add(1)
		return
	}
	if !s.fitting.repeat(sequence, s.way.time(), s.way.trip) {
		s.rtx.earn(retransmissionCost)
	}
}

// retransmit answers at once. A switch of the picture meanwhile does no harm: the numbers of the old one stay as they
// were.
func (s *Subscription) retransmit(showing *shown, sequence uint16) {
	packetAgain := &s.answers.scratch
	index, ok := showing.mapping.Source(sequence)
	if !ok || !showing.track.ring.Read(index, packetAgain) {
		return
	}
	if !s.rtx.spend() {
		s.counters.RetransmissionLimited.Add(1)
		return
	}
	p := plan{output: &s.video, steps: s.answers.steps[:]}
	p.steps[0] = step{place: showing.mapping.Again(packetAgain), packet: packetAgain, repeat: true}
	s.mu.Lock()
	s.address(&p, showing.format, s.way.time())
	s.mu.Unlock()
	s.send(&p, s.answers.batch)
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
