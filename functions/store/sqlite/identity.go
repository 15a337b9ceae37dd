package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/coopnet/coopnet/functions/identity"
)

// Identity is the store of identities.
type Identity struct{ db *DB }

var _ identity.Store = (*Identity)(nil)

// Identity returns the store of identities.
func (db *DB) Identity() *Identity { return &Identity{db} }

// SaveIdentity implements identity.Store.
func (s *Identity) SaveIdentity(ctx context.Context, hash [32]byte, i identity.Identity, expires time.Time) error {
	body, err := json.Marshal(i)
	if err != nil {
		return fmt.Errorf("encode identity: %w", err)
	}
	return s.db.change(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, "INSERT INTO identity (hash, expires_at, body) VALUES (?,?,?)", hash[:], expires.UnixMilli(), string(body))
		if err != nil {
			return fmt.Errorf("insert identity: %w", err)
		}
		return nil
	})
}

// Identity implements identity.Store.
func (s *Identity) Identity(ctx context.Context, hash [32]byte) (identity.Identity, error) {
	var body []byte
	err := s.db.read.QueryRowContext(ctx, "SELECT body FROM identity WHERE hash = ? AND expires_at > ?",
		hash[:], s.db.cfg.Now().UnixMilli()).Scan(&body)
	if errors.Is(err, sql.ErrNoRows) {
		return identity.Identity{}, identity.ErrNotFound
	}
	if err != nil {
		return identity.Identity{}, s.db.fault(fmt.Errorf("read identity: %w", err))
	}
	var i identity.Identity
	if err := json.Unmarshal(body, &i); err != nil {
		return identity.Identity{}, fmt.Errorf("decode identity: %w", err)
	}
	return i, nil
}

// DeleteIdentity implements identity.Store.
func (s *Identity) DeleteIdentity(ctx context.Context, hash [32]byte) error {
	if err := s.db.forget(ctx, "DELETE FROM identity WHERE hash = ?", hash[:]); err != nil {
		return fmt.Errorf("delete identity: %w", err)
	}
	return nil
}
