package storetest

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/coopnet/coopnet/functions/relays"
)

// OpenRelays opens an empty store with the clock now.
type OpenRelays func(t *testing.T, now func() time.Time) relays.Store

// TestRelays is the suite of relays.Store.
func TestRelays(t *testing.T, open OpenRelays) {
	for name, test := range map[string]func(*testing.T, relays.Store, *Clock){
		"registry":          registry,
		"homes":             homes,
		"one of many homes": oneOfManyHomes,
		"attendance":        attendance,
		"pages of people":   attendancePages,
		"erase":             eraseAttendance,
		"removals":          removals,
		"commands":          commands,
		"cancelled context": cancelledRelays,
	} {
		t.Run(name, func(t *testing.T) {
			clock := NewClock()
			test(t, open(t, clock.Now), clock)
		})
	}
}

func newRelay(id string, clock *Clock) *relays.Relay {
	now := clock.Now()
	return &relays.Relay{
		ID: id, Instance: "i", Region: "eu-1", Capacity: 10, Load: 3, Snapshot: 4, SnapshotAt: now, StartedAt: now, HeardAt: now, Since: now, ExpiresAt: now.Add(time.Hour),
		Addresses: relays.Addresses{WHIP: "https://a/whip", WHEP: "https://a/whep", Control: "wss://a/control", TURN: []string{"turn:a:3478"}},
	}
}

func registry(t *testing.T, s relays.Store, clock *Clock) {
	_, err := s.Relay(t.Context(), "a")
	want(t, "unknown", err, relays.ErrNotFound)
	for _, id := range []string{"b", "a"} {
		r := newRelay(id, clock)
		if err := s.SaveRelay(t.Context(), r); err != nil || r.Version != 1 {
			t.Fatal(r.Version, err)
		}
	}
	want(t, "there is one", s.SaveRelay(t.Context(), newRelay("a", clock)), relays.ErrConflict)
	got, err := s.Relay(t.Context(), "a")
	expected := newRelay("a", clock)
	expected.Version = 1
	if err != nil || !reflect.DeepEqual(got, expected) {
		t.Fatalf("got %+v, %v, want %+v", got, err, expected)
	}
	stale := *got
	got.Load, got.Draining, got.ExpiresAt = 9, true, clock.Now().Add(2*time.Hour)
	if err := s.SaveRelay(t.Context(), got); err != nil || got.Version != 2 {
		t.Fatal(got.Version, err)
	}
	want(t, "an old version", s.SaveRelay(t.Context(), &stale), relays.ErrConflict)
	list, err := s.Relays(t.Context())
	if err != nil || len(list) != 2 || list[0].ID != "a" || list[0].Load != 9 || list[0].Version != 2 || list[1].ID != "b" {
		t.Fatalf("got %+v, %v", list, err)
	}
	clock.Advance(time.Hour)
	if list, err = s.Relays(t.Context()); err != nil || len(list) != 1 || list[0].ID != "a" {
		t.Errorf("one expired: got %+v, %v", list, err)
	}
	_, err = s.Relay(t.Context(), "b")
	want(t, "expired", err, relays.ErrNotFound)
	if err := s.SaveRelay(t.Context(), newRelay("b", clock)); err != nil {
		t.Errorf("in the place of one that has expired: %v", err)
	}
}

func homes(t *testing.T, s relays.Store, clock *Clock) {
	_, err := s.Home(t.Context(), "c")
	want(t, "unknown", err, relays.ErrNotFound)
	h := &relays.Home{Conference: "c", Relay: "a", PlacedAt: clock.Now(), ExpiresAt: clock.Now().Add(time.Hour)}
	if err := s.SaveHome(t.Context(), h); err != nil || h.Version != 1 {
		t.Fatal(h.Version, err)
	}
	for i := range 20 { // each from the same version
		moved := *h
		moved.Relay, moved.Live = fmt.Sprint("r", i), "i"
		err := s.SaveHome(t.Context(), &moved)
		if i == 0 && err != nil {
			t.Fatal(err)
		}
		if i > 0 {
			want(t, "an old version", err, relays.ErrConflict)
		}
	}
	got, err := s.Home(t.Context(), "c")
	if err != nil || got.Relay != "r0" || got.Live != "i" || got.Version != 2 || !got.PlacedAt.Equal(clock.Now()) {
		t.Errorf("got %+v, %v", got, err)
	}
	clock.Advance(time.Hour)
	_, err = s.Home(t.Context(), "c")
	want(t, "expired", err, relays.ErrNotFound)
	again := &relays.Home{Conference: "c", Relay: "z", PlacedAt: clock.Now(), ExpiresAt: clock.Now().Add(time.Hour)}
	if err := s.SaveHome(t.Context(), again); err != nil || again.Version != 1 {
		t.Errorf("in the place of one that has expired: version %d, %v", again.Version, err)
	}
}

