// Package relay is the media plane: it takes a presenter's screen by WHIP, gives it to viewers by WHEP, and carries the
// control channel. It keeps no secret that can mint a join token and needs no database.
package relay

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/coopnet/coopnet/relay/internal/control"
	"github.com/coopnet/coopnet/relay/internal/egress"
	"github.com/coopnet/coopnet/relay/internal/forward"
	"github.com/coopnet/coopnet/relay/internal/gate"
	"github.com/coopnet/coopnet/relay/internal/heartbeat"
	"github.com/coopnet/coopnet/relay/internal/icetcp"
	"github.com/coopnet/coopnet/relay/internal/measure"
	"github.com/coopnet/coopnet/relay/internal/metrics"
	"github.com/coopnet/coopnet/relay/internal/peer"
	"github.com/coopnet/coopnet/relay/internal/room"
	"github.com/coopnet/coopnet/relay/internal/trial"
	"github.com/coopnet/coopnet/relay/internal/turn"
	"github.com/coopnet/coopnet/relay/internal/whip"
	"github.com/coopnet/coopnet/shared/announce"
	"github.com/coopnet/coopnet/shared/jointoken"
)

// Config is what a relay needs.
type Config struct {
	ID        string              // the audience of its join tokens
	Issuer    string              // whose join tokens it takes
	Keys      jointoken.KeySource // the issuer's public keys
	Media     string              // UDP address of all media, for example ":7882"; TCP is served there too
	Others    []string            // TCP addresses that this process needs for something else
	PublicIPs []netip.Addr        // what viewers are told; empty: the machine's own addresses
	Announced bool                // Announce will be called: who comes and goes is kept for it
	Logger    *slog.Logger        // nil: slog.Default()
	Now       func() time.Time    // nil: time.Now
}

// Validate says what is missing.
func (c Config) Validate() error {
	switch {
	case c.ID == "":
		return errors.New("the relay needs an id")
	case c.Issuer == "":
		return errors.New("the relay needs the issuer of its join tokens")
	case c.Keys == nil:
		return errors.New("the relay needs the issuer's public keys")
	case c.Media == "":
		return errors.New("the relay needs a media address")
	}
	return nil
}

// Relay is a running relay.
type Relay struct {
	logger   *slog.Logger
	socket   *egress.Socket
	announce []netip.AddrPort
	rooms    *room.Rooms
	peers    *peer.Peers
	tcp      *icetcp.Server // nil: none
	turn     *turn.Server   // nil: none
	whip     *whip.Server
	control  *control.Server
	metrics  *metrics.Metrics
	counters *forward.Counters
	handler  http.Handler
	ending
	voice
}

// ending is what Shutdown ends.
type ending struct {
	reading  sync.WaitGroup
	stop     context.CancelFunc
	stopping sync.Once
}

// voice is how the relay speaks to its control plane.
type voice struct {
	id        string
	now       func() time.Time
	heartbeat atomic.Pointer[heartbeat.Heartbeat] // nil: it does not
	prove     atomic.Pointer[prover]
	unlink    func()        // nil: nothing to end
	trials    *trial.Record // nil: nobody wants to know
}

// New opens the media port and starts. Shutdown must be called.
func New(cfg Config) (*Relay, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.Default()
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	socket, tcp, err := openMedia(cfg)
	if err != nil {
		return nil, err
	}
	r := &Relay{logger: cfg.Logger, socket: socket, counters: &forward.Counters{}}
	r.id, r.now = cfg.ID, cfg.Now
	if err := r.wire(cfg, tcp != nil); err != nil {
		_ = socket.Close()
		if tcp != nil {
			_ = tcp.Close()
		}
		return nil, err
	}
	ctx, stop := context.WithCancel(context.Background())
	r.stop = stop
	r.reading.Go(func() { r.peers.Run(ctx) })
	if tcp != nil {
		r.tcp = icetcp.New(icetcp.Config{Listener: tcp, Socket: socket, Sessions: r.peers})
	}
	r.logger.Info("relay ready", "id", cfg.ID, "media", socket.Local().String(), "announced", fmt.Sprint(r.announce), "tcp", tcp != nil, "segmentation", socket.Segmented())
	return r, nil
}

// wire is the relay's table of contents.
func (r *Relay) wire(cfg Config, tcp bool) error {
	var err error
	if r.announce, err = announced(r.socket.Local(), cfg.PublicIPs); err != nil {
		return err
	}
	rooms := room.Config{Now: cfg.Now, LeaveGrace: 3 * time.Second}
	if cfg.Announced {
		rooms.Attendance = maxVisits
		r.trials = trial.NewRecord()
	}
	r.rooms = room.New(rooms)
	verifier := &jointoken.Verifier{Issuer: cfg.Issuer, Audience: cfg.ID, Keys: cfg.Keys, Now: cfg.Now}
	entrance := gate.New(gate.Config{Verifier: verifier, Now: cfg.Now})
	if r.peers, err = peer.New(peer.Config{Socket: r.socket, Announce: r.announce, TCP: tcp, NACKs: &r.counters.NACKsSent, Logger: cfg.Logger, Now: cfg.Now}); err != nil {
		return err
	}
	r.whip = whip.New(whip.Config{
		Gate: entrance, Rooms: r.rooms, Peers: r.peers, Socket: r.socket, Counters: r.counters, Trials: r.trials, Logger: cfg.Logger, Now: cfg.Now,
	})
	r.control = control.New(control.Config{Gate: entrance, Rooms: r.rooms, Logger: cfg.Logger, Now: cfg.Now})
	sources := r.sources()
	if cfg.Announced {
		sources.Heartbeat = r.beats
	}
	if r.metrics, err = metrics.New(sources); err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.Handle("/whip", r.whip)
	mux.Handle("/whip/", r.whip)
	mux.Handle("/whep", r.whip)
	mux.Handle("/whep/", r.whip)
	mux.Handle("/control", r.control)
	mux.Handle("/control/", r.control)
	mux.Handle("/measure", measure.New(cfg.Now))
	mux.HandleFunc(announce.ProbePath, r.probe)
	mux.HandleFunc("/", notFound)
	r.handler = front(cfg.Logger, mux)
	return nil
}

