package sqlite

import (
	"context"
	"database/sql"
	"fmt"
)

// migrations bring the schema from version n to n+1. A released one never changes; new ones are added at the end.
// Times are milliseconds since 1970. The body columns are JSON: what is searched has a column of its own.
func migrations() []string {
	return []string{`
CREATE TABLE conference (
	id         TEXT PRIMARY KEY,
	live_name  TEXT UNIQUE,      -- the name while it is taken, compared byte by byte
	created_at INTEGER NOT NULL,
	opens_at   INTEGER NOT NULL,
	until      INTEGER,          -- when it ended or will end
	expires_at INTEGER,
	version    INTEGER NOT NULL,
	body       TEXT NOT NULL
) STRICT;
CREATE INDEX conference_age ON conference (created_at, id);
CREATE INDEX conference_expiry ON conference (expires_at);

CREATE TABLE invitation (
	id         TEXT PRIMARY KEY,
	code_hash  BLOB NOT NULL UNIQUE,
	expires_at INTEGER NOT NULL,
	revoked_at INTEGER,
	body       TEXT NOT NULL
) STRICT;
CREATE INDEX invitation_expiry ON invitation (expires_at);

CREATE TABLE identity (
	hash       BLOB PRIMARY KEY,
	expires_at INTEGER NOT NULL,
	body       TEXT NOT NULL
) STRICT;
CREATE INDEX identity_expiry ON identity (expires_at);

CREATE TABLE staff_key (
	seq        INTEGER PRIMARY KEY AUTOINCREMENT,
	id         TEXT NOT NULL UNIQUE,
	hash       BLOB NOT NULL UNIQUE,
	role       TEXT NOT NULL,
	label      TEXT NOT NULL,
	created_at INTEGER NOT NULL,
	revoked_at INTEGER
) STRICT;

CREATE TABLE secret (
	seq        INTEGER PRIMARY KEY AUTOINCREMENT,
	kind       TEXT NOT NULL,
	id         TEXT NOT NULL,
	value      BLOB NOT NULL,
	created_at INTEGER NOT NULL,
	UNIQUE (kind, id)
) STRICT;
`, `
ALTER TABLE staff_key ADD COLUMN read_only  INTEGER NOT NULL DEFAULT 0;
ALTER TABLE staff_key ADD COLUMN created_by TEXT NOT NULL DEFAULT '';
ALTER TABLE staff_key ADD COLUMN revoked_by TEXT NOT NULL DEFAULT '';
ALTER TABLE staff_key ADD COLUMN expires_at INTEGER;
ALTER TABLE staff_key ADD COLUMN used_at    INTEGER;
`, reportSchema, releaseSchema, launchSchema, organizing, relaysSchema(), erasureSchema, documentSchema, sessionSchema}
}

// migrate runs what the file has not seen yet; each step is one transaction with its version number.
func migrate(ctx context.Context, db *sql.DB) error {
	steps := migrations()
	for {
		done, err := migrateOne(ctx, db, steps)
		if err != nil || done {
			return err
		}
	}
}

func migrateOne(ctx context.Context, db *sql.DB, steps []string) (done bool, err error) {
	tx, err := db.BeginTx(ctx, nil) // immediate: two processes that start at once take turns
	if err != nil {
		return false, fmt.Errorf("begin migration: %w", err)
	}
	defer func() { _ = tx.Rollback() }() // does nothing after a commit
	var version int
	if err := tx.QueryRowContext(ctx, "PRAGMA user_version").Scan(&version); err != nil {
		return false, fmt.Errorf("read schema version: %w", err)
	}
	if version > len(steps) {
		return false, fmt.Errorf("the database has schema version %d, this program knows %d: it was made by a newer one", version, len(steps))
	}
	if version == len(steps) {
		return true, nil
	}
	if _, err := tx.ExecContext(ctx, steps[version]); err != nil {
		return false, fmt.Errorf("migrate to schema version %d: %w", version+1, err)
	}
	if _, err := tx.ExecContext(ctx, fmt.Sprintf("PRAGMA user_version = %d", version+1)); err != nil {
		return false, fmt.Errorf("write schema version: %w", err)
	}
	if err := tx.Commit(); err != nil {
		return false, fmt.Errorf("commit migration: %w", err)
	}
	return false, nil
}
