package turn

import (
	"bytes"
	"net"
	"net/netip"
	"testing"

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
