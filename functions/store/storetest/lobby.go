package storetest

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/coopnet/coopnet/functions/conference"
)

// OpenLobby opens an empty store with the clock now.
type OpenLobby func(t *testing.T, now func() time.Time) conference.LobbyStore

// TestLobby is the suite of conference.LobbyStore.
func TestLobby(t *testing.T, open OpenLobby) {
	for name, test := range map[string]func(*testing.T, conference.LobbyStore, *Clock){
		"knock and wait":     knockAndWait,
		"decide":             decideKnock,
		"a decision is kept": decisionIsKept,
		"expiry":             knocksExpire,
		"one of many knocks": oneOfManyKnocks,
		"pages":              pagesOfKnocks,
	} {
		t.Run(name, func(t *testing.T) {
			clock := NewClock()
			test(t, open(t, clock.Now), clock)
		})
	}
}

func newKnock(participant string, clock *Clock) *conference.Knock {
	now := clock.Now()
	return &conference.Knock{
		Conference: "c", Participant: participant, Name: "Ada", Status: conference.KnockWaiting, AskedAt: now, SeenAt: now,
		Leaves: now.Add(time.Hour), ExpiresAt: now.Add(time.Minute),
	}
}

func knock(t *testing.T, s conference.LobbyStore, k *conference.Knock) {
	t.Helper()
	if err := s.CreateKnock(t.Context(), k); err != nil {
		t.Fatal(err)
	}
}

func knockAndWait(t *testing.T, s conference.LobbyStore, clock *Clock) {
	k := newKnock("p", clock)
	_, err := s.Knock(t.Context(), "c", "p")
	want(t, "nobody", err, conference.ErrNotFound)
	want(t, "touch nobody", s.TouchKnock(t.Context(), k), conference.ErrNotFound)
	knock(t, s, k)
	want(t, "twice", s.CreateKnock(t.Context(), k), conference.ErrConflict)
	if got, err := s.Knock(t.Context(), "c", "p"); err != nil || *got != *k {
		t.Errorf("got %+v, %v", got, err)
	}
	_, err = s.Knock(t.Context(), "another", "p")
	want(t, "another conference", err, conference.ErrNotFound)
	clock.Advance(30 * time.Second)
	k.Name, k.SeenAt, k.ExpiresAt = "Ada L.", clock.Now(), clock.Now().Add(time.Minute)
	if err := s.TouchKnock(t.Context(), k); err != nil {
		t.Fatal(err)
	}
	clock.Advance(45 * time.Second)
	if got, err := s.Knock(t.Context(), "c", "p"); err != nil || *got != *k {
		t.Errorf("got %+v, %v", got, err)
	}
	for range 2 { // a missing one is fine
		if err := s.DeleteKnock(t.Context(), "c", "p"); err != nil {
			t.Fatal(err)
		}
	}
	_, err = s.Knock(t.Context(), "c", "p")
	want(t, "forgotten", err, conference.ErrNotFound)
}

func decideKnock(t *testing.T, s conference.LobbyStore, clock *Clock) {
	k := newKnock("p", clock)
	want(t, "nobody", s.DecideKnock(t.Context(), k), conference.ErrNotFound)
	knock(t, s, k)
	for _, status := range []string{conference.KnockRefused, conference.KnockAdmitted, conference.KnockRefused} {
		k.Status, k.DecidedBy, k.DecidedAt, k.ExpiresAt = status, "by "+status, clock.Now(), clock.Now().Add(time.Hour)
		if err := s.DecideKnock(t.Context(), k); err != nil {
			t.Fatal(err)
		}
		if got, err := s.Knock(t.Context(), "c", "p"); err != nil || *got != *k {
			t.Errorf("got %+v, %v", got, err)
		}
		clock.Advance(time.Minute)
	}
}

