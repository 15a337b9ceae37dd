package forward

import (
	"sync"
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
	Batch     *egress.Batch
	Counters  *Counters
	Now       func() time.Time
}

// Subscription is one viewer's view of a conference's screen. Switch changes the publication behind it without any
// renegotiation; the new picture starts at its first keyframe.
type Subscription struct {
	transport Transport
	formats   map[packet.Codec]packet.Format
	cname     string
	counters  *Counters
	now       func() time.Time

	mu        sync.Mutex
	video     output
	audio     output
	nextVideo *Track // waits for its keyframe
	rtx       rtxOutput
	batch     *egress.Batch // for retransmissions
	scratch   packet.Packet
	closed    bool
}

// output is one continuous RTP stream to the viewer.
type output struct {
	ssrc    uint32
	track   *Track // nil while nothing is shown
	format  packet.Format
	mapping packet.Mapping
	sentAt  time.Time
	packets uint32
	bytes   uint32
}

// NewSubscription makes a subscription that shows nothing yet.
func NewSubscription(cfg SubscriptionConfig) *Subscription {
	return &Subscription{
		transport: cfg.Transport, formats: cfg.Formats, cname: cfg.CNAME, counters: cfg.Counters, now: cfg.Now, batch: cfg.Batch,
		video: output{ssrc: cfg.VideoSSRC, mapping: packet.NewMapping(uint16(cfg.First), cfg.First*2654435761)},
		audio: output{ssrc: cfg.AudioSSRC, mapping: packet.NewMapping(uint16(cfg.First>>16), cfg.First*40503)},
		rtx:   rtxOutput{ssrc: cfg.RTXSSRC, index: uint64(cfg.First >> 8 & 0x7fff), budget: maxRetransmissions},
	}
}

// Switch shows another publication, or nothing when p is nil. It reports false when the viewer cannot decode p; the
// viewer then sees nothing.
func (s *Subscription) Switch(p *Publication) bool {
	var video, audio *Track
	if p != nil {
		video, audio = p.Video, p.Audio
	}
	playable := true
	if video != nil {
		if _, known := s.formats[video.codec]; !known {
			video, playable = nil, false
		}
	}
	if audio != nil {
		if _, known := s.formats[audio.codec]; !known {
			audio = nil
		}
	}
	for _, t := range s.retarget(video, audio) {
		t.detach(s)
	}
	for _, t := range []*Track{video, audio} {
		if t != nil {
			t.attach(s)
		}
	}
	if video != nil {
		video.Keyframe()
	}
	return playable
}

// retarget changes the sources and returns the tracks that are no longer needed.
func (s *Subscription) retarget(video, audio *Track) (unused []*Track) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil
	}
	if s.nextVideo != nil && s.nextVideo != video {
		unused = append(unused, s.nextVideo)
	}
	s.nextVideo = nil
	switch {
	case video == nil:
		unused = appendTrack(unused, s.video.stop())
	case video != s.video.track:
		s.nextVideo = video // the old picture stays until the new one's keyframe
	}
	if audio != s.audio.track {
		unused = appendTrack(unused, s.audio.stop())
		if audio != nil {
			s.audio.track, s.audio.format = audio, s.formats[audio.codec]
		}
	}
	return unused
}

func appendTrack(list []*Track, t *Track) []*Track {
	if t == nil {
		return list
	}
	return append(list, t)
}

// stop ends the output's epoch and returns the track that it showed.
func (o *output) stop() *Track {
	t := o.track
	o.track = nil
	o.mapping.End()
	return t
}

// Close detaches the viewer; nothing is sent afterwards.
func (s *Subscription) Close() {
	unused := s.retarget(nil, nil)
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	for _, t := range unused {
		t.detach(s)
	}
}

// forward sends a burst of track t to the viewer, on t's goroutine. After an overflow the viewer waits for a keyframe:
// the gap cannot be decoded.
func (s *Subscription) forward(t *Track, burst []packet.Packet, b *egress.Batch, at time.Time, overflow bool) {
	s.mu.Lock()
	left, ask := s.send(t, burst, b, at, overflow)
	s.mu.Unlock()
	if left != nil {
		left.detach(s)
	}
	if ask {
		t.Keyframe()
	}
}

func (s *Subscription) send(t *Track, burst []packet.Packet, b *egress.Batch, at time.Time, overflow bool) (left *Track, ask bool) {
	if s.closed {
		return nil, false
	}
	o := &s.video
	switch {
	case t == s.audio.track:
		o = &s.audio
	case t == s.video.track && overflow:
		s.video.stop()
		s.nextVideo = t
	}
	for i := range burst {
		p := &burst[i]
		if t == s.nextVideo && p.Descriptor.Keyframe {
			left = s.video.stop()
			s.video.track, s.video.format, s.nextVideo = t, s.formats[t.codec], nil
			o.begin(p, at)
		}
		if o.track != t {
			continue
		}
		if o == &s.audio && !o.mapping.Active() {
			o.begin(p, at)
		}
		s.sendOne(o, p, b)
	}
	if o.track == t {
		o.sentAt = at
	}
	return left, t == s.nextVideo && overflow
}

// begin starts an epoch at p.
func (o *output) begin(p *packet.Packet, at time.Time) {
	var elapsed uint32
	if !o.sentAt.IsZero() {
		elapsed = ticks(at.Sub(o.sentAt), o.track.codec)
	}
	o.mapping.Begin(p, elapsed)
}

// sendOne is what each packet costs for each viewer.
func (s *Subscription) sendOne(o *output, p *packet.Packet, b *egress.Batch) {
	place, ok := o.mapping.Map(p)
	if !ok {
		return
	}
	reserved := b.Reserve()
	n := packet.Write(reserved, packet.Header{PayloadType: o.format.PayloadType, SSRC: o.ssrc}, place, p)
	if !s.transport.Protect(b, reserved, n, place.Index) {
		return
	}
	o.packets++
	o.bytes += uint32(n - packet.HeaderSize)
	s.rtx.earn()
	s.counters.Forwarded.Add(1)
}
