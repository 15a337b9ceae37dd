package forward

import (
	"time"

	"github.com/pion/rtcp"

	"github.com/coopnet/coopnet/relay/internal/packet"
)

// A viewer's retransmissions are limited: it earns half a packet for each one sent, and may save up maxRetransmissions.
// Otherwise a viewer on a thin line turns its losses into a storm.
const (
	maxRetransmissions = 200
	maxNACKs           = 128 // packets looked at in one RTCP datagram
	earnedPerPacket    = 2   // packets sent for one retransmission earned
)

// rtxOutput is the retransmission stream (RFC 4588).
type rtxOutput struct {
	ssrc   uint32
	index  uint64
	budget int
	earned int
}

func (r *rtxOutput) earn() {
	if r.earned++; r.earned == earnedPerPacket {
		r.earned = 0
		r.budget = min(r.budget+1, maxRetransmissions)
	}
}

// Feedback takes a viewer's RTCP, decrypted and not yet looked at: keyframe requests and NACKs. One goroutine calls it.
func (s *Subscription) Feedback(compound []byte) {
	asked, keyframe := 0, false
	for {
		f, rest, ok := packet.NextFeedback(compound)
		if !ok {
			break
		}
		compound = rest
		switch {
		case !f.Names(s.video.ssrc):
		case f.Kind == packet.NACK:
			asked = s.nack(f, asked)
		default:
			keyframe = true
		}
	}
	if keyframe { // however often one datagram asks
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

// nack answers from the ring that all viewers share; asked counts what the datagram asked for so far.
func (s *Subscription) nack(f packet.Feedback, asked int) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.video.track == nil || s.closed {
		return asked
	}
	for sequence := range f.Lost() {
		if asked == maxNACKs {
			s.counters.RetransmissionLimited.Add(1)
			break
		}
		asked++
		s.retransmit(sequence)
	}
	s.batch.Flush()
	return asked
}

func (s *Subscription) retransmit(sequence uint16) {
	s.counters.NACKs.Add(1)
	index, ok := s.video.mapping.Source(sequence)
	if !ok || !s.video.track.ring.Read(index, &s.scratch) {
		return
	}
	if s.rtx.budget == 0 {
		s.counters.RetransmissionLimited.Add(1)
		return
	}
	s.rtx.budget--
	place := s.video.mapping.Again(&s.scratch)
	reserved := s.batch.Reserve()
	if s.video.format.RTX == 0 { // RFC 4585: without RTX the packet itself goes out again
		n := packet.Write(reserved, packet.Header{PayloadType: s.video.format.PayloadType, SSRC: s.video.ssrc}, place, &s.scratch)
		s.transport.Protect(s.batch, reserved, n, place.Index)
	} else {
		s.rtx.index++
		n := packet.WriteRTX(reserved, packet.Header{PayloadType: s.video.format.RTX, SSRC: s.rtx.ssrc}, s.rtx.index, place, &s.scratch)
		s.transport.Protect(s.batch, reserved, n, s.rtx.index)
	}
	s.counters.Retransmitted.Add(1)
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
	if o == nil || s.closed {
		s.mu.Unlock()
		return
	}
	mapped, active := o.mapping.Timestamp(timestamp)
	report := rtcp.SenderReport{SSRC: o.ssrc, NTPTime: ntp(now), RTPTime: mapped, PacketCount: o.packets, OctetCount: o.bytes}
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
