package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"runtime/debug"
	"sync/atomic"
	"time"

	sqlite3 "modernc.org/sqlite/lib"
)

const (
	mostTogether = 128                     // writes of one transaction, and places in the line: who finds none waits outside
	lineTimeout  = 1800 * time.Millisecond // until a write begins, however fast the line moves: answers come within 2 s
)

var (
	// errLate: another process has the lock, or the writer got nowhere, for busyTimeout; or the line was too long.
	errLate = errors.New("no write was possible in time")
	// errWithdrawn is seen by nobody: the caller has its answer.
	errWithdrawn = errors.New("the caller did not wait")
)

// write is one change that waits for its turn. Either its caller withdraws it or the writer begins it, never both: what
// was refused is not done, and what was begun is waited for.
type write struct {
	ctx     context.Context
	since   time.Time
	fn      func(tx *sql.Tx) error // may be run again after it was rolled back
	done    chan error             // has room for the one answer
	claimed atomic.Bool
	begun   bool // the writer's own
}

// withdraw reports whether the write will not be done.
func (w *write) withdraw() bool { return w.claimed.CompareAndSwap(false, true) }

// run is called by the writer. It runs on no request's goroutine, so a panic would end the process.
func (w *write) run(tx *sql.Tx) (err error) {
	if !w.begun && !w.claimed.CompareAndSwap(false, true) {
		return errWithdrawn
	}
	w.begun = true
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("panic in a write: %v\n%s", v, debug.Stack())
		}
	}()
	return w.fn(tx)
}

// change runs fn, which adds something, in a transaction on the writer. A full disk is answered with
// problem.StorageFull.
func (db *DB) change(ctx context.Context, fn func(tx *sql.Tx) error) error {
	if err := db.room(); err != nil {
		return err
	}
	err := db.transact(ctx, fn)
	if isFull(err) {
		db.releaseBallast(ctx)
	}
	return db.fault(err)
}

// forget runs a statement that only deletes. It is not refused on a full disk before it was tried, and tried again in
// the place of the ballast.
func (db *DB) forget(ctx context.Context, query string, args ...any) error {
	remove := func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, query, args...)
		return err
	}
	err := db.transact(ctx, remove)
	if isFull(err) {
		db.releaseBallast(ctx)
		err = db.transact(ctx, remove)
	}
	return db.fault(err)
}

// transact runs fn in a transaction. It waits for its turn while others are served, and for the lock; after busyTimeout
// without any write, and after lineTimeout at the latest, it is refused as unavailable.
func (db *DB) transact(ctx context.Context, fn func(tx *sql.Tx) error) error {
	w := &write{ctx: ctx, since: time.Now(), fn: fn, done: make(chan error, 1)}
	timer := time.NewTimer(busyTimeout)
	defer timer.Stop()
	for line := db.writes; ; {
		var refused error
		select {
		case line <- w:
			line = nil
			continue
		case err := <-w.done:
			return err
		case <-ctx.Done():
			refused = ctx.Err()
		case <-db.stop:
			refused = sql.ErrConnDone
		case <-timer.C:
			if left := min(db.patience(w.since), lineTimeout-time.Since(w.since)); left > 0 {
				timer.Reset(left)
				continue
			}
			refused = unavailable(errLate)
		}
		if w.withdraw() {
			return refused
		}
		return <-w.done
	}
}

// between runs fn on the writer while no transaction is open. Who writes meanwhile waits, so fn must not take long.
func (db *DB) between(ctx context.Context, fn func() error) error {
	done := make(chan error, 1)
	select {
	case db.alone <- func() { done <- fn() }:
		return <-done
	case <-ctx.Done():
		return ctx.Err()
	case <-db.stop:
		return sql.ErrConnDone
	}
}

// patience is how long somebody who waits since then should go on, as things are.
func (db *DB) patience(since time.Time) time.Duration {
	idle := time.Since(db.opened) - time.Duration(db.served.Load())
	return busyTimeout - min(time.Since(since), idle)
}

func (db *DB) progress() { db.served.Store(int64(time.Since(db.opened))) }

// takeTurns is the writer. Those who wait at the same moment share one transaction, and one wait for the disk: a company
// that joins at once is a few of them. It ends with Close.
func (db *DB) takeTurns() {
	for {
		select {
		case <-db.stop:
			return
		case run := <-db.alone:
			run()
			db.progress()
		case first := <-db.writes:
			db.together(db.waiting([]*write{first}))
		}
	}
}

func (db *DB) waiting(batch []*write) []*write {
	for len(batch) < mostTogether {
		select {
		case w := <-db.writes:
			batch = append(batch, w)
		default:
			return batch
		}
	}
	return batch
}

// together answers every write of the batch. Each is undone alone when it fails; where SQLite gave up all of them, each
// is run alone.
func (db *DB) together(batch []*write) {
	var late error
	if len(batch) > 1 {
		answers := make([]error, len(batch))
		err := db.inTx(context.Background(), batch[0].since, func(tx *sql.Tx) (err error) {
			for i, w := range batch {
				if answers[i], err = part(tx, w); err != nil {
					return err
				}
				db.progress()
			}
			return nil
		})
		if err == nil {
			for i, w := range batch {
				w.done <- answers[i]
			}
			return
		}
		late = err
	}
	for _, w := range batch {
		// Who has waited as long as the first is refused with it; who came later still has time.
		if errors.Is(late, errLate) && time.Since(w.since) >= busyTimeout {
			w.done <- late
			continue
		}
		w.done <- db.inTx(w.ctx, w.since, w.run)
	}
}

// part runs a write within a transaction that goes on when the write fails; err says that it cannot.
func part(tx *sql.Tx, w *write) (answer, err error) {
	if w.ctx.Err() != nil {
		return w.ctx.Err(), nil
	}
	if _, err := tx.Exec("SAVEPOINT part"); err != nil {
		return nil, fmt.Errorf("begin part: %w", err)
	}
	if answer = w.run(tx); answer != nil {
		// On a full disk or an interrupt SQLite has rolled everything back: then there is no part any more.
		if _, err := tx.Exec("ROLLBACK TO part"); err != nil {
			return answer, fmt.Errorf("undo part: %w", err)
		}
	}
	if _, err := tx.Exec("RELEASE part"); err != nil {
		return answer, fmt.Errorf("end part: %w", err)
	}
	return answer, nil
}

func (db *DB) inTx(ctx context.Context, since time.Time, fn func(tx *sql.Tx) error) error {
	left := db.patience(since)
	if left <= 0 {
		return unavailable(errLate)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	limit := time.AfterFunc(left, cancel) // for the lock; who has it is not cut off
	tx, err := db.write.BeginTx(ctx, nil)
	if !limit.Stop() || resultCode(err)&0xff == sqlite3.SQLITE_BUSY {
		if err == nil {
			err = tx.Rollback()
		}
		return unavailable(errors.Join(errLate, err))
	}
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	defer db.progress()
	if err := fn(tx); err != nil {
		_ = tx.Rollback() // the first error is the one that matters
		return err
	}
	if err := tx.Commit(); err != nil { // the driver has rolled it back
		return fmt.Errorf("commit: %w", err)
	}
	return nil
}
