// Package staff knows the people of the company and their programs: who may organize, support, publish and run relays.
// They show a key of ours, or an access token of the company's identity provider.
//
// A key is 256 random bits behind a prefix that says what it is for. Only its SHA-256 is stored: with that many random
// bits a slow hash would protect nothing. A key's row is never deleted: it says who made and who revoked it.
package staff

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"log/slog"
	"sync/atomic"
	"time"
)

// Role says what somebody may do.
type Role string

// The roles. None includes another: who needs two has two keys.
const (
	Organizer Role = "organizer" // conferences
	Support   Role = "support"   // diagnostic reports
	Relay     Role = "relay"     // one relay, whose id is the key's label
	Publisher Role = "publisher" // releases of the software, and these keys
)

// prefix begins the keys of the role; "" for no role.
func (r Role) prefix() string {
	switch r {
	case Organizer:
		return "cno_"
	case Support:
		return "cns_"
	case Relay:
		return "cnr_"
	case Publisher:
		return "cnp_"
	}
	return ""
}

// Roles lists the roles that a key can have.
func Roles() []Role { return []Role{Organizer, Support, Relay, Publisher} }

// Actor is who does something.
type Actor struct {
	ID       string // for audits and logs: "key:" and the key's id, or "oidc:" and the subject
	Role     Role
	ReadOnly bool
	Label    string // of a key; a relay's is the relay's id
}

// Key is a stored key; the secret itself is not part of it.
type Key struct {
	ID        string    `json:"id"`
	Role      Role      `json:"role"`
	Label     string    `json:"label"`
	ReadOnly  bool      `json:"readOnly"`
	Hash      [32]byte  `json:"-"`
	CreatedAt time.Time `json:"createdAt"`
	CreatedBy string    `json:"createdBy"`
	ExpiresAt time.Time `json:"expiresAt,omitzero"`
	UsedAt    time.Time `json:"usedAt,omitzero"` // within usedEvery
	RevokedAt time.Time `json:"revokedAt,omitzero"`
	RevokedBy string    `json:"revokedBy,omitempty"`
}

// Live reports whether the key opens anything at now.
func (k Key) Live(now time.Time) bool {
	return k.RevokedAt.IsZero() && (k.ExpiresAt.IsZero() || now.Before(k.ExpiresAt))
}

// Errors of the store.
var (
	ErrNotFound = errors.New("not found")
	ErrExists   = errors.New("the key exists")
)

// Store keeps keys. A key that was revoked or has expired is still returned: its row is the record of who had access.
type Store interface {
	// CreateKey stores a new one. ErrExists when the id or the hash is there.
	CreateKey(ctx context.Context, k Key) error
	// KeyByHash returns one, or ErrNotFound.
	KeyByHash(ctx context.Context, hash [32]byte) (Key, error)
	// Keys returns all, the oldest first.
	Keys(ctx context.Context) ([]Key, error)
	// RevokeKey marks it revoked by somebody; the first time counts. ErrNotFound.
	RevokeKey(ctx context.Context, id string, at time.Time, by string) error
	// UseKey notes that it was used at that time, if nothing was noted since `since`; else it writes nothing. A
	// missing key is fine.
	UseKey(ctx context.Context, id string, at, since time.Time) error
}

// Tokens knows the access tokens of the identity provider.
type Tokens interface {
	// Verify returns whose token it is. Its errors are problems: unauthenticated, or unavailable when the provider would
	// have to be asked and does not answer.
	Verify(ctx context.Context, token string) (Person, error)
}

// Person is whom the identity provider vouches for.
type Person struct {
	ID    string // "oidc:" and the subject
	Roles []Role
}

// Config is what a Domain needs.
type Config struct {
	Store  Store
	Tokens Tokens           // nil: keys only
	Now    func() time.Time // nil is time.Now
	Rand   io.Reader        // nil is crypto/rand
	Logger *slog.Logger     // nil discards
}

// Domain is the staff.
type Domain struct {
	cfg       Config
	restUntil atomic.Int64 // Unix seconds; until then no use is noted, because the store could not
}

// New checks the configuration.
func New(cfg Config) (*Domain, error) {
	if cfg.Store == nil {
		return nil, errors.New("staff: Config.Store is missing")
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
