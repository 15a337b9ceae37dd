package storetest

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/coopnet/coopnet/functions/conference"
)

// OpenConference opens an empty store with the clock now.
type OpenConference func(t *testing.T, now func() time.Time) conference.Store

// NewConference is a conference that is open at the clock's time.
func NewConference(id, name string, now time.Time) *conference.Conference {
	draft := conference.NewDraft()
	draft.Name = name
	return &conference.Conference{ID: id, Settings: draft.Settings, PasswordHash: "$hash$" + id, CreatedBy: "tester", CreatedAt: now, Version: 1}
}

// TestConference is the suite of conference.Store.
func TestConference(t *testing.T, open OpenConference) {
	for name, test := range map[string]func(*testing.T, conference.Store, *Clock){
		"create and read":            createAndRead,
		"names are exact":            namesAreExact,
		"name is unique while alive": nameUniqueWhileAlive,
		"end passes by itself":       endPassesByItself,
		"compare and swap":           compareAndSwap,
		"an end that moves":          endMoves,
		"back from its end":          backFromItsEnd,
		"recent":                     recentConference,
		"one of many creates":        oneOfManyCreates,
		"the same at once":           sameAtOnce,
		"one of many updates":        oneOfManyUpdates,
		"pages":                      pages,
		"pages by status":            pagesByStatus,
		"expiry on read":             expiryOnRead,
		"forget a conference":        forgetConference,
		"invitations":                invitations,
		"pages of invitations":       pagesOfInvitations,
		"cancelled context":          cancelledConference,
	} {
		t.Run(name, func(t *testing.T) {
			clock := NewClock()
			test(t, open(t, clock.Now), clock)
		})
	}
}

func create(t *testing.T, s conference.Store, c *conference.Conference) *conference.Conference {
	t.Helper()
	if err := s.CreateConference(t.Context(), c); err != nil {
		t.Fatalf("create %s: %v", c.ID, err)
	}
	return c
}

func createAndRead(t *testing.T, s conference.Store, clock *Clock) {
	starts := clock.Now().Add(time.Hour)
	c := NewConference("one", "Team É", clock.Now())
	c.StartsAt, c.OpenBefore, c.Bridges = &starts, 10, []conference.Bridge{{Kind: "audio", Label: "Paris", Country: "FR", Number: "+33 1", Code: "42#"}}
	create(t, s, c)
	for what, read := range map[string]func() (*conference.Conference, error){
		"by id":   func() (*conference.Conference, error) { return s.Conference(t.Context(), "one") },
		"by name": func() (*conference.Conference, error) { return s.ConferenceByName(t.Context(), "Team É") },
	} {
		got, err := read()
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		if got.Name != c.Name || got.PasswordHash != c.PasswordHash || !got.StartsAt.Equal(starts) || got.OpenBefore != 10 ||
			!slices.Equal(got.Bridges, c.Bridges) || !got.CreatedAt.Equal(c.CreatedAt) || got.Version != 1 || !got.EndedAt.IsZero() || !got.Permissions.Chat {
			t.Errorf("%s: got %+v, want %+v", what, got, c)
		}
	}
	_, err := s.Conference(t.Context(), "two")
	want(t, "unknown id", err, conference.ErrNotFound)
	want(t, "same id", s.CreateConference(t.Context(), NewConference("one", "Other", clock.Now())), conference.ErrConflict)
}

func namesAreExact(t *testing.T, s conference.Store, clock *Clock) {
	names := []string{"Team A", "team a", "Team A ", " Team A", "Team  A", "TEAM A", "Teám A"}
	for i, name := range names {
		create(t, s, NewConference(fmt.Sprint(i), name, clock.Now()))
	}
	for i, name := range names {
		c, err := s.ConferenceByName(t.Context(), name)
		if err != nil || c.ID != fmt.Sprint(i) {
			t.Errorf("%q: got %v, %v", name, c, err)
		}
	}
	_, err := s.ConferenceByName(t.Context(), "tEAM A")
	want(t, "another case", err, conference.ErrNotFound)
}

func nameUniqueWhileAlive(t *testing.T, s conference.Store, clock *Clock) {
	first := create(t, s, NewConference("first", "Team", clock.Now()))
	want(t, "taken name", s.CreateConference(t.Context(), NewConference("second", "Team", clock.Now())), conference.ErrNameTaken)
	first.EndedAt = clock.Now()
	if err := s.UpdateConference(t.Context(), first); err != nil {
		t.Fatal(err)
	}
	_, err := s.ConferenceByName(t.Context(), "Team")
	want(t, "ended", err, conference.ErrNotFound)
	create(t, s, NewConference("second", "Team", clock.Now()))
	if c, err := s.ConferenceByName(t.Context(), "Team"); err != nil || c.ID != "second" {
		t.Errorf("got %v, %v", c, err)
	}
	if c, err := s.Conference(t.Context(), "first"); err != nil || !c.EndedAt.Equal(first.EndedAt) {
		t.Errorf("the ended one is still there by id: got %v, %v", c, err)
	}
}

