// Package whip serves WHIP (RFC 9725) for presenters and WHEP (draft-ietf-wish-whep) for viewers over HTTP.
//
// It is where a room's decisions meet the packet path: a publication of the room gets its forward.Publication here, and
// a viewer's subscription follows the room's target. Requests carry a join token as bearer; there are no cookies, so any
// origin may call.
package whip

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/coopnet/coopnet/relay/internal/egress"
	"github.com/coopnet/coopnet/relay/internal/forward"
	"github.com/coopnet/coopnet/relay/internal/gate"
	"github.com/coopnet/coopnet/relay/internal/peer"
	"github.com/coopnet/coopnet/relay/internal/room"
	"github.com/coopnet/coopnet/relay/internal/trial"
	"github.com/coopnet/coopnet/shared/jointoken"
	"github.com/coopnet/coopnet/shared/problem"
)

const (
	maxBody      = peer.MaxOffer // of a fragment too
	typeSDP      = "application/sdp"
	typeFragment = "application/trickle-ice-sdpfrag" // RFC 8840
	// publicationHeader names the share that a session begins: who has several knows by it which one is told of.
	publicationHeader = "X-Publication"
	startTimeout      = 30 * time.Second // from the answer to the first media
)

// Config is what the server needs; all fields but Trials are required.
type Config struct {
	Gate     *gate.Gate
	Rooms    *room.Rooms
	Peers    *peer.Peers
	Socket   *egress.Socket
	Counters *forward.Counters
	Trials   *trial.Record // what media sessions of test rooms did; nil: nobody wants to know
	Logger   *slog.Logger
	Now      func() time.Time
}

// Server is the HTTP handler of /whip and /whep and what lies below them.
type Server struct {
	gate     *gate.Gate
	rooms    *room.Rooms
	peers    *peer.Peers
	socket   *egress.Socket
	counters *forward.Counters
	logger   *slog.Logger
	now      func() time.Time
	mux      *http.ServeMux
	answers  *forward.Answers // on the media port's reader
	tests    tests

	lifetime
	table
}

// table is what is live.
type table struct {
	mu           sync.Mutex
	sessions     map[string]*session
	publications map[string]*forward.Publication
	past         *past
	closed       bool
}

// lifetime is that of the sessions' goroutines.
type lifetime struct {
	running sync.WaitGroup
	base    context.Context
	stop    context.CancelFunc
}

// New makes the server. Close ends its sessions.
func New(cfg Config) *Server {
	s := &Server{
		gate: cfg.Gate, rooms: cfg.Rooms, peers: cfg.Peers, socket: cfg.Socket, counters: cfg.Counters, logger: cfg.Logger, now: cfg.Now,
		mux: http.NewServeMux(), answers: forward.NewAnswers(cfg.Socket.NewBatch()),
		tests: tests{cfg.Trials, trial.NewBudgets(cfg.Now)},
		table: table{sessions: make(map[string]*session), publications: make(map[string]*forward.Publication), past: newPast()},
	}
	s.base, s.stop = context.WithCancel(context.Background())
	for path, create := range map[string]func(*http.Request, gate.Admitted, string) (*session, string, error){"/whip": s.present, "/whep": s.view} {
		purpose := gate.Share
		if path == "/whep" {
			purpose = gate.View
		}
		s.mux.HandleFunc("POST "+path, s.handle(func(w http.ResponseWriter, r *http.Request) error { return s.create(w, r, path, purpose, create) }))
		s.mux.HandleFunc("PATCH "+path+"/{id}", s.handle(s.patch))
		s.mux.HandleFunc("DELETE "+path+"/{id}", s.handle(s.delete))
		for at, allow := range map[string]string{path: "OPTIONS, POST", path + "/{id}": "DELETE, OPTIONS, PATCH"} {
			s.mux.HandleFunc("OPTIONS "+at, s.preflight)
			s.mux.HandleFunc(at, s.handle(notAllowed(allow)))
		}
	}
	s.mux.HandleFunc("/", s.handle(func(http.ResponseWriter, *http.Request) error {
		return problem.New(problem.NotFound, "There is no such endpoint.")
	}))
	return s
}

func notAllowed(allow string) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, _ *http.Request) error {
		w.Header().Set("Allow", allow) // RFC 9110 section 15.5.6
		return problem.New(problem.MethodNotAllowed, "Use POST to begin a session, PATCH and DELETE on its Location.")
	}
}

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Access-Control-Expose-Headers", "Location, ETag, Link, Accept-Patch, "+publicationHeader+", Retry-After, WWW-Authenticate, X-Request-Id")
	s.mux.ServeHTTP(w, r)
}

