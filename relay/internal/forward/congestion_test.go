package forward

import (
	"testing"

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
