package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/coopnet/coopnet/functions/conference"
)

// Secrets is the store of the control plane's own keys. The file's mode protects them.
type Secrets struct{ db *DB }

var _ conference.Secrets = (*Secrets)(nil)

// Secrets returns the store of the control plane's own keys.
func (db *DB) Secrets() *Secrets { return &Secrets{db} }

// Secrets implements conference.Secrets.
func (s *Secrets) Secrets(ctx context.Context, kind string) ([]conference.Secret, error) {
	rows, err := s.db.read.QueryContext(ctx, "SELECT kind, id, value, created_at FROM secret WHERE kind = ? ORDER BY seq DESC", kind)
	if err != nil {
		return nil, s.db.fault(fmt.Errorf("read secrets: %w", err))
	}
	defer rows.Close()
	var secrets []conference.Secret
	for rows.Next() {
		var secret conference.Secret
		var created sql.NullInt64
		if err := rows.Scan(&secret.Kind, &secret.ID, &secret.Value, &created); err != nil {
			return nil, fmt.Errorf("read secret: %w", err)
		}
		secret.CreatedAt = fromMillis(created)
		secrets = append(secrets, secret)
	}
	if err := rows.Err(); err != nil {
		return nil, s.db.fault(fmt.Errorf("read secrets: %w", err))
	}
	return secrets, nil
}

// CreateSecret implements conference.Secrets.
func (s *Secrets) CreateSecret(ctx context.Context, secret conference.Secret, previous string) error {
	return s.db.change(ctx, func(tx *sql.Tx) error {
		var newest string
		err := tx.QueryRowContext(ctx, "SELECT id FROM secret WHERE kind = ? ORDER BY seq DESC LIMIT 1", secret.Kind).Scan(&newest)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return fmt.Errorf("read newest secret: %w", err)
		}
		if newest != previous {
			return conference.ErrConflict
		}
		_, err = tx.ExecContext(ctx, "INSERT INTO secret (kind, id, value, created_at) VALUES (?,?,?,?)",
			secret.Kind, secret.ID, secret.Value, secret.CreatedAt.UnixMilli())
		if _, unique := taken(err); unique {
			return conference.ErrConflict
		}
		if err != nil {
			return fmt.Errorf("insert secret: %w", err)
		}
		return nil
	})
}

// DeleteSecret implements conference.Secrets.
func (s *Secrets) DeleteSecret(ctx context.Context, kind, id string) error {
	if err := s.db.forget(ctx, "DELETE FROM secret WHERE kind = ? AND id = ?", kind, id); err != nil {
		return fmt.Errorf("delete secret: %w", err)
	}
	return nil
}
