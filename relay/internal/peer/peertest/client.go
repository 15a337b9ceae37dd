package peertest

import (
	"testing"

	"github.com/pion/webrtc/v3"
)

// NewClient makes a standard client of pion's that reaches a relay on this machine. It is closed with the test.
func NewClient(t testing.TB, cfg webrtc.Configuration) *webrtc.PeerConnection {
	t.Helper()
	return newClient(t, cfg, webrtc.NetworkTypeUDP4, webrtc.NetworkTypeUDP6)
}

// NewTCPClient makes one whose network lets no UDP out.
func NewTCPClient(t testing.TB) *webrtc.PeerConnection {
	t.Helper()
	return newClient(t, webrtc.Configuration{}, webrtc.NetworkTypeTCP4)
}

func newClient(t testing.TB, cfg webrtc.Configuration, networks ...webrtc.NetworkType) *webrtc.PeerConnection {
	t.Helper()
	engine := webrtc.SettingEngine{}
	engine.SetIncludeLoopbackCandidate(true)
	engine.SetNetworkTypes(networks)
	media := &webrtc.MediaEngine{}
	if err := media.RegisterDefaultCodecs(); err != nil {
		t.Fatal(err)
	}
	pc, err := webrtc.NewAPI(webrtc.WithSettingEngine(engine), webrtc.WithMediaEngine(media)).NewPeerConnection(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = pc.Close() })
	return pc
}
