package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coopnet/coopnet/functions/identity"
	"github.com/coopnet/coopnet/functions/store/storetest"
	"github.com/coopnet/coopnet/shared/problem"
)

// slow has the writer until release.
func slow(t *testing.T, db *DB) (release func()) {
	t.Helper()
	has, end := make(chan struct{}), make(chan struct{})
	var writing sync.WaitGroup
	writing.Go(func() {
		if err := db.transact(context.Background(), func(*sql.Tx) error { close(has); <-end; return nil }); err != nil {
			t.Error(err)
		}
	})
	<-has
	release = sync.OnceFunc(func() { close(end); writing.Wait() })
	t.Cleanup(release)
	return release
}

// TestAWriteThatWaitsTooLong is refused in time though the line moves, and is not done behind the caller's back.
func TestAWriteThatWaitsTooLong(t *testing.T) {
	for name, gather := range map[string]bool{"in the line": false, "in a batch": true} {
		t.Run(name, func(t *testing.T) {
			db := openNew(t, nil)
			release := slow(t, db)
			end, ran := make(chan struct{}), false
			var writing sync.WaitGroup
			began := make(chan struct{})
			if gather { // one that is in the same batch, before it
				var once sync.Once
				writing.Go(func() {
					if err := db.transact(context.Background(), func(*sql.Tx) error { once.Do(func() { close(began) }); <-end; return nil }); err != nil {
						t.Error(err)
					}
				})
				waitForWriters(t, db, 1)
			}
			answer := make(chan error, 1)
			start := time.Now()
			writing.Go(func() { answer <- db.transact(t.Context(), func(*sql.Tx) error { ran = true; return nil }) })
			if gather {
				waitForWriters(t, db, 2)
				release()
				<-began
			}
			ticker := time.NewTicker(100 * time.Millisecond) // others get somewhere
			defer ticker.Stop()
			for waiting := true; waiting; {
				select {
				case err := <-answer:
					if problem.From(err).Code != problem.Unavailable || problem.From(err).RetryAfter <= 0 {
						t.Errorf("answered %v", err)
					}
					waiting = false
				case <-ticker.C:
					db.progress()
					if waiting = time.Since(start) < 4*time.Second; !waiting {
						t.Error("not answered in 4 s")
					}
				}
			}
			if took := time.Since(start); took > 2*time.Second {
				t.Errorf("answered after %v", took)
			}
			close(end)
			release()
			writing.Wait()
			if ran {
				t.Error("a write that was refused was done")
			}
		})
	}
}

// waitForWriters waits until so many are in the line.
func waitForWriters(t *testing.T, db *DB, n int) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); len(db.writes) < n; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%d writers are in the line, want %d", len(db.writes), n)
		}
	}
}

// TestAPanicInAWriteIsItsAnswer: it ends neither the process nor the writes beside it, and leaves nothing behind.
func TestAPanicInAWriteIsItsAnswer(t *testing.T) {
	db := openNew(t, nil)
	insert := func(tx *sql.Tx, id string) error {
		_, err := tx.Exec("INSERT INTO secret (kind, id, value, created_at) VALUES ('k', ?, x'00', 0)", id)
		return err
	}
	for _, together := range []bool{false, true} {
		release := func() {}
		var writing sync.WaitGroup
		if together {
			release = slow(t, db)
			writing.Go(func() {
				if err := db.transact(t.Context(), func(tx *sql.Tx) error { return insert(tx, "beside") }); err != nil {
					t.Errorf("beside a panic: %v", err)
				}
			})
		}
		writing.Go(func() {
			err := db.transact(t.Context(), func(tx *sql.Tx) error {
				if err := insert(tx, "panic"); err != nil {
					return err
				}
				panic("a bug")
			})
			if err == nil || !strings.Contains(err.Error(), "a bug") || problem.From(err).Code != problem.Internal {
				t.Errorf("a panic is answered %v", err)
			}
		})
		if together {
			waitForWriters(t, db, 2)
		}
		release()
		writing.Wait()
	}
	if secrets, err := db.Secrets().Secrets(t.Context(), "k"); err != nil || len(secrets) != 1 || secrets[0].ID != "beside" {
		t.Errorf("left behind: %v, %v", secrets, err)
	}
}

// TestRetentionLetsOthersWrite: much that has expired is deleted in turns with what people do.
func TestRetentionLetsOthersWrite(t *testing.T) {
	clock := storetest.NewClock()
	db := openNew(t, clock.Now)
	const expired = 6_000
	err := db.transact(t.Context(), func(tx *sql.Tx) error {
		_, err := tx.Exec(`INSERT INTO identity (hash, expires_at, body)
			WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?) SELECT randomblob(32), 0, '{}' FROM n`, expired)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	purged := make(chan error, 1)
	go func() {
		rows, err := db.Purge(context.Background())
		if err == nil && rows != expired {
			t.Errorf("%d rows purged", rows)
		}
		purged <- err
	}()
	for n := 0; ; n++ {
		select {
		case err := <-purged:
			if err != nil {
				t.Error(err)
			}
			if n < 10 {
				t.Errorf("others wrote %d times meanwhile", n)
			}
			return
		default:
		}
		if err := db.Identity().SaveIdentity(t.Context(), [32]byte{byte(n), byte(n >> 8), 1}, identity.Identity{}, clock.Now().Add(time.Hour)); err != nil {
			t.Error(err)
		}
	}
}

// TestABackupLetsOthersWrite, and is not stopped by them.
func TestABackupLetsOthersWrite(t *testing.T) {
	db := openNew(t, nil)
	release := slow(t, db)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	path := filepath.Join(t.TempDir(), "backup.db")
	if err := db.Backup(ctx, path); err != nil {
		t.Errorf("a backup while somebody writes: %v", err)
	}
	release()
}

// TestACheckpointWaitsForNoReader longer than writes can wait.
func TestACheckpointWaitsForNoReader(t *testing.T) {
	clock := storetest.NewClock()
	db := openNew(t, clock.Now)
	reader, err := db.read.BeginTx(t.Context(), &sql.TxOptions{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = reader.Rollback() }()
	var n int
	if err := reader.QueryRow("SELECT count(*) FROM secret").Scan(&n); err != nil {
		t.Fatal(err)
	}
	save := func(n byte) error {
		return db.Identity().SaveIdentity(t.Context(), [32]byte{n}, identity.Identity{}, clock.Now().Add(time.Hour))
	}
	if err := save(1); err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	if _, err := db.Purge(t.Context()); err != nil {
		t.Errorf("purge beside a long read: %v", err)
	}
	if took := time.Since(start); took > busyTimeout {
		t.Errorf("the writer was taken for %v", took)
	}
	if err := save(2); err != nil || errors.Is(err, errLate) {
		t.Error(err)
	}
}
