package diagnostics

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"golang.org/x/text/unicode/norm"
)

// Entry says who did what to which report.
type Entry struct {
	ID        string    `json:"id"`
	At        time.Time `json:"at"`
	Actor     string    `json:"actor"` // of staff, "guest" or "operator"
	Action    string    `json:"action"`
	Code      string    `json:"code"`
	RequestID string    `json:"requestId"`
	ExpiresAt time.Time `json:"expiresAt"`
}

// Actions of the audit.
const (
	ActionPull   = "pull"   // the report was opened and its link handed out
	ActionChange = "change" // of its state or note
	ActionDelete = "delete" // by support
	ActionErase  = "erase"  // by who made it, or by an operator
)

const (
	actorGuest    = "guest"
	actorOperator = "operator"

	auditLife = 400 * 24 * time.Hour // an auditor who comes once a year sees the year
	maxPage   = 100
)

// audit writes an entry before the answer: what cannot be written down is not done.
func (d *Domain) audit(ctx context.Context, actor, action, code, requestID string) error {
	id, err := d.randomText(16)
	if err != nil {
		return err
	}
	now := d.now()
	err = d.cfg.Audit.AddEntry(ctx, Entry{
		ID: id, At: now, Actor: actor, Action: action, Code: code, RequestID: requestID, ExpiresAt: now.Add(auditLife),
	})
	if err != nil {
		return fmt.Errorf("write the audit: %w", err)
	}
	return nil
}

// List returns a page of the reports that support may see, the newest first.
func (d *Domain) List(ctx context.Context, q Query) (Page, error) {
	switch q.Status {
	case "", StatusNew, StatusSeen, StatusClosed:
	default:
		return Page{}, invalid("/status", "must be new, seen or closed")
	}
	if err := limit(&q.Limit); err != nil {
		return Page{}, err
	}
	page, err := d.cfg.Store.Reports(ctx, q)
	if errors.Is(err, ErrCursor) {
		return Page{}, invalid("/cursor", "is not a cursor of this list")
	}
	if err != nil {
		return Page{}, fmt.Errorf("list reports: %w", err)
	}
	return page, nil
}

func limit(n *int) error {
	if *n == 0 {
		*n = maxPage / 2
	}
	if *n < 1 || *n > maxPage {
		return invalid("/limit", fmt.Sprintf("must be between 1 and %d", maxPage))
	}
	return nil
}

// visible returns the report with a code that somebody typed.
func (d *Domain) visible(ctx context.Context, typed string) (*Report, error) {
	code, err := parseCode(typed)
	if err != nil {
		return nil, invalid("/code", "is "+err.Error())
	}
	r, err := d.report(ctx, code)
	if err == nil && !r.Visible() {
		return nil, unknown()
	}
	return r, err
}

// Pull opens a report: what is known of it, and a link to its file for five minutes.
func (d *Domain) Pull(ctx context.Context, actor, typed, requestID string) (r *Report, url string, until time.Time, err error) {
	if r, err = d.visible(ctx, typed); err != nil {
		return nil, "", time.Time{}, err
	}
	if err = d.audit(ctx, actor, ActionPull, r.Code, requestID); err != nil {
		return nil, "", time.Time{}, err
	}
	until = d.now().Add(downloadLife)
	url, err = d.cfg.Blobs.Download(ctx, r.Key, "coopnet-report-"+Spoken(r.Code)+".json", until)
	if err != nil {
		return nil, "", time.Time{}, fmt.Errorf("sign the download: %w", err)
	}
	return r, url, until, nil
}

// Changes is what support may change; nil leaves it.
type Changes struct {
	Status *string `json:"status"`
	Note   *string `json:"note"`
}

func (c *Changes) normalise() error {
	if c.Status != nil && *c.Status != StatusNew && *c.Status != StatusSeen && *c.Status != StatusClosed {
		return invalid("/status", "must be new, seen or closed")
	}
	if c.Note != nil {
		*c.Note = strings.TrimSpace(norm.NFC.String(*c.Note))
		if wrong := line(*c.Note, maxText); wrong != "" {
			return invalid("/note", wrong)
		}
	}
	return nil
}

// Change sets the state or the note of a report that is as expected says.
func (d *Domain) Change(ctx context.Context, actor, typed, requestID string, c Changes, expected func(version int64) error) (*Report, error) {
	r, err := d.visible(ctx, typed)
	if err != nil {
		return nil, err
	}
	if err := expected(r.Version); err != nil {
		return nil, err
	}
	if err := c.normalise(); err != nil {
		return nil, err
	}
	if err := d.audit(ctx, actor, ActionChange, r.Code, requestID); err != nil {
		return nil, err
	}
	return d.change(ctx, r, func(r *Report) error {
		if err := expected(r.Version); err != nil {
			return err
		}
		if !r.Visible() {
			return unknown()
		}
		if c.Status != nil {
			r.Status = *c.Status
		}
		if c.Note != nil {
			r.Note = *c.Note
		}
		return nil
	})
}

// Delete erases a report for good.
func (d *Domain) Delete(ctx context.Context, actor, typed, requestID string, expected func(version int64) error) error {
	r, err := d.visible(ctx, typed)
	if err != nil {
		return err
	}
	if err := expected(r.Version); err != nil {
		return err
	}
	if err := d.audit(ctx, actor, ActionDelete, r.Code, requestID); err != nil {
		return err
	}
	return d.remove(ctx, r)
}

// Audit returns a page of who did what, the newest first.
func (d *Domain) Audit(ctx context.Context, q AuditQuery) (AuditPage, error) {
	if err := limit(&q.Limit); err != nil {
		return AuditPage{}, err
	}
	if q.Code != "" {
		code, err := parseCode(q.Code)
		if err != nil {
			return AuditPage{}, invalid("/code", "is "+err.Error())
		}
		q.Code = code
	}
	page, err := d.cfg.Audit.Entries(ctx, q)
	if errors.Is(err, ErrCursor) {
		return AuditPage{}, invalid("/cursor", "is not a cursor of this list")
	}
	if err != nil {
		return AuditPage{}, fmt.Errorf("list the audit: %w", err)
	}
	return page, nil
}
