package documents

import (
	"context"
	"errors"
	"time"

	"github.com/coopnet/coopnet/shared/blob"
)

// Errors of the stores. Any other error is a fault; a fault with an HTTP meaning is a *problem.Error.
var (
	ErrNotFound = errors.New("not found")
	ErrConflict = errors.New("changed by somebody else")
)

// Store keeps what is known of documents; the documents themselves are files. It forgets nothing by itself: each row
// names a file.
type Store interface {
	// CreateDocument stores a new one. ErrConflict when the id is there.
	CreateDocument(ctx context.Context, doc *Document) error
	// Document returns one in any state, or ErrNotFound.
	Document(ctx context.Context, conference, id string) (*Document, error)
	// UpdateDocument replaces the row if it still has doc.Version, and counts doc.Version up; else ErrConflict.
	UpdateDocument(ctx context.Context, doc *Document) error
	// DeleteDocument forgets one; a missing one is fine.
	DeleteDocument(ctx context.Context, conference, id string) error
	// Documents returns all of a conference, in any state and order. What was written before the call is among them.
	Documents(ctx context.Context, conference string) ([]*Document, error)
	// DocumentsBy returns at most limit that a person has added, in any state. What was written a moment ago may be missing.
	DocumentsBy(ctx context.Context, person string, limit int) ([]*Document, error)
	// DueDocuments returns at most limit whose DueAt is that time or before, in any state.
	DueDocuments(ctx context.Context, before time.Time, limit int) ([]*Document, error)
}

// Blobs keeps the documents themselves; functions/store/storetest says what the methods mean.
type Blobs interface {
	Upload(ctx context.Context, key string, o blob.Object, expires time.Time) (blob.Upload, error)
	Download(ctx context.Context, key, filename string, expires time.Time) (url string, err error)
	Stat(ctx context.Context, key string) (blob.Object, error)
	Delete(ctx context.Context, key string) error
}
