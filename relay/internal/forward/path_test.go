package forward

import (
	"context"
	"encoding/binary"
	"log/slog"
	"net"
	"net/netip"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pion/dtls/v2"
	"github.com/pion/interceptor"
	"github.com/pion/webrtc/v3"

	"github.com/coopnet/coopnet/relay/internal/egress"
	"github.com/coopnet/coopnet/relay/internal/leaktest"
	"github.com/coopnet/coopnet/relay/internal/packet"
	"github.com/coopnet/coopnet/relay/internal/peer"
	"github.com/coopnet/coopnet/relay/internal/peer/peertest"
)

// path is the whole way from a publication to real viewers: socket, sessions, encryption.
type path struct {
	t       testing.TB
	socket  *egress.Socket
	peers   *peer.Peers
	stage   *stage
	answers *Answers
}

// newPath runs a media port until the test ends. Viewers are told the announced address, or the port's own.
func newPath(t testing.TB, announce func(media netip.AddrPort) netip.AddrPort) *path {
	t.Helper()
	leaktest.Check(t)
	socket, err := egress.Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	at := socket.Local()
	if announce != nil {
		at = announce(at)
	}
	peers, err := peer.New(peer.Config{Socket: socket, Announce: []netip.AddrPort{at}, Logger: slog.New(slog.DiscardHandler), Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() { defer close(done); peers.Run(context.Background()) }()
	t.Cleanup(func() {
		peers.Close()
		_ = socket.Close()
		<-done
	})
	p := &path{t: t, socket: socket, peers: peers}
	p.stage = &stage{t: t, batch: p.socket.NewBatch(), counters: &Counters{}, clock: time.Now()}
	p.answers = NewAnswers(p.socket.NewBatch())
	return p
}

// subscribe answers an offer; the subscription shows nothing yet.
func (p *path) subscribe(offer string) (*peer.Viewer, *Subscription, string) {
	p.t.Helper()
	var subscription atomic.Pointer[Subscription]
	v, answer, err := p.peers.View(offer, func(compound []byte) {
		if s := subscription.Load(); s != nil {
			s.Feedback(compound)
		}
	})
	if err != nil {
		p.t.Fatal(err)
	}
	s := NewSubscription(SubscriptionConfig{
		Transport: v, Formats: v.Formats, VideoSSRC: v.VideoSSRC, RTXSSRC: v.RTXSSRC, AudioSSRC: v.AudioSSRC,
		CNAME: "coopnet", First: 0x12347ffe, Answers: p.answers, Counters: p.stage.counters,
		CongestionControl: CongestionControl{Video: v.VideoCC, Audio: v.AudioCC, Now: time.Now},
	})
	subscription.Store(s)
	p.t.Cleanup(s.Close)
	return v, s, answer
}

// watch connects a viewer of the tests' own.
func (p *path) watch(cfg peertest.Config) (*peertest.Viewer, *Subscription) {
	p.t.Helper()
	remote := peertest.New(p.t, cfg)
	v, s, answer := p.subscribe(remote.Offer())
	remote.Connect(answer)
	select {
	case <-v.Connected():
	case <-time.After(peertest.Patience):
		p.t.Fatal("not connected")
	}
	return remote, s
}

func profiles() []dtls.SRTPProtectionProfile {
	return []dtls.SRTPProtectionProfile{dtls.SRTP_AES128_CM_HMAC_SHA1_80, dtls.SRTP_AEAD_AES_128_GCM}
}

// frame12 is a frame of 12 packets of 1,100 bytes, whose numbers advance in place.
type frame12 [12][]byte

func newFrame12() *frame12 {
	f := &frame12{}
	for i := range f {
		payload := make([]byte, 1100-packet.HeaderSize)
		copy(payload, []byte{0x80, 0x80, 0x81, 0x01, 1})
		if i == 0 {
			payload[0], payload[4] = 0x90, 0
		}
		f[i] = raw(packet.Header{Sequence: uint16(i), SSRC: 7, Marker: i == len(f)-1}, payload)
	}
	return f
}

func (f *frame12) write(t *Track) {
	for _, b := range f {
		binary.BigEndian.PutUint16(b[2:], binary.BigEndian.Uint16(b[2:])+uint16(len(f)))
		binary.BigEndian.PutUint32(b[4:], binary.BigEndian.Uint32(b[4:])+6000)
		t.Write(b)
	}
}

func TestForwardingDoesNotAllocate(t *testing.T) {
	p := newPath(t, nil)
	share := p.stage.publish('A')
	other := p.stage.publish('B') // a switch makes the relay rewrite picture ids
	var subscriptions []*Subscription
	for range 2 {
		for _, profile := range profiles() {
			remote, s := p.watch(peertest.Config{Profiles: []dtls.SRTPProtectionProfile{profile}})
			remote.Deafen() // what it receives is not ours to count
			s.Switch(other.Publication)
			subscriptions = append(subscriptions, s)
		}
	}
	other.frame(true, 3)
	for _, s := range subscriptions {
		s.Switch(share.Publication)
	}
	f := newFrame12()
	burst := func() {
		f.write(share.Video)
		share.video.run()
	}
	burst()
	before := p.stage.counters.Forwarded.Load()
	if allocated := testing.AllocsPerRun(100, burst); allocated != 0 {
		t.Errorf("%v allocations for a frame to %d viewers", allocated, len(subscriptions))
	}
	if n := p.stage.counters.Forwarded.Load() - before; n != 101*12*4 {
		t.Errorf("%d packets were forwarded, want %d", n, 101*12*4)
	}
	if failed := p.socket.Counters.SendErrors.Load(); failed != 0 {
		t.Errorf("%d packets could not be sent", failed)
	}
	sequence := uint16(subscriptions[0].video.index())
	lost := compound(t, nack(subscriptions[0].video.ssrc, one(sequence)))
	repeated := func() {
		burst()
		sequence += 12
		binary.BigEndian.PutUint16(lost[12:], sequence)
		subscriptions[0].Feedback(lost)
	}
	if allocated := testing.AllocsPerRun(100, repeated); allocated != 0 || p.stage.counters.Retransmitted.Load() != 101 {
		t.Errorf("%v allocations for a retransmission; %d were sent", allocated, p.stage.counters.Retransmitted.Load())
	}
}

// index is the newest packet's at the viewer.
func (o *output) index() uint64 {
	at, _ := o.mapping.Map(&packet.Packet{Index: o.track.highest})
	return at.Index
}

// lossy is a network between the relay and one viewer: every n-th datagram to the viewer is lost, once it is told to.
type lossy struct {
	outside, inside *net.UDPConn
	viewer          atomic.Pointer[net.UDPAddr]
	every           atomic.Int64 // 0: no loss
	lost            atomic.Int64
}

func newLossy(t testing.TB, media netip.AddrPort) *lossy {
	t.Helper()
	outside, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	inside, err := net.DialUDP("udp4", nil, net.UDPAddrFromAddrPort(media))
	if err != nil {
		t.Fatal(err)
	}
	l := &lossy{outside: outside, inside: inside}
	_, _ = outside.SetReadBuffer(4<<20), inside.SetReadBuffer(4<<20)
	done := make(chan struct{}, 2)
	go func() { l.towardsRelay(); done <- struct{}{} }()
	go func() { l.towardsViewer(); done <- struct{}{} }()
	t.Cleanup(func() {
		_, _ = outside.Close(), inside.Close()
		<-done
		<-done
	})
	return l
}

func (l *lossy) address() netip.AddrPort { return l.outside.LocalAddr().(*net.UDPAddr).AddrPort() }

func (l *lossy) towardsRelay() {
	var b [2048]byte
	for {
		n, from, err := l.outside.ReadFromUDP(b[:])
		if err != nil {
			return
		}
		l.viewer.Store(from)
		_, _ = l.inside.Write(b[:n])
	}
}

func (l *lossy) towardsViewer() {
	var b [2048]byte
	for n := int64(1); ; n++ {
		size, err := l.inside.Read(b[:])
		if err != nil {
			return
		}
		if every := l.every.Load(); every > 0 && n%every == 0 {
			l.lost.Add(1)
			continue
		}
		if to := l.viewer.Load(); to != nil {
			_, _ = l.outside.WriteToUDP(b[:size], to)
		}
	}
}

// play is a standard client: it asks for what is lost every 100 ms. It hands over the numbers in the payloads.
func (p *path) play(rtx bool) (*peer.Viewer, *Subscription, <-chan uint32) {
	p.t.Helper()
	media, interceptors, engine := &webrtc.MediaEngine{}, &interceptor.Registry{}, webrtc.SettingEngine{}
	engine.SetIncludeLoopbackCandidate(true)
	engine.SetIPFilter(net.IP.IsLoopback) // one address: the lossy network knows where the viewer is
	engine.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4})
	engine.SetSRTPReplayProtectionWindow(1024) // as browsers have it
	feedback := []webrtc.RTCPFeedback{{Type: "nack"}, {Type: "nack", Parameter: "pli"}}
	codecs := []webrtc.RTPCodecParameters{{RTPCodecCapability: webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeVP8, ClockRate: 90000, RTCPFeedback: feedback}, PayloadType: vp8}}
	if rtx {
		codecs = append(codecs, webrtc.RTPCodecParameters{RTPCodecCapability: webrtc.RTPCodecCapability{MimeType: "video/rtx", ClockRate: 90000, SDPFmtpLine: "apt=96"}, PayloadType: vp8RTX})
	}
	for _, c := range codecs {
		if err := media.RegisterCodec(c, webrtc.RTPCodecTypeVideo); err != nil {
			p.t.Fatal(err)
		}
	}
	if err := webrtc.RegisterDefaultInterceptors(media, interceptors); err != nil {
		p.t.Fatal(err)
	}
	pc, err := webrtc.NewAPI(webrtc.WithMediaEngine(media), webrtc.WithInterceptorRegistry(interceptors), webrtc.WithSettingEngine(engine)).NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() { _ = pc.Close() })
	if _, err := pc.AddTransceiverFromKind(webrtc.RTPCodecTypeVideo, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionRecvonly}); err != nil {
		p.t.Fatal(err)
	}
	numbers := make(chan uint32, 1<<14)
	pc.OnTrack(func(track *webrtc.TrackRemote, _ *webrtc.RTPReceiver) {
		for {
			packet, _, err := track.ReadRTP()
			if err != nil {
				return
			}
			numbers <- binary.BigEndian.Uint32(packet.Payload[5:])
		}
	})
	offer, err := pc.CreateOffer(nil)
	if err != nil {
		p.t.Fatal(err)
	}
	gathered := webrtc.GatheringCompletePromise(pc)
	if err := pc.SetLocalDescription(offer); err != nil {
		p.t.Fatal(err)
	}
	<-gathered
	v, s, answer := p.subscribe(pc.LocalDescription().SDP)
	if err := pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: answer}); err != nil {
		p.t.Fatal(err)
	}
	return v, s, numbers
}

