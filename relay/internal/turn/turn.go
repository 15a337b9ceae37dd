// Package turn lets viewers and presenters in whose network lets no UDP out: TURN (RFC 8656) over UDP, TCP and TLS, to
// the relay's own media port and to nothing else.
//
// pion/turn keeps the allocations, permissions and channels. It has known holes, and so it never sees a client: a front
// stands before it, reads what comes, drops what is malformed, answers what pion would answer wrongly, and counts who
// has how much. What clients send into a channel does not pass pion at all: the peer is this process, so it goes
// straight to the media port's sessions and back, without a socket in between.
package turn

import (
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/logging"
	"github.com/pion/stun"
	pion "github.com/pion/turn/v3"

	"github.com/coopnet/coopnet/relay/internal/egress"
	"github.com/coopnet/coopnet/relay/internal/quota"
	"github.com/coopnet/coopnet/shared/jointoken"
	"github.com/coopnet/coopnet/shared/turncred"
)

// realm is what credentials are for. It travels in every challenge: a short one amplifies less.
const realm = "coopnet"

// ErrNoIPv4 says that the media port has no address that a client could reach.
var ErrNoIPv4 = errors.New("TURN needs a media address of IPv4: set the public address")

// Config is what a Server needs.
type Config struct {
	Listen    string      // UDP and TCP, for example ":3478"
	ListenTLS string      // TCP with TLS, for example ":5349"; nothing without TLS
	TLS       *tls.Config // nil: no TLS
	Secret    turncred.Secret
	// Socket is the media port, and Peers are its addresses: the only ones that a client may reach. IPv4 only: a client
	// gets a relayed IPv4 address, and the families do not mix (RFC 8656 section 9.2).
	Socket *egress.Socket
	Peers  []netip.AddrPort
	// Deliver takes a datagram as if it had come to the media port; it must not keep it nor block.
	Deliver  func(datagram []byte, from netip.AddrPort)
	Limits   Limits // what is zero gets the default
	Logger   *slog.Logger
	PionLogs logging.LoggerFactory
	Now      func() time.Time
}

func (c Config) validate() error {
	switch {
	case c.Secret.IsZero():
		return errors.New("TURN needs a secret")
	case c.Socket == nil || c.Deliver == nil:
		return errors.New("TURN needs a media port")
	}
	return nil
}

// Counters count since the start.
type Counters struct {
	ToMedia, ToClients           atomic.Uint64 // datagrams
	BytesToMedia, BytesToClients atomic.Uint64
	Malformed                    atomic.Uint64 // what the guard dropped; a connection that sent such a thing is closed
	Refused                      atomic.Uint64 // requests answered with an error other than a challenge
	Unauthorized                 atomic.Uint64 // challenges, the first one of each honest client among them
	Forbidden                    atomic.Uint64 // peers that are not this relay, also without a request
	Quota                        atomic.Uint64 // allocations over a quota
	Silenced                     atomic.Uint64 // requests that were not read or not answered: there were too many
	Overflowed                   atomic.Uint64 // datagrams to clients that read too slowly
	Turned                       atomic.Uint64 // connections over a limit
}

// Server is the TURN listeners of a relay.
type Server struct {
	Counters
	cfg   Config
	peers []netip.AddrPort
	udp   *egress.Socket
	ports []net.Listener
	paces
	nonces *nonces
	held   held

	running sync.WaitGroup
	mu      sync.Mutex
	streams map[*stream]struct{}
	closing bool
}

// held is what clients have now.
type held struct {
	byCredential *quota.Quota[string]
	byTest       *quota.Quota[string] // those of test rooms, once more
	bySource     *quota.Quota[netip.Addr]
	connections  *quota.Quota[netip.Addr]
}

// allocate counts an allocation, or says why there is none.
func (h *held) allocate(source netip.Addr, credential string) stun.ErrorCode {
	if !h.bySource.Take(source) {
		return stun.CodeInsufficientCapacity
	}
	if !h.byCredential.Take(credential) {
		h.bySource.Give(source)
		return stun.CodeAllocQuotaReached // RFC 8656 section 7.2: the quota is the username's
	}
	if isTest(credential) && !h.byTest.Take(credential) {
		h.byCredential.Give(credential)
		h.bySource.Give(source)
		return stun.CodeInsufficientCapacity
	}
	return 0
}

// giveBack undoes allocate.
func (h *held) giveBack(source netip.Addr, credential string) {
	if isTest(credential) {
		h.byTest.Give(credential)
	}
	h.byCredential.Give(credential)
	h.bySource.Give(source)
}

