package turn

import (
	"net"
	"sync"
	"testing"
	"time"

	"github.com/pion/stun"

	"github.com/coopnet/coopnet/shared/turncred"
)

func TestErrorCodesOfRFC8656(t *testing.T) {
	for _, network := range []string{"udp", "tcp"} {
		t.Run(network, func(t *testing.T) {
			w := newWorld(t, Limits{})
			r := w.raw(network)
			for _, method := range []stun.Method{stun.MethodRefresh, stun.MethodCreatePermission, stun.MethodChannelBind} {
				if c := r.request(method, w.peer(), channel(0x4000)); c != stun.CodeAllocMismatch {
					t.Errorf("%s without an allocation: %d, want 437", method, c)
				}
			}
			for name, tt := range map[string]struct {
				want    stun.ErrorCode
				setters []stun.Setter
			}{
				"no transport":               {stun.CodeBadRequest, nil},
				"a transport of two bytes":   {stun.CodeBadRequest, []stun.Setter{stun.RawAttribute{Type: stun.AttrRequestedTransport, Value: []byte{17, 0}}}},
				"TCP":                        {stun.CodeUnsupportedTransProto, []stun.Setter{transport(6)}},
				"SCTP":                       {stun.CodeUnsupportedTransProto, []stun.Setter{transport(132)}},
				"IPv6":                       {stun.CodeAddrFamilyNotSupported, []stun.Setter{transport(17), family(2)}},
				"an even port of two bytes":  {stun.CodeBadRequest, []stun.Setter{transport(17), stun.RawAttribute{Type: stun.AttrEvenPort, Value: []byte{0, 0}}}},
				"two ports":                  {stun.CodeInsufficientCapacity, []stun.Setter{transport(17), stun.RawAttribute{Type: stun.AttrEvenPort, Value: []byte{0x80}}}},
				"a reservation":              {stun.CodeInsufficientCapacity, []stun.Setter{transport(17), token()}},
				"a reservation and evenness": {stun.CodeBadRequest, []stun.Setter{transport(17), token(), stun.RawAttribute{Type: stun.AttrEvenPort, Value: []byte{0}}}},
				"do not fragment":            {stun.CodeUnknownAttribute, []stun.Setter{transport(17), stun.RawAttribute{Type: stun.AttrDontFragment}}},
				"something unknown":          {stun.CodeUnknownAttribute, []stun.Setter{transport(17), stun.RawAttribute{Type: 0x7abc, Value: []byte{1, 2, 3, 4}}}},
			} {
				if c := r.request(stun.MethodAllocate, tt.setters...); c != tt.want {
					t.Errorf("Allocate with %s: %d, want %d", name, c, tt.want)
				}
			}
			if a, _ := w.server.Live(); a != 0 {
				t.Fatalf("%d allocations", a)
			}
			r.allocate()
			if c := r.request(stun.MethodAllocate, transport(17)); c != stun.CodeAllocMismatch {
				t.Errorf("a second Allocate: %d, want 437", c)
			}
			afterwards(t, w, r)
		})
	}
}

