// Package sqlite keeps the control plane's data in one SQLite file, for the standalone edition: one file per domain,
// and the connections, migrations, backup and retention here.
//
// An acknowledged write survives kill -9 and power loss (WAL, synchronous FULL). All writes, those of retention too, take
// turns on one connection, and those that wait at the same moment share a transaction. No turn takes long; a backup takes
// none. A second process may open the same file: its lock is waited for.
package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	sqlite "modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/coopnet/coopnet/shared/problem"
)

// Config says where the data is.
type Config struct {
	Path    string           // the file; made with mode 0600 in a folder that exists
	Ballast int64            // bytes kept back for retention on a full disk; 0 is 16 MiB, negative none
	Readers int              // connections that read; 0 is 4
	Now     func() time.Time // nil is time.Now
	Logger  *slog.Logger     // nil discards
}

const (
	defaultBallast = 16 << 20
	busyTimeout    = 1500 * time.Millisecond // without any write, for another process: answers come within 2 s
	purgeRows      = 200                     // that one turn deletes
	checkpointTime = 300 * time.Millisecond  // for who still reads what the WAL has
	fileMode       = 0o600
)

// DB is an open database.
type DB struct {
	cfg   Config
	write *sql.DB // one connection
	read  *sql.DB

	writes  chan *write
	alone   chan func()
	stop    chan struct{} // closed by Close
	closing sync.Once
	writer  sync.WaitGroup
	opened  time.Time
	served  atomic.Int64 // nanoseconds after opened: when the writer last got somewhere

	mu      sync.Mutex // guards what is below
	full    bool       // the disk was full and the ballast is not back yet
	triedAt time.Time
}

// Open opens the file, makes it the first time, and brings its schema up to date.
func Open(ctx context.Context, cfg Config) (*DB, error) {
	if cfg.Path == "" {
		return nil, errors.New("sqlite: Config.Path is missing")
	}
	if cfg.Ballast == 0 {
		cfg.Ballast = defaultBallast
	}
	if cfg.Readers <= 0 {
		cfg.Readers = 4
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	// SQLite gives the mode of this file to its WAL too.
	f, err := os.OpenFile(cfg.Path, os.O_CREATE|os.O_RDWR, fileMode)
	if err != nil {
		return nil, fmt.Errorf("create database: %w", err)
	}
	// A backup that was put in place may have brought another mode.
	if err := errors.Join(f.Chmod(fileMode), f.Close()); err != nil {
		return nil, fmt.Errorf("create database: %w", err)
	}
	db := &DB{cfg: cfg, writes: make(chan *write, mostTogether), alone: make(chan func()), stop: make(chan struct{}), opened: time.Now()}
	if err := db.connect(ctx); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	db.restoreBallast()
	db.writer.Go(db.takeTurns)
	return db, nil
}

func (db *DB) connect(ctx context.Context) error {
	var err error
	if db.write, err = sql.Open("sqlite", dsn(db.cfg.Path, "journal_mode(WAL)", "synchronous(FULL)")); err != nil {
		return fmt.Errorf("open database: %w", err)
	}
	db.write.SetMaxOpenConns(1)
	if err := migrate(ctx, db.write); err != nil {
		return err
	}
	if db.read, err = sql.Open("sqlite", dsn(db.cfg.Path, "query_only(1)")); err != nil {
		return fmt.Errorf("open database: %w", err)
	}
	db.read.SetMaxOpenConns(db.cfg.Readers)
	db.read.SetMaxIdleConns(db.cfg.Readers)
	return nil
}

func dsn(path string, pragmas ...string) string {
	q := url.Values{"_txlock": {"immediate"}}
	q.Add("_pragma", fmt.Sprintf("busy_timeout(%d)", busyTimeout.Milliseconds()))
	q.Add("_pragma", "foreign_keys(1)")
	for _, p := range pragmas {
		q.Add("_pragma", p)
	}
	return "file:" + strings.ReplaceAll(url.PathEscape(path), "%2F", "/") + "?" + q.Encode()
}

// Close lets the write under way end, closes the connections and empties the WAL into the file.
func (db *DB) Close() error {
	db.closing.Do(func() { close(db.stop) })
	db.writer.Wait()
	var errs []error
	for _, c := range []*sql.DB{db.read, db.write} { // the writer last: closing it checkpoints
		if c != nil {
			errs = append(errs, c.Close())
		}
	}
	return errors.Join(errs...)
}

// Ready reports whether reads answer and the lock for writing can be had. A full disk is still ready: what can be read
// goes on.
func (db *DB) Ready(ctx context.Context) error {
	var version int
	if err := db.read.QueryRowContext(ctx, "PRAGMA user_version").Scan(&version); err != nil {
		return fmt.Errorf("read database: %w", err)
	}
	if err := db.transact(ctx, func(*sql.Tx) error { return nil }); err != nil {
		return db.fault(fmt.Errorf("lock database: %w", err))
	}
	return nil
}

// Backup writes a consistent copy to a new file, on a connection of its own: others read and write meanwhile.
func (db *DB) Backup(ctx context.Context, path string) error {
	// VACUUM INTO takes an empty file; making it first gives it its mode, and never overwrites.
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, fileMode)
	if err != nil {
		return fmt.Errorf("create backup: %w", err)
	}
	if err := f.Close(); err != nil {
		return fmt.Errorf("create backup: %w", err)
	}
	if err := db.copyTo(ctx, path); err != nil {
		return errors.Join(err, os.Remove(path))
	}
	return nil
}

