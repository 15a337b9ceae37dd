package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/coopnet/coopnet/functions/conference"
)

// CreateKnock implements conference.LobbyStore.
func (s *Conference) CreateKnock(ctx context.Context, k *conference.Knock) error {
	body, err := json.Marshal(k)
	if err != nil {
		return fmt.Errorf("encode knock: %w", err)
	}
	return s.db.change(ctx, func(tx *sql.Tx) error {
		now := s.db.cfg.Now().UnixMilli()
		result, err := tx.ExecContext(ctx, `INSERT INTO lobby (conference, participant, status, asked_at, expires_at, body) VALUES (?,?,?,?,?,?)
			ON CONFLICT (conference, participant) DO UPDATE SET status = excluded.status, asked_at = excluded.asked_at,
				expires_at = excluded.expires_at, body = excluded.body WHERE expires_at <= ?`,
			k.Conference, k.Participant, k.Status, k.AskedAt.UnixMilli(), k.ExpiresAt.UnixMilli(), string(body), now)
		if err != nil {
			return fmt.Errorf("insert knock: %w", err)
		}
		return oneRow(result, conference.ErrConflict)
	})
}

// Knock implements conference.LobbyStore.
func (s *Conference) Knock(ctx context.Context, conferenceID, participant string) (*conference.Knock, error) {
	row := s.db.read.QueryRowContext(ctx, "SELECT body FROM lobby WHERE conference = ? AND participant = ? AND expires_at > ?",
		conferenceID, participant, s.db.cfg.Now().UnixMilli())
	k, err := scanKnock(row)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, conference.ErrNotFound
	}
	if err != nil {
		return nil, s.db.fault(err)
	}
	return k, nil
}

func scanKnock(row interface{ Scan(...any) error }) (*conference.Knock, error) {
	var body []byte
	if err := row.Scan(&body); err != nil {
		return nil, fmt.Errorf("read knock: %w", err)
	}
	var k conference.Knock
	if err := json.Unmarshal(body, &k); err != nil {
		return nil, fmt.Errorf("decode knock: %w", err)
	}
	return &k, nil
}

// TouchKnock implements conference.LobbyStore.
func (s *Conference) TouchKnock(ctx context.Context, k *conference.Knock) error {
	return s.editKnock(ctx, k, " AND status = '"+conference.KnockWaiting+"'", func(stored *conference.Knock) {
		stored.Name, stored.SeenAt, stored.ExpiresAt = k.Name, k.SeenAt, k.ExpiresAt
	})
}

// DecideKnock implements conference.LobbyStore.
func (s *Conference) DecideKnock(ctx context.Context, k *conference.Knock) error {
	return s.editKnock(ctx, k, "", func(stored *conference.Knock) {
		stored.Status, stored.DecidedBy, stored.DecidedAt, stored.ExpiresAt = k.Status, k.DecidedBy, k.DecidedAt, k.ExpiresAt
	})
}

func (s *Conference) editKnock(ctx context.Context, k *conference.Knock, condition string, edit func(stored *conference.Knock)) error {
	return s.db.change(ctx, func(tx *sql.Tx) error {
		row := tx.QueryRowContext(ctx, "SELECT body FROM lobby WHERE conference = ? AND participant = ? AND expires_at > ?"+condition,
			k.Conference, k.Participant, s.db.cfg.Now().UnixMilli())
		stored, err := scanKnock(row)
		if errors.Is(err, sql.ErrNoRows) {
			return conference.ErrNotFound
		}
		if err != nil {
			return err
		}
		edit(stored)
		body, err := json.Marshal(stored)
		if err != nil {
			return fmt.Errorf("encode knock: %w", err)
		}
		_, err = tx.ExecContext(ctx, "UPDATE lobby SET status = ?, expires_at = ?, body = ? WHERE conference = ? AND participant = ?",
			stored.Status, stored.ExpiresAt.UnixMilli(), string(body), k.Conference, k.Participant)
		if err != nil {
			return fmt.Errorf("update knock: %w", err)
		}
		return nil
	})
}

// Knocks implements conference.LobbyStore.
func (s *Conference) Knocks(ctx context.Context, q conference.KnockQuery) (conference.KnockPage, error) {
	where, args := "conference = ? AND expires_at > ?", []any{q.Conference, s.db.cfg.Now().UnixMilli()}
	if q.Status != "" {
		where, args = where+" AND status = ?", append(args, q.Status)
	}
	if q.Cursor != "" {
		at, id, ok := place(knockList(q), q.Cursor)
		if !ok {
			return conference.KnockPage{}, conference.ErrCursor
		}
		where, args = where+" AND (asked_at, participant) > (?, ?)", append(args, at, id)
	}
	rows, err := s.db.read.QueryContext(ctx, "SELECT body FROM lobby WHERE "+where+" ORDER BY asked_at, participant LIMIT ?", append(args, q.Limit+1)...)
	if err != nil {
		return conference.KnockPage{}, s.db.fault(fmt.Errorf("list knocks: %w", err))
	}
	defer rows.Close()
	var page conference.KnockPage
	for rows.Next() {
		k, err := scanKnock(rows)
		if err != nil {
			return conference.KnockPage{}, err
		}
		page.Knocks = append(page.Knocks, k)
	}
	if err := rows.Err(); err != nil {
		return conference.KnockPage{}, s.db.fault(fmt.Errorf("list knocks: %w", err))
	}
	if len(page.Knocks) > q.Limit {
		page.Knocks = page.Knocks[:q.Limit]
		last := page.Knocks[q.Limit-1]
		page.Next = after(knockList(q), last.AskedAt, last.Participant)
	}
	return page, nil
}

func knockList(q conference.KnockQuery) string {
	return fmt.Sprintf("lobby %q %q", q.Conference, q.Status)
}

// Waiting implements conference.LobbyStore.
func (s *Conference) Waiting(ctx context.Context, conferenceID string) (n int, err error) {
	err = s.db.read.QueryRowContext(ctx, "SELECT count(*) FROM lobby WHERE conference = ? AND status = ? AND expires_at > ?",
		conferenceID, conference.KnockWaiting, s.db.cfg.Now().UnixMilli()).Scan(&n)
	if err != nil {
		return 0, s.db.fault(fmt.Errorf("count knocks: %w", err))
	}
	return n, nil
}

// DeleteKnock implements conference.LobbyStore.
func (s *Conference) DeleteKnock(ctx context.Context, conferenceID, participant string) error {
	if err := s.db.forget(ctx, "DELETE FROM lobby WHERE conference = ? AND participant = ?", conferenceID, participant); err != nil {
		return fmt.Errorf("delete knock: %w", err)
	}
	return nil
}
