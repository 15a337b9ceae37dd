package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/coopnet/coopnet/functions/webhook"
)

// Webhook is the store of webhooks and their outbox.
type Webhook struct{ db *DB }

var _ webhook.Store = (*Webhook)(nil)

// Webhook returns the store of webhooks and their outbox.
func (db *DB) Webhook() *Webhook { return &Webhook{db} }

// CreateSubscription implements webhook.Store.
func (s *Webhook) CreateSubscription(ctx context.Context, w *webhook.Subscription) error {
	body, err := json.Marshal(w)
	if err != nil {
		return fmt.Errorf("encode subscription: %w", err)
	}
	return s.db.change(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, "INSERT INTO webhook (id, created_at, body) VALUES (?,?,?)", w.ID, w.CreatedAt.UnixMilli(), string(body))
		if primary, unique := taken(err); primary || unique {
			return webhook.ErrConflict
		}
		if err != nil {
			return fmt.Errorf("insert subscription: %w", err)
		}
		return nil
	})
}

// Subscription implements webhook.Store.
func (s *Webhook) Subscription(ctx context.Context, id string) (*webhook.Subscription, error) {
	w, err := scanSubscription(s.db.read.QueryRowContext(ctx, "SELECT body FROM webhook WHERE id = ?", id))
	if errors.Is(err, sql.ErrNoRows) {
		return nil, webhook.ErrNotFound
	}
	if err != nil {
		return nil, s.db.fault(err)
	}
	return w, nil
}

func scanSubscription(row interface{ Scan(...any) error }) (*webhook.Subscription, error) {
	var body []byte
	if err := row.Scan(&body); err != nil {
		return nil, fmt.Errorf("read subscription: %w", err)
	}
	var w webhook.Subscription
	if err := json.Unmarshal(body, &w); err != nil {
		return nil, fmt.Errorf("decode subscription: %w", err)
	}
	return &w, nil
}

// Subscriptions implements webhook.Store.
func (s *Webhook) Subscriptions(ctx context.Context) ([]*webhook.Subscription, error) {
	rows, err := s.db.read.QueryContext(ctx, "SELECT body FROM webhook ORDER BY created_at, id")
	if err != nil {
		return nil, s.db.fault(fmt.Errorf("list subscriptions: %w", err))
	}
	defer rows.Close()
	var all []*webhook.Subscription
	for rows.Next() {
		w, err := scanSubscription(rows)
		if err != nil {
			return nil, err
		}
		all = append(all, w)
	}
	if err := rows.Err(); err != nil {
		return nil, s.db.fault(fmt.Errorf("list subscriptions: %w", err))
	}
	return all, nil
}

// DeleteSubscription implements webhook.Store.
func (s *Webhook) DeleteSubscription(ctx context.Context, id string) error {
	if err := s.db.forget(ctx, "DELETE FROM webhook WHERE id = ?", id); err != nil {
		return fmt.Errorf("delete subscription: %w", err)
	}
	return nil
}

// CreateDelivery implements webhook.Store.
func (s *Webhook) CreateDelivery(ctx context.Context, d *webhook.Delivery) error {
	body, err := json.Marshal(d)
	if err != nil {
		return fmt.Errorf("encode delivery: %w", err)
	}
	return s.db.change(ctx, func(tx *sql.Tx) error {
		now := s.db.cfg.Now().UnixMilli()
		result, err := tx.ExecContext(ctx, `INSERT INTO webhook_delivery (id, subscription, state, next_at, expires_at, version, body) VALUES (?,?,?,?,?,?,?)
			ON CONFLICT (id) DO UPDATE SET state = excluded.state, next_at = excluded.next_at, expires_at = excluded.expires_at,
				version = excluded.version, body = excluded.body WHERE expires_at <= ?`,
			d.ID, d.Subscription, d.State, d.NextAt.UnixMilli(), d.ExpiresAt.UnixMilli(), d.Version, string(body), now)
		if err != nil {
			return fmt.Errorf("insert delivery: %w", err)
		}
		return oneRow(result, webhook.ErrConflict)
	})
}

// Due implements webhook.Store.
func (s *Webhook) Due(ctx context.Context, subscription string, limit int) ([]*webhook.Delivery, error) {
	now := s.db.cfg.Now().UnixMilli()
	rows, err := s.db.read.QueryContext(ctx, `SELECT version, body FROM webhook_delivery WHERE subscription = ? AND state = ? AND next_at <= ? AND expires_at > ?
		ORDER BY next_at, rowid LIMIT ?`, subscription, webhook.Pending, now, now, limit)
	if err != nil {
		return nil, s.db.fault(fmt.Errorf("find deliveries: %w", err))
	}
	defer rows.Close()
	var due []*webhook.Delivery
	for rows.Next() {
		var version int64
		var body []byte
		if err := rows.Scan(&version, &body); err != nil {
			return nil, fmt.Errorf("read delivery: %w", err)
		}
		var d webhook.Delivery
		if err := json.Unmarshal(body, &d); err != nil {
			return nil, fmt.Errorf("decode delivery: %w", err)
		}
		d.Version = version
		due = append(due, &d)
	}
	if err := rows.Err(); err != nil {
		return nil, s.db.fault(fmt.Errorf("find deliveries: %w", err))
	}
	return due, nil
}

// Waiting implements webhook.Store.
func (s *Webhook) Waiting(ctx context.Context, subscription string) (n int, err error) {
	err = s.db.read.QueryRowContext(ctx, "SELECT count(*) FROM webhook_delivery WHERE subscription = ? AND state = ? AND expires_at > ?",
		subscription, webhook.Pending, s.db.cfg.Now().UnixMilli()).Scan(&n)
	if err != nil {
		return 0, s.db.fault(fmt.Errorf("count deliveries: %w", err))
	}
	return n, nil
}

// UpdateDelivery implements webhook.Store.
func (s *Webhook) UpdateDelivery(ctx context.Context, d *webhook.Delivery) error {
	next := *d
	next.Version++
	body, err := json.Marshal(next)
	if err != nil {
		return fmt.Errorf("encode delivery: %w", err)
	}
	err = s.db.change(ctx, func(tx *sql.Tx) error {
		result, err := tx.ExecContext(ctx, `UPDATE webhook_delivery SET state = ?, next_at = ?, expires_at = ?, version = ?, body = ?
			WHERE id = ? AND version = ? AND expires_at > ?`,
			d.State, d.NextAt.UnixMilli(), d.ExpiresAt.UnixMilli(), next.Version, string(body), d.ID, d.Version, s.db.cfg.Now().UnixMilli())
		if err != nil {
			return fmt.Errorf("update delivery: %w", err)
		}
		return oneRow(result, webhook.ErrConflict)
	})
	if err == nil {
		d.Version = next.Version
	}
	return err
}
