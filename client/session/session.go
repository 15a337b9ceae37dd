// Package session is the software's place in a conference: it redeems the launch code, keeps the control channel, and
// carries shares to the relay, again and again with fresh tickets when something is lost.
//
// What happens next is decided by two state machines without I/O, course (the control channel) and link (a share's way
// to the relay); the rest does what they say.
package session

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/coopnet/coopnet/shared/wire"
)

// Network is how this workstation reaches the relay.
type Network interface {
	// Client is for HTTP and WebSockets.
	Client() *http.Client
	Dialer
}

// Config is what a Session is made of.
type Config struct {
	Tickets *Tickets
	Network Network
	Chance  func() float64 // from 0 to 1
	Logger  *slog.Logger

	// Phase and Message hear of the control channel, from one goroutine, and must not block. A message comes after the
	// room has taken it; room.state says everything anew.
	Phase     func(Phase, Reason)
	Message   func(wire.Type, []byte)
	RelayOnly bool // media goes through TURN only: tests of firewalls
}

// Session is a place in a conference.
type Session struct {
	cfg    Config
	client *http.Client
	reach  reach
	renew  *notice // another relay answers

	mu      sync.Mutex
	room    *Room
	carrier carrier // nil while there is none that is open
}

// New makes a session; Run begins it.
func New(cfg Config) *Session {
	return &Session{cfg: cfg, client: cfg.Network.Client(), reach: reach{tickets: cfg.Tickets}, renew: newNotice(), room: newRoom()}
}

// Room is who is there, as far as the relay has told.
func (s *Session) Room() Room {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.room.clone()
}

// errClosed: there is no control channel at the moment.
var errClosed = errors.New("there is no control channel")

// Send says something on the control channel; an error means that nobody has heard it.
func (s *Session) Send(ctx context.Context, message any) error {
	text, err := json.Marshal(message)
	if err != nil {
		return fmt.Errorf("render message: %w", err)
	}
	s.mu.Lock()
	c := s.carrier
	s.mu.Unlock()
	if c == nil {
		return errClosed
	}
	return c.Send(ctx, text)
}

// Run keeps the control channel until ctx ends, or it is closed for good. The error is a *Refusal with Refused.
func (s *Session) Run(ctx context.Context) (Reason, error) {
	defer s.client.CloseIdleConnections()
	course := newCourse()
	s.tell(course, "")
	for {
		f, ticket := s.attempt(ctx, course)
		if ctx.Err() != nil {
			course.phase = Closed
			s.tell(course, Left)
			return Left, nil
		}
		n := course.fail(f, s.cfg.Chance())
		s.cfg.Logger.Info("control channel lost", "code", f.code, "refusal", f.refusal, "draining", f.draining, "pause", n.pause, "closed", n.closed)
		s.tell(course, n.closed)
		if n.closed != "" {
			return n.closed, cause(f)
		}
		if n.other && ticket != nil {
			s.reach.failed(ticket)
		}
		if n.away {
			s.reach.sentAway()
		}
		s.client.CloseIdleConnections() // they may be dead, too
		sleep(ctx, n.pause)
	}
}

func cause(f failure) error {
	if f.refusal == nil {
		return nil
	}
	return f.refusal
}

func (s *Session) tell(c *course, reason Reason) {
	if s.cfg.Phase != nil {
		s.cfg.Phase(c.phase, reason)
	}
}

// attempt opens the channel and keeps it until it fails.
func (s *Session) attempt(ctx context.Context, c *course) (failure, *Ticket) {
	by, allowed := c.begin()
	ticket, err := s.reach.ticket(ctx, allowed)
	if err != nil {
		f := failure{noTicket: true}
		if !errors.As(err, &f.refusal) {
			f.refusal = &Refusal{Cause: err}
		}
		return f, nil
	}
	opening, cancel := context.WithTimeout(ctx, allowed)
	defer cancel()
	carrier, err := s.open(opening, by, ticket)
	if err != nil {
		return failed(err), ticket
	}
	left := make(chan struct{})
	stay := context.AfterFunc(ctx, func() {
		carrier.Close(true) // ends listen
		close(left)
	})
	f := s.listen(context.WithoutCancel(ctx), c, carrier, allowed)
	s.mu.Lock()
	s.carrier = nil
	s.mu.Unlock()
	if stay() {
		carrier.Close(false)
	} else {
		<-left
	}
	return f, ticket
}

