package dynamo_test

import (
	"context"
	"errors"
	"maps"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/coopnet/coopnet/functions/conference"
	"github.com/coopnet/coopnet/functions/identity"
	"github.com/coopnet/coopnet/functions/staff"
	"github.com/coopnet/coopnet/functions/store/dynamo"
	"github.com/coopnet/coopnet/functions/store/dynamo/dynamotest"
	"github.com/coopnet/coopnet/functions/store/storetest"
	"github.com/coopnet/coopnet/shared/idempotency"
	"github.com/coopnet/coopnet/shared/problem"
)

type method = func(context.Context) error

// methods is every method of every store.
func methods(db *dynamo.DB, now time.Time) map[string]method {
	c, s, i, k := db.Conference(), db.Secrets(), db.Identity(), db.Staff()
	inv := &conference.Invitation{ID: "i", ExpiresAt: now.Add(time.Hour)}
	all := map[string]method{
		"CreateConference": func(ctx context.Context) error {
			return c.CreateConference(ctx, storetest.NewConference("new", "New", now))
		},
		"Conference":       func(ctx context.Context) error { _, err := c.Conference(ctx, "old"); return err },
		"RecentConference": func(ctx context.Context) error { _, err := c.RecentConference(ctx, "old"); return err },
		"ConferenceByName": func(ctx context.Context) error { _, err := c.ConferenceByName(ctx, "Old"); return err },
		"Conferences": func(ctx context.Context) error {
			_, err := c.Conferences(ctx, conference.Query{Limit: 50})
			return err
		},
		"UpdateConference": func(ctx context.Context) error {
			return c.UpdateConference(ctx, storetest.NewConference("old", "Old", now))
		},
		"CreateInvitation": func(ctx context.Context) error { return c.CreateInvitation(ctx, inv) },
		"Invitation":       func(ctx context.Context) error { _, err := c.Invitation(ctx, "j"); return err },
		"InvitationByCode": func(ctx context.Context) error { _, err := c.InvitationByCode(ctx, [32]byte{1}); return err },
		"RevokeInvitation": func(ctx context.Context) error { return c.RevokeInvitation(ctx, "j", now) },
		"Spend": func(ctx context.Context) error {
			_, err := c.Limiter().Spend(ctx, "k", 3, time.Second)
			return err
		},
		"Peek": func(ctx context.Context) error {
			_, _, err := i.Limiter().Peek(ctx, "k", 3, time.Second)
			return err
		},
		"Secrets": func(ctx context.Context) error { _, err := s.Secrets(ctx, "k"); return err },
		"CreateSecret": func(ctx context.Context) error {
			return s.CreateSecret(ctx, conference.Secret{Kind: "k", ID: "b"}, "a")
		},
		"DeleteSecret":   func(ctx context.Context) error { return s.DeleteSecret(ctx, "l", "a") },
		"SaveIdentity":   func(ctx context.Context) error { return i.SaveIdentity(ctx, [32]byte{2}, identity.Identity{}, now) },
		"Identity":       func(ctx context.Context) error { _, err := i.Identity(ctx, [32]byte{1}); return err },
		"DeleteIdentity": func(ctx context.Context) error { return i.DeleteIdentity(ctx, [32]byte{3}) },
		"CreateKey":      func(ctx context.Context) error { return k.CreateKey(ctx, staff.Key{ID: "b", Hash: [32]byte{2}}) },
		"KeyByHash":      func(ctx context.Context) error { _, err := k.KeyByHash(ctx, [32]byte{1}); return err },
		"Keys":           func(ctx context.Context) error { _, err := k.Keys(ctx); return err },
		"RevokeKey":      func(ctx context.Context) error { return k.RevokeKey(ctx, "a", now, "key:b") },
		"UseKey":         func(ctx context.Context) error { return k.UseKey(ctx, "a", now, now) },
		"Ready":          db.Ready,
	}
	maps.Copy(all, organizing(db, now))
	return all
}

