//go:build !linux

package egress

import (
	"errors"
	"net"
	"net/netip"
)

// port is a UDP socket; here each datagram is a system call of its own.
type port struct {
	conn   *net.UDPConn
	buffer [MaxDatagram + 1]byte // one byte more, so that the guard sees what is too large
}

func newPort(conn *net.UDPConn) (*port, error) { return &port{conn: conn}, nil }

// inspect has nothing to find out.
func (p *port) inspect() (v6, segments bool, err error) { return false, false, nil }

// read returns the next datagram, which is good until the next call. It fails when the port is closed.
func (p *port) read() ([]byte, netip.AddrPort, error) {
	for {
		n, from, err := p.conn.ReadFromUDPAddrPort(p.buffer[:])
		if err == nil {
			return p.buffer[:n], netip.AddrPortFrom(from.Addr().Unmap(), from.Port()), nil
		}
		if errors.Is(err, net.ErrClosed) {
			return nil, netip.AddrPort{}, err
		}
		// An ICMP error of a viewer that has gone: the socket itself is well.
	}
}

func (p *port) write(b []byte, to *Destination) error {
	_, err := p.conn.WriteToUDPAddrPort(b, to.Address)
	return err
}

func (p *port) close() error { return p.conn.Close() }
