// Package icetcp lets viewers and presenters in over TCP, where no UDP comes through: the passive side of ICE over TCP
// (RFC 6544), on the TCP port beside the media port.
//
// To the sessions a connection is one more address that datagrams come from and go to: an address that is made up, with
// a route of its own. What comes in passes the same guard as on the media port.
package icetcp

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/coopnet/coopnet/relay/internal/egress"
	"github.com/coopnet/coopnet/relay/internal/quota"
)

// Sessions are what connections are for.
type Sessions interface {
	// Session looks at the first datagram of a connection. It is good when it is a connectivity check that a live session
	// has given the name and the password for. Over is closed when that session has ended and sends nothing any more.
	Session(datagram []byte) (over <-chan struct{}, ok bool)
	// Deliver takes a datagram as if it had come to the media port. It does not keep it, and does not wait.
	Deliver(datagram []byte, from netip.AddrPort)
}

// Config is what a Server needs.
type Config struct {
	Listener net.Listener   // the server closes it
	Socket   *egress.Socket // the media port
	Sessions Sessions
	Limits   Limits // what is zero gets the default
}

// Limits bound what clients may hold. A browser makes a connection for each of its addresses and each of the relay's.
type Limits struct {
	PerSource        int           // connections from one address: a company's whole staff may come through one
	Connections      int           // in all
	PendingPerSource int           // of these, connections that have not shown what they are for
	Pending          int           // in all
	PerSession       int           // connections of one session
	FirstFrame       time.Duration // until the first datagram
	Idle             time.Duration // without a datagram from the client
}

func (l Limits) withDefaults() Limits {
	standard := Limits{
		PerSource: 1024, Connections: 4096, PendingPerSource: 128, Pending: 1024, PerSession: 32,
		FirstFrame: 10 * time.Second, Idle: 60 * time.Second,
	}
	for _, n := range []struct{ have, want *int }{
		{&l.PerSource, &standard.PerSource}, {&l.Connections, &standard.Connections}, {&l.PendingPerSource, &standard.PendingPerSource},
		{&l.Pending, &standard.Pending}, {&l.PerSession, &standard.PerSession},
	} {
		if *n.have == 0 {
			*n.have = *n.want
		}
	}
	if l.FirstFrame == 0 {
		l.FirstFrame = standard.FirstFrame
	}
	if l.Idle == 0 {
		l.Idle = standard.Idle
	}
	return l
}

// Counters count since the start.
type Counters struct {
	Received, Sent atomic.Uint64 // datagrams
	Dropped        atomic.Uint64 // datagrams to clients that read too slowly
	Turned         atomic.Uint64 // connections over a limit
	Unfit          atomic.Uint64 // connections that were for no session, or broke the framing
}

// Server is the TCP port beside the media port.
type Server struct {
	Counters
	cfg  Config
	held held

	done    chan struct{} // closed when everything is to end
	closing sync.Once
	running sync.WaitGroup

	mu   sync.Mutex
	open map[*connection]struct{}
}

// held is what clients have now.
type held struct {
	connections *quota.Quota[netip.Addr]
	pending     *quota.Quota[netip.Addr]
	bySession   *quota.Quota[<-chan struct{}] // a session is known by its end
}

// New serves until Close.
func New(cfg Config) *Server {
	l := cfg.Limits.withDefaults()
	cfg.Limits = l
	s := &Server{
		cfg: cfg, done: make(chan struct{}), open: make(map[*connection]struct{}),
		held: held{
			connections: quota.New[netip.Addr](l.PerSource, l.Connections), pending: quota.New[netip.Addr](l.PendingPerSource, l.Pending),
			bySession: quota.New[<-chan struct{}](l.PerSession, l.Connections),
		},
	}
	s.running.Go(s.accept)
	return s
}

const acceptPause = 50 * time.Millisecond // when the process has no file descriptor left

func (s *Server) accept() {
	for {
		conn, err := s.cfg.Listener.Accept()
		switch {
		case err == nil:
			s.attach(conn)
		case errors.Is(err, net.ErrClosed):
			return
		default:
			select {
			case <-s.done:
			case <-time.After(acceptPause):
			}
		}
	}
}

// attach serves a connection on a goroutine of its own, or closes it where there are too many.
func (s *Server) attach(conn net.Conn) {
	client := conn.RemoteAddr().(*net.TCPAddr).AddrPort()
	client = netip.AddrPortFrom(client.Addr().Unmap().WithZone(""), client.Port())
	source := quota.Source(client.Addr())
	if !s.held.connections.Take(source) {
		s.Turned.Add(1)
		_ = conn.Close()
		return
	}
	if !s.held.pending.Take(source) {
		s.held.connections.Give(source)
		s.Turned.Add(1)
		_ = conn.Close()
		return
	}
	c := newConnection(s, conn, client)
	s.mu.Lock()
	s.open[c] = struct{}{}
	s.mu.Unlock()
	s.running.Go(func() {
		over, first := c.begin()
		s.held.pending.Give(source)
		if over != nil {
			c.attend(over, first)
		}
		_ = conn.Close()
		s.mu.Lock()
		delete(s.open, c)
		s.mu.Unlock()
		s.held.connections.Give(source)
	})
}

// Live counts connections, and those of them that have not shown what they are for.
func (s *Server) Live() (connections, pending int) {
	return s.held.connections.Total(), s.held.pending.Total()
}

// Addr is where the server listens.
func (s *Server) Addr() netip.AddrPort { return s.cfg.Listener.Addr().(*net.TCPAddr).AddrPort() }

// Close ends all connections, after what waits to be written, and waits for everything that runs.
func (s *Server) Close() error {
	var err error
	s.closing.Do(func() {
		close(s.done)
		err = s.cfg.Listener.Close()
		s.mu.Lock()
		open := make([]*connection, 0, len(s.open))
		for c := range s.open {
			open = append(open, c)
		}
		s.mu.Unlock()
		for _, c := range open {
			c.interrupt()
		}
	})
	s.running.Wait()
	return err
}

// ListenError is a TCP port beside the media port that could not be opened.
type ListenError struct {
	Address string
	Err     error
}

// Error says which port.
func (e *ListenError) Error() string {
	return fmt.Sprintf("open TCP port %s beside the media port: %v", e.Address, e.Err)
}

// Unwrap returns the cause.
func (e *ListenError) Unwrap() error { return e.Err }

const portAttempts = 16 // to find a port that is free for UDP and TCP, when any will do

// ListenBoth opens the media port and the TCP port of the same number beside it.
func ListenBoth(address string) (*egress.Socket, net.Listener, error) {
	_, port, _ := net.SplitHostPort(address) // the socket says what is wrong with it
	for attempt := 1; ; attempt++ {
		socket, err := egress.Listen(address)
		if err != nil {
			return nil, nil, err
		}
		beside := socket.Local().String()
		listener, err := net.Listen("tcp", beside)
		if err == nil {
			return socket, listener, nil
		}
		err = errors.Join(&ListenError{Address: beside, Err: err}, socket.Close())
		if port != "0" || attempt == portAttempts {
			return nil, nil, err
		}
	}
}
