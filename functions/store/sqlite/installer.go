package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/coopnet/coopnet/functions/installer"
)

// releaseSchema is a step of migrations.
const releaseSchema = `
CREATE TABLE release (
	platform TEXT NOT NULL,
	version  TEXT NOT NULL,
	revision INTEGER NOT NULL,
	body     TEXT NOT NULL,
	PRIMARY KEY (platform, version)
) STRICT;
`

// Installer is the store of releases.
type Installer struct{ db *DB }

var _ installer.Store = (*Installer)(nil)

// Installer returns the store of releases.
func (db *DB) Installer() *Installer { return &Installer{db} }

// CreateRelease implements installer.Store.
func (s *Installer) CreateRelease(ctx context.Context, r *installer.Release) error {
	body, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("encode release: %w", err)
	}
	return s.db.change(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, "INSERT INTO release (platform, version, revision, body) VALUES (?,?,?,?)", r.Platform, r.Version, r.Revision, string(body))
		if primary, unique := taken(err); primary || unique {
			return installer.ErrExists
		}
		if err != nil {
			return fmt.Errorf("insert release: %w", err)
		}
		return nil
	})
}

// Release implements installer.Store.
func (s *Installer) Release(ctx context.Context, platform, version string) (*installer.Release, error) {
	r, err := scanRelease(s.db.read.QueryRowContext(ctx, "SELECT revision, body FROM release WHERE platform = ? AND version = ?", platform, version))
	if errors.Is(err, sql.ErrNoRows) {
		return nil, installer.ErrNotFound
	}
	if err != nil {
		return nil, s.db.fault(err)
	}
	return r, nil
}

func scanRelease(row interface{ Scan(...any) error }) (*installer.Release, error) {
	var revision int64
	var body []byte
	if err := row.Scan(&revision, &body); err != nil {
		return nil, fmt.Errorf("read release: %w", err)
	}
	var r installer.Release
	if err := json.Unmarshal(body, &r); err != nil {
		return nil, fmt.Errorf("decode release: %w", err)
	}
	r.Revision = revision
	return &r, nil
}

// UpdateRelease implements installer.Store.
func (s *Installer) UpdateRelease(ctx context.Context, r *installer.Release) error {
	next := *r
	next.Revision++
	body, err := json.Marshal(next)
	if err != nil {
		return fmt.Errorf("encode release: %w", err)
	}
	err = s.db.change(ctx, func(tx *sql.Tx) error {
		result, err := tx.ExecContext(ctx, "UPDATE release SET revision = ?, body = ? WHERE platform = ? AND version = ? AND revision = ?",
			next.Revision, string(body), r.Platform, r.Version, r.Revision)
		if err != nil {
			return fmt.Errorf("update release: %w", err)
		}
		return oneRow(result, installer.ErrConflict)
	})
	if err == nil {
		r.Revision = next.Revision
	}
	return err
}

// DeleteRelease implements installer.Store.
func (s *Installer) DeleteRelease(ctx context.Context, platform, version string) error {
	if err := s.db.forget(ctx, "DELETE FROM release WHERE platform = ? AND version = ?", platform, version); err != nil {
		return fmt.Errorf("delete release: %w", err)
	}
	return nil
}

// Releases implements installer.Store.
func (s *Installer) Releases(ctx context.Context, platform string) ([]*installer.Release, error) {
	rows, err := s.db.read.QueryContext(ctx, "SELECT revision, body FROM release WHERE ? IN ('', platform)", platform)
	if err != nil {
		return nil, s.db.fault(fmt.Errorf("list releases: %w", err))
	}
	defer rows.Close()
	var releases []*installer.Release
	for rows.Next() {
		r, err := scanRelease(rows)
		if err != nil {
			return nil, err
		}
		releases = append(releases, r)
	}
	if err := rows.Err(); err != nil {
		return nil, s.db.fault(fmt.Errorf("list releases: %w", err))
	}
	return releases, nil
}
