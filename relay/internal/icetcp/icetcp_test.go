package icetcp_test

import (
	"encoding/binary"
	"errors"
	"net"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/pion/stun"

	"github.com/coopnet/coopnet/relay/internal/egress"
	"github.com/coopnet/coopnet/relay/internal/icetcp"
	"github.com/coopnet/coopnet/relay/internal/peer/peertest"
)

func TestAViewerOverTCP(t *testing.T) {
	w := newWorld(t, icetcp.Limits{})
	v := w.connected()
	b := w.socket.NewBatch()
	const bursts, burst = 20, 12
	for i := range uint64(bursts) {
		v.send(b, 1+i*burst, burst)
	}
	for i := 0; i < bursts*burst; {
		plain, isRTCP, ok := v.remote.Next(peertest.Patience)
		if !ok {
			t.Fatalf("packet %d does not come", i)
		}
		if isRTCP {
			continue
		}
		i++
		if got := binary.BigEndian.Uint16(plain[2:]); got != uint16(i) {
			t.Fatalf("packet %d in place of %d", got, i)
		}
	}
	if out := w.socket.Counters.PacketsOut.Load(); out != 0 {
		t.Errorf("%d datagrams went out over UDP", out)
	}
	if n, dropped := w.server.Sent.Load(), w.server.Dropped.Load(); n < bursts*burst || dropped != 0 {
		t.Errorf("%d sent, %d dropped", n, dropped)
	}
}

