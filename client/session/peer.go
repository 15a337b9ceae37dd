package session

import (
	"context"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/pion/ice/v2"
	"github.com/pion/interceptor"
	"github.com/pion/interceptor/pkg/nack"
	"github.com/pion/interceptor/pkg/report"
	"github.com/pion/logging"
	"github.com/pion/sdp/v3"
	"github.com/pion/webrtc/v3"
)

// Dialer reaches TURN servers over TCP and TLS.
type Dialer interface {
	// TURN returns the URLs to tell pion, and who dials what it then asks for, until ctx ends.
	TURN(ctx context.Context, urls []string) (told []string, dial func(network, address string) (net.Conn, error))
}

// noting notes why no TURN server is reached: pion keeps that to itself.
type noting struct {
	Dialer
	in *failing
}

// TURN implements Dialer.
func (n noting) TURN(ctx context.Context, urls []string) (told []string, dial func(network, address string) (net.Conn, error)) {
	told, reach := n.Dialer.TURN(ctx, urls)
	return told, func(network, address string) (net.Conn, error) {
		conn, err := reach(network, address)
		if ctx.Err() == nil { // else it was given up, and says nothing
			n.in.note(err)
		}
		return conn, err
	}
}

// failing is how the latest of several attempts has failed.
type failing struct {
	mu  sync.Mutex
	err error
}

func (f *failing) note(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.err = err
}

func (f *failing) latest() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.err
}

// Media is what a share sends. Its methods are called from one goroutine.
type Media interface {
	// Codecs are those to offer, the best first.
	Codecs() []webrtc.RTPCodecCapability
	// Attach adds what is sent to a new connection, before its offer.
	Attach(pc *webrtc.PeerConnection) error
}

const (
	disconnected = 3 * time.Second // of silence
	keepalive    = time.Second
)

// newPeer makes a connection for one session with a relay. It is on its own: each has the servers of its ticket. pion waits
// for its dials when it is closed, so ctx ends first.
func newPeer(ctx context.Context, n Dialer, t *Ticket, m Media, relayOnly bool, logs logging.LoggerFactory) (*webrtc.PeerConnection, error) {
	media, interceptors := &webrtc.MediaEngine{}, &interceptor.Registry{}
	if err := register(media, interceptors, m.Codecs()); err != nil {
		return nil, err
	}
	engine := webrtc.SettingEngine{LoggerFactory: logs}
	engine.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4, webrtc.NetworkTypeUDP6, webrtc.NetworkTypeTCP4, webrtc.NetworkTypeTCP6})
	engine.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled)
	engine.SetICETimeouts(disconnected, giveUp, keepalive)
	engine.SetDTLSInsecureSkipHelloVerify(true)
	cfg := webrtc.Configuration{BundlePolicy: webrtc.BundlePolicyMaxBundle}
	var urls []string
	for _, s := range t.ICEServers {
		urls = append(urls, s.URLs...)
	}
	told, dial := n.TURN(ctx, urls)
	engine.SetICEProxyDialer(dialFunc(dial))
	for _, s := range t.ICEServers {
		own := told[:len(s.URLs)]
		told = told[len(s.URLs):]
		cfg.ICEServers = append(cfg.ICEServers, webrtc.ICEServer{URLs: own, Username: s.Username, Credential: s.Credential})
	}
	if relayOnly {
		cfg.ICETransportPolicy = webrtc.ICETransportPolicyRelay
	}
	api := webrtc.NewAPI(webrtc.WithMediaEngine(media), webrtc.WithInterceptorRegistry(interceptors), webrtc.WithSettingEngine(engine))
	pc, err := api.NewPeerConnection(cfg)
	if err != nil {
		return nil, fmt.Errorf("make a connection: %w", err)
	}
	if err := m.Attach(pc); err != nil {
		_ = pc.Close() // the first error counts
		return nil, fmt.Errorf("add the share: %w", err)
	}
	return pc, nil
}

// dialFunc is golang.org/x/net/proxy.Dialer.
type dialFunc func(network, address string) (net.Conn, error)

// Dial dials.
func (d dialFunc) Dial(network, address string) (net.Conn, error) { return d(network, address) }

func register(media *webrtc.MediaEngine, interceptors *interceptor.Registry, codecs []webrtc.RTPCodecCapability) error {
	for i, c := range codecs {
		c.RTCPFeedback = []webrtc.RTCPFeedback{{Type: "nack"}, {Type: "nack", Parameter: "pli"}, {Type: "ccm", Parameter: "fir"}, {Type: "transport-cc"}}
		codec := webrtc.RTPCodecParameters{RTPCodecCapability: c, PayloadType: webrtc.PayloadType(96 + i)}
		if err := media.RegisterCodec(codec, webrtc.RTPCodecTypeVideo); err != nil {
			return fmt.Errorf("register %s: %w", c.MimeType, err)
		}
	}
	if err := media.RegisterHeaderExtension(webrtc.RTPHeaderExtensionCapability{URI: sdp.TransportCCURI}, webrtc.RTPCodecTypeVideo); err != nil {
		return fmt.Errorf("register transport-wide numbers: %w", err)
	}
	again, err := nack.NewResponderInterceptor(nack.ResponderSize(1024))
	if err != nil {
		return fmt.Errorf("make the retransmissions: %w", err)
	}
	reports, err := report.NewSenderInterceptor()
	if err != nil {
		return fmt.Errorf("make the sender's reports: %w", err)
	}
	interceptors.Add(again)
	interceptors.Add(reports)
	return nil
}
