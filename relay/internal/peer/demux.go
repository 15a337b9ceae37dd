package peer

import (
	"net/netip"
	"sync"
	"time"

	"github.com/coopnet/coopnet/relay/internal/egress"
)

// demux gives each datagram of the media port, of TURN and of TCP to whom it belongs: checks to the viewer or presenter
// that their username names, the rest by source address.
type demux struct {
	socket *egress.Socket
	now    func() time.Time

	// taking is held while a datagram is handled: the media port's reader and those of TURN and TCP take turns, so that
	// viewers see one reader. Nothing that is done with a datagram waits.
	taking sync.Mutex

	mu        sync.RWMutex
	byUfrag   map[string]*Viewer
	byAddr    map[netip.AddrPort]*Viewer
	presented map[string]presenting // by our ufrag
	presenterPort
}

func newDemux(socket *egress.Socket, announce []netip.AddrPort, now func() time.Time) *demux {
	return &demux{
		socket: socket, now: now,
		byUfrag: make(map[string]*Viewer), byAddr: make(map[netip.AddrPort]*Viewer), presented: make(map[string]presenting),
		presenterPort: newPresenterPort(announce),
	}
}

// run reads until the socket is closed. Viewers' feedback is handled here, on this one goroutine.
func (d *demux) run() {
	for {
		b, from, kind, err := d.socket.Read()
		if err != nil {
			_ = d.Close()
			return
		}
		d.dispatch(b, from, kind)
	}
}

func (d *demux) dispatch(datagram []byte, from netip.AddrPort, kind egress.Kind) {
	d.taking.Lock()
	defer d.taking.Unlock()
	if kind == egress.STUN {
		if c, ok := parseCheck(datagram); ok {
			if v := d.viewer(c.ufrag); v != nil {
				v.check(c, from)
				return
			}
			d.queueCheck(datagram, from, c.ufrag)
			return
		}
	} else if v := d.at(from); v != nil {
		v.receive(datagram, kind, from)
		return
	}
	d.queueOther(datagram, from) // pion checks back, and so answers may be for a presenter
}

// deliver takes a datagram that did not come through the socket, but passes the same guard.
func (d *demux) deliver(datagram []byte, from netip.AddrPort) {
	c := &d.socket.Counters
	c.PacketsIn.Add(1)
	c.BytesIn.Add(uint64(len(datagram)))
	kind := egress.Classify(datagram)
	if kind == egress.Refused {
		c.Refused.Add(1)
		return
	}
	d.dispatch(datagram, from, kind)
}

func (d *demux) viewer(ufrag string) *Viewer {
	d.mu.RLock()
	defer d.mu.RUnlock()
	return d.byUfrag[ufrag]
}

func (d *demux) at(from netip.AddrPort) *Viewer {
	d.mu.RLock()
	defer d.mu.RUnlock()
	return d.byAddr[from]
}

// maxPlaces is how many addresses a viewer is known at: a browser checks from each of its own, over TCP once for each of
// the relay's.
const maxPlaces = 32

// entry is what the demux knows of a viewer; its lock guards it.
type entry struct {
	ufrag   string // "" once the viewer has ended
	at      netip.AddrPort
	checked map[netip.AddrPort]time.Time // when the latest verified check came from each of its addresses
}

func (d *demux) register(v *Viewer, ufrag string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	v.entry = entry{ufrag: ufrag, checked: make(map[netip.AddrPort]time.Time)}
	d.byUfrag[ufrag] = v
}

// rename gives the viewer another ufrag; false when it has ended.
func (d *demux) rename(v *Viewer, ufrag string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if v.entry.ufrag == "" {
		return false
	}
	delete(d.byUfrag, v.entry.ufrag)
	v.entry.ufrag = ufrag
	d.byUfrag[ufrag] = v
	return true
}

// claim makes the viewer known at this address, and media go there if the check nominates it or the viewer consents to none.
// Only a verified check calls it, and moved says that media went elsewhere before. It is refused to a viewer that has
// ended, and where somebody else is: whoever forges a source address with credentials of their own must not cut off the
// viewer behind it. One that was not heard of there for some time has to give way: NATs use ports again, and a forger must
// not keep one.
func (d *demux) claim(v *Viewer, to netip.AddrPort, nominated bool, now time.Time) (moved, ok bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	known := d.byAddr[to] == v
	if v.entry.ufrag == "" || !known && d.views(to, now) || d.presents(to, now) {
		return false, false
	}
	if !known {
		d.vacate(to)
		d.crowded(v)
		d.byAddr[to] = v
	}
	v.entry.checked[to] = now
	// RFC 7675 section 5.1: consent is for the address that was checked, and expires.
	consents := now.Sub(v.entry.checked[v.entry.at]) < consentTimeout
	if v.entry.at == to || consents && !nominated {
		return false, true
	}
	v.entry.at = to
	return true, true
}

// views reports whether a viewer was checked at an address lately. The caller holds the lock.
func (d *demux) views(at netip.AddrPort, now time.Time) bool {
	v := d.byAddr[at]
	return v != nil && now.Sub(v.entry.checked[at]) < silence
}

// crowded forgets where the viewer was checked longest ago, when it is known at too many addresses. The caller holds the
// lock.
func (d *demux) crowded(v *Viewer) {
	if len(v.entry.checked) < maxPlaces {
		return
	}
	var oldest netip.AddrPort
	for at, checked := range v.entry.checked {
		if at != v.entry.at && (!oldest.IsValid() || checked.Before(v.entry.checked[oldest])) {
			oldest = at
		}
	}
	delete(v.entry.checked, oldest)
	delete(d.byAddr, oldest)
}

// settle makes media go to another address of the viewer's. It is refused where the viewer was not checked lately: somebody
// else may be there by now.
func (d *demux) settle(v *Viewer, to netip.AddrPort, now time.Time) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.byAddr[to] != v || v.entry.at == to || !d.views(to, now) {
		return false
	}
	v.entry.at = to
	return true
}

// forget ends a viewer's part.
func (d *demux) forget(v *Viewer) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if v.entry.ufrag == "" {
		return
	}
	delete(d.byUfrag, v.entry.ufrag)
	for at := range v.entry.checked {
		delete(d.byAddr, at)
	}
	v.entry = entry{}
}
