package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/coopnet/coopnet/functions/documents"
)

// documentSchema is a step of migrations.
const documentSchema = `
CREATE TABLE document (
	conference TEXT NOT NULL,
	id         TEXT NOT NULL,
	person     TEXT,             -- pseudonym of who added it; erased ones have none
	due_at     INTEGER NOT NULL, -- only the domain forgets a row: it names a file
	version    INTEGER NOT NULL,
	body       TEXT NOT NULL,
	PRIMARY KEY (conference, id)
) STRICT;
CREATE INDEX document_person ON document (person) WHERE person IS NOT NULL;
CREATE INDEX document_due ON document (due_at);
`

// Documents is the store of documents.
type Documents struct{ db *DB }

var _ documents.Store = (*Documents)(nil)

// Documents returns the store of documents.
func (db *DB) Documents() *Documents { return &Documents{db} }

// CreateDocument implements documents.Store.
func (s *Documents) CreateDocument(ctx context.Context, doc *documents.Document) error {
	body, err := json.Marshal(doc)
	if err != nil {
		return fmt.Errorf("encode document: %w", err)
	}
	return s.db.change(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, "INSERT INTO document (conference, id, person, due_at, version, body) VALUES (?,?,?,?,?,?)",
			doc.Conference, doc.ID, author(doc), doc.DueAt.UnixMilli(), doc.Version, string(body))
		if primary, unique := taken(err); primary || unique {
			return documents.ErrConflict
		}
		if err != nil {
			return fmt.Errorf("insert document: %w", err)
		}
		return nil
	})
}

func author(doc *documents.Document) sql.NullString {
	return sql.NullString{String: doc.By.Person, Valid: doc.By.Person != ""}
}

const documentColumns = "SELECT version, body FROM document "

// Document implements documents.Store.
func (s *Documents) Document(ctx context.Context, conference, id string) (*documents.Document, error) {
	doc, err := scanDocument(s.db.read.QueryRowContext(ctx, documentColumns+"WHERE conference = ? AND id = ?", conference, id))
	if errors.Is(err, sql.ErrNoRows) {
		return nil, documents.ErrNotFound
	}
	if err != nil {
		return nil, s.db.fault(err)
	}
	return doc, nil
}

func scanDocument(row interface{ Scan(...any) error }) (*documents.Document, error) {
	var version int64
	var body []byte
	if err := row.Scan(&version, &body); err != nil {
		return nil, fmt.Errorf("read document: %w", err)
	}
	var doc documents.Document
	if err := json.Unmarshal(body, &doc); err != nil {
		return nil, fmt.Errorf("decode document: %w", err)
	}
	doc.Version = version
	return &doc, nil
}

// UpdateDocument implements documents.Store.
func (s *Documents) UpdateDocument(ctx context.Context, doc *documents.Document) error {
	next := *doc
	next.Version++
	body, err := json.Marshal(next)
	if err != nil {
		return fmt.Errorf("encode document: %w", err)
	}
	err = s.db.change(ctx, func(tx *sql.Tx) error {
		result, err := tx.ExecContext(ctx, "UPDATE document SET person = ?, due_at = ?, version = ?, body = ? WHERE conference = ? AND id = ? AND version = ?",
			author(&next), next.DueAt.UnixMilli(), next.Version, string(body), doc.Conference, doc.ID, doc.Version)
		if err != nil {
			return fmt.Errorf("update document: %w", err)
		}
		return oneRow(result, documents.ErrConflict)
	})
	if err == nil {
		doc.Version = next.Version
	}
	return err
}

// DeleteDocument implements documents.Store.
func (s *Documents) DeleteDocument(ctx context.Context, conference, id string) error {
	if err := s.db.forget(ctx, "DELETE FROM document WHERE conference = ? AND id = ?", conference, id); err != nil {
		return fmt.Errorf("delete document: %w", err)
	}
	return nil
}

// Documents implements documents.Store.
func (s *Documents) Documents(ctx context.Context, conference string) ([]*documents.Document, error) {
	return s.documents(ctx, "WHERE conference = ?", conference)
}

// DocumentsBy implements documents.Store.
func (s *Documents) DocumentsBy(ctx context.Context, person string, limit int) ([]*documents.Document, error) {
	return s.documents(ctx, "WHERE person = ? LIMIT ?", person, limit)
}

// DueDocuments implements documents.Store.
func (s *Documents) DueDocuments(ctx context.Context, before time.Time, limit int) ([]*documents.Document, error) {
	return s.documents(ctx, "WHERE due_at <= ? ORDER BY due_at LIMIT ?", before.UnixMilli(), limit)
}

func (s *Documents) documents(ctx context.Context, clauses string, args ...any) ([]*documents.Document, error) {
	rows, err := s.db.read.QueryContext(ctx, documentColumns+clauses, args...)
	if err != nil {
		return nil, s.db.fault(fmt.Errorf("list documents: %w", err))
	}
	defer rows.Close()
	var list []*documents.Document
	for rows.Next() {
		doc, err := scanDocument(rows)
		if err != nil {
			return nil, err
		}
		list = append(list, doc)
	}
	if err := rows.Err(); err != nil {
		return nil, s.db.fault(fmt.Errorf("list documents: %w", err))
	}
	return list, nil
}
