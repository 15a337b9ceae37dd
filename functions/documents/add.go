package documents

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"mime"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/coopnet/coopnet/shared/blob"
	"github.com/coopnet/coopnet/shared/opaque"
	"github.com/coopnet/coopnet/shared/problem"
	"github.com/coopnet/coopnet/shared/text"
)

// Draft is a document before it exists.
type Draft struct {
	Name   string `json:"name"`
	Type   string `json:"type"`
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"` // hexadecimal
}

// octets is the media type of what is not known.
const octets = "application/octet-stream"

// normalise checks the draft and returns the document that it describes. What nobody sees is taken out of a name: who has
// the file did not choose it letter by letter.
func (f *Draft) normalise() (*Document, error) {
	if utf8.RuneCountInString(f.Name) > maxName {
		return nil, invalid("/name", fmt.Sprintf("is longer than %d characters", maxName))
	}
	name := strings.Map(func(r rune) rune {
		if text.Hidden(r) {
			return -1
		}
		return r
	}, norm.NFC.String(strings.ToValidUTF8(f.Name, "")))
	if name = strings.TrimSpace(name); name == "" {
		return nil, invalid("/name", "is empty")
	}
	if len(f.Type) > maxType {
		return nil, invalid("/type", fmt.Sprintf("is longer than %d characters", maxType))
	}
	if f.Size < 1 || f.Size > maxSize {
		return nil, invalid("/size", fmt.Sprintf("must be between 1 and %d", maxSize))
	}
	sum, err := hex.DecodeString(f.SHA256)
	if err != nil || len(sum) != sha256.Size {
		return nil, invalid("/sha256", "must be 64 hexadecimal digits")
	}
	return &Document{Status: StatusPending, Name: name, Type: mediaType(f.Type), Size: f.Size, SHA256: [32]byte(sum), Version: 1}, nil
}

// mediaType is type/subtype, without parameters; whatever else is said is not known.
func mediaType(said string) string {
	kind, _, err := mime.ParseMediaType(said)
	if err != nil || strings.Count(kind, "/") != 1 {
		return octets
	}
	return kind
}

// Create stores a pending document and signs the upload of its file.
func (d *Domain) Create(ctx context.Context, who Attendee, f Draft) (doc *Document, upload blob.Upload, err error) {
	if !who.MayAdd {
		return nil, blob.Upload{}, problem.New(problem.Forbidden, "Only participants who may share can add documents.")
	}
	if doc, err = f.normalise(); err != nil {
		return nil, blob.Upload{}, err
	}
	if err = d.spend(ctx, "da:"+who.Participant, addBurst, addEvery); err != nil {
		return nil, blob.Upload{}, err
	}
	if doc.ID, err = d.randomText(); err != nil {
		return nil, blob.Upload{}, err
	}
	file, err := d.randomText()
	if err != nil {
		return nil, blob.Upload{}, err
	}
	now := d.now()
	doc.Conference, doc.Key, doc.By = who.Conference.ID, "documents/"+file, Author{Participant: who.Participant, Name: who.Name, Person: who.Person}
	doc.AddedAt, doc.UploadEnds, doc.ExpiresAt, doc.DueAt = now, now.Add(uploadLife), now.Add(pendingLife), now.Add(pendingLife+cleanGrace)
	// Signed before it is stored: when the store of files is down, nothing is left behind.
	if upload, err = d.sign(ctx, doc); err != nil {
		return nil, blob.Upload{}, err
	}
	if err := d.cfg.Store.CreateDocument(ctx, doc); err != nil {
		return nil, blob.Upload{}, fmt.Errorf("store document: %w", err)
	}
	return doc, upload, d.fits(ctx, doc)
}

// fits takes the document back when it was too much. Each counts after it has written, so that of many at once none goes
// beyond the bounds; at the edge two may be refused of which one would have fit.
func (d *Domain) fits(ctx context.Context, doc *Document) error {
	all, err := d.cfg.Store.Documents(ctx, doc.Conference)
	if err != nil {
		return errors.Join(fmt.Errorf("count documents: %w", err), d.cfg.Store.DeleteDocument(ctx, doc.Conference, doc.ID))
	}
	count, size, now := 0, int64(0), d.now()
	for _, other := range all {
		if other.counts(now) {
			count, size = count+1, size+other.Size
		}
	}
	if count <= mostDocuments && size <= mostBytes {
		return nil
	}
	if err := d.cfg.Store.DeleteDocument(ctx, doc.Conference, doc.ID); err != nil {
		return fmt.Errorf("take a document back: %w", err)
	}
	return problem.New(problem.Conflict, fmt.Sprintf("A conference has at most %d documents and %d MB. Delete some first.", mostDocuments, mostBytes>>20))
}

