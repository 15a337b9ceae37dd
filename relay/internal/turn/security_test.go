package turn

import (
	"encoding/binary"
	"net"
	"net/netip"
	"runtime"
	"syscall"
	"testing"
	"time"

	"github.com/pion/stun"
)

// silence is how long a test waits for what must not come.
const silence = 150 * time.Millisecond

// canary is a listener that must stay silent.
func canary(t *testing.T, network, address string) netip.AddrPort {
	t.Helper()
	conn, err := net.ListenPacket(network, address)
	if err != nil {
		t.Skipf("no canary at %s: %v", address, err)
	}
	t.Cleanup(func() {
		_ = conn.SetReadDeadline(time.Now().Add(silence))
		b := make([]byte, 1600)
		if n, from, err := conn.ReadFrom(b); err == nil {
			t.Errorf("the canary at %s got %d bytes from %s", address, n, from)
		}
		_ = conn.Close()
	})
	return addrPort(conn.LocalAddr())
}

// denied are addresses that are not the relay's, by what they are.
func denied(t *testing.T, w *world) map[string]netip.AddrPort {
	media := w.media.Local()
	outside := netip.AddrFrom4([4]byte{127, 0, 0, 2})
	if list, err := net.InterfaceAddrs(); err == nil {
		for _, a := range list {
			if p, err := netip.ParsePrefix(a.String()); err == nil && p.Addr().Is4() && !p.Addr().IsLoopback() {
				outside = p.Addr() // this machine's, where a listener can stand
			}
		}
	}
	at := func(s string) netip.AddrPort { return netip.AddrPortFrom(netip.MustParseAddr(s), media.Port()) }
	return map[string]netip.AddrPort{
		"another loopback address":  canary(t, "udp4", "127.0.0.2:0"),
		"this machine's address":    canary(t, "udp4", netip.AddrPortFrom(outside, 0).String()),
		"private 10":                at("10.0.0.1"),
		"private 172.16":            at("172.16.0.1"),
		"private 192.168":           at("192.168.0.1"),
		"shared 100.64":             at("100.64.0.1"),
		"link-local":                at("169.254.1.1"),
		"metadata":                  at("169.254.169.254"),
		"this network":              at("0.0.0.0"),
		"multicast":                 at("224.0.0.1"),
		"broadcast":                 at("255.255.255.255"),
		"a public address":          at("198.51.100.1"),
		"a relayed address":         at("240.1.2.3"),
		"IPv6 loopback":             canary(t, "udp6", "[::1]:0"),
		"IPv4-mapped":               at("::ffff:127.0.0.1"),
		"IPv4-compatible":           at("::127.0.0.1"),
		"6to4":                      at("2002:7f00:1::1"),
		"NAT64":                     at("64:ff9b::7f00:1"),
		"Teredo":                    at("2001:0:7f00:1::80ff:fffe"),
		"IPv6 unique local":         at("fd00::1"),
		"IPv6 link-local":           at("fe80::1"),
		"IPv6 metadata":             at("fd00:ec2::254"),
		"IPv6 multicast":            at("ff02::1"),
		"IPv6 unspecified":          at("::"),
		"IPv6 of the media address": at("::ffff:" + media.Addr().String()),
	}
}

func TestNobodyIsReachedButTheMediaPort(t *testing.T) {
	for _, network := range []string{"udp", "tcp", "tls"} {
		t.Run(network, func(t *testing.T) {
			w := newWorld(t, Limits{})
			r := w.raw(network)
			r.allocate()
			for name, address := range denied(t, w) {
				want := stun.CodeForbidden
				if address.Addr().Is6() {
					want = stun.CodePeerAddrFamilyMismatch
				}
				if c := r.request(stun.MethodCreatePermission, peerAt(address)); c != want {
					t.Errorf("permission for %s: %d, want %d", name, c, want)
				}
				if c := r.request(stun.MethodCreatePermission, w.peer(), peerAt(address)); c != want {
					t.Errorf("permission for the media port and %s: %d, want %d", name, c, want)
				}
				if c := r.request(stun.MethodChannelBind, channel(0x4000), peerAt(address)); c != want {
					t.Errorf("channel to %s: %d, want %d", name, c, want)
				}
				r.send(sendIndication(t, peerAt(address), []byte("to the canary, 24 bytes.")))
			}
			r.send([]byte{0x40, 0, 0, 24, 't', 'o', ' ', 't', 'h', 'e', ' ', 'c', 'a', 'n', 'a', 'r', 'y', 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0})
			if c := r.request(stun.MethodRefresh); c != 0 { // everything before it has been handled
				t.Errorf("Refresh: %d", c)
			}
			if n := w.delivered(); n != 0 {
				t.Errorf("%d datagrams reached the media port without a permission", n)
			}
		})
	}
}

