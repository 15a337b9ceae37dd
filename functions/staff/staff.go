// Package staff holds the keys of the people who run conferences and who support them.
//
// A key is 256 random bits behind a prefix that says what it is for. Only its SHA-256 is stored: with that many random
// bits a slow hash would protect nothing.
package staff

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/coopnet/coopnet/shared/problem"
)

// Role says what a key opens.
type Role string

// The roles.
const (
	Organizer Role = "organizer"
	Support   Role = "support"
	Relay     Role = "relay" // its label is the id of the one relay that it is for
)

func (r Role) prefix() string {
	switch r {
	case Organizer:
		return "cno_"
	case Support:
		return "cns_"
	case Relay:
		return "cnr_"
	}
	return ""
}

// Key is a stored key; the secret itself is not part of it.
type Key struct {
	ID        string    `json:"id"`
	Role      Role      `json:"role"`
	Label     string    `json:"label"`
	Hash      [32]byte  `json:"-"`
	CreatedAt time.Time `json:"createdAt"`
	RevokedAt time.Time `json:"revokedAt,omitzero"`
}

// Errors of the store.
var (
	ErrNotFound = errors.New("not found")
	ErrExists   = errors.New("the key exists")
)

// Store keeps keys.
type Store interface {
	// CreateKey stores a new one. ErrExists when the id or the hash is there.
	CreateKey(ctx context.Context, k Key) error
	// KeyByHash returns one, revoked or not, or ErrNotFound.
	KeyByHash(ctx context.Context, hash [32]byte) (Key, error)
	// Keys returns all, the oldest first.
	Keys(ctx context.Context) ([]Key, error)
	// RevokeKey marks it revoked; the first time counts. ErrNotFound.
	RevokeKey(ctx context.Context, id string, at time.Time) error
}

// Config is what a Domain needs.
type Config struct {
	Store Store
	Now   func() time.Time // nil is time.Now
	Rand  io.Reader        // nil is crypto/rand
}

// Domain is the staff's keys.
type Domain struct{ cfg Config }

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
	return &Domain{cfg: cfg}, nil
}

const (
	secretBytes = 32
	maxLabel    = 100
)

// Create makes a key. The plain key is returned once and cannot be had again.
func (d *Domain) Create(ctx context.Context, role Role, label string) (k Key, plain string, err error) {
	secret := make([]byte, secretBytes)
	if _, err := io.ReadFull(d.cfg.Rand, secret); err != nil {
		return Key{}, "", fmt.Errorf("read random bytes: %w", err)
	}
	plain = role.prefix() + base64.RawURLEncoding.EncodeToString(secret)
	k, err = d.store(ctx, role, label, plain)
	if err != nil {
		return Key{}, "", err
	}
	return k, plain, nil
}

// Import stores a key that was made elsewhere in the same form. One that is there already stays as it is.
func (d *Domain) Import(ctx context.Context, role Role, label, plain string) (Key, error) {
	secret, err := base64.RawURLEncoding.DecodeString(strings.TrimPrefix(plain, role.prefix()))
	if err != nil || len(secret) != secretBytes || !strings.HasPrefix(plain, role.prefix()) {
		return Key{}, invalid("/key", "is not a key of this role")
	}
	k, err := d.store(ctx, role, label, plain)
	if errors.Is(err, ErrExists) {
		return d.cfg.Store.KeyByHash(ctx, sha256.Sum256([]byte(plain)))
	}
	return k, err
}

func (d *Domain) store(ctx context.Context, role Role, label, plain string) (Key, error) {
	if role.prefix() == "" {
		return Key{}, invalid("/role", "must be organizer, support or relay")
	}
	if utf8.RuneCountInString(label) > maxLabel {
		return Key{}, invalid("/label", fmt.Sprintf("is longer than %d characters", maxLabel))
	}
	hash := sha256.Sum256([]byte(plain))
	// The id is a part of the hash: it names the key in lists and logs and tells nothing of the secret.
	k := Key{ID: hex.EncodeToString(hash[:8]), Role: role, Label: label, Hash: hash, CreatedAt: d.cfg.Now().UTC().Truncate(time.Millisecond)}
	if err := d.cfg.Store.CreateKey(ctx, k); err != nil {
		return Key{}, fmt.Errorf("store key: %w", err)
	}
	return k, nil
}

func invalid(pointer, detail string) error {
	return &problem.Error{Code: problem.Invalid, Detail: "Some fields are not valid.", Fields: []problem.Field{{Pointer: pointer, Detail: detail}}}
}

// Revoke ends a key. Revoking it twice is fine.
func (d *Domain) Revoke(ctx context.Context, id string) error {
	err := d.cfg.Store.RevokeKey(ctx, id, d.cfg.Now().UTC().Truncate(time.Millisecond))
	if errors.Is(err, ErrNotFound) {
		return problem.New(problem.NotFound, "There is no such key.")
	}
	if err != nil {
		return fmt.Errorf("revoke key: %w", err)
	}
	return nil
}

// List returns all keys, revoked ones too.
func (d *Domain) List(ctx context.Context) ([]Key, error) {
	keys, err := d.cfg.Store.Keys(ctx)
	if err != nil {
		return nil, fmt.Errorf("list keys: %w", err)
	}
	return keys, nil
}

// Authenticate returns the live key that bearer is. Every bearer costs one hash and one indexed read of that hash, so
// the time tells nothing about stored keys. A live key of another role is forbidden; anything else is unauthenticated.
func (d *Domain) Authenticate(ctx context.Context, bearer string, role Role) (Key, error) {
	k, err := d.cfg.Store.KeyByHash(ctx, sha256.Sum256([]byte(bearer)))
	if errors.Is(err, ErrNotFound) || err == nil && !k.RevokedAt.IsZero() {
		return Key{}, problem.New(problem.Unauthenticated, "The key is not known or was revoked.")
	}
	if err != nil {
		return Key{}, fmt.Errorf("read key: %w", err)
	}
	if k.Role != role {
		return Key{}, problem.New(problem.Forbidden, "This needs a key for the role "+string(role)+".")
	}
	return k, nil
}
