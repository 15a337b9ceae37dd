package peer

import (
	"io"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/coopnet/coopnet/relay/internal/egress"
)

const (
	// queueLength is how many datagrams may wait for a presenter's session: a large keyframe. More are dropped, as a full
	// socket would.
	queueLength = 512
	// maxAddresses is from how many addresses a presenter's session is checked: pion keeps a candidate for each, and goes
	// through all of them with each check. An ICE restart begins to count again.
	maxAddresses = 64
)

// presenterPort is the presenters' part of the media port; the demux's lock guards the maps. As an ice.UDPMux it stands in place of
// pion's, whose connections keep what comes faster than their session reads in a list without an end, and which gives an
// address to whoever is checked from there.
type presenterPort struct {
	locals      []net.Addr // one for each address family
	free        *sync.Pool // of buffers
	conns       map[connKey]*presenterConn
	byPresenter map[netip.AddrPort]*claimed
	shut        bool
}

// connKey names the connection of a presenter's candidate: a session has one for each address family.
type connKey struct {
	ufrag string
	six   bool
}

// claimed is an address from which a presenter was checked.
type claimed struct {
	by *presenterConn
	at time.Time // of the latest check that was answered
}

func newPresenterPort(announce []netip.AddrPort) presenterPort {
	p := presenterPort{
		free:  &sync.Pool{New: func() any { return new([egress.MaxDatagram]byte) }},
		conns: make(map[connKey]*presenterConn), byPresenter: make(map[netip.AddrPort]*claimed),
	}
	families := make(map[bool]bool)
	for _, a := range announce {
		if six := a.Addr().Is6(); !families[six] {
			families[six] = true
			p.locals = append(p.locals, net.UDPAddrFromAddrPort(a))
		}
	}
	return p
}

// queueCheck queues a check for the presenter that it names.
func (d *demux) queueCheck(datagram []byte, from netip.AddrPort, ufrag string) {
	d.mu.RLock()
	c, known := d.conns[connKey{ufrag, from.Addr().Is6()}], d.byPresenter[from]
	tooMany := c != nil && len(c.addresses) >= maxAddresses && (known == nil || known.by != c)
	d.mu.RUnlock()
	if c != nil && !tooMany {
		c.push(datagram, from)
	}
}

// queueOther queues what is not a check for the presenter that was checked at this address.
func (d *demux) queueOther(datagram []byte, from netip.AddrPort) {
	d.mu.RLock()
	known := d.byPresenter[from]
	d.mu.RUnlock()
	if known != nil {
		known.by.push(datagram, from)
	}
}

// presents reports whether a presenter was heard at an address lately. The caller holds the lock.
func (d *demux) presents(at netip.AddrPort, now time.Time) bool {
	known := d.byPresenter[at]
	return known != nil && now.Sub(known.at) < silence
}

// checked gives a presenter the address from which a check of its own came, unless somebody else is there: see claim.
func (d *demux) checked(c *presenterConn, from netip.AddrPort, now time.Time) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	known := d.byPresenter[from]
	switch {
	case c.addresses == nil: // it has ended
		return false
	case known != nil && known.by == c:
		known.at = now
		return true
	case d.presents(from, now) || d.views(from, now) || len(c.addresses) >= maxAddresses:
		return false
	}
	d.vacate(from)
	d.byPresenter[from] = &claimed{by: c, at: now}
	c.addresses[from] = struct{}{}
	return true
}

// vacate takes an address from who fell silent there. The caller holds the lock.
func (d *demux) vacate(at netip.AddrPort) {
	if v := d.byAddr[at]; v != nil {
		if v.entry.at == at {
			v.entry.at = netip.AddrPort{}
			v.destination.Store(nil)
		}
		delete(v.entry.checked, at)
		delete(d.byAddr, at)
	}
	if known := d.byPresenter[at]; known != nil {
		delete(known.by.addresses, at)
		delete(d.byPresenter, at)
	}
}

