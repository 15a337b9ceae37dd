package staff

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/coopnet/coopnet/shared/problem"
	"github.com/coopnet/coopnet/shared/text"
)

const (
	secretBytes = 32
	maxLabel    = 100
	maxKeys     = 5000 // all that were ever made: lists have no pages
	maxLife     = 10 * 365 * 24 * time.Hour
)

// Draft is a key before it exists.
type Draft struct {
	Role      Role       `json:"role"`
	Label     string     `json:"label"`     // whose it is, for people
	ReadOnly  bool       `json:"readOnly"`  // it changes nothing
	ExpiresAt *time.Time `json:"expiresAt"` // nil: it works until it is revoked
}

// normalise brings the draft into the form that is stored, or says everything that is wrong with it.
func (n *Draft) normalise(now time.Time) error {
	var fields []problem.Field
	fail := func(pointer, detail string) { fields = append(fields, problem.Field{Pointer: pointer, Detail: detail}) }
	if n.Role.prefix() == "" {
		fail("/role", "must be organizer, support, relay or publisher")
	}
	n.Label = norm.NFC.String(n.Label)
	switch {
	case n.Label == "" && n.Role == Relay:
		fail("/label", "must be the relay's id, or the beginning of a fleet's and a star")
	case utf8.RuneCountInString(n.Label) > maxLabel:
		fail("/label", fmt.Sprintf("is longer than %d characters", maxLabel))
	case !utf8.ValidString(n.Label) || strings.ContainsFunc(n.Label, text.Hidden):
		fail("/label", "contains characters that nobody sees")
	}
	if n.ReadOnly && n.Role != Organizer && n.Role != Support {
		fail("/readOnly", "is only for the roles organizer and support")
	}
	if n.ExpiresAt != nil {
		switch life := n.ExpiresAt.Sub(now); {
		case life <= 0:
			fail("/expiresAt", "is over already")
		case life > maxLife:
			fail("/expiresAt", "is more than ten years away")
		}
		utc := n.ExpiresAt.UTC().Truncate(time.Millisecond)
		n.ExpiresAt = &utc
	}
	if len(fields) > 0 {
		return &problem.Error{Code: problem.Invalid, Detail: "Some fields are not valid.", Fields: fields}
	}
	return nil
}

// Create makes a key for the actor. The plain key is returned once and cannot be had again.
func (d *Domain) Create(ctx context.Context, actor string, draft Draft) (k Key, plain string, err error) {
	if err := draft.normalise(d.cfg.Now()); err != nil {
		return Key{}, "", err
	}
	secret := make([]byte, secretBytes)
	if _, err := io.ReadFull(d.cfg.Rand, secret); err != nil {
		return Key{}, "", fmt.Errorf("read random bytes: %w", err)
	}
	all, err := d.List(ctx)
	if err != nil {
		return Key{}, "", err
	}
	if len(all) >= maxKeys {
		return Key{}, "", problem.New(problem.Conflict, fmt.Sprintf("There are %d keys, and no more can be made.", maxKeys))
	}
	plain = draft.Role.prefix() + base64.RawURLEncoding.EncodeToString(secret)
	k, err = d.store(ctx, actor, draft, plain)
	if err != nil {
		return Key{}, "", err
	}
	return k, plain, nil
}

// Import stores a key that was made elsewhere in the same form. One that is there already stays as it is.
func (d *Domain) Import(ctx context.Context, actor string, draft Draft, plain string) (Key, error) {
	if err := draft.normalise(d.cfg.Now()); err != nil {
		return Key{}, err
	}
	rest, fits := strings.CutPrefix(plain, draft.Role.prefix())
	if secret, err := base64.RawURLEncoding.DecodeString(rest); err != nil || len(secret) != secretBytes || !fits {
		return Key{}, &problem.Error{Code: problem.Invalid, Detail: "Some fields are not valid.",
			Fields: []problem.Field{{Pointer: "/key", Detail: "is not a key of this role"}}}
	}
	k, err := d.store(ctx, actor, draft, plain)
	if errors.Is(err, ErrExists) {
		return d.cfg.Store.KeyByHash(ctx, sha256.Sum256([]byte(plain)))
	}
	return k, err
}

func (d *Domain) store(ctx context.Context, actor string, draft Draft, plain string) (Key, error) {
	hash := sha256.Sum256([]byte(plain))
	k := Key{
		// The id is a part of the hash: it names the key in lists and logs and tells nothing of the secret.
		ID: hex.EncodeToString(hash[:8]), Role: draft.Role, Label: draft.Label, ReadOnly: draft.ReadOnly, Hash: hash,
		CreatedAt: d.cfg.Now().UTC().Truncate(time.Millisecond), CreatedBy: actor,
	}
	if draft.ExpiresAt != nil {
		k.ExpiresAt = *draft.ExpiresAt
	}
	if err := d.cfg.Store.CreateKey(ctx, k); err != nil {
		return Key{}, fmt.Errorf("store key: %w", err)
	}
	d.cfg.Logger.InfoContext(ctx, "staff key made", "key", k.ID, "role", k.Role, "by", actor)
	return k, nil
}

// Revoke ends a key. Revoking it twice is fine; the first time is remembered.
func (d *Domain) Revoke(ctx context.Context, actor, id string) error {
	err := d.cfg.Store.RevokeKey(ctx, id, d.cfg.Now().UTC().Truncate(time.Millisecond), actor)
	if errors.Is(err, ErrNotFound) {
		return problem.New(problem.NotFound, "There is no such key.")
	}
	if err != nil {
		return fmt.Errorf("revoke key: %w", err)
	}
	d.cfg.Logger.InfoContext(ctx, "staff key revoked", "key", id, "by", actor)
	return nil
}

// List returns all keys, the dead ones too.
func (d *Domain) List(ctx context.Context) ([]Key, error) {
	keys, err := d.cfg.Store.Keys(ctx)
	if err != nil {
		return nil, fmt.Errorf("list keys: %w", err)
	}
	return slices.Clip(keys), nil
}
