package sqlite

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coopnet/coopnet/functions/conference"
	"github.com/coopnet/coopnet/functions/identity"
	"github.com/coopnet/coopnet/functions/relays"
	"github.com/coopnet/coopnet/functions/staff"
	"github.com/coopnet/coopnet/functions/store/storetest"
	"github.com/coopnet/coopnet/functions/webhook"
	"github.com/coopnet/coopnet/shared/idempotency"
	"github.com/coopnet/coopnet/shared/problem"
)

func openAt(t *testing.T, path string, now func() time.Time) *DB {
	t.Helper()
	db, err := Open(t.Context(), Config{Path: path, Ballast: 4096, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

func openNew(t *testing.T, now func() time.Time) *DB {
	t.Helper()
	return openAt(t, filepath.Join(t.TempDir(), "coopnet.db"), now)
}

func TestConference(t *testing.T) {
	storetest.TestConference(t, func(t *testing.T, now func() time.Time) conference.Store { return openNew(t, now).Conference() })
}

func TestSecrets(t *testing.T) {
	storetest.TestSecrets(t, func(t *testing.T, now func() time.Time) conference.Secrets { return openNew(t, now).Secrets() })
}

func TestIdentity(t *testing.T) {
	storetest.TestIdentity(t, func(t *testing.T, now func() time.Time) identity.Store { return openNew(t, now).Identity() })
}

func TestStaff(t *testing.T) {
	storetest.TestStaff(t, func(t *testing.T, now func() time.Time) staff.Store { return openNew(t, now).Staff() })
}

func TestIdempotency(t *testing.T) {
	storetest.TestIdempotency(t, func(t *testing.T, now func() time.Time) idempotency.Store { return openNew(t, now).Idempotency() })
}

func TestLobby(t *testing.T) {
	storetest.TestLobby(t, func(t *testing.T, now func() time.Time) conference.LobbyStore { return openNew(t, now).Conference() })
}

func TestRelays(t *testing.T) {
	storetest.TestRelays(t, func(t *testing.T, now func() time.Time) relays.Store { return openNew(t, now).Relays() })
}

func TestWebhook(t *testing.T) {
	storetest.TestWebhook(t, func(t *testing.T, now func() time.Time) webhook.Store { return openNew(t, now).Webhook() })
}

func TestFilesArePrivate(t *testing.T) {
	path := filepath.Join(t.TempDir(), "with space ?&#%.db")
	db := openAt(t, path, nil)
	if err := db.Staff().CreateKey(t.Context(), staff.Key{ID: "a"}); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(entries) < 3 { // the file, its WAL, the ballast
		t.Fatalf("%v, %v", entries, err)
	}
	for _, e := range entries {
		st, err := e.Info()
		if err != nil {
			t.Fatal(err)
		}
		if st.Mode().Perm() != 0o600 || !strings.HasPrefix(e.Name(), filepath.Base(path)) {
			t.Errorf("%s has mode %v", e.Name(), st.Mode())
		}
	}
}

func TestDurabilitySettings(t *testing.T) {
	db := openNew(t, nil)
	for pragma, want := range map[string]string{"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1", "busy_timeout": "1500", "user_version": fmt.Sprint(len(migrations()))} {
		var got string
		if err := db.write.QueryRowContext(t.Context(), "PRAGMA "+pragma).Scan(&got); err != nil || got != want {
			t.Errorf("%s = %q, %v; want %q", pragma, got, err, want)
		}
	}
	if _, err := db.read.ExecContext(t.Context(), "DELETE FROM secret"); err == nil {
		t.Error("a reader can write")
	}
}

func TestTwoProcessesShareTheFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "coopnet.db")
	var wg sync.WaitGroup
	for p := range 2 {
		db := openAt(t, path, nil)
		wg.Go(func() {
			for i := range 50 {
				if err := db.Staff().CreateKey(t.Context(), staff.Key{ID: fmt.Sprintf("%d-%d", p, i), Hash: [32]byte{byte(p), byte(i)}}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if keys, err := openAt(t, path, nil).Staff().Keys(t.Context()); err != nil || len(keys) != 100 {
		t.Errorf("%d keys, %v", len(keys), err)
	}
}

func TestNewerSchemaIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "coopnet.db")
	if _, err := openAt(t, path, nil).write.ExecContext(t.Context(), "PRAGMA user_version = 999"); err != nil {
		t.Fatal(err)
	}
	if db, err := Open(t.Context(), Config{Path: path}); err == nil {
		t.Error("opened", db.Close())
	}
}

func TestBackup(t *testing.T) {
	clock := storetest.NewClock()
	db := openNew(t, clock.Now)
	if err := db.Conference().CreateConference(t.Context(), storetest.NewConference("one", "Team", clock.Now())); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "backup.db")
	if err := db.Backup(t.Context(), path); err != nil {
		t.Fatal(err)
	}
	if err := db.Backup(t.Context(), path); !errors.Is(err, os.ErrExist) {
		t.Errorf("a second backup to the same file: %v", err)
	}
	st, err := os.Stat(path)
	if err != nil || st.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", st.Mode(), err)
	}
	if c, err := openAt(t, path, clock.Now).Conference().ConferenceByName(t.Context(), "Team"); err != nil || c.ID != "one" {
		t.Errorf("got %v, %v", c, err)
	}
}

func TestReady(t *testing.T) {
	db, err := Open(t.Context(), Config{Path: filepath.Join(t.TempDir(), "coopnet.db"), Ballast: -1})
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Ready(t.Context()); err != nil {
		t.Error(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if err := db.Ready(t.Context()); err == nil {
		t.Error("a closed database is ready")
	}
}

func TestPurge(t *testing.T) {
	clock := storetest.NewClock()
	db := openNew(t, clock.Now)
	for i := range 3 {
		life := time.Duration(i+1) * time.Hour
		if err := db.Identity().SaveIdentity(t.Context(), [32]byte{byte(i)}, identity.Identity{Name: "x"}, clock.Now().Add(life)); err != nil {
			t.Fatal(err)
		}
	}
	clock.Advance(2 * time.Hour)
	if n, err := db.Purge(t.Context()); err != nil || n != 2 {
		t.Errorf("purged %d, %v", n, err)
	}
	if _, err := db.Identity().Identity(t.Context(), [32]byte{2}); err != nil {
		t.Error(err)
	}
}

// TestFullDisk lets the database reach a size limit, which SQLite reports as a full disk.
func TestFullDisk(t *testing.T) {
	clock := storetest.NewClock()
	db := openNew(t, clock.Now)
	limit(t, db, 120)
	s := db.Identity()
	i := identity.Identity{Name: strings.Repeat("n", 1000)}
	stored := fill(t, s, i, clock)
	if stored < 10 {
		t.Fatalf("only %d rows until the disk was full", stored)
	}
	for range 3 { // the ballast gives its space free, and is not written again for each refusal
		if fill(t, s, i, clock) != 0 {
			t.Fatal("a row was stored on a full disk")
		}
		if _, err := os.Stat(db.ballastPath()); !errors.Is(err, os.ErrNotExist) {
			t.Fatalf("the ballast is there: %v", err)
		}
	}
	if _, err := s.Identity(t.Context(), [32]byte{9, 1}); err != nil {
		t.Errorf("reads stop on a full disk: %v", err)
	}
	if err := db.Ready(t.Context()); err != nil {
		t.Errorf("not ready on a full disk: %v", err)
	}
	if err := s.DeleteIdentity(t.Context(), [32]byte{9, 1}); err != nil {
		t.Errorf("nobody can be forgotten on a full disk: %v", err)
	}
	clock.Advance(2 * time.Hour) // everything expires: the next write that finds the disk full makes room by itself
	if fill(t, s, i, clock) == 0 {
		clock.Advance(2 * time.Second)
		if fill(t, s, i, clock) == 0 {
			t.Error("the store did not recover")
		}
	}
}

func limit(t *testing.T, db *DB, pages int) {
	t.Helper()
	if _, err := db.write.ExecContext(t.Context(), fmt.Sprintf("PRAGMA max_page_count = %d", pages)); err != nil {
		t.Fatal(err)
	}
}

// fill stores rows until the storage is full, and returns how many it took.
func fill(t *testing.T, s *Identity, i identity.Identity, clock *storetest.Clock) int {
	t.Helper()
	for n := range 1000 {
		err := s.SaveIdentity(t.Context(), [32]byte{byte(clock.Now().Hour()), byte(n), byte(n >> 8), byte(clock.Now().Second())}, i, clock.Now().Add(time.Hour))
		if err == nil {
			continue
		}
		if problem.From(err).Code != problem.StorageFull {
			t.Fatalf("row %d: %v", n, err)
		}
		return n
	}
	t.Fatal("the disk is never full")
	return 0
}

func TestBallastIsReleasedAndRestored(t *testing.T) {
	clock := storetest.NewClock()
	db := openNew(t, clock.Now)
	ballast := func() bool {
		st, err := os.Stat(db.ballastPath())
		return err == nil && st.Mode().IsRegular() && st.Size() == 4096
	}
	if !ballast() {
		t.Fatal("no ballast at first")
	}
	// The place of the ballast is taken: it cannot be written again.
	if err := os.Remove(db.ballastPath()); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(db.ballastPath(), "x"), 0o700); err != nil {
		t.Fatal(err)
	}
	db.releaseBallast(t.Context())
	save := func(n byte) error {
		return db.Identity().SaveIdentity(t.Context(), [32]byte{n}, identity.Identity{}, clock.Now().Add(time.Hour))
	}
	for range 2 {
		if err := save(1); problem.From(err).Code != problem.StorageFull {
			t.Fatalf("without the ballast: %v", err)
		}
		clock.Advance(2 * time.Second)
	}
	if err := os.RemoveAll(db.ballastPath()); err != nil {
		t.Fatal(err)
	}
	clock.Advance(2 * time.Second)
	if err := save(1); err != nil || !ballast() {
		t.Errorf("after there was room again: %v, ballast %v", err, ballast())
	}
}
