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
