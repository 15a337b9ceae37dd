package forward

import (
	"bytes"
	"encoding/binary"
	"testing"
	"time"

	"github.com/pion/rtcp"

	"github.com/coopnet/coopnet/relay/internal/packet"
)

func nack(ssrc uint32, pairs ...rtcp.NackPair) *rtcp.TransportLayerNack {
	return &rtcp.TransportLayerNack{MediaSSRC: ssrc, Nacks: pairs}
}

// one asks for a single packet.
func one(sequence uint16) rtcp.NackPair { return rtcp.NackPair{PacketID: sequence} }

func TestLostPacketsAreRepeated(t *testing.T) { // RFC 4588
	s := newStage(t)
	p, v := s.publish('A'), s.view()
	v.Switch(p.Publication)
	p.frame(true, 20)
	sent := v.take()
	// The 3rd, and of the 5th and the sixteen behind it the 5th, 6th and 20th.
	v.says(nack(videoSSRC, one(sent[2].Sequence), rtcp.NackPair{PacketID: sent[4].Sequence, LostPackets: 1 | 1<<14}))
	repeated := v.take()
	want := []received{sent[2], sent[4], sent[5], sent[19]}
	if len(repeated) != len(want) {
		t.Fatalf("%d packets repeated, want %d", len(repeated), len(want))
	}
	for i, r := range repeated {
		w := want[i]
		if r.SSRC != rtxSSRC || r.PayloadType != vp8RTX || r.Timestamp != w.Timestamp || r.Marker != w.Marker {
			t.Errorf("repeated %+v for %+v", r.Header, w.Header)
		}
		if binary.BigEndian.Uint16(r.payload) != w.Sequence || !bytes.Equal(r.payload[2:], w.payload) {
			t.Errorf("repeated %x for %d %x", r.payload[:8], w.Sequence, w.payload[:6])
		}
		if i > 0 && r.index != repeated[i-1].index+1 || uint16(r.index) != r.Sequence {
			t.Errorf("repeated at %d after %d", r.index, repeated[0].index)
		}
	}
	if s.counters.NACKs.Load() != 4 || s.counters.Retransmitted.Load() != 4 {
		t.Errorf("counted %d asked and %d repeated", s.counters.NACKs.Load(), s.counters.Retransmitted.Load())
	}
}

func TestWithoutRTXThePacketItselfIsRepeated(t *testing.T) {
	s := newStage(t)
	p, v := s.publish('A'), s.viewWith(map[packet.Codec]packet.Format{packet.VP8: {PayloadType: vp8}})
	v.Switch(p.Publication)
	p.frame(true, 3)
	sent := v.take()
	v.says(nack(videoSSRC, one(sent[1].Sequence)))
	if got := v.take(); len(got) != 1 || got[0].Header != sent[1].Header || got[0].index != sent[1].index || !bytes.Equal(got[0].payload, sent[1].payload) {
		t.Errorf("repeated %+v for %+v", got, sent[1])
	}
}

func TestWhatIsNotRepeated(t *testing.T) {
	s := newStage(t)
	a, b, v := s.publish('A'), s.publish('B'), s.view()
	ask := func(ssrc uint32, sequence uint16) int {
		v.says(nack(ssrc, one(sequence)))
		return len(v.take())
	}
	if ask(videoSSRC, 1) != 0 {
		t.Error("something is repeated before anything was sent")
	}
	v.Switch(a.Publication)
	a.frame(true, 2)
	old := v.take()[1]
	v.Switch(b.Publication)
	b.frame(true, 1)
	b.write(b.next(false, 2)[1]) // the first of the frame never came from the presenter
	b.video.run()
	got := v.take()
	last := got[len(got)-1].Sequence
	for name, n := range map[string]int{
		"of before the switch":    ask(videoSSRC, old.Sequence),
		"not sent yet":            ask(videoSSRC, last+1),
		"lost at the presenter's": ask(videoSSRC, last-1),
		"of the sound":            ask(audioSSRC, last),
		"of the RTX stream":       ask(rtxSSRC, last),
		"of nobody":               ask(5, last),
	} {
		if n != 0 {
			t.Errorf("a packet %s is repeated", name)
		}
	}
	if ask(videoSSRC, last) != 1 {
		t.Error("a packet that was sent is not repeated")
	}
	for range 2 { // until the ring has another packet there
		for range 8 {
			b.frame(false, 64)
		}
	}
	if v.take(); ask(videoSSRC, last) != 0 {
		t.Error("a packet older than the ring is repeated")
	}
	v.Switch(nil)
	if ask(videoSSRC, last+1) != 0 {
		t.Error("something is repeated while nothing is shown")
	}
}

