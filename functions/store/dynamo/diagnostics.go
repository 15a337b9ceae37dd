package dynamo

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/coopnet/coopnet/functions/diagnostics"
	"github.com/coopnet/coopnet/shared/cursor"
)

// Diagnostics is the store of reports and of their audit. A report is in the list while support may see it, and lies by
// its end of life so that its file is found; TTL takes only rows that nobody has cleaned away for long.
type Diagnostics struct {
	db    *DB
	table table
}

var (
	_ diagnostics.Store      = (*Diagnostics)(nil)
	_ diagnostics.AuditStore = (*Diagnostics)(nil)
	_ diagnostics.Limiter    = (*Limiter)(nil)
)

// Diagnostics returns the store of reports and of their audit.
func (db *DB) Diagnostics() *Diagnostics {
	return &Diagnostics{db, db.table(db.cfg.Tables.Diagnostics)}
}

// Limiter counts for the domain of diagnostics.
func (s *Diagnostics) Limiter() *Limiter { return newLimiter(s.table, s.db.cfg.Now) }

// reportGrace is how long the row of a report outlives it at most; the bucket deletes the file by itself, later still.
const reportGrace = 7 * 24 * time.Hour

func reportKey(code string) key { return key{"report#" + code, "report"} }

func byExpiry() axis { return axis{expiryIndex, "expiry", "due"} }

func byPerson() axis { return axis{personIndex, "person", HashKey} }

// reportItem is what conditions and indexes need of a report.
func reportItem(r *diagnostics.Report) item {
	i := item{
		"version": number(r.Version), "status": text(r.Status), "expires": millis(r.ExpiresAt), TTL: seconds(r.ExpiresAt.Add(reportGrace)),
		"expiry": text(shardOf("report", r.Code)), "due": text(order(r.ExpiresAt, r.Code)),
	}
	if r.Visible() {
		maps.Copy(i, entry("report", r.CreatedAt, r.Code))
	}
	return i.of(r.Email, r.Code)
}

// CreateReport implements diagnostics.Store.
func (s *Diagnostics) CreateReport(ctx context.Context, r *diagnostics.Report) error {
	done, err := s.table.save(ctx, reportKey(r.Code), r, reportItem(r), absent())
	if err == nil && !done {
		return diagnostics.ErrExists
	}
	return err
}

// Report implements diagnostics.Store.
func (s *Diagnostics) Report(ctx context.Context, code string) (*diagnostics.Report, error) {
	i, err := s.table.get(ctx, reportKey(code))
	if err != nil {
		return nil, err
	}
	r, err := liveRow[diagnostics.Report](i, s.db.cfg.Now())
	if err == nil && r == nil {
		return nil, diagnostics.ErrNotFound
	}
	return r, err
}

// UpdateReport implements diagnostics.Store.
func (s *Diagnostics) UpdateReport(ctx context.Context, r *diagnostics.Report) error {
	next := *r
	next.Version++
	done, err := s.table.save(ctx, reportKey(r.Code), next, reportItem(&next), unchanged(r.Version))
	if err == nil && !done {
		return diagnostics.ErrConflict
	}
	if err == nil {
		r.Version = next.Version
	}
	return err
}

// DeleteReport implements diagnostics.Store.
func (s *Diagnostics) DeleteReport(ctx context.Context, code string) error {
	return s.table.remove(ctx, reportKey(code), expression{})
}

// Reports implements diagnostics.Store. The list is a moment late; the rows themselves are read as they are.
func (s *Diagnostics) Reports(ctx context.Context, q diagnostics.Query) (diagnostics.Page, error) {
	ctx, cancel := s.db.change(ctx)
	defer cancel()
	now := s.db.cfg.Now()
	l := listing{table: s.table, list: "report", filter: live(now), limit: q.Limit, effort: s.db.effort}
	if q.Status != "" {
		l.filter = l.filter.and(when("#status = :status", item{":status": text(q.Status)}))
	}
	if !q.From.IsZero() {
		l.until = order(q.From, "")
	}
	if !q.To.IsZero() {
		l.below = order(q.To, "")
	}
	name := reportList(q)
	place, ok := placeAfter(name, q.Cursor)
	if !ok {
		return diagnostics.Page{}, diagnostics.ErrCursor
	}
	if place != "" {
		l.below = place
	}
	rows, next, err := pageOf[diagnostics.Report](ctx, l, name)
	if err != nil {
		return diagnostics.Page{}, err
	}
	rows = slices.DeleteFunc(rows, func(r *diagnostics.Report) bool {
		return !r.Visible() || q.Status != "" && r.Status != q.Status || !r.ExpiresAt.After(now)
	})
	return diagnostics.Page{Reports: rows, Next: next}, nil
}

