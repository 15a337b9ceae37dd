package relay

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v3"

	"github.com/coopnet/coopnet/relay/internal/leaktest"
	"github.com/coopnet/coopnet/relay/internal/peer/peertest"
	"github.com/coopnet/coopnet/shared/jointoken"
	"github.com/coopnet/coopnet/shared/problem"
	"github.com/coopnet/coopnet/shared/whip"
	"github.com/coopnet/coopnet/shared/wire"
)

const deadline = 15 * time.Second

// world is a relay with its HTTP port and an issuer of tokens.
type world struct {
	t     *testing.T
	relay *Relay
	url   string
	key   jointoken.Key
	count *atomic.Int64
	limit int // of the conference, in the tokens

	conference string // whose tokens are minted
}

// in is the same relay with tokens for another conference.
func (w *world) in(conference string) *world {
	other := *w
	other.conference = conference
	return &other
}

func newWorld(t *testing.T) *world {
	t.Helper()
	return newWorldWithLog(t, slog.New(slog.DiscardHandler))
}

func newWorldWithLog(t *testing.T, logger *slog.Logger) *world {
	t.Helper()
	leaktest.Check(t)
	key, err := jointoken.NewKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	r, err := New(Config{ID: "relay-1", Issuer: "https://coopnet.test", Keys: jointoken.NewJWKS(key), Media: "127.0.0.1:0", Announced: true, Logger: logger})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(r.Handler())
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), deadline)
		defer cancel()
		if err := r.Shutdown(ctx); err != nil {
			t.Error(err)
		}
		server.Client().CloseIdleConnections()
		server.Close()
	})
	return &world{t: t, relay: r, url: server.URL, key: key, count: new(atomic.Int64), conference: "c-1"}
}

// token mints a join token for a participant of the conference.
func (w *world) token(participant string, permissions ...jointoken.Permission) string {
	w.t.Helper()
	now := time.Now()
	role := jointoken.RoleGuest
	s, err := jointoken.Sign(w.key, jointoken.Claims{Issuer: "https://coopnet.test", Audience: "relay-1", Subject: participant, ID: fmt.Sprint("j", w.count.Add(1)),
		Conference: w.conference, Name: participant, Role: role, Permissions: permissions, Limit: w.limit, IssuedAt: now, NotBefore: now, Expires: now.Add(time.Minute)})
	if err != nil {
		w.t.Fatal(err)
	}
	return s
}

// presenter shares a synthetic VP8 stream whose keyframes come only when asked for.
type presenter struct {
	pc      *webrtc.PeerConnection
	session *whip.Session
	asked   atomic.Int64 // keyframe requests received
	loses   atomic.Bool  // one packet, on its way to the relay
	flood   atomic.Bool  // sends much more
	stop    context.CancelFunc
	done    chan struct{}
}

// share publishes; mark is the last byte of every payload, so that viewers can tell whose picture they get.
func (w *world) share(participant string, mark byte) *presenter {
	w.t.Helper()
	return w.shareBy(peertest.NewClient(w.t, webrtc.Configuration{}), participant, mark)
}

