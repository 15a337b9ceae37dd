package peer

import (
	"net/netip"

	"github.com/coopnet/coopnet/relay/internal/egress"
)

// Way says how packets reach the viewer, and where it is; "" while that is not known.
func (v *Viewer) Way() (egress.Way, netip.Addr) {
	to := v.destination.Load()
	if to == nil {
		return "", netip.Addr{}
	}
	way, at := v.peers.socket.Way(to.Address)
	return way, at.Addr()
}

// Way says how packets come from the presenter, and where it is; "" while that is not known.
func (s *Presenter) Way() (egress.Way, netip.Addr) {
	for _, t := range s.pc.GetTransceivers() {
		receiver := t.Receiver()
		if receiver == nil || receiver.Transport() == nil {
			continue
		}
		pair, err := receiver.Transport().ICETransport().GetSelectedCandidatePair()
		if err != nil || pair == nil || pair.Remote == nil {
			continue
		}
		address, err := netip.ParseAddr(pair.Remote.Address)
		if err != nil {
			continue
		}
		way, at := s.peers.socket.Way(netip.AddrPortFrom(address.Unmap(), pair.Remote.Port))
		return way, at.Addr()
	}
	return "", netip.Addr{}
}

// NACKs counts the packets that the presenter was asked for again.
func (s *Presenter) NACKs() uint64 { return s.nacks.Load() }
