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
	peers, _ := newPeers(t, 0)
	other, stranger := peertest.New(t, peertest.Config{}), peertest.New(t, peertest.Config{})
	v := peertest.New(t, peertest.Config{Nominated: func() { other.Checked(peertest.Check{Nominate: true}) }})
	got := make(chan []byte, 8)
	viewer, answer := view(t, peers, v, func(compound []byte) { got <- compound })
	other.Accept(answer)
	stranger.Accept(answer)
	goes := func() netip.AddrPort { return viewer.destination.Load().Address }
	v.Connect(answer)
	peertest.Within(t, viewer.Connected(), "connected")
	if goes() != v.Address() {
		t.Errorf("after the handshake media goes to %v, the viewer is at %v", goes(), v.Address())
	}
	other.Checked(peertest.Check{Nominate: true})
	if goes() != other.Address() {
		t.Errorf("a nominated check does not move media: %v", goes())
	}
	report := v.Seal(&rtcp.PictureLossIndication{MediaSSRC: viewer.VideoSSRC})
	_, _ = stranger.Write(report) // from where nobody was checked
	_, _ = v.Write(report)
	select {
	case <-got:
	case <-time.After(peertest.Patience):
		t.Fatal("a report by the selected pair is not taken")
	}
	if goes() != v.Address() {
		t.Errorf("media goes to %v, the viewer reports from %v", goes(), v.Address())
	}
	other.Checked(peertest.Check{Nominate: true})
	_, _ = v.Write(report) // again: it may be anybody's copy
	v.Checked(peertest.Check{})
	if goes() != other.Address() {
		t.Errorf("a repeated report moves media to %v", goes())
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
