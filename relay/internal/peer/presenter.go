package peer

import (
	"fmt"
	"net/netip"
	"strings"
	"sync"
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
	presenterDisconnected = 5 * time.Second
	// presenterFailed is how long a presenter's network may be away before the share ends.
	presenterFailed    = 25 * time.Second
	presenterKeepalive = 2 * time.Second
	// presenterReplay is how late a packet may come, in packets, before it counts as replayed: as late as the NACK
	// generator asks for it again. pion's 64 would refuse most repeated packets of a large keyframe.
	presenterReplay = 512
	gatherTimeout   = 5 * time.Second
)

// newPresenterAPI is the only place that makes a webrtc.API: codecs, feedback, one port, ICE-lite.
func newPresenterAPI(d *demux, logs logging.LoggerFactory) (*webrtc.API, ice.UDPMux, error) {
	media := &webrtc.MediaEngine{}
	if err := registerCodecs(media); err != nil {
		return nil, nil, err
	}
	interceptors := &interceptor.Registry{}
	if err := registerInterceptors(media, interceptors); err != nil {
		return nil, nil, err
	}
	var muxes []ice.UDPMux
	for _, p := range d.presenters {
		muxes = append(muxes, ice.NewUDPMuxDefault(ice.UDPMuxParams{UDPConn: p, Logger: logs.NewLogger("ice")}))
	}
	mux := ice.NewMultiUDPMuxDefault(muxes...)
	engine := webrtc.SettingEngine{LoggerFactory: logs}
	engine.SetLite(true)
	engine.SetICEUDPMux(mux)
	engine.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4, webrtc.NetworkTypeUDP6})
	engine.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled)
	engine.DisableActiveTCP(true)
	engine.SetICETimeouts(presenterDisconnected, presenterFailed, presenterKeepalive)
	engine.SetSRTPReplayProtectionWindow(presenterReplay)
	engine.SetDTLSInsecureSkipHelloVerify(true) // ICE has verified the address already
	engine.SetDTLSRetransmissionInterval(flightInterval)
	if err := engine.SetAnsweringDTLSRole(webrtc.DTLSRoleServer); err != nil {
		return nil, nil, fmt.Errorf("set DTLS role: %w", err)
	}
	return webrtc.NewAPI(webrtc.WithMediaEngine(media), webrtc.WithInterceptorRegistry(interceptors), webrtc.WithSettingEngine(engine)), mux, nil
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
func registerInterceptors(media *webrtc.MediaEngine, registry *interceptor.Registry) error {
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
	registry.Add(generator)
	registry.Add(reports)
	registry.Add(congestion)
	return nil
}

// Incoming is one track of a presenter. Read returns one RTP packet at a time, and fails when the session ends.
type Incoming struct {
	Codec packet.Codec
	SSRC  uint32
	Read  func(b []byte) (int, error)
}

// PresenterEvents are called on the session's own goroutines.
type PresenterEvents struct {
	Track  func(Incoming)                       // returns when the track ends
	Report func(c packet.Codec, rtpTime uint32) // a sender report came
	Closed func()                               // once
}

// Presenter is the session of somebody who shares.
type Presenter struct {
	pc       *webrtc.PeerConnection
	announce []netip.AddrPort
	events   PresenterEvents
	audio    bool
	closing  sync.Once
	closed   chan struct{}

	mu    sync.Mutex // one negotiation at a time
	offer string
}

// Present answers a presenter's offer. Errors are problems.
func (p *Peers) Present(offerText string, events PresenterEvents) (*Presenter, string, error) {
	o, err := parseOffer(offerText)
	if err != nil {
		return nil, "", err
	}
	var video, audio bool
	for _, s := range o.sections {
		usable := s.sends && len(s.agreed) > 0
		video, audio = video || usable && s.kind == "video", audio || usable && s.kind == "audio"
	}
	if !video {
		return nil, "", refuse("The offer has no video section that sends VP8, VP9, H.264 or AV1.")
	}
	pc, err := p.api.NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		return nil, "", fmt.Errorf("make presenter session: %w", err)
	}
	s := &Presenter{pc: pc, announce: p.announce, events: events, audio: audio, closed: make(chan struct{}), offer: oneLayer(offerText)}
	pc.OnTrack(s.track)
	pc.OnConnectionStateChange(func(state webrtc.PeerConnectionState) {
		if state == webrtc.PeerConnectionStateFailed || state == webrtc.PeerConnectionStateClosed {
			go s.Close() // pion holds its lock here
		}
	})
	answer, err := s.negotiate(s.offer)
	if err != nil {
		_ = pc.Close()
		return nil, "", err
	}
	return s, answer, nil
}

