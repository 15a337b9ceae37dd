package whip

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pion/interceptor"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v3"

	"github.com/coopnet/coopnet/relay/internal/egress"
	"github.com/coopnet/coopnet/relay/internal/forward"
	"github.com/coopnet/coopnet/relay/internal/gate"
	"github.com/coopnet/coopnet/relay/internal/leaktest"
	"github.com/coopnet/coopnet/relay/internal/packet"
	"github.com/coopnet/coopnet/relay/internal/peer"
	"github.com/coopnet/coopnet/relay/internal/room"
	"github.com/coopnet/coopnet/shared/jointoken"
	client "github.com/coopnet/coopnet/shared/whip"
)

const (
	patience  = 15 * time.Second
	maxShares = 5
	issuer    = "https://coopnet.test"
	audience  = "relay-1"
)

// world is a server on a media port and an HTTP port of its own, and an issuer of tokens.
type world struct {
	t      *testing.T
	server *Server
	rooms  *room.Rooms
	media  net.Addr
	url    string
	key    jointoken.Key
	count  atomic.Int64
}

func newWorld(t *testing.T) *world {
	t.Helper()
	leaktest.Check(t)
	key, err := jointoken.NewKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	socket, err := egress.Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	logger := slog.New(slog.DiscardHandler)
	peers, err := peer.New(peer.Config{Socket: socket, Announce: []netip.AddrPort{socket.Local()}, Logger: logger, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, key: key, media: net.UDPAddrFromAddrPort(socket.Local()), rooms: room.New(room.Config{MaxPublications: maxShares})}
	verifier := &jointoken.Verifier{Issuer: issuer, Audience: audience, Keys: jointoken.NewJWKS(key), Now: time.Now}
	w.server = New(Config{
		Gate: gate.New(gate.Config{Verifier: verifier}), Rooms: w.rooms, Peers: peers, Socket: socket,
		Counters: &forward.Counters{}, Logger: logger, Now: time.Now,
	})
	read := make(chan struct{})
	go func() { defer close(read); peers.Run(context.Background()) }()
	web := httptest.NewServer(w.server)
	w.url = web.URL
	t.Cleanup(func() {
		w.server.Close()
		peers.Close()
		_ = socket.Close()
		<-read
		w.rooms.Close()
		http.DefaultClient.CloseIdleConnections()
		web.Close()
	})
	return w
}

// claims are good ones for conference c-1.
func (w *world) claims(participant string, permissions ...jointoken.Permission) jointoken.Claims {
	now := time.Now()
	return jointoken.Claims{Issuer: issuer, Audience: audience, Subject: participant, ID: fmt.Sprint("j", w.count.Add(1)), Conference: "c-1",
		Name: participant, Role: jointoken.RoleGuest, Permissions: permissions, IssuedAt: now, NotBefore: now, Expires: now.Add(time.Minute)}
}

func (w *world) sign(c jointoken.Claims) string {
	w.t.Helper()
	token, err := jointoken.Sign(w.key, c)
	if err != nil {
		w.t.Fatal(err)
	}
	return token
}

func (w *world) share(participant string) client.Endpoint {
	return client.Endpoint{URL: w.url + "/whip", Token: w.sign(w.claims(participant, jointoken.Share))}
}

func (w *world) view(participant string) client.Endpoint {
	return client.Endpoint{URL: w.url + "/whep", Token: w.sign(w.claims(participant, jointoken.View))}
}

// eventually waits for a condition that nothing announces.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !holds(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not within %s: %s", patience, what)
		}
	}
}

// line is a participant's network, which a test may cut.
type line struct {
	net.PacketConn
	cut  atomic.Bool
	told atomic.Bool // a DTLS alert came: the relay has ended the session (RFC 6347 section 4.1, type 21)
}

func (l *line) ReadFrom(b []byte) (int, net.Addr, error) {
	for {
		n, from, err := l.PacketConn.ReadFrom(b)
		if err == nil && n > 0 && b[0] == 21 {
			l.told.Store(true)
		}
		if err != nil || !l.cut.Load() {
			return n, from, err
		}
	}
}

func (l *line) WriteTo(b []byte, to net.Addr) (int, error) {
	if l.cut.Load() {
		return len(b), nil
	}
	return l.PacketConn.WriteTo(b, to)
}

// retype changes the payload type of what its participant sends, as a browser does that changes the codec.
type retype struct {
	interceptor.NoOp
	to atomic.Int32 // 0: as negotiated
}