// afterwards are the errors of a client that has an allocation.
func afterwards(t *testing.T, w *world, r *raw) {
	for name, tt := range map[string]struct {
		method  stun.Method
		want    stun.ErrorCode
		setters []stun.Setter
	}{
		"Refresh of IPv6":                 {stun.MethodRefresh, stun.CodePeerAddrFamilyMismatch, []stun.Setter{family(2)}},
		"Refresh of IPv4":                 {stun.MethodRefresh, 0, []stun.Setter{family(1)}},
		"a permission for nobody":         {stun.MethodCreatePermission, stun.CodeBadRequest, nil},
		"a channel to nobody":             {stun.MethodChannelBind, stun.CodeBadRequest, []stun.Setter{channel(0x4000)}},
		"a channel without a number":      {stun.MethodChannelBind, stun.CodeBadRequest, []stun.Setter{w.peer()}},
		"channel 0x3fff":                  {stun.MethodChannelBind, stun.CodeBadRequest, []stun.Setter{channel(0x3fff), w.peer()}},
		"channel 0x5000":                  {stun.MethodChannelBind, stun.CodeBadRequest, []stun.Setter{channel(0x5000), w.peer()}},
		"a permission with the unknown":   {stun.MethodCreatePermission, stun.CodeUnknownAttribute, []stun.Setter{w.peer(), stun.RawAttribute{Type: 0x7abc}}},
		"a permission for the media port": {stun.MethodCreatePermission, 0, []stun.Setter{w.peer()}},
	} {
		if c := r.request(tt.method, tt.setters...); c != tt.want {
			t.Errorf("%s: %d, want %d", name, c, tt.want)
		}
	}
	if c := r.request(stun.MethodChannelBind, channel(0x4fff), w.peer()); c != 0 {
		t.Errorf("channel 0x4fff: %d", c)
	}
	if c := r.request(stun.MethodChannelBind, channel(0x4fff), w.peer()); c != 0 {
		t.Errorf("the same channel again: %d", c)
	}
	if c := r.request(stun.MethodChannelBind, channel(0x4ffe), w.peer()); c != stun.CodeBadRequest {
		t.Errorf("a second channel to the same peer: %d, want 400", c)
	}
	mine := r.credential
	r.credential = w.credential("somebody else")
	if c := r.request(stun.MethodRefresh); c != stun.CodeWrongCredentials {
		t.Errorf("Refresh with another's credential: %d, want 441", c)
	}
	r.credential = mine
	if c := r.request(stun.MethodRefresh, lifetime(0)); c != 0 {
		t.Errorf("Refresh to the end: %d", c)
	}
	eventually(w.t, "the end of the allocation", func() bool { a, _ := w.server.Live(); return a == 0 })
	if c := r.request(stun.MethodRefresh); c != stun.CodeAllocMismatch {
		t.Errorf("Refresh after the end: %d, want 437", c)
	}
}

func family(f byte) stun.Setter {
	return stun.RawAttribute{Type: stun.AttrRequestedAddressFamily, Value: []byte{f, 0, 0, 0}}
}

func token() stun.Setter {
	return stun.RawAttribute{Type: stun.AttrReservationToken, Value: make([]byte, 8)}
}

func TestWrongCredentialsAreChallenged(t *testing.T) {
	w := newWorld(t, Limits{})
	other, err := turncred.NewSecret("another secret altogether")
	if err != nil {
		t.Fatal(err)
	}
	good := w.credential("james")
	for name, credential := range map[string]turncred.Credential{
		"a wrong password":     {Username: good.Username, Password: good.Password + "x"},
		"another secret":       other.Mint("james", time.Now().Add(time.Hour)),
		"expired":              w.secret.Mint("james", time.Now().Add(-time.Second)),
		"prolonged by hand":    {Username: "9" + good.Username, Password: good.Password},
		"somebody else's name": {Username: good.Username + "x", Password: good.Password},
		"no time":              {Username: "james", Password: w.secret.Password("james")},
	} {
		r := w.raw("udp")
		r.credential = credential
		answer := r.ask(r.build(stun.MethodAllocate, transport(17)))
		if code(answer) != stun.CodeUnauthorized || !answer.Contains(stun.AttrNonce) || !answer.Contains(stun.AttrRealm) {
			t.Errorf("%s: %s, want a challenge", name, answer)
		}
	}
	r := w.raw("udp")
	m := message(t, stun.MethodAllocate, transport(17), stun.NewUsername(good.Username), r.integrity())
	if c := code(r.ask(m)); c != stun.CodeBadRequest {
		t.Errorf("without a realm and a nonce: %d, want 400", c)
	}
	r.nonce = "made up"
	if c := code(r.ask(r.build(stun.MethodAllocate, transport(17)))); c != stun.CodeStaleNonce {
		t.Errorf("with a made up nonce: %d, want 438", c)
	}
	if a, _ := w.server.Live(); a != 0 {
		t.Errorf("%d allocations", a)
	}
}

