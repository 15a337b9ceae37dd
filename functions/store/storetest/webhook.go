package storetest

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/coopnet/coopnet/functions/webhook"
)

// OpenWebhook opens an empty store with the clock now.
type OpenWebhook func(t *testing.T, now func() time.Time) webhook.Store

// TestWebhook is the suite of webhook.Store.
func TestWebhook(t *testing.T, open OpenWebhook) {
	for name, test := range map[string]func(*testing.T, webhook.Store, *Clock){
		"subscriptions":          subscriptions,
		"deliveries":             deliveries,
		"what is due":            whatIsDue,
		"one of many claims":     oneOfManyClaimsDelivery,
		"one of many deliveries": oneOfManyDeliveries,
		"expiry":                 deliveriesExpire,
		"cancellation":           cancelledWebhook,
	} {
		t.Run(name, func(t *testing.T) {
			clock := NewClock()
			test(t, open(t, clock.Now), clock)
		})
	}
}

func newDelivery(id, subscription string, clock *Clock) *webhook.Delivery {
	now := clock.Now()
	return &webhook.Delivery{
		ID: id, Subscription: subscription, Event: "event of " + id, Body: json.RawMessage(`{"id":"x"}`), State: webhook.Pending,
		CreatedAt: now, NextAt: now, ExpiresAt: now.Add(72 * time.Hour), Version: 1,
	}
}

func outbox(t *testing.T, s webhook.Store, d *webhook.Delivery) *webhook.Delivery {
	t.Helper()
	if err := s.CreateDelivery(t.Context(), d); err != nil {
		t.Fatal(err)
	}
	return d
}

func due(t *testing.T, s webhook.Store, subscription string, limit int) (ids []string) {
	t.Helper()
	found, err := s.Due(t.Context(), subscription, limit)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range found {
		ids = append(ids, d.ID)
	}
	return ids
}

func subscriptions(t *testing.T, s webhook.Store, clock *Clock) {
	var made []*webhook.Subscription
	for _, id := range []string{"b", "a", "c"} {
		w := &webhook.Subscription{ID: id, URL: "https://example.com/" + id, Events: []string{webhook.ConferenceEnded}, Secret: "whsec_" + id, CreatedBy: "tester", CreatedAt: clock.Now()}
		if err := s.CreateSubscription(t.Context(), w); err != nil {
			t.Fatal(err)
		}
		made = append(made, w)
		clock.Advance(time.Second)
	}
	want(t, "same id", s.CreateSubscription(t.Context(), made[0]), webhook.ErrConflict)
	if got, err := s.Subscriptions(t.Context()); err != nil || !reflect.DeepEqual(got, made) {
		t.Errorf("got %v, %v", got, err)
	}
	if got, err := s.Subscription(t.Context(), "a"); err != nil || !reflect.DeepEqual(got, made[1]) {
		t.Errorf("got %v, %v", got, err)
	}
	for range 2 { // a missing one is fine
		if err := s.DeleteSubscription(t.Context(), "a"); err != nil {
			t.Fatal(err)
		}
	}
	_, err := s.Subscription(t.Context(), "a")
	want(t, "deleted", err, webhook.ErrNotFound)
	if got, err := s.Subscriptions(t.Context()); err != nil || len(got) != 2 {
		t.Errorf("got %v, %v", got, err)
	}
}

