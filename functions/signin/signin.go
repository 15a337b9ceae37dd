// Package signin lets internal participants sign in with the company's identity provider (OpenID Connect, authorization
// code with PKCE).
//
// The server remembers nothing between the requests: what belongs to an attempt lies sealed in one cookie of the browser
// that began it, and who has signed in, for an hour, in another. The provider's tokens never reach the browser.
package signin

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/mail"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/coopnet/coopnet/shared/problem"
	"github.com/coopnet/coopnet/shared/sealed"
	"github.com/coopnet/coopnet/shared/text"
)

// Provider is the identity provider. Its errors are problems: unauthenticated for an answer that proves nothing,
// unavailable when it does not answer.
type Provider interface {
	// Authorize returns the provider's page to send the browser to.
	Authorize(ctx context.Context, a Attempt) (page string, err error)
	// Redeem returns who has signed in, by the answer that the provider sent the browser back with.
	Redeem(ctx context.Context, a Attempt, answer Answer) (Person, error)
}

// Attempt is one attempt to sign in.
type Attempt struct {
	State    string    `json:"s"` // comes back with the answer
	Nonce    string    `json:"n"` // stands in the provider's ID token
	Verifier string    `json:"v"` // of PKCE (RFC 7636)
	Return   string    `json:"r"` // the path of ours to go to in the end
	Expires  time.Time `json:"x"`
}

// Answer is what the provider sends the browser back with.
type Answer struct {
	Code   string
	Issuer string // RFC 9207; empty: it did not say
}

// Person is whom the provider vouches for.
type Person struct {
	Actor    string // for logs
	Name     string
	Email    string
	Internal bool // may join as an internal participant
}

// Session is a colleague who has signed in.
type Session struct {
	Actor   string    `json:"a"`
	Name    string    `json:"n"`
	Email   string    `json:"e"`
	Expires time.Time `json:"x"`
}

// Limiter counts events per key; see conference.Limiter.
type Limiter interface {
	Spend(ctx context.Context, key string, burst int, every time.Duration) (wait time.Duration, err error)
}

// Config is what a Domain needs.
type Config struct {
	Provider      Provider // nil: nobody can sign in
	NeedsPassword bool     // a colleague types a conference's password like everybody else
	Keys          func(ctx context.Context, id string) (sealed.Key, error)
	Limiter       Limiter
	Client        func(*http.Request) string // whose attempts are counted together
	Now           func() time.Time           // nil is time.Now
	Rand          io.Reader                  // nil is crypto/rand
	Logger        *slog.Logger               // nil discards
}

// Domain is the sign-in of internal participants.
type Domain struct{ cfg Config }

// New checks the configuration.
func New(cfg Config) (*Domain, error) {
	if cfg.Keys == nil || cfg.Limiter == nil || cfg.Client == nil {
		return nil, errors.New("signin: a required field of Config is missing")
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
	return &Domain{cfg: cfg}, nil
}

const (
	attemptLife = 10 * time.Minute
	sessionLife = time.Hour // an admission outlives it: nobody is sent away for it
	maxReturn   = 512
	maxName     = 100 // characters, as identities have
	maxEmail    = 254

	signInBurst = 2000 // a company behind one address signs in at once
	signInEvery = time.Second
)

// NeedsPassword reports whether a colleague's conference name is not enough.
func (d *Domain) NeedsPassword() bool { return d.cfg.NeedsPassword }

// Of returns the colleague who has signed in, or nil.
func (d *Domain) Of(r *http.Request) (*Session, error) {
	cookie, err := r.Cookie(sessionCookie)
	if err != nil || d.cfg.Provider == nil {
		return nil, nil
	}
	var s Session
	err = d.box(sessionCookie).Open(r.Context(), cookie.Value, &s)
	if errors.Is(err, sealed.ErrNotOurs) || err == nil && !d.cfg.Now().Before(s.Expires) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return &s, nil
}

// begin makes an attempt whose secrets nobody can guess.
func (d *Domain) begin(back string) (Attempt, error) {
	a := Attempt{Return: back, Expires: d.cfg.Now().Add(attemptLife).UTC().Truncate(time.Second)}
	for _, secret := range []*string{&a.State, &a.Nonce, &a.Verifier} {
		var random [32]byte
		if _, err := io.ReadFull(d.cfg.Rand, random[:]); err != nil {
			return Attempt{}, fmt.Errorf("read random bytes: %w", err)
		}
		*secret = base64.RawURLEncoding.EncodeToString(random[:])
	}
	return a, nil
}

// session is what is kept of a person; what others will see of it is brought into a form that they may see.
func (d *Domain) session(p Person) (Session, error) {
	if !p.Internal {
		return Session{}, problem.New(problem.Forbidden, "Your account may not join as an internal participant.")
	}
	s := Session{Actor: p.Actor, Name: shown(p.Name), Email: p.Email, Expires: d.cfg.Now().Add(sessionLife).UTC().Truncate(time.Second)}
	if a, err := mail.ParseAddress(p.Email); err != nil || a.Address != p.Email || len(p.Email) > maxEmail || strings.ContainsFunc(p.Email, text.Hidden) {
		s.Email = ""
	}
	if s.Name == "" {
		local, _, _ := strings.Cut(s.Email, "@")
		s.Name = shown(local)
	}
	if s.Name == "" {
		return Session{}, problem.New(problem.Forbidden, "The identity provider does not tell your name. Ask who runs it.")
	}
	return s, nil
}

// shown is a name as the list of participants may show it, or nothing.
func shown(name string) string {
	if !utf8.ValidString(name) {
		return ""
	}
	visible := slices.DeleteFunc([]rune(norm.NFC.String(name)), text.Hidden)
	name = strings.TrimSpace(string(visible[:min(len(visible), maxName)]))
	if !text.Named(name) {
		return ""
	}
	return name
}
