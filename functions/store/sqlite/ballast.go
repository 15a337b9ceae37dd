package sqlite

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/coopnet/coopnet/shared/problem"
)

// On a full disk SQLite refuses DELETE too, because deleting writes to the WAL. So a file of no use lies beside the
// database: when the disk is full it is removed, people are forgotten and retention runs in its space, and new rows are
// refused until it fits again with something to spare.

const (
	purgeTimeout = time.Second // for a request that found the disk full: answers come within 2 s
	spare        = 1 << 20     // bytes that must be left beside the ballast: else it would be written again and again
)

func (db *DB) ballastPath() string { return db.cfg.Path + ".ballast" }

func storageFull(cause error) error {
	return &problem.Error{Code: problem.StorageFull, Detail: "The storage is full. Nothing was stored.", RetryAfter: 5 * time.Second, Cause: cause}
}

// room refuses new rows while the ballast is away; once a second it tries whether there is space again.
func (db *DB) room() error {
	now := db.cfg.Now()
	db.mu.Lock()
	wait := db.full && now.Sub(db.triedAt).Abs() < time.Second
	try := db.full && !wait
	if try {
		db.triedAt = now
	}
	db.mu.Unlock()
	if wait || try && !(db.spacious() && db.restoreBallast()) {
		return storageFull(nil)
	}
	return nil
}

func (db *DB) releaseBallast(ctx context.Context) {
	now := db.cfg.Now()
	db.mu.Lock()
	first := !db.full
	db.full, db.triedAt = true, now
	db.mu.Unlock()
	if !first {
		return
	}
	db.cfg.Logger.ErrorContext(ctx, "the disk is full: releasing the ballast, deleting what has expired")
	if err := os.Remove(db.ballastPath()); err != nil && !errors.Is(err, os.ErrNotExist) {
		db.cfg.Logger.ErrorContext(ctx, "release ballast", "error", err)
	}
	// The request that found the disk full may be gone already.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), purgeTimeout)
	defer cancel()
	if _, err := db.purge(ctx); err != nil {
		db.cfg.Logger.ErrorContext(ctx, "purge on a full disk", "error", err)
	}
}

// spacious reports whether the ballast fits with something to spare. Where that cannot be known, writing it will tell.
func (db *DB) spacious() bool {
	var disk syscall.Statfs_t
	if err := syscall.Statfs(filepath.Dir(db.cfg.Path), &disk); err != nil {
		return true
	}
	return uint64(disk.Bavail)*uint64(disk.Bsize) >= uint64(max(0, db.cfg.Ballast)+spare)
}

// restoreBallast reports whether the ballast is there.
func (db *DB) restoreBallast() bool {
	if err := db.writeBallast(); err != nil {
		_ = os.Remove(db.ballastPath()) // half a ballast would keep the disk full
		db.cfg.Logger.Warn("no space for the ballast", "error", err)
		return false
	}
	db.mu.Lock()
	defer db.mu.Unlock()
	db.full = false
	return true
}

func (db *DB) writeBallast() error {
	if db.cfg.Ballast < 0 {
		return nil
	}
	if st, err := os.Stat(db.ballastPath()); err == nil && st.Mode().IsRegular() && st.Size() == db.cfg.Ballast {
		return nil
	}
	f, err := os.OpenFile(db.ballastPath(), os.O_CREATE|os.O_WRONLY|os.O_TRUNC, fileMode)
	if err != nil {
		return fmt.Errorf("write ballast: %w", err)
	}
	// Real bytes: a sparse file would hold no space.
	_, err = io.CopyN(f, zeros{}, db.cfg.Ballast)
	err = errors.Join(err, f.Sync(), f.Close())
	if err != nil {
		return fmt.Errorf("write ballast: %w", err)
	}
	return nil
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}
