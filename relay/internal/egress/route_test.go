package egress

import (
	"bytes"
	"net"
	"net/netip"
	"testing"
	"time"
)

// recorder is a route that remembers, and sends what it collects through another socket when it has one.
type recorder struct {
	sent, collected [][]byte
	via             *Socket
	to              *Destination
	flushed         int
}

func (r *recorder) Send(b []byte) { r.sent = append(r.sent, bytes.Clone(b)) }

func (r *recorder) Collect(b *Batch, datagram []byte) {
	if r.via == nil {
		r.collected = append(r.collected, bytes.Clone(datagram))
		b.Later(r)
		return
	}
	own := b.Via(r.via)
	own.Commit(r.to, copy(own.Reserve(), datagram))
}

func (r *recorder) Flush() { r.flushed++ }

func mediaPort(t testing.TB) *Socket {
	t.Helper()
	s, err := Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func at(host uint32) netip.AddrPort { return netip.AddrPortFrom(RelayedAddress(host), 50000) }

func TestRoutesTakeWhatGoesToThem(t *testing.T) {
	s, r := mediaPort(t), &recorder{}
	if !s.Join(at(1), r) || s.Join(at(1), &recorder{}) {
		t.Fatal("an address is not joined exactly once")
	}
	asIPv6 := netip.AddrPortFrom(netip.AddrFrom16(at(1).Addr().As16()), 50000)
	for _, to := range []netip.AddrPort{at(1), asIPv6} {
		if err := s.Write([]byte("at once"), to); err != nil {
			t.Fatal(err)
		}
	}
	b := s.NewBatch()
	d := s.Destination(at(1))
	for range 3 {
		b.Commit(d, copy(b.Reserve(), "in a batch"))
	}
	if r.flushed != 0 {
		t.Error("flushed before the batch")
	}
	b.Flush()
	if len(r.sent) != 2 || string(r.sent[1]) != "at once" || len(r.collected) != 3 || string(r.collected[2]) != "in a batch" || r.flushed != 1 {
		t.Errorf("%q %q %d", r.sent, r.collected, r.flushed)
	}
	s.Leave(at(1))
	if err := s.Write([]byte("too late"), at(1)); err != nil || len(r.sent) != 2 {
		t.Errorf("%v %q", err, r.sent)
	}
	s.Destination(at(2)).route.Send([]byte("nobody")) // lost, without harm
}

func TestManyRoutesInOneBatch(t *testing.T) {
	s := mediaPort(t)
	b := s.NewBatch()
	var all []*recorder
	for i := range uint32(3 * maxLater) {
		r := &recorder{}
		all = append(all, r)
		s.Join(at(i), r)
		b.Commit(s.Destination(at(i)), copy(b.Reserve(), "x"))
	}
	b.Flush()
	for i, r := range all {
		if r.flushed != 1 {
			t.Errorf("route %d was flushed %d times", i, r.flushed)
		}
	}
}

func TestARouteThroughAnotherSocket(t *testing.T) {
	s, other := mediaPort(t), mediaPort(t)
	client, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	_ = client.SetReadDeadline(time.Now().Add(10 * time.Second))
	s.Join(at(1), &recorder{via: other, to: other.Destination(client.LocalAddr().(*net.UDPAddr).AddrPort())})
	b := s.NewBatch()
	d := s.Destination(at(1))
	packet := bytes.Repeat([]byte{0x80}, 1000)
	send := func() {
		for range 8 {
			b.Commit(d, copy(b.Reserve(), packet))
		}
		b.Flush()
	}
	send()
	for range 8 {
		var got [MaxDatagram]byte
		n, from, err := client.ReadFromUDPAddrPort(got[:])
		if err != nil || from != other.Local() || !bytes.Equal(got[:n], packet) {
			t.Fatalf("%d bytes from %s: %v", n, from, err)
		}
	}
	if n := testing.AllocsPerRun(20, send); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestForgedRelayedAddressesAreBogus(t *testing.T) {
	for address, want := range map[string]bool{"240.0.0.1": true, "240.255.255.255": true, "::ffff:240.1.2.3": true, "239.1.2.3": false, "241.1.2.3": false, "f0::1": false, "127.0.0.1": false,
		"100::1": true, "100::ffff:ffff:ffff:ffff": true, "100:0:0:1::1": false, "::1": false, "::100:0:0:0": false} {
		if Relayed(netip.MustParseAddr(address)) != want {
			t.Errorf("%s: %t", address, !want)
		}
	}
}

func TestRelayedAddressesOfIPv6(t *testing.T) {
	a := RelayedAddress6(0x0102030405060708)
	if a != netip.MustParseAddr("100::102:304:506:708") || !Relayed(a) {
		t.Error(a)
	}
	s, r := mediaPort(t), &recorder{}
	s.Join(netip.AddrPortFrom(a, 5), r)
	if err := s.Write([]byte("at once"), netip.AddrPortFrom(a, 5)); err != nil || len(r.sent) != 1 {
		t.Errorf("%v %q", err, r.sent)
	}
}

// known is a route that knows where its client is.
type known struct {
	recorder
	origin netip.AddrPort
}

func (k *known) Origin() netip.AddrPort { return k.origin }

func TestOrigin(t *testing.T) {
	s := mediaPort(t)
	client := netip.MustParseAddrPort("192.0.2.7:5000")
	s.Join(at(1), &known{origin: client})
	s.Join(at(2), &recorder{})
	for of, want := range map[netip.AddrPort]netip.AddrPort{at(1): client, at(2): at(2), at(3): at(3), client: client} {
		if got := s.Origin(of); got != want {
			t.Errorf("%s is at %s, want %s", of, got, want)
		}
	}
}

// byWay is a route that knows which way it is.
type byWay struct {
	recorder
	client netip.AddrPort
}

func (b *byWay) Way() (Way, netip.AddrPort) { return TurnTLS, b.client }

func TestWay(t *testing.T) {
	s := mediaPort(t)
	client := netip.MustParseAddrPort("[2001:db8::7]:5000")
	s.Join(at(1), &byWay{client: client})
	s.Join(at(2), &recorder{})
	type way struct {
		way    Way
		client netip.AddrPort
	}
	for of, want := range map[netip.AddrPort]way{at(1): {TurnTLS, client}, at(2): {}, at(3): {}, client: {UDP, client}} {
		if got, from := s.Way(of); got != want.way || from != want.client {
			t.Errorf("%s by %q from %s, want %v", of, got, from, want)
		}
	}
}

func TestClassifyTURN(t *testing.T) {
	binding := []byte{0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}
	for name, tt := range map[string]struct {
		b    []byte
		want Kind
	}{
		"a binding request":         {binding, STUN},
		"one byte short":            {binding[:19], Refused},
		"an empty channel":          {[]byte{0x40, 0, 0, 0}, Channel},
		"a channel":                 {[]byte{0x4f, 0xff, 0, 1, 9}, Channel},
		"a padded channel":          {[]byte{0x4f, 0xff, 0, 1, 9, 0, 0, 0}, Channel},
		"padding of four":           {[]byte{0x40, 0, 0, 4, 1, 2, 3, 4, 0, 0, 0, 0}, Refused},
		"a channel that is cut off": {[]byte{0x40, 0, 0, 2, 9}, Refused},
		"channel 0x5000":            {[]byte{0x50, 0, 0, 0}, Refused},
		"DTLS":                      {append([]byte{22, 254, 253}, make([]byte, 20)...), Refused},
		"RTP":                       {append([]byte{0x80, 96}, make([]byte, 20)...), Refused},
		"three bytes":               {[]byte{0x40, 0, 0}, Refused},
		"too long":                  {make([]byte, MaxDatagram+1), Refused},
	} {
		if got := ClassifyTURN(tt.b); got != tt.want {
			t.Errorf("%s: %d, want %d", name, got, tt.want)
		}
	}
	if Classify([]byte{0x40, 0, 0, 8, 1, 2, 3, 4, 5, 6, 7, 8}) != Refused {
		t.Error("a channel passes on the media port")
	}
}
