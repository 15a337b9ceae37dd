package turn

import (
	"net"
	"net/netip"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/stun"

	"github.com/coopnet/coopnet/relay/internal/egress"
)

const (
	// channelLifetime is pion's; both forget a channel at the same time (RFC 8656 section 12).
	channelLifetime = 10 * time.Minute
	inboxLength     = 128 // datagrams that wait for pion, a keyframe and more: Firefox binds no channel. More are dropped, as a full socket would
)

// allocation is a relayed address and the in-memory connection behind it. For pion it is the net.PacketConn of a relayed
// address, for the media port the route to a client. Datagrams in channels pass neither: they go straight through.
type allocation struct {
	front       *front
	client      netip.AddrPort
	address     net.Addr // client, as pion has it
	relayed     netip.AddrPort
	link        link
	username    string
	credential  string                       // who is counted
	transaction [stun.TransactionIDSize]byte // of the request that made it
	span

	// Which of the relay's addresses the client speaks to: answers must come from where its check went (RFC 8445
	// section 7.2.5.2.1), and the rest from where its other datagrams go.
	checked, used atomic.Int32

	channels
	inbox   chan indication
	done    chan struct{}
	closing sync.Once
}

// span is the time of an allocation, for the front's reader.
type span struct {
	since, ends time.Time
	due         atomic.Int64 // of its client's requests
}

// channels are an allocation's bindings.
type channels struct {
	binding  sync.Mutex
	bindings atomic.Pointer[[]binding] // copied on write
}

// binding is a channel to one of the relay's addresses.
type binding struct {
	channel uint16
	peer    int32
	expiry  *time.Timer
}

// indication is a datagram for a client without a channel.
type indication struct {
	datagram []byte
	peer     int32
}

const nobody = -1 // no datagram has come yet

func newAllocation(f *front, p *pending, now time.Time) *allocation {
	a := &allocation{
		front: f, client: p.from, address: p.address, link: f.carrier.link(p.from), username: p.username, credential: p.credential,
		transaction: p.transaction, inbox: make(chan indication, inboxLength), done: make(chan struct{}),
	}
	a.since, a.ends = now, time.Now().Add(p.lifetime)
	a.used.Store(nobody)
	a.bindings.Store(&[]binding{})
	return a
}

// bind opens a channel for its lifetime, or prolongs it. pion has checked that it is the only one to this peer.
func (a *allocation) bind(channel uint16, peer int32) {
	a.binding.Lock()
	defer a.binding.Unlock()
	select {
	case <-a.done:
		return
	default:
	}
	old := *a.bindings.Load()
	for _, b := range old {
		if b.channel == channel {
			b.expiry.Reset(channelLifetime)
			return
		}
	}
	list := make([]binding, len(old), len(old)+1)
	copy(list, old)
	list = append(list, binding{channel, peer, time.AfterFunc(channelLifetime, func() { a.unbind(channel) })})
	a.bindings.Store(&list)
}

func (a *allocation) unbind(channel uint16) {
	a.binding.Lock()
	defer a.binding.Unlock()
	var list []binding
	for _, b := range *a.bindings.Load() {
		if b.channel != channel {
			list = append(list, b)
		}
	}
	a.bindings.Store(&list)
}

// peerOf returns the peer behind a channel, or nobody.
func (a *allocation) peerOf(channel uint16) int32 {
	for _, b := range *a.bindings.Load() {
		if b.channel == channel {
			return b.peer
		}
	}
	return nobody
}

// channelTo returns the channel to a peer, or 0.
func (a *allocation) channelTo(peer int32) uint16 {
	for _, b := range *a.bindings.Load() {
		if b.peer == peer {
			return b.channel
		}
	}
	return 0
}

// deliver hands a client's datagram to the media port.
func (a *allocation) deliver(datagram []byte, peer int32) {
	if isSTUN(datagram) {
		a.checked.Store(peer)
	} else if a.used.Load() != peer {
		a.used.Store(peer)
	}
	s := a.front.server
	s.ToMedia.Add(1)
	s.BytesToMedia.Add(uint64(len(datagram)))
	s.cfg.Deliver(datagram, a.relayed)
}

