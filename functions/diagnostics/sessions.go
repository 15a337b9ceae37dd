package diagnostics

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/netip"
	"slices"
	"time"

	"github.com/coopnet/coopnet/shared/opaque"
	"github.com/coopnet/coopnet/shared/problem"
)

// Relay is one that can be tested.
type Relay struct {
	ID      string
	Region  string
	WHIP    string
	WHEP    string
	Control string
	TURN    []string // RFC 7065; none: it has no TURN server
}

// Relays knows the relays.
type Relays interface {
	// Regions returns one relay of each region that works at the moment. None is no error: that is what a test may find.
	Regions(ctx context.Context) ([]Relay, error)
}

// ICEServer is an RTCIceServer of WebRTC.
type ICEServer struct {
	URLs       []string
	Username   string
	Credential string
}

// TestRooms lets who tests into a room of their own.
type TestRooms interface {
	// Token signs a join token for one relay, for a session's test room.
	Token(ctx context.Context, relay, session string) (token string, expires time.Time, err error)
	// ICEServers gives a session credentials for a relay's TURN server. It may return none.
	ICEServers(relay Relay, session string) []ICEServer
}

// SessionsConfig is what Sessions needs.
type SessionsConfig struct {
	Store   SessionStore
	Limiter Limiter
	Relays  Relays
	Rooms   TestRooms
	Site    func(*http.Request) string     // whose sessions are counted together
	Address func(*http.Request) netip.Addr // of the client
	Now     func() time.Time               // nil is time.Now
	Rand    io.Reader                      // nil is crypto/rand
	Logger  *slog.Logger                   // nil discards
}

// Sessions are the runs of the diagnostic tool. Anybody may begin one: it works before joining, and its tokens open
// nothing but test rooms.
type Sessions struct {
	cfg    SessionsConfig
	record Record
}

// Bounds and lifetimes of sessions.
const (
	sessionChars = 52 // of an id: 256 bits
	sessionLife  = 15 * time.Minute
	sessionKept  = 2 * time.Hour // for a report that comes late
	maxRegions   = 16

	sessionBurst = 60 // of one site: a company's whole staff may test before the same conference
	sessionEvery = 5 * time.Second
	tokenBurst   = 60 // of a session
)

// NewSessions checks the configuration.
func NewSessions(cfg SessionsConfig) (*Sessions, error) {
	if cfg.Store == nil || cfg.Limiter == nil || cfg.Relays == nil || cfg.Rooms == nil || cfg.Site == nil || cfg.Address == nil {
		return nil, errors.New("diagnostics: a required field of SessionsConfig is missing")
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Rand == nil {
		cfg.Rand = rand.Reader
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	return &Sessions{cfg, Record{cfg.Store, cfg.Logger}}, nil
}

func (s *Sessions) now() time.Time { return s.cfg.Now().UTC().Truncate(time.Millisecond) }

// Open begins a session. The id is known to nobody else.
func (s *Sessions) Open(ctx context.Context, site string, client netip.Addr, first Request) (session *Session, id string, relays []Relay, err error) {
	wait, err := s.cfg.Limiter.Spend(ctx, "ds:"+site, sessionBurst, sessionEvery)
	if err != nil {
		return nil, "", nil, err
	}
	if wait > 0 {
		return nil, "", nil, &problem.Error{Code: problem.RateLimited, Detail: "Too many tests were begun. Try again later.", RetryAfter: wait}
	}
	if relays, err = s.cfg.Relays.Regions(ctx); err != nil {
		return nil, "", nil, fmt.Errorf("list relays: %w", err)
	}
	relays = relays[:min(len(relays), maxRegions)]
	if id, err = opaque.Random(s.cfg.Rand, 32); err != nil {
		return nil, "", nil, err
	}
	name, _ := nameOf(id)
	now := s.now()
	session = &Session{
		Name: name, Client: origin(client), Requests: []Request{first}, OpenedAt: now, EndsAt: now.Add(sessionLife),
		ExpiresAt: now.Add(sessionKept), Version: 1,
	}
	for _, r := range relays {
		session.Relays = append(session.Relays, r.ID)
	}
	if err := s.cfg.Store.CreateSession(ctx, session); err != nil {
		return nil, "", nil, fmt.Errorf("store session: %w", err)
	}
	return session, id, relays, nil
}

// live returns the session with that id while it lasts.
func (s *Sessions) live(ctx context.Context, id string) (*Session, error) {
	gone := problem.New(problem.NotFound, "There is no such test, or it is over. Begin another one.")
	name, ok := nameOf(id)
	if !ok {
		return nil, gone
	}
	session, err := s.cfg.Store.Session(ctx, name)
	if errors.Is(err, ErrNotFound) || err == nil && !s.now().Before(session.EndsAt) {
		return nil, gone
	}
	if err != nil {
		return nil, fmt.Errorf("read session: %w", err)
	}
	return session, nil
}

// token lets a session into its test room on one of its relays.
func (s *Sessions) token(ctx context.Context, session *Session, relay string) (token string, expires time.Time, err error) {
	if !slices.Contains(session.Relays, relay) {
		return "", time.Time{}, invalid("/relay", "must be the id of one of this test's relays")
	}
	wait, err := s.cfg.Limiter.Spend(ctx, "dt:"+session.Name, tokenBurst, sessionLife)
	if err != nil {
		return "", time.Time{}, err
	}
	if wait > 0 {
		return "", time.Time{}, &problem.Error{Code: problem.RateLimited, Detail: "This test has had all its tokens. Begin another one.", RetryAfter: wait}
	}
	return s.cfg.Rooms.Token(ctx, relay, session.Name)
}