func TestAnAllocationOutlivesItsCredential(t *testing.T) {
	for _, network := range []string{"udp", "tcp"} {
		t.Run(network, func(t *testing.T) {
			w := newWorld(t, Limits{})
			r := w.raw(network)
			r.allocate()
			w.sleepFor(12 * time.Hour)
			for _, method := range []stun.Method{stun.MethodRefresh, stun.MethodCreatePermission, stun.MethodChannelBind} {
				if c := r.request(method, w.peer(), channel(0x4000)); c != 0 {
					t.Errorf("%s after the credential expired: %d", method, c)
				}
			}
			stranger := w.raw(network)
			stranger.credential = r.credential
			if c := stranger.request(stun.MethodAllocate, transport(17)); c != stun.CodeUnauthorized {
				t.Errorf("a new allocation with the expired credential: %d, want 401", c)
			}
			w.sleepFor(13 * time.Hour)
			if c := r.request(stun.MethodRefresh); c != stun.CodeUnauthorized {
				t.Errorf("Refresh after a day: %d, want 401", c)
			}
		})
	}
}

func TestWhatIsRememberedDiesWithTheAllocation(t *testing.T) {
	w := newWorld(t, Limits{})
	r := w.raw("udp")
	r.allocate()
	if c := r.request(stun.MethodRefresh, lifetime(0)); c != 0 {
		t.Fatal(c)
	}
	w.sleepFor(2 * time.Hour)
	if c := r.request(stun.MethodAllocate, transport(17)); c != stun.CodeUnauthorized {
		t.Errorf("%d, want 401", c)
	}
}

func TestLifetimes(t *testing.T) {
	w := newWorld(t, Limits{})
	for asked, want := range map[uint32]uint32{0: 600, 1: 600, 599: 600, 600: 600, 900: 900, 1800: 1800, 3600: 1800, 1 << 31: 1800} {
		r := w.raw("udp")
		answer := r.ask(r.build(stun.MethodAllocate, transport(17), lifetime(asked), stun.NewSoftware("test")))
		if got := seconds(t, answer); got != want {
			t.Errorf("Allocate for %d s: %d, want %d", asked, got, want)
		}
		if asked == 0 {
			continue
		}
		if got := seconds(t, r.ask(r.build(stun.MethodRefresh, lifetime(asked)))); got != want {
			t.Errorf("Refresh for %d s: %d, want %d", asked, got, want)
		}
	}
}

func seconds(t *testing.T, m *stun.Message) uint32 {
	t.Helper()
	v, err := m.Get(stun.AttrLifetime)
	if err != nil || len(v) != 4 {
		t.Fatalf("%s has no lifetime", m)
	}
	return uint32(v[0])<<24 | uint32(v[1])<<16 | uint32(v[2])<<8 | uint32(v[3])
}

func TestEvenPort(t *testing.T) {
	w := newWorld(t, Limits{})
	r := w.raw("udp")
	answer := r.ask(r.build(stun.MethodAllocate, transport(17), stun.RawAttribute{Type: stun.AttrEvenPort, Value: []byte{0}}))
	relayed, err := answer.Get(stun.AttrXORRelayedAddress)
	if err != nil || (relayed[3]^0x12)&1 != 0 || answer.Contains(stun.AttrReservationToken) {
		t.Errorf("%s: %x %v", answer, relayed, err)
	}
}

func TestAllocateSentAgainGetsTheSameAnswer(t *testing.T) {
	w := newWorld(t, Limits{})
	r := w.raw("udp")
	m := r.build(stun.MethodAllocate, transport(17))
	first, second := r.ask(m), r.ask(m)
	a, err := first.Get(stun.AttrXORRelayedAddress)
	if err != nil {
		t.Fatal(first, err)
	}
	if b, err := second.Get(stun.AttrXORRelayedAddress); err != nil || string(a) != string(b) {
		t.Errorf("%s, then %s", first, second)
	}
	if n, _ := w.server.Live(); n != 1 {
		t.Errorf("%d allocations", n)
	}
}

func TestQuotas(t *testing.T) {
	w := newWorld(t, Limits{PerCredential: 3, PerSource: 5, Allocations: 100})
	var mine []*raw
	ask := func(id string) stun.ErrorCode {
		r := w.raw("udp")
		r.credential = w.secret.Mint(id, time.Now().Add(time.Duration(len(mine)+1)*time.Minute)) // a fresh one each time
		mine = append(mine, r)
		return r.request(stun.MethodAllocate, transport(17))
	}
	for i := range 3 {
		if c := ask("james"); c != 0 {
			t.Fatalf("allocation %d: %d", i, c)
		}
	}
	if c := ask("james"); c != stun.CodeAllocQuotaReached {
		t.Errorf("the fourth: %d, want 486", c)
	}
	for range 2 {
		if c := ask("anne"); c != 0 {
			t.Errorf("somebody else: %d", c)
		}
	}
	if c := ask("bob"); c != stun.CodeInsufficientCapacity {
		t.Errorf("the sixth from this address: %d, want 508", c)
	}
	if c := mine[0].request(stun.MethodRefresh, lifetime(0)); c != 0 {
		t.Fatal(c)
	}
	if c := ask("james"); c != 0 {
		t.Errorf("after one was given back: %d", c)
	}
}

