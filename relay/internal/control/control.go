// Package control serves the control channel, WebSocket subprotocol "coopnet.control.v1" (shared/wire): the live list
// of participants and publications, what this participant wants to view, its status, what is said, asked, drawn and shown,
// moderation, and remote control. Where a proxy lets no WebSocket through, the same channel is carried by HTTP requests.
//
// Who speaks and with which rights is decided by the signed claims of the join token in the first message, and by
// nothing else: ids and roles in later messages are never believed.
//
// A channel (channel.go, message.go) is the rules, a carrier moves its messages: a socket or a poll. A channel is two
// goroutines: one that does everything, and one that reads the room's events. Over a WebSocket the first is the HTTP
// handler, and a third one reads frames; over HTTP it is started by the request that says hello. Shutdown waits for all.
package control

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"

	"github.com/coopnet/coopnet/relay/internal/gate"
	"github.com/coopnet/coopnet/relay/internal/room"
	"github.com/coopnet/coopnet/shared/problem"
)

// Close codes of the control channel. A draining relay closes with 1001 (going away), one that is too full to let the
// participant in with 1013 (try again later).
const (
	CloseMalformed websocket.StatusCode = 4400 // too many messages that cannot be understood
	CloseRefused   websocket.StatusCode = 4401 // the join token was refused; the error message before says why
	CloseRemoved   websocket.StatusCode = 4403
	CloseSilent    websocket.StatusCode = 4408 // no hello in time, or nothing heard for too long
	CloseReplaced  websocket.StatusCode = 4409 // the same participant opened a newer channel
	CloseEnded     websocket.StatusCode = 4410
	CloseLocked    websocket.StatusCode = 4423 // the participant was not in before the room was locked
)

const (
	messagesPerSecond = 20
	// messageBurst lets what a stalled network held back for a second arrive together.
	messageBurst = 40
	// inputsPerSecond is beside those, for who controls a share.
	inputsPerSecond = 60
	// inputBurst is what a stalled network held back until the channel would be lost: of that a letter box of the room takes
	// what it can, and a key that is let go is said again.
	inputBurst     = 600
	maxBadMessages = 10
	retryAfter     = 2 * time.Second
	// issueSlack: tokens know whole seconds, and the clocks of two issuers are not quite the same.
	issueSlack = time.Second
	path       = "/control"
)

// Config is what a Server needs; a zero time or limit means the default.
type Config struct {
	Gate   *gate.Gate
	Rooms  *room.Rooms
	Logger *slog.Logger     // nil: nothing is logged
	Now    func() time.Time // nil: time.Now

	HelloTimeout time.Duration // 5 s from the upgrade to an accepted hello
	Heartbeat    time.Duration // 1 s between the relay's heartbeats
	Silence      time.Duration // 10 s without a message from the participant
	WriteTimeout time.Duration // 5 s for one message or one batch of events
	CloseTimeout time.Duration // 1 s for the participant to answer a close
	Linger       time.Duration // 5 s in which a participant without a WebSocket may fetch the end

	MaxConnections int // 10,000 in all
	MaxPending     int // 1,000 that have not been let in yet, so that strangers cannot take every place
	MaxPolls       int // 2,000 without a WebSocket, each of which is a request a second
}

func (c Config) withDefaults() Config {
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	wait := func(d *time.Duration, standard time.Duration) {
		if *d <= 0 {
			*d = standard
		}
	}
	wait(&c.HelloTimeout, 5*time.Second)
	wait(&c.Heartbeat, time.Second)
	wait(&c.Silence, 10*time.Second)
	wait(&c.WriteTimeout, 5*time.Second)
	wait(&c.CloseTimeout, time.Second)
	wait(&c.Linger, 5*time.Second)
	limit := func(n *int, standard int) {
		if *n <= 0 {
			*n = standard
		}
	}
	limit(&c.MaxConnections, 10_000)
	limit(&c.MaxPending, 1_000)
	limit(&c.MaxPolls, 2_000)
	return c
}

// Stats counts connections now and messages since the start.
type Stats struct {
	Connections, Pending, Polls             int // Pending and Polls are part of Connections
	MessagesReceived, MessagesSent, Refused uint64
}

// Server is the http.Handler of /control and what lies below it.
type Server struct {
	cfg      Config
	mux      *http.ServeMux  // of everything but WebSockets
	instance string          // names this run
	draining chan struct{}   // closed by Shutdown
	cut      context.Context // ends every connection at once, without a goodbye
	cutNow   context.CancelFunc
	open     sync.WaitGroup // channels
	counters

	mu          sync.Mutex // guards what follows
	stopped     bool
	connections int
	pending     int
	polling     int // places, also of those that are not in polls yet
	seats
	polls map[string]*poll
}

// seats are taken by channels that are in a room.
type seats struct {
	channels map[seat]*channel
	seated   uint64 // how many have taken one
}