// A permission is for an address; the port is checked when a datagram is sent (RFC 8656 section 9.1 lets it through).
func TestOtherPortsOfTheMediaAddressAreNotReached(t *testing.T) {
	for _, network := range []string{"udp", "tcp", "tls"} {
		t.Run(network, func(t *testing.T) {
			w := newWorld(t, Limits{})
			bird := canary(t, "udp4", "127.0.0.1:0")
			r := w.raw(network)
			r.allocate()
			if c := r.request(stun.MethodCreatePermission, peerAt(bird)); c != 0 {
				t.Fatalf("permission for the media address: %d", c)
			}
			if c := r.request(stun.MethodChannelBind, channel(0x4000), peerAt(bird)); c != stun.CodeForbidden {
				t.Errorf("channel to another port: %d", c)
			}
			before := w.server.Forbidden.Load()
			r.send(sendIndication(t, peerAt(bird), []byte("to the canary, 24 bytes.")))
			eventually(t, "the refusal", func() bool { return w.server.Forbidden.Load() == before+1 })
			if w.delivered() != 0 {
				t.Error("it reached the media port")
			}
		})
	}
}

func sendIndication(t testing.TB, peer stun.Setter, data []byte) []byte {
	t.Helper()
	m, err := stun.Build(stun.TransactionID, stun.NewType(stun.MethodSend, stun.ClassIndication), peer, stun.RawAttribute{Type: stun.AttrData, Value: data})
	if err != nil {
		t.Fatal(err)
	}
	return m.Raw
}

// malformed are messages that pion must not see. The first one ends a process with turn/v3.0.3.
func malformed(t *testing.T) map[string][]byte {
	long := func(kind uint16, attributes ...byte) []byte {
		b := binary.BigEndian.AppendUint16(nil, kind)
		b = binary.BigEndian.AppendUint16(b, uint16(len(attributes)))
		b = append(b, 0x21, 0x12, 0xa4, 0x42, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12)
		return append(b, attributes...)
	}
	lying := long(0x0016, 0, 0x12, 0, 8, 0, 1, 0, 0, 1, 2, 3, 4)
	lying[3] = 40
	many := make([]byte, 0, 40*4)
	for range 40 {
		many = append(many, 0x80, 0x22, 0, 0)
	}
	return map[string][]byte{
		"peer address of length 0":     long(0x0016, 0, 0x13, 0, 4, 1, 2, 3, 4, 0, 0x12, 0, 0),
		"peer address of length 4":     long(0x0016, 0, 0x13, 0, 4, 1, 2, 3, 4, 0, 0x12, 0, 4, 0, 1, 0, 0),
		"IPv6 family, IPv4 size":       long(0x0016, 0, 0x12, 0, 8, 0, 2, 0, 0, 1, 2, 3, 4),
		"unknown family":               long(0x0016, 0, 0x12, 0, 8, 0, 7, 0, 0, 1, 2, 3, 4),
		"relayed address of length 0":  long(0x0003, 0, 0x16, 0, 0),
		"length says more":             lying,
		"attribute says more":          long(0x0016, 0, 0x13, 0xff, 0xff, 1, 2, 3, 4),
		"more than 32 attributes":      long(0x0003, many...),
		"integrity of length 0":        long(0x0003, 0, 8, 0, 0),
		"mapped address of old, 0":     long(0x0001, 0x80, 0x20, 0, 0),
		"username of length 0":         long(0x0003, 0, 6, 0, 0),
		"no cookie":                    append([]byte{0, 3, 0, 0}, make([]byte, 16)...),
		"header only half":             long(0x0003)[:12],
		"channel number 0x5000":        {0x50, 0, 0, 4, 1, 2, 3, 4},
		"channel number 0x7fff":        {0x7f, 0xff, 0, 4, 1, 2, 3, 4},
		"channel says more":            {0x40, 0, 0, 40, 1, 2, 3, 4},
		"channel says less":            {0x40, 0, 0, 1, 1, 2, 3, 4, 5, 6, 7, 8},
		"something behind integrity":   long(0x0003, append(append([]byte{0, 8, 0, 20}, make([]byte, 20)...), 0, 6, 0, 4, 1, 2, 3, 4)...),
		"a fingerprint that is wrong":  long(0x0001, 0x80, 0x28, 0, 4, 1, 2, 3, 4),
		"not TURN at all":              []byte("GET / HTTP/1.1\r\nHost: x\r\n\r\n"),
		"a TLS record on a plain port": {0x16, 3, 1, 0, 200, 1, 0, 0, 196, 3, 3, 0},
	}
}

