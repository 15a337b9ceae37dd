package relay

import (
	"slices"
	"testing"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/webrtc/v3"

	"github.com/coopnet/coopnet/relay/internal/peer/peertest"
	"github.com/coopnet/coopnet/shared/jointoken"
	"github.com/coopnet/coopnet/shared/whip"
)

// flooder is a viewer whose keyframe requests the test sends.
func (w *world) flooder(participant string) (*webrtc.PeerConnection, *webrtc.TrackRemote) {
	w.t.Helper()
	pc := peertest.NewClient(w.t, webrtc.Configuration{})
	if _, err := pc.AddTransceiverFromKind(webrtc.RTPCodecTypeVideo, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionRecvonly}); err != nil {
		w.t.Fatal(err)
	}
	tracks := make(chan *webrtc.TrackRemote, 1)
	pc.OnTrack(func(track *webrtc.TrackRemote, _ *webrtc.RTPReceiver) { tracks <- track })
	if _, err := whip.Connect(w.t.Context(), whip.Endpoint{URL: w.url + "/whep", Token: w.token(participant, jointoken.View)}, pc); err != nil {
		w.t.Fatal(err)
	}
	select {
	case track := <-tracks:
		return pc, track
	case <-time.After(deadline):
		w.t.Fatal("no picture came")
		return nil, nil
	}
}

// TestAFloodOfKeyframeRequests: 1,000 a second reach the presenter as at most two, and another conference notices nothing.
func TestAFloodOfKeyframeRequests(t *testing.T) {
	w := newWorld(t)
	presenter := w.share("anne", 'A')
	pc, track := w.flooder("eve")
	other := w.in("c-2")
	other.share("bob", 'B')
	watched := other.watch("james")
	next(t, watched, "packet of the other conference", from('B'))

	const rate, seconds = 1000, 3
	asked, received, looked := presenter.asked.Load(), w.relay.socket.Counters.PacketsIn.Load(), w.relay.counters.KeyframesAsked.Load()
	began := time.Now()
	for sent := 0; sent < rate*seconds; sent++ {
		time.Sleep(time.Until(began.Add(time.Duration(sent) * time.Second / rate))) // the flood's own rate
		request := []rtcp.Packet{&rtcp.PictureLossIndication{MediaSSRC: uint32(track.SSRC())}}
		if sent%2 == 0 {
			request = []rtcp.Packet{&rtcp.FullIntraRequest{MediaSSRC: uint32(track.SSRC()), FIR: []rtcp.FIREntry{{SSRC: uint32(track.SSRC()), SequenceNumber: uint8(sent)}}}}
		}
		if err := pc.WriteRTCP(request); err != nil {
			t.Fatal(err)
		}
	}
	took := time.Since(began)
	// What a viewer sends beyond a browser's rate is dropped unread; what is read must still be a flood.
	if arrived, read := w.relay.socket.Counters.PacketsIn.Load()-received, w.relay.counters.KeyframesAsked.Load()-looked; arrived < rate*seconds || read < 100*seconds {
		t.Errorf("only %d datagrams arrived at the relay, and %d requests were read: the test shows nothing", arrived, read)
	}
	got, allowed := presenter.asked.Load()-asked, int64(took.Seconds()*2)+2 // one at the very beginning, one may have been under way
	if got == 0 || got > allowed {
		t.Errorf("%d requests reached the presenter in %s, at most %d may", got, took, allowed)
	}

	var sequences []uint16
	for drained := false; !drained; {
		select {
		case p := <-watched:
			sequences = append(sequences, p.SequenceNumber)
		default:
			drained = true
		}
	}
	// 30 frames of 3 packets a second; a busy machine sends fewer, and none may be lost.
	if len(sequences) < 30*seconds {
		t.Fatalf("only %d packets came in the other conference", len(sequences))
	}
	first := sequences[0]
	slices.SortFunc(sequences, func(a, b uint16) int { return int(int16(a-first)) - int(int16(b-first)) })
	for i := 1; i < len(sequences); i++ {
		if sequences[i] != sequences[i-1]+1 {
			t.Fatalf("the other conference lost packets: %d follows %d", sequences[i], sequences[i-1])
		}
	}
}
