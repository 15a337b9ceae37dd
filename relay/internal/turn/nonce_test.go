package turn

import (
	"net/netip"
	"testing"
	"time"

	"github.com/pion/stun"
)

// Somebody who overheard a request, or forges the address of somebody else, has a nonce of another address: with it they
// would spend the allocations of the credential's owner, or of the address.
func TestARequestIsGoodForItsSenderOnly(t *testing.T) {
	for _, network := range []string{"udp", "tcp", "tls"} {
		t.Run(network, func(t *testing.T) {
			w := newWorld(t, Limits{})
			owner, thief := w.raw(network), w.raw(network)
			m := owner.build(stun.MethodAllocate, transport(protocolUDP))
			answer := thief.ask(m)
			var nonce stun.Nonce
			if code(answer) != stun.CodeStaleNonce || nonce.GetFrom(answer) != nil || nonce.String() == owner.nonce {
				t.Errorf("a request of somebody else: %s, want a nonce of one's own", answer)
			}
			if a, _ := w.server.Live(); a != 0 {
				t.Errorf("%d allocations", a)
			}
			thief.credential, thief.nonce = owner.credential, nonce.String()
			if c := thief.request(stun.MethodAllocate, transport(protocolUDP)); c != 0 { // with the password it is no theft
				t.Errorf("with the nonce of the answer: %d", c)
			}
			if c := code(owner.ask(m)); c != 0 {
				t.Errorf("the request's own sender: %d", c)
			}
		})
	}
}

func TestNoncesEnd(t *testing.T) {
	for _, network := range []string{"udp", "tcp"} {
		w := newWorld(t, Limits{})
		r := w.raw(network)
		r.credential = w.secret.Mint("james", w.now().Add(24*time.Hour))
		r.allocate()
		w.sleepFor(59 * time.Minute)
		if c := r.request(stun.MethodRefresh); c != 0 {
			t.Errorf("within an hour: %d", c)
		}
		w.sleepFor(2 * time.Minute)
		answer := r.ask(r.build(stun.MethodRefresh))
		var nonce stun.Nonce
		if code(answer) != stun.CodeStaleNonce || nonce.GetFrom(answer) != nil || !answer.Contains(stun.AttrRealm) {
			t.Errorf("after an hour: %s, want 438", answer)
		}
		r.nonce = nonce.String()
		if c := r.request(stun.MethodRefresh); c != 0 {
			t.Errorf("with the new nonce: %d", c)
		}
	}
}

// silentCarrier is one to which answers go unread.
type silentCarrier struct{ carrier }

func (silentCarrier) write([]byte, netip.AddrPort) {}

// pion would panic on a request that meets its timer, see ending; and a Refresh must put that end off.
func TestNothingReachesPionAtTheEndOfAnAllocation(t *testing.T) {
	w := newWorld(t, Limits{})
	from := netip.MustParseAddrPort("192.0.2.1:1234")
	a := &allocation{client: from, username: "james"}
	f := &front{server: w.server, carrier: silentCarrier{}, allocations: map[netip.AddrPort]*allocation{from: a}}
	f.pending = pending{from: from, username: "james", method: stun.MethodRefresh, lifetime: maxLifetime}
	check := func(method stun.Method) stun.ErrorCode {
		return f.check(message(t, method, transport(protocolUDP), w.peer(), channel(0x4000)))
	}
	methods := []stun.Method{stun.MethodRefresh, stun.MethodCreatePermission, stun.MethodChannelBind}
	a.ends = time.Now().Add(ending - time.Millisecond)
	for _, method := range append(methods, stun.MethodAllocate) {
		if c := check(method); c != stun.CodeAllocMismatch {
			t.Errorf("%s at the end: %d, want 437", method, c)
		}
	}
	f.answered(stun.MustBuild(stun.TransactionID, stun.NewType(stun.MethodRefresh, stun.ClassSuccessResponse)).Raw, from)
	if left := time.Until(a.ends); left < maxLifetime-time.Minute {
		t.Errorf("refreshed, it ends in %s", left)
	}
	for _, method := range methods {
		if c := check(method); c != 0 {
			t.Errorf("%s after a Refresh: %d", method, c)
		}
	}
}
