package peer

import (
	"net/netip"
	"testing"
	"time"

	"github.com/pion/rtcp"

	"github.com/coopnet/coopnet/relay/internal/peer/peertest"
)

// TestMediaFollowsTheViewer: Firefox nominates with every check, also of pairs that it does not select. It shakes hands,
// and reports, by the one that it did.
func TestMediaFollowsTheViewer(t *testing.T) {
	peers, clock := newPeers(t, 0)
	other, stranger := peertest.New(t, peertest.Config{}), peertest.New(t, peertest.Config{})
	v := peertest.New(t, peertest.Config{Nominated: func() { other.Checked(peertest.Check{Nominate: true}) }})
	got := make(chan []byte, 8)
	viewer, answer := view(t, peers, v, func(compound []byte) { got <- compound })
	other.Accept(answer)
	stranger.Accept(answer)
	goes := func() netip.AddrPort { return viewer.destination.Load().Address }
	go func() { // its answers go to the other address, for a while
		for viewer.shakesSince.Load() == 0 && t.Context().Err() == nil {
			time.Sleep(time.Millisecond)
		}
		clock.forward(patience)
	}()
	v.Connect(answer)
	peertest.Within(t, viewer.Connected(), "connected")
	if goes() != v.Address() {
		t.Errorf("after the handshake media goes to %v, the viewer is at %v", goes(), v.Address())
	}
	other.Checked(peertest.Check{Nominate: true})
	if goes() != other.Address() {
		t.Errorf("a nominated check does not move media: %v", goes())
	}
	taken := func() {
		t.Helper()
		select {
		case <-got:
		case <-time.After(peertest.Patience):
			t.Fatal("a report by the selected pair is not taken")
		}
	}
	report := v.Seal(&rtcp.PictureLossIndication{MediaSSRC: viewer.VideoSSRC})
	_, _ = stranger.Write(report) // from where nobody was checked
	_, _ = v.Write(report)
	taken()
	if goes() != v.Address() {
		t.Errorf("media goes to %v, the viewer reports from %v", goes(), v.Address())
	}
	other.Checked(peertest.Check{Nominate: true})
	_, _ = v.Write(report) // again: it may be anybody's copy
	v.Checked(peertest.Check{})
	if goes() != other.Address() {
		t.Errorf("a repeated report moves media to %v", goes())
	}
	clock.forward(silence) // somebody else may be at either address by now
	other.Checked(peertest.Check{})
	v.Send(&rtcp.PictureLossIndication{MediaSSRC: viewer.VideoSSRC})
	taken()
	if goes() != other.Address() {
		t.Errorf("a report from where the viewer was not checked lately moves media to %v", goes())
	}
}

// TestConsentIsForAnAddress: checks from elsewhere do not keep media going to where none comes from (RFC 7675 section 5.1).
func TestConsentIsForAnAddress(t *testing.T) {
	peers, clock := newPeers(t, 0)
	v, elsewhere := peertest.New(t, peertest.Config{}), peertest.New(t, peertest.Config{})
	viewer, answer := view(t, peers, v, func([]byte) {})
	v.Accept(answer)
	elsewhere.Accept(answer)
	v.Checked(peertest.Check{Nominate: true})
	for _, tt := range []struct {
		passes time.Duration
		at     netip.AddrPort
	}{
		{consentTimeout - 5*time.Second, v.Address()},
		{5 * time.Second, elsewhere.Address()},
	} {
		clock.forward(tt.passes)
		elsewhere.Checked(peertest.Check{})
		if to := viewer.destination.Load(); to == nil || to.Address != tt.at {
			t.Errorf("%v later media goes to %v, want %v", tt.passes, to, tt.at)
		}
	}
}

// TestAViewerIsAtFewAddresses: the one that media goes to stays.
func TestAViewerIsAtFewAddresses(t *testing.T) {
	peers, clock := newPeers(t, 0)
	v := peertest.New(t, peertest.Config{})
	viewer, answer := view(t, peers, v, func([]byte) {})
	v.Accept(answer)
	v.Checked(peertest.Check{Nominate: true})
	for port := range uint16(2 * maxPlaces) {
		clock.forward(time.Millisecond)
		peers.Deliver(v.Request(peertest.Check{}), netip.AddrPortFrom(netip.MustParseAddr("192.0.2.1"), 1000+port))
	}
	if n := len(peers.demux.byAddr); n != maxPlaces || peers.demux.at(v.Address()) != viewer {
		t.Errorf("%d addresses, and at the viewer's %v", n, peers.demux.at(v.Address()))
	}
	viewer.Close()
	if n := len(peers.demux.byAddr); n != 0 {
		t.Errorf("%d addresses of a viewer that has ended", n)
	}
}
