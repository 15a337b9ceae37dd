package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/coopnet/coopnet/functions/conference"
)

// CreateInvitation implements conference.Store.
func (s *Conference) CreateInvitation(ctx context.Context, inv *conference.Invitation) error {
	body, err := json.Marshal(inv)
	if err != nil {
		return fmt.Errorf("encode invitation: %w", err)
	}
	return s.db.change(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, "INSERT INTO invitation (id, code_hash, expires_at, revoked_at, body) VALUES (?,?,?,?,?)",
			inv.ID, inv.CodeHash[:], inv.ExpiresAt.UnixMilli(), millis(inv.RevokedAt), string(body))
		if primary, unique := taken(err); primary || unique {
			return conference.ErrConflict
		}
		if err != nil {
			return fmt.Errorf("insert invitation: %w", err)
		}
		return nil
	})
}

// Invitation implements conference.Store.
func (s *Conference) Invitation(ctx context.Context, id string) (*conference.Invitation, error) {
	return s.invitation(ctx, "id", id)
}

// InvitationByCode implements conference.Store.
func (s *Conference) InvitationByCode(ctx context.Context, hash [32]byte) (*conference.Invitation, error) {
	return s.invitation(ctx, "code_hash", hash[:])
}

func (s *Conference) invitation(ctx context.Context, column string, key any) (*conference.Invitation, error) {
	var revoked sql.NullInt64
	var body []byte
	err := s.db.read.QueryRowContext(ctx, "SELECT revoked_at, body FROM invitation WHERE "+column+" = ? AND expires_at > ?",
		key, s.db.cfg.Now().UnixMilli()).Scan(&revoked, &body)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, conference.ErrNotFound
	}
	if err != nil {
		return nil, s.db.fault(fmt.Errorf("read invitation: %w", err))
	}
	var inv conference.Invitation
	if err := json.Unmarshal(body, &inv); err != nil {
		return nil, fmt.Errorf("decode invitation: %w", err)
	}
	inv.RevokedAt = fromMillis(revoked)
	return &inv, nil
}

// RevokeInvitation implements conference.Store.
func (s *Conference) RevokeInvitation(ctx context.Context, id string, at time.Time) error {
	return s.db.change(ctx, func(tx *sql.Tx) error {
		result, err := tx.ExecContext(ctx, "UPDATE invitation SET revoked_at = coalesce(revoked_at, ?) WHERE id = ? AND expires_at > ?",
			at.UnixMilli(), id, s.db.cfg.Now().UnixMilli())
		if err != nil {
			return fmt.Errorf("revoke invitation: %w", err)
		}
		return oneRow(result, conference.ErrNotFound)
	})
}
