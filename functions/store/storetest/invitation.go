package storetest

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/coopnet/coopnet/functions/conference"
	"github.com/coopnet/coopnet/shared/jointoken"
)

func forgetConference(t *testing.T, s conference.Store, clock *Clock) {
	c := create(t, s, NewConference("one", "Team", clock.Now()))
	want(t, "another version", s.DeleteConference(t.Context(), "one", 7), conference.ErrConflict)
	if _, err := s.ConferenceByName(t.Context(), "Team"); err != nil {
		t.Fatal(err)
	}
	for range 2 { // a missing one is fine
		if err := s.DeleteConference(t.Context(), "one", c.Version); err != nil {
			t.Fatal(err)
		}
	}
	_, err := s.Conference(t.Context(), "one")
	want(t, "forgotten", err, conference.ErrNotFound)
	_, err = s.ConferenceByName(t.Context(), "Team")
	want(t, "forgotten by name", err, conference.ErrNotFound)
	create(t, s, NewConference("two", "Team", clock.Now())) // the name is free
}

func pagesOfInvitations(t *testing.T, s conference.Store, clock *Clock) {
	made, guests, revoked := makeInvitations(t, s, clock)
	live := slices.DeleteFunc(slices.Clone(made), func(id string) bool { return slices.Contains(revoked, id) })
	for what, c := range map[string]struct {
		query conference.InvitationQuery
		want  []string
	}{
		"all":      {conference.InvitationQuery{}, made},
		"guests":   {conference.InvitationQuery{Kind: jointoken.RoleGuest}, guests},
		"live":     {conference.InvitationQuery{Status: conference.InvitationLive}, live},
		"revoked":  {conference.InvitationQuery{Status: conference.InvitationRevoked}, revoked},
		"together": {conference.InvitationQuery{Status: conference.InvitationRevoked, Kind: jointoken.RoleGuest}, []string{"i3"}},
	} {
		for _, limit := range []int{1, 2, 50} {
			c.query.Conference, c.query.Limit = "c1", limit
			if got := allInvitations(t, s, c.query); !slices.Equal(got, c.want) {
				t.Errorf("%s, limit %d: got %v, want %v", what, limit, got, c.want)
			}
		}
	}
	_, err := s.Invitations(t.Context(), conference.InvitationQuery{Conference: "c1", Limit: 1, Cursor: "?"})
	want(t, "foreign cursor", err, conference.ErrCursor)
	for range 2 { // a missing one is fine
		if err := s.DeleteInvitation(t.Context(), "i2"); err != nil {
			t.Fatal(err)
		}
	}
	_, err = s.InvitationByCode(t.Context(), sha256.Sum256([]byte{2}))
	want(t, "forgotten", err, conference.ErrNotFound)
	clock.Advance(time.Hour)
	if got := allInvitations(t, s, conference.InvitationQuery{Conference: "c1", Limit: 5}); len(got) > 0 {
		t.Errorf("expired ones are listed: %v", got)
	}
}

// makeInvitations returns the ids of those of the conference c1, the newest first.
func makeInvitations(t *testing.T, s conference.Store, clock *Clock) (made, guests, revoked []string) {
	t.Helper()
	for i := range 7 {
		inv := &conference.Invitation{
			ID: fmt.Sprintf("i%d", i), Conference: "c1", Kind: jointoken.RoleInternal, CodeHash: sha256.Sum256([]byte{byte(i)}),
			CreatedAt: clock.Now(), ExpiresAt: clock.Now().Add(time.Hour),
		}
		if i == 6 {
			inv.Conference = "c2"
		} else {
			made = append(made, inv.ID)
		}
		if i%3 == 0 && i < 6 {
			inv.Kind = jointoken.RoleGuest
			guests = append(guests, inv.ID)
		}
		if err := s.CreateInvitation(t.Context(), inv); err != nil {
			t.Fatal(err)
		}
		if i == 1 || i == 3 {
			revoked = append(revoked, inv.ID)
			if err := s.RevokeInvitation(t.Context(), inv.ID, clock.Now()); err != nil {
				t.Fatal(err)
			}
		}
		if i%2 == 0 { // some are made in the same millisecond
			clock.Advance(time.Second)
		}
	}
	for _, ids := range [][]string{made, guests, revoked} {
		slices.Reverse(ids)
	}
	return made, guests, revoked
}

func allInvitations(t *testing.T, s conference.Store, q conference.InvitationQuery) []string {
	t.Helper()
	var ids []string
	for range 100 {
		page, err := s.Invitations(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		if len(page.Invitations) > q.Limit {
			t.Fatalf("%d on a page of %d", len(page.Invitations), q.Limit)
		}
		for _, inv := range page.Invitations {
			ids = append(ids, inv.ID)
		}
		if page.Next == "" {
			return ids
		}
		q.Cursor = page.Next
	}
	t.Fatal("the pages do not end")
	return nil
}
