package peertest

import (
	"bufio"
	"encoding/binary"
	"io"
	"net"
	"net/netip"
	"slices"
)

// datagrams is a UDP socket whose other end is known late.
type datagrams struct {
	*net.UDPConn
	relay *net.UDPAddr
}

func newDatagrams() (*datagrams, error) {
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		return nil, err
	}
	_ = conn.SetReadBuffer(4 << 20)
	return &datagrams{UDPConn: conn}, nil
}

// Write implements net.Conn.
func (d *datagrams) Write(b []byte) (int, error) { return d.WriteToUDP(b, d.relay) }

// RemoteAddr implements net.Conn.
func (d *datagrams) RemoteAddr() net.Addr { return d.relay }

// framed carries datagrams over TCP (RFC 4571 section 2). Read and Write take one at a time.
type framed struct {
	net.Conn
	in *bufio.Reader
}

func dial(at netip.AddrPort) (*framed, error) {
	conn, err := net.Dial("tcp", at.String())
	if err != nil {
		return nil, err
	}
	return &framed{Conn: conn, in: bufio.NewReader(conn)}, nil
}

// Read implements net.Conn.
func (f *framed) Read(b []byte) (int, error) {
	var size [2]byte
	if _, err := io.ReadFull(f.in, size[:]); err != nil {
		return 0, err
	}
	return io.ReadFull(f.in, b[:binary.BigEndian.Uint16(size[:])])
}

// Write implements net.Conn.
func (f *framed) Write(b []byte) (int, error) {
	if _, err := f.Conn.Write(slices.Concat(binary.BigEndian.AppendUint16(nil, uint16(len(b))), b)); err != nil {
		return 0, err
	}
	return len(b), nil
}

// SetAnswer takes the relay's answer without connecting, for Request.
func (v *Viewer) SetAnswer(answer string) { v.answer = answer }
