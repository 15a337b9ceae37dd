package icetcp

import (
	"crypto/rand"
	"encoding/binary"
	"errors"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/coopnet/coopnet/relay/internal/egress"
	"github.com/coopnet/coopnet/relay/internal/outbox"
)

// connection is one client's. For the media port it is the route to an address.
type connection struct {
	server *Server
	conn   net.Conn
	client netip.AddrPort // where it is
	at     netip.AddrPort // what sessions know it by
	in     frames
	out    *outbox.Outbox
}

var _ egress.Route = (*connection)(nil)

func newConnection(s *Server, conn net.Conn, client netip.AddrPort) *connection {
	return &connection{server: s, conn: conn, client: client, in: newFrames(conn), out: outbox.New(conn, &s.Dropped)}
}

// begin waits for the first datagram, which must be a check for a session (RFC 6544 section 7). It
// returns that session's end, or nil.
func (c *connection) begin() (over <-chan struct{}, first []byte) {
	if c.wait(c.server.cfg.Limits.FirstFrame) != nil {
		return nil, nil
	}
	first, err := c.in.next()
	if err == nil {
		var ok bool
		if over, ok = c.server.cfg.Sessions.Session(first); ok {
			return over, first
		}
	}
	if err == nil || errors.Is(err, errFrame) {
		c.server.Unfit.Add(1)
	}
	return nil, nil
}

// attend serves the session until its end or the connection's.
func (c *connection) attend(over <-chan struct{}, first []byte) {
	s := c.server
	if !s.held.bySession.Take(over) {
		s.Turned.Add(1)
		return
	}
	defer s.held.bySession.Give(over)
	if !c.join() {
		return
	}
	defer s.cfg.Socket.Leave(c.at)
	var running sync.WaitGroup
	written := make(chan struct{})
	running.Go(func() {
		defer close(written)
		c.out.Run()
		_ = c.conn.Close() // ends the reader
	})
	running.Go(func() { // neither reader nor writer looks up before the client does something
		select {
		case <-over:
			c.out.Close()
		case <-written:
		}
	})
	if err := c.read(first); errors.Is(err, errFrame) {
		s.Unfit.Add(1)
		_ = c.conn.Close() // no last words
	}
	c.out.Close()
	running.Wait()
}

// read delivers until the connection ends, one way or the other.
func (c *connection) read(datagram []byte) error {
	for {
		c.server.Received.Add(1)
		c.server.cfg.Sessions.Deliver(datagram, c.at)
		if c.in.waits() {
			if err := c.wait(c.server.cfg.Limits.Idle); err != nil {
				return err
			}
		}
		var err error
		if datagram, err = c.in.next(); err != nil {
			return err
		}
	}
}

// wait sets until when the next datagram must have come, whole. It fails when the server ends; interrupt sets its own
// limit before or after, hence the order.
func (c *connection) wait(d time.Duration) error {
	if err := c.conn.SetReadDeadline(time.Now().Add(d)); err != nil {
		return err
	}
	select {
	case <-c.server.done:
		return net.ErrClosed
	default:
		return nil
	}
}

// interrupt ends the reader, once the server's done is closed.
func (c *connection) interrupt() { _ = c.conn.SetReadDeadline(time.Unix(1, 0)) }

const addressAttempts = 8 // of 2^38 addresses: a second one is next to never needed

// join gives the connection its address on the media port, of the client's family.
func (c *connection) join() bool {
	for range addressAttempts {
		var b [10]byte
		if _, err := rand.Read(b[:]); err != nil {
			return false
		}
		bits, port := binary.BigEndian.Uint64(b[:]), 49152|binary.BigEndian.Uint16(b[8:]) // the ephemeral ones
		address := egress.RelayedAddress(uint32(bits))
		if c.client.Addr().Is6() {
			address = egress.RelayedAddress6(bits)
		}
		c.at = netip.AddrPortFrom(address, port)
		if c.server.cfg.Socket.Join(c.at, c) {
			return true
		}
	}
	return false
}

// Send implements egress.Route.
func (c *connection) Send(datagram []byte) {
	if c.put(datagram) {
		c.out.Flush()
	}
}

// Collect implements egress.Route: the writer is woken once for a burst.
func (c *connection) Collect(b *egress.Batch, datagram []byte) {
	if c.put(datagram) {
		b.Later(c.out)
	}
}

func (c *connection) put(datagram []byte) bool {
	h := head(datagram)
	if !c.out.Put(h[:], datagram) {
		return false
	}
	c.server.Sent.Add(1)
	return true
}

// Way says how the client is reached.
func (c *connection) Way() (egress.Way, netip.AddrPort) { return egress.TCP, c.client }

// Origin is where the client is, which its checks are answered with.
func (c *connection) Origin() netip.AddrPort { return c.client }
