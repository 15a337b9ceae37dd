package storetest

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/coopnet/coopnet/functions/diagnostics"
)

// OpenDiagnostics opens empty stores with the clock now.
type OpenDiagnostics func(t *testing.T, now func() time.Time) (diagnostics.Store, diagnostics.AuditStore)

// NewReport is a report that support may see.
func NewReport(code string, now time.Time) *diagnostics.Report {
	return &diagnostics.Report{
		Code: code, SecretHash: [32]byte{1}, Status: diagnostics.StatusNew, Key: "diagnostics/" + code, Size: 7, SHA256: [32]byte{2},
		Summary: map[string]any{"result": "failed", "checks": 3.0, "failed": []any{"udp"}, "email": "Ada@example.org"}, Email: "ada@example.org",
		CreatedAt: now, ReceivedAt: now, UploadEnds: now.Add(time.Minute), ExpiresAt: now.Add(time.Hour), Version: 1,
	}
}

// TestDiagnostics is the suite of diagnostics.Store and diagnostics.AuditStore.
func TestDiagnostics(t *testing.T, open OpenDiagnostics) {
	for name, test := range map[string]func(*testing.T, diagnostics.Store, diagnostics.AuditStore, *Clock){
		"create and read":     reportCreateAndRead,
		"compare and swap":    reportCompareAndSwap,
		"one of many creates": reportOneOfManyCreates,
		"one of many updates": reportOneOfManyUpdates,
		"pages":               reportPages,
		"filters":             reportFilters,
		"of a person":         reportsOfPerson,
		"expiry":              reportExpiry,
		"audit":               reportAudit,
		"cancelled context":   reportCancelled,
	} {
		t.Run(name, func(t *testing.T) {
			clock := NewClock()
			reports, audit := open(t, clock.Now)
			test(t, reports, audit, clock)
		})
	}
}

func addReport(t *testing.T, s diagnostics.Store, r *diagnostics.Report) *diagnostics.Report {
	t.Helper()
	if err := s.CreateReport(t.Context(), r); err != nil {
		t.Fatalf("create %s: %v", r.Code, err)
	}
	return r
}

func reportCreateAndRead(t *testing.T, s diagnostics.Store, _ diagnostics.AuditStore, clock *Clock) {
	made := addReport(t, s, NewReport("A", clock.Now()))
	got, err := s.Report(t.Context(), "A")
	if err != nil || !reflect.DeepEqual(got, made) {
		t.Errorf("got %+v, %v; want %+v", got, err, made)
	}
	_, err = s.Report(t.Context(), "B")
	want(t, "unknown", err, diagnostics.ErrNotFound)
	want(t, "taken", s.CreateReport(t.Context(), NewReport("A", clock.Now())), diagnostics.ErrExists)
	for range 2 { // a missing one is fine
		if err := s.DeleteReport(t.Context(), "A"); err != nil {
			t.Fatal(err)
		}
	}
	_, err = s.Report(t.Context(), "A")
	want(t, "deleted", err, diagnostics.ErrNotFound)
	pending := NewReport("C", clock.Now())
	pending.Status = diagnostics.StatusPending
	addReport(t, s, pending)
	if got, err := s.Report(t.Context(), "C"); err != nil || got.Status != diagnostics.StatusPending {
		t.Errorf("got %+v, %v", got, err)
	}
}

func reportCompareAndSwap(t *testing.T, s diagnostics.Store, _ diagnostics.AuditStore, clock *Clock) {
	addReport(t, s, NewReport("A", clock.Now()))
	a, errA := s.Report(t.Context(), "A")
	b, errB := s.Report(t.Context(), "A")
	if errA != nil || errB != nil {
		t.Fatal(errA, errB)
	}
	a.Note, b.Note = "from a", "from b"
	if err := s.UpdateReport(t.Context(), a); err != nil || a.Version != 2 {
		t.Fatalf("got version %d, %v", a.Version, err)
	}
	want(t, "stale update", s.UpdateReport(t.Context(), b), diagnostics.ErrConflict)
	if got, err := s.Report(t.Context(), "A"); err != nil || got.Note != "from a" || got.Version != 2 || b.Version != 1 {
		t.Errorf("got %+v, %v", got, err)
	}
	want(t, "unknown", s.UpdateReport(t.Context(), NewReport("B", clock.Now())), diagnostics.ErrConflict)
}

func reportOneOfManyCreates(t *testing.T, s diagnostics.Store, _ diagnostics.AuditStore, clock *Clock) {
	if won := race(t, 20, diagnostics.ErrExists, func(ctx context.Context, _ int) error {
		return s.CreateReport(ctx, NewReport("A", clock.Now()))
	}); won != 1 {
		t.Errorf("%d writers won", won)
	}
}

