package dynamo_test

import (
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coopnet/coopnet/functions/conference"
	"github.com/coopnet/coopnet/functions/store/dynamo"
	"github.com/coopnet/coopnet/functions/store/dynamo/dynamotest"
	"github.com/coopnet/coopnet/functions/store/storetest"
)

// What several processes share.
func TestSharedLimits(t *testing.T) {
	e := dynamotest.Start(t)
	clock := storetest.NewClock()
	tables := e.Tables(t)
	process := func() *dynamo.Limiter {
		return dynamo.Patient(openAt(t, e, e.URL, tables, clock.Now)).Conference().Limiter()
	}
	const burst, every = 8, 15 * time.Second
	for i := range burst {
		if wait, err := process().Spend(t.Context(), "a", burst, every); err != nil || wait != 0 {
			t.Fatalf("event %d: wait %v, %v", i, wait, err)
		}
		if held, _, err := process().Peek(t.Context(), "a", burst, every); err != nil || held != i+1 {
			t.Fatalf("event %d: %d held, %v", i, held, err)
		}
	}
	late := process()
	if wait, err := late.Spend(t.Context(), "a", burst, every); err != nil || wait != every {
		t.Errorf("one too many: wait %v, %v", wait, err)
	}
	clock.Advance(every)
	if wait, err := late.Spend(t.Context(), "a", burst, every); err != nil || wait != 0 {
		t.Errorf("after %v: wait %v, %v", every, wait, err)
	}
	clock.Advance(100 * every)
	if wait, err := process().Spend(t.Context(), "a", burst, every); err != nil || wait != 0 {
		t.Errorf("much later: wait %v, %v", wait, err)
	}
}

// A flood costs nothing once its process knows that the bucket is full, and a crowd of those who are let in does not write.
func TestLimitsThatAreKnown(t *testing.T) {
	e := dynamotest.Start(t)
	f := newFront(t, e)
	var reads, writings atomic.Int64
	f.set(func(call string, _ []byte) fault {
		if writes(call) {
			writings.Add(1)
		} else {
			reads.Add(1)
		}
		return none
	})
	clock := storetest.NewClock()
	l := dynamo.Patient(openAt(t, e, f.URL, e.Tables(t), clock.Now)).Conference().Limiter()
	for range 100 {
		if _, err := l.Spend(t.Context(), "a", 8, time.Minute); err != nil {
			t.Fatal(err)
		}
		if _, _, err := l.Peek(t.Context(), "a", 8, time.Minute); err != nil {
			t.Fatal(err)
		}
	}
	if w, r := writings.Load(), reads.Load(); w != 8 || r > 8 {
		t.Errorf("a flood: %d writes and %d reads", w, r)
	}
	writings.Store(0)
	for range 2000 { // a company says who it is, through one address
		if _, err := l.Spend(t.Context(), "b", 2000, 2*time.Second); err != nil {
			t.Fatal(err)
		}
	}
	if w := writings.Load(); w > 100 {
		t.Errorf("a crowd: %d writes", w)
	}
	writings.Store(0)
	for range 100 {
		if _, _, err := l.Peek(t.Context(), "c", 8, time.Minute); err != nil {
			t.Fatal(err)
		}
	}
	if w := writings.Load(); w != 0 {
		t.Errorf("those who are let in: %d writes", w)
	}
}

// Another process sees a change a second later at the latest, and asks no more often than that.
func TestRecentReads(t *testing.T) {
	e := dynamotest.Start(t)
	f := newFront(t, e)
	clock := storetest.NewClock()
	tables := e.Tables(t)
	writer, reader := conferencesAt(t, e, e.URL, tables, clock), conferencesAt(t, e, f.URL, tables, clock)
	if _, err := reader.ConferenceByName(t.Context(), "Team"); !errors.Is(err, conference.ErrNotFound) {
		t.Fatal(err)
	}
	c := storetest.NewConference("one", "Team", clock.Now())
	inv := &conference.Invitation{ID: "i", Conference: "one", CodeHash: [32]byte{1}, ExpiresAt: clock.Now().Add(time.Hour)}
	if err := errors.Join(writer.CreateConference(t.Context(), c), writer.CreateInvitation(t.Context(), inv)); err != nil {
		t.Fatal(err)
	}
	clock.Advance(time.Second)
	var reads atomic.Int64
	f.set(func(string, []byte) fault { reads.Add(1); return none })
	ask := func() (seen error) {
		for range 1000 {
			_, byName := reader.ConferenceByName(t.Context(), "Team")
			_, byID := reader.RecentConference(t.Context(), "one")
			invited, err := reader.InvitationByCode(t.Context(), inv.CodeHash)
			if err == nil && !invited.RevokedAt.IsZero() {
				err = conference.ErrNotFound
			}
			if (byName == nil) != (err == nil) || byID != nil {
				t.Fatalf("%v, %v, %v", byName, byID, err)
			}
			seen = byName
		}
		return seen
	}
	if err := ask(); err != nil || reads.Load() > 4 {
		t.Fatalf("%d reads for a thousand guests, %v", reads.Load(), err)
	}
	c.EndedAt = clock.Now()
	if err := errors.Join(writer.UpdateConference(t.Context(), c), writer.RevokeInvitation(t.Context(), "i", clock.Now())); err != nil {
		t.Fatal(err)
	}
	clock.Advance(time.Second)
	if err := ask(); !errors.Is(err, conference.ErrNotFound) {
		t.Errorf("a second later: %v", err)
	}
	if got, err := reader.Conference(t.Context(), "one"); err != nil || got.EndedAt.IsZero() {
		t.Errorf("got %+v, %v", got, err)
	}
}

func conferencesAt(t *testing.T, e *dynamotest.Endpoint, url string, tables dynamo.Tables, clock *storetest.Clock) *dynamo.Conference {
	t.Helper()
	return dynamo.Patient(openAt(t, e, url, tables, clock.Now)).Conference()
}

// A page that ends early loses nothing, brings nothing twice, and keeps the order.
func TestPagesThatEndEarly(t *testing.T) {
	e := dynamotest.Start(t)
	clock := storetest.NewClock()
	tables := e.Tables(t)
	store := conferencesAt(t, e, e.URL, tables, clock)
	var made, open []string
	for i := range 60 {
		c := storetest.NewConference(fmt.Sprint("c", i), fmt.Sprint("Team ", i), clock.Now())
		if i%10 != 0 {
			c.EndedAt = clock.Now()
		} else {
			open = append(open, c.ID)
		}
		made = append(made, c.ID)
		if err := store.CreateConference(t.Context(), c); err != nil {
			t.Fatal(err)
		}
		clock.Advance(time.Second)
	}
	slices.Reverse(made)
	slices.Reverse(open)
	lazy := dynamo.Lazy(dynamo.Patient(openAt(t, e, e.URL, tables, clock.Now))).Conference()
	for status, want := range map[string][]string{"": made, conference.StatusOpen: open, conference.StatusScheduled: nil} {
		var got []string
		pages := 0
		for q := (conference.Query{Limit: 7, Status: status}); ; pages++ {
			page, err := lazy.Conferences(t.Context(), q)
			if err != nil || pages > 100 || len(page.Conferences) > q.Limit {
				t.Fatalf("page %d: %d, %v", pages, len(page.Conferences), err)
			}
			for _, c := range page.Conferences {
				got = append(got, c.ID)
			}
			if q.Cursor = page.Next; q.Cursor == "" {
				break
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%q, %d pages: got %v, want %v", status, pages, got, want)
		}
	}
}