// GetConn implements ice.UDPMux.
func (d *demux) GetConn(ufrag string, local net.Addr) (net.PacketConn, error) {
	at, ok := local.(*net.UDPAddr)
	if !ok {
		return nil, net.InvalidAddrError("not a UDP address")
	}
	key := connKey{ufrag, at.IP.To4() == nil}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.shut {
		return nil, io.ErrClosedPipe
	}
	if c := d.conns[key]; c != nil {
		return c, nil
	}
	c := &presenterConn{
		demux: d, local: at, key: key, queue: make(chan inbound, queueLength), ended: make(chan struct{}), addresses: make(map[netip.AddrPort]struct{}),
	}
	d.conns[key] = c
	return c, nil
}

// RemoveConnByUfrag implements ice.UDPMux: an ICE restart, or the session's end.
func (d *demux) RemoveConnByUfrag(ufrag string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, six := range []bool{false, true} {
		if c := d.conns[connKey{ufrag, six}]; c != nil {
			d.remove(c)
		}
	}
}

// remove ends a connection. The caller holds the lock.
func (d *demux) remove(c *presenterConn) {
	if d.conns[c.key] == c {
		delete(d.conns, c.key)
	}
	for at := range c.addresses {
		delete(d.byPresenter, at)
	}
	c.addresses = nil
	c.once.Do(func() { close(c.ended) })
}

// GetListenAddresses implements ice.UDPMux.
func (d *demux) GetListenAddresses() []net.Addr { return d.locals }

// Close implements ice.UDPMux: the end of all connections. The socket belongs to the relay.
func (d *demux) Close() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.shut = true
	for _, c := range d.conns {
		d.remove(c)
	}
	return nil
}

// inbound is a datagram that waits.
type inbound struct {
	buffer *[egress.MaxDatagram]byte
	size   int
	from   netip.AddrPort
}

// presenterConn is the media port as one presenter's ICE sees it.
type presenterConn struct {
	demux     *demux
	local     *net.UDPAddr
	key       connKey
	queue     chan inbound
	ended     chan struct{}
	once      sync.Once
	addresses map[netip.AddrPort]struct{} // under the demux's lock; nil once it has ended
}

func (c *presenterConn) push(datagram []byte, from netip.AddrPort) {
	buffer := c.demux.free.Get().(*[egress.MaxDatagram]byte)
	select {
	case c.queue <- inbound{buffer: buffer, size: copy(buffer[:], datagram), from: from}:
	default:
		c.demux.free.Put(buffer)
	}
}

// ReadFrom implements net.PacketConn.
func (c *presenterConn) ReadFrom(b []byte) (int, net.Addr, error) {
	select {
	case next := <-c.queue:
		n := copy(b, next.buffer[:next.size])
		c.demux.free.Put(next.buffer)
		return n, net.UDPAddrFromAddrPort(next.from), nil
	case <-c.ended:
		return 0, nil, io.EOF
	}
}

// WriteTo implements net.PacketConn. pion answers a check only when its sender knows the password; no answer goes where
// somebody else is.
func (c *presenterConn) WriteTo(b []byte, to net.Addr) (int, error) {
	addr, ok := to.(*net.UDPAddr)
	if !ok {
		return 0, net.InvalidAddrError("not a UDP address")
	}
	at := addrPort(addr)
	if egress.Classify(b) == egress.STUN && !c.demux.checked(c, at, c.demux.now()) {
		return len(b), nil // lost, as on a network
	}
	if err := c.demux.socket.Write(b, at); err != nil {
		return 0, err
	}
	return len(b), nil
}

func addrPort(a *net.UDPAddr) netip.AddrPort {
	p := a.AddrPort()
	return netip.AddrPortFrom(p.Addr().Unmap(), p.Port())
}

// Close implements net.PacketConn.
func (c *presenterConn) Close() error {
	c.demux.mu.Lock()
	defer c.demux.mu.Unlock()
	c.demux.remove(c)
	return nil
}

// LocalAddr implements net.PacketConn.
func (c *presenterConn) LocalAddr() net.Addr { return c.local }

// SetDeadline implements net.PacketConn; pion sets one only to close.
func (c *presenterConn) SetDeadline(time.Time) error { return nil }

// SetReadDeadline implements net.PacketConn.
func (c *presenterConn) SetReadDeadline(time.Time) error { return nil }

// SetWriteDeadline implements net.PacketConn.
func (c *presenterConn) SetWriteDeadline(time.Time) error { return nil }
