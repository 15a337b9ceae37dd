// Package portal stands in front of the domains: it routes, bounds, guards and logs their calls, renders what they
// refuse, and serves the portal's files. The same handler runs in a server and behind the Lambda adapter.
package portal

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"path"
	"runtime/debug"
	"strings"
	"time"

	"github.com/coopnet/coopnet/shared/problem"
)

// Config is what the portal needs.
type Config struct {
	API       []*http.ServeMux                // the domains' routes
	Static    http.Handler                    // the portal's files; nil answers 404
	Ready     func(ctx context.Context) error // nil is always ready
	PublicURL string                          // https:// turns HSTS on
	Connect   []string                        // further origins that pages may connect to: the relays
	Patience  time.Duration                   // of a call with all that it asks of others; 0 is 1.9 s: refusals come within 2 s
	Now       func() time.Time                // nil is time.Now
	Rand      io.Reader                       // nil is crypto/rand
	Logger    *slog.Logger                    // nil discards
	Observe   Observe                         // nil: nobody counts
}

const (
	maxBody      = 64 << 10
	readyTimeout = 1500 * time.Millisecond

	standardPatience = 1900 * time.Millisecond
	probePatience    = standardPatience + 1500*time.Millisecond // a relay is asked at its own address
	signInPatience   = standardPatience + 5*time.Second         // the identity provider takes its time, and a person waits for it
)

type portal struct {
	cfg      Config
	muxes    []*http.ServeMux
	origin   *http.CrossOriginProtection
	policies policies
}

// New wires the portal.
func New(cfg Config) (http.Handler, error) {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Patience <= 0 {
		cfg.Patience = standardPatience
	}
	if cfg.Rand == nil {
		cfg.Rand = rand.Reader
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	if cfg.PublicURL == "" {
		return nil, errors.New("portal: Config.PublicURL is missing")
	}
	policies, err := newPolicies(cfg.PublicURL, cfg.Connect)
	if err != nil {
		return nil, err
	}
	p := &portal{cfg: cfg, origin: http.NewCrossOriginProtection(), policies: policies}
	// Behind a gateway the Host is not the public one, so the Origin of our own pages must be named.
	if err := p.origin.AddTrustedOrigin(cfg.PublicURL); err != nil {
		return nil, fmt.Errorf("trust the public origin: %w", err)
	}
	p.muxes = append([]*http.ServeMux{p.own()}, cfg.API...)
	return p, nil
}

// own is the routes of no domain.
func (p *portal) own() *http.ServeMux {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, []byte(`{"status":"ok"}`)) })
	mux.HandleFunc("GET /readyz", p.readyz)
	mux.HandleFunc("GET /api/v1/openapi.json", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Cache-Control", "public, max-age=300")
		writeJSON(w, openAPI())
	})
	return mux
}

func writeJSON(w http.ResponseWriter, body []byte) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusOK)
	_, _ = w.Write(body) // the client has gone: nothing left to tell it
}

func (p *portal) readyz(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), readyTimeout)
	defer cancel()
	if p.cfg.Ready != nil {
		if err := p.cfg.Ready(ctx); err != nil {
			id := w.Header().Get(requestIDHeader)
			p.cfg.Logger.ErrorContext(r.Context(), "not ready", "requestId", id, "error", err)
			problem.Write(w, id, &problem.Error{Code: problem.Unavailable, Detail: "Not ready.", RetryAfter: 2 * time.Second, Cause: err})
			return
		}
	}
	writeJSON(w, []byte(`{"status":"ok"}`))
}

// mergePatch may be said of a PATCH (RFC 7396); its bodies are JSON all the same.
const mergePatch = "application/merge-patch+json"

const requestIDHeader = "X-Request-Id"

// ServeHTTP answers exactly once, whatever the handler inside does: the two transports differ in everything else.
func (p *portal) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	start := p.cfg.Now()
	// The Lambda adapter believes these when they come from a client; nothing of ours reads them.
	r.Header.Del("X-GoLambdaProxy-ApiGw-Context")
	r.Header.Del("X-GoLambdaProxy-ApiGw-StageVars")
	out := newOnce(p.requestID())
	p.policies.set(out.Header(), isAPI(r.URL.Path))
	route := p.run(out, r)
	out.flush(w, r)
	took := p.cfg.Now().Sub(start)
	p.cfg.Logger.Log(r.Context(), level(route, out.status), "request", "requestId", out.id, "method", r.Method, "route", route,
		"status", out.status, "duration", took)
	if p.cfg.Observe != nil {
		p.cfg.Observe(r.Context(), Observation{Route: route, Status: out.status, Code: out.code(), Duration: took, Panicked: out.panicked})
	}
}