func oneOfManyHomes(t *testing.T, s relays.Store, clock *Clock) {
	won := race(t, 100, relays.ErrConflict, func(ctx context.Context, i int) error {
		return s.SaveHome(ctx, &relays.Home{Conference: "c", Relay: fmt.Sprint(i), PlacedAt: clock.Now(), ExpiresAt: clock.Now().Add(time.Hour)})
	})
	if h, err := s.Home(t.Context(), "c"); won != 1 || err != nil || h.Version != 1 {
		t.Errorf("%d won: %+v, %v", won, h, err)
	}
	won = race(t, 20, relays.ErrConflict, func(ctx context.Context, i int) error {
		return s.SaveHome(ctx, &relays.Home{Conference: "c", Relay: fmt.Sprint(i), Version: 1, PlacedAt: clock.Now(), ExpiresAt: clock.Now().Add(time.Hour)})
	})
	if won != 1 {
		t.Errorf("%d moved it", won)
	}
}

func newAttendee(conference, participant string, clock *Clock) *relays.Attendee {
	return &relays.Attendee{
		Conference: conference, Participant: participant, Name: "Mr " + participant, Role: "guest", JoinedAt: clock.Now(), Relay: "a", Instance: "i",
		Seq: 1 << 40, ExpiresAt: clock.Now().Add(time.Hour),
	}
}

func saveAttendee(t *testing.T, s relays.Store, a *relays.Attendee) {
	t.Helper()
	if err := s.SaveAttendee(t.Context(), a); err != nil {
		t.Fatal(err)
	}
}

func attendance(t *testing.T, s relays.Store, clock *Clock) {
	a := newAttendee("c", "p", clock)
	a.Person = "x"
	saveAttendee(t, s, a)
	saveAttendee(t, s, newAttendee("other", "p", clock))
	want(t, "there is one", s.SaveAttendee(t.Context(), newAttendee("c", "p", clock)), relays.ErrConflict)
	got, err := s.Attendee(t.Context(), "c", "p")
	if err != nil || !reflect.DeepEqual(got, a) || got.Version != 1 {
		t.Fatalf("got %+v, %v, want %+v", got, err, a)
	}
	stale := *got
	got.LeftAt = clock.Now().Add(time.Minute)
	saveAttendee(t, s, got)
	want(t, "an old version", s.SaveAttendee(t.Context(), &stale), relays.ErrConflict)
	if got, err = s.Attendee(t.Context(), "c", "p"); err != nil || !got.LeftAt.Equal(clock.Now().Add(time.Minute)) || got.Version != 2 {
		t.Errorf("got %+v, %v", got, err)
	}
	_, err = s.Attendee(t.Context(), "c", "q")
	want(t, "unknown", err, relays.ErrNotFound)
	won := race(t, 20, relays.ErrConflict, func(ctx context.Context, _ int) error { return s.SaveAttendee(ctx, newAttendee("c", "q", clock)) })
	if won != 1 {
		t.Errorf("%d made one", won)
	}
	clock.Advance(time.Hour)
	_, err = s.Attendee(t.Context(), "c", "p")
	want(t, "expired", err, relays.ErrNotFound)
	if page, err := s.Attendees(t.Context(), "c", "", 10); err != nil || len(page.Attendees) != 0 || page.Next != "" {
		t.Errorf("expired: got %+v, %v", page, err)
	}
	saveAttendee(t, s, newAttendee("c", "p", clock))
}

func attendancePages(t *testing.T, s relays.Store, clock *Clock) {
	for _, p := range []string{"p3", "p1", "p5", "p2", "p4", "P1"} {
		saveAttendee(t, s, newAttendee("c", p, clock))
	}
	saveAttendee(t, s, newAttendee("d", "p0", clock))
	for _, limit := range []int{1, 2, 3, 6, 7} {
		var seen []string
		cursor := ""
		for {
			page, err := s.Attendees(t.Context(), "c", cursor, limit)
			if err != nil || len(page.Attendees) > limit {
				t.Fatal(page, err)
			}
			for _, a := range page.Attendees {
				seen = append(seen, a.Participant)
			}
			if cursor = page.Next; cursor == "" {
				break
			}
		}
		if !slices.Equal(seen, []string{"P1", "p1", "p2", "p3", "p4", "p5"}) {
			t.Errorf("in pages of %d: %v", limit, seen)
		}
	}
	_, err := s.Attendees(t.Context(), "c", "?", 1)
	want(t, "no cursor", err, relays.ErrCursor)
}