func (s *Session) open(ctx context.Context, by kind, t *Ticket) (carrier, error) {
	if by == byPoll {
		p, err := openPoll(ctx, s.client, t)
		if err != nil {
			return nil, err
		}
		return p, nil
	}
	c, err := openSocket(ctx, s.client, t)
	if err != nil {
		return nil, err
	}
	return c, nil
}

func failed(err error) failure {
	var g *gone
	if errors.As(err, &g) {
		return failure{code: g.code, refusal: g.refusal}
	}
	return failure{refusal: &Refusal{Cause: err}}
}

// listen takes what the relay says until it says nothing more, or the carrier is closed.
func (s *Session) listen(ctx context.Context, c *course, from carrier, allowed time.Duration) failure {
	var said failure // what the relay has said about an end that follows
	for {
		hearing, cancel := context.WithTimeout(ctx, allowed)
		message, err := from.Receive(hearing)
		cancel()
		if err != nil {
			f := failed(err)
			if said.refusal != nil && f.refusal == nil {
				f.refusal = said.refusal
			}
			f.ended, f.draining = said.ended, said.draining
			return f
		}
		c.hear()
		allowed = silence
		if message == nil {
			continue
		}
		if err := s.take(ctx, c, from, message, &said); err != nil {
			s.cfg.Logger.Warn("message of the relay", "error", err)
		}
	}
}

func (s *Session) take(ctx context.Context, c *course, from carrier, message []byte, said *failure) error {
	t, err := wire.TypeOf(message)
	if err != nil {
		return err
	}
	switch t {
	case wire.TypeRoomHeartbeat:
		return from.Send(ctx, message)
	case wire.TypeRoomEnded:
		return read(message, func(m wire.RoomEnded) {
			said.draining = m.Reason == "draining"
			if m.Reason == string(Ended) || m.Reason == string(Removed) {
				said.ended = Reason(m.Reason)
			}
		})
	case wire.TypeError:
		err = read(message, func(m wire.Error) {
			if m.Re == wire.TypeHello {
				said.refusal = refusalOf(m)
			}
		})
	}
	if err != nil {
		return err
	}
	if err := s.enter(c, from, t, message); err != nil {
		return err
	}
	if s.cfg.Message != nil {
		s.cfg.Message(t, message)
	}
	return nil
}

// refusalOf is an error of the relay with the status that it has over HTTP.
func refusalOf(m wire.Error) *Refusal {
	status := http.StatusForbidden
	switch m.Code {
	case "token-invalid", "token-expired", "token-time":
		status = http.StatusUnauthorized
	case "token-replayed", "conflict":
		status = http.StatusConflict
	case "unavailable":
		status = http.StatusServiceUnavailable
	}
	return &Refusal{Status: status, Code: m.Code, Detail: m.Detail}
}

// enter lets the room take a message; the first room.state opens the channel.
func (s *Session) enter(c *course, from carrier, t wire.Type, message []byte) error {
	s.mu.Lock()
	before := s.room.Instance
	err := s.room.take(t, message)
	moved := before != "" && s.room.Instance != before
	if t == wire.TypeRoomState && err == nil {
		s.carrier = from
	}
	s.mu.Unlock()
	if err != nil || t != wire.TypeRoomState {
		return err
	}
	if moved {
		s.renew.give(time.Now())
	}
	if !c.entered {
		c.enter()
		s.tell(c, "")
	}
	return nil
}

// notice tells many that another relay has answered.
type notice struct {
	mu sync.Mutex
	at time.Time
	ch chan struct{} // closed and replaced at each
}

func newNotice() *notice { return &notice{ch: make(chan struct{})} }

func (n *notice) give(at time.Time) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.at = at
	close(n.ch)
	n.ch = make(chan struct{})
}

// wait returns when the latest was given, and what closes at the next.
func (n *notice) wait() (time.Time, <-chan struct{}) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.at, n.ch
}
