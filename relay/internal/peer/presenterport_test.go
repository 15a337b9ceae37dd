package peer

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/pion/stun"

	"github.com/coopnet/coopnet/relay/internal/peer/peertest"
)

// checker is a presenter of whom nothing is known but the session descriptions.
type checker struct {
	t               testing.TB
	peers           *Peers
	username, ufrag string
	password        string
	session         *Presenter
}

func newChecker(t testing.TB, peers *Peers) *checker {
	t.Helper()
	offer := crlf(strings.ReplaceAll(browserOffer, "a=recvonly", "a=sendonly\na=msid:s t\na=ssrc:1 cname:c"))
	p, answer, err := peers.Present(offer, "", silent())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	ufrag := attribute(answer, "ice-ufrag")
	return &checker{t: t, peers: peers, username: ufrag + ":" + attribute(offer, "ice-ufrag"), ufrag: ufrag, password: attribute(answer, "ice-pwd"), session: p}
}

// check sends one that is right in everything.
func (c *checker) check(from netip.AddrPort) {
	c.t.Helper()
	m, err := stun.Build(stun.TransactionID, stun.BindingRequest, stun.NewUsername(c.username), stun.NewShortTermIntegrity(c.password), stun.Fingerprint)
	if err != nil {
		c.t.Fatal(err)
	}
	c.peers.Deliver(m.Raw, from)
}

func (c *checker) conn() *presenterConn {
	d := c.peers.demux
	d.mu.RLock()
	defer d.mu.RUnlock()
	return d.conns[connKey{c.ufrag, false}]
}

// holder is who is at an address.
func (c *checker) holder(at netip.AddrPort) *presenterConn {
	d := c.peers.demux
	d.mu.RLock()
	defer d.mu.RUnlock()
	if known := d.byPresenter[at]; known != nil {
		return known.by
	}
	return nil
}

func nearby(host, port uint16) netip.AddrPort {
	return netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 77, byte(host >> 8), byte(host)}), port)
}

// TestAFloodOfChecksIsBounded: pion's own port kept each of them, which was a gigabyte in five seconds.
func TestAFloodOfChecksIsBounded(t *testing.T) {
	peers, _ := newPeers(t, 0)
	c := newChecker(t, peers)
	began, before := time.Now(), peers.socket.Counters.PacketsOut.Load()
	const flood = 20000
	for range flood {
		c.check(nearby(1, 9))
	}
	if n := len(c.conn().queue); n > queueLength {
		t.Errorf("%d datagrams wait", n)
	}
	peertest.Eventually(t, "the first is answered", func() bool { return c.holder(nearby(1, 9)) == c.conn() })
	peertest.Eventually(t, "nothing waits", func() bool { return len(c.conn().queue) == 0 })
	// pion answers a check and checks back.
	if sent, allowed := peers.socket.Counters.PacketsOut.Load()-before, uint64(2*maxChecks*(2+time.Since(began)/time.Second)); sent > allowed {
		t.Errorf("%d datagrams answer %d checks, at most %d should", sent, flood, allowed)
	}
}

func TestAViewersChecksAreLimited(t *testing.T) {
	peers, _ := newPeers(t, 0)
	v := peertest.New(t, peertest.Config{})
	_, answer := view(t, peers, v, func([]byte) {})
	v.Accept(answer)
	began, before := time.Now(), peers.socket.Counters.PacketsOut.Load()
	request := v.Request(peertest.Check{Nominate: true})
	for range 50 * maxChecks {
		peers.Deliver(append([]byte(nil), request...), v.Address())
	}
	sent, allowed := peers.socket.Counters.PacketsOut.Load()-before, uint64(maxChecks*(2+time.Since(began)/time.Second))
	if sent < maxChecks || sent > allowed+2 { // and a sign of life
		t.Errorf("%d checks were answered, at least %d and at most %d should be", sent, maxChecks, allowed)
	}
	peertest.Eventually(t, "checks are answered again", func() bool {
		now := peers.socket.Counters.PacketsOut.Load()
		peers.Deliver(append([]byte(nil), request...), v.Address())
		return peers.socket.Counters.PacketsOut.Load() > now
	})
}