func eraseAttendance(t *testing.T, s relays.Store, clock *Clock) {
	for i, person := range []string{"ada", "bob", "ada", "", ""} {
		a := newAttendee(fmt.Sprint("c", i%2), fmt.Sprint("p", i), clock)
		a.Person = person
		saveAttendee(t, s, a)
	}
	for _, c := range []struct {
		person string
		rows   int
	}{{"ada", 2}, {"ada", 0}, {"nobody", 0}, {"", 0}} {
		if n, err := s.EraseAttendees(t.Context(), c.person); err != nil || n != c.rows {
			t.Errorf("erase %q: %d rows, %v, want %d", c.person, n, err, c.rows)
		}
	}
	_, err := s.Attendee(t.Context(), "c0", "p0")
	want(t, "erased", err, relays.ErrNotFound)
	if _, err := s.Attendee(t.Context(), "c1", "p1"); err != nil {
		t.Errorf("another person: %v", err)
	}
}

func removals(t *testing.T, s relays.Store, clock *Clock) {
	_, err := s.Removal(t.Context(), "c", "p")
	want(t, "unknown", err, relays.ErrNotFound)
	first := relays.Removal{Conference: "c", Participant: "p", By: "first", At: clock.Now(), ExpiresAt: clock.Now().Add(time.Hour)}
	second := first
	second.By = "second"
	for _, r := range []relays.Removal{first, second} {
		if err := s.CreateRemoval(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := s.Removal(t.Context(), "c", "p"); err != nil || got != first {
		t.Errorf("got %+v, %v", got, err)
	}
	_, err = s.Removal(t.Context(), "d", "p")
	want(t, "another conference", err, relays.ErrNotFound)
	clock.Advance(time.Hour)
	_, err = s.Removal(t.Context(), "c", "p")
	want(t, "expired", err, relays.ErrNotFound)
	second.ExpiresAt = clock.Now().Add(time.Hour)
	if err := s.CreateRemoval(t.Context(), second); err != nil {
		t.Fatal(err)
	}
	if got, err := s.Removal(t.Context(), "c", "p"); err != nil || got.By != "second" {
		t.Errorf("in the place of one that has expired: got %+v, %v", got, err)
	}
}

func commands(t *testing.T, s relays.Store, clock *Clock) {
	for _, id := range []string{"3", "1", "2", "1"} {
		c := relays.Command{Relay: "a", ID: id, Kind: "remove", Conference: "c", Participant: "p", ExpiresAt: clock.Now().Add(time.Hour)}
		if err := s.CreateCommand(t.Context(), c); err != nil {
			t.Fatal(err)
		}
	}
	list, err := s.Commands(t.Context(), "a", 2)
	if err != nil || len(list) != 2 || list[0].ID != "1" || list[1].ID != "2" || list[0].Participant != "p" || list[0].Kind != "remove" {
		t.Fatalf("got %+v, %v", list, err)
	}
	for range 2 { // a missing one is fine
		if err := s.DeleteCommand(t.Context(), "a", "1"); err != nil {
			t.Fatal(err)
		}
	}
	if list, err = s.Commands(t.Context(), "a", 9); err != nil || len(list) != 2 {
		t.Errorf("got %+v, %v", list, err)
	}
	if list, err = s.Commands(t.Context(), "b", 9); err != nil || len(list) != 0 {
		t.Errorf("another relay: got %+v, %v", list, err)
	}
	clock.Advance(time.Hour)
	if list, err = s.Commands(t.Context(), "a", 9); err != nil || len(list) != 0 {
		t.Errorf("expired: got %+v, %v", list, err)
	}
}

func cancelledRelays(t *testing.T, s relays.Store, clock *Clock) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	want(t, "save a relay", s.SaveRelay(ctx, newRelay("a", clock)), context.Canceled)
	want(t, "save a home", s.SaveHome(ctx, &relays.Home{Conference: "c"}), context.Canceled)
	want(t, "save an attendee", s.SaveAttendee(ctx, newAttendee("c", "p", clock)), context.Canceled)
	want(t, "remove", s.CreateRemoval(ctx, relays.Removal{}), context.Canceled)
	want(t, "command", s.CreateCommand(ctx, relays.Command{}), context.Canceled)
	_, err := s.Relays(ctx)
	want(t, "read relays", err, context.Canceled)
	_, err = s.Home(ctx, "c")
	want(t, "read a home", err, context.Canceled)
	_, err = s.Attendees(ctx, "c", "", 1)
	want(t, "read attendees", err, context.Canceled)
}