func reportOneOfManyUpdates(t *testing.T, s diagnostics.Store, _ diagnostics.AuditStore, clock *Clock) {
	addReport(t, s, NewReport("A", clock.Now()))
	won := race(t, 20, diagnostics.ErrConflict, func(ctx context.Context, i int) error {
		r := NewReport("A", clock.Now())
		r.Note = fmt.Sprint(i)
		return s.UpdateReport(ctx, r)
	})
	if r, err := s.Report(t.Context(), "A"); won != 1 || err != nil || r.Version != 2 {
		t.Errorf("%d writers won; now %+v, %v", won, r, err)
	}
}

// allReports follows the cursors from page to page.
func allReports(t *testing.T, s diagnostics.Store, q diagnostics.Query) []string {
	t.Helper()
	var codes []string
	for range 100 {
		page, err := s.Reports(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		if len(page.Reports) > q.Limit {
			t.Fatalf("%d on a page of %d", len(page.Reports), q.Limit)
		}
		for _, r := range page.Reports {
			codes = append(codes, r.Code)
		}
		if page.Next == "" {
			return codes
		}
		q.Cursor = page.Next
	}
	t.Fatal("the pages do not end")
	return nil
}

func reportPages(t *testing.T, s diagnostics.Store, _ diagnostics.AuditStore, clock *Clock) {
	var made []string
	for i := range 7 {
		made = append(made, addReport(t, s, NewReport(string(rune('A'+i)), clock.Now())).Code)
		if i%2 == 0 { // some are made in the same millisecond
			clock.Advance(time.Second)
		}
	}
	slices.Reverse(made)
	for _, limit := range []int{1, 2, 3, 7, 50} {
		if got := allReports(t, s, diagnostics.Query{Limit: limit}); !slices.Equal(got, made) {
			t.Errorf("limit %d: got %v, want %v", limit, got, made)
		}
	}
	first, err := s.Reports(t.Context(), diagnostics.Query{Limit: 3})
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.Reports(t.Context(), diagnostics.Query{Limit: 3, Cursor: first.Next, Status: diagnostics.StatusNew})
	want(t, "another list's cursor", err, diagnostics.ErrCursor)
	for _, cursor := range []string{"?", "bm9uc2Vuc2U"} {
		_, err := s.Reports(t.Context(), diagnostics.Query{Limit: 3, Cursor: cursor})
		want(t, "foreign cursor", err, diagnostics.ErrCursor)
	}
}

func reportFilters(t *testing.T, s diagnostics.Store, _ diagnostics.AuditStore, clock *Clock) {
	start := clock.Now()
	for i, status := range []string{diagnostics.StatusPending, diagnostics.StatusNew, diagnostics.StatusSeen, diagnostics.StatusClosed, diagnostics.StatusErased} {
		r := NewReport(string(rune('A'+i)), clock.Now())
		r.Status = status
		addReport(t, s, r)
		clock.Advance(time.Minute)
	}
	for _, c := range []struct {
		q    diagnostics.Query
		want []string
	}{
		{diagnostics.Query{}, []string{"D", "C", "B"}},
		{diagnostics.Query{Status: diagnostics.StatusNew}, []string{"B"}},
		{diagnostics.Query{Status: diagnostics.StatusSeen}, []string{"C"}},
		{diagnostics.Query{Status: diagnostics.StatusClosed}, []string{"D"}},
		{diagnostics.Query{From: start.Add(2 * time.Minute)}, []string{"D", "C"}},
		{diagnostics.Query{To: start.Add(2 * time.Minute)}, []string{"B"}},
		{diagnostics.Query{From: start.Add(time.Minute), To: start.Add(3 * time.Minute), Status: diagnostics.StatusSeen}, []string{"C"}},
		{diagnostics.Query{From: start.Add(time.Hour)}, nil},
	} {
		c.q.Limit = 2
		if got := allReports(t, s, c.q); !slices.Equal(got, c.want) {
			t.Errorf("%+v: got %v, want %v", c.q, got, c.want)
		}
	}
	// A report that changes its state is in the other list at once.
	r, err := s.Report(t.Context(), "B")
	if err != nil {
		t.Fatal(err)
	}
	r.Status = diagnostics.StatusClosed
	if err := s.UpdateReport(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	if got := allReports(t, s, diagnostics.Query{Limit: 9, Status: diagnostics.StatusClosed}); !slices.Equal(got, []string{"D", "B"}) {
		t.Errorf("got %v", got)
	}
}

func reportsOfPerson(t *testing.T, s diagnostics.Store, _ diagnostics.AuditStore, clock *Clock) {
	for i, status := range []string{diagnostics.StatusPending, diagnostics.StatusNew, diagnostics.StatusErased, diagnostics.StatusNew, diagnostics.StatusNew} {
		r := NewReport(string(rune('A'+i)), clock.Now())
		r.Status = status
		switch i {
		case 3:
			r.Email = "bob@example.org"
		case 4:
			r.Email = ""
		}
		addReport(t, s, r)
	}
	codes := func(email string, limit int) []string {
		t.Helper()
		reports, err := s.ReportsOf(t.Context(), email, limit)
		if err != nil {
			t.Fatal(err)
		}
		var codes []string
		for _, r := range reports {
			codes = append(codes, r.Code)
		}
		slices.Sort(codes)
		return codes
	}
	if got := codes("ada@example.org", 10); !slices.Equal(got, []string{"A", "B"}) {
		t.Errorf("got %v", got)
	}
	if got := codes("ada@example.org", 1); len(got) != 1 {
		t.Errorf("got %v", got)
	}
	if got := codes("carol@example.org", 10); len(got) != 0 {
		t.Errorf("got %v", got)
	}
}

func reportExpiry(t *testing.T, s diagnostics.Store, _ diagnostics.AuditStore, clock *Clock) {
	addReport(t, s, NewReport("A", clock.Now()))
	later := NewReport("B", clock.Now())
	later.ExpiresAt = clock.Now().Add(2 * time.Hour)
	addReport(t, s, later)
	clock.Advance(time.Hour - time.Millisecond)
	if _, err := s.Report(t.Context(), "A"); err != nil {
		t.Fatalf("before it expires: %v", err)
	}
	clock.Advance(time.Millisecond)
	_, err := s.Report(t.Context(), "A")
	want(t, "expired", err, diagnostics.ErrNotFound)
	if got := allReports(t, s, diagnostics.Query{Limit: 10}); !slices.Equal(got, []string{"B"}) {
		t.Errorf("listed: %v", got)
	}
	if got, err := s.ReportsOf(t.Context(), "ada@example.org", 10); err != nil || len(got) != 1 {
		t.Errorf("of a person: %v, %v", got, err)
	}
	want(t, "a code is not used twice", s.CreateReport(t.Context(), NewReport("A", clock.Now())), diagnostics.ErrExists)
	if got, err := s.ExpiredReports(t.Context(), clock.Now().Add(-time.Millisecond), 10); err != nil || len(got) != 0 {
		t.Errorf("too early: %v, %v", got, err)
	}
	if got, err := s.ExpiredReports(t.Context(), clock.Now(), 10); err != nil || len(got) != 1 || got[0].Key != "diagnostics/A" {
		t.Errorf("got %v, %v", got, err)
	}
	clock.Advance(time.Hour)
	if got, err := s.ExpiredReports(t.Context(), clock.Now(), 1); err != nil || len(got) != 1 {
		t.Errorf("a limit of one: %v, %v", got, err)
	}
}

func reportAudit(t *testing.T, _ diagnostics.Store, s diagnostics.AuditStore, clock *Clock) {
	var made []diagnostics.Entry
	for i := range 5 {
		e := diagnostics.Entry{
			ID: fmt.Sprint("e", i), At: clock.Now(), Actor: []string{"k1", "k2"}[i%2], Action: diagnostics.ActionPull, Code: []string{"A", "A", "B"}[i%3],
			RequestID: fmt.Sprint("r", i), ExpiresAt: clock.Now().Add(time.Hour),
		}
		if err := s.AddEntry(t.Context(), e); err != nil {
			t.Fatal(err)
		}
		made = append(made, e)
		clock.Advance(time.Second)
	}
	slices.Reverse(made)
	for _, q := range []diagnostics.AuditQuery{{Limit: 1}, {Limit: 2}, {Limit: 50}, {Limit: 1, Code: "A"}, {Limit: 2, Code: "B", Actor: "k1"}, {Limit: 3, Actor: "k2"}} {
		var expected, got []diagnostics.Entry
		for _, e := range made {
			if (q.Code == "" || q.Code == e.Code) && (q.Actor == "" || q.Actor == e.Actor) {
				expected = append(expected, e)
			}
		}
		for range 10 {
			page, err := s.Entries(t.Context(), q)
			if err != nil || len(page.Entries) > q.Limit {
				t.Fatal(page, err)
			}
			got = append(got, page.Entries...)
			if q.Cursor = page.Next; q.Cursor == "" {
				break
			}
		}
		if !slices.Equal(got, expected) {
			t.Errorf("%+v: got %v, want %v", q, got, expected)
		}
	}
	_, err := s.Entries(t.Context(), diagnostics.AuditQuery{Limit: 1, Cursor: "?"})
	want(t, "foreign cursor", err, diagnostics.ErrCursor)
	clock.Advance(time.Hour - 5*time.Second)
	if page, err := s.Entries(t.Context(), diagnostics.AuditQuery{Limit: 50}); err != nil || len(page.Entries) != 4 {
		t.Errorf("when the first has expired: %v, %v", page, err)
	}
}

func reportCancelled(t *testing.T, s diagnostics.Store, a diagnostics.AuditStore, clock *Clock) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	want(t, "create", s.CreateReport(ctx, NewReport("A", clock.Now())), context.Canceled)
	_, err := s.Report(ctx, "A")
	want(t, "read", err, context.Canceled)
	_, err = s.Reports(ctx, diagnostics.Query{Limit: 1})
	want(t, "list", err, context.Canceled)
	want(t, "audit", a.AddEntry(ctx, diagnostics.Entry{ID: "a", ExpiresAt: clock.Now().Add(time.Hour)}), context.Canceled)
	_, err = s.Report(t.Context(), "A")
	want(t, "nothing was stored", err, diagnostics.ErrNotFound)
}
