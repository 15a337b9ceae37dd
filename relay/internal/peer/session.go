package peer

import "github.com/coopnet/coopnet/relay/internal/egress"

// Session says whether the first datagram of a connection is a connectivity check of a live session's other side, by name
// and password. Over is closed once that session has ended and said goodbye.
func (p *Peers) Session(datagram []byte) (over <-chan struct{}, ok bool) {
	if egress.Classify(datagram) != egress.STUN {
		return nil, false
	}
	c, ok := parseCheck(datagram)
	if !ok {
		return nil, false
	}
	if v := p.demux.viewer(c.ufrag); v != nil {
		v.ice.Lock()
		password := v.ice.local.password
		v.ice.Unlock()
		return v.over, c.knows(password)
	}
	if s, ok := p.demux.presenter(c.ufrag); ok {
		return s.over, c.knows(s.password)
	}
	return nil, false
}

// presenting is what the demux knows of a presenter's session; pion knows the rest.
type presenting struct {
	password string
	over     <-chan struct{}
}

func (d *demux) presenter(ufrag string) (presenting, bool) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	s, ok := d.presented[ufrag]
	return s, ok
}

// present makes a presenter's session known by our credentials in it, and no longer by those of before. One that has
// ended becomes unknown.
func (d *demux) present(s *Presenter, local credentials) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.presented, s.ufrag)
	if !s.ended() {
		s.ufrag = local.ufrag
		d.presented[s.ufrag] = presenting{password: local.password, over: s.over}
	}
}