// TestALossyViewerReceivesEveryPacket loses 5 % of all datagrams, repeated ones too. pion's client asks again for what
// RTX has brought already, and drops bursts of it: much more loss would test the client.
func TestALossyViewerReceivesEveryPacket(t *testing.T) {
	for name, rtx := range map[string]bool{"with RTX": true, "without RTX": false} {
		t.Run(name, func(t *testing.T) {
			var network *lossy
			p := newPath(t, func(media netip.AddrPort) netip.AddrPort {
				network = newLossy(t, media)
				return network.address()
			})
			viewer, s, numbers := p.play(rtx)
			select {
			case <-viewer.Connected():
			case <-time.After(peertest.Patience):
				t.Fatal("not connected")
			}
			publication := New(Config{Video: packet.VP8, Keyframe: func() {}, Counters: p.stage.counters, Now: time.Now})
			ctx, stop := context.WithCancel(context.Background())
			done := make(chan struct{})
			go func() { defer close(done); publication.Video.Run(ctx, p.socket.NewBatch()) }()
			t.Cleanup(func() { stop(); <-done })
			s.Switch(publication)
			const packets, every = 960, 20
			missing := receive(publication.Video, network, numbers, packets, every)
			c := p.stage.counters
			t.Logf("%d datagrams lost, %d packets asked for, %d repeated", network.lost.Load(), c.NACKs.Load(), c.Retransmitted.Load())
			if missing != 0 || network.lost.Load() < packets/every-1 || c.Retransmitted.Load() < packets/every-1 {
				t.Errorf("%d packets missing, %d datagrams lost, %d repeated", missing, network.lost.Load(), c.Retransmitted.Load())
			}
		})
	}
}

