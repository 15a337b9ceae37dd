package sqlite

import (
	"context"
	"database/sql"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/coopnet/coopnet/functions/relays"
)

// Relays is the store of relays, homes, attendance, removals and commands.
type Relays struct{ db *DB }

var _ relays.Store = (*Relays)(nil)

// Relays returns the store of relays and of what they report.
func (db *DB) Relays() *Relays { return &Relays{db} }

// Relay implements relays.Store.
func (s *Relays) Relay(ctx context.Context, id string) (*relays.Relay, error) {
	var r relays.Relay
	err := s.one(ctx, &r, &r.Version, "SELECT version, body FROM relay WHERE id = ? AND expires_at > ?", id)
	return found(&r, err)
}

// Relays implements relays.Store.
func (s *Relays) Relays(ctx context.Context) ([]*relays.Relay, error) {
	var list []*relays.Relay
	err := s.each(ctx, func(version int64, body []byte) error {
		r := &relays.Relay{}
		list = append(list, r)
		return decode(body, r, &r.Version, version)
	}, "SELECT version, body FROM relay WHERE expires_at > ? ORDER BY id", s.db.cfg.Now().UnixMilli())
	return list, err
}

// SaveRelay implements relays.Store.
func (s *Relays) SaveRelay(ctx context.Context, r *relays.Relay) error {
	next := *r
	next.Version++
	err := s.save(ctx, next, r.Version,
		change{"UPDATE relay SET expires_at = ?, version = ?, body = ? WHERE id = ? AND version = ?", []any{r.ExpiresAt.UnixMilli(), next.Version}, []any{r.ID}},
		change{"INSERT INTO relay (expires_at, version, body, id) VALUES (?,?,?,?)", []any{r.ExpiresAt.UnixMilli(), next.Version}, []any{r.ID}},
		change{"DELETE FROM relay WHERE id = ? AND expires_at <= ?", nil, []any{r.ID}})
	return counted(err, &r.Version, next.Version)
}

// Home implements relays.Store.
func (s *Relays) Home(ctx context.Context, conference string) (*relays.Home, error) {
	var h relays.Home
	err := s.one(ctx, &h, &h.Version, "SELECT version, body FROM home WHERE conference = ? AND expires_at > ?", conference)
	return found(&h, err)
}

// SaveHome implements relays.Store.
func (s *Relays) SaveHome(ctx context.Context, h *relays.Home) error {
	next := *h
	next.Version++
	err := s.save(ctx, next, h.Version,
		change{"UPDATE home SET expires_at = ?, version = ?, body = ? WHERE conference = ? AND version = ?", []any{h.ExpiresAt.UnixMilli(), next.Version}, []any{h.Conference}},
		change{"INSERT INTO home (expires_at, version, body, conference) VALUES (?,?,?,?)", []any{h.ExpiresAt.UnixMilli(), next.Version}, []any{h.Conference}},
		change{"DELETE FROM home WHERE conference = ? AND expires_at <= ?", nil, []any{h.Conference}})
	return counted(err, &h.Version, next.Version)
}

// Attendee implements relays.Store.
func (s *Relays) Attendee(ctx context.Context, conference, participant string) (*relays.Attendee, error) {
	var a relays.Attendee
	err := s.one(ctx, &a, &a.Version, "SELECT version, body FROM attendee WHERE conference = ? AND participant = ? AND expires_at > ?", conference, participant)
	return found(&a, err)
}

// SaveAttendee implements relays.Store.
func (s *Relays) SaveAttendee(ctx context.Context, a *relays.Attendee) error {
	next := *a
	next.Version++
	person := sql.NullString{String: a.Person, Valid: a.Person != ""}
	set, key := []any{a.ExpiresAt.UnixMilli(), person, next.Version}, []any{a.Conference, a.Participant}
	err := s.save(ctx, next, a.Version,
		change{"UPDATE attendee SET expires_at = ?, person = ?, version = ?, body = ? WHERE conference = ? AND participant = ? AND version = ?", set, key},
		change{"INSERT INTO attendee (expires_at, person, version, body, conference, participant) VALUES (?,?,?,?,?,?)", set, key},
		change{"DELETE FROM attendee WHERE conference = ? AND participant = ? AND expires_at <= ?", nil, key})
	return counted(err, &a.Version, next.Version)
}

// Attendees implements relays.Store.
func (s *Relays) Attendees(ctx context.Context, conference, cursor string, limit int) (relays.Page, error) {
	after, err := parseKey(cursor)
	if err != nil {
		return relays.Page{}, err
	}
	var page relays.Page
	err = s.each(ctx, func(version int64, body []byte) error {
		a := &relays.Attendee{}
		page.Attendees = append(page.Attendees, a)
		return decode(body, a, &a.Version, version)
	}, "SELECT version, body FROM attendee WHERE conference = ? AND participant > ? AND expires_at > ? ORDER BY participant LIMIT ?",
		conference, after, s.db.cfg.Now().UnixMilli(), limit+1)
	if err != nil {
		return relays.Page{}, err
	}
	if len(page.Attendees) > limit { // one more than asked for: there is another page
		page.Attendees = page.Attendees[:limit]
		page.Next = formatKey(page.Attendees[limit-1].Participant)
	}
	return page, nil
}

// EraseAttendees implements relays.Store.
func (s *Relays) EraseAttendees(ctx context.Context, person string) (rows int, err error) {
	if person == "" {
		return 0, nil
	}
	err = s.db.transact(ctx, func(tx *sql.Tx) error {
		result, err := tx.ExecContext(ctx, "DELETE FROM attendee WHERE person = ?", person)
		if err != nil {
			return fmt.Errorf("erase attendance: %w", err)
		}
		n, err := result.RowsAffected()
		rows = int(n)
		return err
	})
	return rows, s.db.fault(err)
}