// Credentials for test rooms are anybody's: all of them together leave room for conferences, and none outlives its time.
func TestTestsAreBounded(t *testing.T) {
	w := newWorld(t, Limits{Tests: 2})
	var mine []*raw
	ask := func(id string) stun.ErrorCode {
		r := w.raw("udp")
		r.credential = w.secret.Mint(id, w.now().Add(time.Hour))
		mine = append(mine, r)
		return r.request(stun.MethodAllocate, transport(17))
	}
	for _, id := range []string{"test-a", "test-b"} {
		if c := ask(id); c != 0 {
			t.Fatalf("%s: %d", id, c)
		}
	}
	if c := ask("test-c"); c != stun.CodeInsufficientCapacity {
		t.Errorf("the third: %d, want 508", c)
	}
	if c := ask("james"); c != 0 {
		t.Errorf("a conference's: %d", c)
	}
	if c := mine[0].request(stun.MethodRefresh, lifetime(0)); c != 0 {
		t.Fatal(c)
	}
	if c := ask("test-c"); c != 0 {
		t.Errorf("after one was given back: %d", c)
	}
	w.sleepFor(2 * time.Hour)
	if c := mine[1].request(stun.MethodRefresh); c != stun.CodeUnauthorized {
		t.Errorf("Refresh with a test's expired credential: %d, want 401", c)
	}
}

func TestAConnectionThatEndsGivesBack(t *testing.T) {
	w := newWorld(t, Limits{PerCredential: 1})
	for range 3 {
		r := w.raw("tcp")
		r.allocate()
		_ = r.conn.Close()
		eventually(t, "the end of the allocation", func() bool { a, c := w.server.Live(); return a == 0 && c == 0 })
	}
}

func TestAllTogetherAreBounded(t *testing.T) {
	w := newWorld(t, Limits{Allocations: 2})
	for i, want := range []stun.ErrorCode{0, 0, stun.CodeInsufficientCapacity} {
		r := w.raw("udp")
		r.credential = w.credential(string(rune('a' + i)))
		if c := r.request(stun.MethodAllocate, transport(17)); c != want {
			t.Errorf("allocation %d: %d, want %d", i, c, want)
		}
	}
}

func TestConnectionsAreBounded(t *testing.T) {
	w := newWorld(t, Limits{ConnectionsPerSource: 2})
	first, second := w.raw("tcp"), w.raw("tls")
	first.allocate()
	second.allocate()
	if third := w.raw("tcp"); !ended(third.conn) {
		t.Error("a third connection was taken")
	}
	_ = first.conn.Close()
	eventually(t, "room for another", func() bool { _, c := w.server.Live(); return c == 1 })
	w.raw("tcp").allocate()
}

func TestSilentConnectionsEnd(t *testing.T) {
	limits := Limits{FirstFrame: time.Second, Unallocated: 2 * time.Second, Idle: 3 * time.Second}
	w := newWorld(t, limits)
	var all sync.WaitGroup
	for name, tt := range map[string]struct {
		atLeast time.Duration
		begin   func(*raw)
	}{
		"nothing":              {limits.FirstFrame, func(*raw) {}},
		"half a frame":         {limits.FirstFrame, func(r *raw) { r.send([]byte{0, 3, 0}) }},
		"a frame without more": {limits.Unallocated, func(r *raw) { r.ask(message(t, stun.MethodBinding)) }},
		"an allocation":        {limits.Idle, func(r *raw) { r.allocate() }},
	} {
		for _, network := range []string{"tcp", "tls"} {
			began := time.Now()
			r := w.raw(network)
			tt.begin(r)
			all.Go(func() {
				if !ended(r.conn) {
					t.Errorf("%s over %s: the connection lives on", name, network)
				}
				if took := time.Since(began); took < tt.atLeast {
					t.Errorf("%s over %s: ended after %s, should have had %s", name, network, took, tt.atLeast)
				}
			})
		}
	}
	all.Wait()
}

