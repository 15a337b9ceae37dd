package main

import (
	"net"
	"net/netip"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// The kernel gives the number of a closed socket to the next one, which must not speak with the former one's voice.
func TestAClosedSocketIsSilent(t *testing.T) {
	p, err := newPoll(time.Now())
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	to := listener.LocalAddr().(*net.UDPAddr).AddrPort()
	closed, err := p.open()
	if err != nil {
		t.Fatal(err)
	}
	closed.close()
	closed.close() // again is fine
	open, err := p.open()
	if err != nil {
		t.Fatal(err)
	}
	defer open.close()
	closed.write([]byte("late"), to)
	open.write([]byte("in time"), to)
	_ = listener.SetReadDeadline(time.Now().Add(startLimit))
	var b [maxDatagram]byte
	n, err := listener.Read(b[:])
	if err != nil || string(b[:n]) != "in time" {
		t.Errorf("%q came, %v", b[:n], err)
	}
	if closed.dropped() != 0 {
		t.Error("a closed socket has losses")
	}
}

// heard is a receiver that remembers when datagrams came.
type heard struct{ at []time.Duration }

func (h *heard) receive(_ []byte, _ netip.AddrPort, at time.Duration) { h.at = append(h.at, at) }
func (h *heard) tick(time.Duration)                                   {}

// A relay is not to blame for the time in which nobody looked at the socket.
func TestArrivalsAreTheKernels(t *testing.T) {
	p, err := newPoll(time.Now())
	if err != nil {
		t.Fatal(err)
	}
	s, err := p.open()
	if err != nil {
		t.Fatal(err)
	}
	defer s.close()
	var h heard
	if err := s.attach(&h); err != nil {
		t.Fatal(err)
	}
	itself := netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), s.port)
	const unseen = 50 * time.Millisecond
	for limit := time.Now().Add(startLimit); time.Now().Before(limit); { // the kernel begins to take the time a little after it is asked to
		h.at = nil
		s.write([]byte("to itself"), itself)
		sent := p.now()
		time.Sleep(unseen)
		var events [1]unix.EpollEvent
		p.round(events[:], false)
		if len(h.at) == 1 && h.at[0] < sent+unseen/2 {
			return
		}
	}
	t.Errorf("what came unseen came at %v", h.at)
}

// echo is a receiver whose socket always has something to read.
type echo struct {
	socket *socket
	ticked bool
}

func (e *echo) receive(b []byte, from netip.AddrPort, _ time.Duration) { e.socket.write(b, from) }
func (e *echo) tick(time.Duration)                                     { e.ticked = true }

// Where more comes than is read, viewers must still speak: the relay would take them for gone.
func TestALoadThatIsTooHighStopsNoTicks(t *testing.T) {
	p, err := newPoll(time.Now())
	if err != nil {
		t.Fatal(err)
	}
	e := &echo{}
	if e.socket, err = p.open(); err != nil {
		t.Fatal(err)
	}
	if err := e.socket.attach(e); err != nil {
		t.Fatal(err)
	}
	e.socket.write([]byte("for ever"), netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), e.socket.port))
	done := make(chan struct{})
	go func() {
		defer close(done)
		var events [1]unix.EpollEvent
		p.round(events[:], true)
	}()
	select {
	case <-done:
	case <-time.After(startLimit):
		t.Fatal("one turn never ends")
	}
	if !e.ticked {
		t.Error("no tick")
	}
	e.socket.close()
}
