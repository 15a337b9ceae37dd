package egress

import "net/netip"

// Way is how datagrams reach somebody.
type Way string

// The ways.
const (
	UDP     Way = "udp"
	TCP     Way = "tcp" // ICE over TCP
	TurnUDP Way = "turn-udp"
	TurnTCP Way = "turn-tcp"
	TurnTLS Way = "turns"
)

// wayfarer is a route that knows which way it is, and where its client is.
type wayfarer interface {
	Way() (Way, netip.AddrPort)
}

// Way says how an address is reached, and where its client really is; "" for a route that is closed.
func (s *Socket) Way(address netip.AddrPort) (Way, netip.AddrPort) {
	if !Relayed(address.Addr()) {
		return UDP, address
	}
	if r, ok := s.routes.find(address).(wayfarer); ok {
		return r.Way()
	}
	return "", netip.AddrPort{}
}