// A request that the server does not understand is refused, also without a credential (RFC 8489 section 6.3.1).
func TestBindingWithSomethingUnknown(t *testing.T) {
	w := newWorld(t, Limits{})
	for _, network := range []string{"udp", "tcp"} {
		r := w.raw(network)
		answer := r.ask(message(t, stun.MethodBinding, stun.RawAttribute{Type: stun.AttrChangeRequest, Value: make([]byte, 4)}))
		var list stun.UnknownAttributes
		if err := list.GetFrom(answer); code(answer) != stun.CodeUnknownAttribute || err != nil || len(list) != 1 || list[0] != stun.AttrChangeRequest {
			t.Errorf("%s: %s: %v", network, answer, err)
		}
		if c := code(r.ask(message(t, stun.MethodBinding, stun.NewSoftware("test")))); c != 0 {
			t.Errorf("%s: with something that need not be understood: %d", network, c)
		}
	}
}

// Who asks for a second address of IPv6 gets the first, and is told (RFC 8656 section 7.2).
func TestAnAdditionalAddressFamily(t *testing.T) {
	w := newWorld(t, Limits{})
	r := w.raw("udp")
	for name, setters := range map[string][]stun.Setter{
		"of IPv4":                    {additional(1)},
		"of no size":                 {stun.RawAttribute{Type: attrAdditionalAddressFamily}},
		"beside a requested one":     {additional(2), family(1)},
		"beside a reservation":       {additional(2), token()},
		"beside the next port, too":  {additional(2), stun.RawAttribute{Type: stun.AttrEvenPort, Value: []byte{0x80}}},
		"a reservation and a family": {token(), family(1)},
	} {
		if c := r.request(stun.MethodAllocate, append(setters, transport(protocolUDP))...); c != stun.CodeBadRequest {
			t.Errorf("an additional address %s: %d, want 400", name, c)
		}
	}
	m := r.build(stun.MethodAllocate, transport(protocolUDP), additional(2))
	for range 2 { // sent again, it is answered the same
		answer := r.ask(m)
		if c := code(answer); c != 0 || r.integrity().Check(answer) != nil {
			t.Fatalf("%s: %d", answer, c)
		}
		if v, err := answer.Get(attrAddressErrorCode); err != nil || len(v) < 4 || v[0] != 2 || v[2] != 4 || v[3] != 40 {
			t.Errorf("%s: %x %v, want 440 for IPv6", answer, v, err)
		}
		if !answer.Contains(stun.AttrXORRelayedAddress) {
			t.Errorf("%s has no address of IPv4", answer)
		}
	}
}

func additional(f byte) stun.Setter {
	return stun.RawAttribute{Type: attrAdditionalAddressFamily, Value: []byte{f, 0, 0, 0}}
}

func TestBindingTellsTheAddress(t *testing.T) {
	w := newWorld(t, Limits{})
	r := w.raw("udp")
	var mapped stun.XORMappedAddress
	if err := mapped.GetFrom(r.ask(message(t, stun.MethodBinding))); err != nil {
		t.Fatal(err)
	}
	if own := r.conn.LocalAddr().(*net.UDPAddr); mapped.Port != own.Port || !mapped.IP.Equal(own.IP) {
		t.Errorf("%s, want %s", mapped, own)
	}
}

// pion's reader of an allocation that was given back would take the next one of the same five-tuple with it.
func TestAnAllocationAfterAnother(t *testing.T) {
	w := newWorld(t, Limits{})
	r := w.raw("udp")
	for i := range 50 {
		r.allocate()
		if c := r.request(stun.MethodRefresh, lifetime(0)); c != 0 {
			t.Fatal(c)
		}
		r.allocate()
		for range 3 {
			if c := r.request(stun.MethodRefresh); c != 0 {
				t.Fatalf("round %d: the second allocation is gone: %d", i, c)
			}
		}
		if c := r.request(stun.MethodRefresh, lifetime(0)); c != 0 {
			t.Fatal(c)
		}
	}
}
