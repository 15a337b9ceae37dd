package forward

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/rtcp"

	"github.com/coopnet/coopnet/relay/internal/egress"
	"github.com/coopnet/coopnet/relay/internal/packet"
)

// Transport carries one viewer's packets. Its methods are called from several goroutines.
type Transport interface {
	// Protect encrypts the RTP packet in the first n bytes of b and commits it; index is the SRTP packet index of its
	// SSRC (RFC 3711 section 3.3.1). It reports false, and commits nothing, while the viewer is not connected.
	Protect(b *egress.Batch, reserved []byte, n int, index uint64) bool
	// Feedback encrypts and sends RTCP at once. Loss is not reported.
	Feedback(packets []rtcp.Packet)
	// Moves counts how often the way to the viewer was changed for another one.
	Moves() uint32
}

// SubscriptionConfig is what a viewer negotiated.
type SubscriptionConfig struct {
	Transport Transport
	Formats   map[packet.Codec]packet.Format
	VideoSSRC uint32
	RTXSSRC   uint32
	AudioSSRC uint32
	CNAME     string
	First     uint32 // random: where the sequence numbers and timestamps of the streams begin
	Answers   *Answers
	Counters  *Counters
	CongestionControl
}

// Subscription is one viewer's view of a conference's screen. Switch changes the publication behind it without any
// renegotiation; the new picture starts at its first keyframe.
type Subscription struct {
	transport Transport
	formats   map[packet.Codec]packet.Format
	cname     string
	counters  *Counters
	answers   *Answers
	rtx       rtxOutput

	mu        sync.Mutex // held for arithmetic only: what is planned under it is sent after it
	video     output
	audio     output
	layers    layering
	nextVideo *Track // waits for its keyframe
	closed    bool
	way       way
	fitting   *fitting // nil until the way shows a limit

	seen seen
}

// output is one continuous RTP stream to the viewer.
type output struct {
	ssrc      uint32
	extension uint8 // id of the transport-wide sequence number's header extension
	shown
	sentAt         time.Time
	packets, bytes atomic.Uint32 // as sender reports count them
}

// shown is what an output shows and how that is numbered. A copy answers questions without the lock.
type shown struct {
	track   *Track // nil while nothing is shown
	format  packet.Format
	mapping packet.Mapping
}

// NewSubscription makes a subscription that shows nothing yet.
func NewSubscription(cfg SubscriptionConfig) *Subscription {
	s := &Subscription{
		transport: cfg.Transport, formats: cfg.Formats, cname: cfg.CNAME, counters: cfg.Counters, answers: cfg.Answers,
		video: output{ssrc: cfg.VideoSSRC, extension: cfg.Video, shown: shown{mapping: packet.NewMapping(uint16(cfg.First), cfg.First*2654435761)}},
		audio: output{ssrc: cfg.AudioSSRC, extension: cfg.Audio, shown: shown{mapping: packet.NewMapping(uint16(cfg.First>>16), cfg.First*40503)}},
		rtx:   rtxOutput{ssrc: cfg.RTXSSRC, index: uint64(cfg.First >> 8 & 0x7fff)},
		way:   newWay(cfg.CongestionControl),
	}
	s.rtx.earn(maxSavings)
	return s
}

// Switch shows another publication, or nothing when p is nil. It reports false when the viewer cannot decode p; the
// viewer then sees nothing.
func (s *Subscription) Switch(p *Publication) bool {
	var full, low, audio *Track
	if p != nil {
		full, low, audio = p.Video, p.Low, p.Audio
	}
	playable := true
	if full != nil {
		if _, known := s.formats[full.codec]; !known {
			full, low, playable = nil, nil, false
		}
	}
	if low != nil {
		if _, known := s.formats[low.codec]; !known {
			low = nil
		}
	}
	if audio != nil {
		if _, known := s.formats[audio.codec]; !known {
			audio = nil
		}
	}
	before, video := s.retarget(full, low, audio, false)
	s.settle(append(before, video, audio))
	if video != nil {
		video.Keyframe()
	}
	return playable
}

func (s *Subscription) settle(tracks []*Track) {
	for _, t := range tracks {
		if t != nil {
			t.settle(s)
		}
	}
}

// retarget changes the sources, perhaps for the last time, and returns those of before, of which some may be nil, and
// the picture that fits the viewer's way.
func (s *Subscription) retarget(full, low, audio *Track, last bool) (before []*Track, video *Track) {
	s.mu.Lock()
	defer s.mu.Unlock()
	before = []*Track{s.nextVideo, s.video.track, s.audio.track}
	if s.closed {
		return before, nil
	}
	s.closed, s.nextVideo = last, nil
	if full != s.layers.full {
		s.layers.absent = 0
	}
	s.layers.full, s.layers.low, s.layers.waited = full, low, 0
	video = s.layers.wanted()
	if last { // its estimate counts no more
		s.counters.Estimates.move(s.way.band, 0)
		s.way.band = 0
	}
	switch {
	case video == nil:
		s.video.stop()
	case video != s.video.track:
		s.nextVideo = video // the old picture stays until the new one's keyframe
	}
	if audio != s.audio.track {
		s.audio.stop()
		if audio != nil {
			s.audio.track, s.audio.format = audio, s.formats[audio.codec]
		}
	}
	return before, video
}

// stop ends the output's epoch.
func (o *output) stop() {
	o.track = nil
	o.mapping.End()
}

