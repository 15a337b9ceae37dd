package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/coopnet/coopnet/functions/staff"
)

// Staff is the store of staff keys.
type Staff struct{ db *DB }

var _ staff.Store = (*Staff)(nil)

// Staff returns the store of staff keys.
func (db *DB) Staff() *Staff { return &Staff{db} }

// CreateKey implements staff.Store.
func (s *Staff) CreateKey(ctx context.Context, k staff.Key) error {
	return s.db.change(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO staff_key
			(id, hash, role, label, read_only, created_at, created_by, expires_at, used_at, revoked_at, revoked_by) VALUES (?,?,?,?,?,?,?,?,?,?,?)`,
			k.ID, k.Hash[:], string(k.Role), k.Label, k.ReadOnly, k.CreatedAt.UnixMilli(), k.CreatedBy,
			millis(k.ExpiresAt), millis(k.UsedAt), millis(k.RevokedAt), k.RevokedBy)
		if primary, unique := taken(err); primary || unique {
			return staff.ErrExists
		}
		if err != nil {
			return fmt.Errorf("insert key: %w", err)
		}
		return nil
	})
}

const keyColumns = `SELECT id, hash, role, label, read_only, created_at, created_by, expires_at, used_at, revoked_at, revoked_by
	FROM staff_key `

// KeyByHash implements staff.Store.
func (s *Staff) KeyByHash(ctx context.Context, hash [32]byte) (staff.Key, error) {
	k, err := scanKey(s.db.read.QueryRowContext(ctx, keyColumns+"WHERE hash = ?", hash[:]))
	if errors.Is(err, sql.ErrNoRows) {
		return staff.Key{}, staff.ErrNotFound
	}
	if err != nil {
		return staff.Key{}, s.db.fault(err)
	}
	return k, nil
}

// Keys implements staff.Store.
func (s *Staff) Keys(ctx context.Context) ([]staff.Key, error) {
	rows, err := s.db.read.QueryContext(ctx, keyColumns+"ORDER BY seq")
	if err != nil {
		return nil, s.db.fault(fmt.Errorf("list keys: %w", err))
	}
	defer rows.Close()
	var keys []staff.Key
	for rows.Next() {
		k, err := scanKey(rows)
		if err != nil {
			return nil, err
		}
		keys = append(keys, k)
	}
	if err := rows.Err(); err != nil {
		return nil, s.db.fault(fmt.Errorf("list keys: %w", err))
	}
	return keys, nil
}

func scanKey(row interface{ Scan(...any) error }) (staff.Key, error) {
	var k staff.Key
	var hash []byte
	var created, expires, used, revoked sql.NullInt64
	err := row.Scan(&k.ID, &hash, &k.Role, &k.Label, &k.ReadOnly, &created, &k.CreatedBy, &expires, &used, &revoked, &k.RevokedBy)
	if err != nil {
		return staff.Key{}, fmt.Errorf("read key: %w", err)
	}
	copy(k.Hash[:], hash)
	k.CreatedAt, k.ExpiresAt, k.UsedAt, k.RevokedAt = fromMillis(created), fromMillis(expires), fromMillis(used), fromMillis(revoked)
	return k, nil
}

// RevokeKey implements staff.Store.
func (s *Staff) RevokeKey(ctx context.Context, id string, at time.Time, by string) error {
	return s.db.change(ctx, func(tx *sql.Tx) error {
		result, err := tx.ExecContext(ctx, `UPDATE staff_key SET revoked_by = iif(revoked_at IS NULL, ?, revoked_by),
			revoked_at = coalesce(revoked_at, ?) WHERE id = ?`, by, at.UnixMilli(), id)
		if err != nil {
			return fmt.Errorf("revoke key: %w", err)
		}
		return oneRow(result, staff.ErrNotFound)
	})
}

// UseKey implements staff.Store.
func (s *Staff) UseKey(ctx context.Context, id string, at, since time.Time) error {
	return s.db.change(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, "UPDATE staff_key SET used_at = ? WHERE id = ? AND (used_at IS NULL OR used_at < ?)",
			at.UnixMilli(), id, since.UnixMilli())
		if err != nil {
			return fmt.Errorf("note the use of a key: %w", err)
		}
		return nil
	})
}
