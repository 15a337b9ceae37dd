package turn

import (
	"bytes"
	"io"
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/pion/stun"

	"github.com/coopnet/coopnet/relay/internal/egress"
)

func TestARealClientReachesTheMediaPort(t *testing.T) {
	for _, network := range []string{"udp", "tcp", "tls"} {
		t.Run(network, func(t *testing.T) {
			w := newWorld(t, Limits{})
			relayed, _ := w.pionClient(network, w.credential("james"))
			at := addrPort(relayed.LocalAddr())
			if !egress.Relayed(at.Addr()) || at.Port() < 49152 {
				t.Errorf("the relayed address is %s", at)
			}
			to := net.UDPAddrFromAddrPort(w.media.Local())
			for size := 12; size < 1400; size += 77 { // the first one as an indication, then in a channel
				echo(t, relayed, to, bytes.Repeat([]byte{0x80}, size))
			}
			if a, _ := w.server.Live(); a != 1 {
				t.Errorf("%d allocations", a)
			}
			if w.server.ToMedia.Load() == 0 || w.server.ToClients.Load() == 0 {
				t.Error("nothing was counted")
			}
		})
	}
}

// A client in a network without IPv4 reaches the media port all the same: only the way to TURN is IPv6 (RFC 8656 section
// 9.2 mixes no families between relayed address and peer, and both are IPv4).
func TestAClientWithoutIPv4(t *testing.T) {
	if conn, err := net.ListenPacket("udp6", "[::1]:0"); err != nil {
		t.Skip("no IPv6 here: ", err)
	} else {
		_ = conn.Close()
	}
	for _, network := range []string{"udp", "tcp", "tls"} {
		t.Run(network, func(t *testing.T) {
			w := newWorldAt(t, "::1", Limits{})
			r := w.raw(network)
			if at := r.open(netip.AddrPort(w.peer())); !egress.Relayed(at.Addr()) {
				t.Errorf("the relayed address is %s", at)
			}
			_ = r.conn.SetReadDeadline(time.Now().Add(patience))
			var b [channelHeader + 12]byte // what open sent comes back
			if _, err := io.ReadFull(r.conn, b[:]); err != nil || b[0] != 0x40 || b[3] != 12 {
				t.Errorf("%x came: %v", b, err)
			}
			r = w.raw(network)
			if c := r.request(stun.MethodAllocate, transport(protocolUDP), family(2)); c != stun.CodeAddrFamilyNotSupported {
				t.Errorf("a relayed address of IPv6: %d, want 440", c)
			}
			answer := r.ask(r.build(stun.MethodAllocate, transport(protocolUDP), family(1)))
			var mapped stun.XORMappedAddress
			if err := mapped.GetFrom(answer); err != nil || !mapped.IP.Equal(net.IPv6loopback) || mapped.Port != int(addrPort(r.conn.LocalAddr()).Port()) {
				t.Errorf("%s says that the client is at %s: %v", answer, mapped, err)
			}
			if c := r.request(stun.MethodCreatePermission, w.peer()); c != 0 {
				t.Errorf("a permission for the media port: %d", c)
			}
			own := netip.AddrPortFrom(netip.IPv6Loopback(), w.media.Local().Port())
			if c := r.request(stun.MethodCreatePermission, peerAt(own)); c != stun.CodePeerAddrFamilyMismatch {
				t.Errorf("a permission for an address of IPv6: %d, want 443", c)
			}
		})
	}
}

// One port serves both families, and an address of IPv4 is the same however it is written.
func TestOnePortForBothFamilies(t *testing.T) {
	w := newWorldAt(t, "::", Limits{PerSource: 1})
	port := w.server.Addr().Port()
	for _, host := range []string{"127.0.0.1", "::1"} {
		at := netip.AddrPortFrom(netip.MustParseAddr(host), port).String()
		for i, want := range []stun.ErrorCode{0, stun.CodeInsufficientCapacity} {
			conn, err := net.Dial([]string{"udp", "tcp"}[i], at)
			if err != nil {
				t.Skip("not both families here: ", err)
			}
			defer conn.Close()
			r := &raw{w: w, conn: conn, credential: w.credential(at)}
			if c := r.request(stun.MethodAllocate, transport(protocolUDP)); c != want {
				t.Errorf("allocation %d from %s: %d, want %d", i, host, c, want)
			}
		}
	}
}

func TestRelayedAddressesAreUnique(t *testing.T) {
	w := newWorld(t, Limits{})
	seen := map[netip.AddrPort]bool{}
	for range 20 {
		relayed, _ := w.pionClient("udp", w.credential("james"))
		at := addrPort(relayed.LocalAddr())
		if seen[at] {
			t.Fatalf("%s twice", at)
		}
		seen[at] = true
	}
}

// A datagram to a client in a channel costs no memory: it is what each packet of the picture does.
func TestChannelsAllocateNothing(t *testing.T) {
	for _, network := range []string{"udp", "tcp"} {
		t.Run(network, func(t *testing.T) {
			w := newWorld(t, Limits{})
			r := w.raw(network)
			r.credential = w.credential("viewer")
			at := r.open(netip.AddrPort(w.peer()))
			eventually(t, "the first datagram", func() bool { return w.delivered() == 1 })
			batch := w.media.NewBatch()
			to := w.media.Destination(at)
			burst := func() {
				for range 12 {
					batch.Reserve()[0] = 0x80
					batch.Commit(to, 1000)
				}
				batch.Flush()
			}
			before := w.server.ToClients.Load()
			// Over TCP the writer's two buffers grow at first, and again after a burst that was larger than what it keeps.
			if n := testing.AllocsPerRun(50, burst); network == "udp" && n != 0 || n > 4 {
				t.Errorf("%v allocations for 12 datagrams", n)
			}
			if got := w.server.ToClients.Load() + w.server.Overflowed.Load() - before; got != 51*12 {
				t.Errorf("%d datagrams were counted", got)
			}
		})
	}
}
