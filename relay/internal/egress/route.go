package egress

import (
	"encoding/binary"
	"net/netip"
	"sync"
)

// Route carries datagrams to an address that no kernel knows: the relayed address of a TURN allocation, or what a
// connection of ICE over TCP has for one. Datagrams belong to the caller again when a method returns. Loss is the
// route's to count.
type Route interface {
	// Send takes one datagram at once.
	Send(datagram []byte)
	// Collect takes one datagram of a batch. It may leave it to b.Via, or what is to be done at the end to b.Later.
	Collect(b *Batch, datagram []byte)
}

// Flusher ends what a route began in a batch.
type Flusher interface{ Flush() }

// Nobody has the addresses that routes are for: a datagram that says so is forged, and the kernel never gets one to send.
const (
	relayedBlock  = 240                 // first byte; 240.0.0.0/4 is reserved (RFC 1112 section 4)
	relayedBlock6 = uint64(0x100) << 48 // first half; 100::/64 is for discarding only (RFC 6666)
)

// RelayedAddress makes the address of a route from 24 bits.
func RelayedAddress(bits uint32) netip.Addr {
	return netip.AddrFrom4([4]byte{relayedBlock, byte(bits >> 16), byte(bits >> 8), byte(bits)})
}

// RelayedAddress6 makes one for a client of IPv6.
func RelayedAddress6(bits uint64) netip.Addr {
	var b [16]byte
	binary.BigEndian.PutUint64(b[:], relayedBlock6)
	binary.BigEndian.PutUint64(b[8:], bits)
	return netip.AddrFrom16(b)
}

// Relayed reports whether an address is a route's and not the network's, also when IPv4 is written as IPv6.
func Relayed(a netip.Addr) bool {
	if a.Is4() || a.Is4In6() {
		return a.As4()[0] == relayedBlock
	}
	b := a.As16()
	return binary.BigEndian.Uint64(b[:]) == relayedBlock6
}

// routes are the open ones by their address.
type routes struct {
	mu        sync.RWMutex
	byAddress map[netip.AddrPort]Route
}

// find returns the route to address, or one that loses everything when there is none.
func (r *routes) find(address netip.AddrPort) Route {
	r.mu.RLock()
	defer r.mu.RUnlock()
	if route, ok := r.byAddress[netip.AddrPortFrom(address.Addr().Unmap(), address.Port())]; ok {
		return route
	}
	return nowhere{}
}

type nowhere struct{}

func (nowhere) Send([]byte)            {}
func (nowhere) Collect(*Batch, []byte) {}

// Join opens the way to a relayed address. It reports false when the address is taken.
func (s *Socket) Join(address netip.AddrPort, r Route) bool {
	s.routes.mu.Lock()
	defer s.routes.mu.Unlock()
	if _, taken := s.routes.byAddress[address]; taken {
		return false
	}
	if s.routes.byAddress == nil {
		s.routes.byAddress = make(map[netip.AddrPort]Route)
	}
	s.routes.byAddress[address] = r
	return true
}

// Leave closes the way to a relayed address.
func (s *Socket) Leave(address netip.AddrPort) {
	s.routes.mu.Lock()
	defer s.routes.mu.Unlock()
	delete(s.routes.byAddress, address)
}

// Origin is where whoever has this address really is: another address only behind a route that knows it.
func (s *Socket) Origin(address netip.AddrPort) netip.AddrPort {
	if Relayed(address.Addr()) {
		if r, ok := s.routes.find(address).(interface{ Origin() netip.AddrPort }); ok {
			return r.Origin()
		}
	}
	return address
}

const maxLater = 64 // routes that wait for the end of a batch; one more ends them all early

// routed is the part of a batch that does not go out by the batch's own socket.
type routed struct {
	via   []*Batch // made when first needed: one for each port of TURN
	later []Flusher
}

// Via returns a batch of another socket that is flushed with this one.
func (r *routed) Via(s *Socket) *Batch {
	for _, b := range r.via {
		if b.socket == s {
			return b
		}
	}
	b := s.NewBatch()
	r.via = append(r.via, b)
	return b
}

// Later has f flushed with the batch. A burst goes route by route, so that the last one is the one to look for.
func (r *routed) Later(f Flusher) {
	if n := len(r.later); n > 0 && r.later[n-1] == f {
		return
	}
	if len(r.later) == maxLater {
		r.flush()
	}
	r.later = append(r.later, f)
}

func (r *routed) flush() {
	for _, b := range r.via {
		b.Flush()
	}
	for i, f := range r.later {
		f.Flush()
		r.later[i] = nil
	}
	r.later = r.later[:0]
}
