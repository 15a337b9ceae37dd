// Package identity remembers who a guest says to be: title, name and e-mail address, as the list of participants shows
// them. It never authorises anything.
//
// The browser holds a random value in a cookie, the store its SHA-256. Every change makes a new value, so a value that
// somebody planted in a browser is never adopted; "disconnect" deletes the row, not only the cookie.
package identity

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/mail"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/coopnet/coopnet/shared/problem"
	"github.com/coopnet/coopnet/shared/text"
)

// Identity is who a guest says to be.
type Identity struct {
	Title    string `json:"title"`
	Name     string `json:"name"`
	Email    string `json:"email"`
	Remember bool   `json:"remember"`
}

// ErrNotFound is the store's answer for a value that it does not know, or not any more.
var ErrNotFound = errors.New("not found")

// Store keeps identities under the hash of the cookie's value. What has expired is never returned.
type Store interface {
	// SaveIdentity stores an identity under a new hash.
	SaveIdentity(ctx context.Context, hash [32]byte, i Identity, expires time.Time) error
	// Identity returns one, or ErrNotFound.
	Identity(ctx context.Context, hash [32]byte) (Identity, error)
	// DeleteIdentity forgets one; a missing one is fine.
	DeleteIdentity(ctx context.Context, hash [32]byte) error
}

// Limiter counts events per key; see conference.Limiter.
type Limiter interface {
	Spend(ctx context.Context, key string, burst int, every time.Duration) (wait time.Duration, err error)
}

// Config is what a Domain needs.
type Config struct {
	Store   Store
	Limiter Limiter
	Client  func(*http.Request) string // whose changes are counted together
	Now     func() time.Time           // nil is time.Now
	Rand    io.Reader                  // nil is crypto/rand
	Logger  *slog.Logger               // nil discards
}

// Domain is the identities.
type Domain struct{ cfg Config }

// New checks the configuration.
func New(cfg Config) (*Domain, error) {
	if cfg.Store == nil || cfg.Limiter == nil || cfg.Client == nil {
		return nil, errors.New("identity: a required field of Config is missing")
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

// Bounds.
const (
	maxTitle = 40
	maxName  = 100
	maxEmail = 254 // RFC 5321 section 4.5.3.1.3 less the brackets

	rememberedLife = 180 * 24 * time.Hour
	sessionLife    = 24 * time.Hour

	saveBurst = 2000 // a company behind one address identifies itself at once; some 600 KB of rows
	saveEvery = 2 * time.Second
)

// normalise brings the identity into the form that is stored, or says everything that is wrong with it.
func (i *Identity) normalise() error {
	var fields []problem.Field
	field := func(pointer, s string, limit int, required bool) string {
		s = strings.TrimSpace(norm.NFC.String(s))
		switch {
		case s == "" && required:
			fields = append(fields, problem.Field{Pointer: pointer, Detail: "is empty"})
		case utf8.RuneCountInString(s) > limit:
			fields = append(fields, problem.Field{Pointer: pointer, Detail: fmt.Sprintf("is longer than %d characters", limit)})
		case strings.ContainsFunc(s, text.Hidden):
			fields = append(fields, problem.Field{Pointer: pointer, Detail: "contains characters that nobody sees"})
		case required && !text.Named(s):
			fields = append(fields, problem.Field{Pointer: pointer, Detail: "has no letter and no digit"})
		}
		return s
	}
	i.Title = field("/title", i.Title, maxTitle, false)
	i.Name = field("/name", i.Name, maxName, true)
	i.Email = field("/email", i.Email, maxEmail, true)
	if i.Email != "" && !validEmail(i.Email) {
		fields = append(fields, problem.Field{Pointer: "/email", Detail: "is not an e-mail address"})
	}
	if len(fields) > 0 {
		return &problem.Error{Code: problem.Invalid, Detail: "Some fields are not valid.", Fields: fields}
	}
	return nil
}

func validEmail(s string) bool {
	a, err := mail.ParseAddress(s)
	return err == nil && a.Address == s // no display name, no comment
}

// save stores the identity under a new random value and returns that value.
func (d *Domain) save(ctx context.Context, i Identity) (value string, err error) {
	random := make([]byte, 32)
	if _, err := io.ReadFull(d.cfg.Rand, random); err != nil {
		return "", fmt.Errorf("read random bytes: %w", err)
	}
	value = base64.RawURLEncoding.EncodeToString(random)
	life := sessionLife
	if i.Remember {
		life = rememberedLife
	}
	if err := d.cfg.Store.SaveIdentity(ctx, sha256.Sum256([]byte(value)), i, d.cfg.Now().Add(life)); err != nil {
		return "", fmt.Errorf("store identity: %w", err)
	}
	return value, nil
}

// Of returns the identity of a request, or nil.
func (d *Domain) Of(r *http.Request) (*Identity, error) {
	hash, ok := cookieHash(r)
	if !ok {
		return nil, nil
	}
	i, err := d.cfg.Store.Identity(r.Context(), hash)
	if errors.Is(err, ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return &i, nil
}
