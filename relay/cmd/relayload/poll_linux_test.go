package main

import (
	"net"
	"testing"
	"time"
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