// shareBy does so with a session of the caller's.
func (w *world) shareBy(pc *webrtc.PeerConnection, participant string, mark byte) *presenter {
	w.t.Helper()
	p := &presenter{pc: pc, done: make(chan struct{})}
	track, err := webrtc.NewTrackLocalStaticRTP(webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeVP8, ClockRate: 90000}, "video", "screen")
	if err != nil {
		w.t.Fatal(err)
	}
	sender, err := p.pc.AddTrack(track)
	if err != nil {
		w.t.Fatal(err)
	}
	var keyframe atomic.Bool
	keyframe.Store(true)
	go func() {
		for {
			packets, _, err := sender.ReadRTCP()
			if err != nil {
				return
			}
			for _, packet := range packets {
				if _, ok := packet.(*rtcp.PictureLossIndication); ok {
					p.asked.Add(1)
					keyframe.Store(true)
				}
			}
		}
	}()
	p.session, err = whip.Connect(w.t.Context(), whip.Endpoint{URL: w.url + "/whip?label=Test", Token: w.token(participant, jointoken.Share)}, p.pc)
	if err != nil {
		w.t.Fatal(err)
	}
	ctx, stop := context.WithCancel(w.t.Context())
	p.stop = stop
	go func() {
		defer close(p.done)
		sequence := uint16(65000)
		for n := 0; ctx.Err() == nil; n++ {
			first := byte(0x01) // VP8 payload header: P=1, an interframe
			if keyframe.Swap(false) {
				first = 0
			}
			id := uint16(n) & 0x7fff
			if p.loses.Swap(false) {
				sequence++
			}
			for i := range 3 {
				start := byte(0x80)
				if i == 0 {
					start |= 0x10
				}
				payload := append([]byte{start, 0x80, byte(id>>8) | 0x80, byte(id), first}, make([]byte, 900)...)
				payload[len(payload)-1] = mark
				sequence++
				_ = track.WriteRTP(&rtp.Packet{Header: rtp.Header{Version: 2, SequenceNumber: sequence, Timestamp: uint32(3000 * n), Marker: i == 2}, Payload: payload})
			}
			if p.flood.Load() {
				time.Sleep(time.Millisecond)
				continue
			}
			time.Sleep(30 * time.Millisecond) // the stream's own frame rate
		}
	}()
	w.t.Cleanup(p.end)
	return p
}

func (p *presenter) end() {
	p.stop()
	<-p.done
	_ = p.session.Close(context.Background())
	_ = p.pc.Close()
}

// watch plays the conference's screen and hands over its packets.
func (w *world) watch(participant string) <-chan *rtp.Packet {
	w.t.Helper()
	return w.play(peertest.NewClient(w.t, webrtc.Configuration{}), participant)
}

// play does so with a session of the caller's.
func (w *world) play(pc *webrtc.PeerConnection, participant string) <-chan *rtp.Packet {
	w.t.Helper()
	if _, err := pc.AddTransceiverFromKind(webrtc.RTPCodecTypeVideo, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionRecvonly}); err != nil {
		w.t.Fatal(err)
	}
	packets := make(chan *rtp.Packet, 4096)
	pc.OnTrack(func(track *webrtc.TrackRemote, _ *webrtc.RTPReceiver) {
		for {
			p, _, err := track.ReadRTP()
			if err != nil {
				return
			}
			packets <- p
		}
	})
	if _, err := whip.Connect(w.t.Context(), whip.Endpoint{URL: w.url + "/whep", Token: w.token(participant, jointoken.View)}, pc); err != nil {
		w.t.Fatal(err)
	}
	return packets
}

// next returns the next packet that satisfies want.
func next(t *testing.T, packets <-chan *rtp.Packet, what string, want func(*rtp.Packet) bool) *rtp.Packet {
	t.Helper()
	timeout := time.After(deadline)
	for {
		select {
		case p := <-packets:
			if want(p) {
				return p
			}
		case <-timeout:
			t.Fatalf("no %s within %s", what, deadline)
		}
	}
}

func from(mark byte) func(*rtp.Packet) bool {
	return func(p *rtp.Packet) bool { return p.Payload[len(p.Payload)-1] == mark }
}

// wantAll checks that a viewer gets the presenter's picture from a keyframe on, and that none of it is lost on the way.
func wantAll(t *testing.T, p *presenter, packets <-chan *rtp.Packet) {
	t.Helper()
	anything := func(*rtp.Packet) bool { return true }
	first := next(t, packets, "packet", anything)
	if !isKeyframe(first) {
		t.Error("the first packet is not a keyframe's")
	}
	for sequence := first.SequenceNumber; sequence != first.SequenceNumber+60; sequence++ {
		if got := next(t, packets, "packet", anything); got.SequenceNumber != sequence+1 {
			t.Fatalf("%d after %d", got.SequenceNumber, sequence)
		}
	}
	if p.asked.Load() == 0 {
		t.Error("no keyframe was asked for")
	}
}

func isKeyframe(p *rtp.Packet) bool { return p.Payload[0]&0x10 != 0 && p.Payload[4]&1 == 0 }