func (r *retype) NewInterceptor(string) (interceptor.Interceptor, error) { return r, nil }

func (r *retype) BindLocalStream(_ *interceptor.StreamInfo, w interceptor.RTPWriter) interceptor.RTPWriter {
	return interceptor.RTPWriterFunc(func(h *rtp.Header, payload []byte, a interceptor.Attributes) (int, error) {
		if to := r.to.Load(); to != 0 {
			h.PayloadType = uint8(to)
		}
		return w.Write(h, payload, a)
	})
}

// browser is a participant's side of one session.
type browser struct {
	t       *testing.T
	pc      *webrtc.PeerConnection
	line    *line
	retype  *retype
	session *client.Session
}

func newBrowser(t *testing.T) *browser {
	t.Helper()
	conn, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	b := &browser{t: t, line: &line{PacketConn: conn}, retype: &retype{}}
	mux := webrtc.NewICEUDPMux(nil, b.line)
	engine := webrtc.SettingEngine{}
	engine.SetIncludeLoopbackCandidate(true)
	engine.SetICEUDPMux(mux)
	engine.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4})
	media := &webrtc.MediaEngine{}
	if err := media.RegisterDefaultCodecs(); err != nil {
		t.Fatal(err)
	}
	registry := &interceptor.Registry{}
	registry.Add(b.retype)
	api := webrtc.NewAPI(webrtc.WithSettingEngine(engine), webrtc.WithMediaEngine(media), webrtc.WithInterceptorRegistry(registry))
	if b.pc, err = api.NewPeerConnection(webrtc.Configuration{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = b.pc.Close()
		_ = mux.Close()
		_ = conn.Close()
	})
	return b
}

func (b *browser) connect(e client.Endpoint) {
	b.t.Helper()
	var err error
	if b.session, err = client.Connect(b.t.Context(), e, b.pc); err != nil {
		b.t.Fatal(err)
	}
}

// gone waits until the relay knows the session no more.
func (b *browser) gone(within time.Duration) {
	b.t.Helper()
	began := time.Now()
	for {
		_, err := b.session.Patch(b.t.Context(), "*", "")
		if status(err) == http.StatusNotFound {
			return
		}
		if time.Since(began) > within {
			b.t.Fatalf("the session is still there after %s: %v", within, err)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// restart renews the ICE credentials of both sides.
func (b *browser) restart() {
	b.t.Helper()
	offer, err := b.pc.CreateOffer(&webrtc.OfferOptions{ICERestart: true})
	if err != nil {
		b.t.Fatal(err)
	}
	if err := b.pc.SetLocalDescription(offer); err != nil {
		b.t.Fatal(err)
	}
	fragment, err := b.session.Patch(b.t.Context(), b.session.ETag, lines(offer.SDP, "a=ice-ufrag:", "a=ice-pwd:"))
	if err != nil {
		b.t.Fatal(err)
	}
	answer := b.session.Answer
	for _, key := range []string{"a=ice-ufrag:", "a=ice-pwd:"} {
		answer = strings.ReplaceAll(answer, lines(answer, key), lines(fragment, key))
	}
	if err := b.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: answer}); err != nil {
		b.t.Fatal(err)
	}
}

// lines returns the first line of the description for each prefix.
func lines(description string, prefixes ...string) string {
	var found string
	for _, prefix := range prefixes {
		for line := range strings.Lines(description) {
			if strings.HasPrefix(line, prefix) {
				found += line
				break
			}
		}
	}
	return found
}

// presenter shares pictures of which only the first bytes mean anything. Keyframes come when they are asked for.
type presenter struct {
	*browser
	track *webrtc.TrackLocalStaticRTP
	codec packet.Codec
	asked atomic.Bool
	stop  context.CancelFunc
	done  chan struct{}
}

// newPresenter is about to share, preferring the codec.
func newPresenter(t *testing.T, codec packet.Codec) *presenter {
	t.Helper()
	p := &presenter{browser: newBrowser(t), codec: codec}
	capability := webrtc.RTPCodecCapability{MimeType: "video/" + string(codec), ClockRate: 90000}
	var err error
	if p.track, err = webrtc.NewTrackLocalStaticRTP(capability, "video", "screen"); err != nil {
		t.Fatal(err)
	}
	transceiver := p.add(p.track, capability.MimeType)
	go func() { // ends with the connection
		for {
			packets, _, err := transceiver.Sender().ReadRTCP()
			if err != nil {
				return
			}
			for _, packet := range packets {
				if _, ok := packet.(*rtcp.PictureLossIndication); ok {
					p.asked.Store(true)
				}
			}
		}
	}()
	return p
}

// add offers a track in its own section, preferring a codec.
func (p *presenter) add(track webrtc.TrackLocal, mime string) *webrtc.RTPTransceiver {
	p.t.Helper()
	transceiver, err := p.pc.AddTransceiverFromTrack(track, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionSendonly})
	if err != nil {
		p.t.Fatal(err)
	}
	var first, rest []webrtc.RTPCodecParameters // the wanted codec, then all others, as a browser offers
	for _, c := range transceiver.Sender().GetParameters().Codecs {
		if strings.EqualFold(c.MimeType, mime) {
			first = append(first, c)
		} else {
			rest = append(rest, c)
		}
	}
	if err := transceiver.SetCodecPreferences(append(first, rest...)); err != nil {
		p.t.Fatal(err)
	}
	return transceiver
}

