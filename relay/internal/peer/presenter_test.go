package peer

import (
	"testing"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/webrtc/v3"

	"github.com/coopnet/coopnet/relay/internal/packet"
	"github.com/coopnet/coopnet/relay/internal/peer/peertest"
)

// publish connects a presenter and returns its track and the sequence numbers that the relay reads from it.
func publish(t *testing.T, p *Peers) (*webrtc.TrackLocalStaticRTP, <-chan uint16) {
	t.Helper()
	pc := peertest.NewClient(t, webrtc.Configuration{})
	track, err := webrtc.NewTrackLocalStaticRTP(webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeVP8, ClockRate: 90000}, "video", "screen")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := pc.AddTrack(track); err != nil {
		t.Fatal(err)
	}
	offer, err := pc.CreateOffer(nil)
	if err != nil {
		t.Fatal(err)
	}
	gathered := webrtc.GatheringCompletePromise(pc)
	if err := pc.SetLocalDescription(offer); err != nil {
		t.Fatal(err)
	}
	<-gathered
	sequences := make(chan uint16, 4096)
	presenter, answer, err := p.Present(pc.LocalDescription().SDP, "", PresenterEvents{
		Track: func(in Incoming) {
			var b [1500]byte
			for {
				n, err := in.Read(b[:])
				if err != nil {
					return
				}
				if h, _, err := packet.Parse(b[:n]); err == nil {
					sequences <- h.Sequence
				}
			}
		},
		Report: func(Kind, uint32) {}, State: func() {}, Closed: func() {},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(presenter.Close)
	connected := make(chan struct{})
	pc.OnConnectionStateChange(func(state webrtc.PeerConnectionState) {
		if state == webrtc.PeerConnectionStateConnected {
			close(connected)
		}
	})
	if err := pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: answer}); err != nil {
		t.Fatal(err)
	}
	peertest.Within(t, connected, "the presenter is connected")
	return track, sequences
}

// TestAPresentersRepeatedPacketIsTaken: the first packet of a large keyframe was lost, and comes again when all of it is
// through. The window against replays must not take it for an attack.
func TestAPresentersRepeatedPacketIsTaken(t *testing.T) {
	peers, _ := newPeers(t, 0)
	track, sequences := publish(t, peers)
	write := func(sequence uint16) {
		t.Helper()
		if err := track.WriteRTP(&rtp.Packet{Header: rtp.Header{Version: 2, SequenceNumber: sequence}, Payload: make([]byte, 100)}); err != nil {
			t.Fatal(err)
		}
	}
	read := func(want uint16) {
		t.Helper()
		select {
		case got := <-sequences:
			if got != want {
				t.Fatalf("packet %d, want %d", got, want)
			}
		case <-time.After(peertest.Patience):
			t.Fatalf("packet %d did not arrive", want)
		}
	}
	const lost, frame = 1000, 400
	write(lost - 1)
	read(lost - 1)
	for i := uint16(1); i < frame; i++ {
		write(lost + i)
		read(lost + i)
	}
	write(lost)
	read(lost)
}