// announced lists the addresses that go into answers: those that the operator gives, else the bound one, else all of
// the machine's, loopback last.
func announced(local netip.AddrPort, public []netip.Addr) ([]netip.AddrPort, error) {
	addrs := public
	if len(addrs) == 0 && !local.Addr().IsUnspecified() {
		addrs = []netip.Addr{local.Addr()}
	}
	if len(addrs) == 0 {
		interfaces, err := net.InterfaceAddrs()
		if err != nil {
			return nil, fmt.Errorf("list the machine's addresses: %w", err)
		}
		var loopback []netip.Addr
		for _, a := range interfaces {
			prefix, err := netip.ParsePrefix(a.String())
			switch {
			case err != nil || prefix.Addr().IsLinkLocalUnicast():
			case prefix.Addr().IsLoopback():
				loopback = append(loopback, prefix.Addr())
			default:
				addrs = append(addrs, prefix.Addr())
			}
		}
		addrs = append(addrs, loopback...)
	}
	list := make([]netip.AddrPort, 0, len(addrs))
	for _, a := range addrs {
		list = append(list, netip.AddrPortFrom(a.Unmap(), local.Port()))
	}
	return list, nil
}

func (r *Relay) sources() metrics.Sources {
	return metrics.Sources{
		Rooms: func() metrics.Rooms {
			s := r.rooms.Stats()
			return metrics.Rooms{Rooms: s.Rooms, Participants: s.Participants, Publications: s.Publications, Viewers: r.peers.Viewers(), Kept: r.rooms.Kept()}
		},
		Media: func() metrics.Media {
			c, f := &r.socket.Counters, r.counters
			return metrics.Media{
				PacketsReceived: f.Received.Load(), PacketsSent: f.Forwarded.Load(), BytesReceived: c.BytesIn.Load(), BytesSent: c.BytesOut.Load(),
				PacketsDropped: f.Overflowed.Load() + f.Oversized.Load() + c.SendErrors.Load(), NACKsReceived: f.NACKs.Load(), NACKsSent: f.NACKsSent.Load(),
				PacketsThinned: f.Thinned.Load(), Retransmissions: f.Retransmitted.Load(), RetransmissionsLimited: f.RetransmissionLimited.Load(), KeyframeRequestsReceived: f.KeyframesAsked.Load(), KeyframeRequestsForwarded: f.KeyframesRequested.Load(),
			}
		},
		Estimates: func() metrics.Estimates {
			e := &r.counters.Estimates
			upTo, all := e.Limited()
			bounds := e.Bounds()
			return metrics.Estimates{Bounds: bounds[:], UpTo: upTo[:], Limited: all}
		},
		Guard:   r.guarded,
		TCP:     r.connected,
		Turn:    r.turned,
		Control: func() metrics.Control { return metrics.Control(r.control.Stats()) },
	}
}

// Handler serves /whip, /whep, /control and /measure.
func (r *Relay) Handler() http.Handler { return r.handler }

// ConnContext belongs into the http.Server that serves Handler: /measure looks at the connection that a request came by.
func ConnContext(ctx context.Context, conn net.Conn) context.Context {
	return measure.WithConnection(ctx, conn)
}

// MetricsHandler serves Prometheus metrics; it belongs on a private listener.
func (r *Relay) MetricsHandler() http.Handler { return r.metrics.Handler() }

// MediaAddr is the first announced media address.
func (r *Relay) MediaAddr() netip.AddrPort { return r.announce[0] }

// Conferences lists those with a room here.
func (r *Relay) Conferences() []string { return r.rooms.Conferences() }

// EndConference ends the conference's room: everybody is told and disconnected.
func (r *Relay) EndConference(id string) { r.rooms.End(id) }

// Shutdown tells all participants that the relay stops, ends their sessions and waits for everything.
func (r *Relay) Shutdown(ctx context.Context) error {
	var err error
	r.stopping.Do(func() {
		r.quiet(ctx) // before they are told: who is sent elsewhere must not be sent back
		r.rooms.Drain()
		err = r.control.Shutdown(ctx)
		r.whip.Close()
		r.peers.Close()
		if r.turn != nil { // after the peers, whose farewells go through it
			err = errors.Join(err, r.turn.Close())
		}
		if r.tcp != nil { // so too
			err = errors.Join(err, r.tcp.Close())
		}
		r.stop()
		err = errors.Join(err, r.socket.Close())
		r.reading.Wait()
		r.rooms.Close()
		r.farewell(ctx)
	})
	return err
}
