// Package diagnostics takes reports of guests whose computer or network gives them trouble, and hands them to support.
//
// A report is a row and a file. The row is made first (pending) and comes with a signed upload; the file goes straight
// to the store of files and is never opened here. Completing compares its size and checksum; from then on the report
// is new, then seen and closed, and support finds it by the code that the guest reads on the phone. Who makes a report
// gets its id, with which it can be completed, uploaded anew and erased; support knows the code only.
//
// A session is one run of the tool that makes reports. It gets tokens for test rooms on the relays, and the report that
// names it is shown beside what the servers know of it: its calls, and what its media sessions did on the relays.
package diagnostics

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"time"

	"github.com/coopnet/coopnet/shared/problem"
)

// States of a report.
const (
	StatusPending = "pending" // the file is not there yet; support sees nothing
	StatusNew     = "new"
	StatusSeen    = "seen"
	StatusClosed  = "closed"
	StatusErased  = "erased" // only waits until no upload can bring the file back
)

// Report is what is known of one report.
type Report struct {
	Code       string         `json:"code"`
	SecretHash [32]byte       `json:"secretHash"` // of the id's second part
	Status     string         `json:"status"`
	Key        string         `json:"key"` // of the file
	Size       int64          `json:"size"`
	SHA256     [32]byte       `json:"sha256"`
	Summary    map[string]any `json:"summary"`
	Email      string         `json:"email"`             // of the summary, folded: what Erase looks for
	Note       string         `json:"note"`              // of support
	Session    string         `json:"session,omitempty"` // its name; "" when the report was made without one
	CreatedAt  time.Time      `json:"createdAt"`
	ReceivedAt time.Time      `json:"receivedAt,omitzero"`
	UploadEnds time.Time      `json:"uploadEnds"` // until then the file may still come, or come again
	ExpiresAt  time.Time      `json:"expiresAt"`
	Version    int64          `json:"version"` // for compare-and-swap; the store counts it
}

// Visible reports whether support may know of it.
func (r *Report) Visible() bool { return r.Status != StatusPending && r.Status != StatusErased }

// Limiter counts events per key; see conference.Limiter.
type Limiter interface {
	Spend(ctx context.Context, key string, burst int, every time.Duration) (wait time.Duration, err error)
}

// Staff knows who supports guests.
type Staff interface {
	// Support returns who holds the bearer key or token. Its errors are problems: unauthenticated or forbidden.
	Support(ctx context.Context, bearer string) (actor string, err error)
	// Reader is Support for calls that change nothing. Pulling a report is one of them.
	Reader(ctx context.Context, bearer string) (actor string, err error)
}

// Events tells others what has happened.
type Events interface {
	// ReportReceived says that support may fetch a report; it may be said again of the same one. An error is logged; the
	// report stays received.
	ReportReceived(ctx context.Context, code string, at time.Time) error
}

// Config is what a Domain needs.
type Config struct {
	Store    Store
	Audit    AuditStore
	Sessions SessionStore
	Blobs    Blobs
	Limiter  Limiter
	Staff    Staff
	Events   Events                     // nil: nobody wants to know
	Client   func(*http.Request) string // whose reports are counted together
	Now      func() time.Time           // nil is time.Now
	Rand     io.Reader                  // nil is crypto/rand
	Logger   *slog.Logger               // nil discards
}

// Domain is the reports.
type Domain struct {
	cfg    Config
	record Record
}

// New checks the configuration.
func New(cfg Config) (*Domain, error) {
	if cfg.Store == nil || cfg.Audit == nil || cfg.Sessions == nil || cfg.Blobs == nil || cfg.Limiter == nil || cfg.Staff == nil || cfg.Client == nil {
		return nil, errors.New("diagnostics: a required field of Config is missing")
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Rand == nil {
		cfg.Rand = rand.Reader
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	return &Domain{cfg, Record{cfg.Sessions, cfg.Logger}}, nil
}

// Bounds and lifetimes.
const (
	maxSize      = 8 << 20
	pendingLife  = 12 * time.Hour // with cleanGrace and the rounds of Clean well below a day
	uploadLife   = 30 * time.Minute
	downloadLife = 5 * time.Minute
	retention    = 30 * 24 * time.Hour
	tellLife     = time.Hour // in which who repeats Complete has others told again
	cleanGrace   = time.Hour // an upload that began in time may take so long

	createBurst = 20 // some 160 MB from one address at once, and 2.4 GB a day
	createEvery = 5 * time.Minute
)

// now is a time as it is stored.
func (d *Domain) now() time.Time { return d.cfg.Now().UTC().Truncate(time.Millisecond) }

// change applies f to a report until nobody else changes it at the same time. An error of f ends it.
func (d *Domain) change(ctx context.Context, r *Report, f func(*Report) error) (*Report, error) {
	for range 5 {
		if err := f(r); err != nil {
			return nil, err
		}
		err := d.cfg.Store.UpdateReport(ctx, r)
		if err == nil {
			return r, nil
		}
		if !errors.Is(err, ErrConflict) {
			return nil, fmt.Errorf("update report: %w", err)
		}
		if r, err = d.report(ctx, r.Code); err != nil {
			return nil, err
		}
	}
	return nil, problem.New(problem.Conflict, "The report is being changed by somebody else. Try again.")
}

// report reads one; an erased one is there no more.
func (d *Domain) report(ctx context.Context, code string) (*Report, error) {
	r, err := d.cfg.Store.Report(ctx, code)
	if errors.Is(err, ErrNotFound) || err == nil && r.Status == StatusErased {
		return nil, unknown()
	}
	if err != nil {
		return nil, fmt.Errorf("read report: %w", err)
	}
	return r, nil
}

func unknown() error { return problem.New(problem.NotFound, "There is no such report.") }

func invalid(pointer, detail string) error {
	return &problem.Error{Code: problem.Invalid, Detail: "Some fields are not valid.", Fields: []problem.Field{{Pointer: pointer, Detail: detail}}}
}
