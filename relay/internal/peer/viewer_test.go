package peer

import (
	"bytes"
	"context"
	"log/slog"
	"net"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pion/dtls/v2"
	"github.com/pion/rtcp"
	"github.com/pion/stun"

	"github.com/coopnet/coopnet/relay/internal/egress"
	"github.com/coopnet/coopnet/relay/internal/leaktest"
	"github.com/coopnet/coopnet/relay/internal/packet"
	"github.com/coopnet/coopnet/relay/internal/peer/peertest"
	"github.com/coopnet/coopnet/shared/problem"
)

// clock is the relay's, which a test may put forward.
type clock struct{ ahead atomic.Int64 }

func (c *clock) now() time.Time          { return time.Now().Add(time.Duration(c.ahead.Load())) }
func (c *clock) forward(d time.Duration) { c.ahead.Add(int64(d)) }

// newPeers runs the media port until the test ends.
func newPeers(t testing.TB, maxViewers int) (*Peers, *clock) {
	t.Helper()
	leaktest.Check(t)
	socket, err := egress.Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c := &clock{}
	p, err := New(Config{Socket: socket, Announce: []netip.AddrPort{socket.Local()}, MaxViewers: maxViewers, NACKs: &atomic.Uint64{}, Logger: slog.New(slog.DiscardHandler), Now: c.now})
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() { defer close(done); p.Run(context.Background()) }()
	t.Cleanup(func() {
		p.Close()
		_ = socket.Close()
		<-done
	})
	return p, c
}

func view(t testing.TB, p *Peers, v *peertest.Viewer, feedback func([]byte)) (*Viewer, string) {
	t.Helper()
	viewer, answer, err := p.View(v.Offer(), feedback)
	if err != nil {
		t.Fatal(err)
	}
	return viewer, answer
}

func TestAViewerGetsMediaAndGivesFeedback(t *testing.T) {
	const cm, aead = dtls.SRTP_AES128_CM_HMAC_SHA1_80, dtls.SRTP_AEAD_AES_128_GCM
	for name, tt := range map[string]struct {
		offered []dtls.SRTPProtectionProfile
		want    dtls.SRTPProtectionProfile
	}{
		"as browsers offer": {[]dtls.SRTPProtectionProfile{cm, aead}, aead},
		"AES-CM only":       {[]dtls.SRTPProtectionProfile{cm}, cm},
		"GCM only":          {[]dtls.SRTPProtectionProfile{aead}, aead},
	} {
		t.Run(name, func(t *testing.T) {
			peers, _ := newPeers(t, 0)
			remote := peertest.New(t, peertest.Config{Profiles: tt.offered})
			got := make(chan []byte, 1)
			viewer, answer := view(t, peers, remote, func(compound []byte) { got <- compound })
			batch := peers.socket.NewBatch()
			h := packet.Header{PayloadType: peertest.VP8, Sequence: 1, SSRC: viewer.VideoSSRC}
			send := func(index uint64, payload string) bool {
				b := batch.Reserve()
				h.Sequence = uint16(index)
				h.Put(b)
				return viewer.Protect(batch, b, packet.HeaderSize+copy(b[packet.HeaderSize:], payload), index)
			}
			if send(1, "too early") {
				t.Error("media flows before the handshake")
			}
			remote.Connect(answer)
			peertest.Within(t, viewer.Connected(), "connected")
			if remote.Profile() != tt.want {
				t.Errorf("profile %v, want %v", remote.Profile(), tt.want)
			}
			if !send(2, "picture") {
				t.Fatal("media does not flow")
			}
			batch.Flush()
			plain, _, ok := remote.Next(peertest.Patience)
			if got, payload, err := packet.Parse(plain); !ok || err != nil || got != h || string(payload) != "picture" {
				t.Errorf("received %+v %q %v", got, payload, err)
			}
			viewer.Feedback([]rtcp.Packet{&rtcp.SenderReport{SSRC: viewer.VideoSSRC}})
			if plain, isRTCP, ok := remote.Next(peertest.Patience); !ok || !isRTCP || plain[1] != 200 {
				t.Errorf("received %x instead of a sender report", plain)
			}
			want := rtcp.PictureLossIndication{MediaSSRC: viewer.VideoSSRC}
			remote.Send(&want)
			select {
			case compound := <-got:
				if plain, err := want.Marshal(); err != nil || !bytes.Equal(compound, plain) {
					t.Errorf("feedback %x", compound)
				}
			case <-time.After(peertest.Patience):
				t.Error("no feedback")
			}
		})
	}
}

