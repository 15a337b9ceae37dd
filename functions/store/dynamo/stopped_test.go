package dynamo_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/coopnet/coopnet/functions/conference"
	"github.com/coopnet/coopnet/functions/identity"
	"github.com/coopnet/coopnet/functions/store/dynamo"
	"github.com/coopnet/coopnet/functions/store/dynamo/dynamotest"
	"github.com/coopnet/coopnet/functions/store/storetest"
)

// left are the keys of all that is in a table.
func (s *stage) left(t *testing.T, table string) (keys []string) {
	t.Helper()
	out, err := s.e.Client(s.e.URL).Scan(t.Context(), &dynamodb.ScanInput{TableName: &table, ConsistentRead: aws.Bool(true)})
	if err != nil || out.LastEvaluatedKey != nil {
		t.Fatal("more than one page, or", err)
	}
	for _, i := range out.Items {
		keys = append(keys, i["pk"].(*types.AttributeValueMemberS).Value)
	}
	return keys
}

// Who repeats a creation that was stopped finds what they wanted, or hears that the name is taken.
func TestRepeatedCreation(t *testing.T) {
	t.Parallel()
	create := func(ctx context.Context, db *dynamo.DB, clock *storetest.Clock) {
		_ = db.Conference().CreateConference(ctx, storetest.NewConference("new", "Team", clock.Now()))
	}
	for name, before := range map[string]func(*testing.T, *stage){"of a new name": nil, "of a name whose end has passed": ended(false), "of a taken name": opened} {
		t.Run(name, func(t *testing.T) {
			everyStop(t, before, create, func(t *testing.T, s *stage) {
				again := s.fresh(t).Conference().CreateConference(t.Context(), storetest.NewConference("new", "Team", s.clock.Now()))
				_, err := s.fresh(t).Conference().Conference(t.Context(), "new")
				taken := errors.Is(again, conference.ErrNameTaken)
				if again != nil && !errors.Is(again, conference.ErrConflict) && !taken || taken != errors.Is(err, conference.ErrNotFound) || taken != (name == "of a taken name") {
					t.Errorf("again: %v; and then %v", again, err)
				}
				s.consistent(t, "Team")
			})
		})
	}
}

func TestStoppedDeletion(t *testing.T) {
	t.Parallel()
	forget := func(ctx context.Context, db *dynamo.DB, clock *storetest.Clock) {
		if c, err := db.Conference().Conference(ctx, "old"); err == nil {
			_ = db.Conference().DeleteConference(ctx, "old", c.Version)
		}
	}
	for name, before := range map[string]func(*testing.T, *stage){
		"of one that lives": opened, "of one that was ended": ended(true), "of one whose end has passed": ended(false),
	} {
		t.Run(name, func(t *testing.T) {
			everyStop(t, before, forget, func(t *testing.T, s *stage) {
				s.consistent(t, "Team") // it takes the name if it can
				forget(t.Context(), s.fresh(t), s.clock)
				s.consistent(t, "Team")
				if left := s.left(t, s.tables.Conference); slices.Contains(left, "conference#old") {
					t.Errorf("left: %v", left)
				}
			})
		})
	}
	// A domain ends a conference before it deletes it: then nothing is left, wherever it is stopped and done again.
	everyStop(t, ended(true), forget, func(t *testing.T, s *stage) {
		forget(t.Context(), s.fresh(t), s.clock)
		if left := s.left(t, s.tables.Conference); len(left) > 0 {
			t.Errorf("left: %v", left)
		}
	})
}

func invited(s *stage, i int, email string) *conference.Invitation {
	return &conference.Invitation{
		ID: fmt.Sprint("i", i), Conference: "c", Kind: "guest", Email: email, CodeHash: [32]byte{byte(i)}, CreatedAt: s.clock.Now(), ExpiresAt: s.clock.Now().Add(time.Hour),
	}
}

