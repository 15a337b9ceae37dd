package diagnostics

import (
	"context"
	"errors"
	"time"

	"github.com/coopnet/coopnet/shared/blob"
)

// Errors of the stores. Any other error is a fault; a fault with an HTTP meaning is a *problem.Error.
var (
	ErrNotFound = errors.New("not found")
	ErrExists   = errors.New("the code is taken")
	ErrConflict = errors.New("changed by somebody else")
	ErrCursor   = errors.New("not a cursor of this list")
)

// Store keeps what is known of reports, under their codes; the reports themselves are files. What has expired is never
// returned, but by ExpiredReports.
type Store interface {
	// CreateReport stores a new one. ErrExists when the code is there, expired or not.
	CreateReport(ctx context.Context, r *Report) error
	// Report returns one in any state, or ErrNotFound.
	Report(ctx context.Context, code string) (*Report, error)
	// UpdateReport replaces the row if it still has r.Version, and counts r.Version up; else ErrConflict.
	UpdateReport(ctx context.Context, r *Report) error
	// DeleteReport forgets one; a missing one is fine.
	DeleteReport(ctx context.Context, code string) error
	// Reports returns a page of those that support may see, the newest first. ErrCursor for a cursor that is not its own.
	Reports(ctx context.Context, q Query) (Page, error)
	// ReportsOf returns at most limit of a person's, in any state but erased. The address is in the form of text.FoldEmail.
	ReportsOf(ctx context.Context, email string, limit int) ([]*Report, error)
	// ExpiredReports returns at most limit that expired at that time or before, in any state.
	ExpiredReports(ctx context.Context, before time.Time, limit int) ([]*Report, error)
}

// SessionStore keeps sessions under their names. What has expired is never returned, and forgotten by itself.
type SessionStore interface {
	// CreateSession stores a new one. ErrExists when the name is there.
	CreateSession(ctx context.Context, s *Session) error
	// Session returns one, or ErrNotFound.
	Session(ctx context.Context, name string) (*Session, error)
	// UpdateSession replaces the row if it still has s.Version, and counts s.Version up; else ErrConflict.
	UpdateSession(ctx context.Context, s *Session) error
	// DeleteSession forgets one; a missing one is fine.
	DeleteSession(ctx context.Context, name string) error
}

// Query asks for a page of reports. What is empty does not select.
type Query struct {
	Cursor string
	Limit  int
	Status string
	From   time.Time // made at that time or later
	To     time.Time // made before
}

// Page is a page of reports; Next is empty at the end.
type Page struct {
	Reports []*Report
	Next    string
}

// AuditStore keeps who did what. Nothing changes or deletes an entry before it expires.
type AuditStore interface {
	// AddEntry stores a new one.
	AddEntry(ctx context.Context, e Entry) error
	// Entries returns a page, the newest first. ErrCursor for a cursor that is not its own.
	Entries(ctx context.Context, q AuditQuery) (AuditPage, error)
}

// AuditQuery asks for a page of the audit. What is empty does not select.
type AuditQuery struct {
	Cursor string
	Limit  int
	Code   string
	Actor  string
}

// AuditPage is a page of the audit; Next is empty at the end.
type AuditPage struct {
	Entries []Entry
	Next    string
}

// Blobs keeps the reports themselves; functions/store/storetest says what the methods mean.
type Blobs interface {
	Upload(ctx context.Context, key string, o blob.Object, expires time.Time) (blob.Upload, error)
	Download(ctx context.Context, key, filename string, expires time.Time) (url string, err error)
	Stat(ctx context.Context, key string) (blob.Object, error)
	Delete(ctx context.Context, key string) error
}