func TestOnlyTheOfferersCertificateGetsKeys(t *testing.T) {
	peers, _ := newPeers(t, 0)
	offerer, impostor := peertest.New(t, peertest.Config{}), peertest.New(t, peertest.Config{})
	viewer, answer := view(t, peers, offerer, func([]byte) {})
	impostor.Accept(answer)
	if err := impostor.Handshake(); err == nil {
		t.Error("another certificate shakes hands")
	}
	peertest.Within(t, viewer.Closed(), "closed")
	select {
	case <-viewer.Connected():
		t.Error("connected")
	default:
	}
}

// TestChecksThatMoveNothing: media goes where a check of the viewer's own says, and nowhere else.
func TestChecksThatMoveNothing(t *testing.T) {
	peers, _ := newPeers(t, 0)
	v, other := peertest.New(t, peertest.Config{}), peertest.New(t, peertest.Config{})
	viewer, answer := view(t, peers, v, func([]byte) {})
	other.Accept(answer)
	local := attribute(answer, "ice-ufrag")
	bad := map[string][]byte{
		"wrong password":          other.Request(peertest.Check{Nominate: true, Password: "wrong-password-wrong-password"}),
		"wrong ufrag of ours":     other.Request(peertest.Check{Nominate: true, Username: "nobody:vwrU"}),
		"wrong ufrag of theirs":   other.Request(peertest.Check{Nominate: true, Username: local + ":else"}),
		"no colon in the name":    other.Request(peertest.Check{Nominate: true, Username: local}),
		"integrity of other text": bytes.Replace(other.Request(peertest.Check{Nominate: true}), []byte("vwrU"), []byte("vwrV"), 1),
		"no integrity":            stun.MustBuild(stun.TransactionID, stun.BindingRequest, stun.NewUsername(local+":vwrU"), stun.RawAttribute{Type: stun.AttrUseCandidate}).Raw,
		"no name":                 stun.MustBuild(stun.TransactionID, stun.BindingRequest, stun.NewShortTermIntegrity(attribute(answer, "ice-pwd")), stun.Fingerprint).Raw,
		"an indication":           stun.MustBuild(stun.TransactionID, stun.NewType(stun.MethodBinding, stun.ClassIndication), stun.NewUsername(local+":vwrU"), stun.NewShortTermIntegrity(attribute(answer, "ice-pwd"))).Raw,
		"a broken fingerprint":    brokenFingerprint(other.Request(peertest.Check{Nominate: true})),
	}
	rejected := func(name string) {
		t.Helper()
		if _, err := other.Write(bad[name]); err != nil {
			t.Fatal(err)
		}
	}
	for name := range bad {
		rejected(name)
	}
	v.Accept(answer)
	v.Checked(peertest.Check{}) // checks are handled in order: the bad ones are through
	if to := viewer.destination.Load(); to == nil || to.Address != v.Address() {
		t.Fatalf("media goes to %v, the viewer is at %v", to, v.Address())
	}
	for name := range bad {
		rejected(name)
	}
	other.Checked(peertest.Check{}) // a good one, but not nominated
	if to := viewer.destination.Load(); to.Address != v.Address() || peers.demux.at(v.Address()) != viewer {
		t.Errorf("media goes to %v, the viewer is at %v", to.Address, v.Address())
	}
	if m := other.Checked(peertest.Check{Nominate: true}); m.Type != stun.BindingSuccess {
		t.Errorf("answer %v", m)
	}
	if to := viewer.destination.Load(); to.Address != other.Address() || peers.demux.at(other.Address()) != viewer {
		t.Errorf("a nominated check does not move the session: %v", to.Address)
	}
	if n := viewer.Moves(); n != 1 {
		t.Errorf("the way was changed %d times, want once", n)
	}
}

func brokenFingerprint(b []byte) []byte {
	b[len(b)-1] ^= 1
	return b
}