func (d *Domain) sign(ctx context.Context, doc *Document) (blob.Upload, error) {
	upload, err := d.cfg.Blobs.Upload(ctx, doc.Key, blob.Object{Size: doc.Size, SHA256: doc.SHA256}, doc.UploadEnds)
	if err != nil {
		return blob.Upload{}, fmt.Errorf("sign the upload: %w", err)
	}
	return upload, nil
}

func (d *Domain) spend(ctx context.Context, key string, burst int, every time.Duration) error {
	wait, err := d.cfg.Limiter.Spend(ctx, key, burst, every)
	if err != nil {
		return err
	}
	if wait > 0 {
		return &problem.Error{Code: problem.RateLimited, Detail: "That was too much at once. Try again later.", RetryAfter: wait}
	}
	return nil
}

func (d *Domain) randomText() (string, error) { return opaque.Random(d.cfg.Rand, 16) }

// own returns a document that the attendee has added. Others' pending ones are as unknown as those that are not there.
func (d *Domain) own(ctx context.Context, who Attendee, id string) (*Document, error) {
	doc, err := d.document(ctx, who.Conference.ID, id)
	if err != nil {
		return nil, err
	}
	if doc.By.Participant != who.Participant {
		return nil, unknown()
	}
	return doc, nil
}

// Renew signs the upload of a pending document anew, after a cut or when the first link has expired.
func (d *Domain) Renew(ctx context.Context, who Attendee, id string) (*Document, blob.Upload, error) {
	doc, err := d.own(ctx, who, id)
	if err != nil {
		return nil, blob.Upload{}, err
	}
	if err := d.spend(ctx, "da:"+who.Participant, addBurst, addEvery); err != nil {
		return nil, blob.Upload{}, err
	}
	doc, err = d.change(ctx, doc, func(doc *Document) error {
		if doc.Status != StatusPending {
			return problem.New(problem.Conflict, "The document is complete.")
		}
		doc.UploadEnds = d.now().Add(uploadLife)
		if doc.UploadEnds.After(doc.ExpiresAt) {
			doc.UploadEnds = doc.ExpiresAt
		}
		return nil
	})
	if err != nil {
		return nil, blob.Upload{}, err
	}
	upload, err := d.sign(ctx, doc)
	return doc, upload, err
}

// Complete shows a document to the conference once its file is there as it was announced. Again is fine.
func (d *Domain) Complete(ctx context.Context, who Attendee, id string) (*Document, error) {
	doc, err := d.own(ctx, who, id)
	if err != nil || doc.Status == StatusReady {
		return doc, err
	}
	have, err := d.cfg.Blobs.Stat(ctx, doc.Key)
	if errors.Is(err, blob.ErrNotFound) {
		return nil, problem.New(problem.Conflict, "The document's file has not arrived. Upload it again.")
	}
	if err != nil {
		return nil, fmt.Errorf("look at the document's file: %w", err)
	}
	if have != (blob.Object{Size: doc.Size, SHA256: doc.SHA256}) {
		// The signature should have kept it out; without it the right one can be uploaded.
		if err := d.cfg.Blobs.Delete(ctx, doc.Key); err != nil {
			return nil, fmt.Errorf("delete a file that is not the document: %w", err)
		}
		return nil, problem.New(problem.Conflict, "What arrived is not the file that was announced. Upload it again.")
	}
	return d.change(ctx, doc, func(doc *Document) error {
		if doc.Status == StatusPending {
			now := d.now()
			doc.Status, doc.AddedAt, doc.ExpiresAt = StatusReady, now, now.Add(who.Conference.Keep)
			doc.DueAt = due(doc, who.Conference, now)
		}
		return nil
	})
}

// due is when a document has to be looked at again: at the end of its life or of its conference, and from time to time,
// because ends move.
func due(doc *Document, c Conference, now time.Time) time.Time {
	at := now.Add(lookEvery)
	if doc.ExpiresAt.Before(at) {
		at = doc.ExpiresAt
	}
	if !c.Until.IsZero() && c.Until.Before(at) {
		at = c.Until
	}
	return at
}