func isSTUN(datagram []byte) bool { return len(datagram) > 0 && datagram[0] < 4 }

// source is the peer that a datagram to the client comes from.
func (a *allocation) source(datagram []byte) int32 {
	if peer := a.used.Load(); peer != nobody && !isSTUN(datagram) {
		return peer
	}
	return a.checked.Load()
}

// Send implements egress.Route.
func (a *allocation) Send(datagram []byte) {
	peer := a.source(datagram)
	if channel := a.channelTo(peer); channel != 0 {
		a.count(a.link.send(channel, datagram), len(datagram))
		return
	}
	a.indicate(datagram, peer)
}

// Collect implements egress.Route.
func (a *allocation) Collect(b *egress.Batch, datagram []byte) {
	peer := a.source(datagram)
	if channel := a.channelTo(peer); channel != 0 {
		a.count(a.link.collect(b, channel, datagram), len(datagram))
		return
	}
	a.indicate(datagram, peer)
}

// Way says how the client is reached. It has no Origin: its checks are answered with the relayed address.
func (a *allocation) Way() (egress.Way, netip.AddrPort) { return a.link.way(), a.client }

func (a *allocation) count(sent bool, size int) {
	c := &a.front.server.Counters
	if !sent {
		c.Overflowed.Add(1)
		return
	}
	c.ToClients.Add(1)
	c.BytesToClients.Add(uint64(size))
}

// indicate leaves a datagram to pion, which checks the permission and makes a Data indication.
func (a *allocation) indicate(datagram []byte, peer int32) {
	select {
	case <-a.done:
		return
	default:
	}
	select {
	case a.inbox <- indication{append([]byte(nil), datagram...), peer}:
		a.count(true, len(datagram))
	default:
		a.count(false, len(datagram))
	}
}

// ReadFrom implements net.PacketConn: what the media port sent, for pion.
func (a *allocation) ReadFrom(b []byte) (int, net.Addr, error) {
	select {
	case i := <-a.inbox:
		return copy(b, i.datagram), net.UDPAddrFromAddrPort(a.front.server.peers[i.peer]), nil
	case <-a.done:
		a.disown()
		return 0, nil, net.ErrClosed
	}
}

// WriteTo implements net.PacketConn: what a client sent in a Send indication. The peer was checked for its address when
// it got its permission; here the port counts as well, and nothing but the media port is ever reached.
func (a *allocation) WriteTo(datagram []byte, to net.Addr) (int, error) {
	peer := a.front.server.peer(addrPort(to))
	if peer == nobody {
		a.front.server.Forbidden.Add(1)
		return 0, os.ErrPermission
	}
	a.deliver(datagram, peer)
	return len(datagram), nil
}

// Close implements net.PacketConn; pion calls it when the allocation ends.
func (a *allocation) Close() error {
	a.closing.Do(func() {
		a.binding.Lock()
		close(a.done)
		for _, b := range *a.bindings.Load() {
			b.expiry.Stop()
		}
		a.bindings.Store(&[]binding{})
		a.binding.Unlock()
		a.front.release(a)
	})
	return nil
}

// disown makes the five-tuple that pion has kept name nobody. pion's reader of a closed allocation, which calls this,
// still deletes what the five-tuple names, and that may be the client's next allocation by then.
func (a *allocation) disown() {
	switch address := a.address.(type) {
	case *net.UDPAddr:
		address.Port = 0
	case *net.TCPAddr:
		address.Port = 0
	}
}

// LocalAddr implements net.PacketConn.
func (a *allocation) LocalAddr() net.Addr { return net.UDPAddrFromAddrPort(a.relayed) }

// SetDeadline implements net.PacketConn; pion never uses it.
func (a *allocation) SetDeadline(time.Time) error { return nil }

// SetReadDeadline implements net.PacketConn.
func (a *allocation) SetReadDeadline(time.Time) error { return nil }

// SetWriteDeadline implements net.PacketConn.
func (a *allocation) SetWriteDeadline(time.Time) error { return nil }
