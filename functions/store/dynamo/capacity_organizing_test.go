package dynamo_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/coopnet/coopnet/functions/conference"
	"github.com/coopnet/coopnet/functions/identity"
	"github.com/coopnet/coopnet/functions/staff"
	"github.com/coopnet/coopnet/functions/store/dynamo"
	"github.com/coopnet/coopnet/functions/store/dynamo/dynamotest"
	"github.com/coopnet/coopnet/functions/store/storetest"
	"github.com/coopnet/coopnet/shared/idempotency"
)

func lobbyUses(now time.Time) []use {
	look := func(ctx context.Context, c *dynamo.Conference) error {
		page, err := c.Knocks(ctx, conference.KnockQuery{Conference: "old", Status: conference.KnockWaiting, Limit: 50})
		if err == nil && len(page.Knocks) != 50 {
			return fmt.Errorf("%d on the page", len(page.Knocks))
		}
		_, countErr := c.Waiting(ctx, "old")
		return errors.Join(err, countErr)
	}
	return []use{
		{"a guest knocks where 500 wait", func(ctx context.Context, open func() *dynamo.DB) error {
			c := open().Conference()
			_, missing := c.Knock(ctx, "old", "new")
			_, countErr := c.Waiting(ctx, "old")
			_, spentErr := c.Limiter().Spend(ctx, "l:site:old", 250, 2*time.Second)
			if !errors.Is(missing, conference.ErrNotFound) {
				return fmt.Errorf("got %w", missing)
			}
			return errors.Join(countErr, spentErr, c.CreateKnock(ctx, knockOf("new", now)))
		}},
		{"a guest who waits asks again", func(ctx context.Context, open func() *dynamo.DB) error {
			_, err := open().Conference().Knock(ctx, "old", "p7")
			return err
		}},
		{"`TouchKnock`, every 45 s", func(ctx context.Context, open func() *dynamo.DB) error {
			k := knockOf("p7", now)
			k.SeenAt, k.ExpiresAt = now.Add(45*time.Second), now.Add(195*time.Second)
			return open().Conference().TouchKnock(ctx, k)
		}},
		{"somebody looks at the door where 500 wait: `Knocks`, a page of 50, and `Waiting`", func(ctx context.Context, open func() *dynamo.DB) error {
			return look(ctx, open().Conference())
		}},
		{"the same, ten in one process within a second", func(ctx context.Context, open func() *dynamo.DB) (err error) {
			c := open().Conference()
			for range 10 {
				err = errors.Join(err, look(ctx, c))
			}
			return err
		}},
		{"somebody decides: `Knock`, `DecideKnock`", func(ctx context.Context, open func() *dynamo.DB) error {
			c := open().Conference()
			k, err := c.Knock(ctx, "old", "p7")
			if err != nil {
				return err
			}
			k.Status, k.DecidedBy, k.DecidedAt, k.ExpiresAt = conference.KnockAdmitted, "participant x", now, k.Leaves
			return c.DecideKnock(ctx, k)
		}},
		{"`DeleteKnock`", func(ctx context.Context, open func() *dynamo.DB) error {
			return open().Conference().DeleteKnock(ctx, "old", "p8")
		}},
	}
}

func organizingUses(now time.Time) []use {
	return []use{
		{"`CreateInvitation` for an address", func(ctx context.Context, open func() *dynamo.DB) error {
			return open().Conference().CreateInvitation(ctx, invitationOf("new", 200, now))
		}},
		{"`Invitations`, a page of 50", func(ctx context.Context, open func() *dynamo.DB) error {
			page, err := open().Conference().Invitations(ctx, conference.InvitationQuery{Conference: "old", Limit: 50})
			if err == nil && len(page.Invitations) != 50 {
				return fmt.Errorf("%d on the page", len(page.Invitations))
			}
			return err
		}},
		{"`DeleteInvitation`", func(ctx context.Context, open func() *dynamo.DB) error {
			return open().Conference().DeleteInvitation(ctx, "new")
		}},
		{"`DeleteConference`, one that was ended", func(ctx context.Context, open func() *dynamo.DB) error {
			return open().Conference().DeleteConference(ctx, "gone", 2)
		}},
		{"`CreateLaunch`", func(ctx context.Context, open func() *dynamo.DB) error {
			return open().Conference().CreateLaunch(ctx, launchOf(now))
		}},
		{"`Launch`", func(ctx context.Context, open func() *dynamo.DB) error {
			_, err := open().Conference().Launch(ctx, [32]byte{1})
			return err
		}},
		{"`RedeemLaunch`", func(ctx context.Context, open func() *dynamo.DB) error {
			return open().Conference().RedeemLaunch(ctx, [32]byte{1}, conference.Installed{Platform: "linux-amd64", Version: "1.0.0"}, now)
		}},
		{"an `Idempotency-Key`, the first time: `Claim`, `Answer`", func(ctx context.Context, open func() *dynamo.DB) error {
			_, _, err := open().Idempotency().Claim(ctx, claimOf("new", now))
			_, answerErr := open().Idempotency().Answer(ctx, "new", strings.Repeat("x", 900))
			return errors.Join(err, answerErr)
		}},
		{"an `Idempotency-Key`, again", func(ctx context.Context, open func() *dynamo.DB) error {
			_, made, err := open().Idempotency().Claim(ctx, claimOf("new", now))
			if made {
				return errors.New("it was made twice")
			}
			return err
		}},
		{"`UseKey`, an organizer's key once an hour", func(ctx context.Context, open func() *dynamo.DB) error {
			return open().Staff().UseKey(ctx, "a", now, now.Add(-time.Hour))
		}},
		{"`RevokeKey`", func(ctx context.Context, open func() *dynamo.DB) error {
			return open().Staff().RevokeKey(ctx, "a", now, "key:b")
		}},
		{"`SaveIdentity`", func(ctx context.Context, open func() *dynamo.DB) error {
			return open().Identity().SaveIdentity(ctx, [32]byte{9}, identity.Identity{Title: "Ms", Name: "Ada", Email: "bob@example.org"}, now.Add(time.Hour))
		}},
		{"`EraseInvitations` of 2", erased(2, func(ctx context.Context, db *dynamo.DB) (int, error) {
			return db.Conference().EraseInvitations(ctx, "ada@example.org")
		})},
		{"`EraseIdentities` of 2", erased(2, func(ctx context.Context, db *dynamo.DB) (int, error) {
			return db.Identity().EraseIdentities(ctx, "ada@example.org")
		})},
	}
}

