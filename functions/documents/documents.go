// Package documents keeps the files that participants give each other during a conference.
//
// A document is a row and a file. The row is made first (pending) and comes with a signed upload; the file goes straight
// to the store of files and is never opened here. Completing compares its size and checksum; from then on everybody of
// the conference sees it. Documents go when the conference ends, or when its retention passes; Clean finds what nobody
// told of.
package documents

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

// States of a document.
const (
	StatusPending = "pending" // the file is not there yet; nobody but who adds it knows of it
	StatusReady   = "ready"
	StatusErased  = "erased" // only waits until no upload can bring the file back
)

// Document is what is known of one.
type Document struct {
	Conference string    `json:"conference"`
	ID         string    `json:"id"`
	Status     string    `json:"status"`
	Key        string    `json:"key"` // of the file
	Name       string    `json:"name"`
	Type       string    `json:"type"` // media type, as who added it says: never believed
	Size       int64     `json:"size"`
	SHA256     [32]byte  `json:"sha256"`
	By         Author    `json:"by"`
	AddedAt    time.Time `json:"addedAt"`
	UploadEnds time.Time `json:"uploadEnds"` // until then the file may still come, or come again
	ExpiresAt  time.Time `json:"expiresAt"`
	DueAt      time.Time `json:"dueAt"`   // when Clean looks at it
	Version    int64     `json:"version"` // for compare-and-swap; the store counts it
}

// Author is who added a document.
type Author struct {
	Participant string `json:"participant"`
	Name        string `json:"name"`
	Person      string `json:"person"` // pseudonym, see jointoken.Person; what Erase looks for
}

// counts reports whether a document takes a place of its conference.
func (d *Document) counts(now time.Time) bool {
	return d.Status != StatusErased && now.Before(d.ExpiresAt)
}

// Door knows who asks.
type Door interface {
	// Attendee returns whom the request's admission is of. Its errors are problems: whoever may not be in the conference
	// at this moment gets what they would get instead of a join token.
	Attendee(r *http.Request) (Attendee, error)
}

// Attendee is somebody in a conference.
type Attendee struct {
	Participant string
	Name        string
	Person      string // pseudonym; "" for who has no e-mail address
	MayAdd      bool
	MayDelete   bool // what others have added, too
	Conference  Conference
}

// Conference is as much as documents have to know of one.
type Conference struct {
	ID    string
	Over  bool          // or forgotten
	Until time.Time     // when it ends; zero: when somebody ends it
	Keep  time.Duration // its retention
}

// Conferences knows which conferences there are.
type Conferences interface {
	// Conference returns one. One that is not known is over.
	Conference(ctx context.Context, id string) (Conference, error)
}

// Limiter counts events per key; see conference.Limiter.
type Limiter interface {
	Spend(ctx context.Context, key string, burst int, every time.Duration) (wait time.Duration, err error)
}

// Config is what a Domain needs.
type Config struct {
	Store       Store
	Blobs       Blobs
	Limiter     Limiter
	Door        Door
	Conferences Conferences
	Now         func() time.Time // nil is time.Now
	Rand        io.Reader        // nil is crypto/rand
	Logger      *slog.Logger     // nil discards
}

// Domain is the documents.
type Domain struct{ cfg Config }

// New checks the configuration.
func New(cfg Config) (*Domain, error) {
	if cfg.Store == nil || cfg.Blobs == nil || cfg.Limiter == nil || cfg.Door == nil || cfg.Conferences == nil {
		return nil, errors.New("documents: a required field of Config is missing")
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
	maxSize       = 50 << 20
	mostDocuments = 50        // of a conference
	mostBytes     = 500 << 20 // of a conference
	maxName       = 200
	maxType       = 100

	pendingLife  = 12 * time.Hour
	uploadLife   = 30 * time.Minute
	downloadLife = 5 * time.Minute
	cleanGrace   = time.Hour // an upload that began in time may take so long
	lookEvery    = time.Hour // an end that nobody told of is found after that time

	addBurst  = 60 // of one participant
	addEvery  = 10 * time.Second
	loadBurst = 120
	loadEvery = 2 * time.Second
)

// now is a time as it is stored.
func (d *Domain) now() time.Time { return d.cfg.Now().UTC().Truncate(time.Millisecond) }

// change applies f to a document until nobody else changes it at the same time. An error of f ends it.
func (d *Domain) change(ctx context.Context, doc *Document, f func(*Document) error) (*Document, error) {
	for range 5 {
		if err := f(doc); err != nil {
			return nil, err
		}
		err := d.cfg.Store.UpdateDocument(ctx, doc)
		if err == nil {
			return doc, nil
		}
		if !errors.Is(err, ErrConflict) {
			return nil, fmt.Errorf("update document: %w", err)
		}
		if doc, err = d.document(ctx, doc.Conference, doc.ID); err != nil {
			return nil, err
		}
	}
	return nil, problem.New(problem.Conflict, "The document is being changed by somebody else. Try again.")
}

// document reads one; an erased or expired one is there no more.
func (d *Domain) document(ctx context.Context, conference, id string) (*Document, error) {
	doc, err := d.cfg.Store.Document(ctx, conference, id)
	if errors.Is(err, ErrNotFound) || err == nil && !doc.counts(d.now()) {
		return nil, unknown()
	}
	if err != nil {
		return nil, fmt.Errorf("read document: %w", err)
	}
	return doc, nil
}

func unknown() error {
	return problem.New(problem.NotFound, "There is no such document, or not any more.")
}

func invalid(pointer, detail string) error {
	return &problem.Error{Code: problem.Invalid, Detail: "Some fields are not valid.", Fields: []problem.Field{{Pointer: pointer, Detail: detail}}}
}
