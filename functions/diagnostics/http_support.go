package diagnostics

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/coopnet/coopnet/shared/problem"
)

// support lets only those through who may support guests; a key that may only read is good for what only reads.
func (d *Domain) support(h func(w http.ResponseWriter, r *http.Request, actor string) error) http.HandlerFunc {
	return problem.Authorized(d.cfg.Logger, d.cfg.Staff.Support, d.cfg.Staff.Reader, h)
}

// view is a report as support sees it.
type view struct {
	Code       string         `json:"code"`
	Status     string         `json:"status"`
	Size       int64          `json:"size"`
	SHA256     string         `json:"sha256"`
	Summary    map[string]any `json:"summary"`
	Note       string         `json:"note"`
	CreatedAt  time.Time      `json:"createdAt"`
	ReceivedAt time.Time      `json:"receivedAt"`
	ExpiresAt  time.Time      `json:"expiresAt"`
	Version    int64          `json:"version"`
}

func viewOf(r *Report) view {
	return view{Code: Spoken(r.Code), Status: r.Status, Size: r.Size, SHA256: hex.EncodeToString(r.SHA256[:]), Summary: r.Summary, Note: r.Note,
		CreatedAt: r.CreatedAt, ReceivedAt: r.ReceivedAt, ExpiresAt: r.ExpiresAt, Version: r.Version}
}

func (d *Domain) listReports(w http.ResponseWriter, r *http.Request, _ string) error {
	values := r.URL.Query()
	q := Query{Cursor: values.Get("cursor"), Status: values.Get("status")}
	var err error
	if q.Limit, err = number(values, "limit"); err != nil {
		return err
	}
	if q.From, err = instant(values, "from"); err != nil {
		return err
	}
	if q.To, err = instant(values, "to"); err != nil {
		return err
	}
	page, err := d.List(r.Context(), q)
	if err != nil {
		return err
	}
	items := make([]view, 0, len(page.Reports))
	for _, report := range page.Reports {
		items = append(items, viewOf(report))
	}
	return answerPage(w, items, page.Next)
}

func answerPage[T any](w http.ResponseWriter, items []T, next string) error {
	list := struct {
		Items []T     `json:"items"`
		Next  *string `json:"nextCursor"`
	}{Items: items}
	if next != "" {
		list.Next = &next
	}
	return problem.Answer(w, http.StatusOK, list)
}

func number(values url.Values, name string) (int, error) {
	s := values.Get(name)
	if s == "" {
		return 0, nil
	}
	n, err := strconv.Atoi(s)
	if err != nil || n == 0 {
		return 0, invalid("/"+name, "is not a number of entries")
	}
	return n, nil
}

func instant(values url.Values, name string) (time.Time, error) {
	s := values.Get(name)
	if s == "" {
		return time.Time{}, nil
	}
	t, err := time.Parse(time.RFC3339, s)
	if err != nil || t.Year() < 2000 || t.Year() > 9000 {
		return time.Time{}, invalid("/"+name, "must be a time such as 2026-03-01T14:00:00+01:00")
	}
	return t, nil
}

func (d *Domain) pullReport(w http.ResponseWriter, r *http.Request, actor string) error {
	report, link, until, err := d.Pull(r.Context(), actor, r.PathValue("code"), requestID(w))
	if err != nil {
		return err
	}
	type download struct {
		URL       string    `json:"url"`
		ExpiresAt time.Time `json:"expiresAt"`
	}
	server, err := d.server(r.Context(), report)
	if err != nil {
		return err
	}
	w.Header().Set("ETag", etag(report.Version))
	return problem.Answer(w, http.StatusOK, struct {
		view
		Download download    `json:"download"`
		Server   *serverView `json:"server"`
	}{viewOf(report), download{link, until}, server})
}

// serverView is what the servers know of the session that made a report.
type serverView struct {
	OpenedAt time.Time `json:"openedAt"`
	Client   Origin    `json:"client"`
	Requests []Request `json:"requests"`
	Relays   []Media   `json:"relays"`
}

// server is nil for a report without a session.
func (d *Domain) server(ctx context.Context, r *Report) (*serverView, error) {
	if r.Session == "" {
		return nil, nil
	}
	s, err := d.cfg.Sessions.Session(ctx, r.Session)
	if errors.Is(err, ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read session: %w", err)
	}
	return &serverView{s.OpenedAt, s.Client, append([]Request{}, s.Requests...), append([]Media{}, s.Media...)}, nil
}

func (d *Domain) patchReport(w http.ResponseWriter, r *http.Request, actor string) error {
	var c Changes
	if err := problem.Decode(r.Body, &c); err != nil {
		return err
	}
	report, err := d.Change(r.Context(), actor, r.PathValue("code"), requestID(w), c, expected(r))
	if err != nil {
		return err
	}
	w.Header().Set("ETag", etag(report.Version))
	return problem.Answer(w, http.StatusOK, viewOf(report))
}

// deleteReport takes an If-Match and needs none: a report that must go must go whatever it has become.
func (d *Domain) deleteReport(w http.ResponseWriter, r *http.Request, actor string) error {
	whatever := func(int64) error { return nil }
	if r.Header.Get("If-Match") != "" {
		whatever = expected(r)
	}
	if err := d.Delete(r.Context(), actor, r.PathValue("code"), requestID(w), whatever); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func etag(version int64) string { return `"` + strconv.FormatInt(version, 10) + `"` }

// expected refuses a version that If-Match does not name.
func expected(r *http.Request) func(version int64) error {
	return func(version int64) error { return problem.IfMatch(r, etag(version)) }
}

type entryAnswer struct {
	At        time.Time `json:"at"`
	Actor     string    `json:"actor"`
	Action    string    `json:"action"`
	Code      string    `json:"code"`
	RequestID string    `json:"requestId"`
}

func (d *Domain) listAudit(w http.ResponseWriter, r *http.Request, _ string) error {
	values := r.URL.Query()
	q := AuditQuery{Cursor: values.Get("cursor"), Code: values.Get("code"), Actor: values.Get("actor")}
	var err error
	if q.Limit, err = number(values, "limit"); err != nil {
		return err
	}
	page, err := d.Audit(r.Context(), q)
	if err != nil {
		return err
	}
	items := make([]entryAnswer, 0, len(page.Entries))
	for _, e := range page.Entries {
		items = append(items, entryAnswer{At: e.At, Actor: e.Actor, Action: e.Action, Code: Spoken(e.Code), RequestID: e.RequestID})
	}
	return answerPage(w, items, page.Next)
}
