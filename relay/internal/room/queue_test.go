package room

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coopnet/coopnet/relay/internal/ballot"
	"github.com/coopnet/coopnet/relay/internal/board"
	"github.com/coopnet/coopnet/relay/internal/chat"
)

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
	if want := []Kind{ParticipantJoined, PublicationStopped, StageShown, ParticipantLeft}; !slices.Equal(kinds, want) {
		t.Errorf("kinds %v", kinds)
	}
	if events[1].ID != "2" || events[1].Current != "1" || events[2].Stage.ID != "1" || events[3].ID != "bob" {
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
	var other *Presence
	for _, changes := range []int{1, 4, 5, 3, 200, 4} {
		for range changes { // events that all count
			if other == nil {
				other = join(t, rs, "c", "other")
			} else {
				other.Leave()
				other = nil
			}
		}
		got := c.pending(t, q)
		if overflow := changes > 4; overflow != (got[0].Kind == RoomState) || (overflow && len(got) != 1) {
			t.Errorf("%d changes: %d events, the first of kind %d", changes, len(got), got[0].Kind)
		}
		c.check(t, watcher)
	}
}

// What changes quickly has one place in the log: a flood of it makes a slow reader miss nothing else.
func TestQuickChangesDoNotFlood(t *testing.T) {
	rs := New(Config{QueueLength: 8})
	defer rs.Close()
	ann, bob := join(t, rs, "c", "ann"), join(t, rs, "c", "bob")
	slow, self := ann.Events(), bob.Events()
	var a, b replica
	a.pending(t, slow)
	b.pending(t, self)
	publish(t, bob, "s")
	on := board.OnShare("s")
	for i := range 1000 {
		if err := bob.Point(on, i, i); err != nil {
			t.Fatal(err)
		}
		bob.SetStatus(strconv.Itoa(i))
		bob.Interrupt("s", i%2 == 0)
		if err := bob.Draw(on, drawing("k", 2+i%9)); err != nil && !errors.Is(err, ErrPace) {
			t.Fatal(err)
		}
	}
	got := a.pending(t, slow)
	if len(got) > 8 || got[0].Kind != PublicationStarted || a.points["bob"] != (Pointer{"bob", "name of bob", 999, 999}) {
		t.Errorf("%d events, the first of kind %d; bob points at %+v", len(got), got[0].Kind, a.points["bob"])
	}
	a.check(t, ann)
	if b.pending(t, self); len(b.points) != 0 {
		t.Errorf("bob sees his own pointer: %+v", b.points)
	}
	if err := bob.HidePointer(); err != nil {
		t.Fatal(err)
	}
	if a.pending(t, slow); len(a.points) != 0 {
		t.Errorf("the pointer is not hidden: %+v", a.points)
	}
	bob.Leave()
	if got := a.pending(t, slow); len(got) != 3 || got[1].Kind != StageShown || got[2].Kind != ParticipantLeft {
		t.Errorf("%+v", got)
	}
	a.check(t, ann)
}

// A log holds no more than it may, however large its events are.
func TestLogIsBoundedInBytes(t *testing.T) {
	log := newEventLog(1000)
	message := &chat.Message{Text: strings.Repeat("x", 8000)}
	for range 1000 {
		log.append(entry{Event: Event{Kind: ChatSaid, Message: message}})
		size := 0
		for e := log.oldest; e != nil; e = e.after {
			size += e.size()
		}
		if size != log.size || size > maxLogged {
			t.Fatalf("%d bytes, counted %d", size, log.size)
		}
	}
	if kept := uint64(log.length); log.lost != 1000-kept || len(log.since(0)) != log.length || log.length < 100 {
		t.Errorf("kept %d, lost %d", kept, log.lost)
	}
}

func TestAPollIsToldNowAndThen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rs := New(Config{})
		defer rs.Close()
		ann := join(t, rs, "c", "ann")
		q := ann.Events()
		if _, err := q.Next(t.Context()); err != nil {
			t.Fatal(err)
		}
		id := openPoll(t, ann, "k")
		var voters []*Presence
		for i := range 7 {
			voters = append(voters, join(t, rs, "c", "p"+strconv.Itoa(i)))
		}
		begin, told := time.Now(), 0
		for vote := 0; time.Since(begin) < 3*time.Second; vote++ {
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
			events, err := q.Next(ctx)
			cancel()
			told += len(events)
			if err == nil {
				continue
			}
			if err := voters[vote%7].Vote(id, []int{vote % 2}); err != nil {
				t.Fatal(err)
			}
		}
		var c replica
		c.polls = map[string]ballot.View{}
		events, err := q.Next(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range events {
			c.apply(t, e)
		}
		if told > 7+12+2 { // 7 people joined
			t.Errorf("told %d times in 3 s", told)
		}
		if v, _ := ann.room.talk.polls.View(id, "ann"); c.polls[id].Voters != 7 || !reflect.DeepEqual(v, c.polls[id]) {
			t.Errorf("told %+v at last, the poll is %+v", c.polls[id], v)
		}
	})
}

// drawing is a stroke with so many points.
func drawing(key string, points int) board.Drawing {
	return board.Drawing{Key: key, Tool: "pen", Colour: "#000000", Width: 1, Points: make([]int, 2*points)}
}

func openPoll(t testing.TB, p *Presence, key string) string {
	t.Helper()
	v, fresh, err := p.OpenPoll(ballot.Draft{Key: key, Question: "Tea?", Options: []string{"Yes", "No"}})
	if err != nil || !fresh {
		t.Fatalf("open a poll: %v, %v", fresh, err)
	}
	return v.ID
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