func (s *Server) preflight(w http.ResponseWriter, _ *http.Request) {
	h := w.Header()
	h.Set("Access-Control-Allow-Methods", "POST, PATCH, DELETE, OPTIONS")
	h.Set("Access-Control-Allow-Headers", "Authorization, Content-Type, If-Match")
	h.Set("Access-Control-Max-Age", "600")
	h.Set("Accept-Post", typeSDP) // RFC 9725 section 4.2
	w.WriteHeader(http.StatusNoContent)
}

// handle renders errors as problems.
func (s *Server) handle(f func(http.ResponseWriter, *http.Request) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		err := f(w, r)
		if err == nil {
			return
		}
		requestID := w.Header().Get("X-Request-Id")
		p := problem.From(err)
		level := slog.LevelInfo
		if p.Code.Status() >= 500 {
			level = slog.LevelWarn
		}
		s.logger.Log(r.Context(), level, "media request refused", "requestId", requestID, "pattern", r.Pattern, "code", string(p.Code), "cause", p.Cause)
		if p.Code.Status() == http.StatusUnauthorized {
			w.Header().Set("WWW-Authenticate", challenge(p.Code)) // RFC 9110 section 15.5.2
		}
		problem.Write(w, requestID, err)
	}
}

// challenge follows RFC 6750 section 3: who sent no token is told no error.
func challenge(code problem.Code) string {
	if code == problem.Unauthenticated {
		return "Bearer"
	}
	return `Bearer error="invalid_token"`
}

// random returns size random bytes as base64url text.
func random(size int) string {
	b := make([]byte, size)
	_, _ = rand.Read(b) // never fails (crypto/rand)
	return base64.RawURLEncoding.EncodeToString(b)
}

// transport is a session's connection: *peer.Viewer or *peer.Presenter.
type transport interface {
	// Restart takes the other side's ICE credentials and returns the fragment that answers, "" when they are known.
	Restart(peer.Fragment) (string, error)
	// Close makes the session's run end. It may be called again.
	Close()
}

// session is one WHIP or WHEP resource. Its id is secret: 192 random bits.
type session struct {
	id        string
	share     string            // id of the publication that it begins; "" where it views
	token     [sha256.Size]byte // of the join token that opened it
	presence  *room.Presence
	transport transport
	run       func() // until the session has ended and is removed

	changing sync.Mutex // held over a whole PATCH: of two with one ETag the second is late
	etag     string
}

// create answers the POST that begins a session (RFC 9725 section 4.2).
func (s *Server) create(w http.ResponseWriter, r *http.Request, path string, purpose gate.Purpose,
	open func(*http.Request, gate.Admitted, string) (*session, string, error)) error {
	offer, err := body(w, r, typeSDP)
	if err != nil {
		return err
	}
	token, ok := bearer(r)
	if !ok {
		return problem.New(problem.Unauthenticated, "Send the join token as a bearer token.")
	}
	admitted, err := s.gate.Admit(r.Context(), token, purpose)
	if err != nil {
		return err
	}
	created, answer, err := open(r, admitted, offer)
	if err != nil {
		admitted.Release() // a refused offer may be corrected with the same token
		return err
	}
	etag := newETag()
	created.etag, created.token = etag, sha256.Sum256([]byte(token))
	if !s.start(created) {
		created.transport.Close()
		created.presence.Leave()
		admitted.Release()
		return stopping(nil)
	}
	h := w.Header()
	h.Set("Content-Type", typeSDP)
	h.Set("Location", path+"/"+created.id)
	h.Set("ETag", etag)
	if created.share != "" {
		h.Set(publicationHeader, created.share)
	}
	h.Set("Accept-Patch", typeFragment)
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusCreated)
	_, _ = io.WriteString(w, answer) // the browser has gone: the session ends for want of checks
	return nil
}

// body reads a body of the given type.
func body(w http.ResponseWriter, r *http.Request, want string) (string, error) {
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != want {
		return "", problem.New(problem.UnsupportedMediaType, "The content type must be "+want+".")
	}
	b, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return "", problem.New(problem.BodyTooLarge, fmt.Sprintf("The body may have %d bytes.", maxBody))
	}
	if err != nil {
		return "", problem.Wrap(problem.Malformed, "The body could not be read.", err)
	}
	return string(b), nil
}

func bearer(r *http.Request) (string, bool) {
	scheme, token, ok := strings.Cut(r.Header.Get("Authorization"), " ")
	return token, ok && strings.EqualFold(scheme, "Bearer") && token != ""
}