func TestMalformedDatagramsAreDropped(t *testing.T) {
	w := newWorld(t, Limits{})
	r := w.raw("udp")
	r.allocate()
	r.request(stun.MethodCreatePermission, w.peer())
	r.request(stun.MethodChannelBind, channel(0x4000), w.peer())
	for name, b := range malformed(t) {
		before := w.server.MalformedDatagrams()
		r.send(b)
		eventually(t, "the drop of "+name, func() bool { return w.server.MalformedDatagrams() == before+1 })
	}
	if r.receive(silence) != nil {
		t.Error("a malformed datagram was answered")
	}
	if w.delivered() != 0 {
		t.Error("a malformed datagram reached the media port")
	}
	if c := r.request(stun.MethodRefresh); c != 0 {
		t.Errorf("afterwards: Refresh %d", c)
	}
}

func TestMalformedFramesEndTheConnection(t *testing.T) {
	for _, network := range []string{"tcp", "tls"} {
		t.Run(network, func(t *testing.T) {
			w := newWorld(t, Limits{FirstFrame: 3 * time.Second})
			cases := malformed(t)
			// In a stream these are only the beginning of something longer.
			delete(cases, "channel says less")
			delete(cases, "a fingerprint that is wrong") // whole frames: dropped as a datagram is
			delete(cases, "something behind integrity")
			open := map[string]*raw{}
			for name, b := range cases {
				open[name] = w.raw(network)
				open[name].send(b)
			}
			for name, r := range open {
				if !ended(r.conn) {
					t.Errorf("%s: the connection lives on", name)
				}
			}
		})
	}
}

// With turn/v3.0.3 one such frame keeps a core busy for ever.
func TestAFrameWhoseLengthWrapsCostsNothing(t *testing.T) {
	for name, head := range map[string][]byte{
		"STUN":        {0, 3, 0xff, 0xec, 0x21, 0x12, 0xa4, 0x42, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12},
		"ChannelData": {0x40, 0, 0xff, 0xfd, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12},
	} {
		w := newWorld(t, Limits{})
		r := w.raw("tcp")
		r.send(head)
		if !ended(r.conn) {
			t.Errorf("%s: the connection lives on", name)
		}
		runtime.GC() // what the test itself has left to do
		before := cpuTime(t)
		time.Sleep(silence)
		if used := cpuTime(t) - before; used > silence/2 {
			t.Errorf("%s: %s of processor time in %s", name, used, silence)
		}
	}
}

