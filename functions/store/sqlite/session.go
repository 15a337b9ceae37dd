package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/coopnet/coopnet/functions/diagnostics"
)

// sessionSchema is a step of migrations.
const sessionSchema = `
CREATE TABLE diagnostic_session (
	name       TEXT PRIMARY KEY, -- made of the id, which is not here
	expires_at INTEGER NOT NULL,
	version    INTEGER NOT NULL,
	body       TEXT NOT NULL
) STRICT;
CREATE INDEX diagnostic_session_expiry ON diagnostic_session (expires_at);
`

var _ diagnostics.SessionStore = (*Diagnostics)(nil)

// CreateSession implements diagnostics.SessionStore.
func (s *Diagnostics) CreateSession(ctx context.Context, d *diagnostics.Session) error {
	body, err := json.Marshal(d)
	if err != nil {
		return fmt.Errorf("encode session: %w", err)
	}
	return s.db.change(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, "INSERT INTO diagnostic_session (name, expires_at, version, body) VALUES (?,?,?,?)",
			d.Name, d.ExpiresAt.UnixMilli(), d.Version, string(body))
		if primary, unique := taken(err); primary || unique {
			return diagnostics.ErrExists
		}
		if err != nil {
			return fmt.Errorf("insert session: %w", err)
		}
		return nil
	})
}

// Session implements diagnostics.SessionStore.
func (s *Diagnostics) Session(ctx context.Context, name string) (*diagnostics.Session, error) {
	var version int64
	var body []byte
	err := s.db.read.QueryRowContext(ctx, "SELECT version, body FROM diagnostic_session WHERE name = ? AND expires_at > ?",
		name, s.db.cfg.Now().UnixMilli()).Scan(&version, &body)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, diagnostics.ErrNotFound
	}
	if err != nil {
		return nil, s.db.fault(fmt.Errorf("read session: %w", err))
	}
	var d diagnostics.Session
	if err := json.Unmarshal(body, &d); err != nil {
		return nil, fmt.Errorf("decode session: %w", err)
	}
	d.Version = version
	return &d, nil
}

// UpdateSession implements diagnostics.SessionStore.
func (s *Diagnostics) UpdateSession(ctx context.Context, d *diagnostics.Session) error {
	next := *d
	next.Version++
	body, err := json.Marshal(next)
	if err != nil {
		return fmt.Errorf("encode session: %w", err)
	}
	err = s.db.change(ctx, func(tx *sql.Tx) error {
		result, err := tx.ExecContext(ctx, "UPDATE diagnostic_session SET expires_at = ?, version = ?, body = ? WHERE name = ? AND version = ?",
			next.ExpiresAt.UnixMilli(), next.Version, string(body), next.Name, d.Version)
		if err != nil {
			return fmt.Errorf("update session: %w", err)
		}
		return oneRow(result, diagnostics.ErrConflict)
	})
	if err == nil {
		d.Version = next.Version
	}
	return err
}

// DeleteSession implements diagnostics.SessionStore.
func (s *Diagnostics) DeleteSession(ctx context.Context, name string) error {
	if err := s.db.forget(ctx, "DELETE FROM diagnostic_session WHERE name = ?", name); err != nil {
		return fmt.Errorf("delete session: %w", err)
	}
	return nil
}
