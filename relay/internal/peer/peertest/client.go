package peertest

import (
	"testing"

	"github.com/pion/webrtc/v3"
)

// NewClient makes a standard client of pion's that reaches a relay on this machine. It is closed with the test.
func NewClient(t testing.TB, cfg webrtc.Configuration) *webrtc.PeerConnection {
	t.Helper()
	engine := webrtc.SettingEngine{}
	engine.SetIncludeLoopbackCandidate(true)
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