func reportList(q diagnostics.Query) string {
	return fmt.Sprintf("reports %s %d %d", q.Status, q.From.UnixMilli(), q.To.UnixMilli())
}

// pageOf returns a page's rows as they are now, without those that are gone.
func pageOf[T any](ctx context.Context, l listing, name string) (rows []*T, next string, err error) {
	entries, place, err := l.page(ctx)
	if err != nil {
		return nil, "", err
	}
	if place != "" {
		next = cursor.Make(name, place)
	}
	items := entries
	if l.axis().index != "" {
		if items, err = l.table.rows(ctx, entries); err != nil {
			return nil, "", err
		}
	}
	for _, i := range items {
		row, err := decodeRow[T](i)
		if err != nil {
			return nil, "", err
		}
		if row != nil {
			rows = append(rows, row)
		}
	}
	return rows, next, nil
}

// ReportsOf implements diagnostics.Store. What was made a moment ago may be missing.
func (s *Diagnostics) ReportsOf(ctx context.Context, email string, limit int) ([]*diagnostics.Report, error) {
	now := s.db.cfg.Now()
	l := listing{table: s.table, along: byPerson(), list: personList(email), forward: true, limit: limit, effort: s.db.effort}
	return fill(ctx, l, func(r *diagnostics.Report) bool {
		return r.Email == email && r.Status != diagnostics.StatusErased && r.ExpiresAt.After(now)
	})
}

// ExpiredReports implements diagnostics.Store.
func (s *Diagnostics) ExpiredReports(ctx context.Context, before time.Time, limit int) ([]*diagnostics.Report, error) {
	l := listing{table: s.table, along: byExpiry(), list: "report", forward: true, until: order(before.Add(time.Millisecond), ""), limit: limit, effort: s.db.effort}
	return fill(ctx, l, func(r *diagnostics.Report) bool { return !r.ExpiresAt.After(before) })
}

// Entries of the audit lie by report, and are in a list of all.

func auditOf(code string) string { return "audit#" + code }

// AddEntry implements diagnostics.AuditStore.
func (s *Diagnostics) AddEntry(ctx context.Context, e diagnostics.Entry) error {
	more := entry("audit", e.At, e.ID)
	more["actor"] = text(e.Actor)
	done, err := s.table.save(ctx, key{auditOf(e.Code), more.text("order")}, e, more.expire(e.ExpiresAt), absent())
	if err == nil && !done {
		return fmt.Errorf("write the audit: the entry %s is there", e.ID)
	}
	return err
}

// Entries implements diagnostics.AuditStore. Those of one report are complete; the list of all is a moment late.
func (s *Diagnostics) Entries(ctx context.Context, q diagnostics.AuditQuery) (diagnostics.AuditPage, error) {
	ctx, cancel := s.db.change(ctx)
	defer cancel()
	l := listing{table: s.table, list: "audit", filter: live(s.db.cfg.Now()), limit: q.Limit, effort: s.db.effort}
	if q.Code != "" {
		l.along, l.list, l.whole = byKey(), auditOf(q.Code), true
	}
	if q.Actor != "" {
		l.filter = l.filter.and(when("#actor = :actor", item{":actor": text(q.Actor)}))
	}
	name := fmt.Sprintf("audit %q %q", q.Code, q.Actor)
	var ok bool
	if l.below, ok = placeAfter(name, q.Cursor); !ok {
		return diagnostics.AuditPage{}, diagnostics.ErrCursor
	}
	rows, next, err := pageOf[diagnostics.Entry](ctx, l, name)
	if err != nil {
		return diagnostics.AuditPage{}, err
	}
	page := diagnostics.AuditPage{Next: next}
	for _, e := range rows {
		page.Entries = append(page.Entries, *e)
	}
	return page, nil
}