// receive publishes until the first packets have all arrived, or patience ends. The loss begins behind the first frame.
func receive(track *Track, network *lossy, numbers <-chan uint32, packets int, every int64) (missing int) {
	p := numbered{track: track}
	seen, left, first := make([]bool, packets), packets, 0 // the first that is missing
	frames := time.NewTicker(10 * time.Millisecond)        // the picture's own rate
	defer frames.Stop()
	timeout := time.After(2 * peertest.Patience)
	for p.frame(12); left > 0; {
		select {
		case n := <-numbers:
			network.every.Store(every)
			if int(n) < packets && !seen[n] {
				seen[n] = true
				left--
			}
			for first < packets && seen[first] {
				first++
			}
		case <-frames.C:
			switch behind := p.sent - first; {
			case network.every.Load() == 0:
			case behind < 256:
				p.frame(12)
			default: // a slow machine: the client forgets what is more than 512 packets behind
				p.frame(1)
			}
		case <-timeout:
			return left
		}
	}
	return 0
}

// numbered is a picture whose packets carry their number.
type numbered struct {
	track *Track
	sent  int
}

func (n *numbered) frame(packets int) {
	for i := range packets {
		payload := make([]byte, 1100)
		copy(payload, []byte{0x80, 0x80, 0x81, 0x01, 1})
		if n.sent == 0 {
			payload[0], payload[4] = 0x90, 0
		}
		binary.BigEndian.PutUint32(payload[5:], uint32(n.sent))
		n.track.Write(raw(packet.Header{Sequence: uint16(n.sent), Timestamp: uint32(n.sent) * 90, SSRC: 7, Marker: i == packets-1}, payload))
		n.sent++
	}
}

// BenchmarkFanOut forwards frames of 12 packets to viewers that do not read: what is left is the relay's own cost and
// the kernel's.
func BenchmarkFanOut(b *testing.B) {
	const viewers = 20
	for i, profile := range profiles() {
		b.Run([]string{"cm", "gcm"}[i], func(b *testing.B) {
			p := newPath(b, nil)
			share := p.stage.publish('A')
			for range viewers {
				remote, s := p.watch(peertest.Config{Profiles: []dtls.SRTPProtectionProfile{profile}})
				remote.Deafen()
				s.Switch(share.Publication)
			}
			f := newFrame12()
			f.write(share.Video)
			share.video.run()
			before := p.stage.counters.Forwarded.Load()
			b.ReportAllocs()
			for b.Loop() {
				f.write(share.Video)
				share.video.run()
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(p.stage.counters.Forwarded.Load()-before), "ns/packet")
		})
	}
}