func TestACheckIsAnsweredWithTheMappedAddress(t *testing.T) {
	peers, _ := newPeers(t, 0)
	v := peertest.New(t, peertest.Config{})
	_, answer := view(t, peers, v, func([]byte) {})
	v.Accept(answer)
	m := v.Checked(peertest.Check{Nominate: true})
	var mapped stun.XORMappedAddress
	if err := mapped.GetFrom(m); err != nil || !mapped.IP.Equal(net.IP(v.Address().Addr().AsSlice())) || mapped.Port != int(v.Address().Port()) {
		t.Errorf("mapped address %v, %v; the viewer is at %v", mapped, err, v.Address())
	}
	if err := stun.NewShortTermIntegrity(attribute(answer, "ice-pwd")).Check(m); err != nil {
		t.Error(err)
	}
}

// TestAViewerCannotTakeAnothersAddress: somebody with credentials of their own who forges a source address.
func TestAViewerCannotTakeAnothersAddress(t *testing.T) {
	peers, clock := newPeers(t, 0)
	victim, attacker := peertest.New(t, peertest.Config{}), peertest.New(t, peertest.Config{})
	first, answer := view(t, peers, victim, func([]byte) {})
	second, forged := view(t, peers, attacker, func([]byte) {})
	victim.Accept(answer)
	attacker.Accept(forged)
	forge := func() {
		t.Helper()
		if _, err := victim.Write(attacker.Request(peertest.Check{Nominate: true})); err != nil {
			t.Fatal(err)
		}
	}
	victim.Checked(peertest.Check{Nominate: true})
	clock.forward(silence - 5*time.Second)
	victim.Checked(peertest.Check{})
	clock.forward(silence - 5*time.Second)
	forge()
	attacker.Checked(peertest.Check{}) // from where the attacker really is: the forged one is through
	if peers.demux.at(victim.Address()) != first || first.destination.Load() == nil || second.destination.Load().Address == victim.Address() {
		t.Error("the address went to another viewer")
	}
	clock.forward(silence) // the first viewer has gone without a word, and its address is used again
	forge()
	peertest.Eventually(t, "the address is given to another viewer", func() bool { return peers.demux.at(victim.Address()) == second })
	if first.destination.Load() != nil {
		t.Error("the first viewer still gets media there")
	}
	first.Close()
	if peers.demux.at(victim.Address()) != second {
		t.Error("the first viewer's end takes the address from the second")
	}
}

// TestASilentViewersAddressGoesToWhoChecks: a NAT gives the port of a viewer that vanished to another one.
func TestASilentViewersAddressGoesToWhoChecks(t *testing.T) {
	peers, clock := newPeers(t, 0)
	gone, next := peertest.New(t, peertest.Config{}), peertest.New(t, peertest.Config{})
	first, answer := view(t, peers, gone, func([]byte) {})
	second, another := view(t, peers, next, func([]byte) {})
	gone.Connect(answer)
	peertest.Within(t, first.Connected(), "connected")
	next.Accept(another)
	take := func() *Viewer {
		t.Helper()
		if _, err := gone.Write(next.Request(peertest.Check{Nominate: true})); err != nil {
			t.Fatal(err)
		}
		next.Checked(peertest.Check{}) // datagrams are handled in order
		return peers.demux.at(gone.Address())
	}
	clock.forward(silence - 2*time.Second)
	if take() != first {
		t.Fatal("a viewer who was heard of lately lost its address")
	}
	clock.forward(2 * time.Second)
	if take() != second || second.destination.Load().Address != gone.Address() {
		t.Fatal("a viewer is refused the address of one that vanished")
	}
	if first.destination.Load() != nil {
		t.Error("media of the one that vanished goes on to the other")
	}
	elsewhere := peertest.New(t, peertest.Config{})
	elsewhere.Accept(answer)
	elsewhere.Checked(peertest.Check{})
	if to := first.destination.Load(); to == nil || to.Address != elsewhere.Address() || peers.demux.at(elsewhere.Address()) != first {
		t.Error("the one that vanished cannot come back elsewhere")
	}
	first.Close()
	if peers.demux.at(gone.Address()) != second {
		t.Error("the end of the one that vanished takes the address along")
	}
}

