package dynamo

import (
	"context"
	"time"

	"github.com/coopnet/coopnet/functions/documents"
)

// Documents is the store of documents. Those of a conference lie together, so that they can be counted right after one was
// written. TTL takes none of them: each names a file.
type Documents struct {
	db    *DB
	table table
}

var _ documents.Store = (*Documents)(nil)

// Documents returns the store of documents.
func (db *DB) Documents() *Documents { return &Documents{db, db.table(db.cfg.Tables.Documents)} }

func documentsOf(conference string) string { return "documents#" + conference }

func documentKey(conference, id string) key { return key{documentsOf(conference), id} }

// documentItem is what conditions and indexes need of a document.
func documentItem(doc *documents.Document) item {
	i := item{
		"version": number(doc.Version),
		"expiry":  text(shardOf("document", doc.ID)), "due": text(order(doc.DueAt, doc.ID)),
	}
	return i.of(doc.By.Person, doc.ID)
}

// CreateDocument implements documents.Store.
func (s *Documents) CreateDocument(ctx context.Context, doc *documents.Document) error {
	done, err := s.table.save(ctx, documentKey(doc.Conference, doc.ID), doc, documentItem(doc), absent())
	if err == nil && !done {
		return documents.ErrConflict
	}
	return err
}

// Document implements documents.Store.
func (s *Documents) Document(ctx context.Context, conference, id string) (*documents.Document, error) {
	i, err := s.table.get(ctx, documentKey(conference, id))
	if err != nil {
		return nil, err
	}
	doc, err := decodeRow[documents.Document](i)
	if err == nil && doc == nil {
		return nil, documents.ErrNotFound
	}
	return doc, err
}

// UpdateDocument implements documents.Store.
func (s *Documents) UpdateDocument(ctx context.Context, doc *documents.Document) error {
	next := *doc
	next.Version++
	done, err := s.table.save(ctx, documentKey(doc.Conference, doc.ID), next, documentItem(&next), unchanged(doc.Version))
	if err == nil && !done {
		return documents.ErrConflict
	}
	if err == nil {
		doc.Version = next.Version
	}
	return err
}

// DeleteDocument implements documents.Store.
func (s *Documents) DeleteDocument(ctx context.Context, conference, id string) error {
	return s.table.remove(ctx, documentKey(conference, id), expression{})
}

// Documents implements documents.Store.
func (s *Documents) Documents(ctx context.Context, conference string) ([]*documents.Document, error) {
	ctx, cancel := s.db.change(ctx)
	defer cancel()
	var list []*documents.Document
	for all := (span{keys: when("#pk = :pk", item{":pk": text(documentsOf(conference))})}); ; {
		items, last, err := s.table.query(ctx, all)
		if err != nil {
			return nil, err
		}
		for _, i := range items {
			doc, err := decodeRow[documents.Document](i)
			if err != nil {
				return nil, err
			}
			list = append(list, doc)
		}
		if all.after = last; last == nil {
			return list, nil
		}
	}
}

// DocumentsBy implements documents.Store. The index is a moment late; the rows themselves are read as they are.
func (s *Documents) DocumentsBy(ctx context.Context, person string, limit int) ([]*documents.Document, error) {
	var list []*documents.Document
	for _, shard := range shardsOf(personList(person)) {
		for all := (span{index: personIndex, keys: when("#person = :person", item{":person": text(shard)}), limit: int32(limit)}); ; {
			entries, last, err := s.table.query(ctx, all)
			if err != nil {
				return nil, err
			}
			rows, err := s.table.rows(ctx, entries)
			if err != nil {
				return nil, err
			}
			for _, i := range rows {
				doc, err := decodeRow[documents.Document](i)
				if err != nil {
					return nil, err
				}
				if doc != nil && doc.By.Person == person {
					list = append(list, doc)
				}
				if len(list) == limit {
					return list, nil
				}
			}
			if all.after = last; last == nil {
				break
			}
		}
	}
	return list, nil
}

// DueDocuments implements documents.Store.
func (s *Documents) DueDocuments(ctx context.Context, before time.Time, limit int) ([]*documents.Document, error) {
	l := listing{table: s.table, along: byExpiry(), list: "document", forward: true, until: order(before.Add(time.Millisecond), ""), limit: limit, effort: s.db.effort}
	return fill(ctx, l, func(doc *documents.Document) bool { return !doc.DueAt.After(before) })
}
