package peer

import (
	"io"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/coopnet/coopnet/relay/internal/egress"
)

// demux gives each datagram of the media port, of TURN and of TCP to whom it belongs: checks to the viewer that their
// username names, the rest by source address, and what belongs to no viewer to the presenters' sessions.
type demux struct {
	socket     *egress.Socket
	presenters map[bool]*pipe // by "is IPv6"

	// taking is held while a datagram is handled: the media port's reader and those of TURN and TCP take turns, so that
	// viewers see one reader. Nothing that is done with a datagram waits.
	taking sync.Mutex

	mu        sync.RWMutex
	byUfrag   map[string]*Viewer
	byAddr    map[netip.AddrPort]*Viewer
	presented map[string]presenting // by our ufrag
}

func newDemux(socket *egress.Socket, announce []netip.AddrPort) *demux {
	d := &demux{
		socket: socket, presenters: make(map[bool]*pipe),
		byUfrag: make(map[string]*Viewer), byAddr: make(map[netip.AddrPort]*Viewer), presented: make(map[string]presenting),
	}
	for _, a := range announce {
		if six := a.Addr().Is6(); d.presenters[six] == nil {
			d.presenters[six] = newPipe(socket, a)
		}
	}
	return d
}

// run reads until the socket is closed. Viewers' feedback is handled here, on this one goroutine.
func (d *demux) run() {
	for {
		b, from, kind, err := d.socket.Read()
		if err != nil {
			for _, p := range d.presenters {
				p.stop()
			}
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
		}
	} else if v := d.at(from); v != nil {
		v.receive(datagram, kind)
		return
	}
	if p := d.presenters[from.Addr().Is6()]; p != nil {
		p.deliver(datagram, from)
	}
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

// entry is what the demux knows of a viewer; its lock guards it.
type entry struct {
	ufrag string // "" once the viewer has ended
	at    netip.AddrPort
}

func (d *demux) register(v *Viewer, ufrag string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	v.entry.ufrag = ufrag
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

// claim makes the viewer's address this one if the check nominates it or the viewer has none yet. Only a verified check
// calls it, and moved says that it was elsewhere before. It is refused to a viewer that has ended, and where another one
// is: whoever forges a source address with credentials of their own must not cut off the viewer behind it. One that was
// not heard of for some time has to give way: NATs use ports again, and a forger must not keep one.
func (d *demux) claim(v *Viewer, to netip.AddrPort, nominated bool, now time.Time) (moved, ok bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	holder := d.byAddr[to]
	switch {
	case v.entry.ufrag == "" || holder != nil && holder != v && !holder.silent(now):
		return false, false
	case holder == v || v.entry.at.IsValid() && !nominated:
		return false, true
	}
	if holder != nil {
		holder.entry.at = netip.AddrPort{}
		holder.destination.Store(nil)
	}
	delete(d.byAddr, v.entry.at)
	d.byAddr[to], v.entry.at = v, to
	return true, true
}

// forget ends a viewer's part.
func (d *demux) forget(v *Viewer) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if v.entry.ufrag == "" {
		return
	}
	delete(d.byUfrag, v.entry.ufrag)
	delete(d.byAddr, v.entry.at)
	v.entry = entry{}
}

const pipeLength = 1024 // datagrams of presenters that may wait; more are dropped, as a full socket would

// pipe is the presenters' part of the media port as a net.PacketConn for pion's ICE.
type pipe struct {
	socket *egress.Socket
	local  net.UDPAddr
	queue  chan inbound
	free   sync.Pool
	done   chan struct{}
	once   sync.Once
}

type inbound struct {
	buffer *[egress.MaxDatagram]byte
	size   int
	from   netip.AddrPort
}

func newPipe(socket *egress.Socket, local netip.AddrPort) *pipe {
	return &pipe{
		socket: socket, local: *net.UDPAddrFromAddrPort(local), queue: make(chan inbound, pipeLength), done: make(chan struct{}),
		free: sync.Pool{New: func() any { return new([egress.MaxDatagram]byte) }},
	}
}

func (p *pipe) deliver(datagram []byte, from netip.AddrPort) {
	buffer := p.free.Get().(*[egress.MaxDatagram]byte)
	item := inbound{buffer: buffer, size: copy(buffer[:], datagram), from: from}
	select {
	case p.queue <- item:
	default:
		p.free.Put(buffer)
	}
}

// ReadFrom implements net.PacketConn.
func (p *pipe) ReadFrom(b []byte) (int, net.Addr, error) {
	select {
	case item := <-p.queue:
		n := copy(b, item.buffer[:item.size])
		p.free.Put(item.buffer)
		return n, net.UDPAddrFromAddrPort(item.from), nil
	case <-p.done:
		return 0, nil, io.EOF
	}
}

// WriteTo implements net.PacketConn.
func (p *pipe) WriteTo(b []byte, to net.Addr) (int, error) {
	addr, ok := to.(*net.UDPAddr)
	if !ok {
		return 0, net.InvalidAddrError("not a UDP address")
	}
	if err := p.socket.Write(b, addr.AddrPort()); err != nil {
		return 0, err
	}
	return len(b), nil
}

func (p *pipe) stop() { p.once.Do(func() { close(p.done) }) }

// Close implements net.PacketConn; the socket belongs to the relay.
func (p *pipe) Close() error { p.stop(); return nil }

// LocalAddr implements net.PacketConn.
func (p *pipe) LocalAddr() net.Addr { return &p.local }

// SetDeadline implements net.PacketConn; pion's mux never uses it.
func (p *pipe) SetDeadline(time.Time) error { return nil }

// SetReadDeadline implements net.PacketConn.
func (p *pipe) SetReadDeadline(time.Time) error { return nil }

// SetWriteDeadline implements net.PacketConn.
func (p *pipe) SetWriteDeadline(time.Time) error { return nil }