// TestAPresenterIsAtFewAddresses: who has a network of IPv6 has as many as there are.
func TestAPresenterIsAtFewAddresses(t *testing.T) {
	peers, _ := newPeers(t, 0)
	c := newChecker(t, peers)
	addresses := func() int {
		peers.demux.mu.RLock()
		defer peers.demux.mu.RUnlock()
		return len(peers.demux.byPresenter)
	}
	for n := uint16(0); n < 2*maxAddresses; n++ {
		at := nearby(n, 9)
		if n >= maxAddresses {
			c.check(at)
			continue
		}
		peertest.Eventually(t, "an answer", func() bool { c.session.gate.refill(); c.check(at); return c.holder(at) == c.conn() })
	}
	peertest.Eventually(t, "nothing waits", func() bool { return len(c.conn().queue) == 0 })
	c.session.gate.refill()
	c.check(nearby(0, 9))
	peertest.Eventually(t, "nothing waits", func() bool { return len(c.conn().queue) == 0 })
	if n := addresses(); n != maxAddresses {
		t.Errorf("the session is at %d addresses", n)
	}
	c.session.Close()
	peertest.Eventually(t, "the end of all", func() bool { return addresses() == 0 })
	if c.conn() != nil {
		t.Error("the connection is left behind")
	}
}

// TestAPresentersAddressIsNotTaken by somebody who forges it with credentials of their own, viewer or presenter.
func TestAPresentersAddressIsNotTaken(t *testing.T) {
	peers, clock := newPeers(t, 0)
	victim, attacker := newChecker(t, peers), newChecker(t, peers)
	spectator := peertest.New(t, peertest.Config{})
	viewer, answer := view(t, peers, spectator, func([]byte) {})
	spectator.Accept(answer)
	at := nearby(1, 9)
	victim.check(at)
	peertest.Eventually(t, "the presenter is there", func() bool { return victim.holder(at) == victim.conn() })
	forge := func(elsewhere netip.AddrPort) {
		t.Helper()
		attacker.check(at)
		peers.Deliver(spectator.Request(peertest.Check{Nominate: true}), at)
		attacker.session.gate.refill()
		attacker.check(elsewhere)
		peertest.Eventually(t, "what came before is through", func() bool { return victim.holder(elsewhere) == attacker.conn() })
	}
	forge(nearby(2, 9))
	clock.forward(silence - time.Second)
	forge(nearby(3, 9))
	if victim.holder(at) != victim.conn() || peers.demux.at(at) != nil || viewer.destination.Load() != nil {
		t.Fatal("the address went to somebody else")
	}
	clock.forward(time.Second) // the presenter has gone without a word, and its address is used again
	peers.Deliver(spectator.Request(peertest.Check{Nominate: true}), at)
	if peers.demux.at(at) != viewer || victim.holder(at) != nil {
		t.Error("a viewer is refused the address of a presenter that vanished")
	}
	victim.session.gate.refill()
	victim.check(at) // and now it is the other way round
	peertest.Eventually(t, "nothing waits", func() bool { return len(victim.conn().queue) == 0 })
	clock.forward(silence)
	peertest.Eventually(t, "a presenter has the address of a viewer that vanished", func() bool {
		victim.session.gate.refill()
		victim.check(at)
		return victim.holder(at) == victim.conn()
	})
	if peers.demux.at(at) != nil || viewer.destination.Load() != nil {
		t.Error("the viewer that vanished still gets media there")
	}
}

// TestAMuxThatIsClosed gives no connection, and ends those that it gave.
func TestAMuxThatIsClosed(t *testing.T) {
	peers, _ := newPeers(t, 0)
	d := peers.demux
	conn, err := d.GetConn("ufrag", d.GetListenAddresses()[0])
	if err != nil {
		t.Fatal(err)
	}
	if again, err := d.GetConn("ufrag", d.GetListenAddresses()[0]); err != nil || again != conn {
		t.Errorf("another connection of the same name: %v", err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	if _, _, err := conn.ReadFrom(make([]byte, 1500)); err == nil {
		t.Error("a connection lives on")
	}
	if _, err := d.GetConn("other", d.GetListenAddresses()[0]); err == nil {
		t.Error("a connection after the end")
	}
}
