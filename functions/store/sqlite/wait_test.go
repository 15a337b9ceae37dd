package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/coopnet/coopnet/functions/identity"
	"github.com/coopnet/coopnet/functions/staff"
	"github.com/coopnet/coopnet/shared/problem"
)

// locked is a database of which another process has the lock until release, or the test's end.
func locked(t *testing.T) (db *DB, release func()) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "coopnet.db")
	holder, db := openAt(t, path, nil), openAt(t, path, nil)
	tx, err := holder.write.BeginTx(context.Background(), nil)
	if err != nil {
		t.Fatal(err)
	}
	release = sync.OnceFunc(func() {
		if err := tx.Rollback(); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(release)
	return db, release
}

// TestBusyIsUnavailable: while another process holds the lock, every write is refused in time, not only the first of
// those that wait for the one connection.
func TestBusyIsUnavailable(t *testing.T) {
	db, release := locked(t)
	start := time.Now()
	var writing sync.WaitGroup
	for what, write := range map[string]func(context.Context) error{
		"create key": func(ctx context.Context) error { return db.Staff().CreateKey(ctx, staff.Key{ID: "a"}) },
		"revoke key": func(ctx context.Context) error { return db.Staff().RevokeKey(ctx, "a", time.Now(), "tester") },
		"use key":    func(ctx context.Context) error { return db.Staff().UseKey(ctx, "a", time.Now(), time.Now()) },
		"save identity": func(ctx context.Context) error {
			return db.Identity().SaveIdentity(ctx, [32]byte{1}, identity.Identity{}, time.Now())
		},
		"forget":        func(ctx context.Context) error { return db.Identity().DeleteIdentity(ctx, [32]byte{1}) },
		"forget more":   func(ctx context.Context) error { return db.Identity().DeleteIdentity(ctx, [32]byte{2}) },
		"delete secret": func(ctx context.Context) error { return db.Secrets().DeleteSecret(ctx, "k", "a") },
		"ready":         db.Ready,
	} {
		writing.Go(func() {
			err := write(t.Context())
			if problem.From(err).Code != problem.Unavailable || problem.From(err).RetryAfter <= 0 {
				t.Errorf("%s: %v", what, err)
			}
			if took := time.Since(start); took > 2*time.Second {
				t.Errorf("%s was refused after %v", what, took)
			}
		})
	}
	writing.Wait()
	release()
	if err := db.Staff().CreateKey(t.Context(), staff.Key{ID: "a"}); err != nil {
		t.Errorf("after the lock was given free: %v", err)
	}
}

// TestACallerThatGoesIsNoFault: a request that was given up is not answered as if the database were down.
func TestACallerThatGoesIsNoFault(t *testing.T) {
	db, _ := locked(t)
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(100*time.Millisecond, cancel)
	start := time.Now()
	err := db.Identity().DeleteIdentity(ctx, [32]byte{1})
	if !errors.Is(err, context.Canceled) || problem.From(err).Code == problem.Unavailable || ctx.Err() == nil || time.Since(start) > time.Second {
		t.Errorf("%v after %v", err, time.Since(start))
	}
}

// TestWhoWaitsTogetherDoesNotFailTogether: some of those who wait for the lock give up; the others are not hurt.
func TestWhoWaitsTogetherDoesNotFailTogether(t *testing.T) {
	path := filepath.Join(t.TempDir(), "coopnet.db")
	holder, db := openAt(t, path, nil), openAt(t, path, nil)
	for round := range 10 {
		tx, err := holder.write.BeginTx(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		impatient, giveUp := context.WithCancel(t.Context())
		var writing sync.WaitGroup
		for i := range 50 {
			ctx, want := t.Context(), error(nil)
			if i%5 == 0 {
				ctx, want = impatient, context.Canceled
			}
			writing.Go(func() {
				err := db.Identity().SaveIdentity(ctx, [32]byte{byte(round), byte(i)}, identity.Identity{}, time.Now().Add(time.Hour))
				if !errors.Is(err, want) {
					t.Errorf("round %d, writer %d: %v, want %v", round, i, err, want)
				}
			})
		}
		giveUp()
		if err := tx.Rollback(); err != nil {
			t.Fatal(err)
		}
		writing.Wait()
	}
}

// TestWhoComesLaterHasTimeOfItsOwn: one transaction serves all who wait, but whose time is over does not end the others'.
func TestWhoComesLaterHasTimeOfItsOwn(t *testing.T) {
	db := openAt(t, filepath.Join(t.TempDir(), "coopnet.db"), nil)
	db.opened = time.Now().Add(-time.Minute) // and nothing was written since
	db.served.Store(0)
	wait := func(since time.Time) *write {
		return &write{ctx: t.Context(), since: since, fn: func(*sql.Tx) error { return nil }, done: make(chan error, 1)}
	}
	old, fresh := wait(time.Now().Add(-2*busyTimeout)), wait(time.Now())
	db.together([]*write{old, fresh})
	if err := <-old.done; !errors.Is(err, errLate) {
		t.Errorf("who waited too long: %v", err)
	}
	if err := <-fresh.done; err != nil {
		t.Errorf("who came later: %v", err)
	}
}