// present shares until end; mark is the last byte of each picture.
func (w *world) present(participant string, codec packet.Codec, mark byte) *presenter {
	w.t.Helper()
	p := newPresenter(w.t, codec)
	p.connect(w.share(participant))
	p.send(mark)
	return p
}

func (p *presenter) send(mark byte) {
	ctx, stop := context.WithCancel(p.t.Context())
	p.stop, p.done = stop, make(chan struct{})
	p.asked.Store(true)
	go func() {
		defer close(p.done)
		frames := time.NewTicker(20 * time.Millisecond)
		defer frames.Stop()
		for n := 0; ; n++ {
			select {
			case <-ctx.Done():
				return
			case <-frames.C:
			}
			payload := append(picture(p.codec, p.asked.Swap(false)), make([]byte, 200)...)
			payload[len(payload)-1] = mark
			_ = p.track.WriteRTP(&rtp.Packet{Header: rtp.Header{Version: 2, SequenceNumber: uint16(n), Timestamp: uint32(1800 * n), Marker: true}, Payload: payload})
		}
	}()
	p.t.Cleanup(p.end)
}

func (p *presenter) end() {
	p.stop()
	<-p.done
	_ = p.session.Close(context.Background())
	_ = p.pc.Close()
}

// picture is how a frame begins.
func picture(codec packet.Codec, key bool) []byte {
	pick := func(keyframe, other byte) byte {
		if key {
			return keyframe
		}
		return other
	}
	switch codec {
	case packet.VP8:
		return []byte{0x10, pick(0, 1)}
	case packet.VP9:
		return []byte{pick(0x0c, 0x4c)}
	case packet.H264:
		return []byte{pick(0x67, 0x41), 0x42}
	default: // AV1
		return []byte{pick(0x18, 0x10), 1}
	}
}

// viewer plays and hands over what it gets.
type viewer struct {
	*browser
	packets chan *rtp.Packet
}

func (w *world) watch(e client.Endpoint) *viewer {
	w.t.Helper()
	v := &viewer{browser: newBrowser(w.t), packets: make(chan *rtp.Packet, 4096)}
	if _, err := v.pc.AddTransceiverFromKind(webrtc.RTPCodecTypeVideo, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionRecvonly}); err != nil {
		w.t.Fatal(err)
	}
	v.pc.OnTrack(func(track *webrtc.TrackRemote, _ *webrtc.RTPReceiver) {
		for {
			p, _, err := track.ReadRTP()
			if err != nil {
				return
			}
			v.packets <- p
		}
	})
	v.connect(e)
	return v
}

// status is the HTTP status of a refusal; 0 for none.
func status(err error) int {
	var refused *client.Refused
	if errors.As(err, &refused) {
		return refused.Status
	}
	return 0
}

func from(mark byte) func(*rtp.Packet) bool {
	return func(p *rtp.Packet) bool { return p.Payload[len(p.Payload)-1] == mark }
}

// next returns the next packet that is wanted.
func (v *viewer) next(what string, want func(*rtp.Packet) bool) *rtp.Packet {
	v.t.Helper()
	timeout := time.After(patience)
	for {
		select {
		case p := <-v.packets:
			if want(p) {
				return p
			}
		case <-timeout:
			v.t.Fatalf("not within %s: %s", patience, what)
		}
	}
}
