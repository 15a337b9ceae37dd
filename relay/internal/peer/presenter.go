package peer

import (
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/ice/v2"
	"github.com/pion/interceptor"
	"github.com/pion/interceptor/pkg/nack"
	"github.com/pion/interceptor/pkg/report"
	"github.com/pion/interceptor/pkg/twcc"
	"github.com/pion/logging"
	"github.com/pion/rtcp"
	"github.com/pion/sdp/v3"
	"github.com/pion/webrtc/v3"

	"github.com/coopnet/coopnet/relay/internal/packet"
	"github.com/coopnet/coopnet/shared/problem"
)

const (
	// presenterDisconnected is the silence after which viewers are told; Chromium speaks at least every 2.5 s.
	presenterDisconnected = 4 * time.Second
	// presenterGone is how long a presenter's network may be away before the share ends: the page tries for 20 s.
	presenterGone      = 25 * time.Second
	presenterKeepalive = 2 * time.Second
	// presenterReplay is how late a packet may come, in packets, before it counts as replayed: as late as the NACK
	// generator asks for it again. pion's 64 would refuse most repeated packets of a large keyframe.
	presenterReplay = 512
	gatherTimeout   = 5 * time.Second
	// drain is how long pion has, once nothing new comes in, to take what came before it is closed.
	drain = 200 * time.Millisecond
	// closeTimeout is how long the relay waits for pion to close a session before it goes on without.
	closeTimeout = 5 * time.Second
)

// newPresenterAPI is the only place that makes a webrtc.API: codecs, feedback, one port, ICE-lite. Each presenter has its
// own, for the sake of the gate in mux.
func newPresenterAPI(mux ice.UDPMux, logs logging.LoggerFactory, nacks *asked) (*webrtc.API, error) {
	media := &webrtc.MediaEngine{}
	if err := registerCodecs(media); err != nil {
		return nil, err
	}
	interceptors := &interceptor.Registry{}
	if err := registerInterceptors(media, interceptors, nacks); err != nil {
		return nil, err
	}
	engine := webrtc.SettingEngine{LoggerFactory: logs}
	engine.SetLite(true)
	engine.SetICEUDPMux(mux)
	engine.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4, webrtc.NetworkTypeUDP6})
	engine.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled)
	engine.DisableActiveTCP(true)
	// pion counts the second timeout from the end of the first.
	engine.SetICETimeouts(presenterDisconnected, presenterGone-presenterDisconnected, presenterKeepalive)
	engine.SetSRTPReplayProtectionWindow(presenterReplay)
	engine.SetDTLSInsecureSkipHelloVerify(true) // ICE has verified the address already
	engine.SetDTLSRetransmissionInterval(flightInterval)
	if err := engine.SetAnsweringDTLSRole(webrtc.DTLSRoleServer); err != nil {
		return nil, fmt.Errorf("set DTLS role: %w", err)
	}
	return webrtc.NewAPI(webrtc.WithMediaEngine(media), webrtc.WithInterceptorRegistry(interceptors), webrtc.WithSettingEngine(engine)), nil
}

// registerCodecs leaves RTX out on purpose: a presenter then repeats lost packets on the stream itself, and they need
// no unpacking.
func registerCodecs(media *webrtc.MediaEngine) error {
	feedback := []webrtc.RTCPFeedback{{Type: "nack"}, {Type: "nack", Parameter: "pli"}, {Type: "ccm", Parameter: "fir"}}
	const baseline = "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f"
	for pt, c := range []webrtc.RTPCodecCapability{
		{MimeType: webrtc.MimeTypeVP9, ClockRate: 90000, SDPFmtpLine: "profile-id=0", RTCPFeedback: feedback},
		{MimeType: webrtc.MimeTypeVP8, ClockRate: 90000, RTCPFeedback: feedback},
		{MimeType: webrtc.MimeTypeH264, ClockRate: 90000, SDPFmtpLine: baseline, RTCPFeedback: feedback},
		{MimeType: webrtc.MimeTypeAV1, ClockRate: 90000, RTCPFeedback: feedback},
	} {
		codec := webrtc.RTPCodecParameters{RTPCodecCapability: c, PayloadType: webrtc.PayloadType(96 + pt)}
		if err := media.RegisterCodec(codec, webrtc.RTPCodecTypeVideo); err != nil {
			return fmt.Errorf("register %s: %w", c.MimeType, err)
		}
	}
	opus := webrtc.RTPCodecParameters{PayloadType: 111, RTPCodecCapability: webrtc.RTPCodecCapability{
		MimeType: webrtc.MimeTypeOpus, ClockRate: 48000, Channels: 2, SDPFmtpLine: "minptime=10;useinbandfec=1"}}
	if err := media.RegisterCodec(opus, webrtc.RTPCodecTypeAudio); err != nil {
		return fmt.Errorf("register opus: %w", err)
	}
	return nil
}

