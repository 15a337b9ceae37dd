package dynamo_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/coopnet/coopnet/functions/diagnostics"
	"github.com/coopnet/coopnet/functions/store/dynamo/dynamotest"
	"github.com/coopnet/coopnet/functions/store/storetest"
)

func TestDiagnostics(t *testing.T) {
	e := dynamotest.Start(t)
	storetest.TestDiagnostics(t, func(t *testing.T, now func() time.Time) (diagnostics.Store, diagnostics.AuditStore) {
		s := open(t, e, now).Diagnostics()
		return s, s
	})
}

func TestSessions(t *testing.T) {
	e := dynamotest.Start(t)
	storetest.TestSessions(t, func(t *testing.T, now func() time.Time) diagnostics.SessionStore {
		return open(t, e, now).Diagnostics()
	})
}

func TestDiagnosticsLimiter(t *testing.T) {
	e := dynamotest.Start(t)
	clock := storetest.NewClock()
	l := open(t, e, clock.Now).Diagnostics().Limiter()
	for i := range 4 {
		wait, err := l.Spend(t.Context(), "d:192.0.2.1", 3, time.Minute)
		if err != nil || (wait > 0) != (i == 3) {
			t.Errorf("event %d: wait %v, %v", i, wait, err)
		}
	}
}

// Pages of reports between two times hold what they should, in order, however many lie around and in which state.
func TestPagesOfReports(t *testing.T) {
	e := dynamotest.Start(t)
	clock := storetest.NewClock()
	s := open(t, e, clock.Now).Diagnostics()
	start := clock.Now()
	states := []string{diagnostics.StatusPending, diagnostics.StatusNew, diagnostics.StatusSeen, diagnostics.StatusErased, diagnostics.StatusNew}
	var made []*diagnostics.Report
	for i := range 150 {
		r := storetest.NewReport(fmt.Sprintf("R%03d", (i*7)%150), start.Add(time.Duration(i/3)*time.Minute))
		r.Status, r.ExpiresAt = states[i%len(states)], start.Add(24*time.Hour)
		if err := s.CreateReport(t.Context(), r); err != nil {
			t.Fatal(err)
		}
		made = append(made, r)
	}
	slices.SortFunc(made, func(a, b *diagnostics.Report) int {
		if c := b.CreatedAt.Compare(a.CreatedAt); c != 0 {
			return c
		}
		return -slices.Compare([]byte(a.Code), []byte(b.Code))
	})
	for _, q := range []diagnostics.Query{
		{Limit: 1}, {Limit: 7}, {Limit: 100}, {Limit: 3, Status: diagnostics.StatusSeen}, {Limit: 20, From: start.Add(20 * time.Minute)},
		{Limit: 4, From: start.Add(10 * time.Minute), To: start.Add(12 * time.Minute)}, {Limit: 9, To: start.Add(30 * time.Minute), Status: diagnostics.StatusNew},
		{Limit: 5, To: start}, {Limit: 5, From: time.Date(2400, 1, 1, 0, 0, 0, 0, time.UTC)}, {Limit: 50, To: time.Date(2400, 1, 1, 0, 0, 0, 0, time.UTC)},
	} {
		var expected []string
		for _, r := range made {
			if r.Visible() && (q.Status == "" || r.Status == q.Status) && !r.CreatedAt.Before(q.From) && (q.To.IsZero() || r.CreatedAt.Before(q.To)) {
				expected = append(expected, r.Code)
			}
		}
		var got []string
		for {
			page, err := s.Reports(t.Context(), q)
			if err != nil || len(page.Reports) > q.Limit {
				t.Fatal(len(page.Reports), err)
			}
			for _, r := range page.Reports {
				got = append(got, r.Code)
			}
			if q.Cursor = page.Next; q.Cursor == "" {
				break
			}
		}
		if !slices.Equal(got, expected) {
			t.Errorf("%+v: got %v, want %v", q, got, expected)
		}
	}
}
