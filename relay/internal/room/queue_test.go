package room

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"testing"
	"testing/synctest"
)

// replica is what a client knows: the first state with the events applied.
type replica struct{ State }

func (c *replica) apply(t testing.TB, e Event) {
	t.Helper()
	byID := func(id string) func(Participant) bool { return func(p Participant) bool { return p.ID == id } }
	switch e.Kind {
	case RoomState:
		c.State = *e.State
	case ParticipantJoined:
		c.Participants = append(c.Participants, *e.Participant)
	case ParticipantUpdated:
		c.Participants[slices.IndexFunc(c.Participants, byID(e.Participant.ID))] = *e.Participant
	case ParticipantLeft:
		c.Participants = slices.DeleteFunc(c.Participants, byID(e.ID))
	case PublicationStarted:
		c.Publications, c.Current = append(c.Publications, *e.Publication), e.Current
	case PublicationUpdated:
		c.Publications[slices.IndexFunc(c.Publications, func(p Publication) bool { return p.ID == e.Publication.ID })] = *e.Publication
	case PublicationStopped:
		c.Publications = slices.DeleteFunc(c.Publications, func(p Publication) bool { return p.ID == e.ID })
		c.Current = e.Current
	default:
		t.Fatalf("event of kind %d", e.Kind)
	}
}

func (c *replica) equal(s State) bool {
	return c.Conference == s.Conference && c.Current == s.Current &&
		slices.Equal(c.Participants, s.Participants) && slices.Equal(c.Publications, s.Publications)
}

// pending applies everything that Next returns without waiting.
func (c *replica) pending(t testing.TB, q *Queue) (batches []Event) {
	t.Helper()
	for {
		events, _, err := q.take()
		if err != nil {
			t.Fatal(err)
		}
		if len(events) == 0 {
			return batches
		}
		for _, e := range events {
			c.apply(t, e)
		}
		batches = append(batches, events...)
	}
}

func TestQueueStartsWithTheState(t *testing.T) {
	rs := New(Config{})
	defer rs.Close()
	ann := join(t, rs, "c", "ann")
	publish(t, ann, "1")
	q := ann.Events()
	publish(t, ann, "2")
	events, err := q.Next(t.Context())
	if err != nil || len(events) != 1 || events[0].Kind != RoomState || len(events[0].State.Publications) != 2 {
		t.Fatalf("%+v, %v", events, err)
	}
	bob := join(t, rs, "c", "bob")
	bob.SetStatus("hand")
	bob.SetStatus("hand")
	ann.Unpublish("2")
	bob.Leave()
	events, err = q.Next(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var kinds []Kind
	for _, e := range events {
		kinds = append(kinds, e.Kind)
	}
	if want := []Kind{ParticipantJoined, ParticipantUpdated, PublicationStopped, ParticipantLeft}; !slices.Equal(kinds, want) {
		t.Errorf("kinds %v", kinds)
	}
	if events[2].ID != "2" || events[2].Current != "1" || events[3].ID != "bob" {
		t.Errorf("%+v", events)
	}
}

func TestQueueOverflowStartsAfresh(t *testing.T) {
	rs := New(Config{QueueLength: 4})
	defer rs.Close()
	watcher := join(t, rs, "c", "mod")
	q := watcher.Events()
	var c replica
	c.pending(t, q)
	for round, changes := range []int{1, 4, 5, 3, 200, 4} {
		for i := range changes {
			watcher.SetStatus(strconv.Itoa(round*1000 + i))
		}
		got := c.pending(t, q)
		if overflow := changes > 4; overflow != (got[0].Kind == RoomState) || (overflow && len(got) != 1) {
			t.Errorf("%d changes: %d events, the first of kind %d", changes, len(got), got[0].Kind)
		}
		if !c.equal(watcher.State()) {
			t.Errorf("%d changes: got %+v, want %+v", changes, c.State, watcher.State())
		}
	}
}

func TestNextWaits(t *testing.T) {
	for name, tt := range map[string]struct {
		do   func(rs *Rooms, self, other *Presence, cancel func())
		want error
	}{
		"event":   {func(_ *Rooms, _, other *Presence, _ func()) { other.SetStatus("hand") }, nil},
		"leave":   {func(_ *Rooms, self, _ *Presence, _ func()) { self.Leave() }, ErrGone},
		"removed": {func(_ *Rooms, _, other *Presence, _ func()) { _ = other.Remove("self") }, ErrGone},
		"end":     {func(rs *Rooms, _, _ *Presence, _ func()) { rs.End("c") }, ErrGone},
		"drain":   {func(rs *Rooms, _, _ *Presence, _ func()) { rs.Drain() }, ErrGone},
		"cancel":  {func(_ *Rooms, _, _ *Presence, cancel func()) { cancel() }, context.Canceled},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				rs := New(Config{})
				defer rs.Close()
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				self, other := join(t, rs, "c", "self"), join(t, rs, "c", "other")
				q := self.Events()
				if _, err := q.Next(ctx); err != nil {
					t.Fatal(err)
				}
				done := make(chan error, 1)
				go func() {
					_, err := q.Next(ctx)
					done <- err
				}()
				synctest.Wait()
				if len(done) != 0 {
					t.Fatal("Next did not wait")
				}
				tt.do(rs, self, other, cancel)
				if err := <-done; !errors.Is(err, tt.want) {
					t.Errorf("got %v, want %v", err, tt.want)
				}
			})
		})
	}
}
