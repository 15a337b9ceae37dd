package documents

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/coopnet/coopnet/shared/blob"
	"github.com/coopnet/coopnet/shared/jointoken"
	"github.com/coopnet/coopnet/shared/problem"
	"github.com/coopnet/coopnet/shared/text"
)

// List returns what everybody of the conference sees, the oldest first.
func (d *Domain) List(ctx context.Context, who Attendee) ([]*Document, error) {
	all, err := d.cfg.Store.Documents(ctx, who.Conference.ID)
	if err != nil {
		return nil, fmt.Errorf("list documents: %w", err)
	}
	now := d.now()
	all = slices.DeleteFunc(all, func(doc *Document) bool { return doc.Status != StatusReady || !doc.counts(now) })
	slices.SortFunc(all, func(a, b *Document) int { return cmp.Or(a.AddedAt.Compare(b.AddedAt), cmp.Compare(a.ID, b.ID)) })
	return all, nil
}

// Content signs a download that no browser shows by itself, whatever the file is.
func (d *Domain) Content(ctx context.Context, who Attendee, id string) (url string, until time.Time, err error) {
	doc, err := d.document(ctx, who.Conference.ID, id)
	if err != nil {
		return "", time.Time{}, err
	}
	if doc.Status != StatusReady {
		return "", time.Time{}, unknown()
	}
	if err := d.spend(ctx, "dl:"+who.Participant, loadBurst, loadEvery); err != nil {
		return "", time.Time{}, err
	}
	until = d.now().Add(downloadLife)
	if url, err = d.cfg.Blobs.Download(ctx, doc.Key, doc.Name, until); err != nil {
		return "", time.Time{}, fmt.Errorf("sign the download: %w", err)
	}
	return url, until, nil
}

// Delete removes one's own document, or for who may delete any, anybody's.
func (d *Domain) Delete(ctx context.Context, who Attendee, id string) error {
	doc, err := d.document(ctx, who.Conference.ID, id)
	if err != nil {
		return err
	}
	if doc.By.Participant != who.Participant {
		if doc.Status != StatusReady {
			return unknown()
		}
		if !who.MayDelete {
			return problem.New(problem.Forbidden, "Only who added a document, and people of the company, can delete it.")
		}
	}
	return d.remove(ctx, doc)
}

// remove deletes the file first: what fails in between is still there to be tried again. While an upload may still come,
// an empty row stays, so that Clean finds the file.
func (d *Domain) remove(ctx context.Context, doc *Document) error {
	if err := d.cfg.Blobs.Delete(ctx, doc.Key); err != nil && !errors.Is(err, blob.ErrNotFound) {
		return fmt.Errorf("delete the document's file: %w", err)
	}
	if late := doc.UploadEnds.Add(cleanGrace); d.now().Before(late) {
		for range 5 {
			empty := &Document{Conference: doc.Conference, ID: doc.ID, Status: StatusErased, Key: doc.Key, AddedAt: doc.AddedAt,
				UploadEnds: doc.UploadEnds, ExpiresAt: doc.UploadEnds, DueAt: late, Version: doc.Version}
			err := d.cfg.Store.UpdateDocument(ctx, empty)
			if err == nil {
				return nil
			}
			if !errors.Is(err, ErrConflict) {
				return fmt.Errorf("erase document: %w", err)
			}
			if doc, err = d.cfg.Store.Document(ctx, doc.Conference, doc.ID); errors.Is(err, ErrNotFound) {
				return nil // somebody else was quicker
			} else if err != nil {
				return fmt.Errorf("read document: %w", err)
			}
			late = doc.UploadEnds.Add(cleanGrace)
		}
		return problem.New(problem.Conflict, "The document is being changed by somebody else. Try again.")
	}
	if err := d.cfg.Store.DeleteDocument(ctx, doc.Conference, doc.ID); err != nil {
		return fmt.Errorf("delete document: %w", err)
	}
	return nil
}

const (
	cleanBatch = 100 // bounds what is read at once
	together   = 8   // bounds what is removed at once
)

// removeAll removes many, and says how many it did. One that fails hinders no other.
func (d *Domain) removeAll(ctx context.Context, all []*Document) (int, error) {
	var group errgroup.Group
	group.SetLimit(together)
	var removed atomic.Int64
	for _, doc := range all {
		group.Go(func() error {
			err := d.remove(ctx, doc)
			if err == nil {
				removed.Add(1)
			}
			return err
		})
	}
	err := group.Wait()
	return int(removed.Load()), err
}

// endTime bounds how long somebody who ends a conference waits for its documents to go.
const endTime = time.Second

// Ended removes the documents of a conference that has ended. What fails, which is logged, is left to Clean.
func (d *Domain) Ended(conference string) {
	ctx, cancel := context.WithTimeout(context.Background(), endTime)
	defer cancel()
	all, err := d.cfg.Store.Documents(ctx, conference)
	if err == nil {
		all = slices.DeleteFunc(all, func(doc *Document) bool { return doc.Status == StatusErased })
		_, err = d.removeAll(ctx, all)
	}
	if err != nil {
		d.cfg.Logger.Warn("not all documents of a conference that has ended could be removed yet", "conference", conference, "error", err)
	}
}

// Clean removes what has expired, what did not come, and what belongs to a conference that is over; it returns how many.
// Calling it again goes on where it stopped.
func (d *Domain) Clean(ctx context.Context) (removed int, err error) {
	for {
		list, err := d.cfg.Store.DueDocuments(ctx, d.now(), cleanBatch)
		if err != nil {
			return removed, fmt.Errorf("list due documents: %w", err)
		}
		for _, doc := range list {
			kept, err := d.keep(ctx, doc)
			if err == nil && !kept {
				err = d.remove(ctx, doc)
			}
			if err != nil {
				return removed, err
			}
			if !kept && doc.Status != StatusErased {
				removed++
			}
		}
		if len(list) < cleanBatch {
			return removed, nil
		}
	}
}

// keep reports whether a document that was due stays, and says when it is to be looked at again.
func (d *Domain) keep(ctx context.Context, doc *Document) (bool, error) {
	now := d.now()
	if doc.Status != StatusReady || !doc.counts(now) {
		return false, nil
	}
	c, err := d.cfg.Conferences.Conference(ctx, doc.Conference)
	if err != nil {
		return false, fmt.Errorf("read the document's conference: %w", err)
	}
	if c.Over {
		return false, nil
	}
	doc.DueAt = due(doc, c, now)
	if err := d.cfg.Store.UpdateDocument(ctx, doc); err != nil && !errors.Is(err, ErrConflict) {
		return false, fmt.Errorf("update document: %w", err)
	}
	return true, nil
}

// Erase removes all documents that the person with an e-mail address has added, and returns how many.
func (d *Domain) Erase(ctx context.Context, email string) (removed int, err error) {
	person := jointoken.Person(text.FoldEmail(email))
	if person == "" {
		return 0, nil
	}
	for {
		list, err := d.cfg.Store.DocumentsBy(ctx, person, cleanBatch)
		if err != nil {
			return removed, fmt.Errorf("list a person's documents: %w", err)
		}
		n, err := d.removeAll(ctx, list)
		removed += n
		if err != nil || len(list) < cleanBatch {
			return removed, err
		}
	}
}
