package turn

import (
	"bufio"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/coopnet/coopnet/relay/internal/egress"
	"github.com/coopnet/coopnet/relay/internal/quota"
)

const (
	stunHeader   = 20
	readBuffer   = 4 << 10
	writeTimeout = 10 * time.Second
	// queueSize is what may wait for a client: a large keyframe. More is dropped, as a full socket would; the client
	// asks for it again or gets the next keyframe.
	queueSize = 512 << 10
	keepSize  = 32 << 10 // of the queue's memory after a burst
	// kernelBuffer keeps the kernel from collecting seconds of picture for a slow client.
	kernelBuffer = 128 << 10
)

var errFrame = errors.New("not a TURN frame")

// stream is the carrier over one connection: frames in (RFC 8656 section 3.1, each a STUN message or ChannelData), a
// bounded queue out. Its writer is a goroutine of its own, so that a slow client holds nobody up.
type stream struct {
	server *Server
	conn   net.Conn
	from   netip.AddrPort
	in     *bufio.Reader

	waking  chan struct{}
	done    chan struct{}
	closing sync.Once

	mu      sync.Mutex
	out     []byte
	started bool      // a frame has come
	without time.Time // since when there is no allocation; zero while there is one
}

// attach takes a connection and serves it until it ends. Over a limit it is closed.
func (s *Server) attach(conn net.Conn) {
	from := addrPort(conn.RemoteAddr())
	source := quota.Source(from.Addr())
	if !s.held.connections.Take(source) {
		s.Turned.Add(1)
		abort(conn)
		return
	}
	if tcp, ok := beneath(conn).(*net.TCPConn); ok {
		_ = tcp.SetWriteBuffer(kernelBuffer) // the kernel's own bound is the other one
	}
	c := &stream{
		server: s, conn: conn, from: from, in: bufio.NewReaderSize(conn, readBuffer),
		waking: make(chan struct{}, 1), done: make(chan struct{}), without: time.Now(),
	}
	s.mu.Lock()
	if s.closing {
		s.mu.Unlock()
		s.held.connections.Give(source)
		abort(conn)
		return
	}
	s.streams[c] = struct{}{}
	s.running.Go(c.run)
	s.running.Add(1)
	s.mu.Unlock()
	if err := s.newFront(c); err != nil {
		s.cfg.Logger.Warn("TURN connection", "error", err)
		c.end()
	}
}

// beneath returns the socket of a connection.
func beneath(conn net.Conn) net.Conn {
	for {
		inner, ok := conn.(interface{ NetConn() net.Conn })
		if !ok {
			return conn
		}
		conn = inner.NetConn()
	}
}

// abort closes a connection without TLS's farewell, which could wait for a client that does not read.
func abort(conn net.Conn) { _ = beneath(conn).Close() }

// read implements carrier: the next frame. A client that sends anything else is not given a second try.
func (c *stream) read(b []byte) (int, netip.AddrPort, egress.Kind, error) {
	n, kind, err := c.frame(b)
	if err != nil {
		if errors.Is(err, errFrame) {
			c.server.Malformed.Add(1)
		}
		c.end()
		return 0, c.from, egress.Refused, err
	}
	return n, c.from, kind, nil
}

func (c *stream) frame(b []byte) (int, egress.Kind, error) {
	if err := c.conn.SetReadDeadline(c.deadline()); err != nil {
		return 0, egress.Refused, err
	}
	head, err := c.in.Peek(channelHeader)
	if err != nil {
		return 0, egress.Refused, err
	}
	size := int(binary.BigEndian.Uint16(head[2:]))
	switch {
	case head[0] < 4:
		size += stunHeader
	case head[0] >= 0x40 && head[0] <= 0x4f:
		size = channelHeader + (size+3)&^3 // RFC 8656 section 12.5: padded over TCP
	default:
		return 0, egress.Refused, errFrame
	}
	if size > len(b) {
		return 0, egress.Refused, errFrame
	}
	if _, err := io.ReadFull(c.in, b[:size]); err != nil {
		return 0, egress.Refused, err
	}
	kind := egress.ClassifyTURN(b[:size])
	if kind == egress.Refused {
		return 0, kind, errFrame
	}
	c.mu.Lock()
	c.started = true
	c.mu.Unlock()
	return size, kind, nil
}