// level keeps the log readable: probes come every few seconds, and a page is many files.
func level(route string, status int) slog.Level {
	switch route {
	case "GET /healthz", "GET /readyz", "static":
		if status < http.StatusBadRequest {
			return slog.LevelDebug
		}
	}
	return slog.LevelInfo
}

// requestID is always our own: a client's value could forge log lines.
func (p *portal) requestID() string {
	var b [12]byte
	if _, err := io.ReadFull(p.cfg.Rand, b[:]); err != nil {
		return "unknown" // only names the request in the log
	}
	return hex.EncodeToString(b[:])
}

// run answers into out and returns the route's pattern for the log. Paths do not go there: they carry ids.
func (p *portal) run(out *once, r *http.Request) (route string) {
	defer func() {
		if v := recover(); v != nil {
			p.cfg.Logger.ErrorContext(r.Context(), "panic", "requestId", out.id, "panic", v, "stack", string(debug.Stack()))
			out.reset()
			out.panicked = true
			p.policies.set(out.Header(), isAPI(r.URL.Path))
			problem.Write(out, out.id, problem.New(problem.Internal, ""))
		}
	}()
	if !isAPI(r.URL.Path) {
		if p.cfg.Static == nil {
			problem.Write(out, out.id, problem.New(problem.NotFound, ""))
		} else {
			p.cfg.Static.ServeHTTP(out, r)
		}
		return "static"
	}
	mux, route, err := p.route(r)
	if err == nil {
		err = p.guard(r)
	}
	if err != nil {
		if allow, ok := problem.From(err).Extra["allow"].([]string); ok {
			out.Header().Set("Allow", strings.Join(allow, ", "))
		}
		problem.Write(out, out.id, err)
		return route
	}
	ctx, cancel := context.WithTimeout(r.Context(), p.patience(route))
	defer cancel()
	mux.ServeHTTP(out, r.WithContext(ctx))
	return route
}

// patience is how long a call may take. Its stores have limits of their own; this one is for all of it.
func (p *portal) patience(route string) time.Duration {
	switch route {
	case "PUT /api/v1/relays/{id}":
		return max(p.cfg.Patience, probePatience)
	case "GET /api/v1/sign-in/callback":
		return max(p.cfg.Patience, signInPatience)
	}
	return p.cfg.Patience
}

func isAPI(urlPath string) bool {
	return strings.HasPrefix(urlPath, "/api/") || strings.HasPrefix(urlPath, "/.well-known/") || urlPath == "/api" ||
		urlPath == "/healthz" || urlPath == "/readyz"
}

// route finds who answers, so that "not found" and "method not allowed" are problems too.
func (p *portal) route(r *http.Request) (*http.ServeMux, string, error) {
	if path.Clean(r.URL.Path) != r.URL.Path { // a ServeMux would redirect
		return nil, "none", problem.New(problem.NotFound, "There is nothing here.")
	}
	if mux, pattern := p.find(r); mux != nil {
		return mux, pattern, nil
	}
	var allow []string
	for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete} {
		other := *r
		other.Method = method
		if mux, _ := p.find(&other); mux != nil {
			allow = append(allow, method)
		}
	}
	if len(allow) == 0 {
		return nil, "none", problem.New(problem.NotFound, "There is nothing here.")
	}
	return nil, "none", &problem.Error{Code: problem.MethodNotAllowed, Detail: "Use " + strings.Join(allow, ", ") + ".", Extra: map[string]any{"allow": allow}}
}

func (p *portal) find(r *http.Request) (*http.ServeMux, string) {
	for _, mux := range p.muxes {
		if _, pattern := mux.Handler(r); pattern != "" {
			return mux, pattern
		}
	}
	return nil, ""
}

// guard refuses what no domain needs to see, and gives the domain a body that is complete and bounded.
func (p *portal) guard(r *http.Request) error {
	if err := p.origin.Check(r); err != nil {
		return problem.Wrap(problem.CSRF, "This call is only for the portal's own pages.", err)
	}
	if r.Body == nil {
		r.Body = http.NoBody
	}
	if r.ContentLength > maxBody {
		return tooLarge()
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	if err != nil {
		return problem.Wrap(problem.Malformed, "The body could not be read.", err)
	}
	if len(body) > maxBody {
		return tooLarge()
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	if len(body) == 0 {
		return nil
	}
	// Other types can be sent by a form of another site without asking.
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "application/json" && !(r.Method == http.MethodPatch && kind == mergePatch) {
		return problem.New(problem.UnsupportedMediaType, "Send application/json.")
	}
	return nil
}

func tooLarge() error {
	return problem.New(problem.BodyTooLarge, fmt.Sprintf("The body may have %d bytes.", maxBody))
}
