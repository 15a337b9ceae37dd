package peer

import (
	"net"
	"slices"
	"sync/atomic"

	"github.com/pion/stun"

	"github.com/coopnet/coopnet/relay/internal/egress"
)

// reflexive has the answers to one presenter's checks say where the presenter is. pion writes them and knows a presenter
// behind a TCP connection by an address that is made up; the answer has to name the real one (RFC 8489 section 7.3.1).
type reflexive struct {
	socket   *egress.Socket
	password atomic.Pointer[string] // ours
}

// corrected returns the datagram, or what is to be sent in its place.
func (r *reflexive) corrected(datagram []byte, to net.Addr) []byte {
	at, isUDP := to.(*net.UDPAddr)
	if !isUDP || !isBindingSuccess(datagram) {
		return datagram
	}
	made, password := at.AddrPort(), r.password.Load()
	origin := r.socket.Origin(made)
	if origin == made || password == nil {
		return datagram
	}
	m := &stun.Message{Raw: slices.Clone(datagram)}
	if err := m.Decode(); err != nil {
		return datagram
	}
	answer, err := stun.Build(m, stun.BindingSuccess,
		&stun.XORMappedAddress{IP: net.IP(origin.Addr().AsSlice()), Port: int(origin.Port())},
		stun.NewShortTermIntegrity(*password), stun.Fingerprint)
	if err != nil {
		return datagram
	}
	return answer.Raw
}

// isBindingSuccess looks at the type (RFC 8489 section 5); nothing else that pion sends begins like that.
func isBindingSuccess(datagram []byte) bool {
	return len(datagram) > 1 && datagram[0] == 1 && datagram[1] == 1
}

// WriteTo implements net.PacketConn.
func (c *gatedConn) WriteTo(b []byte, to net.Addr) (int, error) {
	if _, err := c.PacketConn.WriteTo(c.answers.corrected(b, to), to); err != nil {
		return 0, err
	}
	return len(b), nil
}