// registerInterceptors gives presenters what makes a browser raise its rate: transport-wide feedback and reports.
func registerInterceptors(media *webrtc.MediaEngine, registry *interceptor.Registry, nacks *asked) error {
	for _, kind := range []webrtc.RTPCodecType{webrtc.RTPCodecTypeVideo, webrtc.RTPCodecTypeAudio} {
		media.RegisterFeedback(webrtc.RTCPFeedback{Type: webrtc.TypeRTCPFBTransportCC}, kind)
		for _, uri := range []string{sdp.TransportCCURI, sdp.SDESMidURI} {
			if err := media.RegisterHeaderExtension(webrtc.RTPHeaderExtensionCapability{URI: uri}, kind); err != nil {
				return fmt.Errorf("register header extension: %w", err)
			}
		}
	}
	generator, err := nack.NewGeneratorInterceptor()
	if err != nil {
		return fmt.Errorf("make NACK generator: %w", err)
	}
	reports, err := report.NewReceiverInterceptor()
	if err != nil {
		return fmt.Errorf("make receiver reports: %w", err)
	}
	congestion, err := twcc.NewSenderInterceptor()
	if err != nil {
		return fmt.Errorf("make congestion feedback: %w", err)
	}
	registry.Add(nacks)
	registry.Add(generator)
	registry.Add(reports)
	registry.Add(congestion)
	return nil
}

// Kind is what a presenter's track carries.
type Kind int

// The kinds of tracks.
const (
	Picture    Kind = iota
	LowPicture      // the same picture at a rate that narrow ways carry
	Sound
)

// Incoming is one track of a presenter. Read returns one RTP packet at a time; it fails when the session ends, and when
// a packet has another payload type than the first: the session has to end then.
type Incoming struct {
	Kind  Kind
	Codec packet.Codec
	SSRC  uint32
	Read  func(b []byte) (int, error)
}

// PresenterEvents are called on the session's own goroutines.
type PresenterEvents struct {
	Track  func(Incoming)                  // returns when the track ends
	Report func(kind Kind, rtpTime uint32) // a sender report came
	State  func()                          // Interrupted may have changed; must not block
	Closed func()                          // once
}

// Presenter is the session of somebody who shares.
type Presenter struct {
	pc       *webrtc.PeerConnection
	gate     *mediaGate
	peers    *Peers
	answers  *reflexive
	events   PresenterEvents
	has      offered
	closing  sync.Once
	closed   chan struct{}
	over     chan struct{} // closed after the farewell
	ufrag    string        // ours; the demux's lock guards it
	patience time.Duration // to gather
	nacks    *atomic.Uint64

	negotiation
}

// negotiation is the latest; mu lets one be made at a time.
type negotiation struct {
	mu     sync.Mutex
	offer  string // that was answered
	remote string // the presenter's ufrag in it
	head   string // of an ICE restart's answer
}