// deadline is until when the next frame must have come, whole.
func (c *stream) deadline() time.Time {
	l := &c.server.cfg.Limits
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.started {
		return c.without.Add(l.FirstFrame)
	}
	at := time.Now().Add(l.Idle)
	if !c.without.IsZero() && c.without.Add(l.Unallocated).Before(at) {
		return c.without.Add(l.Unallocated)
	}
	return at
}

// allocated implements carrier.
func (c *stream) allocated(_ netip.AddrPort, yes bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.without = time.Time{}
	if !yes {
		c.without = time.Now()
	}
}

// write implements carrier.
func (c *stream) write(b []byte, _ netip.AddrPort) {
	if c.queue(b, nil, 0) {
		c.Flush()
		return
	}
	c.server.Overflowed.Add(1)
}

// queue adds header, datagram and padding, or nothing when there is no room for all.
func (c *stream) queue(header, datagram []byte, padding int) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.out)+len(header)+len(datagram)+padding > queueSize {
		return false
	}
	c.out = append(append(c.out, header...), datagram...)
	c.out = append(c.out, make([]byte, padding)...)
	return true
}

// Flush implements egress.Flusher: it wakes the writer.
func (c *stream) Flush() {
	select {
	case c.waking <- struct{}{}:
	default:
	}
}

// run is the writer. What has gathered while it wrote goes out in one piece.
func (c *stream) run() {
	var written []byte
	for {
		select {
		case <-c.waking:
		case <-c.done:
			return
		}
		c.mu.Lock()
		out := c.out
		c.out = written[:0]
		c.mu.Unlock()
		if len(out) > 0 {
			_ = c.conn.SetWriteDeadline(time.Now().Add(writeTimeout))
			if _, err := c.conn.Write(out); err != nil {
				c.end()
				return
			}
		}
		written = out
		if cap(written) > keepSize {
			written = nil
		}
	}
}

// link implements carrier.
func (c *stream) link(netip.AddrPort) link { return c }

// way implements link.
func (c *stream) way() egress.Way {
	for conn := c.conn; ; {
		if _, secured := conn.(*tls.Conn); secured {
			return egress.TurnTLS
		}
		inner, ok := conn.(interface{ NetConn() net.Conn })
		if !ok {
			return egress.TurnTCP
		}
		conn = inner.NetConn()
	}
}

// send implements link.
func (c *stream) send(channel uint16, datagram []byte) bool {
	if !c.channel(channel, datagram) {
		return false
	}
	c.Flush()
	return true
}

// collect implements link: the writer is woken once for a burst.
func (c *stream) collect(b *egress.Batch, channel uint16, datagram []byte) bool {
	if !c.channel(channel, datagram) {
		return false
	}
	b.Later(c)
	return true
}

func (c *stream) channel(channel uint16, datagram []byte) bool {
	var header [channelHeader]byte
	putHeader(header[:], channel, len(datagram))
	return c.queue(header[:], datagram, -len(datagram)&3)
}

func (c *stream) address(netip.AddrPort) net.Addr { return net.TCPAddrFromAddrPort(c.from) }

func (c *stream) local() net.Addr { return c.conn.LocalAddr() }

func (c *stream) close() error {
	c.end()
	return nil
}

// end closes the connection; its reader and writer notice.
func (c *stream) end() {
	c.closing.Do(func() {
		close(c.done)
		abort(c.conn)
		c.server.mu.Lock()
		delete(c.server.streams, c)
		c.server.mu.Unlock()
		c.server.held.connections.Give(quota.Source(c.from.Addr()))
	})
}

const acceptPause = 50 * time.Millisecond // when the process has no file descriptor left

// accept takes connections until the listener is closed.
func (s *Server) accept(listener net.Listener) {
	for {
		conn, err := listener.Accept()
		switch {
		case err == nil:
			s.attach(conn)
		case errors.Is(err, net.ErrClosed):
			return
		default:
			time.Sleep(acceptPause)
		}
	}
}