func TestRetransmissionsAreLimited(t *testing.T) {
	s := newStage(t)
	p, v := s.publish('A'), s.view()
	v.Switch(p.Publication)
	p.frame(true, 400)
	sent := v.take()
	sequence := sent[len(sent)-1].Sequence
	storm := func(datagrams int) int {
		for range datagrams {
			v.says(nack(videoSSRC, rtcp.NackPair{PacketID: sequence - 16, LostPackets: 0xffff}))
		}
		return len(v.take())
	}
	if n := storm(100); n != maxSavings/retransmissionCost {
		t.Errorf("%d packets repeated at once, want %d", n, maxSavings/retransmissionCost)
	}
	limited := s.counters.RetransmissionLimited.Load()
	if limited != 100*17-maxSavings/retransmissionCost {
		t.Errorf("%d refusals counted", limited)
	}
	p.frame(false, 61)
	if v.take(); storm(10) != 30 {
		t.Error("61 packets do not earn 30 retransmissions")
	}
	if p.frame(false, 1); v.take() == nil || storm(1) != 1 {
		t.Error("the odd packet's half is lost")
	}
	for range 10 {
		p.frame(false, 100)
	}
	sent = v.take()
	sequence = sent[len(sent)-1].Sequence
	if n := storm(100); n != maxSavings/retransmissionCost {
		t.Errorf("%d packets repeated from savings", n)
	}
}

// TestOneDatagramOfNACKsIsBounded: many NACKs in one compound packet count together.
func TestOneDatagramOfNACKsIsBounded(t *testing.T) {
	s := newStage(t)
	p, v := s.publish('A'), s.view()
	v.Switch(p.Publication)
	p.frame(true, 200)
	sent := v.take()
	var compound []rtcp.Packet
	for i := range 12 {
		compound = append(compound, nack(videoSSRC, rtcp.NackPair{PacketID: sent[16*i].Sequence, LostPackets: 0x7fff}))
	}
	v.says(compound...)
	if n := len(v.take()); n != maxNACKs || s.counters.NACKs.Load() != maxNACKs {
		t.Errorf("%d packets repeated, %d looked at, want %d", n, s.counters.NACKs.Load(), maxNACKs)
	}
}

func TestKeyframeRequestsReachWhatTheViewerWaitsFor(t *testing.T) {
	s := newStage(t)
	a, b, v := s.publish('A'), s.publish('B'), s.view()
	asks := func(p rtcp.Packet) (string, uint64) {
		before := s.counters.KeyframesAsked.Load()
		a.Video.wanted.Store(false)
		b.Video.wanted.Store(false)
		v.says(p)
		of := ""
		if a.Video.wanted.Load() {
			of += "A"
		}
		if b.Video.wanted.Load() {
			of += "B"
		}
		return of, s.counters.KeyframesAsked.Load() - before
	}
	pli := &rtcp.PictureLossIndication{MediaSSRC: videoSSRC}
	fir := &rtcp.FullIntraRequest{FIR: []rtcp.FIREntry{{SSRC: videoSSRC}}}
	if of, n := asks(pli); of != "" || n != 0 {
		t.Errorf("nothing is shown and %q is asked", of)
	}
	v.Switch(a.Publication)
	if of, n := asks(pli); of != "A" || n != 1 {
		t.Errorf("waiting for A, %q is asked", of)
	}
	a.frame(true, 1)
	if of, n := asks(fir); of != "A" || n != 1 {
		t.Errorf("showing A, %q is asked", of)
	}
	v.Switch(b.Publication)
	if of, n := asks(pli); of != "B" || n != 1 {
		t.Errorf("showing A and waiting for B, %q is asked", of)
	}
	for _, other := range []rtcp.Packet{
		&rtcp.PictureLossIndication{MediaSSRC: rtxSSRC}, &rtcp.PictureLossIndication{MediaSSRC: audioSSRC},
		&rtcp.FullIntraRequest{MediaSSRC: videoSSRC}, &rtcp.ReceiverReport{SSRC: videoSSRC},
	} {
		if of, n := asks(other); of != "" || n != 0 {
			t.Errorf("%T asks %q", other, of)
		}
	}
}