// Present answers a presenter's offer; low is the mid of the section that carries the picture again at a low rate, or "".
// Errors are problems.
func (p *Peers) Present(offerText, low string, events PresenterEvents) (*Presenter, string, error) {
	o, err := parseOffer(offerText)
	if err != nil {
		return nil, "", err
	}
	taken, has, err := o.presented(low)
	if err != nil {
		return nil, "", err
	}
	gate := newMediaGate(o.declared())
	answers, nacks := &reflexive{socket: p.socket}, &asked{packets: p.nacks, own: new(atomic.Uint64)}
	api, err := newPresenterAPI(&gatedMux{UDPMux: p.demux, gate: gate, answers: answers}, p.pionLogs, nacks)
	if err != nil {
		return nil, "", err
	}
	pc, err := api.NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		return nil, "", fmt.Errorf("make presenter session: %w", err)
	}
	s := &Presenter{
		pc: pc, gate: gate, peers: p, answers: answers, events: events, has: has, closed: make(chan struct{}), over: make(chan struct{}), patience: gatherTimeout,
		negotiation: negotiation{offer: taken, remote: o.ice.ufrag}, nacks: nacks.own,
	}
	pc.OnTrack(s.track)
	pc.OnConnectionStateChange(func(state webrtc.PeerConnectionState) {
		if state == webrtc.PeerConnectionStateFailed || state == webrtc.PeerConnectionStateClosed {
			go s.Close() // pion holds its lock here
			return       // Closed says all
		}
		if state == webrtc.PeerConnectionStateConnected {
			gate.open()
		}
		events.State()
	})
	if err := s.offered(s.offer); err != nil {
		_ = pc.Close()
		return nil, "", err
	}
	answer, err := s.answered()
	if err != nil {
		_ = pc.Close()
		return nil, "", err
	}
	s.head = fragmentHead(answer)
	if !p.watch(s) {
		_ = pc.Close()
		return nil, "", problem.New(problem.Unavailable, "The relay is stopping; join again.")
	}
	s.reachable(answer)
	return s, answer, nil
}

// offered sets the offer.
func (s *Presenter) offered(offer string) error {
	if err := s.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeOffer, SDP: offer}); err != nil {
		return problem.Wrap(problem.SDPInvalid, "The offer cannot be used.", err)
	}
	return nil
}

// answered answers the offer that was set, with our candidates.
func (s *Presenter) answered() (string, error) {
	answer, err := s.pc.CreateAnswer(nil)
	if err != nil {
		return "", problem.Wrap(problem.SDPInvalid, "The offer cannot be answered.", err)
	}
	gathered := webrtc.GatheringCompletePromise(s.pc)
	if err := s.pc.SetLocalDescription(answer); err != nil {
		return "", problem.Wrap(problem.SDPInvalid, "The offer cannot be answered.", err)
	}
	select {
	case <-gathered:
	case <-time.After(s.patience):
		return "", problem.New(problem.Unavailable, "The relay is busy; try again.")
	}
	narrowed, err := s.has.narrowed(s.pc.LocalDescription().SDP)
	if err != nil {
		return "", err
	}
	return s.announced(narrowed), nil
}

// reachable lets connections in that know our credentials, which it returns.
func (s *Presenter) reachable(answer string) credentials {
	local := credentials{ufrag: attribute(answer, "ice-ufrag"), password: attribute(answer, "ice-pwd")}
	s.answers.password.Store(&local.password)
	s.peers.demux.present(s, local)
	return local
}

// announced replaces the mux's own candidate by the addresses that the operator announces.
func (s *Presenter) announced(description string) string {
	var b strings.Builder
	done := false
	for line := range strings.Lines(description) {
		if !strings.HasPrefix(line, "a=candidate:") {
			b.WriteString(line)
			continue
		}
		if done {
			continue
		}
		done = true // bundled: the first section's candidates serve all
		for _, c := range s.peers.candidates {
			b.WriteString("a=" + c + "\r\n")
		}
	}
	return b.String()
}

func (s *Presenter) track(remote *webrtc.TrackRemote, receiver *webrtc.RTPReceiver) {
	_, name, _ := strings.Cut(remote.Codec().MimeType, "/")
	codec, payloadType := packet.Codec(name), byte(remote.PayloadType())
	kind := s.kind(remote, receiver)
	go s.reports(receiver, kind)
	s.events.Track(Incoming{Kind: kind, Codec: codec, SSRC: uint32(remote.SSRC()), Read: func(b []byte) (int, error) {
		n, _, err := remote.Read(b)
		if err == nil && n > 1 && b[1]&0x7f != payloadType {
			err = fmt.Errorf("payload type %d after %d", b[1]&0x7f, payloadType)
		}
		return n, err
	}})
}