func newETag() string { return `"` + random(9) + `"` }

// start gives the session its address and lets it run; false when the server is closed.
func (s *Server) start(created *session) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	created.id = random(24)
	s.sessions[created.id] = created
	s.running.Go(created.run) // under the lock: Close waits only once nothing can be added
	return true
}

// find returns the request's session. Whoever knows its URL is its owner; a token, where one is sent, must be the one
// that opened it, but may have expired since.
func (s *Server) find(r *http.Request) (*session, error) {
	s.mu.Lock()
	found := s.sessions[r.PathValue("id")]
	s.mu.Unlock()
	if found == nil {
		return nil, problem.New(problem.NotFound, "There is no such session.")
	}
	if token, ok := bearer(r); ok {
		if sum := sha256.Sum256([]byte(token)); subtle.ConstantTimeCompare(sum[:], found.token[:]) != 1 {
			return nil, problem.New(problem.TokenInvalid, "The session was opened with another join token.")
		}
	}
	return found, nil
}

// patch takes trickled candidates, which an ICE-lite relay does not need, and ICE restarts (RFC 9725 section 4.3).
func (s *Server) patch(w http.ResponseWriter, r *http.Request) error {
	found, err := s.find(r)
	if err != nil {
		return err
	}
	fragment, err := body(w, r, typeFragment)
	if err != nil {
		return err
	}
	match := r.Header.Get("If-Match")
	if match == "" {
		return problem.New(problem.PreconditionRequired, "Send If-Match with the session's ETag, or * to restart ICE.")
	}
	sent, err := peer.ReadFragment(fragment)
	if err != nil {
		return err
	}
	found.changing.Lock()
	defer found.changing.Unlock()
	if match != "*" && match != found.etag {
		return problem.New(problem.PreconditionFailed, "The session was restarted since.")
	}
	answer, err := found.transport.Restart(sent)
	if err != nil {
		return err
	}
	if answer == "" {
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
	found.etag = newETag()
	w.Header().Set("Content-Type", typeFragment)
	w.Header().Set("ETag", found.etag)
	_, _ = io.WriteString(w, answer)
	return nil
}

func (s *Server) delete(w http.ResponseWriter, r *http.Request) error {
	found, err := s.find(r)
	switch {
	case err == nil:
		found.transport.Close()
		s.remove(found) // at once, and not only when its run has noticed
	case !s.was(r.PathValue("id")):
		return err
	}
	w.WriteHeader(http.StatusOK)
	return nil
}

// was reports whether the session has ended lately: deleting it again is fine (RFC 9110 section 9.2.2).
func (s *Server) was(id string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.past.has(id)
}

// remove forgets a session; its run calls it too.
func (s *Server) remove(ended *session) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.sessions[ended.id] == nil {
		return
	}
	delete(s.sessions, ended.id)
	s.past.add(ended.id)
}

// join enters the room for the session's lifetime.
func (s *Server) join(claims jointoken.Claims) (*room.Presence, error) {
	presence, err := s.rooms.Join(claims.Conference, claims.Limit, room.ParticipantOf(claims))
	if err != nil {
		return nil, outside(err)
	}
	return presence, nil
}

// outside says why a participant is not in the room.
func outside(err error) error {
	switch {
	case errors.Is(err, room.ErrRemoved), errors.Is(err, room.ErrEnded), errors.Is(err, room.ErrGone):
		return problem.Wrap(problem.Forbidden, "You are no longer in this conference.", err)
	case errors.Is(err, room.ErrLocked):
		return problem.Wrap(problem.Forbidden, "An organizer has locked this conference.", err)
	case errors.Is(err, room.ErrFull):
		return &problem.Error{Code: problem.Unavailable, Detail: "The conference is full.", RetryAfter: 30 * time.Second, Cause: err}
	}
	return stopping(err)
}

func stopping(cause error) error {
	return &problem.Error{Code: problem.Unavailable, Detail: "The relay is stopping; join again.", RetryAfter: time.Second, Cause: cause}
}

// Close ends all sessions and waits for them.
func (s *Server) Close() {
	s.mu.Lock()
	s.closed = true
	open := make([]*session, 0, len(s.sessions))
	for _, o := range s.sessions {
		open = append(open, o)
	}
	s.mu.Unlock()
	for _, o := range open {
		o.transport.Close()
	}
	s.stop()
	s.running.Wait()
}

// publicationID is public, unlike a session's id.
func publicationID() string {
	b := make([]byte, 8)
	_, _ = rand.Read(b) // never fails (crypto/rand)
	return "s-" + hex.EncodeToString(b)
}