type counters struct{ received, sent, refused atomic.Uint64 }

// kind is how a participant comes.
type kind int

const (
	overSocket kind = iota
	overHTTP
)

// seat has room for one control channel. The installed software has its own beside the page of the same participant.
type seat struct {
	conference, participant string
	software                bool
}

// New returns a Server without connections.
func New(cfg Config) *Server {
	cut, cutNow := context.WithCancel(context.Background())
	s := &Server{
		cfg: cfg.withDefaults(), mux: http.NewServeMux(), instance: rand.Text()[:8], draining: make(chan struct{}), cut: cut, cutNow: cutNow,
		seats: seats{channels: make(map[seat]*channel)}, polls: make(map[string]*poll),
	}
	s.route()
	return s
}

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodGet && r.URL.Path == path {
		s.upgrade(w, r)
		return
	}
	s.mux.ServeHTTP(w, r)
}

// refuse answers a request that does not become a channel.
func (s *Server) refuse(w http.ResponseWriter, r *http.Request, err error) {
	s.refused.Add(1)
	id := w.Header().Get("X-Request-Id")
	s.cfg.Logger.InfoContext(r.Context(), "control: request refused", "requestId", id, "code", string(problem.From(err).Code))
	problem.Write(w, id, err)
}

// Shutdown takes no new connections, tells every participant that the relay is draining and waits until all are gone.
// When ctx ends first the rest is cut; Shutdown then still waits for the handlers and returns the context's error.
func (s *Server) Shutdown(ctx context.Context) error {
	s.mu.Lock()
	first := !s.stopped
	s.stopped = true
	s.mu.Unlock()
	if first {
		close(s.draining)
	}
	var err error
	stop := context.AfterFunc(ctx, s.cutNow)
	s.open.Wait()
	if !stop() {
		err = fmt.Errorf("close control channels: %w", ctx.Err())
	}
	s.cutNow()
	return err
}

// Stats counts connections and messages.
func (s *Server) Stats() Stats {
	s.mu.Lock()
	connections, pending, polling := s.connections, s.pending, s.polling
	s.mu.Unlock()
	return Stats{
		Connections: connections, Pending: pending, Polls: polling,
		MessagesReceived: s.received.Load(), MessagesSent: s.sent.Load(), Refused: s.refused.Load(),
	}
}

// enter counts a participant that has not said hello yet.
func (s *Server) enter(k kind) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	detail := "Too many people are connecting to this relay. Try again in a moment."
	if s.stopped {
		detail = "This relay is going out of service."
	} else if s.connections < s.cfg.MaxConnections && s.pending < s.cfg.MaxPending && (k == overSocket || s.polling < s.cfg.MaxPolls) {
		s.connections++
		s.pending++
		if k == overHTTP {
			s.polling++
		}
		s.open.Add(1)
		return nil
	}
	return unavailable(detail)
}

func unavailable(detail string) *problem.Error {
	return &problem.Error{Code: problem.Unavailable, Detail: detail, RetryAfter: retryAfter}
}

// leave undoes enter.
func (s *Server) leave(k kind) {
	s.mu.Lock()
	s.connections--
	if k == overHTTP {
		s.polling--
	}
	s.mu.Unlock()
	s.open.Done()
}

// settle says that a connection is not pending any more.
func (s *Server) settle() {
	s.mu.Lock()
	s.pending--
	s.mu.Unlock()
}

// sit gives the seat to c and tells its former holder to go; order grows from one to the next. It is 0 when that one has a
// newer token: c's hello was held up on the way, and the participant, who took it for lost, has opened another channel since.
func (s *Server) sit(at seat, c *channel) (order uint64) {
	s.mu.Lock()
	former := s.channels[at]
	late := former != nil && former.claims.IssuedAt.Sub(c.claims.IssuedAt) > issueSlack
	if !late {
		s.channels[at] = c
		s.seated++
		order = s.seated
	}
	s.mu.Unlock()
	if former != nil && !late {
		close(former.replaced)
	}
	return order
}

// rise frees the seat, unless a newer channel has it.
func (s *Server) rise(at seat, c *channel) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.channels[at] == c {
		delete(s.channels, at)
	}
}

// goodbye says how to close a channel that the room ends, or does not let in, for this reason.
func goodbye(reason string) websocket.StatusCode {
	switch reason {
	case room.ReasonRemoved:
		return CloseRemoved
	case room.ReasonEnded:
		return CloseEnded
	}
	return websocket.StatusGoingAway
}

// reasonOf maps a refusal of Rooms.Join to the reason for which a presence would have ended, "" if there is none.
func reasonOf(err error) string {
	switch {
	case errors.Is(err, room.ErrRemoved):
		return room.ReasonRemoved
	case errors.Is(err, room.ErrEnded):
		return room.ReasonEnded
	case errors.Is(err, room.ErrDraining):
		return room.ReasonDraining
	}
	return ""
}
