package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/coopnet/coopnet/functions/conference"
)

// Conference is the store of conferences and invitations.
type Conference struct{ db *DB }

var _ conference.Store = (*Conference)(nil)

// Conference returns the store of conferences and invitations.
func (db *DB) Conference() *Conference { return &Conference{db} }

// CreateConference implements conference.Store.
func (s *Conference) CreateConference(ctx context.Context, c *conference.Conference) error {
	body, err := json.Marshal(c)
	if err != nil {
		return fmt.Errorf("encode conference: %w", err)
	}
	now := s.db.cfg.Now()
	return s.db.change(ctx, func(tx *sql.Tx) error {
		// A conference whose end has passed gives its name free without anybody ending it.
		if _, err := tx.ExecContext(ctx, "UPDATE conference SET live_name = NULL WHERE live_name = ? AND until <= ?", c.Name, now.UnixMilli()); err != nil {
			return fmt.Errorf("free the name: %w", err)
		}
		_, err := tx.ExecContext(ctx,
			"INSERT INTO conference (id, live_name, created_at, opens_at, until, expires_at, version, body) VALUES (?,?,?,?,?,?,?,?)",
			c.ID, liveName(c, now), c.CreatedAt.UnixMilli(), c.OpensAt().UnixMilli(), millis(c.Until()), millis(c.Expires()), c.Version, string(body))
		switch primary, unique := taken(err); {
		case primary:
			return conference.ErrConflict
		case unique:
			return conference.ErrNameTaken
		case err != nil:
			return fmt.Errorf("insert conference: %w", err)
		}
		return nil
	})
}

func liveName(c *conference.Conference, now time.Time) any {
	if c.Status(now) == conference.StatusEnded {
		return nil
	}
	return c.Name
}

// Conference implements conference.Store.
func (s *Conference) Conference(ctx context.Context, id string) (*conference.Conference, error) {
	return s.one(ctx, "SELECT version, body FROM conference WHERE id = ? AND (expires_at IS NULL OR expires_at > ?)", id)
}

// RecentConference implements conference.Store. Here every read is as cheap.
func (s *Conference) RecentConference(ctx context.Context, id string) (*conference.Conference, error) {
	return s.Conference(ctx, id)
}

// ConferenceByName implements conference.Store.
func (s *Conference) ConferenceByName(ctx context.Context, name string) (*conference.Conference, error) {
	return s.one(ctx, "SELECT version, body FROM conference WHERE live_name = ? AND (until IS NULL OR until > ?)", name)
}

func (s *Conference) one(ctx context.Context, query, key string) (*conference.Conference, error) {
	row := s.db.read.QueryRowContext(ctx, query, key, s.db.cfg.Now().UnixMilli())
	c, err := scanConference(row)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, conference.ErrNotFound
	}
	if err != nil {
		return nil, s.db.fault(err)
	}
	return c, nil
}

func scanConference(row interface{ Scan(...any) error }) (*conference.Conference, error) {
	var version int64
	var body []byte
	if err := row.Scan(&version, &body); err != nil {
		return nil, fmt.Errorf("read conference: %w", err)
	}
	var c conference.Conference
	if err := json.Unmarshal(body, &c); err != nil {
		return nil, fmt.Errorf("decode conference: %w", err)
	}
	c.Version = version
	return &c, nil
}

// Conferences implements conference.Store.
func (s *Conference) Conferences(ctx context.Context, q conference.Query) (conference.Page, error) {
	now := s.db.cfg.Now().UnixMilli()
	where, args := []string{"(expires_at IS NULL OR expires_at > ?)"}, []any{now}
	switch q.Status {
	case conference.StatusEnded:
		where, args = append(where, "until <= ?"), append(args, now)
	case conference.StatusScheduled:
		where, args = append(where, "(until IS NULL OR until > ?) AND opens_at > ?"), append(args, now, now)
	case conference.StatusOpen:
		where, args = append(where, "(until IS NULL OR until > ?) AND opens_at <= ?"), append(args, now, now)
	}
	if q.Cursor != "" {
		at, id, ok := place(cursorList(q), q.Cursor)
		if !ok {
			return conference.Page{}, conference.ErrCursor
		}
		where, args = append(where, "(created_at, id) < (?, ?)"), append(args, at, id)
	}
	rows, err := s.db.read.QueryContext(ctx, "SELECT version, body FROM conference WHERE "+strings.Join(where, " AND ")+
		" ORDER BY created_at DESC, id DESC LIMIT ?", append(args, q.Limit+1)...)
	if err != nil {
		return conference.Page{}, s.db.fault(fmt.Errorf("list conferences: %w", err))
	}
	defer rows.Close()
	var page conference.Page
	for rows.Next() {
		c, err := scanConference(rows)
		if err != nil {
			return conference.Page{}, err
		}
		page.Conferences = append(page.Conferences, c)
	}
	if err := rows.Err(); err != nil {
		return conference.Page{}, s.db.fault(fmt.Errorf("list conferences: %w", err))
	}
	if len(page.Conferences) > q.Limit { // one more than asked for: there is another page
		page.Conferences = page.Conferences[:q.Limit]
		last := page.Conferences[q.Limit-1]
		page.Next = after(cursorList(q), last.CreatedAt, last.ID)
	}
	return page, nil
}

func cursorList(q conference.Query) string { return "conferences " + q.Status }

// UpdateConference implements conference.Store.
func (s *Conference) UpdateConference(ctx context.Context, c *conference.Conference) error {
	next := *c
	next.Version++
	body, err := json.Marshal(next)
	if err != nil {
		return fmt.Errorf("encode conference: %w", err)
	}
	err = s.db.change(ctx, func(tx *sql.Tx) error {
		result, err := tx.ExecContext(ctx,
			"UPDATE conference SET live_name = ?, opens_at = ?, until = ?, expires_at = ?, version = ?, body = ? WHERE id = ? AND version = ?",
			liveName(c, s.db.cfg.Now()), c.OpensAt().UnixMilli(), millis(c.Until()), millis(c.Expires()), next.Version, string(body), c.ID, c.Version)
		if _, unique := taken(err); unique {
			return conference.ErrNameTaken
		}
		if err != nil {
			return fmt.Errorf("update conference: %w", err)
		}
		return oneRow(result, conference.ErrConflict)
	})
	if err == nil {
		c.Version = next.Version
	}
	return err
}

// DeleteConference implements conference.Store.
func (s *Conference) DeleteConference(ctx context.Context, id string, version int64) error {
	if err := s.db.forget(ctx, "DELETE FROM conference WHERE id = ? AND version = ?", id, version); err != nil {
		return fmt.Errorf("delete conference: %w", err)
	}
	var other bool // an id is never given again
	if err := s.db.read.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM conference WHERE id = ?)", id).Scan(&other); err != nil {
		return s.db.fault(fmt.Errorf("delete conference: %w", err))
	}
	if other {
		return conference.ErrConflict
	}
	return nil
}

// oneRow returns otherwise when a change found no row.
func oneRow(result sql.Result, otherwise error) error {
	n, err := result.RowsAffected()
	if err != nil {
		return fmt.Errorf("count rows: %w", err)
	}
	if n == 0 {
		return otherwise
	}
	return nil
}
