package whip

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v3"

	"github.com/coopnet/coopnet/relay/internal/egress"
	"github.com/coopnet/coopnet/relay/internal/forward"
	"github.com/coopnet/coopnet/relay/internal/packet"
	"github.com/coopnet/coopnet/relay/internal/room"
	client "github.com/coopnet/coopnet/shared/whip"
)

// TestTheShareTooMany is told at once, and may try again with the same token.
func TestTheShareTooMany(t *testing.T) {
	w := newWorld(t)
	send := offer(t, webrtc.RTPTransceiverDirectionSendonly)
	var first *client.Session
	for i := range maxShares {
		s, err := client.Open(t.Context(), w.share(string(rune('a'+i))), send)
		if err != nil {
			t.Fatalf("share %d: %v", i+1, err)
		}
		if i == 0 {
			first = s
		}
	}
	late := w.share("late")
	if _, err := client.Open(t.Context(), late, send); status(err) != http.StatusConflict {
		t.Fatalf("share %d: %v", maxShares+1, err)
	}
	if err := first.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	eventually(t, "a place is free", func() bool {
		_, err := client.Open(t.Context(), late, send)
		return err == nil
	})
}

func TestAPinnedViewerEndsWithItsShare(t *testing.T) {
	w := newWorld(t)
	anne := w.present("anne", packet.VP8, 'A')
	follower := w.watch(w.view("follower"))
	follower.next("picture", from('A'))
	w.present("bob", packet.VP8, 'B')
	pinned := w.view("pinned")
	pinned.URL += "?publication=" + w.publicationOf("anne")
	v := w.watch(pinned)
	v.next("the pinned picture", from('A'))
	follower.next("the conference's screen", from('B'))
	anne.end()
	v.gone(patience)
	eventually(t, "the viewer's browser is told", v.line.told.Load)
	for len(follower.packets) > 0 {
		<-follower.packets
	}
	follower.next("picture after the end of another share", from('B'))
}

// publicationOf is the id of a participant's share.
func (w *world) publicationOf(participant string) string {
	w.t.Helper()
	presence, err := w.server.join(w.claims("somebody"))
	if err != nil {
		w.t.Fatal(err)
	}
	defer presence.Leave()
	var id string
	eventually(w.t, participant+" shares", func() bool {
		for _, p := range presence.State().Publications {
			if p.Participant == participant {
				id = p.ID
			}
		}
		return id != ""
	})
	return id
}

// live counts the publications that the packet path holds.
func (w *world) live() int {
	w.server.mu.Lock()
	defer w.server.mu.Unlock()
	return len(w.server.publications)
}

// TestAShareMadeAnewEndsTheSilentOne: the presenter's network changed, and the page did not wait for the old session.
func TestAShareMadeAnewEndsTheSilentOne(t *testing.T) {
	w := newWorld(t)
	old := w.present("anne", packet.VP8, 'A')
	v := w.watch(w.view("james"))
	v.next("picture", from('A'))
	id := w.publicationOf("anne")
	old.line.cut.Store(true)
	presence, err := w.server.join(w.claims("somebody"))
	if err != nil {
		t.Fatal(err)
	}
	defer presence.Leave()
	eventually(t, "the share is interrupted", func() bool { return presence.State().Publications[0].Interrupted })
	w.present("anne", packet.VP8, 'B')
	v.next("picture of the new share", from('B'))
	old.gone(2 * time.Second)
	eventually(t, "only the new share is left", func() bool { return w.live() == 1 && w.server.publication(id) == nil })
}

// TestASilentPresenterIsGivenUp after 25 s; the page tries for 20.
func TestASilentPresenterIsGivenUp(t *testing.T) {
	if testing.Short() {
		t.Skip("takes 25 s")
	}
	w := newWorld(t)
	p := w.present("anne", packet.VP8, 'A')
	w.publicationOf("anne")
	told := w.listen()
	p.line.cut.Store(true)
	began := time.Now()
	p.gone(40 * time.Second)
	if took := time.Since(began); took < 21*time.Second || took > 27*time.Second { // pion looks every second or two
		t.Errorf("the share ended after %s", took)
	}
	eventually(t, "the publication is forgotten", func() bool { return w.live() == 0 })
	if got := told(); !slices.Equal(got, []string{"interrupted true", "stopped"}) {
		t.Errorf("viewers are told %q", got)
	}
}

// TestAShareThatIsStoppedIsNotInterrupted: nothing was wrong with the presenter's network.
func TestAShareThatIsStoppedIsNotInterrupted(t *testing.T) {
	w := newWorld(t)
	p := w.present("anne", packet.VP8, 'A')
	w.publicationOf("anne")
	told := w.listen()
	if err := p.session.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := told(); !slices.Equal(got, []string{"stopped"}) {
		t.Errorf("viewers are told %q", got)
	}
}

