// Package installer is the catalogue of the installable software: which releases there are, who gets which, and where
// their files are.
//
// A publisher signs each release's manifest (shared/release) with a key that this domain never has; it only checks. A
// release is pending until its file has arrived, then published, and perhaps withdrawn. It may be given to a part of all
// first: the same askers each time.
package installer

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"time"

	"github.com/coopnet/coopnet/shared/blob"
	"github.com/coopnet/coopnet/shared/problem"
	"github.com/coopnet/coopnet/shared/release"
)

// States of a release.
const (
	StatusPending   = "pending" // the file is not there yet
	StatusPublished = "published"
	StatusWithdrawn = "withdrawn" // nobody gets it any more; who has it keeps it
)

// Release is one version for one platform.
type Release struct {
	release.Manifest
	Signature   []byte    `json:"signature"`
	Notes       Notes     `json:"notes"`
	Rollout     int       `json:"rollout"` // how many of a hundred askers get it
	Status      string    `json:"status"`
	Key         string    `json:"key"` // of the file
	CreatedBy   string    `json:"createdBy"`
	CreatedAt   time.Time `json:"createdAt"`
	PublishedAt time.Time `json:"publishedAt,omitzero"`
	UploadEnds  time.Time `json:"uploadEnds"` // until then the file may still come
	Revision    int64     `json:"revision"`   // for compare-and-swap; the store counts it
}

// Notes say what is new, in the languages of the portal.
type Notes struct {
	EN string `json:"en"`
	FR string `json:"fr"`
}

// Errors of the store. Any other error is a fault; a fault with an HTTP meaning is a *problem.Error.
var (
	ErrNotFound = errors.New("not found")
	ErrExists   = errors.New("the release exists")
	ErrConflict = errors.New("changed by somebody else")
)

// Store keeps releases: some hundreds.
type Store interface {
	// CreateRelease stores a new one. ErrExists when the platform has the version.
	CreateRelease(ctx context.Context, r *Release) error
	// Release returns one in any state, or ErrNotFound.
	Release(ctx context.Context, platform, version string) (*Release, error)
	// UpdateRelease replaces the row if it still has r.Revision, and counts r.Revision up; else ErrConflict.
	UpdateRelease(ctx context.Context, r *Release) error
	// DeleteRelease forgets one; a missing one is fine.
	DeleteRelease(ctx context.Context, platform, version string) error
	// Releases returns all of a platform, or of all platforms ("") in any state and order.
	Releases(ctx context.Context, platform string) ([]*Release, error)
}

// Blobs keeps the files; functions/store/storetest says what the methods mean.
type Blobs interface {
	Upload(ctx context.Context, key string, o blob.Object, expires time.Time) (blob.Upload, error)
	Download(ctx context.Context, key, filename string, expires time.Time) (url string, err error)
	Stat(ctx context.Context, key string) (blob.Object, error)
	Delete(ctx context.Context, key string) error
}

// Staff knows who publishes.
type Staff interface {
	// Publisher returns who holds the bearer key or token. Its errors are problems: unauthenticated or forbidden.
	Publisher(ctx context.Context, bearer string) (actor string, err error)
}

// Config is what a Domain needs.
type Config struct {
	Store     Store
	Blobs     Blobs
	Staff     Staff
	Keys      []ed25519.PublicKey // of publishers; none: nothing can be published
	PublicURL string              // of the portal; no slash at its end
	Now       func() time.Time    // nil is time.Now
	Rand      io.Reader           // nil is crypto/rand
	Logger    *slog.Logger        // nil discards
}

// Domain is the catalogue.
type Domain struct{ cfg Config }

// New checks the configuration.
func New(cfg Config) (*Domain, error) {
	if cfg.Store == nil || cfg.Blobs == nil || cfg.Staff == nil {
		return nil, errors.New("installer: a required field of Config is missing")
	}
	if cfg.PublicURL == "" || strings.HasSuffix(cfg.PublicURL, "/") {
		return nil, fmt.Errorf("installer: PublicURL %q is empty or ends with a slash", cfg.PublicURL)
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
	return &Domain{cfg: cfg}, nil
}

// Bounds and lifetimes.
const (
	maxSize      = 1 << 30
	maxNotes     = 4000 // characters
	maxExpiry    = 2 * 365 * 24 * time.Hour
	maxAsker     = 128             // bytes
	uploadLife   = time.Hour       // a file may be large, and a publisher far away
	downloadLife = 5 * time.Minute // to begin in
	cleanGrace   = 23 * time.Hour  // for an upload to be tried again, and for one that began in time
)

// now is a time as it is stored.
func (d *Domain) now() time.Time { return d.cfg.Now().UTC().Truncate(time.Millisecond) }

func unknown() error {
	return problem.New(problem.NotFound, "There is no such release of the software. Join in the browser.")
}

func invalid(pointer, detail string) error {
	return &problem.Error{Code: problem.Invalid, Detail: "Some fields are not valid.", Fields: []problem.Field{{Pointer: pointer, Detail: detail}}}
}
