package icetcp

import "net/netip"

// Addresses are what sessions know the connections by.
func (s *Server) Addresses() []netip.AddrPort {
	s.mu.Lock()
	defer s.mu.Unlock()
	var list []netip.AddrPort
	for c := range s.open {
		list = append(list, c.at)
	}
	return list
}