// listen hears what viewers are told of shares, as it happens; told returns it once a share has stopped, or needs its low
// picture.
func (w *world) listen() (told func() []string) {
	w.t.Helper()
	presence, err := w.server.join(w.claims("listener"))
	if err != nil {
		w.t.Fatal(err)
	}
	queue := presence.Events()
	if _, err := queue.Next(w.t.Context()); err != nil { // the room as it is now
		w.t.Fatal(err)
	}
	var all []string
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			events, err := queue.Next(context.Background())
			if err != nil {
				return
			}
			for _, e := range events {
				switch e.Kind {
				case room.PublicationUpdated:
					all = append(all, fmt.Sprint("interrupted ", e.Publication.Interrupted))
					if e.Publication.Low {
						all = append(all, "low")
						return
					}
				case room.PublicationStopped:
					all = append(all, "stopped")
					return
				}
			}
		}
	}()
	w.t.Cleanup(func() {
		presence.Leave()
		<-done
	})
	return func() []string {
		w.t.Helper()
		select {
		case <-done:
		case <-time.After(patience):
			w.t.Fatal("no share stopped")
		}
		return all
	}
}

// TestViewersFollowFromCodecToCodec within one session: the payload type is the viewer's own for each.
func TestViewersFollowFromCodecToCodec(t *testing.T) {
	w := newWorld(t)
	v := w.watch(w.view("james"))
	types := map[uint8]packet.Codec{}
	for _, codec := range []packet.Codec{packet.VP9, packet.H264, packet.AV1, packet.VP8, packet.VP9} {
		p := w.present("anne", codec, byte(codec[2]))
		got := v.next("picture in "+string(codec), from(byte(codec[2])))
		if known, ok := types[got.PayloadType]; ok && known != codec {
			t.Errorf("%s comes as payload type %d, as %s did", codec, got.PayloadType, known)
		}
		types[got.PayloadType] = codec
		if first := got.Payload[0]; first != picture(codec, true)[0] {
			t.Errorf("%s starts with %x, which is no keyframe", codec, first)
		}
		for _, c := range v.pc.GetTransceivers()[0].Receiver().GetParameters().Codecs {
			if uint8(c.PayloadType) == got.PayloadType && c.MimeType != "video/"+string(codec) {
				t.Errorf("%s comes as %s", codec, c.MimeType)
			}
		}
		p.end()
	}
	if len(types) != 4 {
		t.Errorf("payload types %v", types)
	}
}

// TestAnotherPayloadTypeEndsTheShare: viewers would get it under the name of the first codec, or nothing at all.
func TestAnotherPayloadTypeEndsTheShare(t *testing.T) {
	for name, to := range map[string]int32{"a codec of the offer": 98, "sound's": 111, "an unknown one": 120} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			p := w.present("anne", packet.VP8, 'A')
			v := w.watch(w.view("james"))
			v.next("picture", from('A'))
			p.retype.to.Store(to)
			p.gone(patience)
			eventually(t, "the share has ended", func() bool { return w.live() == 0 && w.rooms.Stats().Publications == 0 })
			eventually(t, "the presenter's browser is told", p.line.told.Load)
		})
	}
}

// TestASecondPictureChangesNothing: a share is one picture, whatever else its browser offers, sends and ends.
func TestASecondPictureChangesNothing(t *testing.T) {
	w := newWorld(t)
	p := newPresenter(t, packet.VP8)
	other, err := webrtc.NewTrackLocalStaticRTP(webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeVP8, ClockRate: 90000}, "second", "camera")
	if err != nil {
		t.Fatal(err)
	}
	second, err := p.pc.AddTransceiverFromTrack(other, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionSendonly})
	if err != nil {
		t.Fatal(err)
	}
	p.connect(w.share("anne"))
	eventually(t, "connected", func() bool { return p.pc.ConnectionState() == webrtc.PeerConnectionStateConnected })
	for n := range uint16(50) {
		time.Sleep(time.Millisecond) // packets, so that the second picture is the first to come
		_ = other.WriteRTP(&rtp.Packet{Header: rtp.Header{Version: 2, SequenceNumber: n, Marker: true}, Payload: append(picture(packet.VP8, true), 'B')})
	}
	p.send('A')
	v := w.watch(w.view("james"))
	v.next("picture", from('A'))
	if err := second.Stop(); err != nil {
		t.Fatal(err)
	}
	for range 50 {
		v.next("picture after the end of the second", func(got *rtp.Packet) bool {
			if !from('A')(got) {
				t.Errorf("the second picture is shown: %x", got.Payload)
			}
			return true
		})
	}
}

