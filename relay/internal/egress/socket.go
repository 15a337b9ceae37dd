// Package egress owns the relay's media socket: one UDP port through which all media goes. It guards what comes in and
// batches what goes out (sendmmsg, and UDP segmentation offload where the kernel has it).
package egress

import (
	"errors"
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
	conn     *net.UDPConn
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
	local := conn.LocalAddr().(*net.UDPAddr).AddrPort()
	s := &Socket{conn: conn, local: local}
	if err := s.inspect(); err != nil {
		_ = conn.Close()
		return nil, fmt.Errorf("open media port: %w", err)
	}
	return s, nil
}

// Local is the bound address.
func (s *Socket) Local() netip.AddrPort { return s.local }

// Read blocks for the next datagram that passes the guard. It fails only when the socket is closed.
func (s *Socket) Read(b []byte) (int, netip.AddrPort, Kind, error) {
	for {
		n, from, err := s.conn.ReadFromUDPAddrPort(b)
		if err != nil {
			if errors.Is(err, net.ErrClosed) {
				return 0, netip.AddrPort{}, Refused, err
			}
			continue // an ICMP error of a viewer that has gone: the socket itself is well
		}
		s.Counters.PacketsIn.Add(1)
		s.Counters.BytesIn.Add(uint64(n))
		kind := Classify(b[:n])
		if kind == Refused {
			s.Counters.Refused.Add(1)
			continue
		}
		return n, netip.AddrPortFrom(from.Addr().Unmap(), from.Port()), kind, nil
	}
}

// Write sends one datagram at once: handshakes, checks and feedback, never media in bulk.
func (s *Socket) Write(b []byte, to netip.AddrPort) error {
	s.Counters.PacketsOut.Add(1)
	s.Counters.BytesOut.Add(uint64(len(b)))
	if _, err := s.conn.WriteToUDPAddrPort(b, to); err != nil {
		s.Counters.SendErrors.Add(1)
		return fmt.Errorf("write datagram: %w", err)
	}
	return nil
}

// Close closes the port; Read returns.
func (s *Socket) Close() error { return s.conn.Close() }
