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

// launchSchema is a step of migrations.
const launchSchema = `
CREATE TABLE launch (
	hash        BLOB PRIMARY KEY,
	expires_at  INTEGER NOT NULL,
	redeemed_at INTEGER,
	platform    TEXT NOT NULL DEFAULT '', -- who redeemed it
	version     TEXT NOT NULL DEFAULT '',
	body        TEXT NOT NULL
) STRICT;
CREATE INDEX launch_expiry ON launch (expires_at);
`

var _ conference.Launches = (*Conference)(nil)

// CreateLaunch implements conference.Launches.
func (s *Conference) CreateLaunch(ctx context.Context, l *conference.Launch) error {
	body, err := json.Marshal(l)
	if err != nil {
		return fmt.Errorf("encode launch: %w", err)
	}
	return s.db.change(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, "INSERT INTO launch (hash, expires_at, body) VALUES (?,?,?)", l.Hash[:], l.ExpiresAt.UnixMilli(), string(body))
		if primary, unique := taken(err); primary || unique {
			return conference.ErrConflict
		}
		if err != nil {
			return fmt.Errorf("insert launch: %w", err)
		}
		return nil
	})
}

// Launch implements conference.Launches.
func (s *Conference) Launch(ctx context.Context, hash [32]byte) (*conference.Launch, error) {
	var l conference.Launch
	var by conference.Installed
	var redeemed sql.NullInt64
	var body []byte
	err := s.db.read.QueryRowContext(ctx, "SELECT redeemed_at, platform, version, body FROM launch WHERE hash = ? AND expires_at > ?",
		hash[:], s.db.cfg.Now().UnixMilli()).Scan(&redeemed, &by.Platform, &by.Version, &body)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, conference.ErrNotFound
	}
	if err != nil {
		return nil, s.db.fault(fmt.Errorf("read launch: %w", err))
	}
	if err := json.Unmarshal(body, &l); err != nil {
		return nil, fmt.Errorf("decode launch: %w", err)
	}
	l.RedeemedAt, l.By = fromMillis(redeemed), by
	return &l, nil
}

// RedeemLaunch implements conference.Launches.
func (s *Conference) RedeemLaunch(ctx context.Context, hash [32]byte, by conference.Installed, at time.Time) error {
	return s.db.change(ctx, func(tx *sql.Tx) error {
		result, err := tx.ExecContext(ctx,
			"UPDATE launch SET redeemed_at = ?, platform = ?, version = ? WHERE hash = ? AND redeemed_at IS NULL AND expires_at > ?",
			at.UnixMilli(), by.Platform, by.Version, hash[:], s.db.cfg.Now().UnixMilli())
		if err != nil {
			return fmt.Errorf("redeem launch: %w", err)
		}
		return oneRow(result, conference.ErrConflict)
	})
}

// RefuseLaunch implements conference.Launches.
func (s *Conference) RefuseLaunch(ctx context.Context, hash [32]byte, by conference.Installed) error {
	return s.db.change(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, "UPDATE launch SET platform = ?, version = ? WHERE hash = ? AND redeemed_at IS NULL AND expires_at > ?",
			by.Platform, by.Version, hash[:], s.db.cfg.Now().UnixMilli())
		if err != nil {
			return fmt.Errorf("refuse launch: %w", err)
		}
		return nil
	})
}
