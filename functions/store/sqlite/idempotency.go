package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/coopnet/coopnet/shared/idempotency"
)

// Idempotency is the store of idempotency keys.
type Idempotency struct{ db *DB }

var _ idempotency.Store = (*Idempotency)(nil)

// Idempotency returns the store of idempotency keys.
func (db *DB) Idempotency() *Idempotency { return &Idempotency{db} }

// Claim implements idempotency.Store.
func (s *Idempotency) Claim(ctx context.Context, c idempotency.Claim) (have idempotency.Claim, made bool, err error) {
	err = s.db.change(ctx, func(tx *sql.Tx) error {
		now := s.db.cfg.Now().UnixMilli()
		result, err := tx.ExecContext(ctx, `INSERT INTO idempotency (id, request, seed, answer, expires_at) VALUES (?,?,?,'',?)
			ON CONFLICT (id) DO UPDATE SET request = excluded.request, seed = excluded.seed, answer = '', expires_at = excluded.expires_at
			WHERE expires_at <= ?`, c.ID, c.Request[:], c.Seed, c.ExpiresAt.UnixMilli(), now)
		if err != nil {
			return fmt.Errorf("insert claim: %w", err)
		}
		n, err := result.RowsAffected()
		if err != nil {
			return fmt.Errorf("count rows: %w", err)
		}
		if made = n > 0; made {
			have = c
			return nil
		}
		var request []byte
		var expires sql.NullInt64
		have = idempotency.Claim{ID: c.ID}
		err = tx.QueryRowContext(ctx, "SELECT request, seed, answer, expires_at FROM idempotency WHERE id = ?", c.ID).
			Scan(&request, &have.Seed, &have.Answer, &expires)
		if err != nil {
			return fmt.Errorf("read claim: %w", err)
		}
		copy(have.Request[:], request)
		have.ExpiresAt = fromMillis(expires)
		return nil
	})
	return have, made, err
}

// Answer implements idempotency.Store.
func (s *Idempotency) Answer(ctx context.Context, id, sealed string) (stored string, err error) {
	err = s.db.change(ctx, func(tx *sql.Tx) error {
		now := s.db.cfg.Now().UnixMilli()
		err := tx.QueryRowContext(ctx, "UPDATE idempotency SET answer = iif(answer = '', ?, answer) WHERE id = ? AND expires_at > ? RETURNING answer",
			sealed, id, now).Scan(&stored)
		if errors.Is(err, sql.ErrNoRows) {
			return idempotency.ErrGone
		}
		if err != nil {
			return fmt.Errorf("store answer: %w", err)
		}
		return nil
	})
	return stored, err
}

// Release implements idempotency.Store.
func (s *Idempotency) Release(ctx context.Context, id string) error {
	if err := s.db.forget(ctx, "DELETE FROM idempotency WHERE id = ? AND answer = ''", id); err != nil {
		return fmt.Errorf("release claim: %w", err)
	}
	return nil
}