// wants reports whether the viewer needs t's packets.
func (s *Subscription) wants(t *Track) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return t == s.video.track || t == s.nextVideo || t == s.audio.track
}

// Close detaches the viewer. Only a burst that is under way may still be sent.
func (s *Subscription) Close() {
	before, _ := s.retarget(nil, nil, nil, true)
	s.settle(before)
}

// plan is what one viewer gets of a burst.
type plan struct {
	output *output
	header packet.Header // payload type and SSRC
	again  packet.Header // of what is sent again
	steps  []step
	left   *Track // is not needed any more
	ask    bool   // a keyframe is needed
	// relieve says that a slow viewer could start again at a keyframe.
	relieve bool
}

// step is one packet of a plan.
type step struct {
	place  packet.Place
	packet *packet.Packet
	repeat bool   // it was sent before
	rtx    uint64 // then its index in the retransmission stream, if there is one
}

// forward sends a burst to the viewer, on the track's goroutine.
func (s *Subscription) forward(b *burst, batch *egress.Batch) {
	p := s.plan(b)
	s.send(&p, batch)
	if p.left != nil {
		p.left.settle(s)
	}
	if p.ask {
		b.track.Keyframe()
	}
}

// send composes and encrypts what was planned.
func (s *Subscription) send(p *plan, batch *egress.Batch) {
	var packets, bytes, repeats uint32
	for i := range p.steps { // what each packet costs for each viewer
		next := &p.steps[i]
		reserved := batch.Reserve()
		if next.repeat {
			if s.again(p, next, reserved, batch) {
				repeats++
			}
		} else {
			n := packet.Write(reserved, p.header, next.place, next.packet)
			if s.transport.Protect(batch, reserved, n, next.place.Index) {
				packets++
				bytes += uint32(n - p.header.Size())
			}
		}
		p.header.Transport++
	}
	p.output.packets.Add(packets)
	p.output.bytes.Add(bytes)
	s.rtx.earn(int32(packets))
	s.counters.Forwarded.Add(uint64(packets))
	if repeats > 0 {
		s.counters.Retransmitted.Add(uint64(repeats))
		s.seen.repeated.Add(uint64(repeats))
	}
}

// again sends a packet again.
func (s *Subscription) again(p *plan, next *step, reserved []byte, batch *egress.Batch) bool {
	p.again.Transport = p.header.Transport
	if next.rtx == 0 { // RFC 4585: without RTX the packet itself goes out again
		return s.transport.Protect(batch, reserved, packet.Write(reserved, p.again, next.place, next.packet), next.place.Index)
	}
	return s.transport.Protect(batch, reserved, packet.WriteRTX(reserved, p.again, next.rtx, next.place, next.packet), next.rtx)
}

// plan places the burst's packets in the viewer's streams. After an overflow the viewer waits for a keyframe: the gap
// cannot be decoded.
func (s *Subscription) plan(b *burst) plan {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := plan{output: &s.video, steps: b.steps[:0]}
	switch {
	case b.track == s.audio.track:
		p.output = &s.audio
	case b.track == s.video.track && b.overflow:
		s.video.stop()
		if s.nextVideo == nil {
			s.nextVideo = b.track
		} else {
			p.left = b.track // another picture is awaited already
		}
	}
	o := p.output
	now := s.way.time()
	for i := range b.packets {
		next := &b.packets[i]
		if b.track == s.nextVideo && next.Descriptor.Keyframe {
			p.left = s.video.track
			s.video.track, s.video.format, s.nextVideo = b.track, s.formats[b.track.codec], nil
			o.begin(next, b.at)
			if s.fitting != nil {
				s.fitting.begin(b.track, o.format)
			}
		}
		if o.track != b.track {
			continue
		}
		if !o.mapping.Active() { // sound begins anywhere
			o.begin(next, b.at)
		}
		if s.limited(o) {
			s.wait(next, b, now)
			continue
		}
		if place, ok := o.mapping.Map(next); ok {
			p.steps = append(p.steps, step{place: place, packet: next})
		}
	}
	if len(p.steps) > 0 {
		o.sentAt = b.at
	}
	s.address(&p, o.format, now)
	p.ask = b.overflow && b.track == s.nextVideo
	return p
}

// limited reports whether the viewer's way carries less than everything of o; sound never waits.
func (s *Subscription) limited(o *output) bool {
	return o == &s.video && s.fitting != nil && s.fitting.rate > 0
}

// wait lets a packet of the picture wait for its time, or leaves it out.
func (s *Subscription) wait(p *packet.Packet, b *burst, now time.Duration) {
	f, m := s.fitting, &s.video.mapping
	begun := f.begun && f.timestamp == p.Timestamp
	b.waiting = true
	if !f.takes(p, now) {
		m.Skip(p.Index, !begun && b.track.codec == packet.VP8)
		s.counters.Thinned.Add(1)
		return
	}
	if f.anew {
		f.anew = false
		s.video.begin(p, b.at)
	}
	if m.Takes(p) {
		m.Pass(p)
		f.push(p, m)
		s.video.sentAt = b.at
	}
}

// begin starts an epoch at p.
func (o *output) begin(p *packet.Packet, at time.Time) {
	var elapsed time.Duration
	if !o.sentAt.IsZero() {
		elapsed = max(0, at.Sub(o.sentAt)) // the other track's goroutine may have looked at the clock later
	}
	o.mapping.Begin(p, ticks(elapsed, o.track.codec))
}
