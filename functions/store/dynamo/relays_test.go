package dynamo_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coopnet/coopnet/functions/relays"
	"github.com/coopnet/coopnet/functions/store/dynamo"
	"github.com/coopnet/coopnet/functions/store/dynamo/dynamotest"
	"github.com/coopnet/coopnet/functions/store/storetest"
	"github.com/coopnet/coopnet/shared/announce"
)

func TestRelays(t *testing.T) {
	e := dynamotest.Start(t)
	storetest.TestRelays(t, func(t *testing.T, now func() time.Time) relays.Store { return open(t, e, now).Relays() })
}

// rush counts the writes to each item and to each partition, those of the index too.
type rush struct {
	mu                sync.Mutex
	items, partitions map[string]int
}

func (c *rush) count(call string, body []byte) fault {
	if !writes(call) {
		return none
	}
	var asked struct{ Item, Key map[string]struct{ S string } }
	if err := json.Unmarshal(body, &asked); err != nil {
		panic(err)
	}
	at := asked.Key
	if at == nil {
		at = asked.Item
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.items[at["pk"].S+" "+at["sk"].S]++
	c.partitions[at["pk"].S]++
	if shard := asked.Item["person"].S; shard != "" {
		c.partitions[shard]++
	}
	return none
}

// everybody is what relays.Domain asks others; here it lets everything pass.
type everybody struct {
	relays.Staff
	relays.Prober
}

func (everybody) Conference(context.Context, string) (relays.Conference, error) {
	return relays.Conference{RetentionDays: 30}, nil
}

// A thousand who join one conference through two relays are a thousand items in eight places. The conference's own item
// and its home are written once.
func TestRushIntoOneConference(t *testing.T) {
	e := dynamotest.Start(t)
	clock := storetest.NewClock()
	f := newFront(t, e)
	store := dynamo.Patient(openAt(t, e, f.URL, e.Tables(t), clock.Now)).Relays()
	domain, err := relays.New(relays.Config{Store: store, Staff: everybody{}, Conferences: everybody{}, Prober: everybody{}, Now: clock.Now})
	if err != nil {
		t.Fatal(err)
	}
	home := &relays.Home{Conference: "c", Relay: "a", PlacedAt: clock.Now(), ExpiresAt: clock.Now().Add(time.Hour)}
	if err := store.SaveHome(t.Context(), home); err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"a", "b"} {
		r := &relays.Relay{ID: id, Instance: "of-" + id, HeardAt: clock.Now(), Since: clock.Now(), ExpiresAt: clock.Now().Add(time.Hour)}
		if err := store.SaveRelay(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
	c := &rush{items: map[string]int{}, partitions: map[string]int{}}
	f.set(c.count)
	const batches, each = 5, announce.MaxVisits
	var wg sync.WaitGroup
	for batch := range batches {
		relay := []string{"a", "b"}[batch%2]
		wg.Go(func() {
			b := announce.Batch{Instance: "of-" + relay, Visits: []announce.Visit{{Seq: 1, Kind: announce.Started, Conference: "c", At: clock.Now()}}}
			for i := range each - 1 {
				b.Visits = append(b.Visits, announce.Visit{Seq: int64(2 + i), Kind: announce.Joined, Conference: "c", Participant: fmt.Sprintf("p%d-%d", batch, i),
					Name: "Ada", Role: "guest", Person: "one-address-for-all", At: clock.Now()})
			}
			if err := domain.Report(t.Context(), relay, b); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	const joined = batches * (each - 1)
	people := 0
	for at, n := range c.items {
		most := 1
		if strings.HasPrefix(at, "home#") {
			most = batches * (batches + 1) / 2 // of the relays, each of which may lose to each other; not of the participants
		} else {
			people++
		}
		if n > most {
			t.Errorf("%s is written %d times", at, n)
		}
	}
	for at, n := range c.partitions {
		if n > joined/4 {
			t.Errorf("%s takes %d of %d writes", at, n, joined)
		}
	}
	if people != joined {
		t.Errorf("%d of %d are there", people, joined)
	}
	if n := len(everyAttendee(t, store, 100)); n != joined {
		t.Errorf("%d are listed", n)
	}
}

// everyAttendee follows the cursors from page to page.
func everyAttendee(t *testing.T, s *dynamo.Relays, limit int) []string {
	t.Helper()
	var seen []string
	for cursor := ""; ; {
		page, err := s.Attendees(t.Context(), "c", cursor, limit)
		if err != nil || len(page.Attendees) > limit {
			t.Fatal(len(page.Attendees), err)
		}
		for _, a := range page.Attendees {
			seen = append(seen, a.Participant)
		}
		if cursor = page.Next; cursor == "" {
			return seen
		}
	}
}

func attendee(conference, participant, person string, expires time.Time) *relays.Attendee {
	return &relays.Attendee{Conference: conference, Participant: participant, Person: person, Name: "Ms Ada Lovelace", Role: "guest", Relay: "a",
		Instance: "i", Seq: 1, JoinedAt: expires.Add(-time.Hour), ExpiresAt: expires}
}

// Pages are in order although the participants lie in shards, and what has expired fills none.
func TestPagesOfAttendees(t *testing.T) {
	e := dynamotest.Start(t)
	clock := storetest.NewClock()
	s := open(t, e, clock.Now).Relays()
	var expected []string
	for i := range 300 {
		id, expires := fmt.Sprintf("p%03d", (i*7)%300), clock.Now().Add(2*time.Hour)
		if i%3 == 0 {
			expires = clock.Now().Add(time.Hour)
		} else {
			expected = append(expected, id)
		}
		if err := s.SaveAttendee(t.Context(), attendee("c", id, "", expires)); err != nil {
			t.Fatal(err)
		}
	}
	clock.Advance(time.Hour)
	slices.Sort(expected)
	for _, limit := range []int{1, 7, 50, 199, 200, 201} {
		if got := everyAttendee(t, s, limit); !slices.Equal(got, expected) {
			t.Errorf("in pages of %d: %d of %d: %v", limit, len(got), len(expected), got)
		}
	}
}

// A home that another process has moved is seen a second later, or when this process wants to move it too.
func TestHomesAreRemembered(t *testing.T) {
	e := dynamotest.Start(t)
	clock := storetest.NewClock()
	tables := e.Tables(t)
	f := newFront(t, e)
	writer := dynamo.Patient(openAt(t, e, e.URL, tables, clock.Now)).Relays()
	reader := dynamo.Patient(openAt(t, e, f.URL, tables, clock.Now)).Relays()
	h := &relays.Home{Conference: "c", Relay: "a", ExpiresAt: clock.Now().Add(time.Hour)}
	if err := writer.SaveHome(t.Context(), h); err != nil {
		t.Fatal(err)
	}
	reads := 0
	f.set(func(string, []byte) fault { reads++; return none })
	at := func() *relays.Home {
		t.Helper()
		h, err := reader.Home(t.Context(), "c")
		if err != nil {
			t.Fatal(err)
		}
		return h
	}
	for range 1000 {
		at()
	}
	if reads != 1 {
		t.Errorf("%d reads for a thousand who join", reads)
	}
	h.Relay = "b"
	if err := writer.SaveHome(t.Context(), h); err != nil {
		t.Fatal(err)
	}
	old := at()
	if err := reader.SaveHome(t.Context(), old); !errors.Is(err, relays.ErrConflict) {
		t.Fatalf("a change that rests on what was remembered: %v", err)
	}
	if got := at(); got.Relay != "b" {
		t.Errorf("after the conflict: %+v", got)
	}
	h.Relay = "c"
	if err := writer.SaveHome(t.Context(), h); err != nil {
		t.Fatal(err)
	}
	clock.Advance(time.Second)
	if got := at(); got.Relay != "c" {
		t.Errorf("a second later: %+v", got)
	}
}

// Erasing that was stopped goes on when it is asked for again, and takes nobody else's.
func TestStoppedErasureOfAttendance(t *testing.T) {
	t.Parallel()
	prepare := func(t *testing.T, s *stage) {
		t.Helper()
		for i, person := range []string{"ada", "ada", "bob", "ada"} {
			if err := s.fresh(t).Relays().SaveAttendee(t.Context(), attendee("c", fmt.Sprint("p", i), person, s.clock.Now().Add(time.Hour))); err != nil {
				t.Fatal(err)
			}
		}
	}
	erased := 0
	do := func(ctx context.Context, db *dynamo.DB, _ *storetest.Clock) {
		erased, _ = db.Relays().EraseAttendees(ctx, "ada")
	}
	everyStop(t, prepare, do, func(t *testing.T, s *stage) {
		store := s.fresh(t).Relays()
		again, err := store.EraseAttendees(t.Context(), "ada")
		if err != nil || erased+again > 3 { // whoever stopped knows of those at most that it was told of
			t.Errorf("%d and then %d erased, %v", erased, again, err)
		}
		if left := everyAttendee(t, store, 10); !slices.Equal(left, []string{"p2"}) {
			t.Errorf("left: %v", left)
		}
	})
}