// A check is answered with the address where it came from, not with the one that the connection has inside.
func TestChecksAreAnsweredWithTheRealAddress(t *testing.T) {
	w := newWorld(t, icetcp.Limits{})
	_, presented, remoteUfrag := w.present()
	for name, check := range map[string][]byte{
		"viewer": w.view().check(peertest.Check{Nominate: true}), "presenter": request(t, presented, remoteUfrag),
	} {
		c := w.dial()
		c.frame(check)
		var seen stun.XORMappedAddress
		m := c.answered()
		if err := seen.GetFrom(m); err != nil || seen.String() != c.LocalAddr().String() {
			t.Errorf("%s: told %s, is at %s: %v", name, seen, c.LocalAddr(), err)
		}
		if name == "presenter" {
			if err := stun.NewShortTermIntegrity(attribute(presented, "ice-pwd")).Check(m); err != nil || stun.Fingerprint.Check(m) != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

func TestIPv6(t *testing.T) {
	w := newWorldAt(t, "[::1]:0", icetcp.Limits{})
	_, presented, remoteUfrag := w.present()
	for name, check := range map[string][]byte{
		"viewer": w.view().check(peertest.Check{Nominate: true}), "presenter": request(t, presented, remoteUfrag),
	} {
		c := w.dial()
		c.frame(check)
		var seen stun.XORMappedAddress
		if err := seen.GetFrom(c.answered()); err != nil || seen.String() != c.LocalAddr().String() {
			t.Errorf("%s: told %s, is at %s: %v", name, seen, c.LocalAddr(), err)
		}
	}
	v := w.connected()
	v.send(w.socket.NewBatch(), 1, 3)
	if _, _, ok := v.remote.Next(peertest.Patience); !ok {
		t.Error("no media")
	}
}

func TestNullPacketsAndRubbishBetweenChecks(t *testing.T) {
	w := newWorld(t, icetcp.Limits{})
	v := w.view()
	c := w.dial()
	c.frame(nil, nil, v.check(peertest.Check{Nominate: true}))
	c.answered()
	before := w.socket.Counters.Refused.Load()
	c.frame([]byte("rubbish"), nil, make([]byte, 1500), v.check(peertest.Check{Nominate: true}))
	c.answered()
	if n := w.socket.Counters.Refused.Load() - before; n != 2 {
		t.Errorf("the guard dropped %d datagrams, want 2", n)
	}
}

// The browser may check from elsewhere, and goes on there.
func TestAViewerComesBackByAnotherConnection(t *testing.T) {
	w := newWorld(t, icetcp.Limits{})
	v := w.view()
	first := w.dial()
	first.frame(v.check(peertest.Check{Nominate: true}))
	first.answered()
	_ = first.Close()
	peertest.Eventually(t, "the connection is forgotten", func() bool { n, _ := w.server.Live(); return n == 0 })
	v.remote.Connect(v.answer)
	peertest.Within(t, v.Connected(), "connected")
	v.send(w.socket.NewBatch(), 1, 1)
	if _, _, ok := v.remote.Next(peertest.Patience); !ok {
		t.Error("no media")
	}
}

func TestAConnectionEndsWithItsSession(t *testing.T) {
	w := newWorld(t, icetcp.Limits{})
	v := w.connected()
	presenter, presented, remoteUfrag := w.present()
	c := w.dial()
	c.frame(request(t, presented, remoteUfrag))
	c.answered()
	v.Close()
	peertest.Within(t, v.remote.Ended(), "the viewer is told by DTLS")
	peertest.Eventually(t, "the viewer's connection ends", func() bool { n, _ := w.server.Live(); return n == 1 })
	presenter.Close()
	c.closed()
	peertest.Eventually(t, "the presenter's connection ends", func() bool { n, _ := w.server.Live(); return n == 0 })
	late := w.dial()
	late.frame(request(t, presented, remoteUfrag))
	late.closed()
	if w.server.Unfit.Load() != 1 {
		t.Error("a session that has ended takes a connection")
	}
}

// Who does not check any more does not consent any more (RFC 7675), whatever the connection says.
func TestConsentEndsOverTCPToo(t *testing.T) {
	w := newWorld(t, icetcp.Limits{})
	v := w.connected()
	w.ahead.Store(int64(31 * time.Second))
	peertest.Within(t, v.Closed(), "the session ends")
	peertest.Within(t, v.remote.Ended(), "the viewer is told")
	peertest.Eventually(t, "the connection ends", func() bool { n, _ := w.server.Live(); return n == 0 })
}

func TestAConnectionLivesOnThroughAnICERestart(t *testing.T) {
	w := newWorld(t, icetcp.Limits{})
	presenter, presented, remoteUfrag := w.present()
	c := w.dial()
	c.frame(request(t, presented, remoteUfrag))
	c.answered()
	fragment := restart(t, presenter)
	late := w.dial()
	late.frame(request(t, presented, remoteUfrag)) // the credentials of before
	late.closed()
	c.frame(request(t, fragment, "fresh"))
	c.answered()
	other := w.dial()
	other.frame(request(t, fragment, "fresh"))
	other.answered()
}

func TestListenBoth(t *testing.T) {
	socket, listener, err := icetcp.ListenBoth("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	if at := listener.Addr().(*net.TCPAddr).AddrPort(); at != socket.Local() {
		t.Errorf("UDP on %s, TCP on %s", socket.Local(), at)
	}
	taken := socket.Local().String()
	_ = socket.Close()
	_, _, err = icetcp.ListenBoth(taken)
	var refused *icetcp.ListenError
	if !errors.As(err, &refused) || refused.Address != taken || !errors.Is(err, syscall.EADDRINUSE) {
		t.Errorf("the TCP port is taken: %v", err)
	}
	again, err := egress.Listen(taken)
	if err != nil {
		t.Fatalf("the UDP port was not given back: %v", err)
	}
	_ = again.Close()
	if _, _, err := icetcp.ListenBoth("no address"); err == nil {
		t.Error("no address, no error")
	}
}

// TestABusyConnectionIsNotIdle, though it never stops at the end of a frame.
func TestABusyConnectionIsNotIdle(t *testing.T) {
	const idle = 300 * time.Millisecond
	w := newWorld(t, icetcp.Limits{Idle: idle, FirstFrame: idle})
	v := w.view()
	c := w.dial()
	check := v.check(peertest.Check{Nominate: true})
	frame := slices.Concat(binary.BigEndian.AppendUint16(nil, uint16(len(check))), check)
	half := len(frame) / 2
	c.write(frame)
	c.answered()
	c.write(frame[:half])
	for began := time.Now(); time.Since(began) < 4*idle; time.Sleep(idle / 10) {
		c.write(slices.Concat(frame[half:], frame[:half]))
		c.answered()
	}
	if waited := c.closed(); waited > 2*idle+time.Second {
		t.Errorf("half a frame keeps a connection for %v", waited)
	}
}

func (c *client) write(b []byte) {
	c.t.Helper()
	if _, err := c.Write(b); err != nil {
		c.t.Fatal(err)
	}
}
