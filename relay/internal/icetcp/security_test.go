package icetcp_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/pion/stun"

	"github.com/coopnet/coopnet/relay/internal/icetcp"
	"github.com/coopnet/coopnet/relay/internal/peer"
	"github.com/coopnet/coopnet/relay/internal/peer/peertest"
)

func restart(t *testing.T, s *peer.Presenter) string {
	t.Helper()
	f, err := peer.ReadFragment("a=ice-ufrag:fresh\r\na=ice-pwd:0123456789012345678901\r\n")
	if err != nil {
		t.Fatal(err)
	}
	fragment, err := s.Restart(f)
	if err != nil {
		t.Fatal(err)
	}
	return fragment
}

// TestTheFirstFrameDecides: whoever does not begin with a check for a live session is out.
func TestTheFirstFrameDecides(t *testing.T) {
	w := newWorld(t, icetcp.Limits{FirstFrame: 300 * time.Millisecond})
	v := w.view()
	good := v.check(peertest.Check{Nominate: true})
	build := func(setters ...stun.Setter) []byte {
		m, err := stun.Build(append([]stun.Setter{stun.TransactionID}, setters...)...)
		if err != nil {
			t.Fatal(err)
		}
		return m.Raw
	}
	ours, password := attribute(v.answer, "ice-ufrag"), attribute(v.answer, "ice-pwd")
	for name, tt := range map[string]struct {
		first []byte
		unfit bool // else it is the time that closes
	}{
		"a check for nobody":               {v.check(peertest.Check{Username: "AAAAAAAA:vwrU"}), true},
		"a check without a name":           {build(stun.BindingRequest, stun.Fingerprint), true},
		"a name without its other half":    {build(stun.BindingRequest, stun.NewUsername(ours), stun.NewShortTermIntegrity(password), stun.Fingerprint), true},
		"the wrong password":               {v.check(peertest.Check{Password: "wrongwrongwrongwrongwrong"}), true},
		"no password":                      {build(stun.BindingRequest, stun.NewUsername(ours+":vwrU"), stun.Fingerprint), true},
		"an indication":                    {build(stun.NewType(stun.MethodBinding, stun.ClassIndication), stun.NewUsername(ours+":vwrU"), stun.NewShortTermIntegrity(password)), true},
		"an answer":                        {build(stun.BindingSuccess, stun.NewUsername(ours+":vwrU"), stun.NewShortTermIntegrity(password)), true},
		"DTLS":                             {append([]byte{22, 254, 253}, make([]byte, 40)...), true},
		"RTP":                              {append([]byte{0x80, 96}, make([]byte, 40)...), true},
		"a STUN message of a wrong size":   {good[:len(good)-4], true},
		"larger than a datagram":           {make([]byte, 1501), true},
		"nothing":                          {nil, false},
		"null packets":                     {[]byte{}, false},
		"a frame that never becomes whole": {nil, false},
	} {
		c, before := w.dial(), w.server.Unfit.Load()
		switch {
		case name == "a frame that never becomes whole":
			if _, err := c.Write([]byte{0, byte(len(good)), good[0]}); err != nil {
				t.Fatal(err)
			}
		case tt.first != nil:
			c.frame(tt.first)
		}
		if c.closed(); (w.server.Unfit.Load() == before+1) != tt.unfit {
			t.Errorf("%s: unfit %t", name, !tt.unfit)
		}
	}
	c := w.dial()
	c.frame(good)
	c.answered()
	if n := w.server.Received.Load(); n != 1 {
		t.Errorf("%d datagrams reached the sessions, want the good one alone", n)
	}
}

func TestAFrameThatIsTooLargeEndsTheConnection(t *testing.T) {
	w := newWorld(t, icetcp.Limits{})
	v := w.view()
	c := w.dial()
	c.frame(v.check(peertest.Check{Nominate: true}))
	c.answered()
	c.frame(make([]byte, 1501))
	c.closed()
	if w.server.Unfit.Load() != 1 {
		t.Error("not counted")
	}
}

func TestIdleConnectionsEnd(t *testing.T) {
	const idle = 400 * time.Millisecond
	w := newWorld(t, icetcp.Limits{Idle: idle})
	v := w.view()
	c := w.dial()
	began := time.Now()
	for time.Since(began) < 3*idle/2 { // what is said in time keeps it open
		c.frame(v.check(peertest.Check{Nominate: true}))
		c.answered()
		time.Sleep(idle / 10)
	}
	c.frame(nil) // a null packet is nothing
	if took := c.closed(); took < idle/2 {
		t.Errorf("closed after %s", took)
	}
}