func (s *Presenter) kind(remote *webrtc.TrackRemote, receiver *webrtc.RTPReceiver) Kind {
	if remote.Kind() == webrtc.RTPCodecTypeAudio {
		return Sound
	}
	for _, t := range s.pc.GetTransceivers() {
		if t.Receiver() == receiver && s.has.low != "" && t.Mid() == s.has.mid {
			return LowPicture
		}
	}
	return Picture
}

// reports ends when the receiver stops.
func (s *Presenter) reports(receiver *webrtc.RTPReceiver, kind Kind) {
	for {
		packets, _, err := receiver.ReadRTCP()
		if err != nil {
			return
		}
		for _, p := range packets {
			if sr, ok := p.(*rtcp.SenderReport); ok {
				s.events.Report(kind, sr.RTPTime)
			}
		}
	}
}

// Interrupted reports whether the presenter's network is silent. One that was given up, or is closed, does not come back.
func (s *Presenter) Interrupted() bool {
	switch s.pc.ConnectionState() {
	case webrtc.PeerConnectionStateDisconnected, webrtc.PeerConnectionStateFailed, webrtc.PeerConnectionStateClosed:
		return true
	}
	return false
}

// Audio reports whether the presenter offered sound.
func (s *Presenter) Audio() bool { return s.has.audio }

// Low is the codec of the picture at a low rate, "" where the presenter offered none.
func (s *Presenter) Low() packet.Codec { return s.has.low }

// RequestKeyframe sends a PLI for the track (RFC 4585 section 6.3.1).
func (s *Presenter) RequestKeyframe(ssrc uint32) {
	_ = s.pc.WriteRTCP([]rtcp.Packet{&rtcp.PictureLossIndication{MediaSSRC: ssrc}}) // asked again until a keyframe comes
}

// Restart takes the presenter's new ICE credentials (RFC 8445 section 9) and returns the fragment that answers, "" when
// they are those of before. A restart that fails halfway ends the session.
func (s *Presenter) Restart(f Fragment) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended() {
		return "", errEnded()
	}
	if s.remote == f.ice.ufrag {
		return "", nil
	}
	var b strings.Builder
	for line := range strings.Lines(s.offer) {
		switch {
		case strings.HasPrefix(line, "a=ice-ufrag:"):
			line = "a=ice-ufrag:" + f.ice.ufrag + "\r\n"
		case strings.HasPrefix(line, "a=ice-pwd:"):
			line = "a=ice-pwd:" + f.ice.password + "\r\n"
		case strings.HasPrefix(line, "a=candidate:"):
			continue
		}
		b.WriteString(line)
	}
	err := s.offered(b.String())
	begun := err == nil || s.pc.SignalingState() != webrtc.SignalingStateStable
	var answer string
	if err == nil {
		answer, err = s.answered()
	}
	switch {
	case s.ended():
		return "", errEnded()
	case err != nil:
		if begun {
			go s.Close() // it cannot be undone: pion's ICE has forgotten the old credentials
		}
		return "", err
	}
	s.offer, s.remote = b.String(), f.ice.ufrag
	return s.head + s.reachable(answer).lines(s.peers.candidates), nil
}

// Closed is closed when the session has ended.
func (s *Presenter) Closed() <-chan struct{} { return s.closed }

func (s *Presenter) ended() bool {
	select {
	case <-s.closed:
		return true
	default:
		return false
	}
}

// Close ends the session. It may be called more than once and returns at once; Peers.Close waits for the rest.
func (s *Presenter) Close() {
	s.closing.Do(func() {
		s.gate.shut()
		close(s.closed)
		s.events.Closed()
	})
}

// watch closes pion's part once the session has ended; false when the relay is stopping.
func (p *Peers) watch(s *Presenter) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return false
	}
	p.presenters[s] = struct{}{}
	p.running.Go(func() {
		<-s.closed
		p.mu.Lock()
		delete(p.presenters, s)
		p.mu.Unlock()
		p.demux.present(s, credentials{})
		defer close(s.over)
		time.Sleep(drain)
		done := make(chan struct{})
		go func() { defer close(done); _ = s.pc.Close() }()
		select {
		case <-done:
		case <-time.After(closeTimeout):
			p.logger.Error("a presenter's session does not close")
		}
	})
	return true
}
