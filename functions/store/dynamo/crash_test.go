package dynamo_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/coopnet/coopnet/functions/conference"
	"github.com/coopnet/coopnet/functions/staff"
	"github.com/coopnet/coopnet/functions/store/dynamo"
	"github.com/coopnet/coopnet/functions/store/dynamo/dynamotest"
	"github.com/coopnet/coopnet/functions/store/storetest"
)

// stage is one set of tables, seen by processes that stop and by those that come after them.
type stage struct {
	e      *dynamotest.Endpoint
	f      *front
	tables dynamo.Tables
	clock  *storetest.Clock
}

// fresh is a process that remembers nothing.
func (s *stage) fresh(t *testing.T) *dynamo.DB {
	return dynamo.Patient(openAt(t, s.e, s.e.URL, s.tables, s.clock.Now))
}

// stopped runs do in a process that stops when so many writes are done: nothing that it asks afterwards arrives. It returns
// how many were done.
func (s *stage) stopped(t *testing.T, after int64, do func(context.Context, *dynamo.DB)) int64 {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var done atomic.Int64
	s.f.set(func(call string, _ []byte) fault {
		if ctx.Err() != nil || writes(call) && done.Load() >= after {
			stop()
			return drop
		}
		return none
	})
	count := func(call string) {
		if writes(call) {
			done.Add(1)
		}
	}
	s.f.done.Store(&count)
	do(ctx, dynamo.Patient(openAt(t, s.e, s.f.URL, s.tables, s.clock.Now)))
	return done.Load()
}

// everyStop runs do again and again, stopped after each of its writes and at last not at all, and checks what is left.
func everyStop(t *testing.T, prepare func(*testing.T, *stage), do func(context.Context, *dynamo.DB, *storetest.Clock), check func(t *testing.T, s *stage)) {
	t.Helper()
	e := dynamotest.Start(t)
	f := newFront(t, e)
	for after := int64(0); ; after++ {
		s := &stage{e, f, e.Tables(t), storetest.NewClock()}
		if prepare != nil {
			prepare(t, s)
		}
		done := s.stopped(t, after, func(ctx context.Context, db *dynamo.DB) { do(ctx, db, s.clock) })
		check(t, s)
		if t.Failed() {
			t.Fatalf("stopped after %d writes", after)
		}
		if done < after {
			t.Logf("%d writes", done)
			return
		}
	}
}

// alive are the conferences that have not ended, by name, whoever can see them: at most one of a name.
func (s *stage) alive(t *testing.T) map[string][]string {
	t.Helper()
	alive := map[string][]string{}
	var after map[string]types.AttributeValue
	store := s.fresh(t).Conference()
	for {
		out, err := s.e.Client(s.e.URL).Scan(t.Context(), &dynamodb.ScanInput{TableName: &s.tables.Conference, ConsistentRead: aws.Bool(true), ExclusiveStartKey: after})
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range out.Items {
			pk := i["pk"].(*types.AttributeValueMemberS).Value
			id, is := strings.CutPrefix(pk, "conference#")
			if !is {
				continue
			}
			c, err := store.Conference(t.Context(), id)
			if err != nil && !errors.Is(err, conference.ErrNotFound) {
				t.Fatal(err)
			}
			if err == nil && c.Status(s.clock.Now()) != conference.StatusEnded {
				alive[c.Name] = append(alive[c.Name], c.ID)
			}
		}
		if after = out.LastEvaluatedKey; after == nil {
			return alive
		}
	}
}

// consistent checks that each name leads to the one that lives, that the list has it, and that the name can be had when
// nobody has it.
func (s *stage) consistent(t *testing.T, names ...string) {
	t.Helper()
	alive := s.alive(t)
	store := s.fresh(t).Conference()
	for _, name := range names {
		have := alive[name]
		c, err := store.ConferenceByName(t.Context(), name)
		switch {
		case len(have) > 1:
			t.Errorf("%s: several live: %v", name, have)
		case len(have) == 1 && (err != nil || c.ID != have[0]):
			t.Errorf("%s: %s lives, and the name leads to %v, %v", name, have[0], c, err)
		case len(have) == 0 && !errors.Is(err, conference.ErrNotFound):
			t.Errorf("%s: nobody lives, and the name leads to %v, %v", name, c, err)
		}
		err = store.CreateConference(t.Context(), storetest.NewConference(fmt.Sprint("probe", rand.Int64()), name, s.clock.Now()))
		if len(have) == 0 && err != nil || len(have) > 0 && !errors.Is(err, conference.ErrNameTaken) {
			t.Errorf("%s: %d live, and another one got %v", name, len(have), err)
		}
		var listed []string
		page, err := store.Conferences(t.Context(), conference.Query{Limit: 100, Status: conference.StatusOpen})
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range page.Conferences {
			if c.Name == name {
				listed = append(listed, c.ID)
			}
		}
		if len(listed) != 1 || len(have) == 1 && listed[0] != have[0] {
			t.Errorf("%s: the list has %v", name, listed)
		}
	}
}