// oneLayer takes simulcast out of an offer: the browser then sends its single best layer.
func oneLayer(offer string) string {
	var kept []string
	for line := range strings.Lines(offer) {
		if !strings.HasPrefix(line, "a=simulcast:") && !strings.HasPrefix(line, "a=rid:") {
			kept = append(kept, line)
		}
	}
	return strings.Join(kept, "")
}

// negotiate sets the offer and returns the answer with our candidates.
func (s *Presenter) negotiate(offer string) (string, error) {
	if err := s.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeOffer, SDP: offer}); err != nil {
		return "", problem.Wrap(problem.SDPInvalid, "The offer cannot be used.", err)
	}
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
	case <-time.After(gatherTimeout):
		return "", problem.New(problem.Unavailable, "The relay is busy; try again.")
	}
	return s.announced(s.pc.LocalDescription().SDP), nil
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
		for _, c := range candidates(s.announce) {
			b.WriteString("a=" + c + "\r\n")
		}
	}
	return b.String()
}

func (s *Presenter) track(remote *webrtc.TrackRemote, receiver *webrtc.RTPReceiver) {
	_, name, _ := strings.Cut(remote.Codec().MimeType, "/")
	codec := packet.Codec(name)
	go s.reports(receiver, codec)
	s.events.Track(Incoming{Codec: codec, SSRC: uint32(remote.SSRC()), Read: func(b []byte) (int, error) {
		n, _, err := remote.Read(b)
		return n, err
	}})
}

// reports ends when the receiver stops.
func (s *Presenter) reports(receiver *webrtc.RTPReceiver, codec packet.Codec) {
	for {
		packets, _, err := receiver.ReadRTCP()
		if err != nil {
			return
		}
		for _, p := range packets {
			if sr, ok := p.(*rtcp.SenderReport); ok {
				s.events.Report(codec, sr.RTPTime)
			}
		}
	}
}

// Audio reports whether the presenter offered sound.
func (s *Presenter) Audio() bool { return s.audio }

// RequestKeyframe sends a PLI for the track (RFC 4585 section 6.3.1).
func (s *Presenter) RequestKeyframe(ssrc uint32) {
	_ = s.pc.WriteRTCP([]rtcp.Packet{&rtcp.PictureLossIndication{MediaSSRC: ssrc}}) // asked again until a keyframe comes
}

// Restart takes the presenter's new ICE credentials (RFC 8445 section 9) and returns the relay's.
func (s *Presenter) Restart(ufrag, password string) (newUfrag, newPassword string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var b strings.Builder
	for line := range strings.Lines(s.offer) {
		switch {
		case strings.HasPrefix(line, "a=ice-ufrag:"):
			line = "a=ice-ufrag:" + ufrag + "\r\n"
		case strings.HasPrefix(line, "a=ice-pwd:"):
			line = "a=ice-pwd:" + password + "\r\n"
		case strings.HasPrefix(line, "a=candidate:"):
			continue
		}
		b.WriteString(line)
	}
	s.offer = b.String()
	answer, err := s.negotiate(s.offer)
	if err != nil {
		return "", "", err
	}
	return Attribute(answer, "ice-ufrag"), Attribute(answer, "ice-pwd"), nil
}

// Closed is closed when the session has ended.
func (s *Presenter) Closed() <-chan struct{} { return s.closed }

// Close ends the session.
func (s *Presenter) Close() {
	s.closing.Do(func() {
		_ = s.pc.Close()
		close(s.closed)
		s.events.Closed()
	})
}
