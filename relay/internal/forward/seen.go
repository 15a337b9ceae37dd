package forward

import (
	"sync/atomic"
	"time"

	"github.com/coopnet/coopnet/relay/internal/packet"
)

// seen is what a viewer's RTCP has said, and what came of it. It is written where RTCP is read, but for the packets that
// are sent again.
type seen struct {
	datagrams, bytes atomic.Uint64
	asked, repeated  atomic.Uint64 // packets
	keyframes        atomic.Uint64 // requests
	lost             atomic.Int64  // packets of the picture, as the latest report has them
	trip             atomic.Int64  // nanoseconds, by the latest report; 0: not known
}

// Stats is what one viewer was sent, and said of it.
type Stats struct {
	Packets, Bytes       uint64 // to the viewer; payload
	Reports, ReportBytes uint64 // RTCP datagrams from the viewer
	NACKs, Retransmitted uint64 // packets that it asked for again, and got
	KeyframeRequests     uint64
	Lost                 int64
	Trip                 time.Duration // there and back; 0: not known
	Estimate             float64       // bit/s that the way carries; 0: no limit was met
}

// Stats counts until now.
func (s *Subscription) Stats() Stats {
	s.mu.Lock()
	rate, limited := s.way.estimator.Rate()
	s.mu.Unlock()
	if !limited {
		rate = 0
	}
	return Stats{
		Packets: uint64(s.video.packets.Load()) + uint64(s.audio.packets.Load()), Bytes: uint64(s.video.bytes.Load()) + uint64(s.audio.bytes.Load()),
		Reports: s.seen.datagrams.Load(), ReportBytes: s.seen.bytes.Load(), NACKs: s.seen.asked.Load(), Retransmitted: s.seen.repeated.Load(),
		KeyframeRequests: s.seen.keyframes.Load(), Lost: s.seen.lost.Load(), Trip: time.Duration(s.seen.trip.Load()), Estimate: rate,
	}
}

// longestTrip is beyond what a way can take: what says more is wrong.
const longestTrip = time.Minute

// received takes what a report says of the picture since its beginning. The round trip is what has passed since the sender
// report that it answers, less the time that the viewer had it (RFC 3550 section 6.4.1).
func (s *Subscription) received(f packet.Feedback) {
	r, ok := f.Reception(s.video.ssrc)
	if !ok {
		return
	}
	s.seen.lost.Store(max(0, int64(r.Lost)))
	if r.LastReport == 0 {
		return
	}
	passed := int32(uint32(ntp(s.way.now())>>16) - r.LastReport - r.Delay)
	if trip := time.Duration(passed) * time.Second >> 16; trip >= 0 && trip < longestTrip {
		s.seen.trip.Store(int64(trip))
	}
}