// ended is a conference that was made, with an end or without, and is over.
func ended(byHand bool) func(*testing.T, *stage) {
	return func(t *testing.T, s *stage) {
		t.Helper()
		db := s.fresh(t)
		c := storetest.NewConference("old", "Team", s.clock.Now())
		soon := s.clock.Now().Add(time.Hour)
		if !byHand {
			c.EndsAt = &soon
		}
		if err := db.Conference().CreateConference(t.Context(), c); err != nil {
			t.Fatal(err)
		}
		s.clock.Advance(time.Hour)
		if byHand {
			c.EndedAt = s.clock.Now()
			s.stopped(t, 1, func(ctx context.Context, db *dynamo.DB) { _ = db.Conference().UpdateConference(ctx, c) }) // it keeps its name
		}
	}
}

func opened(t *testing.T, s *stage) {
	t.Helper()
	if err := s.fresh(t).Conference().CreateConference(t.Context(), storetest.NewConference("old", "Team", s.clock.Now())); err != nil {
		t.Fatal(err)
	}
}

func TestStoppedCreation(t *testing.T) {
	t.Parallel()
	create := func(ctx context.Context, db *dynamo.DB, clock *storetest.Clock) {
		_ = db.Conference().CreateConference(ctx, storetest.NewConference("new", "Team", clock.Now()))
	}
	for name, before := range map[string]func(*testing.T, *stage){
		"of a new name": nil, "of a name that was ended": ended(true), "of a name whose end has passed": ended(false), "of a taken name": opened,
	} {
		t.Run(name, func(t *testing.T) {
			everyStop(t, before, create, func(t *testing.T, s *stage) { s.consistent(t, "Team") })
		})
	}
}

// change changes the conference that was prepared.
func changeOld(edit func(c *conference.Conference, now time.Time)) func(context.Context, *dynamo.DB, *storetest.Clock) {
	return func(ctx context.Context, db *dynamo.DB, clock *storetest.Clock) {
		c, err := db.Conference().Conference(ctx, "old")
		if err != nil {
			return
		}
		edit(c, clock.Now())
		_ = db.Conference().UpdateConference(ctx, c)
	}
}

func TestStoppedChange(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		before func(*testing.T, *stage)
		edit   func(c *conference.Conference, now time.Time)
	}{
		"of a title": {opened, func(c *conference.Conference, _ time.Time) { c.Title = "x" }},
		"of the end": {opened, func(c *conference.Conference, now time.Time) { c.EndsAt = aws.Time(now.Add(time.Hour)) }},
		"to ended":   {opened, func(c *conference.Conference, now time.Time) { c.EndedAt = now }},
		"back from its end": {ended(false), func(c *conference.Conference, now time.Time) {
			c.EndsAt = aws.Time(now.Add(time.Hour))
		}},
	} {
		t.Run(name, func(t *testing.T) {
			everyStop(t, c.before, changeOld(c.edit), func(t *testing.T, s *stage) {
				if _, err := s.fresh(t).Conference().Conference(t.Context(), "old"); err != nil {
					t.Errorf("it is lost: %v", err)
				}
				s.consistent(t, "Team")
			})
		})
	}
}

// One is about to come back from its end when another takes its name, or the other way round; each at the worst moment.
func TestNameBetweenTwo(t *testing.T) {
	t.Parallel()
	e := dynamotest.Start(t)
	back := func(t *testing.T, db *dynamo.DB, s *stage) error {
		c, err := db.Conference().Conference(t.Context(), "old")
		if err != nil {
			return err
		}
		c.EndsAt = nil
		return db.Conference().UpdateConference(t.Context(), c)
	}
	take := func(t *testing.T, db *dynamo.DB, s *stage) error {
		return db.Conference().CreateConference(t.Context(), storetest.NewConference("new", "Team", s.clock.Now()))
	}
	for name, c := range map[string]struct {
		first, second func(*testing.T, *dynamo.DB, *stage) error
		writes        int64 // of the first, before the second does everything
		firstErr      error
		secondErr     error
	}{
		"it has claimed its name and is not changed yet": {back, take, 1, conference.ErrConflict, nil},
		"it is changed and the other comes":              {back, take, 2, nil, conference.ErrNameTaken},
		"it was seen ended, and comes back":              {take, back, 2, conference.ErrNameTaken, nil},
		"it was made sure that it ended":                 {take, back, 3, conference.ErrNameTaken, nil},
		"the name is gone":                               {take, back, 4, nil, conference.ErrNameTaken},
	} {
		s := &stage{e, newFront(t, e), e.Tables(t), storetest.NewClock()}
		ended(false)(t, s)
		var done atomic.Int64
		var once sync.Once
		var second error
		s.f.set(func(call string, _ []byte) fault {
			if writes(call) && done.Add(1) > c.writes {
				once.Do(func() { second = c.second(t, s.fresh(t), s) })
			}
			return none
		})
		first := c.first(t, dynamo.Patient(openAt(t, e, s.f.URL, s.tables, s.clock.Now)), s)
		once.Do(func() { second = c.second(t, s.fresh(t), s) }) // the first had no more to write
		if !errors.Is(first, c.firstErr) || !errors.Is(second, c.secondErr) {
			t.Errorf("%s: got %v and %v, want %v and %v", name, first, second, c.firstErr, c.secondErr)
		}
		s.consistent(t, "Team")
	}
}