func TestSenderReportsKeepSoundAndPictureTogether(t *testing.T) { // RFC 3550 section 6.4.1
	s := newStage(t)
	p, v := s.publish('A'), s.view()
	v.Switch(p.Publication)
	p.frame(true, 3)
	p.sound(1)
	sent := v.take()
	p.Video.report()
	if len(v.reports) != 0 {
		t.Error("reported before the presenter's clock is known")
	}
	p.Video.Clock(p.timestamp)
	p.Audio.Clock(p.ticks)
	s.clock = s.clock.Add(500 * time.Millisecond)
	p.Video.report()
	p.Audio.report()
	if len(v.reports) != 4 {
		t.Fatalf("%d packets, want two reports with their CNAME", len(v.reports))
	}
	video, audio := v.reports[0].(*rtcp.SenderReport), v.reports[2].(*rtcp.SenderReport)
	if video.SSRC != videoSSRC || video.RTPTime != sent[2].Timestamp+45000 || video.PacketCount != 3 || video.OctetCount != uint32(3*len(sent[0].payload)) {
		t.Errorf("picture %+v; sent at %d", video, sent[2].Timestamp)
	}
	if audio.SSRC != audioSSRC || audio.RTPTime != sent[3].Timestamp+24000 || audio.PacketCount != 1 || audio.OctetCount != 2 {
		t.Errorf("sound %+v; sent at %d", audio, sent[3].Timestamp)
	}
	if video.NTPTime != audio.NTPTime || video.NTPTime>>32 != uint64(s.clock.Unix()+2208988800) || video.NTPTime&0xffff_ffff != 1<<31 {
		t.Errorf("at %x and %x", video.NTPTime, audio.NTPTime)
	}
	if names := v.reports[1].(*rtcp.SourceDescription); names.Chunks[0].Source != videoSSRC || names.Chunks[0].Items[0].Text != "coopnet" {
		t.Errorf("named %+v", names)
	}
	v.reports = nil
	v.Switch(nil)
	if p.Video.report(); len(v.reports) != 0 {
		t.Error("reported to a viewer who sees nothing")
	}
}

// TestReportsThatNobodyNeedsCostNothing: a valid transport-wide report (RTCP 205, format 15) that claims 65,535 packets in
// 40 bytes, and a datagram full of keyframe requests.
func TestReportsThatNobodyNeedsCostNothing(t *testing.T) {
	s := newStage(t)
	p, v := s.publish('A'), s.view()
	v.Switch(p.Publication)
	p.frame(true, 2)
	report := append([]byte{0x8f, 205, 0, 9, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0xff, 0xff, 0, 0, 0, 0}, bytes.Repeat([]byte{0x3f, 0xff}, 9)...)
	report = append(report, 0, 0)
	if n := testing.AllocsPerRun(100, func() { v.Subscription.Feedback(report) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
	requests := make([]rtcp.Packet, 100)
	for i := range requests {
		requests[i] = &rtcp.PictureLossIndication{MediaSSRC: videoSSRC}
	}
	before := s.counters.KeyframesAsked.Load()
	v.says(requests...)
	if n := s.counters.KeyframesAsked.Load() - before; n != 1 {
		t.Errorf("one datagram asked %d times", n)
	}
}

// FuzzFeedback reads RTCP as it comes from a viewer who has the keys, while a picture is shown: nothing panics, and what
// is sent stays within the limits.
func FuzzFeedback(f *testing.F) {
	for _, p := range []rtcp.Packet{
		&rtcp.PictureLossIndication{MediaSSRC: videoSSRC}, nack(videoSSRC, rtcp.NackPair{PacketID: 0x7fff, LostPackets: 3}), nack(rtxSSRC, one(1)),
		&rtcp.FullIntraRequest{FIR: []rtcp.FIREntry{{SSRC: videoSSRC}}}, &rtcp.ReceiverReport{Reports: []rtcp.ReceptionReport{{SSRC: videoSSRC}}},
		&rtcp.ReceiverEstimatedMaximumBitrate{Bitrate: 1e6, SSRCs: []uint32{1}}, &rtcp.SourceDescription{Chunks: []rtcp.SourceDescriptionChunk{{Source: 1}}},
		&rtcp.TransportLayerCC{MediaSSRC: 1, PacketStatusCount: 1, PacketChunks: []rtcp.PacketStatusChunk{&rtcp.RunLengthChunk{RunLength: 1}}}, &rtcp.Goodbye{Sources: []uint32{1}},
	} {
		b, err := p.Marshal()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	s := newStage(f)
	f.Fuzz(func(t *testing.T, datagram []byte) {
		p, v := s.publish('A'), s.view()
		v.Switch(p.Publication)
		p.frame(true, 20)
		v.take()
		v.Subscription.Feedback(datagram)
		if n := len(v.take()); n > maxNACKs {
			t.Fatalf("%d packets repeated for one datagram", n)
		}
	})
}