// TestAViewerOfNothingHearsSignsOfLife once a second, and none beside other RTCP.
func TestAViewerOfNothingHearsSignsOfLife(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	peers, _ := newPeers(t, 0)
	v := peertest.New(t, peertest.Config{})
	viewer, answer := view(t, peers, v, func([]byte) {})
	v.Connect(answer)
	peertest.Within(t, viewer.Connected(), "connected")
	signs := func(most int, wait time.Duration) (n int) {
		t.Helper()
		for until := time.Now().Add(wait); ; {
			plain, isRTCP, ok := v.Next(time.Until(until))
			if !ok {
				return n
			}
			if packets, err := rtcp.Unmarshal(plain); err != nil || !isRTCP {
				t.Fatalf("received %x, %v", plain, err)
			} else if r, ok := packets[0].(*rtcp.ReceiverReport); ok {
				if r.SSRC != viewer.VideoSSRC || len(r.Reports) > 0 || len(packets) != 2 { // RFC 3550 section 6.1: CNAME goes with it
					t.Errorf("a sign of life is %v", packets)
				}
				if n++; n == most {
					return n
				}
			}
		}
	}
	signs(1, peertest.Patience)
	began := time.Now()
	if n, took := signs(4, peertest.Patience), time.Since(began); n < 4 || took < 3*time.Second || took > 6*time.Second {
		t.Errorf("%d signs of life in %v", n, took)
	}
	late, last, n := 0, time.Now(), 0
	for range 50 {
		if time.Since(last) > 700*time.Millisecond {
			late++ // this test was not run for so long
		}
		last = time.Now()
		viewer.Feedback([]rtcp.Packet{&rtcp.SenderReport{SSRC: viewer.VideoSSRC}})
		n += signs(50, 50*time.Millisecond)
	}
	if n > late+1 { // one may have been on its way
		t.Errorf("%d signs of life beside sender reports", n)
	}
}

func fragmentOf(ufrag string) Fragment {
	return Fragment{ice: credentials{ufrag: ufrag, password: strings.Repeat("p", 22)}}
}

func TestRestart(t *testing.T) {
	peers, _ := newPeers(t, 0)
	v, elsewhere := peertest.New(t, peertest.Config{}), peertest.New(t, peertest.Config{})
	viewer, answer := view(t, peers, v, func([]byte) {})
	v.Accept(answer)
	v.Checked(peertest.Check{Nominate: true})
	fragment, err := viewer.Restart(fragmentOf("next"))
	if err != nil {
		t.Fatal(err)
	}
	ufrag, password := attribute(fragment, "ice-ufrag"), attribute(fragment, "ice-pwd")
	if again, err := viewer.Restart(fragmentOf("next")); again != "" || err != nil {
		t.Errorf("known credentials restart again: %q, %v", again, err)
	}
	elsewhere.Accept(answer)
	if _, err := elsewhere.Write(elsewhere.Request(peertest.Check{Nominate: true})); err != nil { // with the old credentials
		t.Fatal(err)
	}
	elsewhere.Checked(peertest.Check{Username: ufrag + ":next", Password: password})
	if to := viewer.destination.Load(); to.Address != v.Address() {
		t.Errorf("media goes to %v before a check is nominated", to.Address)
	}
	elsewhere.Checked(peertest.Check{Nominate: true, Username: ufrag + ":next", Password: password})
	if to := viewer.destination.Load(); to.Address != elsewhere.Address() {
		t.Errorf("media goes to %v after the restart, the viewer is at %v", to.Address, elsewhere.Address())
	}
	viewer.Close()
	if _, err := viewer.Restart(fragmentOf("late")); problem.From(err).Code != problem.NotFound {
		t.Errorf("restart after the end: %v", err)
	}
	peers.demux.mu.RLock()
	defer peers.demux.mu.RUnlock()
	if len(peers.demux.byUfrag)+len(peers.demux.byAddr) != 0 {
		t.Errorf("left behind: %v %v", peers.demux.byUfrag, peers.demux.byAddr)
	}
}

func TestAViewerWhoStopsCheckingIsForgotten(t *testing.T) { // RFC 7675 section 5.1
	peers, clock := newPeers(t, 0)
	v := peertest.New(t, peertest.Config{})
	viewer, answer := view(t, peers, v, func([]byte) {})
	v.Connect(answer)
	peertest.Within(t, viewer.Connected(), "connected")
	clock.forward(consentTimeout - 5*time.Second)
	v.Checked(peertest.Check{Nominate: true})
	clock.forward(10 * time.Second)
	v.Checked(peertest.Check{}) // not nominated, but from where the viewer is
	if !viewer.alive(clock.now()) {
		t.Fatal("a viewer that checks is taken for gone")
	}
	clock.forward(consentTimeout)
	peertest.Within(t, viewer.Closed(), "closed")
}

