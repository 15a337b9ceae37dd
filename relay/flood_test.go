package relay

import (
	"net"
	"slices"
	"testing"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/stun"
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

	unbroken(t, watched, 30*seconds) // of 90 packets a second; a busy machine sends fewer
}

// unbroken checks that of the packets which came meanwhile none is missing, and that they are enough for a picture.
func unbroken(t *testing.T, packets <-chan *rtp.Packet, enough int) {
	t.Helper()
	var sequences []uint16
	for drained := false; !drained; {
		select {
		case p := <-packets:
			sequences = append(sequences, p.SequenceNumber)
		default:
			drained = true
		}
	}
	if len(sequences) < enough {
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

// TestFloodsOnTheMediaPort of 5,000 datagrams a second, by a presenter and by strangers: another conference notices nothing.
func TestFloodsOnTheMediaPort(t *testing.T) {
	w := newWorld(t)
	other := w.in("c-2")
	other.share("bob", 'B')
	watched := other.watch("james")
	pc := peertest.NewClient(t, webrtc.Configuration{})
	track, err := webrtc.NewTrackLocalStaticRTP(webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeVP8, ClockRate: 90000}, "video", "screen")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := pc.AddTrack(track); err != nil {
		t.Fatal(err)
	}
	if _, err := whip.Connect(t.Context(), whip.Endpoint{URL: w.url + "/whip", Token: w.token("eve", jointoken.Share)}, pc); err != nil {
		t.Fatal(err)
	}
	stranger, err := net.Dial("udp", w.relay.MediaAddr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer stranger.Close()
	check, err := stun.Build(stun.TransactionID, stun.BindingRequest, stun.NewUsername("some:body"), stun.NewShortTermIntegrity("a password of no session"), stun.Fingerprint)
	if err != nil {
		t.Fatal(err)
	}
	media := append([]byte{0x80, 96, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1}, make([]byte, 1000)...)
	hello := append([]byte{22, 254, 253, 0, 0, 0, 0, 0, 0, 0, 0, 0, 200, 1}, make([]byte, 199)...)
	sequence := uint16(0)
	for name, send := range map[string]func() error{
		"RTP of a presenter": func() error {
			sequence++
			return track.WriteRTP(&rtp.Packet{Header: rtp.Header{Version: 2, SequenceNumber: sequence, Timestamp: uint32(sequence)}, Payload: append([]byte{0x90, 0x80, 0x80, 1, 1}, make([]byte, 900)...)})
		},
		"RTP of a stranger":    func() error { _, err := stranger.Write(media); return err },
		"DTLS of a stranger":   func() error { _, err := stranger.Write(hello); return err },
		"checks of a stranger": func() error { _, err := stranger.Write(check.Raw); return err },
	} {
		next(t, watched, "packet of the other conference", from('B'))
		const rate, seconds = 5000, 1
		received, began := w.relay.socket.Counters.PacketsIn.Load(), time.Now()
		for sent := range rate * seconds {
			time.Sleep(time.Until(began.Add(time.Duration(sent) * time.Second / rate))) // the flood's own rate
			if err := send(); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
		}
		if arrived := w.relay.socket.Counters.PacketsIn.Load() - received; arrived < rate*seconds/2 {
			t.Errorf("%s: only %d datagrams arrived at the relay: the test shows nothing", name, arrived)
		}
		unbroken(t, watched, 30*seconds)
	}
}