func TestRepeatedInvitation(t *testing.T) {
	t.Parallel()
	e := dynamotest.Start(t)
	f := newFront(t, e)
	for after := range int64(3) {
		s := &stage{e, f, e.Tables(t), storetest.NewClock()}
		inv := invited(s, 1, "ada@example.org")
		s.stopped(t, after, func(ctx context.Context, db *dynamo.DB) { _ = db.Conference().CreateInvitation(ctx, inv) })
		for range 2 {
			again := s.fresh(t).Conference().CreateInvitation(t.Context(), inv)
			_, byCode := s.fresh(t).Conference().InvitationByCode(t.Context(), inv.CodeHash)
			_, byID := s.fresh(t).Conference().Invitation(t.Context(), inv.ID)
			if again != nil && !errors.Is(again, conference.ErrConflict) || byCode != nil || byID != nil {
				t.Errorf("stopped after %d: again %v, by code %v, by id %v", after, again, byCode, byID)
			}
		}
	}
}

func TestStoppedDeletionOfInvitations(t *testing.T) {
	t.Parallel()
	prepare := func(t *testing.T, s *stage) {
		if err := s.fresh(t).Conference().CreateInvitation(t.Context(), invited(s, 1, "")); err != nil {
			t.Fatal(err)
		}
	}
	forget := func(ctx context.Context, db *dynamo.DB, _ *storetest.Clock) {
		_ = db.Conference().DeleteInvitation(ctx, "i1")
	}
	everyStop(t, prepare, forget, func(t *testing.T, s *stage) {
		if _, err := s.fresh(t).Conference().InvitationByCode(t.Context(), [32]byte{1}); err == nil && len(s.left(t, s.tables.Conference)) != 2 {
			t.Error("its code opens something, and a part of it is gone")
		}
		page, err := s.fresh(t).Conference().Invitations(t.Context(), conference.InvitationQuery{Conference: "c", Limit: 5})
		if left := s.left(t, s.tables.Conference); err != nil || (len(page.Invitations) > 0) != (len(left) > 0) {
			t.Errorf("the list has %d, %v; left: %v", len(page.Invitations), err, left) // who repeats the deletion must find it
		}
		forget(t.Context(), s.fresh(t), s.clock)
		if left := s.left(t, s.tables.Conference); len(left) > 0 {
			t.Errorf("left: %v", left)
		}
	})
}