func cpuTime(t *testing.T) time.Duration {
	t.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func TestErrorAnswersAreLimited(t *testing.T) {
	w := newWorld(t, Limits{AnswerBurst: 10, AnswerInterval: time.Hour})
	r := w.raw("udp")
	for range 200 {
		r.send(message(t, stun.MethodAllocate).Raw)
	}
	for range 200 {
		r.send(message(t, stun.MethodBinding).Raw)
	}
	answers, bytes := 0, 0
	for m := r.receive(patience); m != nil; m = r.receive(silence) {
		answers++
		bytes += len(m.Raw)
	}
	if answers != 10 {
		t.Errorf("%d answers, at most 10 may come", answers)
	}
	if largest := 4 * 20 * answers; bytes > largest {
		t.Errorf("%d bytes answer %d requests of 20", bytes, answers)
	}
	if sent := 400 * 20; bytes > sent {
		t.Errorf("%d bytes were answered with %d", sent, bytes)
	}
	if w.server.Silenced.Load() != 390 {
		t.Errorf("%d were counted", w.server.Silenced.Load())
	}
	other := w.raw("tcp") // not forged: a connection was made
	other.allocate()
}

// A clock that is put back must not silence the server until it is where it was.
func TestTheLimitOnAnswersSurvivesTheClock(t *testing.T) {
	l := newLimiter(3, time.Second)
	at, now := netip.MustParseAddr("192.0.2.1"), time.Now()
	allowed := func() (n int) {
		for l.allow(at, now) {
			n++
		}
		return n
	}
	if n := allowed(); n != 3 {
		t.Errorf("%d answers at once", n)
	}
	now = now.Add(2 * time.Second)
	if n := allowed(); n != 2 {
		t.Errorf("%d answers after two seconds", n)
	}
	now = now.Add(-time.Hour)
	if n := allowed(); n != 3 {
		t.Errorf("%d answers after the clock was put back", n)
	}
}

// Requests cost more than they look; a client with a good credential may have few of them read, and its datagrams all the
// same.
func TestRequestsAreLimited(t *testing.T) {
	for _, network := range []string{"udp", "tcp", "tls"} {
		t.Run(network, func(t *testing.T) {
			w := newWorld(t, Limits{RequestBurst: 20, RequestInterval: time.Hour})
			r, other := w.raw(network), w.raw(network)
			other.credential = w.credential("somebody else")
			r.open(netip.AddrPort(w.peer()))
			flood := r.build(stun.MethodRefresh)
			const sent = 200
			for range sent {
				r.send(flood.Raw)
			}
			r.send(append([]byte{0x40, 0, 0, 12}, make([]byte, 12)...))
			r.send(sendIndication(t, w.peer(), make([]byte, 12)))
			eventually(t, "datagrams in a channel and in an indication", func() bool { return w.delivered() == 3 })
			answers := 0
			for m := r.receive(patience); m != nil; m = r.receive(silence) {
				if m.TransactionID == flood.TransactionID {
					answers++
				}
			}
			if answers == 0 || answers > 20 || w.server.Silenced.Load() < sent-20 {
				t.Errorf("%d requests of %d were answered, %d were not read", answers, sent, w.server.Silenced.Load())
			}
			other.allocate()
		})
	}
}

func TestAttemptsAreLimited(t *testing.T) {
	w := newWorld(t, Limits{AttemptBurst: 20, AttemptInterval: time.Hour})
	mine := w.raw("udp")
	mine.allocate()
	flood := w.raw("udp")
	for range 200 {
		flood.send(message(t, stun.MethodAllocate).Raw)
	}
	answers := 0
	for m := flood.receive(patience); m != nil; m = flood.receive(silence) {
		answers++
	}
	if answers == 0 || answers > 18 {
		t.Errorf("%d attempts were answered", answers)
	}
	if c := mine.request(stun.MethodRefresh); c != 0 { // an allocation's requests are its own
		t.Errorf("Refresh from the same address: %d", c)
	}
	w.raw("tcp").allocate()
}

func TestFloodsHurtNobodyElse(t *testing.T) {
	w := newWorld(t, Limits{AnswerBurst: 10, AnswerInterval: time.Hour})
	honest := w.raw("tcp")
	honest.allocate()
	flood := w.raw("udp")
	for range 5000 {
		flood.send(message(t, stun.MethodAllocate).Raw)
	}
	if c := honest.request(stun.MethodRefresh); c != 0 {
		t.Errorf("Refresh during the flood: %d", c)
	}
	if a, _ := w.server.Live(); a != 1 {
		t.Errorf("%d allocations", a)
	}
}
