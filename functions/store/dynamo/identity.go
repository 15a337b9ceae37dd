package dynamo

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"time"

	"github.com/coopnet/coopnet/functions/identity"
)

// Identity is the store of identities.
type Identity struct {
	db    *DB
	table table
}

var _ identity.Store = (*Identity)(nil)

// Identity returns the store of identities.
func (db *DB) Identity() *Identity { return &Identity{db, db.table(db.cfg.Tables.Identity)} }

func identityKey(hash [32]byte) key {
	return key{"identity#" + base64.RawURLEncoding.EncodeToString(hash[:]), "identity"}
}

// SaveIdentity implements identity.Store. The hash is of a new random value: there is nothing to compare with.
func (s *Identity) SaveIdentity(ctx context.Context, hash [32]byte, who identity.Identity, expires time.Time) error {
	body, err := json.Marshal(who)
	if err != nil {
		return fmt.Errorf("encode identity: %w", err)
	}
	k := identityKey(hash)
	i := k.item().expire(expires).of(who.Email, k.pk)
	i["body"] = text(string(body))
	_, err = s.table.put(ctx, i, expression{})
	return err
}

// Identity implements identity.Store.
func (s *Identity) Identity(ctx context.Context, hash [32]byte) (identity.Identity, error) {
	i, err := s.table.get(ctx, identityKey(hash))
	if err != nil {
		return identity.Identity{}, err
	}
	if i == nil || i.expired(s.db.cfg.Now()) {
		return identity.Identity{}, identity.ErrNotFound
	}
	var who identity.Identity
	if err := json.Unmarshal([]byte(i.text("body")), &who); err != nil {
		return identity.Identity{}, fmt.Errorf("decode identity: %w", err)
	}
	return who, nil
}

// DeleteIdentity implements identity.Store.
func (s *Identity) DeleteIdentity(ctx context.Context, hash [32]byte) error {
	return s.table.remove(ctx, identityKey(hash), expression{})
}
