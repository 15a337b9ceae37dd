package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/coopnet/coopnet/functions/diagnostics"
)

// reportSchema is a step of migrations.
const reportSchema = `
CREATE TABLE report (
	code       TEXT PRIMARY KEY,
	status     TEXT NOT NULL,
	email      TEXT NOT NULL,    -- folded; empty where nobody said it
	created_at INTEGER NOT NULL,
	expires_at INTEGER NOT NULL, -- the row outlives it until its file is deleted
	version    INTEGER NOT NULL,
	body       TEXT NOT NULL
) STRICT;
CREATE INDEX report_age ON report (created_at, code);
CREATE INDEX report_expiry ON report (expires_at);
CREATE INDEX report_email ON report (email) WHERE email <> '';

CREATE TABLE report_audit (
	id         TEXT PRIMARY KEY,
	at         INTEGER NOT NULL,
	actor      TEXT NOT NULL,
	action     TEXT NOT NULL,
	code       TEXT NOT NULL,
	request_id TEXT NOT NULL,
	expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX report_audit_age ON report_audit (at, id);
CREATE INDEX report_audit_code ON report_audit (code, at);
CREATE INDEX report_audit_expiry ON report_audit (expires_at);
`

// Diagnostics is the store of reports and of their audit.
type Diagnostics struct{ db *DB }

var (
	_ diagnostics.Store      = (*Diagnostics)(nil)
	_ diagnostics.AuditStore = (*Diagnostics)(nil)
)

// Diagnostics returns the store of reports and of their audit.
func (db *DB) Diagnostics() *Diagnostics { return &Diagnostics{db} }

// CreateReport implements diagnostics.Store.
func (s *Diagnostics) CreateReport(ctx context.Context, r *diagnostics.Report) error {
	body, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("encode report: %w", err)
	}
	return s.db.change(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, "INSERT INTO report (code, status, email, created_at, expires_at, version, body) VALUES (?,?,?,?,?,?,?)",
			r.Code, r.Status, r.Email, r.CreatedAt.UnixMilli(), r.ExpiresAt.UnixMilli(), r.Version, string(body))
		if primary, unique := taken(err); primary || unique {
			return diagnostics.ErrExists
		}
		if err != nil {
			return fmt.Errorf("insert report: %w", err)
		}
		return nil
	})
}

const reportColumns = "SELECT version, body FROM report "

// Report implements diagnostics.Store.
func (s *Diagnostics) Report(ctx context.Context, code string) (*diagnostics.Report, error) {
	r, err := scanReport(s.db.read.QueryRowContext(ctx, reportColumns+"WHERE code = ? AND expires_at > ?", code, s.db.cfg.Now().UnixMilli()))
	if errors.Is(err, sql.ErrNoRows) {
		return nil, diagnostics.ErrNotFound
	}
	if err != nil {
		return nil, s.db.fault(err)
	}
	return r, nil
}

func scanReport(row interface{ Scan(...any) error }) (*diagnostics.Report, error) {
	var version int64
	var body []byte
	if err := row.Scan(&version, &body); err != nil {
		return nil, fmt.Errorf("read report: %w", err)
	}
	var r diagnostics.Report
	if err := json.Unmarshal(body, &r); err != nil {
		return nil, fmt.Errorf("decode report: %w", err)
	}
	r.Version = version
	return &r, nil
}

// UpdateReport implements diagnostics.Store.
func (s *Diagnostics) UpdateReport(ctx context.Context, r *diagnostics.Report) error {
	next := *r
	next.Version++
	body, err := json.Marshal(next)
	if err != nil {
		return fmt.Errorf("encode report: %w", err)
	}
	err = s.db.change(ctx, func(tx *sql.Tx) error {
		result, err := tx.ExecContext(ctx, "UPDATE report SET status = ?, email = ?, expires_at = ?, version = ?, body = ? WHERE code = ? AND version = ?",
			next.Status, next.Email, next.ExpiresAt.UnixMilli(), next.Version, string(body), next.Code, r.Version)
		if err != nil {
			return fmt.Errorf("update report: %w", err)
		}
		return oneRow(result, diagnostics.ErrConflict)
	})
	if err == nil {
		r.Version = next.Version
	}
	return err
}

// DeleteReport implements diagnostics.Store.
func (s *Diagnostics) DeleteReport(ctx context.Context, code string) error {
	if err := s.db.forget(ctx, "DELETE FROM report WHERE code = ?", code); err != nil {
		return fmt.Errorf("delete report: %w", err)
	}
	return nil
}

