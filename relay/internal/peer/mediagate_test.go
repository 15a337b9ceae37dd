package peer

import (
	"bytes"
	"errors"
	"net"
	"testing"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
)

func rtpOf(t *testing.T, ssrc uint32) []byte {
	t.Helper()
	b, err := (&rtp.Packet{Header: rtp.Header{Version: 2, PayloadType: 96, SSRC: ssrc}, Payload: make([]byte, 20)}).Marshal()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestMediaGate(t *testing.T) {
	report, err := rtcp.Marshal([]rtcp.Packet{&rtcp.SenderReport{SSRC: 1}})
	if err != nil {
		t.Fatal(err)
	}
	g := newMediaGate([]uint32{1, 2})
	expect := func(when string, datagram []byte, want bool) {
		t.Helper()
		if got := g.passes(datagram); got != want {
			t.Errorf("%s: passes %v", when, got)
		}
	}
	handshake := append([]byte{22, 254, 253}, make([]byte, 40)...)
	expect("a handshake before the session is connected", handshake, true)
	expect("RTP before", rtpOf(t, 1), false)
	expect("RTCP before", report, false)
	g.open()
	for ssrc := range uint32(maxStreams) {
		expect("an undeclared stream", rtpOf(t, 100+ssrc), true)
	}
	expect("one too many", rtpOf(t, 99), false)
	expect("a stream that began", rtpOf(t, 100), true)
	expect("a declared stream behind all that", rtpOf(t, 2), true)
	for range maxPresenterReports {
		expect("a report", report, true)
	}
	expect("a report too many", report, false)
	g.refill()
	expect("a second later", report, true)
	if n := testing.AllocsPerRun(100, func() { g.passes(handshake); g.passes(report) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
	g.shut()
	g.open()
	g.refill()
	expect("RTP behind the end", rtpOf(t, 1), false)
	expect("RTCP behind the end", report, false)
	expect("DTLS behind the end", handshake, true)
}

// script is a connection from which these datagrams come; each may do something first.
type script struct {
	net.PacketConn
	steps []func() []byte
}

func (s *script) ReadFrom(b []byte) (int, net.Addr, error) {
	if len(s.steps) == 0 {
		return 0, nil, errors.New("the end")
	}
	next := s.steps[0]()
	s.steps = s.steps[1:]
	return copy(b, next), &net.UDPAddr{}, nil
}

// TestMediaWaitsForItsSession in the order in which it came; the handshake goes before it.
func TestMediaWaitsForItsSession(t *testing.T) {
	g := newMediaGate([]uint32{1})
	media := func(n byte) []byte {
		b := rtpOf(t, 1)
		b[3] = n
		return b
	}
	handshake := append([]byte{22, 254, 253}, make([]byte, 40)...)
	just := func(b []byte) func() []byte { return func() []byte { return b } }
	s := &script{steps: []func() []byte{just(media(1)), just(handshake), just(media(2)), func() []byte { g.open(); return media(3) }, just(media(4))}}
	conn := &gatedConn{PacketConn: s, gate: g}
	var b [1500]byte
	for i, want := range [][]byte{handshake, media(1), media(2), media(3), media(4)} {
		if n, _, err := conn.ReadFrom(b[:]); err != nil || !bytes.Equal(b[:n], want) {
			t.Fatalf("datagram %d is %x, %v, want %x", i, b[:n], err, want)
		}
	}
	g = newMediaGate(nil)
	s.steps = nil
	for range 3 * maxHeld {
		s.steps = append(s.steps, just(media(9)))
	}
	conn = &gatedConn{PacketConn: s, gate: g}
	if _, _, err := conn.ReadFrom(b[:]); err == nil || len(conn.held) != maxHeld {
		t.Errorf("%d datagrams are held, %v", len(conn.held), err)
	}
}