func TestLimitsOfConnections(t *testing.T) {
	w := newWorld(t, icetcp.Limits{PerSource: 6, Connections: 9, PendingPerSource: 3, Pending: 4, PerSession: 4})
	settle := func(connections, pending int) {
		t.Helper()
		peertest.Eventually(t, fmt.Sprintf("%d connections, %d of them pending", connections, pending), func() bool {
			c, p := w.server.Live()
			return c == connections && p == pending
		})
	}
	var turned uint64
	refused := func(what string, c *client) {
		t.Helper()
		turned++
		c.closed()
		if n := w.server.Turned.Load(); n != turned {
			t.Errorf("%s: %d were turned away so far, want %d", what, n, turned)
		}
	}
	first, second := w.view(), w.view()
	admitted := func(source string, v viewer) *client {
		c := w.dialFrom(source)
		c.frame(v.check(peertest.Check{}))
		c.answered()
		return c
	}
	var open []*client
	for range 3 {
		open = append(open, w.dialFrom("127.0.0.2"))
	}
	settle(3, 3)
	refused("a fourth pending one of a source", w.dialFrom("127.0.0.2"))
	open = append(open, w.dialFrom("127.0.0.3"))
	settle(4, 4)
	refused("a fifth pending one", w.dialFrom("127.0.0.4"))
	for _, c := range open {
		_ = c.Close()
	}
	settle(0, 0)
	open = nil
	for range 4 {
		open = append(open, admitted("127.0.0.2", first))
	}
	c := w.dialFrom("127.0.0.3")
	c.frame(first.check(peertest.Check{}))
	refused("a fifth one of a session", c)
	for range 2 {
		open = append(open, admitted("127.0.0.2", second))
	}
	refused("a seventh one of a source", w.dialFrom("127.0.0.2"))
	third := w.view()
	for range 3 {
		open = append(open, admitted("127.0.0.5", third))
	}
	settle(9, 0)
	refused("a tenth one", w.dialFrom("127.0.0.6"))
	_ = open[0].Close()
	settle(8, 0)
	admitted("127.0.0.6", second)
}

// TestASlowReaderHoldsNobodyUp: one viewer stops reading. Sending to both never waits, the other one gets everything, and
// what the slow one loses is counted.
func TestASlowReaderHoldsNobodyUp(t *testing.T) {
	w := newWorld(t, icetcp.Limits{})
	slow, other := w.connected(), w.connected()
	slow.remote.Deafen()
	b := w.socket.NewBatch()
	index, got := uint64(1), 0
	var longest time.Duration
	for w.server.Dropped.Load() < 100 {
		began := time.Now()
		slow.send(b, index, 12)
		index = other.send(b, index, 12)
		longest = max(longest, time.Since(began))
		for range 12 {
			_, isRTCP, ok := other.remote.Next(peertest.Patience)
			for ok && isRTCP {
				_, isRTCP, ok = other.remote.Next(peertest.Patience)
			}
			if !ok {
				t.Fatalf("the other viewer lacks packet %d", got+1)
			}
			got++
		}
		if index > 50_000 {
			t.Fatal("nothing is dropped")
		}
	}
	if longest > time.Second {
		t.Errorf("a burst to both took %s", longest)
	}
	t.Logf("%d packets to each, %d dropped; the longest burst took %s", index-1, w.server.Dropped.Load(), longest)
	began := time.Now()
	slow.Close() // its connection must not wait for the reader either
	peertest.Eventually(t, "the slow connection ends", func() bool { n, _ := w.server.Live(); return n == 1 })
	t.Logf("ended after %s", time.Since(began))
}

// Close ends the connections whatever they do, and waits for them (leaktest).
func TestClose(t *testing.T) {
	w := newWorld(t, icetcp.Limits{})
	silent := w.dial()
	v := w.view()
	idle := w.dial()
	idle.frame(v.check(peertest.Check{Nominate: true}))
	idle.answered()
	slow := w.connected()
	slow.remote.Deafen()
	b := w.socket.NewBatch()
	for index := uint64(1); w.server.Dropped.Load() == 0; {
		index = slow.send(b, index, 12)
	}
	peertest.Eventually(t, "all three are there", func() bool { n, pending := w.server.Live(); return n == 3 && pending == 1 })
	began := time.Now()
	if err := w.server.Close(); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(began); took > 3*time.Second {
		t.Errorf("it took %s", took)
	}
	if n, _ := w.server.Live(); n != 0 {
		t.Errorf("%d connections are left", n)
	}
	silent.closed()
	idle.closed()
}
