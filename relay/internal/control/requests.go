package control

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/coopnet/coopnet/shared/problem"
	"github.com/coopnet/coopnet/shared/wire"
)

const (
	maxBody  = 64 << 10 // of several messages, each of which may have wire.MaxMessage
	maxBatch = messageBurst
)

// route says who answers which request. No cookie is ever used, so any origin may call.
func (s *Server) route() {
	for at, allow := range map[string]string{path: "GET, OPTIONS, POST", path + "/{id}": "DELETE, GET, OPTIONS", path + "/{id}/messages": "OPTIONS, POST"} {
		s.mux.HandleFunc("OPTIONS "+at, s.preflight)
		s.mux.HandleFunc(at, s.answering(func(w http.ResponseWriter, _ *http.Request) error {
			w.Header().Set("Allow", allow) // RFC 9110 section 15.5.6
			return problem.New(problem.MethodNotAllowed, "The control channel is opened with GET as a WebSocket, or with POST.")
		}))
	}
	s.mux.HandleFunc("POST "+path, s.hello)
	s.mux.HandleFunc("GET "+path+"/{id}", s.answering(s.fetch))
	s.mux.HandleFunc("DELETE "+path+"/{id}", s.answering(s.depart))
	s.mux.HandleFunc("POST "+path+"/{id}/messages", s.answering(s.take))
	s.mux.HandleFunc("/", s.answering(func(http.ResponseWriter, *http.Request) error {
		return problem.New(problem.NotFound, "There is no such endpoint.")
	}))
}

func allowOrigins(w http.ResponseWriter) {
	h := w.Header()
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Access-Control-Expose-Headers", "Location, Retry-After, WWW-Authenticate, X-Request-Id")
	h.Set("Cache-Control", "no-store")
}

func (s *Server) preflight(w http.ResponseWriter, _ *http.Request) {
	allowOrigins(w)
	h := w.Header()
	h.Set("Access-Control-Allow-Methods", "GET, POST, DELETE, OPTIONS")
	h.Set("Access-Control-Allow-Headers", "Content-Type")
	h.Set("Access-Control-Max-Age", "600")
	w.WriteHeader(http.StatusNoContent)
}

// answering renders errors as problems. Addresses are secret: none is logged.
func (s *Server) answering(f func(http.ResponseWriter, *http.Request) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		allowOrigins(w)
		if err := f(w, r); err != nil {
			id := w.Header().Get("X-Request-Id")
			s.cfg.Logger.DebugContext(r.Context(), "control: request refused", "requestId", id, "pattern", r.Pattern, "error", err)
			problem.Write(w, id, err)
		}
	}
}

// hello opens a channel over HTTP. It answers with the first messages.
func (s *Server) hello(w http.ResponseWriter, r *http.Request) {
	allowOrigins(w)
	if err := s.enter(overHTTP); err != nil {
		s.refuse(w, r, err)
		return
	}
	settled := sync.OnceFunc(s.settle)
	defer settled()
	hello, err := s.body(w, r, wire.MaxMessage)
	if err != nil {
		s.leave(overHTTP)
		s.refuse(w, r, err)
		return
	}
	p := newPoll(s)
	go s.carry(p, settled)
	batch, err := p.greet(r.Context(), hello)
	switch {
	case err != nil || r.Context().Err() != nil: // nobody will come again
		p.leave()
		problem.Write(w, w.Header().Get("X-Request-Id"), unavailable("The relay could not open the channel."))
	case batch.End != nil:
		p.leave()
		refusal := refusalOf(batch)
		if refusal.Code.Status() == http.StatusUnauthorized {
			w.Header().Set("WWW-Authenticate", `Bearer error="invalid_token"`) // RFC 9110 section 15.5.2
		}
		problem.Write(w, w.Header().Get("X-Request-Id"), refusal)
	default:
		w.Header().Set("Location", path+"/"+p.id)
		s.write(w, http.StatusCreated, p, batch)
	}
}

// carry is a channel over HTTP from the hello to the end.
func (s *Server) carry(p *poll, settled func()) {
	defer s.leave(overHTTP)
	s.mu.Lock()
	s.polls[p.id] = p
	s.mu.Unlock()
	newChannel(s, p).run(func(err error) {
		if settled(); err == nil {
			p.outlet.accept()
		}
	})
	s.mu.Lock()
	delete(s.polls, p.id)
	s.mu.Unlock()
}

// refusalOf makes a problem of the messages with which a channel refuses a hello. It has them too, so that a page treats
// the refusal as it does over a WebSocket.
func refusalOf(b wire.Batch) *problem.Error {
	p := problem.New(problem.Forbidden, "You are no longer in this conference.")
	var refused wire.Error
	switch n := len(b.Messages); {
	case b.End.Code == int(CloseRemoved), b.End.Code == int(CloseEnded):
	case b.End.Code == int(CloseReplaced):
		p = problem.New(problem.Conflict, "You have opened this conference elsewhere since.")
	case n > 0 && json.Unmarshal(b.Messages[n-1], &refused) == nil && refused.Type == wire.TypeError:
		p = problem.New(problem.Code(refused.Code), refused.Detail)
	default:
		p = problem.New(problem.Unavailable, "The relay is stopping; join again.")
	}
	if p.Code == problem.Unavailable {
		p.RetryAfter = retryAfter
	}
	p.Extra = map[string]any{"after": b.After, "messages": b.Messages, "end": b.End}
	return p
}

