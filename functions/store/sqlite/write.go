package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// mostTogether bounds the writes of one transaction.
const mostTogether = 128

// write is one change that waits for its turn.
type write struct {
	ctx  context.Context
	fn   func(tx *sql.Tx) error // may be run again after it was rolled back
	done chan error             // has room for the one answer
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

// transact has busyTimeout in all: for its turn, for the lock of the file, and for the change.
func (db *DB) transact(ctx context.Context, fn func(tx *sql.Tx) error) error {
	limited, cancel := context.WithTimeout(ctx, busyTimeout)
	defer cancel()
	w := &write{ctx: limited, fn: fn, done: make(chan error, 1)}
	var err error
	select {
	case db.writes <- w:
		err = <-w.done // in time: everything that it waits for ends with limited
	case <-limited.Done():
		err = limited.Err()
	case <-db.stop:
		err = sql.ErrConnDone
	}
	if late := errors.Is(err, context.DeadlineExceeded) || errors.Is(err, sql.ErrTxDone); late && ctx.Err() == nil {
		return unavailable(err)
	}
	return err
}

// takeTurns is the writer. Those who wait at the same moment share one transaction, and one wait for the disk: a company
// that joins at once is a few of them. It ends with Close.
func (db *DB) takeTurns() {
	for {
		select {
		case <-db.stop:
			return
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
	if len(batch) > 1 {
		answers := make([]error, len(batch))
		err := db.inTx(batch[0].ctx, func(tx *sql.Tx) (err error) {
			for i, w := range batch {
				if answers[i], err = part(tx, w.fn); err != nil {
					return err
				}
			}
			return nil
		})
		if err == nil {
			for i, w := range batch {
				w.done <- answers[i]
			}
			return
		}
	}
	for _, w := range batch {
		w.done <- db.inTx(w.ctx, w.fn)
	}
}

// part runs fn within a transaction that goes on when fn fails; err says that it cannot.
func part(tx *sql.Tx, fn func(tx *sql.Tx) error) (answer, err error) {
	if _, err := tx.Exec("SAVEPOINT part"); err != nil {
		return nil, fmt.Errorf("begin part: %w", err)
	}
	if answer = fn(tx); answer != nil {
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

func (db *DB) inTx(ctx context.Context, fn func(tx *sql.Tx) error) error {
	tx, err := db.write.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	if err := fn(tx); err != nil {
		_ = tx.Rollback() // the first error is the one that matters
		return err
	}
	if err := tx.Commit(); err != nil { // the driver has rolled it back
		return fmt.Errorf("commit: %w", err)
	}
	return nil
}