func TestStoppedInvitation(t *testing.T) {
	t.Parallel()
	e := dynamotest.Start(t)
	f := newFront(t, e)
	for after := range int64(3) {
		s := &stage{e, f, e.Tables(t), storetest.NewClock()}
		inv := &conference.Invitation{ID: "i", CodeHash: [32]byte{1}, ExpiresAt: s.clock.Now().Add(time.Hour)}
		var created error
		s.stopped(t, after, func(ctx context.Context, db *dynamo.DB) { created = db.Conference().CreateInvitation(ctx, inv) })
		_, byCode := s.fresh(t).Conference().InvitationByCode(t.Context(), inv.CodeHash)
		_, byID := s.fresh(t).Conference().Invitation(t.Context(), "i")
		if (created == nil) != (after == 2) || (byCode == nil) != (created == nil) || (byID == nil) != (created == nil) {
			t.Errorf("stopped after %d: created %v, by code %v, by id %v", after, created, byCode, byID)
		}
	}
}

func TestStoppedKey(t *testing.T) {
	t.Parallel()
	k := staff.Key{ID: "a", Hash: [32]byte{1}, Role: staff.Organizer}
	everyStop(t, nil, func(ctx context.Context, db *dynamo.DB, _ *storetest.Clock) { _ = db.Staff().CreateKey(ctx, k) },
		func(t *testing.T, s *stage) {
			if err := s.fresh(t).Staff().CreateKey(t.Context(), k); err != nil && !errors.Is(err, staff.ErrExists) {
				t.Errorf("the same key again: %v", err)
			}
			if got, err := s.fresh(t).Staff().KeyByHash(t.Context(), k.Hash); err != nil || got.ID != "a" {
				t.Errorf("got %+v, %v", got, err)
			}
			if err := s.fresh(t).Staff().RevokeKey(t.Context(), "a", s.clock.Now(), "key:b"); err != nil {
				t.Error(err)
			}
		})
}

// TestManyStops lets processes work on the same names at the same time, and stop wherever they are.
func TestManyStops(t *testing.T) {
	e := dynamotest.Start(t)
	s := &stage{e, nil, e.Tables(t), storetest.NewClock()}
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	const rounds, together = 40, 6
	fronts := make([]*front, together)
	for i := range fronts {
		fronts[i] = newFront(t, e)
	}
	var ids []string
	for round := range rounds {
		var wg sync.WaitGroup
		for i := range together {
			f, stop, choice, picks := fronts[i], random.Int64N(6), random.IntN(9), random.Perm(max(len(ids), 1))
			id, known := fmt.Sprintf("c%d-%d", round, i), slices.Clone(ids)
			name := []string{"A", "B"}[random.IntN(2)]
			own := &stage{e, f, s.tables, s.clock}
			wg.Go(func() {
				own.stopped(t, stop, func(ctx context.Context, db *dynamo.DB) { act(ctx, db, s.clock.Now(), choice, id, name, known, picks) })
			})
			ids = append(ids, id)
		}
		wg.Wait()
		for name, have := range s.alive(t) {
			if len(have) > 1 {
				t.Fatalf("round %d: %s has several: %v", round, name, have)
			}
			if c, err := s.fresh(t).Conference().ConferenceByName(t.Context(), name); err != nil || c.ID != have[0] {
				t.Fatalf("round %d: %s leads to %v, %v, but %v lives", round, name, c, err, have)
			}
		}
		s.clock.Advance(time.Duration(random.IntN(3)) * time.Minute)
	}
	s.consistent(t, "A", "B")
}

// act does one thing that an organizer may do.
func act(ctx context.Context, db *dynamo.DB, now time.Time, choice int, id, name string, known []string, picks []int) {
	store := db.Conference()
	if choice < 4 || len(known) == 0 {
		c := storetest.NewConference(id, name, now)
		if choice%2 == 0 {
			c.EndsAt = aws.Time(now.Add(time.Minute))
		}
		_ = store.CreateConference(ctx, c)
		return
	}
	for _, i := range picks[:min(len(picks), 8)] {
		c, err := store.Conference(ctx, known[i])
		if err != nil {
			continue
		}
		switch choice {
		case 4:
			c.EndedAt = now
		case 5: // it lives on, or comes back
			c.EndedAt, c.EndsAt = time.Time{}, aws.Time(now.Add(2*time.Minute))
		case 6:
			c.EndsAt = aws.Time(now)
		case 8:
			_ = store.DeleteConference(ctx, c.ID, c.Version)
			return
		default:
			c.Title = id
		}
		_ = store.UpdateConference(ctx, c)
		return
	}
}