// organizing is the methods of stores that came with what organizers can do.
func organizing(db *dynamo.DB, now time.Time) map[string]method {
	c, r := db.Conference(), db.Idempotency()
	return map[string]method{
		"DeleteConference": func(ctx context.Context) error { return c.DeleteConference(ctx, "gone", 1) },
		"DeleteInvitation": func(ctx context.Context) error { return c.DeleteInvitation(ctx, "k") },
		"Invitations": func(ctx context.Context) error {
			_, err := c.Invitations(ctx, conference.InvitationQuery{Conference: "old", Limit: 50})
			return err
		},
		"EraseInvitations": func(ctx context.Context) error { _, err := c.EraseInvitations(ctx, "ada@example.org"); return err },
		"EraseIdentities": func(ctx context.Context) error {
			_, err := db.Identity().EraseIdentities(ctx, "ada@example.org")
			return err
		},
		"CreateKnock": func(ctx context.Context) error { return c.CreateKnock(ctx, knockOf("new", now)) },
		"Knock":       func(ctx context.Context) error { _, err := c.Knock(ctx, "old", "a"); return err },
		"TouchKnock":  func(ctx context.Context) error { return c.TouchKnock(ctx, knockOf("a", now)) },
		"DecideKnock": func(ctx context.Context) error { return c.DecideKnock(ctx, knockOf("b", now)) },
		"Knocks": func(ctx context.Context) error {
			_, err := c.Knocks(ctx, conference.KnockQuery{Conference: "old", Limit: 50})
			return err
		},
		"Waiting":     func(ctx context.Context) error { _, err := c.Waiting(ctx, "old"); return err },
		"DeleteKnock": func(ctx context.Context) error { return c.DeleteKnock(ctx, "old", "c") },
		"CreateLaunch": func(ctx context.Context) error {
			return c.CreateLaunch(ctx, &conference.Launch{Hash: [32]byte{2}, ExpiresAt: now.Add(time.Hour)})
		},
		"Launch": func(ctx context.Context) error { _, err := c.Launch(ctx, [32]byte{1}); return err },
		"RedeemLaunch": func(ctx context.Context) error {
			return c.RedeemLaunch(ctx, [32]byte{1}, conference.Installed{Version: "1"}, now)
		},
		"Claim": func(ctx context.Context) error {
			_, _, err := r.Claim(ctx, idempotency.Claim{ID: "b", Seed: "s", ExpiresAt: now.Add(time.Hour)})
			return err
		},
		"Answer":  func(ctx context.Context) error { _, err := r.Answer(ctx, "a", "x"); return err },
		"Release": func(ctx context.Context) error { return r.Release(ctx, "c") },
	}
}

// knockOf is a knock at the old conference.
func knockOf(participant string, now time.Time) *conference.Knock {
	return &conference.Knock{
		Conference: "old", Participant: participant, Name: "Ada Lovelace", Status: conference.KnockWaiting, AskedAt: now, SeenAt: now,
		Leaves: now.Add(12 * time.Hour), ExpiresAt: now.Add(150 * time.Second),
	}
}

// most is the 2 s that a request may take, and what a busy machine adds.
const most = 2500 * time.Millisecond

// inTime skips a test of how long things take where the race detector makes everything slow.
func inTime(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("it measures time")
	}
}