func TestAViewerWhoSaysGoodbyeIsForgotten(t *testing.T) {
	peers, _ := newPeers(t, 0)
	v := peertest.New(t, peertest.Config{})
	viewer, answer := view(t, peers, v, func([]byte) {})
	v.Connect(answer)
	peertest.Within(t, viewer.Connected(), "connected")
	v.Close()
	peertest.Within(t, viewer.Closed(), "closed")
	if peers.Viewers() != 0 {
		t.Errorf("%d viewers left", peers.Viewers())
	}
}

func TestTheRelaySaysGoodbye(t *testing.T) {
	peers, _ := newPeers(t, 0)
	v := peertest.New(t, peertest.Config{})
	viewer, answer := view(t, peers, v, func([]byte) {})
	v.Connect(answer)
	peertest.Within(t, viewer.Connected(), "connected")
	viewer.Close()
	peertest.Within(t, v.Ended(), "the viewer is told")
}

func TestAFullRelayRefuses(t *testing.T) {
	peers, _ := newPeers(t, 1)
	v := peertest.New(t, peertest.Config{})
	first, _ := view(t, peers, v, func([]byte) {})
	if _, _, err := peers.View(v.Offer(), func([]byte) {}); problem.From(err).Code != problem.Unavailable {
		t.Errorf("a second viewer: %v", err)
	}
	first.Close()
	view(t, peers, v, func([]byte) {})
	peers.Close()
	if _, _, err := peers.View(v.Offer(), func([]byte) {}); problem.From(err).Code != problem.Unavailable {
		t.Errorf("a viewer after the end: %v", err)
	}
}

// TestRubbishOnTheMediaPort: datagrams of every kind from a connected viewer and from strangers leave the session alone.
func TestRubbishOnTheMediaPort(t *testing.T) {
	peers, _ := newPeers(t, 0)
	v, stranger := peertest.New(t, peertest.Config{}), peertest.New(t, peertest.Config{})
	viewer, answer := view(t, peers, v, func([]byte) {})
	v.Connect(answer)
	peertest.Within(t, viewer.Connected(), "connected")
	stranger.Accept(answer)
	for _, from := range []*peertest.Viewer{v, stranger} {
		for first := range 256 {
			for _, size := range []int{12, 60, 1500} {
				_, _ = from.Write(append([]byte{byte(first)}, bytes.Repeat([]byte{0xc8}, size-1)...))
			}
		}
	}
	v.Checked(peertest.Check{})
	viewer.Feedback([]rtcp.Packet{&rtcp.SenderReport{SSRC: viewer.VideoSSRC}})
	if plain, isRTCP, ok := v.Next(peertest.Patience); !ok || !isRTCP {
		t.Errorf("received %x", plain)
	}
	if !strings.Contains(answer, "a=ice-lite") {
		t.Error("the relay does not say that it is ICE-lite")
	}
}

// TestReportsAreLimited: a viewer who sends RTCP without end costs no more than a lively one, and is heard again later.
func TestReportsAreLimited(t *testing.T) {
	peers, _ := newPeers(t, 0)
	v := peertest.New(t, peertest.Config{})
	var got atomic.Int64
	viewer, answer := view(t, peers, v, func([]byte) { got.Add(1) })
	v.Connect(answer)
	peertest.Within(t, viewer.Connected(), "connected")
	began := time.Now()
	for range 10 * maxReports {
		v.Send(&rtcp.PictureLossIndication{MediaSSRC: viewer.VideoSSRC})
	}
	v.Checked(peertest.Check{}) // datagrams are handled in order
	allowed := int64(maxReports * (2 + time.Since(began)/time.Second))
	before := got.Load()
	if before < maxReports || before > allowed {
		t.Errorf("%d reports of %d were taken, at least %d and at most %d should be", before, 10*maxReports, maxReports, allowed)
	}
	peertest.Eventually(t, "reports are taken again", func() bool {
		v.Send(&rtcp.PictureLossIndication{MediaSSRC: viewer.VideoSSRC})
		return got.Load() > before+maxReports/2
	})
}