func deliveries(t *testing.T, s webhook.Store, clock *Clock) {
	d := outbox(t, s, newDelivery("d", "w", clock))
	want(t, "same id", s.CreateDelivery(t.Context(), d), webhook.ErrConflict)
	got, err := s.Due(t.Context(), "w", 5)
	if err != nil || len(got) != 1 || !reflect.DeepEqual(got[0], d) {
		t.Fatalf("got %+v, %v, want %+v", got, err, d)
	}
	other := *got[0]
	got[0].Attempts, got[0].NextAt = 1, clock.Now().Add(time.Minute)
	if err := s.UpdateDelivery(t.Context(), got[0]); err != nil || got[0].Version != 2 {
		t.Fatal(got[0], err)
	}
	want(t, "a stale update", s.UpdateDelivery(t.Context(), &other), webhook.ErrConflict)
	if other.Version != 1 {
		t.Errorf("a failed update counted up to %d", other.Version)
	}
	want(t, "unknown", s.UpdateDelivery(t.Context(), newDelivery("x", "w", clock)), webhook.ErrConflict)
	if ids := due(t, s, "w", 5); len(ids) > 0 {
		t.Errorf("due: %v", ids)
	}
	clock.Advance(time.Minute)
	if again, err := s.Due(t.Context(), "w", 5); err != nil || len(again) != 1 || !reflect.DeepEqual(again[0], got[0]) {
		t.Errorf("got %+v, %v", again, err)
	}
	got[0].State = webhook.Delivered
	if err := s.UpdateDelivery(t.Context(), got[0]); err != nil {
		t.Fatal(err)
	}
	if n, err := s.Waiting(t.Context(), "w"); err != nil || n != 0 || len(due(t, s, "w", 5)) > 0 {
		t.Errorf("%d wait, %v", n, err)
	}
	want(t, "what was delivered is remembered", s.CreateDelivery(t.Context(), d), webhook.ErrConflict)
}

func whatIsDue(t *testing.T, s webhook.Store, clock *Clock) {
	for i := range 5 {
		d := newDelivery(fmt.Sprint("d", i), "w", clock)
		d.NextAt = clock.Now().Add(time.Duration(5-i) * time.Second)
		outbox(t, s, d)
	}
	outbox(t, s, newDelivery("other", "v", clock))
	dead := newDelivery("dead", "w", clock)
	dead.State = webhook.Dead
	outbox(t, s, dead)
	if ids := due(t, s, "w", 10); len(ids) > 0 {
		t.Errorf("due: %v", ids)
	}
	clock.Advance(3 * time.Second)
	if ids := due(t, s, "w", 10); !slices.Equal(ids, []string{"d4", "d3", "d2"}) {
		t.Errorf("due: %v", ids)
	}
	if ids := due(t, s, "w", 2); !slices.Equal(ids, []string{"d4", "d3"}) {
		t.Errorf("due: %v", ids)
	}
	if n, err := s.Waiting(t.Context(), "w"); err != nil || n != 5 {
		t.Errorf("%d wait, %v", n, err)
	}
}

func oneOfManyClaimsDelivery(t *testing.T, s webhook.Store, clock *Clock) {
	d := outbox(t, s, newDelivery("d", "w", clock))
	won := race(t, 20, webhook.ErrConflict, func(ctx context.Context, i int) error {
		mine := *d
		mine.Attempts, mine.NextAt = i, clock.Now().Add(time.Minute)
		return s.UpdateDelivery(ctx, &mine)
	})
	if won != 1 {
		t.Errorf("%d won", won)
	}
}

func oneOfManyDeliveries(t *testing.T, s webhook.Store, clock *Clock) {
	won := race(t, 20, webhook.ErrConflict, func(ctx context.Context, _ int) error {
		return s.CreateDelivery(ctx, newDelivery("d", "w", clock))
	})
	if won != 1 || len(due(t, s, "w", 5)) != 1 {
		t.Errorf("%d won", won)
	}
}

func deliveriesExpire(t *testing.T, s webhook.Store, clock *Clock) {
	d := outbox(t, s, newDelivery("d", "w", clock))
	clock.Advance(72 * time.Hour)
	if n, err := s.Waiting(t.Context(), "w"); err != nil || n != 0 || len(due(t, s, "w", 5)) > 0 {
		t.Errorf("%d wait, %v", n, err)
	}
	want(t, "update", s.UpdateDelivery(t.Context(), d), webhook.ErrConflict)
	outbox(t, s, newDelivery("d", "w", clock)) // it is as if it had never been
	if ids := due(t, s, "w", 5); len(ids) != 1 {
		t.Errorf("due: %v", ids)
	}
}

func cancelledWebhook(t *testing.T, s webhook.Store, clock *Clock) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	want(t, "subscribe", s.CreateSubscription(ctx, &webhook.Subscription{ID: "a"}), context.Canceled)
	want(t, "create", s.CreateDelivery(ctx, newDelivery("d", "w", clock)), context.Canceled)
	_, err := s.Due(ctx, "w", 1)
	want(t, "due", err, context.Canceled)
	_, err = s.Subscriptions(ctx)
	want(t, "list", err, context.Canceled)
}