// TestTheLowPicture is a track of its own; the room is told when somebody needs it.
func TestTheLowPicture(t *testing.T) {
	w := newWorld(t)
	p := newPresenter(t, packet.VP8)
	low, err := webrtc.NewTrackLocalStaticRTP(webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeVP8, ClockRate: 90000}, "low", "screen")
	if err != nil {
		t.Fatal(err)
	}
	p.add(low, webrtc.MimeTypeVP8) // of another codec, pion's client could not
	told, e := w.listen(), w.share("anne")
	e.URL += "?low=1" // pion counts sections from 0
	p.connect(e)
	p.send('A')
	v := w.watch(w.view("james"))
	v.next("full picture", from('A'))
	publication := w.server.publication(w.publicationOf("anne"))
	if publication.Low == nil || publication.Low.Codec() != packet.VP8 {
		t.Fatalf("publication %+v", publication)
	}
	narrow := forward.NewSubscription(forward.SubscriptionConfig{
		Transport: deaf{}, Counters: w.server.counters, CongestionControl: forward.CongestionControl{Now: time.Now},
		Formats: map[packet.Codec]packet.Format{packet.VP8: {PayloadType: 96}},
	})
	defer narrow.Close()
	narrow.Switch(&forward.Publication{Video: publication.Low})
	if all := told(); all[len(all)-1] != "low" {
		t.Errorf("the room is told %q", all)
	}
	asked := w.server.counters.KeyframesRequested.Load()
	for n := uint16(0); w.server.counters.KeyframesRequested.Load() == asked; n++ { // once its first packet names it
		time.Sleep(5 * time.Millisecond) // pictures
		_ = low.WriteRTP(&rtp.Packet{Header: rtp.Header{Version: 2, SequenceNumber: n, Timestamp: 9000 * uint32(n), Marker: true}, Payload: append(picture(packet.VP8, false), 'B')})
	}
	for range 50 {
		v.next("full picture", func(got *rtp.Packet) bool {
			if !from('A')(got) {
				t.Errorf("the low picture is shown: %x", got.Payload)
			}
			return true
		})
	}
}

// deaf is a viewer that is not connected.
type deaf struct{}

func (deaf) Moves() uint32                                   { return 0 }
func (deaf) Protect(*egress.Batch, []byte, int, uint64) bool { return false }
func (deaf) Feedback([]rtcp.Packet)                          {}

// TestNothingIsLeftOfAShareThatEndsAsItBegins: DELETE comes with the first picture.
func TestNothingIsLeftOfAShareThatEndsAsItBegins(t *testing.T) {
	w := newWorld(t)
	for range 8 {
		p := newPresenter(t, packet.VP8)
		p.connect(w.share("anne"))
		eventually(t, "connected", func() bool { return p.pc.ConnectionState() == webrtc.PeerConnectionStateConnected })
		var both sync.WaitGroup
		both.Go(func() {
			for n := range uint16(20) {
				_ = p.track.WriteRTP(&rtp.Packet{Header: rtp.Header{Version: 2, SequenceNumber: n, Marker: true}, Payload: picture(packet.VP8, true)})
				time.Sleep(time.Millisecond) // frames, so that one meets the DELETE
			}
		})
		both.Go(func() { _ = p.session.Close(t.Context()) })
		both.Wait()
		p.gone(patience)
	}
	eventually(t, "no publication is left", func() bool { return w.live() == 0 && w.rooms.Stats().Publications == 0 })
}

// TestAFloodOfStreamsCannotHoldASession: pion makes a stream of each SSRC before it verifies the packet, and a session that
// ends before it has begun would wait for ever for somebody to take the stream.
func TestAFloodOfStreamsCannotHoldASession(t *testing.T) {
	w := newWorld(t)
	for n := range 40 {
		p := newPresenter(t, packet.VP8)
		stop, stopped := make(chan struct{}), make(chan struct{})
		go func() {
			defer close(stopped)
			b := make([]byte, 60)
			for ssrc := uint32(1 << 20); ; ssrc++ {
				select {
				case <-stop:
					return
				default:
				}
				_, _ = (&rtp.Header{Version: 2, PayloadType: 96, SSRC: ssrc}).MarshalTo(b)
				_, _ = p.line.PacketConn.WriteTo(b, w.media)
			}
		}()
		p.connect(w.share("anne"))
		time.Sleep(time.Duration(n) * time.Millisecond) // before, in, and after the handshake
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		err := p.session.Close(ctx)
		cancel()
		close(stop)
		<-stopped
		if err != nil {
			t.Fatal(err)
		}
	}
}

// TestWhichSharesCanBeControlled: those whose presenter says so.
func TestWhichSharesCanBeControlled(t *testing.T) {
	w := newWorld(t)
	for participant, query := range map[string]string{"software": "?control=1&label=Desk", "page": "", "other": "?control=yes"} {
		p := newPresenter(t, packet.VP8)
		endpoint := w.share(participant)
		endpoint.URL += query
		p.connect(endpoint)
		p.send('A')
	}
	presence, err := w.server.join(w.claims("somebody"))
	if err != nil {
		t.Fatal(err)
	}
	defer presence.Leave()
	eventually(t, "all share", func() bool { return len(presence.State().Publications) == 3 })
	for _, shared := range presence.State().Publications {
		if shared.Control != (shared.Participant == "software") || shared.Controller != "" || shared.Control && shared.Label != "Desk" {
			t.Errorf("shared %+v", shared)
		}
	}
}
