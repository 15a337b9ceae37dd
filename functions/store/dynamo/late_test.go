package dynamo_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/coopnet/coopnet/functions/diagnostics"
	"github.com/coopnet/coopnet/functions/store/dynamo"
	"github.com/coopnet/coopnet/functions/store/dynamo/dynamotest"
	"github.com/coopnet/coopnet/functions/store/storetest"
	"github.com/coopnet/coopnet/functions/webhook"
)

// lateIndex stands in front of an endpoint: an index that was asked before answers as it did then.
type lateIndex struct {
	mu      sync.Mutex
	answers map[string][]byte
	replay  bool
}

func newLateIndex(t *testing.T, e *dynamotest.Endpoint) (l *lateIndex, url string) {
	t.Helper()
	l = &lateIndex{answers: map[string][]byte{}}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { l.serve(w, r, e.URL) }))
	t.Cleanup(server.Close)
	return l, server.URL
}

func (l *lateIndex) serve(w http.ResponseWriter, r *http.Request, url string) {
	asked, err := io.ReadAll(r.Body)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	index := bytes.Contains(asked, []byte(`"IndexName"`))
	l.mu.Lock()
	body, known := l.answers[string(asked)]
	known = known && index && l.replay
	l.mu.Unlock()
	status := http.StatusOK
	if !known {
		answer, fresh, err := pass(r, asked, url)
		if err != nil {
			panic(http.ErrAbortHandler)
		}
		body, status = fresh, answer.StatusCode
		l.mu.Lock()
		l.answers[string(asked)] = fresh
		l.mu.Unlock()
	}
	w.Header().Set("Content-Type", "application/x-amz-json-1.0")
	w.WriteHeader(status)
	_, _ = w.Write(body) // the client may have gone
}

func (l *lateIndex) freeze() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.replay = true
}

// Nobody is given a delivery that another process has just taken, although the list has it still.
func TestDueWithALateIndex(t *testing.T) {
	e := dynamotest.Start(t)
	clock := storetest.NewClock()
	index, url := newLateIndex(t, e)
	s := dynamo.Patient(openAt(t, e, url, e.Tables(t), clock.Now)).Webhook()
	for i := range 30 {
		d := &webhook.Delivery{ID: fmt.Sprintf("d%02d", i), Subscription: "w", State: webhook.Pending, CreatedAt: clock.Now(), NextAt: clock.Now(),
			ExpiresAt: clock.Now().Add(time.Hour), Version: 1}
		if err := s.CreateDelivery(t.Context(), d); err != nil {
			t.Fatal(err)
		}
	}
	first, err := s.Due(t.Context(), "w", 10)
	if err != nil || len(first) != 10 {
		t.Fatal(len(first), err)
	}
	for _, d := range first {
		d.NextAt = clock.Now().Add(time.Minute)
		if err := s.UpdateDelivery(t.Context(), d); err != nil {
			t.Fatal(err)
		}
	}
	index.freeze()
	second, err := s.Due(t.Context(), "w", 10)
	if err != nil || len(second) != 10 {
		t.Fatal(len(second), err)
	}
	for _, d := range second {
		if slices.ContainsFunc(first, func(taken *webhook.Delivery) bool { return taken.ID == d.ID }) {
			t.Errorf("%s is taken", d.ID)
		}
	}
}

// Whoever cleans up or erases comes to the end, though the lists still have what it has done, and a list for support
// shows reports as they are.
func TestReportsWithALateIndex(t *testing.T) {
	e := dynamotest.Start(t)
	clock := storetest.NewClock()
	index, url := newLateIndex(t, e)
	s := dynamo.Patient(openAt(t, e, url, e.Tables(t), clock.Now)).Diagnostics()
	for i := range 20 {
		if err := s.CreateReport(t.Context(), storetest.NewReport(fmt.Sprintf("R%02d", i), clock.Now())); err != nil {
			t.Fatal(err)
		}
	}
	list := func() diagnostics.Page {
		t.Helper()
		page, err := s.Reports(t.Context(), diagnostics.Query{Limit: 50, Status: diagnostics.StatusNew})
		if err != nil {
			t.Fatal(err)
		}
		return page
	}
	if n := len(list().Reports); n != 20 {
		t.Fatalf("%d listed", n)
	}
	hers, err := s.ReportsOf(t.Context(), "ada@example.org", 5)
	if err != nil || len(hers) != 5 {
		t.Fatal(len(hers), err)
	}
	index.freeze()
	for _, r := range hers[:4] {
		if err := s.DeleteReport(t.Context(), r.Code); err != nil {
			t.Fatal(err)
		}
	}
	hers[4].Status = diagnostics.StatusSeen
	if err := s.UpdateReport(t.Context(), hers[4]); err != nil {
		t.Fatal(err)
	}
	if n := len(list().Reports); n != 15 {
		t.Errorf("%d are new", n)
	}
	if more, err := s.ReportsOf(t.Context(), "ada@example.org", 5); err != nil || len(more) != 5 {
		t.Errorf("%d more of hers, %v", len(more), err)
	}
	clock.Advance(2 * time.Hour)
	for removed := 0; ; {
		expired, err := s.ExpiredReports(t.Context(), clock.Now(), 5)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range expired {
			if err := s.DeleteReport(t.Context(), r.Code); err != nil {
				t.Fatal(err)
			}
			removed++
		}
		if len(expired) < 5 {
			if removed != 16 {
				t.Errorf("%d were cleaned away", removed)
			}
			return
		}
	}
}