func TestALateViewerStartsAtAKeyframe(t *testing.T) {
	w := newWorld(t)
	w.share("anne", 'A')
	first := next(t, w.watch("james"), "packet", func(*rtp.Packet) bool { return true })
	if !isKeyframe(first) {
		t.Error("the first packet is not a keyframe's")
	}
	late := next(t, w.watch("late"), "packet", func(*rtp.Packet) bool { return true })
	if !isKeyframe(late) {
		t.Error("the late viewer's first packet is not a keyframe's")
	}
}

func TestViewersFollowThePresenterOnOneStream(t *testing.T) {
	w := newWorld(t)
	waiting := w.watch("early") // before anybody shares
	anne := w.share("anne", 'A')
	last := next(t, waiting, "packet of A", from('A'))
	w.share("bob", 'B')
	var previous *rtp.Packet
	switched := next(t, waiting, "packet of B", func(p *rtp.Packet) bool {
		if p.Payload[len(p.Payload)-1] == 'A' {
			previous = p
			return false
		}
		return true
	})
	if previous == nil {
		previous = last
	}
	if switched.SSRC != previous.SSRC || switched.SequenceNumber != previous.SequenceNumber+1 || int32(switched.Timestamp-previous.Timestamp) <= 0 {
		t.Errorf("the stream broke: %v then %v", previous.Header, switched.Header)
	}
	if !isKeyframe(switched) {
		t.Error("the switch was not at a keyframe")
	}
	id := func(p *rtp.Packet) uint16 { return (uint16(p.Payload[2])<<8 | uint16(p.Payload[3])) & 0x7fff }
	if id(switched) != (id(previous)+1)&0x7fff {
		t.Errorf("picture id jumped from %d to %d", id(previous), id(switched))
	}
	anne.end()
	next(t, waiting, "packet of B after A ended", from('B'))
}

func TestRefusals(t *testing.T) {
	w := newWorld(t)
	offer := func(direction webrtc.RTPTransceiverDirection) string {
		pc := peertest.NewClient(t, webrtc.Configuration{})
		if _, err := pc.AddTransceiverFromKind(webrtc.RTPCodecTypeVideo, webrtc.RTPTransceiverInit{Direction: direction}); err != nil {
			t.Fatal(err)
		}
		o, err := pc.CreateOffer(nil)
		if err != nil {
			t.Fatal(err)
		}
		return o.SDP
	}
	view, send := offer(webrtc.RTPTransceiverDirectionRecvonly), offer(webrtc.RTPTransceiverDirectionSendonly)
	used := w.token("p", jointoken.View)
	if _, err := whip.Open(t.Context(), whip.Endpoint{URL: w.url + "/whep", Token: used}, view); err != nil {
		t.Fatal(err)
	}
	candidates := strings.Repeat("a=candidate:1 1 udp 1 192.0.2.1 9 typ host\r\n", 40)
	for name, tt := range map[string]struct {
		path, token, offer string
		want               problem.Code
	}{
		"a guest who may not share":  {"/whip", w.token("g", jointoken.View), send, problem.PublishDenied},
		"somebody who may not view":  {"/whep", w.token("g", jointoken.Share), view, problem.ViewDenied},
		"the same token again":       {"/whep", used, view, problem.TokenReplayed},
		"no token":                   {"/whep", "", view, problem.Unauthenticated},
		"rubbish for a token":        {"/whep", "abc", view, problem.TokenInvalid},
		"rubbish for an offer":       {"/whep", w.token("g", jointoken.View), "v=0", problem.SDPInvalid},
		"nothing to send":            {"/whip", w.token("g", jointoken.Share), view, problem.SDPInvalid},
		"a sha-1 fingerprint":        {"/whep", w.token("g", jointoken.View), strings.ReplaceAll(view, "sha-256", "sha-1"), problem.SDPInvalid},
		"no fingerprint":             {"/whep", w.token("g", jointoken.View), strings.ReplaceAll(view, "a=fingerprint", "a=x"), problem.SDPInvalid},
		"too many candidates":        {"/whep", w.token("g", jointoken.View), view + candidates, problem.SDPLimit},
		"too many sections":          {"/whep", w.token("g", jointoken.View), view + strings.Repeat("m=video 9 UDP/TLS/RTP/SAVPF 96\r\n", 9), problem.SDPLimit},
		"too large a body":           {"/whep", w.token("g", jointoken.View), view + strings.Repeat("a=x\r\n", 20000), problem.BodyTooLarge},
		"a share of somewhere else":  {"/whep?publication=s-other", w.token("g", jointoken.View), view, problem.NotFound},
		"a nonsense endpoint":        {"/whep/x/y", w.token("g", jointoken.View), view, problem.NotFound},
		"a POST on a session's path": {"/whep/x", w.token("g", jointoken.View), view, problem.MethodNotAllowed},
	} {
		_, err := whip.Open(t.Context(), whip.Endpoint{URL: w.url + tt.path, Token: tt.token}, tt.offer)
		var refused *whip.Refused
		if !errors.As(err, &refused) || refused.Code != string(tt.want) || refused.Status != tt.want.Status() {
			t.Errorf("%s: %v, want %s", name, err, tt.want)
		}
	}
}