func erased(want int, erase func(context.Context, *dynamo.DB) (int, error)) func(context.Context, func() *dynamo.DB) error {
	return func(ctx context.Context, open func() *dynamo.DB) error {
		n, err := erase(ctx, open())
		if err == nil && n != want {
			return fmt.Errorf("%d were erased", n)
		}
		return err
	}
}

func invitationOf(id string, n int, now time.Time) *conference.Invitation {
	email := fmt.Sprintf("%s@example.org", id)
	if n < 2 {
		email = "ada@example.org"
	}
	return &conference.Invitation{
		ID: id, Conference: "old", Kind: "guest", Name: "Ada Lovelace", Email: email, CodeHash: [32]byte{byte(n), 1}, CreatedAt: now.Add(time.Duration(n) * time.Second),
		ExpiresAt: now.Add(30 * 24 * time.Hour),
	}
}

func launchOf(now time.Time) *conference.Launch {
	return &conference.Launch{
		Hash: [32]byte{1}, Name: "Ms Ada Lovelace", CreatedAt: now, EndsAt: now.Add(5 * time.Minute), ExpiresAt: now.Add(time.Hour),
		Admission: conference.Admission{Conference: "old", Participant: "0123456789abcdef", Role: "guest", Expires: now.Add(12 * time.Hour)},
	}
}

func claimOf(id string, now time.Time) idempotency.Claim {
	return idempotency.Claim{ID: id, Request: [32]byte{1}, Seed: strings.Repeat("x", 100), ExpiresAt: now.Add(24 * time.Hour)}
}

// waiting is what an hour at the door costs: everybody asks every three seconds.
func waiting(measured map[string]meter) string {
	const asks, touches = 1200, 80
	ask := dollars(measured, "a guest who waits asks again")
	touch := dollars(measured, "`TouchKnock`, every 45 s")
	look := dollars(measured, "somebody looks at the door where 500 wait: `Knocks`, a page of 50, and `Waiting`")
	return fmt.Sprintf("| an hour of | dollars |\n|---|---|\n| 500 guests who wait | %.3f |\n| 10 colleagues who look at them, each served by another process | %.3f |\n",
		0.5*(asks*ask+touches*touch), 0.01*asks*look)
}

func TestCapacityOfOrganizing(t *testing.T) {
	t.Parallel()
	e := dynamotest.Start(t)
	clock := storetest.NewClock()
	m, open, plain := metered(t, e, clock.Now)
	now := clock.Now()
	c := plain.Conference()
	gone := typical("gone", "Gone", now)
	err := errors.Join(c.CreateConference(t.Context(), gone), plain.Staff().CreateKey(t.Context(), staff.Key{ID: "a", Hash: [32]byte{1}, Label: "ticket system"}))
	gone.EndedAt = now
	err = errors.Join(err, c.UpdateConference(t.Context(), gone))
	for i := range 100 {
		err = errors.Join(err, c.CreateInvitation(t.Context(), invitationOf(fmt.Sprint("i", i), i, now)))
	}
	for i := range 500 {
		k := knockOf(fmt.Sprintf("p%d", i), now)
		k.AskedAt = now.Add(time.Duration(i) * time.Millisecond)
		err = errors.Join(err, c.CreateKnock(t.Context(), k))
	}
	for i := range 2 {
		err = errors.Join(err, plain.Identity().SaveIdentity(t.Context(), [32]byte{byte(i)}, identity.Identity{Name: "Ada", Email: "Ada@example.org"}, now.Add(time.Hour)))
	}
	if err != nil {
		t.Fatal(err)
	}
	measured := m.table(t, "capacity of the lobby", lobbyUses(now), open)
	documented(t, "price of the lobby", waiting(measured))
	m.table(t, "capacity of organizing", organizingUses(now), open)
}