// fetch waits for messages.
func (s *Server) fetch(w http.ResponseWriter, r *http.Request) error {
	p, err := s.find(r)
	if err != nil {
		return err
	}
	after, err := strconv.ParseUint(r.URL.Query().Get("after"), 10, 64)
	if err != nil {
		return problem.Wrap(problem.Malformed, "Say ?after= how many messages have arrived.", err)
	}
	batch, err := p.fetch(r.Context(), after)
	switch {
	case errors.Is(err, errShut):
		return noChannel()
	case r.Context().Err() != nil:
		return nil // who asked has gone
	case err != nil:
		return err
	}
	s.write(w, http.StatusOK, p, batch)
	return nil
}

// take passes the participant's messages on.
func (s *Server) take(w http.ResponseWriter, r *http.Request) error {
	p, err := s.find(r)
	if err != nil {
		return err
	}
	after, messages, err := s.messages(w, r)
	if err != nil {
		return err
	}
	if err := p.take(r.Context(), after, messages); err != nil {
		return err
	}
	for _, m := range messages {
		if len(m) > wire.MaxMessage {
			return problem.New(problem.BodyTooLarge, fmt.Sprintf("A message may have %d bytes.", wire.MaxMessage))
		}
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func (s *Server) messages(w http.ResponseWriter, r *http.Request) (after uint64, messages []json.RawMessage, err error) {
	text, err := s.body(w, r, maxBody)
	if err != nil {
		return 0, nil, err
	}
	var batch struct {
		After    *uint64           `json:"after"`
		Messages []json.RawMessage `json:"messages"`
	}
	if err := problem.Decode(bytes.NewReader(text), &batch); err != nil {
		return 0, nil, err
	}
	if batch.After == nil || len(batch.Messages) > maxBatch {
		return 0, nil, problem.New(problem.Malformed, fmt.Sprintf("Say after how many messages, and send at most %d at once.", maxBatch))
	}
	return *batch.After, batch.Messages, nil
}

// depart ends a channel.
func (s *Server) depart(w http.ResponseWriter, r *http.Request) error {
	p, err := s.find(r)
	if err != nil {
		return err
	}
	p.leave()
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func (s *Server) find(r *http.Request) (*poll, error) {
	s.mu.Lock()
	p := s.polls[r.PathValue("id")]
	s.mu.Unlock()
	if p == nil {
		return nil, noChannel()
	}
	return p, nil
}

func noChannel() error { return problem.New(problem.NotFound, "There is no such channel.") }

// body reads JSON that arrives within HelloTimeout.
func (s *Server) body(w http.ResponseWriter, r *http.Request, limit int64) ([]byte, error) {
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		return nil, problem.New(problem.UnsupportedMediaType, "Send application/json.")
	}
	deadline := http.NewResponseController(w)
	_ = deadline.SetReadDeadline(time.Now().Add(s.cfg.HelloTimeout)) // a server that has none has its own
	text, err := io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return nil, problem.New(problem.BodyTooLarge, fmt.Sprintf("The body may have %d bytes.", limit))
	case err != nil:
		return nil, problem.Wrap(problem.Malformed, "The body could not be read.", err)
	}
	_ = deadline.SetReadDeadline(time.Time{}) // else the request would be given up then; net/http still reads what is left of a refused one
	return text, nil
}

// write answers with a batch in one piece: proxies hold back what they cannot measure.
func (s *Server) write(w http.ResponseWriter, status int, p *poll, batch wire.Batch) {
	text, err := json.Marshal(batch)
	if err != nil { // every message was made by us
		s.cfg.Logger.Error("control: encode batch", "error", err)
		problem.Write(w, w.Header().Get("X-Request-Id"), problem.Wrap(problem.Internal, "", err))
		return
	}
	answer := http.NewResponseController(w)
	_ = answer.SetWriteDeadline(time.Now().Add(s.cfg.WriteTimeout)) // net/http lifts it for the next answer
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Content-Length", strconv.Itoa(len(text)))
	w.WriteHeader(status)
	_, _ = w.Write(text) // the participant asks again
	if batch.End != nil {
		_ = answer.Flush() // a stopping relay waits for no more than this
		p.tell()
	}
}

// greet passes the hello on and waits for the answer.
func (p *poll) greet(ctx context.Context, hello []byte) (wire.Batch, error) {
	if err := p.pass(ctx, frame{text: true, data: hello}); err != nil {
		return wire.Batch{}, err
	}
	return p.outlet.first(ctx)
}
