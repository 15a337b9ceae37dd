package turn

import (
	"crypto/tls"
	"errors"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/coopnet/coopnet/relay/internal/quota"
)

const (
	// lookTimeout is how long a connection may take to show what it speaks, TLS included.
	lookTimeout = 10 * time.Second
	// maxLooks bounds the connections that have not shown it yet, in all and from one address. Those above go to HTTP
	// unseen, which has its own timeouts: a flood takes TURN away from this port for a while, never the portal.
	maxLooks          = 1024
	maxLooksPerSource = 128
)

// Share makes one port serve both HTTP and TURN: for networks that let nothing out but 443. The listener that it returns
// has the HTTP connections; TURN's are served here. With secured, connections are TLS; without, plain.
func (s *Server) Share(listener net.Listener, secured *tls.Config) net.Listener {
	p := &sharedPort{
		Listener: listener, server: s, secured: secured, looks: quota.New[netip.Addr](maxLooksPerSource, maxLooks),
		http: make(chan net.Conn), done: make(chan struct{}), open: make(map[net.Conn]struct{}),
	}
	p.running.Go(p.run)
	return p
}

// ALPN says which protocols to offer on a shared port. A client of TURN may name its own (RFC 7443) and is refused by
// TLS when we do not know it.
func ALPN() []string { return []string{"h2", "http/1.1", "stun.turn"} }

// sharedPort is the net.Listener for HTTP.
type sharedPort struct {
	net.Listener
	server  *Server
	secured *tls.Config
	looks   *quota.Quota[netip.Addr]
	http    chan net.Conn
	failed  error // why run ended; read after done
	done    chan struct{}
	closing sync.Once
	running sync.WaitGroup

	mu     sync.Mutex
	open   map[net.Conn]struct{} // those that are looked at
	closed bool
}

// run accepts until the listener fails. It decides nothing itself: a slow client holds nobody up.
func (p *sharedPort) run() {
	defer close(p.done)
	for {
		conn, err := p.Listener.Accept()
		if err != nil {
			if closed := p.isClosed(); !closed && isTemporary(err) {
				time.Sleep(acceptPause)
				continue
			}
			p.failed = err
			return
		}
		var outer net.Conn = conn
		if p.secured != nil {
			outer = tls.Server(conn, p.secured)
		}
		source := quota.Source(addrPort(conn.RemoteAddr()).Addr())
		if !p.looks.Take(source) {
			p.running.Go(func() { p.toHTTP(outer) })
			continue
		}
		p.running.Go(func() {
			defer p.looks.Give(source)
			p.look(outer)
		})
	}
}

// isTemporary tells a process without file descriptors from a listener that has ended.
func isTemporary(err error) bool {
	temporary, ok := err.(interface{ Temporary() bool })
	return ok && temporary.Temporary()
}

func (p *sharedPort) isClosed() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.closed
}

// look finds out what a connection speaks.
func (p *sharedPort) look(conn net.Conn) {
	if !p.track(conn) {
		abort(conn)
		return
	}
	first, ok := firstByte(conn)
	p.untrack(conn)
	switch {
	case !ok:
		abort(conn)
	case first == nil: // HTTP/2, by its name
		p.toHTTP(conn)
	case first[0] < 0x40: // RFC 7983 section 7: STUN and TURN; HTTP begins with a capital letter
		p.server.attach(replayed(conn, first))
	default:
		p.toHTTP(replayed(conn, first))
	}
}

// firstByte reads the first byte that a client sends, after TLS. Of the names in TLS only h2 is believed: behind a proxy
// Firefox says http/1.1 and means TURN.
func firstByte(conn net.Conn) (first []byte, ok bool) {
	if conn.SetDeadline(time.Now().Add(lookTimeout)) != nil {
		return nil, false
	}
	if secured, isTLS := conn.(*tls.Conn); isTLS {
		if secured.Handshake() != nil {
			return nil, false
		}
		if secured.ConnectionState().NegotiatedProtocol == "h2" {
			return nil, conn.SetDeadline(time.Time{}) == nil
		}
	}
	first = make([]byte, 1)
	if n, _ := conn.Read(first); n == 0 {
		return nil, false
	}
	return first, conn.SetDeadline(time.Time{}) == nil
}

func (p *sharedPort) track(conn net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return false
	}
	p.open[conn] = struct{}{}
	return true
}

func (p *sharedPort) untrack(conn net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.open, conn)
}

// toHTTP hands a connection to Accept. An HTTP server accepts at once, or has stopped.
func (p *sharedPort) toHTTP(conn net.Conn) {
	select {
	case p.http <- conn:
	case <-p.done:
		abort(conn)
	}
}

// Accept implements net.Listener.
func (p *sharedPort) Accept() (net.Conn, error) {
	select {
	case conn := <-p.http:
		return conn, nil
	case <-p.done:
		return nil, p.failed
	}
}

// Close implements net.Listener. TURN connections live on: they are the server's.
func (p *sharedPort) Close() error {
	var err error
	p.closing.Do(func() {
		p.mu.Lock()
		p.closed = true
		undecided := make([]net.Conn, 0, len(p.open))
		for conn := range p.open {
			undecided = append(undecided, conn)
		}
		p.mu.Unlock()
		err = p.Listener.Close()
		for _, conn := range undecided {
			abort(conn)
		}
		p.running.Wait()
	})
	return err
}

// replay is a connection of which the first byte was read.
type replay struct {
	net.Conn
	first []byte
}

// Read implements net.Conn.
func (r *replay) Read(b []byte) (int, error) {
	if len(r.first) > 0 {
		n := copy(b, r.first)
		r.first = r.first[n:]
		return n, nil
	}
	return r.Conn.Read(b)
}

// NetConn returns the connection itself, as tls.Conn does.
func (r *replay) NetConn() net.Conn { return r.Conn }

// CloseWrite is what net/http looks for before it closes a connection on which a client still sends.
func (r *replay) CloseWrite() error {
	if half, ok := r.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return errors.ErrUnsupported
}

// replayedTLS shows net/http that the connection is secured.
type replayedTLS struct {
	replay
	secured *tls.Conn
}

// ConnectionState implements what net/http looks for.
func (r *replayedTLS) ConnectionState() tls.ConnectionState { return r.secured.ConnectionState() }

func replayed(conn net.Conn, first []byte) net.Conn {
	if secured, ok := conn.(*tls.Conn); ok {
		return &replayedTLS{replay{conn, first}, secured}
	}
	return &replay{conn, first}
}