func TestARefusedOfferDoesNotSpendTheToken(t *testing.T) {
	w := newWorld(t)
	token := w.token("p", jointoken.View)
	e := whip.Endpoint{URL: w.url + "/whep", Token: token}
	if _, err := whip.Open(t.Context(), e, "rubbish"); err == nil {
		t.Fatal("rubbish was accepted")
	}
	pc := peertest.NewClient(t, webrtc.Configuration{})
	if _, err := pc.AddTransceiverFromKind(webrtc.RTPCodecTypeVideo, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionRecvonly}); err != nil {
		t.Fatal(err)
	}
	if _, err := whip.Connect(t.Context(), e, pc); err != nil {
		t.Error(err)
	}
}

// TestAFullConference: the token's limit holds on every way in, for another participant and not for another session.
func TestAFullConference(t *testing.T) {
	w := newWorld(t)
	w.limit = 1
	w.watch("anne")
	w.share("anne", 'A')
	pc := peertest.NewClient(t, webrtc.Configuration{})
	if _, err := pc.AddTransceiverFromKind(webrtc.RTPCodecTypeVideo, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionRecvonly}); err != nil {
		t.Fatal(err)
	}
	bob := whip.Endpoint{URL: w.url + "/whep", Token: w.token("bob", jointoken.View)}
	_, err := whip.Connect(t.Context(), bob, pc)
	var refused *whip.Refused
	if !errors.As(err, &refused) || refused.Status != 503 || refused.Code != "unavailable" || refused.Detail != "The conference is full." {
		t.Errorf("bob's view: %v", err)
	}
	conn, _, err := websocket.Dial(t.Context(), w.url+"/control", &websocket.DialOptions{Subprotocols: []string{wire.Subprotocol}})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.CloseNow()
	if err := conn.Write(t.Context(), websocket.MessageText, []byte(`{"type":"hello","token":"`+bob.Token+`"}`)); err != nil {
		t.Fatal(err)
	}
	_, frame, err := conn.Read(t.Context())
	if err != nil || !strings.Contains(string(frame), `"code":"unavailable","detail":"The conference is full."`) {
		t.Errorf("bob's control channel: %s, %v", frame, err)
	}
	if _, _, err := conn.Read(t.Context()); websocket.CloseStatus(err) != websocket.StatusTryAgainLater {
		t.Errorf("bob's control channel ends with %v", err)
	}
}

func TestLossesFromPresentersAreCounted(t *testing.T) {
	w := newWorld(t)
	p := w.share("anne", 'A')
	next(t, w.watch("james"), "packet", func(*rtp.Packet) bool { return true })
	sent := func() string {
		scraped := httptest.NewRecorder()
		w.relay.MetricsHandler().ServeHTTP(scraped, httptest.NewRequest("GET", "/metrics", nil))
		_, after, _ := strings.Cut(scraped.Body.String(), "\ncoopnet_relay_sent_nacks_total ")
		value, _, _ := strings.Cut(after, "\n")
		return value
	}
	if got := sent(); got != "0" {
		t.Fatalf("%q before anything was lost", got)
	}
	p.loses.Store(true)
	for until := time.Now().Add(deadline); sent() == "0"; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(until) {
			t.Fatal("a lost packet was not counted")
		}
	}
}
