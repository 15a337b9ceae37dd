package storetest

import (
	"context"
	"fmt"
	"reflect"
	"testing"
	"time"

	"github.com/coopnet/coopnet/functions/diagnostics"
	"github.com/coopnet/coopnet/shared/announce"
)

// OpenSessions opens an empty store with the clock now.
type OpenSessions func(t *testing.T, now func() time.Time) diagnostics.SessionStore

// NewSession is a session of which something is known.
func NewSession(name string, now time.Time) *diagnostics.Session {
	return &diagnostics.Session{
		Name: name, Client: diagnostics.Origin{Network: "192.0.2.0/24", Family: announce.FamilyIPv4}, Relays: []string{"relay-1", "relay-2"},
		Requests: []diagnostics.Request{{At: now, RequestID: "r", Call: "POST /api/v1/diagnostics/sessions", Status: 201}},
		Media: []diagnostics.Media{{
			Relay: "relay-1", ID: "m", At: now, Role: announce.RoleView, Way: announce.WayTurns, Family: announce.FamilyIPv6,
			Seconds: 12.5, Traffic: announce.Traffic{PacketsIn: 1, PacketsOut: 2, BytesIn: 3, BytesOut: 1 << 40, Lost: 4, RTT: 31.25},
		}},
		OpenedAt: now, EndsAt: now.Add(time.Minute), ExpiresAt: now.Add(time.Hour), Version: 1,
	}
}

// TestSessions is the suite of diagnostics.SessionStore.
func TestSessions(t *testing.T, open OpenSessions) {
	for name, test := range map[string]func(*testing.T, diagnostics.SessionStore, *Clock){
		"create and read":     sessionCreateAndRead,
		"compare and swap":    sessionCompareAndSwap,
		"one of many creates": sessionOneOfManyCreates,
		"one of many updates": sessionOneOfManyUpdates,
		"expiry":              sessionExpiry,
		"cancelled context":   sessionCancelled,
	} {
		t.Run(name, func(t *testing.T) {
			clock := NewClock()
			test(t, open(t, clock.Now), clock)
		})
	}
}

func addSession(t *testing.T, s diagnostics.SessionStore, d *diagnostics.Session) *diagnostics.Session {
	t.Helper()
	if err := s.CreateSession(t.Context(), d); err != nil {
		t.Fatal(err)
	}
	return d
}

func sessionCreateAndRead(t *testing.T, s diagnostics.SessionStore, clock *Clock) {
	made := addSession(t, s, NewSession("a", clock.Now()))
	got, err := s.Session(t.Context(), "a")
	if err != nil || !reflect.DeepEqual(got, made) {
		t.Errorf("got %+v, %v; want %+v", got, err, made)
	}
	_, err = s.Session(t.Context(), "b")
	want(t, "unknown", err, diagnostics.ErrNotFound)
	want(t, "taken", s.CreateSession(t.Context(), NewSession("a", clock.Now())), diagnostics.ErrExists)
	for range 2 { // a missing one is fine
		if err := s.DeleteSession(t.Context(), "a"); err != nil {
			t.Fatal(err)
		}
	}
	_, err = s.Session(t.Context(), "a")
	want(t, "deleted", err, diagnostics.ErrNotFound)
}

func sessionCompareAndSwap(t *testing.T, s diagnostics.SessionStore, clock *Clock) {
	addSession(t, s, NewSession("a", clock.Now()))
	a, errA := s.Session(t.Context(), "a")
	b, errB := s.Session(t.Context(), "a")
	if errA != nil || errB != nil {
		t.Fatal(errA, errB)
	}
	a.Requests, b.Requests = nil, append(b.Requests, b.Requests[0])
	if err := s.UpdateSession(t.Context(), a); err != nil || a.Version != 2 {
		t.Fatalf("got version %d, %v", a.Version, err)
	}
	want(t, "stale update", s.UpdateSession(t.Context(), b), diagnostics.ErrConflict)
	if got, err := s.Session(t.Context(), "a"); err != nil || len(got.Requests) != 0 || got.Version != 2 || b.Version != 1 {
		t.Errorf("got %+v, %v", got, err)
	}
	want(t, "unknown", s.UpdateSession(t.Context(), NewSession("b", clock.Now())), diagnostics.ErrConflict)
}

func sessionOneOfManyCreates(t *testing.T, s diagnostics.SessionStore, clock *Clock) {
	if won := race(t, 20, diagnostics.ErrExists, func(ctx context.Context, _ int) error {
		return s.CreateSession(ctx, NewSession("a", clock.Now()))
	}); won != 1 {
		t.Errorf("%d writers won", won)
	}
}

func sessionOneOfManyUpdates(t *testing.T, s diagnostics.SessionStore, clock *Clock) {
	addSession(t, s, NewSession("a", clock.Now()))
	won := race(t, 20, diagnostics.ErrConflict, func(ctx context.Context, i int) error {
		d := NewSession("a", clock.Now())
		d.Client.Network = fmt.Sprint(i)
		return s.UpdateSession(ctx, d)
	})
	if d, err := s.Session(t.Context(), "a"); won != 1 || err != nil || d.Version != 2 {
		t.Errorf("%d writers won; now %+v, %v", won, d, err)
	}
}

func sessionExpiry(t *testing.T, s diagnostics.SessionStore, clock *Clock) {
	d := addSession(t, s, NewSession("a", clock.Now()))
	d.ExpiresAt = clock.Now().Add(2 * time.Hour)
	if err := s.UpdateSession(t.Context(), d); err != nil {
		t.Fatal(err)
	}
	clock.Advance(time.Hour)
	if _, err := s.Session(t.Context(), "a"); err != nil {
		t.Errorf("it was to last longer: %v", err)
	}
	clock.Advance(time.Hour)
	_, err := s.Session(t.Context(), "a")
	want(t, "expired", err, diagnostics.ErrNotFound)
}

func sessionCancelled(t *testing.T, s diagnostics.SessionStore, clock *Clock) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for name, call := range map[string]func() error{
		"create": func() error { return s.CreateSession(ctx, NewSession("a", clock.Now())) },
		"read":   func() error { _, err := s.Session(ctx, "a"); return err },
		"update": func() error { return s.UpdateSession(ctx, NewSession("a", clock.Now())) },
		"delete": func() error { return s.DeleteSession(ctx, "a") },
	} {
		if call() == nil {
			t.Errorf("%s went on with a cancelled context", name)
		}
	}
}