// prepare stores what the methods ask for.
func prepare(t *testing.T, db *dynamo.DB, now time.Time) {
	t.Helper()
	err := errors.Join(
		db.Conference().CreateConference(t.Context(), storetest.NewConference("old", "Old", now)),
		db.Conference().CreateInvitation(t.Context(), &conference.Invitation{ID: "j", CodeHash: [32]byte{1}, ExpiresAt: now.Add(time.Hour)}),
		db.Secrets().CreateSecret(t.Context(), conference.Secret{Kind: "k", ID: "a"}, ""),
		db.Secrets().CreateSecret(t.Context(), conference.Secret{Kind: "l", ID: "a"}, ""),
		db.Identity().SaveIdentity(t.Context(), [32]byte{3}, identity.Identity{}, now.Add(time.Hour)),
		db.Identity().SaveIdentity(t.Context(), [32]byte{1}, identity.Identity{}, now.Add(time.Hour)),
		db.Staff().CreateKey(t.Context(), staff.Key{ID: "a", Hash: [32]byte{1}}),
		db.Conference().CreateConference(t.Context(), storetest.NewConference("gone", "Gone", now)),
		db.Conference().CreateInvitation(t.Context(), &conference.Invitation{ID: "k", CodeHash: [32]byte{2}, ExpiresAt: now.Add(time.Hour)}),
		db.Conference().CreateLaunch(t.Context(), &conference.Launch{Hash: [32]byte{1}, ExpiresAt: now.Add(time.Hour)}),
	)
	for _, participant := range []string{"a", "b", "c"} {
		err = errors.Join(err, db.Conference().CreateKnock(t.Context(), knockOf(participant, now)))
	}
	for _, id := range []string{"a", "c"} {
		_, _, claimErr := db.Idempotency().Claim(t.Context(), idempotency.Claim{ID: id, Seed: "s", ExpiresAt: now.Add(time.Hour)})
		err = errors.Join(err, claimErr)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// together runs them at the same time, as many as a small machine bears: what it does late looks like a fault.
func together(most int, all map[string]method, do func(name string, run method)) {
	var group errgroup.Group
	group.SetLimit(most)
	for name, run := range all {
		group.Go(func() error {
			do(name, run)
			return nil
		})
	}
	_ = group.Wait() // none fails
}

// everyMethod runs them all, on stores that remember nothing.
func everyMethod(t *testing.T, e *dynamotest.Endpoint, f *front, check func(t *testing.T, name string, run method)) {
	clock := storetest.NewClock()
	tables := e.Tables(t)
	prepareAll(t, dynamo.Patient(openAt(t, e, e.URL, tables, clock.Now)), clock.Now())
	together(32, allMethods(openAt(t, e, f.URL, tables, clock.Now), clock.Now()), func(name string, run method) { check(t, name, run) })
}

// eachFaultInTime runs a test with each fault, all at the same time: they mostly wait.
func eachFaultInTime(t *testing.T, test func(t *testing.T, e *dynamotest.Endpoint, f *front, what fault)) {
	t.Helper()
	inTime(t)
	t.Parallel()
	e := dynamotest.Start(t)
	for _, what := range []fault{throttle, broken, hang, drop, lose} {
		t.Run(what.String(), func(t *testing.T) {
			t.Parallel()
			test(t, e, newFront(t, e), what)
		})
	}
}

func TestUnavailableInTime(t *testing.T) {
	eachFaultInTime(t, func(t *testing.T, e *dynamotest.Endpoint, f *front, what fault) {
		f.set(always(what))
		everyMethod(t, e, f, func(t *testing.T, name string, run method) {
			start := time.Now()
			p := problem.From(run(t.Context()))
			if took := time.Since(start); took >= most || p.Code != problem.Unavailable || p.RetryAfter <= 0 {
				t.Errorf("%s: after %v: %v", name, took, p)
			}
		})
	})
}

// The deadline of a request ends everything in it, as unavailable too.
func TestDeadlineOfTheCallerInTime(t *testing.T) {
	inTime(t)
	t.Parallel()
	e := dynamotest.Start(t)
	f := newFront(t, e)
	f.set(always(hang))
	everyMethod(t, e, f, func(t *testing.T, name string, run method) {
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		start := time.Now()
		if p := problem.From(run(ctx)); time.Since(start) > time.Second || p.Code != problem.Unavailable {
			t.Errorf("%s: after %v: %v", name, time.Since(start), p)
		}
	})
}

func TestNobodyListensInTime(t *testing.T) {
	inTime(t)
	t.Parallel()
	e := dynamotest.Start(t)
	f := &front{URL: "http://127.0.0.1:1"}
	everyMethod(t, e, f, func(t *testing.T, name string, run method) {
		start := time.Now()
		if p := problem.From(run(t.Context())); time.Since(start) >= most || p.Code != problem.Unavailable {
			t.Errorf("%s: after %v: %v", name, time.Since(start), p)
		}
	})
}

// What passes within the time is not seen by anybody.
func TestShortFaultsInTime(t *testing.T) {
	eachFaultInTime(t, func(t *testing.T, e *dynamotest.Endpoint, _ *front, what fault) {
		clock := storetest.NewClock()
		tables := e.Tables(t)
		prepareAll(t, dynamo.Patient(openAt(t, e, e.URL, tables, clock.Now)), clock.Now())
		together(16, allMethods(openAt(t, e, e.URL, tables, clock.Now), clock.Now()), func(name string, _ method) {
			f := newFront(t, e)
			f.set(first(what))
			run := allMethods(openAt(t, e, f.URL, tables, clock.Now), clock.Now())[name]
			if err := run(t.Context()); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		})
	})
}

// The suites hold although the answer to every write is lost and it is repeated: nobody is told that somebody else
// was first who was first.
func TestLostAnswers(t *testing.T) {
	t.Parallel()
	e := dynamotest.Start(t)
	f := newFront(t, e)
	f.set(everyAnswer())
	at := func(t *testing.T, now func() time.Time) *dynamo.DB {
		return dynamo.Patient(openAt(t, e, f.URL, e.Tables(t), now))
	}
	t.Run("conference", func(t *testing.T) {
		storetest.TestConference(t, func(t *testing.T, now func() time.Time) conference.Store { return at(t, now).Conference() })
	})
	t.Run("lobby", func(t *testing.T) {
		storetest.TestLobby(t, func(t *testing.T, now func() time.Time) conference.LobbyStore { return at(t, now).Conference() })
	})
	t.Run("launches", func(t *testing.T) {
		storetest.TestLaunches(t, func(t *testing.T, now func() time.Time) conference.Launches { return at(t, now).Conference() })
	})
	t.Run("erasure", func(t *testing.T) {
		storetest.TestErasure(t, func(t *testing.T, now func() time.Time) (identity.Store, identity.People, conference.Store, conference.People) {
			db := at(t, now)
			return db.Identity(), db.Identity(), db.Conference(), db.Conference()
		})
	})
	t.Run("idempotency", func(t *testing.T) {
		storetest.TestIdempotency(t, func(t *testing.T, now func() time.Time) idempotency.Store { return at(t, now).Idempotency() })
	})
	t.Run("secrets", func(t *testing.T) {
		storetest.TestSecrets(t, func(t *testing.T, now func() time.Time) conference.Secrets { return at(t, now).Secrets() })
	})
	t.Run("identity", func(t *testing.T) {
		storetest.TestIdentity(t, func(t *testing.T, now func() time.Time) identity.Store { return at(t, now).Identity() })
	})
	t.Run("staff", func(t *testing.T) {
		storetest.TestStaff(t, func(t *testing.T, now func() time.Time) staff.Store { return at(t, now).Staff() })
	})
}
