// Package egress owns the relay's media socket: one UDP port through which all media goes. It guards what comes in and
// batches what goes out (sendmmsg, and UDP segmentation offload where the kernel has it).
package egress

import (
	"fmt"
	"net"
	"net/netip"
	"sync/atomic"
)

const (
	// MaxDatagram is the largest datagram in bytes that is read or written.
	MaxDatagram = 1500
	// bufferSize is asked of the kernel for both directions: 200 viewers times a large keyframe fit.
	bufferSize = 8 << 20
)

// Counters count what passed the socket. All grow only.
type Counters struct {
	PacketsIn, BytesIn   atomic.Uint64
	PacketsOut, BytesOut atomic.Uint64
	Refused              atomic.Uint64 // datagrams that the guard dropped
	SendErrors           atomic.Uint64 // datagrams that the kernel did not take
	SendCalls            atomic.Uint64 // system calls for batches
}

// Socket is the media port.
type Socket struct {
	port     *port
	local    netip.AddrPort
	v6       bool // the socket's address family is AF_INET6
	segments bool // the kernel has segmentation offload
	Counters Counters
}

// Listen opens the media port, for example ":7882".
func Listen(address string) (*Socket, error) {
	resolved, err := net.ResolveUDPAddr("udp", address)
	if err != nil {
		return nil, fmt.Errorf("resolve media address %q: %w", address, err)
	}
	conn, err := net.ListenUDP("udp", resolved)
	if err != nil {
		return nil, fmt.Errorf("open media port: %w", err)
	}
	// The kernel may grant less than asked; the batch waits when it is full.
	_ = conn.SetReadBuffer(bufferSize)
	_ = conn.SetWriteBuffer(bufferSize)
	s := &Socket{local: conn.LocalAddr().(*net.UDPAddr).AddrPort()}
	if s.port, err = newPort(conn); err != nil {
		return nil, fmt.Errorf("open media port: %w", err)
	}
	if s.v6, s.segments, err = s.port.inspect(); err != nil {
		_ = s.port.close()
		return nil, fmt.Errorf("open media port: %w", err)
	}
	return s, nil
}

// Local is the bound address.
func (s *Socket) Local() netip.AddrPort { return s.local }

// Read blocks for the next datagram that passes the guard; it is good until the next call. One goroutine reads. An error
// means that the socket is closed.
func (s *Socket) Read() ([]byte, netip.AddrPort, Kind, error) {
	for {
		b, from, err := s.port.read()
		if err != nil {
			return nil, netip.AddrPort{}, Refused, err
		}
		s.Counters.PacketsIn.Add(1)
		s.Counters.BytesIn.Add(uint64(len(b)))
		kind := Classify(b)
		if kind == Refused {
			s.Counters.Refused.Add(1)
			continue
		}
		return b, from, kind, nil
	}
}

// Write sends one datagram at once: handshakes, checks and feedback, never media in bulk.
func (s *Socket) Write(b []byte, to netip.AddrPort) error {
	var d Destination
	s.set(&d, to)
	s.Counters.PacketsOut.Add(1)
	s.Counters.BytesOut.Add(uint64(len(b)))
	if err := s.port.write(b, &d); err != nil {
		s.Counters.SendErrors.Add(1)
		return fmt.Errorf("write datagram: %w", err)
	}
	return nil
}

// Destination prepares an address for batches.
func (s *Socket) Destination(to netip.AddrPort) *Destination {
	d := &Destination{}
	s.set(d, to)
	return d
}

// Close closes the port; Read returns, and what is sent from now on is lost.
func (s *Socket) Close() error { return s.port.close() }