// CreateRemoval implements relays.Store.
func (s *Relays) CreateRemoval(ctx context.Context, r relays.Removal) error {
	return s.once(ctx, r, "INSERT INTO removal (expires_at, body, conference, participant) VALUES (?,?,?,?) ON CONFLICT DO UPDATE "+
		"SET expires_at = excluded.expires_at, body = excluded.body WHERE removal.expires_at <= ?", r.ExpiresAt, r.Conference, r.Participant)
}

// Removal implements relays.Store.
func (s *Relays) Removal(ctx context.Context, conference, participant string) (relays.Removal, error) {
	var r relays.Removal
	var none int64
	err := s.one(ctx, &r, &none, "SELECT 0, body FROM removal WHERE conference = ? AND participant = ? AND expires_at > ?", conference, participant)
	return r, err
}

// CreateCommand implements relays.Store.
func (s *Relays) CreateCommand(ctx context.Context, c relays.Command) error {
	return s.once(ctx, c, "INSERT INTO command (expires_at, body, relay, id) VALUES (?,?,?,?) ON CONFLICT DO UPDATE "+
		"SET expires_at = excluded.expires_at, body = excluded.body WHERE command.expires_at <= ?", c.ExpiresAt, c.Relay, c.ID)
}

// Commands implements relays.Store.
func (s *Relays) Commands(ctx context.Context, relay string, limit int) ([]relays.Command, error) {
	var list []relays.Command
	err := s.each(ctx, func(version int64, body []byte) error {
		var c relays.Command
		err := decode(body, &c, new(int64), version)
		list = append(list, c)
		return err
	}, "SELECT 0, body FROM command WHERE relay = ? AND expires_at > ? ORDER BY id LIMIT ?", relay, s.db.cfg.Now().UnixMilli(), limit)
	return list, err
}

// DeleteCommand implements relays.Store.
func (s *Relays) DeleteCommand(ctx context.Context, relay, id string) error {
	return s.db.forget(ctx, "DELETE FROM command WHERE relay = ? AND id = ?", relay, id)
}

// change is a statement: what it sets, then (the body and) the key.
type change struct {
	query    string
	set, key []any
}

// save makes a row when version is 0, or replaces the one that has the version. One that has expired is as good as none.
func (s *Relays) save(ctx context.Context, v any, version int64, update, insert, expired change) error {
	body, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("encode row: %w", err)
	}
	return s.db.change(ctx, func(tx *sql.Tx) error {
		if version != 0 {
			args := append(append(append([]any{}, update.set...), string(body)), append(append([]any{}, update.key...), version)...)
			result, err := tx.ExecContext(ctx, update.query, args...)
			if err != nil {
				return fmt.Errorf("update row: %w", err)
			}
			return oneRow(result, relays.ErrConflict)
		}
		if _, err := tx.ExecContext(ctx, expired.query, append(append([]any{}, expired.key...), s.db.cfg.Now().UnixMilli())...); err != nil {
			return fmt.Errorf("free the key: %w", err)
		}
		_, err := tx.ExecContext(ctx, insert.query, append(append(append([]any{}, insert.set...), string(body)), insert.key...)...)
		if primary, unique := taken(err); primary || unique {
			return relays.ErrConflict
		}
		if err != nil {
			return fmt.Errorf("insert row: %w", err)
		}
		return nil
	})
}

// once makes a row unless it is there and has not expired.
func (s *Relays) once(ctx context.Context, v any, query string, expires time.Time, key ...any) error {
	body, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("encode row: %w", err)
	}
	args := append([]any{expires.UnixMilli(), string(body)}, key...)
	return s.db.change(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, query, append(args, s.db.cfg.Now().UnixMilli())...); err != nil {
			return fmt.Errorf("insert row: %w", err)
		}
		return nil
	})
}

// one reads a row into v. The query's last argument is the time.
func (s *Relays) one(ctx context.Context, v any, version *int64, query string, key ...any) error {
	var body []byte
	var read int64
	err := s.db.read.QueryRowContext(ctx, query, append(key, s.db.cfg.Now().UnixMilli())...).Scan(&read, &body)
	if errors.Is(err, sql.ErrNoRows) {
		return relays.ErrNotFound
	}
	if err != nil {
		return s.db.fault(fmt.Errorf("read row: %w", err))
	}
	return decode(body, v, version, read)
}

func (s *Relays) each(ctx context.Context, row func(version int64, body []byte) error, query string, args ...any) error {
	rows, err := s.db.read.QueryContext(ctx, query, args...)
	if err != nil {
		return s.db.fault(fmt.Errorf("list rows: %w", err))
	}
	defer rows.Close()
	for rows.Next() {
		var version int64
		var body []byte
		if err := rows.Scan(&version, &body); err != nil {
			return s.db.fault(fmt.Errorf("read row: %w", err))
		}
		if err := row(version, body); err != nil {
			return err
		}
	}
	if err := rows.Err(); err != nil {
		return s.db.fault(fmt.Errorf("list rows: %w", err))
	}
	return nil
}

func decode(body []byte, v any, version *int64, read int64) error {
	if err := json.Unmarshal(body, v); err != nil {
		return fmt.Errorf("decode row: %w", err)
	}
	*version = read
	return nil
}

func found[T any](v *T, err error) (*T, error) {
	if err != nil {
		return nil, err
	}
	return v, nil
}

func counted(err error, version *int64, next int64) error {
	if err == nil {
		*version = next
	}
	return err
}

// formatKey makes a cursor of the last key of a page.
func formatKey(key string) string { return base64.RawURLEncoding.EncodeToString([]byte(key)) }

func parseKey(cursor string) (string, error) {
	key, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil {
		return "", relays.ErrCursor
	}
	return string(key), nil
}
