package peer

import (
	"net"
	"sync/atomic"
	"time"

	"github.com/pion/dtls/v2"
	"github.com/pion/transport/v2/packetio"

	"github.com/coopnet/coopnet/relay/internal/egress"
)

const (
	maxLinkDatagrams  = 64
	maxHelloDatagrams = 16
)

// link is one viewer's DTLS datagrams as a net.Conn.
type link struct {
	*packetio.Buffer // what came in
	socket           *egress.Socket
	to               *atomic.Pointer[egress.Destination]
	peeked           [][]byte // read before the DTLS server was made
}

func newLink(socket *egress.Socket, to *atomic.Pointer[egress.Destination]) *link {
	l := &link{Buffer: packetio.NewBuffer(), socket: socket, to: to}
	l.Buffer.SetLimitCount(maxLinkDatagrams)
	return l
}

// profiles waits for the ClientHello and says which SRTP profiles to offer for it.
func (l *link) profiles() ([]dtls.SRTPProtectionProfile, error) {
	var h hello
	for range maxHelloDatagrams {
		b := make([]byte, egress.MaxDatagram)
		n, err := l.Buffer.Read(b)
		if err != nil {
			return nil, err
		}
		l.peeked = append(l.peeked, b[:n])
		if h.add(b[:n]) {
			break
		}
	}
	if h.missing == 0 && h.knowsGCM() {
		return []dtls.SRTPProtectionProfile{dtls.SRTP_AEAD_AES_128_GCM}, nil
	}
	return []dtls.SRTPProtectionProfile{dtls.SRTP_AES128_CM_HMAC_SHA1_80}, nil
}

// Read implements net.Conn; one goroutine reads.
func (l *link) Read(b []byte) (int, error) {
	if len(l.peeked) > 0 {
		n := copy(b, l.peeked[0])
		l.peeked = l.peeked[1:]
		return n, nil
	}
	return l.Buffer.Read(b)
}

// Write implements net.Conn.
func (l *link) Write(b []byte) (int, error) {
	to := l.to.Load()
	if to == nil {
		return 0, net.ErrClosed
	}
	if err := l.socket.Write(b, to.Address); err != nil {
		return 0, err
	}
	return len(b), nil
}

// LocalAddr implements net.Conn.
func (l *link) LocalAddr() net.Addr { return net.UDPAddrFromAddrPort(l.socket.Local()) }

// RemoteAddr implements net.Conn.
func (l *link) RemoteAddr() net.Addr {
	if to := l.to.Load(); to != nil {
		return net.UDPAddrFromAddrPort(to.Address)
	}
	return &net.UDPAddr{}
}

// SetDeadline implements net.Conn; writes never block.
func (l *link) SetDeadline(t time.Time) error { return l.Buffer.SetReadDeadline(t) }

// SetWriteDeadline implements net.Conn; writes never block.
func (l *link) SetWriteDeadline(time.Time) error { return nil }