// A guest who asks again at the same moment does not undo what was decided.
func decisionIsKept(t *testing.T, s conference.LobbyStore, clock *Clock) {
	knock(t, s, newKnock("p", clock))
	decided := newKnock("p", clock)
	decided.Status, decided.ExpiresAt = conference.KnockAdmitted, clock.Now().Add(time.Hour)
	if err := s.DecideKnock(t.Context(), decided); err != nil {
		t.Fatal(err)
	}
	want(t, "touch", s.TouchKnock(t.Context(), newKnock("p", clock)), conference.ErrNotFound)
	want(t, "knock again", s.CreateKnock(t.Context(), newKnock("p", clock)), conference.ErrConflict)
	if got, err := s.Knock(t.Context(), "c", "p"); err != nil || got.Status != conference.KnockAdmitted || !got.ExpiresAt.Equal(decided.ExpiresAt) {
		t.Errorf("got %+v, %v", got, err)
	}
}

func knocksExpire(t *testing.T, s conference.LobbyStore, clock *Clock) {
	knock(t, s, newKnock("p", clock))
	clock.Advance(time.Minute)
	_, err := s.Knock(t.Context(), "c", "p")
	want(t, "gone", err, conference.ErrNotFound)
	want(t, "touch", s.TouchKnock(t.Context(), newKnock("p", clock)), conference.ErrNotFound)
	want(t, "decide", s.DecideKnock(t.Context(), newKnock("p", clock)), conference.ErrNotFound)
	if n, err := s.Waiting(t.Context(), "c"); err != nil || n != 0 {
		t.Errorf("%d wait, %v", n, err)
	}
	if got := allKnocks(t, s, conference.KnockQuery{Limit: 5}); len(got) > 0 {
		t.Errorf("expired ones are listed: %v", got)
	}
	knock(t, s, newKnock("p", clock)) // they may knock again
	if got := allKnocks(t, s, conference.KnockQuery{Limit: 5, Status: conference.KnockWaiting}); len(got) != 1 {
		t.Errorf("got %v", got)
	}
}

func oneOfManyKnocks(t *testing.T, s conference.LobbyStore, clock *Clock) {
	won := race(t, 20, conference.ErrConflict, func(ctx context.Context, _ int) error {
		return s.CreateKnock(ctx, newKnock("p", clock))
	})
	if won != 1 {
		t.Errorf("%d won", won)
	}
}

func pagesOfKnocks(t *testing.T, s conference.LobbyStore, clock *Clock) {
	var all, waiting []string
	for i := range 7 {
		k := newKnock(fmt.Sprint("p", i), clock)
		if i == 5 {
			k.Conference = "d"
		} else {
			all = append(all, k.Participant)
		}
		if i%3 == 1 {
			k.Status = conference.KnockRefused
		} else if i != 5 {
			waiting = append(waiting, k.Participant)
		}
		knock(t, s, k)
		if i%2 == 0 { // some ask in the same millisecond
			clock.Advance(time.Second)
		}
	}
	for _, limit := range []int{1, 2, 7} {
		if got := allKnocks(t, s, conference.KnockQuery{Limit: limit}); !slices.Equal(got, all) {
			t.Errorf("limit %d: got %v, want %v", limit, got, all)
		}
		if got := allKnocks(t, s, conference.KnockQuery{Limit: limit, Status: conference.KnockWaiting}); !slices.Equal(got, waiting) {
			t.Errorf("limit %d: got %v, want %v", limit, got, waiting)
		}
	}
	if n, err := s.Waiting(t.Context(), "c"); err != nil || n != len(waiting) {
		t.Errorf("%d wait, %v", n, err)
	}
	_, err := s.Knocks(t.Context(), conference.KnockQuery{Conference: "c", Limit: 1, Cursor: "?"})
	want(t, "foreign cursor", err, conference.ErrCursor)
}

func allKnocks(t *testing.T, s conference.LobbyStore, q conference.KnockQuery) []string {
	t.Helper()
	q.Conference = "c"
	var ids []string
	for range 100 {
		page, err := s.Knocks(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		if len(page.Knocks) > q.Limit {
			t.Fatalf("%d on a page of %d", len(page.Knocks), q.Limit)
		}
		for _, k := range page.Knocks {
			ids = append(ids, k.Participant)
		}
		if page.Next == "" {
			return ids
		}
		q.Cursor = page.Next
	}
	t.Fatal("the pages do not end")
	return nil
}