// isTest reports whether a credential is for a test room.
func isTest(credential string) bool {
	_, test := jointoken.TestSession(credential)
	return test
}

// paces bound what clients may ask.
type paces struct {
	answers  *limiter // errors, and what else nobody has shown a credential for
	attempts *limiter // requests without an allocation
	requests pace     // of one client
}

// New opens the ports and serves until Close.
func New(cfg Config) (*Server, error) {
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	l := cfg.Limits.withDefaults()
	cfg.Limits = l
	s := &Server{
		cfg: cfg, streams: make(map[*stream]struct{}),
		paces: paces{
			answers: newLimiter(l.AnswerBurst, l.AnswerInterval), attempts: newLimiter(l.AttemptBurst, l.AttemptInterval),
			requests: newPace(l.RequestBurst, l.RequestInterval),
		},
		held: held{
			byCredential: quota.New[string](l.PerCredential, l.Allocations), byTest: quota.New[string](l.PerCredential, l.Tests),
			bySource: quota.New[netip.Addr](l.PerSource, l.Allocations), connections: quota.New[netip.Addr](l.ConnectionsPerSource, l.Connections),
		},
	}
	var err error
	if s.nonces, err = newNonces(); err != nil {
		return nil, err
	}
	for _, p := range cfg.Peers {
		if p.Addr().Is4() {
			s.peers = append(s.peers, p)
		}
	}
	if len(s.peers) == 0 {
		return nil, ErrNoIPv4
	}
	tcp, udp, err := listenBoth(cfg.Listen)
	if err != nil {
		return nil, err
	}
	s.udp, s.ports = udp, []net.Listener{tcp}
	if cfg.TLS != nil && cfg.ListenTLS != "" {
		secured, err := net.Listen("tcp", cfg.ListenTLS)
		if err != nil {
			return nil, errors.Join(&ListenError{Setting: "turns", Address: cfg.ListenTLS, Err: err}, s.Close())
		}
		s.ports = append(s.ports, tls.NewListener(secured, cfg.TLS))
	}
	s.running.Add(1)
	if err := s.newFront(datagrams{s.udp}); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	for _, port := range s.ports {
		s.running.Go(func() { s.accept(port) })
	}
	return s, nil
}

// newFront starts pion behind a front of its own. pion's reader ends when the carrier does; the caller has counted it.
func (s *Server) newFront(c carrier) error {
	f := &front{server: s, carrier: c, allocations: make(map[netip.AddrPort]*allocation)}
	_, err := pion.NewServer(pion.ServerConfig{
		Realm: realm, AuthHandler: f.key, LoggerFactory: s.cfg.PionLogs,
		PacketConnConfigs: []pion.PacketConnConfig{{PacketConn: f, RelayAddressGenerator: f, PermissionHandler: s.permitted}},
	})
	if err != nil {
		s.running.Done()
		return fmt.Errorf("start TURN: %w", err)
	}
	return nil
}

// Addr is the address of TURN over UDP and TCP.
func (s *Server) Addr() netip.AddrPort { return s.udp.Local() }

// AddrTLS is the address of TURN over TLS; not valid when there is none.
func (s *Server) AddrTLS() netip.AddrPort {
	if len(s.ports) < 2 {
		return netip.AddrPort{}
	}
	return addrPort(s.ports[1].Addr())
}

// Live counts allocations and connections.
func (s *Server) Live() (allocations, connections int) {
	return s.held.byCredential.Total(), s.held.connections.Total()
}

// MalformedDatagrams counts those on the UDP port that nobody parsed.
func (s *Server) MalformedDatagrams() uint64 {
	return s.udp.Counters.Refused.Load() + s.Malformed.Load()
}

// Close ends all allocations and waits for everything that runs.
func (s *Server) Close() error {
	s.mu.Lock()
	s.closing = true
	open := make([]*stream, 0, len(s.streams))
	for c := range s.streams {
		open = append(open, c)
	}
	s.mu.Unlock()
	err := s.udp.Close()
	for _, port := range s.ports {
		err = errors.Join(err, port.Close())
	}
	for _, c := range open {
		c.end()
	}
	s.running.Wait()
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

// addrPort reads the address of a UDP or TCP socket.
func addrPort(a net.Addr) netip.AddrPort {
	var p netip.AddrPort
	switch a := a.(type) {
	case *net.UDPAddr:
		p = a.AddrPort()
	case *net.TCPAddr:
		p = a.AddrPort()
	}
	return netip.AddrPortFrom(p.Addr().Unmap().WithZone(""), p.Port())
}