func endPassesByItself(t *testing.T, s conference.Store, clock *Clock) {
	ends := clock.Now().Add(time.Hour)
	c := NewConference("first", "Team", clock.Now())
	c.EndsAt = &ends
	create(t, s, c)
	clock.Advance(time.Hour)
	_, err := s.ConferenceByName(t.Context(), "Team")
	want(t, "past its end", err, conference.ErrNotFound)
	create(t, s, NewConference("second", "Team", clock.Now()))
}

func endMoves(t *testing.T, s conference.Store, clock *Clock) {
	soon, later := clock.Now().Add(time.Hour), clock.Now().Add(3*time.Hour)
	c := NewConference("first", "Team", clock.Now())
	c.EndsAt = &soon
	create(t, s, c)
	c.EndsAt = &later
	if err := s.UpdateConference(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	clock.Advance(2 * time.Hour)
	if got, err := s.ConferenceByName(t.Context(), "Team"); err != nil || got.ID != "first" || !got.EndsAt.Equal(later) {
		t.Fatalf("after its first end: got %+v, %v", got, err)
	}
	want(t, "taken name", s.CreateConference(t.Context(), NewConference("second", "Team", clock.Now())), conference.ErrNameTaken)
	past := clock.Now().Add(-time.Minute)
	c.EndsAt = &past
	if err := s.UpdateConference(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	create(t, s, NewConference("second", "Team", clock.Now()))
}

func backFromItsEnd(t *testing.T, s conference.Store, clock *Clock) {
	ends := clock.Now().Add(time.Hour)
	for i, taken := range []bool{false, true} {
		name := fmt.Sprint("Team ", i)
		c := NewConference(name+" first", name, clock.Now())
		c.EndsAt = &ends
		create(t, s, c)
		clock.Advance(ends.Sub(clock.Now()))
		if taken {
			create(t, s, NewConference(name+" second", name, clock.Now()))
		}
		first, err := s.Conference(t.Context(), c.ID) // taking its name may have counted its version up
		if err != nil {
			t.Fatal(err)
		}
		first.EndsAt = nil
		err = s.UpdateConference(t.Context(), first)
		if !taken && err != nil {
			t.Fatalf("nobody had the name: %v", err)
		}
		if taken {
			want(t, "taken name", err, conference.ErrNameTaken)
		}
		got, err := s.ConferenceByName(t.Context(), name)
		if err != nil || (got.ID == c.ID) == taken {
			t.Errorf("taken %v: got %+v, %v", taken, got, err)
		}
		ends = clock.Now().Add(time.Hour)
	}
}

func recentConference(t *testing.T, s conference.Store, clock *Clock) {
	c := create(t, s, NewConference("one", "Team", clock.Now()))
	for i := range 3 { // what this process wrote is seen at once
		got, err := s.RecentConference(t.Context(), "one")
		if err != nil || got.Title != c.Title || got.Version != int64(i+1) {
			t.Fatalf("got %+v, %v; want %+v", got, err, c)
		}
		got.Bridges = append(got.Bridges, conference.Bridge{Label: "mine"}) // nobody else's
		c.Title = fmt.Sprint("title ", i)
		if err := s.UpdateConference(t.Context(), c); err != nil {
			t.Fatal(err)
		}
	}
	_, err := s.RecentConference(t.Context(), "two")
	want(t, "unknown", err, conference.ErrNotFound)
	c.EndedAt = clock.Now()
	if err := s.UpdateConference(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	clock.Advance(31 * 24 * time.Hour)
	_, err = s.RecentConference(t.Context(), "one")
	want(t, "expired", err, conference.ErrNotFound)
}

func compareAndSwap(t *testing.T, s conference.Store, clock *Clock) {
	create(t, s, NewConference("one", "Team", clock.Now()))
	a, errA := s.Conference(t.Context(), "one")
	b, errB := s.Conference(t.Context(), "one")
	if errA != nil || errB != nil {
		t.Fatal(errA, errB)
	}
	a.Title, b.Title = "from a", "from b"
	if err := s.UpdateConference(t.Context(), a); err != nil || a.Version != 2 {
		t.Fatalf("got version %d, %v", a.Version, err)
	}
	want(t, "stale update", s.UpdateConference(t.Context(), b), conference.ErrConflict)
	if b.Version != 1 {
		t.Errorf("a failed update counted up to %d", b.Version)
	}
	got, err := s.Conference(t.Context(), "one")
	if err != nil || got.Title != "from a" || got.Version != 2 {
		t.Errorf("got %+v, %v", got, err)
	}
	want(t, "unknown", s.UpdateConference(t.Context(), NewConference("two", "X", clock.Now())), conference.ErrConflict)
}

func oneOfManyCreates(t *testing.T, s conference.Store, clock *Clock) {
	won := race(t, 20, conference.ErrNameTaken, func(ctx context.Context, i int) error {
		return s.CreateConference(ctx, NewConference(fmt.Sprint(i), "Team", clock.Now()))
	})
	if won != 1 {
		t.Errorf("%d writers won", won)
	}
}

// A request that is repeated while it runs finds what it has made.
func sameAtOnce(t *testing.T, s conference.Store, clock *Clock) {
	race(t, 20, nil, func(ctx context.Context, _ int) error {
		err := s.CreateConference(ctx, NewConference("one", "Team", clock.Now()))
		if err != nil && !errors.Is(err, conference.ErrConflict) && !errors.Is(err, conference.ErrNameTaken) {
			return err
		}
		_, err = s.Conference(ctx, "one")
		return err
	})
	c, err := s.ConferenceByName(t.Context(), "Team")
	if got := all(t, s, conference.Query{Limit: 10}); err != nil || c.ID != "one" || len(got) != 1 {
		t.Errorf("got %+v, %v; all: %v", c, err, got)
	}
}

func oneOfManyUpdates(t *testing.T, s conference.Store, clock *Clock) {
	create(t, s, NewConference("one", "Team", clock.Now()))
	won := race(t, 20, conference.ErrConflict, func(ctx context.Context, i int) error {
		c := NewConference("one", "Team", clock.Now())
		c.Title = fmt.Sprint(i)
		return s.UpdateConference(ctx, c)
	})
	c, err := s.Conference(t.Context(), "one")
	if won != 1 || err != nil || c.Version != 2 {
		t.Errorf("%d writers won; now %+v, %v", won, c, err)
	}
}

// all follows the cursors from page to page.
func all(t *testing.T, s conference.Store, q conference.Query) []string {
	t.Helper()
	var ids []string
	for range 100 {
		page, err := s.Conferences(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		if len(page.Conferences) > q.Limit {
			t.Fatalf("%d on a page of %d", len(page.Conferences), q.Limit)
		}
		for _, c := range page.Conferences {
			ids = append(ids, c.ID)
		}
		if page.Next == "" {
			return ids
		}
		q.Cursor = page.Next
	}
	t.Fatal("the pages do not end")
	return nil
}

func pages(t *testing.T, s conference.Store, clock *Clock) {
	var made []string
	for i := range 7 {
		made = append(made, create(t, s, NewConference(fmt.Sprintf("c%d", i), fmt.Sprintf("Team %d", i), clock.Now())).ID)
		if i%2 == 0 { // some are made in the same millisecond
			clock.Advance(time.Second)
		}
	}
	slices.Reverse(made)
	for _, limit := range []int{1, 2, 3, 7, 50} {
		if got := all(t, s, conference.Query{Limit: limit}); !slices.Equal(got, made) {
			t.Errorf("limit %d: got %v, want %v", limit, got, made)
		}
	}
	first, err := s.Conferences(t.Context(), conference.Query{Limit: 3})
	if err != nil {
		t.Fatal(err)
	}
	create(t, s, NewConference("new", "New", clock.Now().Add(time.Hour))) // a newer one does not shift the next page
	if got := all(t, s, conference.Query{Limit: 3, Cursor: first.Next}); !slices.Equal(got, made[3:]) {
		t.Errorf("got %v, want %v", got, made[3:])
	}
	_, err = s.Conferences(t.Context(), conference.Query{Limit: 3, Cursor: first.Next, Status: conference.StatusOpen})
	want(t, "cursor of another list", err, conference.ErrCursor)
	for _, cursor := range []string{"?", "bm9uc2Vuc2U"} {
		_, err = s.Conferences(t.Context(), conference.Query{Limit: 3, Cursor: cursor})
		want(t, "foreign cursor", err, conference.ErrCursor)
	}
}

func pagesByStatus(t *testing.T, s conference.Store, clock *Clock) {
	later, soon := clock.Now().Add(2*time.Hour), clock.Now().Add(time.Hour)
	create(t, s, NewConference("open", "A", clock.Now()))
	scheduled := NewConference("scheduled", "B", clock.Now())
	scheduled.StartsAt, scheduled.OpenBefore = &later, 15
	create(t, s, scheduled)
	ending := NewConference("ending", "C", clock.Now())
	ending.EndsAt = &soon
	create(t, s, ending)
	check := func(when string, lists map[string][]string) {
		t.Helper()
		for status, ids := range lists {
			got := all(t, s, conference.Query{Limit: 10, Status: status})
			slices.Sort(got)
			if !slices.Equal(got, ids) {
				t.Errorf("%s, %q: got %v, want %v", when, status, got, ids)
			}
		}
	}
	check("at first", map[string][]string{"": {"ending", "open", "scheduled"}, "open": {"ending", "open"}, "scheduled": {"scheduled"}, "ended": nil})
	clock.Advance(time.Hour)
	check("after an hour", map[string][]string{"open": {"open"}, "scheduled": {"scheduled"}, "ended": {"ending"}})
	clock.Advance(45 * time.Minute)
	check("when it opens", map[string][]string{"open": {"open", "scheduled"}, "scheduled": nil})
}

func expiryOnRead(t *testing.T, s conference.Store, clock *Clock) {
	c := NewConference("one", "Team", clock.Now())
	c.RetentionDays, c.EndedAt = 2, clock.Now()
	create(t, s, c)
	clock.Advance(48*time.Hour - time.Millisecond)
	if _, err := s.Conference(t.Context(), "one"); err != nil {
		t.Fatalf("before it expires: %v", err)
	}
	clock.Advance(time.Millisecond)
	_, err := s.Conference(t.Context(), "one")
	want(t, "expired", err, conference.ErrNotFound)
	if got := all(t, s, conference.Query{Limit: 10}); len(got) != 0 {
		t.Errorf("expired ones are listed: %v", got)
	}
}

func invitations(t *testing.T, s conference.Store, clock *Clock) {
	inv := &conference.Invitation{
		ID: "i1", Conference: "c1", Kind: "internal", Name: "Ada", CodeHash: sha256.Sum256([]byte("code")),
		CreatedAt: clock.Now(), ExpiresAt: clock.Now().Add(time.Hour),
	}
	if err := s.CreateInvitation(t.Context(), inv); err != nil {
		t.Fatal(err)
	}
	want(t, "same id", s.CreateInvitation(t.Context(), &conference.Invitation{ID: "i1", ExpiresAt: inv.ExpiresAt}), conference.ErrConflict)
	want(t, "same code", s.CreateInvitation(t.Context(), &conference.Invitation{ID: "i2", CodeHash: inv.CodeHash, ExpiresAt: inv.ExpiresAt}), conference.ErrConflict)
	got, err := s.InvitationByCode(t.Context(), inv.CodeHash)
	if err != nil || got.ID != "i1" || got.Kind != "internal" || !got.Live(clock.Now()) {
		t.Fatalf("got %+v, %v", got, err)
	}
	_, err = s.InvitationByCode(t.Context(), sha256.Sum256([]byte("another")))
	want(t, "unknown code", err, conference.ErrNotFound)
	first := clock.Now()
	for range 2 {
		if err := s.RevokeInvitation(t.Context(), "i1", clock.Now()); err != nil {
			t.Fatal(err)
		}
		clock.Advance(time.Minute)
	}
	if got, err = s.Invitation(t.Context(), "i1"); err != nil || !got.RevokedAt.Equal(first) || got.Live(clock.Now()) {
		t.Errorf("got %+v, %v", got, err)
	}
	want(t, "revoke unknown", s.RevokeInvitation(t.Context(), "i9", clock.Now()), conference.ErrNotFound)
	clock.Advance(time.Hour)
	_, err = s.Invitation(t.Context(), "i1")
	want(t, "expired", err, conference.ErrNotFound)
}

func cancelledConference(t *testing.T, s conference.Store, clock *Clock) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	want(t, "create", s.CreateConference(ctx, NewConference("one", "Team", clock.Now())), context.Canceled)
	_, err := s.Conference(ctx, "one")
	want(t, "read", err, context.Canceled)
	_, err = s.Conferences(ctx, conference.Query{Limit: 1})
	want(t, "list", err, context.Canceled)
	_, err = s.Conference(t.Context(), "one")
	want(t, "nothing was stored", err, conference.ErrNotFound)
}