func TestStoppedErasure(t *testing.T) {
	t.Parallel()
	prepare := func(t *testing.T, s *stage) {
		db := s.fresh(t)
		for i, email := range []string{"Ada@example.org", "ada@Example.org", "bob@example.org", ""} {
			err := errors.Join(
				db.Conference().CreateInvitation(t.Context(), invited(s, i, email)),
				db.Identity().SaveIdentity(t.Context(), [32]byte{byte(i)}, identity.Identity{Name: "x", Email: email}, s.clock.Now().Add(time.Hour)),
			)
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	erase := func(ctx context.Context, db *dynamo.DB, _ *storetest.Clock) {
		_, _ = db.Conference().EraseInvitations(ctx, "ada@example.org")
		_, _ = db.Identity().EraseIdentities(ctx, "ada@example.org")
	}
	everyStop(t, prepare, erase, func(t *testing.T, s *stage) {
		erase(t.Context(), s.fresh(t), s.clock)
		invitations, identities := s.left(t, s.tables.Conference), s.left(t, s.tables.Identity)
		if len(invitations) != 4 || len(identities) != 2 { // each of the two others with its code
			t.Errorf("left: %v, %v", invitations, identities)
		}
		for _, i := range []int{2, 3} {
			_, err := s.fresh(t).Conference().InvitationByCode(t.Context(), [32]byte{byte(i)})
			_, other := s.fresh(t).Identity().Identity(t.Context(), [32]byte{byte(i)})
			if err != nil || other != nil {
				t.Errorf("somebody else's %d: %v, %v", i, err, other)
			}
		}
	})
}

// Somebody decides between the read and the write of a guest who asks again, and the other way round.
func TestKnockBetweenTwo(t *testing.T) {
	t.Parallel()
	e := dynamotest.Start(t)
	at := func(k conference.Knock, status, name string) *conference.Knock {
		k.Status, k.Name = status, name
		return &k
	}
	touch := func(t *testing.T, db *dynamo.DB, k conference.Knock) error {
		return db.Conference().TouchKnock(t.Context(), at(k, conference.KnockWaiting, "Ada L."))
	}
	decide := func(t *testing.T, db *dynamo.DB, k conference.Knock) error {
		return db.Conference().DecideKnock(t.Context(), at(k, conference.KnockAdmitted, "x"))
	}
	for name, c := range map[string]struct {
		first, second      func(*testing.T, *dynamo.DB, conference.Knock) error
		firstErr, otherErr error
		name               string
	}{
		"decided while the guest asks": {touch, decide, conference.ErrNotFound, nil, "Ada"},
		"asked while it is decided":    {decide, touch, nil, nil, "Ada L."},
		"decided twice":                {decide, decide, nil, nil, "Ada"},
	} {
		s := &stage{e, newFront(t, e), e.Tables(t), storetest.NewClock()}
		now := s.clock.Now()
		k := conference.Knock{Conference: "c", Participant: "p", Name: "Ada", Status: conference.KnockWaiting, AskedAt: now, SeenAt: now, ExpiresAt: now.Add(time.Minute)}
		if err := s.fresh(t).Conference().CreateKnock(t.Context(), &k); err != nil {
			t.Fatal(err)
		}
		var once sync.Once
		var second error
		s.f.set(func(call string, _ []byte) fault {
			if writes(call) {
				once.Do(func() { second = c.second(t, s.fresh(t), k) })
			}
			return none
		})
		first := c.first(t, dynamo.Patient(openAt(t, e, s.f.URL, s.tables, s.clock.Now)), k)
		if !errors.Is(first, c.firstErr) || !errors.Is(second, c.otherErr) {
			t.Errorf("%s: got %v and %v", name, first, second)
		}
		got, err := s.fresh(t).Conference().Knock(t.Context(), "c", "p")
		if err != nil || got.Status != conference.KnockAdmitted || got.Name != c.name {
			t.Errorf("%s: left %+v, %v", name, got, err)
		}
		for status, want := range map[string]int{conference.KnockWaiting: 0, conference.KnockAdmitted: 1} {
			page, err := s.fresh(t).Conference().Knocks(t.Context(), conference.KnockQuery{Conference: "c", Status: status, Limit: 5})
			if err != nil || len(page.Knocks) != want {
				t.Errorf("%s: %d are %s, %v", name, len(page.Knocks), status, err)
			}
		}
	}
}

// Everything of one key arrives at the same time in many processes, and some stop.
func TestRepeatedAtOnce(t *testing.T) {
	t.Parallel()
	e := dynamotest.Start(t)
	s := &stage{e, nil, e.Tables(t), storetest.NewClock()}
	var wg sync.WaitGroup
	for i := range 12 {
		wg.Go(func() {
			create := func(ctx context.Context, db *dynamo.DB) error {
				return db.Conference().CreateConference(ctx, storetest.NewConference("new", "Team", s.clock.Now()))
			}
			if i%2 == 0 {
				own := &stage{e, newFront(t, e), s.tables, s.clock}
				own.stopped(t, int64(i/2), func(ctx context.Context, db *dynamo.DB) { _ = create(ctx, db) })
				return
			}
			if err := create(t.Context(), s.fresh(t)); err != nil && !errors.Is(err, conference.ErrConflict) {
				t.Error(err)
			}
			if _, err := s.fresh(t).Conference().Conference(t.Context(), "new"); err != nil {
				t.Errorf("it was made, and is not there: %v", err)
			}
		})
	}
	wg.Wait()
	s.consistent(t, "Team")
	if names := slices.DeleteFunc(s.left(t, s.tables.Conference), func(pk string) bool { return !strings.HasPrefix(pk, "name#") }); len(names) != 1 {
		t.Errorf("names: %v", names)
	}
}
