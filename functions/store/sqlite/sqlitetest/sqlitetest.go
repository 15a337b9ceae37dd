// Package sqlitetest opens databases for tests.
package sqlitetest

import (
	"context"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/coopnet/coopnet/functions/store/sqlite"
)

// Open gives a test a database of its own, in a temporary folder and without ballast; it is closed at the test's end.
func Open(tb testing.TB, cfg sqlite.Config) *sqlite.DB {
	tb.Helper()
	file, err := migrated()
	if err != nil {
		tb.Fatal(err)
	}
	cfg.Path, cfg.Ballast = filepath.Join(tb.TempDir(), "c.db"), -1
	if err := os.WriteFile(cfg.Path, file, 0o600); err != nil {
		tb.Fatal(err)
	}
	db, err := sqlite.Open(tb.Context(), cfg)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = db.Close() })
	return db
}

// The file of an empty database: its schema, which is a third of a second's work for the race detector, is made once.
var migrated = sync.OnceValues(func() ([]byte, error) {
	folder, err := os.MkdirTemp("", "coopnet-sqlitetest-")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(folder) }()
	path := filepath.Join(folder, "c.db")
	db, err := sqlite.Open(context.Background(), sqlite.Config{Path: path, Ballast: -1})
	if err != nil {
		return nil, err
	}
	if err := db.Close(); err != nil {
		return nil, err
	}
	return os.ReadFile(path)
})