func (db *DB) copyTo(ctx context.Context, path string) error {
	reader, err := sql.Open("sqlite", dsn(db.cfg.Path)) // the readers' may not do what writes, wherever that is to
	if err != nil {
		return fmt.Errorf("open database: %w", err)
	}
	defer reader.Close()
	if _, err := reader.ExecContext(ctx, "VACUUM INTO ?", path); err != nil {
		return fmt.Errorf("write backup: %w", err)
	}
	return nil
}

// Purge deletes what has expired, returns space to the disk's other users, and brings the ballast back. Others write
// meanwhile; when they are so many that it has to wait too long, it gives up and the next call goes on.
func (db *DB) Purge(ctx context.Context) (rows int64, err error) {
	if rows, err = db.purge(ctx); err == nil {
		db.restoreBallast()
	}
	return rows, err
}

func (db *DB) purge(ctx context.Context) (rows int64, err error) {
	for _, table := range []string{"conference", "invitation", "identity", "report_audit", "diagnostic_session", "launch", "idempotency", "lobby",
		"relay", "home", "attendee", "removal", "command", "webhook_delivery"} {
		for {
			n, err := db.purgeSome(ctx, table)
			if err != nil {
				return rows, fmt.Errorf("purge %s: %w", table, err)
			}
			rows += n
			if n < purgeRows {
				break
			}
		}
	}
	return rows, db.checkpoint(ctx)
}

func (db *DB) purgeSome(ctx context.Context, table string) (rows int64, err error) {
	query := "DELETE FROM " + table + " WHERE rowid IN (SELECT rowid FROM " + table + " WHERE expires_at <= ? LIMIT ?)"
	err = db.transact(ctx, func(tx *sql.Tx) error {
		result, err := tx.ExecContext(ctx, query, db.cfg.Now().UnixMilli(), purgeRows)
		if err != nil {
			return err
		}
		rows, err = result.RowsAffected()
		return err
	})
	return rows, err
}

// checkpoint empties the WAL into the file. Where somebody still reads what it has, the next one will.
func (db *DB) checkpoint(ctx context.Context) error {
	return db.between(ctx, func() error {
		limited, cancel := context.WithTimeout(ctx, checkpointTime)
		defer cancel()
		_, err := db.write.ExecContext(limited, "PRAGMA wal_checkpoint(TRUNCATE)")
		if err != nil && (limited.Err() == nil || ctx.Err() != nil) {
			return fmt.Errorf("checkpoint: %w", err)
		}
		return nil
	})
}

// fault gives the errors of SQLite that have a meaning for HTTP that meaning.
func (db *DB) fault(err error) error {
	switch code := resultCode(err); {
	case isFull(err):
		return storageFull(err)
	case code&0xff == sqlite3.SQLITE_BUSY, code&0xff == sqlite3.SQLITE_LOCKED, code&0xff == sqlite3.SQLITE_IOERR, code&0xff == sqlite3.SQLITE_CANTOPEN,
		code == sqlite3.SQLITE_INTERRUPT: // whoever asked has no more time
		return unavailable(err)
	}
	return err
}

func unavailable(cause error) error {
	return &problem.Error{Code: problem.Unavailable, Detail: "The database does not answer. Try again.", RetryAfter: time.Second, Cause: cause}
}

func isFull(err error) bool {
	code := resultCode(err)
	return code&0xff == sqlite3.SQLITE_FULL || code == sqlite3.SQLITE_IOERR_SHMSIZE
}

func resultCode(err error) int {
	var e *sqlite.Error
	if errors.As(err, &e) {
		return e.Code()
	}
	return 0
}

// taken reports which kind of uniqueness an insert broke.
func taken(err error) (primary, unique bool) {
	switch resultCode(err) {
	case sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY, sqlite3.SQLITE_CONSTRAINT_ROWID:
		return true, false
	case sqlite3.SQLITE_CONSTRAINT_UNIQUE:
		return false, true
	}
	return false, false
}

// millis is how a time is stored; nil for a time that is not known.
func millis(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UnixMilli()
}

func fromMillis(n sql.NullInt64) time.Time {
	if !n.Valid {
		return time.Time{}
	}
	return time.UnixMilli(n.Int64).UTC()
}
