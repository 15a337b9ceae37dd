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
		_, err := tx.ExecContext(ctx, "INSERT INTO invitation (id, conference, kind, code_hash, created_at, expires_at, revoked_at, body) VALUES (?,?,?,?,?,?,?,?)",
			inv.ID, inv.Conference, string(inv.Kind), inv.CodeHash[:], inv.CreatedAt.UnixMilli(), inv.ExpiresAt.UnixMilli(), millis(inv.RevokedAt), string(body))
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
	row := s.db.read.QueryRowContext(ctx, "SELECT revoked_at, body FROM invitation WHERE "+column+" = ? AND expires_at > ?",
		key, s.db.cfg.Now().UnixMilli())
	inv, err := scanInvitation(row)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, conference.ErrNotFound
	}
	if err != nil {
		return nil, s.db.fault(err)
	}
	return inv, nil
}

func scanInvitation(row interface{ Scan(...any) error }) (*conference.Invitation, error) {
	var revoked sql.NullInt64
	var body []byte
	if err := row.Scan(&revoked, &body); err != nil {
		return nil, fmt.Errorf("read invitation: %w", err)
	}
	var inv conference.Invitation
	if err := json.Unmarshal(body, &inv); err != nil {
		return nil, fmt.Errorf("decode invitation: %w", err)
	}
	inv.RevokedAt = fromMillis(revoked)
	return &inv, nil
}

// Invitations implements conference.Store.
func (s *Conference) Invitations(ctx context.Context, q conference.InvitationQuery) (conference.InvitationPage, error) {
	where, args := "conference = ? AND expires_at > ?", []any{q.Conference, s.db.cfg.Now().UnixMilli()}
	if q.Kind != "" {
		where, args = where+" AND kind = ?", append(args, string(q.Kind))
	}
	switch q.Status {
	case conference.InvitationLive:
		where += " AND revoked_at IS NULL"
	case conference.InvitationRevoked:
		where += " AND revoked_at IS NOT NULL"
	}
	if q.Cursor != "" {
		at, id, ok := place(invitationList(q), q.Cursor)
		if !ok {
			return conference.InvitationPage{}, conference.ErrCursor
		}
		where, args = where+" AND (created_at, id) < (?, ?)", append(args, at, id)
	}
	rows, err := s.db.read.QueryContext(ctx, "SELECT revoked_at, body FROM invitation WHERE "+where+
		" ORDER BY created_at DESC, id DESC LIMIT ?", append(args, q.Limit+1)...)
	if err != nil {
		return conference.InvitationPage{}, s.db.fault(fmt.Errorf("list invitations: %w", err))
	}
	defer rows.Close()
	var page conference.InvitationPage
	for rows.Next() {
		inv, err := scanInvitation(rows)
		if err != nil {
			return conference.InvitationPage{}, err
		}
		page.Invitations = append(page.Invitations, inv)
	}
	if err := rows.Err(); err != nil {
		return conference.InvitationPage{}, s.db.fault(fmt.Errorf("list invitations: %w", err))
	}
	if len(page.Invitations) > q.Limit {
		page.Invitations = page.Invitations[:q.Limit]
		last := page.Invitations[q.Limit-1]
		page.Next = after(invitationList(q), last.CreatedAt, last.ID)
	}
	return page, nil
}

func invitationList(q conference.InvitationQuery) string {
	return fmt.Sprintf("invitations %q %q %q", q.Conference, q.Kind, q.Status)
}

// DeleteInvitation implements conference.Store.
func (s *Conference) DeleteInvitation(ctx context.Context, id string) error {
	if err := s.db.forget(ctx, "DELETE FROM invitation WHERE id = ?", id); err != nil {
		return fmt.Errorf("delete invitation: %w", err)
	}
	return nil
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
