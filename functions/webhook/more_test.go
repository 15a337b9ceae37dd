package webhook_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coopnet/coopnet/functions/webhook"
	"github.com/coopnet/coopnet/shared/problem"
)

func TestSubscribeValidates(t *testing.T) {
	w := newWorld(t)
	for url, fine := range map[string]bool{
		"https://example.com/hook?x=1": true, "https://93.184.216.34:8443/": true, "https://[2606:2800:220:1::1]/": true,
		"http://127.0.0.1:9/": true, "http://localhost:9/": true, // the operator of this test allows it
		"": false, "example.com": false, "/hook": false, "http://example.com/": false, "ftp://example.com/": false, "https://": false,
		"https://user:secret@example.com/": false, "https://example.com/#x": false, "https://10.0.0.1/": false, "http://[::1]/": false,
		"https://example.com/" + strings.Repeat("x", 2000): false, "https://exa mple.com/": false, "javascript:alert(1)": false,
	} {
		_, err := w.Subscribe(t.Context(), "tester", webhook.Draft{URL: url})
		if fine != (err == nil) || !fine && problem.From(err).Code != problem.Invalid {
			t.Errorf("%q: %v", url, err)
		}
	}
	for _, events := range [][]string{{"conference.end"}, {""}, {webhook.ConferenceEnded, "*"}} {
		if _, err := w.Subscribe(t.Context(), "tester", webhook.Draft{URL: "https://example.com/", Events: events}); problem.From(err).Code != problem.Invalid {
			t.Errorf("%v: %v", events, err)
		}
	}
	s, err := w.Subscribe(t.Context(), "tester", webhook.Draft{URL: "https://example.com/", Events: []string{webhook.ReportReceived, webhook.ConferenceEnded, webhook.ReportReceived}})
	if err != nil || !slices.Equal(s.Events, []string{webhook.ConferenceEnded, webhook.ReportReceived}) || !strings.HasPrefix(s.Secret, "whsec_") {
		t.Errorf("got %+v, %v", s, err)
	}
	for {
		if _, err = w.Subscribe(t.Context(), "tester", webhook.Draft{URL: "https://example.com/"}); err != nil {
			break
		}
	}
	all, listErr := w.db.Webhook().Subscriptions(t.Context())
	if problem.From(err).Code != problem.Conflict || len(all) != 20 || listErr != nil {
		t.Errorf("%d subscriptions, %v, %v", len(all), err, listErr)
	}
}

func TestUnsubscribe(t *testing.T) {
	w := newWorld(t)
	r := w.receiver()
	w.emit("e1")
	if err := w.Unsubscribe(t.Context(), r.Subscription.ID); err != nil {
		t.Fatal(err)
	}
	w.emit("e2")
	w.expect(r)
	if err := w.Unsubscribe(t.Context(), r.Subscription.ID); problem.From(err).Code != problem.NotFound {
		t.Error(err)
	}
}

// TestTwoWorkers: processes that do rounds at the same time share the work.
func TestTwoWorkers(t *testing.T) {
	w := newWorld(t)
	r := w.receiver()
	var want []string
	for i := range 40 {
		want = append(want, fmt.Sprintf("e%02d", i))
	}
	w.emit(want...)
	var working sync.WaitGroup
	for range 3 {
		other := w.another(w.db.Webhook(), "127.0.0.0/8")
		working.Go(func() {
			if err := other.Deliver(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	working.Wait()
	got := r.events()
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("got %v", got)
	}
}

// dyingStore lets a process die between the request and the row that says so.
type dyingStore struct {
	webhook.Store
	left int
}

func (s *dyingStore) UpdateDelivery(ctx context.Context, d *webhook.Delivery) error {
	if s.left--; s.left < 0 {
		return context.Canceled
	}
	return s.Store.UpdateDelivery(ctx, d)
}

// TestKilledWhileDelivering: at least once, and not before the lease has run out.
func TestKilledWhileDelivering(t *testing.T) {
	for updates := range 2 {
		w := newWorld(t)
		r := w.receiver()
		w.emit("e1")
		if err := w.another(&dyingStore{Store: w.db.Webhook(), left: updates}, "127.0.0.0/8").Deliver(t.Context()); err == nil {
			t.Fatal("nobody was killed")
		}
		if got := r.events(); len(got) != updates {
			t.Fatalf("got %v", got)
		}
		if updates == 1 {
			w.expect(r)
			w.clock.Advance(time.Minute)
		}
		w.expect(r, "e1")
		w.expect(r)
	}
}

// fullStore says that a lot is waiting already.
type fullStore struct{ webhook.Store }

func (fullStore) Waiting(context.Context, string) (int, error) { return 10_000 - 2, nil }

// TestTheOutboxIsBounded: what a receiver does not take in time is dropped, the newest first.
func TestTheOutboxIsBounded(t *testing.T) {
	w := newWorld(t)
	r := w.receiver()
	w.Domain = w.another(fullStore{w.db.Webhook()}, "127.0.0.0/8")
	w.emit("e1", "e2", "e3", "e4")
	w.expect(r, "e1", "e2")
}

// One receiver that hangs does not hold up the others.
func TestReceiversAreIndependent(t *testing.T) {
	w := newWorld(t)
	slow, quick := w.receiver(), w.receiver()
	enough := make(chan struct{})
	t.Cleanup(func() { close(enough) })
	slow.says(func(_ http.ResponseWriter, in *http.Request) {
		select {
		case <-enough:
		case <-in.Context().Done():
		}
	})
	w.emit("e1", "e2", "e3")
	started := time.Now()
	w.expect(quick, "e1", "e2", "e3")
	if took := time.Since(started); took > 5*time.Second {
		t.Errorf("took %v", took)
	}
}
