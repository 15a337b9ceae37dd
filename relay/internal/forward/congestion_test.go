package forward

import (
	"testing"
	"time"

	"github.com/pion/rtcp"

	"github.com/coopnet/coopnet/relay/internal/packet"
)

// TestTransportSequenceIsOneOverAllStreams: picture, sound and retransmissions are counted together, a switch goes on.
func TestTransportSequenceIsOneOverAllStreams(t *testing.T) {
	s := newStage(t)
	a, b, v := s.publish('A'), s.publish('B'), s.view()
	v.Switch(a.Publication)
	a.frame(true, 20)
	a.sound(1)
	v.says(nack(videoSSRC, one(v.packets[3].Sequence), one(v.packets[4].Sequence)))
	v.Switch(b.Publication)
	b.frame(true, 2)
	got := v.take()
	if len(got) != 25 {
		t.Fatalf("%d packets, want 25", len(got))
	}
	for i, p := range got {
		if p.transport != i {
			t.Errorf("packet %d of stream %d has number %d", i, p.SSRC, p.transport)
		}
	}
}

func TestOnlyWhoTakesThemGetsTransportSequences(t *testing.T) {
	s := newStage(t)
	p := s.publish('A')
	v := s.viewOf(SubscriptionConfig{
		Formats:           map[packet.Codec]packet.Format{packet.VP8: {PayloadType: vp8, RTX: vp8RTX}, packet.Opus: {PayloadType: opus}},
		CongestionControl: CongestionControl{Video: 3},
	})
	v.Switch(p.Publication)
	p.frame(true, 2)
	p.sound(1)
	p.frame(false, 1)
	v.says(nack(videoSSRC, one(v.packets[1].Sequence)))
	want := []int{0, 1, -1, 2, 3}
	for i, p := range v.take() {
		if p.transport != want[i] {
			t.Errorf("packet %d has number %d, want %d", i, p.transport, want[i])
		}
	}
	none := s.viewOf(SubscriptionConfig{Formats: v.formats})
	none.Switch(p.Publication)
	p.frame(true, 2)
	none.says(&rtcp.TransportLayerCC{})
	for _, p := range none.take() {
		if p.transport != -1 {
			t.Errorf("a viewer that takes none got number %d", p.transport)
		}
	}
	if none.way.history != nil {
		t.Error("it costs memory")
	}
}

// TestTheEndOfALimitedViewer: what it reports afterwards counts nowhere.
func TestTheEndOfALimitedViewer(t *testing.T) {
	s := newStage(t)
	p, v := s.publish('A'), s.view()
	v.Switch(p.Publication)
	p.frame(true, 20)
	lost := &rtcp.ReceiverReport{Reports: []rtcp.ReceptionReport{{SSRC: videoSSRC, FractionLost: 250}}}
	s.clock = s.clock.Add(10 * time.Second)
	for range 4 {
		v.says(lost)
	}
	if _, all := s.counters.Estimates.Limited(); all != 1 {
		t.Fatalf("%d viewers are limited", all)
	}
	v.Close()
	v.says(lost, &rtcp.TransportLayerCC{PacketStatusCount: 1, PacketChunks: []rtcp.PacketStatusChunk{&rtcp.RunLengthChunk{RunLength: 1}}})
	if _, all := s.counters.Estimates.Limited(); all != 0 {
		t.Errorf("%d viewers are limited that have gone", all)
	}
}

// TestAWayThatIsFreeAgain is looked at at once, however long probes have failed before.
func TestAWayThatIsFreeAgain(t *testing.T) {
	s := newStage(t)
	p, v := s.publish('A'), s.view()
	v.Switch(p.Publication)
	p.frame(true, 20)
	v.limit(300e3)
	now := time.Minute
	v.way.reported = now
	if v.probe(now); v.fitting.Active() {
		t.Fatal("a probe begins at once")
	}
	v.way.before, v.fitting.rate = 300e3, 280e3
	if v.probe(now); v.fitting.Active() {
		t.Error("a small decrease is worth a probe")
	}
	v.way.before, v.fitting.rate = 300e3, 120e3
	if v.probe(now); v.fitting.Sending(now) != 300e3 {
		t.Errorf("looks for %.0f bit/s, want what it was before", v.fitting.Sending(now))
	}
	v.fitting.Drop()
	if v.probe(now + time.Second); v.fitting.Active() {
		t.Error("another probe follows")
	}
}

// TestAnotherWay: the next report after ICE has changed the way has the estimate begin anew.
func TestAnotherWay(t *testing.T) {
	s := newStage(t)
	p, v := s.publish('A'), s.view()
	v.Switch(p.Publication)
	p.frame(true, 20)
	v.limit(300e3)
	v.fitting.Begin(1, 300e3, v.way.history.Next())
	if !v.fitting.Begin(time.Minute, 300e3, v.way.history.Next()) {
		t.Fatal("no probe begins")
	}
	report := func(first uint16) {
		s.clock = s.clock.Add(100 * time.Millisecond)
		cc := &rtcp.TransportLayerCC{
			Header:             rtcp.Header{Count: rtcp.FormatTCC, Type: rtcp.TypeTransportSpecificFeedback},
			BaseSequenceNumber: first, PacketStatusCount: 2, PacketChunks: []rtcp.PacketStatusChunk{&rtcp.RunLengthChunk{RunLength: 2}},
		}
		cc.Header.Length = uint16(cc.MarshalSize()/4 - 1)
		v.says(cc)
	}
	report(0)
	if !v.fitting.Active() {
		t.Fatal("the probe ends without a change")
	}
	v.moves.Add(1)
	report(2)
	if v.fitting.Active() || v.way.history.Covered(4, 2) != 0 {
		t.Error("what the old way does with its packets counts")
	}
}

// TestAProbeEndsWithItsPicture: what comes of another one says nothing about the way.
func TestAProbeEndsWithItsPicture(t *testing.T) {
	s := newStage(t)
	a, b, v := s.publish('A'), s.publish('B'), s.view()
	v.Switch(a.Publication)
	a.frame(true, 20)
	v.limit(300e3)
	if v.fitting.Begin(1, 300e3, v.way.history.Next()); !v.fitting.Begin(time.Minute, 300e3, v.way.history.Next()) {
		t.Fatal("no probe begins")
	}
	v.Switch(b.Publication)
	if b.frame(true, 2); v.fitting.Active() {
		t.Error("the probe goes on")
	}
	if v.fitting.Begin(time.Minute+time.Second, 300e3, 0) {
		t.Error("another one begins at once")
	}
	if !v.fitting.Begin(2*time.Minute, 300e3, 0) {
		t.Error("no other one begins")
	}
}