// Reports implements diagnostics.Store.
func (s *Diagnostics) Reports(ctx context.Context, q diagnostics.Query) (diagnostics.Page, error) {
	where, args := []string{"expires_at > ?"}, []any{s.db.cfg.Now().UnixMilli()}
	if q.Status == "" {
		where, args = append(where, "status NOT IN (?, ?)"), append(args, diagnostics.StatusPending, diagnostics.StatusErased)
	} else {
		where, args = append(where, "status = ?"), append(args, q.Status)
	}
	if !q.From.IsZero() {
		where, args = append(where, "created_at >= ?"), append(args, q.From.UnixMilli())
	}
	if !q.To.IsZero() {
		where, args = append(where, "created_at < ?"), append(args, q.To.UnixMilli())
	}
	if q.Cursor != "" {
		at, code, ok := place(reportList(q), q.Cursor)
		if !ok {
			return diagnostics.Page{}, diagnostics.ErrCursor
		}
		where, args = append(where, "(created_at, code) < (?, ?)"), append(args, at, code)
	}
	reports, err := s.reports(ctx, "WHERE "+strings.Join(where, " AND ")+" ORDER BY created_at DESC, code DESC LIMIT ?", append(args, q.Limit+1)...)
	if err != nil {
		return diagnostics.Page{}, err
	}
	page := diagnostics.Page{Reports: reports}
	if len(reports) > q.Limit { // one more than asked for: there is another page
		page.Reports = reports[:q.Limit]
		last := page.Reports[q.Limit-1]
		page.Next = after(reportList(q), last.CreatedAt, last.Code)
	}
	return page, nil
}

func reportList(q diagnostics.Query) string {
	return fmt.Sprintf("reports %s %d %d", q.Status, q.From.UnixMilli(), q.To.UnixMilli())
}

func auditList(q diagnostics.AuditQuery) string { return fmt.Sprintf("audit %q %q", q.Code, q.Actor) }

// ReportsOf implements diagnostics.Store.
func (s *Diagnostics) ReportsOf(ctx context.Context, email string, limit int) ([]*diagnostics.Report, error) {
	return s.reports(ctx, "WHERE email = ? AND status <> ? AND expires_at > ? LIMIT ?", email, diagnostics.StatusErased, s.db.cfg.Now().UnixMilli(), limit)
}

// ExpiredReports implements diagnostics.Store.
func (s *Diagnostics) ExpiredReports(ctx context.Context, before time.Time, limit int) ([]*diagnostics.Report, error) {
	return s.reports(ctx, "WHERE expires_at <= ? ORDER BY expires_at LIMIT ?", before.UnixMilli(), limit)
}

func (s *Diagnostics) reports(ctx context.Context, clauses string, args ...any) ([]*diagnostics.Report, error) {
	rows, err := s.db.read.QueryContext(ctx, reportColumns+clauses, args...)
	if err != nil {
		return nil, s.db.fault(fmt.Errorf("list reports: %w", err))
	}
	defer rows.Close()
	var reports []*diagnostics.Report
	for rows.Next() {
		r, err := scanReport(rows)
		if err != nil {
			return nil, err
		}
		reports = append(reports, r)
	}
	if err := rows.Err(); err != nil {
		return nil, s.db.fault(fmt.Errorf("list reports: %w", err))
	}
	return reports, nil
}

// AddEntry implements diagnostics.AuditStore.
func (s *Diagnostics) AddEntry(ctx context.Context, e diagnostics.Entry) error {
	return s.db.change(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, "INSERT INTO report_audit (id, at, actor, action, code, request_id, expires_at) VALUES (?,?,?,?,?,?,?)",
			e.ID, e.At.UnixMilli(), e.Actor, e.Action, e.Code, e.RequestID, e.ExpiresAt.UnixMilli())
		if err != nil {
			return fmt.Errorf("insert into the audit: %w", err)
		}
		return nil
	})
}

// Entries implements diagnostics.AuditStore.
func (s *Diagnostics) Entries(ctx context.Context, q diagnostics.AuditQuery) (diagnostics.AuditPage, error) {
	where, args := []string{"expires_at > ?"}, []any{s.db.cfg.Now().UnixMilli()}
	if q.Code != "" {
		where, args = append(where, "code = ?"), append(args, q.Code)
	}
	if q.Actor != "" {
		where, args = append(where, "actor = ?"), append(args, q.Actor)
	}
	if q.Cursor != "" {
		at, id, ok := place(auditList(q), q.Cursor)
		if !ok {
			return diagnostics.AuditPage{}, diagnostics.ErrCursor
		}
		where, args = append(where, "(at, id) < (?, ?)"), append(args, at, id)
	}
	rows, err := s.db.read.QueryContext(ctx, "SELECT id, at, actor, action, code, request_id, expires_at FROM report_audit WHERE "+
		strings.Join(where, " AND ")+" ORDER BY at DESC, id DESC LIMIT ?", append(args, q.Limit+1)...)
	if err != nil {
		return diagnostics.AuditPage{}, s.db.fault(fmt.Errorf("list the audit: %w", err))
	}
	defer rows.Close()
	var page diagnostics.AuditPage
	for rows.Next() {
		var e diagnostics.Entry
		var at, expires sql.NullInt64
		if err := rows.Scan(&e.ID, &at, &e.Actor, &e.Action, &e.Code, &e.RequestID, &expires); err != nil {
			return diagnostics.AuditPage{}, fmt.Errorf("read the audit: %w", err)
		}
		e.At, e.ExpiresAt = fromMillis(at), fromMillis(expires)
		page.Entries = append(page.Entries, e)
	}
	if err := rows.Err(); err != nil {
		return diagnostics.AuditPage{}, s.db.fault(fmt.Errorf("list the audit: %w", err))
	}
	if len(page.Entries) > q.Limit {
		page.Entries = page.Entries[:q.Limit]
		last := page.Entries[q.Limit-1]
		page.Next = after(auditList(q), last.At, last.ID)
	}
	return page, nil
}
