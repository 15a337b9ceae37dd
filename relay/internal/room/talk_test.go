package room

import (
	"errors"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coopnet/coopnet/relay/internal/ballot"
	"github.com/coopnet/coopnet/relay/internal/board"
	"github.com/coopnet/coopnet/relay/internal/chat"
	"github.com/coopnet/coopnet/relay/internal/stage"
	"github.com/coopnet/coopnet/shared/jointoken"
)

func presenter(t testing.TB, rs *Rooms, conference, id string, role jointoken.Role) *Presence {
	t.Helper()
	p := person(id)
	p.Role, p.Presents, p.Shares = role, true, true
	presence, err := rs.Join(conference, 0, p)
	if err != nil {
		t.Fatal(err)
	}
	return presence
}

// watch is a reader that has read the state.
func watch(t testing.TB, p *Presence) (*Queue, *replica) {
	t.Helper()
	q, c := p.Events(), &replica{}
	c.pending(t, q)
	return q, c
}

func say(t testing.TB, p *Presence, key, to string) *chat.Message {
	t.Helper()
	m, fresh, err := p.Say(chat.Message{Key: key, Text: "text of " + key, To: to})
	if err != nil || !fresh {
		t.Fatalf("say %s: %v, %v", key, fresh, err)
	}
	return m
}

func TestPrivateMessagesReachTheirEnds(t *testing.T) {
	rs := New(Config{})
	defer rs.Close()
	ann, bob, eve := join(t, rs, "c", "ann"), join(t, rs, "c", "bob"), presenter(t, rs, "c", "eve", jointoken.RoleOrganizer)
	queues, replicas := map[*Presence]*Queue{}, map[*Presence]*replica{}
	for _, p := range []*Presence{ann, bob, eve} {
		queues[p], replicas[p] = watch(t, p)
	}
	m := say(t, ann, "1", "bob")
	if m.Name != "name of ann" || m.ToName != "name of bob" || m.Role != "guest" || m.SentAt.IsZero() {
		t.Errorf("%+v", m)
	}
	say(t, ann, "2", "")
	for p, want := range map[*Presence]int{ann: 2, bob: 2, eve: 1} {
		if events := replicas[p].pending(t, queues[p]); len(events) != want {
			t.Errorf("%s hears %+v", p.participant, events)
		}
		_, late := watch(t, p)
		if len(late.said) != want {
			t.Errorf("%s finds %+v", p.participant, late.said)
		}
	}
	if err := eve.Unsay(m.ID, true); !errors.Is(err, chat.ErrNotFound) {
		t.Errorf("the organizer deletes what she cannot read: %v", err)
	}
	if err := bob.Unsay(m.ID, false); !errors.Is(err, chat.ErrDenied) {
		t.Errorf("bob deletes ann's: %v", err)
	}
	if err := ann.Unsay(m.ID, false); err != nil {
		t.Error(err)
	}
	for p, want := range map[*Presence]int{bob: 1, eve: 0} {
		if events := replicas[p].pending(t, queues[p]); len(events) != want {
			t.Errorf("%s hears of the deletion %+v", p.participant, events)
		}
	}
}

func TestSayRefuses(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	rs := New(Config{Now: func() time.Time { return now }})
	defer rs.Close()
	ann, mod := join(t, rs, "c", "ann"), presenter(t, rs, "c", "mod", jointoken.RoleOrganizer)
	try := func(p *Presence, key, to string) error {
		_, _, err := p.Say(chat.Message{Key: key, Text: "x", To: to})
		return err
	}
	if err := try(ann, "1", "nobody"); !errors.Is(err, ErrNotFound) {
		t.Errorf("to nobody: %v", err)
	}
	if err := try(ann, "1", "ann"); !errors.Is(err, chat.ErrInvalid) {
		t.Errorf("to herself: %v", err)
	}
	if err := mod.Mute("ann", true); err != nil || !ann.Participant().Muted {
		t.Fatal(err)
	}
	if err := try(ann, "1", "mod"); !errors.Is(err, ErrMuted) {
		t.Errorf("muted: %v", err)
	}
	if err := mod.Mute("ann", false); err != nil {
		t.Fatal(err)
	}
	if err := mod.Hush(true); err != nil {
		t.Fatal(err)
	}
	if err := try(ann, "1", ""); !errors.Is(err, ErrMuted) {
		t.Errorf("hushed: %v", err)
	}
	if err := try(mod, "1", ""); err != nil {
		t.Errorf("who presents, hushed: %v", err)
	}
	if err := mod.Hush(false); err != nil {
		t.Fatal(err)
	}
	for i := range chatBurst {
		say(t, ann, strconv.Itoa(i), "")
	}
	if err := try(ann, "more", ""); !errors.Is(err, ErrPace) {
		t.Errorf("too fast: %v", err)
	}
	if m, fresh, err := ann.Say(chat.Message{Key: "0", Text: "again"}); m == nil || fresh || err != nil {
		t.Errorf("what was said before costs nothing: %+v, %v, %v", m, fresh, err)
	}
	now = now.Add(time.Second)
	if err := try(ann, "more", ""); err != nil {
		t.Errorf("a second later: %v", err)
	}
	if err := mod.Mute("nobody", true); !errors.Is(err, ErrNotFound) {
		t.Errorf("mute nobody: %v", err)
	}
	ann.Leave()
	if err := try(ann, "x", ""); !errors.Is(err, ErrGone) {
		t.Errorf("gone: %v", err)
	}
}

func TestTheStage(t *testing.T) {
	rs := New(Config{})
	defer rs.Close()
	ann, bob := presenter(t, rs, "c", "ann", jointoken.RoleInternal), presenter(t, rs, "c", "bob", jointoken.RoleInternal)
	q, c := watch(t, bob)
	step := func(what string, want stage.View, current string, events int) {
		t.Helper()
		got := c.pending(t, q)
		if s := bob.State(); s.Stage != want || s.Current != current || len(got) != events {
			t.Errorf("%s: stage %+v, current %q, events %+v", what, s.Stage, s.Current, got)
		}
		c.check(t, bob)
	}
	step("nothing", stage.View{Kind: stage.Share}, "", 0)
	publish(t, ann, "a")
	step("a share", stage.View{Kind: stage.Share, ID: "a", Participant: "ann"}, "a", 2)
	publish(t, bob, "b")
	step("another", stage.View{Kind: stage.Share, ID: "b", Participant: "bob"}, "b", 2)
	page := stage.View{Kind: stage.Document, ID: "d", Name: "D", Page: 1, Pages: 2}
	for page.Page = range 3 {
		if err := ann.Show(page); err != nil {
			t.Fatal(err)
		}
	}
	page.Participant = "ann"
	step("pages, the last of which is told", page, "b", 1)
	bob.Unpublish("b")
	step("a share stops behind it", page, "a", 1)
	if err := bob.Show(stage.View{Kind: stage.Share, ID: "b"}); !errors.Is(err, ErrNotFound) {
		t.Errorf("a share that has stopped: %v", err)
	}
	publish(t, bob, "b2")
	step("a share takes it back", stage.View{Kind: stage.Share, ID: "b2", Participant: "bob"}, "b2", 2)
	if err := ann.Show(stage.View{Kind: stage.Share, ID: "a"}); err != nil {
		t.Fatal(err)
	}
	step("the other share", stage.View{Kind: stage.Share, ID: "a", Participant: "ann"}, "a", 1)
	if changed(bob) != true || bob.Target() != "a" {
		t.Errorf("bob views %q", bob.Target())
	}
	if err := bob.Show(stage.View{Kind: stage.Share, ID: "a"}); err != nil {
		t.Fatal(err)
	}
	step("the same again", stage.View{Kind: stage.Share, ID: "a", Participant: "ann"}, "a", 0)
	for _, v := range []stage.View{{Kind: stage.Board}, {Kind: stage.Share}} {
		if err := ann.Show(v); err != nil {
			t.Fatal(err)
		}
	}
	step("the board is put away", stage.View{Kind: stage.Share, ID: "a", Participant: "ann"}, "a", 1)
	ann.Unpublish("a")
	step("what remains follows", stage.View{Kind: stage.Share, ID: "b2", Participant: "bob"}, "b2", 2)
	bob.Unpublish("b2")
	step("nothing remains", stage.View{Kind: stage.Share}, "", 2)
}

func TestOffers(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	rs := New(Config{Now: func() time.Time { return now }})
	defer rs.Close()
	ann, bob, eve := presenter(t, rs, "c", "ann", jointoken.RoleInternal), presenter(t, rs, "c", "bob", jointoken.RoleInternal), join(t, rs, "c", "eve")
	bq, b := watch(t, bob)
	aq, a := watch(t, ann)
	for to, want := range map[string]error{"eve": ErrDenied, "ann": ErrNotFound, "nobody": ErrNotFound, "bob": nil} {
		if err := ann.Offer(to); !errors.Is(err, want) {
			t.Errorf("to %s: %v", to, err)
		}
	}
	if got := b.pending(t, bq); len(got) != 1 || got[0].Kind != StageOffered || got[0].Participant.ID != "ann" {
		t.Fatalf("bob hears %+v", got)
	}
	late := bob.Events()
	if got := b.pending(t, late); len(got) != 2 || got[1].Kind != StageOffered {
		t.Errorf("bob comes back: %+v", got)
	}
	if err := eve.Decline("ann"); !errors.Is(err, ErrNotFound) {
		t.Errorf("eve declines: %v", err)
	}
	if err := bob.Decline("ann"); err != nil {
		t.Error(err)
	}
	if got := a.pending(t, aq); len(got) != 1 || got[0].Kind != StageDeclined || got[0].Participant.ID != "bob" {
		t.Errorf("ann hears %+v", got)
	}
	if got := a.pending(t, ann.Events()); len(got) != 2 || got[1].Kind != StageDeclined || got[1].Participant.ID != "bob" {
		t.Errorf("ann comes back: %+v", got)
	}
	if err := ann.Offer("bob"); err != nil {
		t.Fatal(err)
	}
	publish(t, bob, "b")
	if err := bob.Decline("ann"); !errors.Is(err, ErrNotFound) {
		t.Errorf("bob declines what he followed: %v", err)
	}
	if err := ann.Offer("bob"); err != nil {
		t.Fatal(err)
	}
	now = now.Add(time.Minute)
	if got := b.pending(t, bob.Events()); len(got) != 1 {
		t.Errorf("after a minute %+v", got)
	}
}

func TestDrawingGoesWithItsShare(t *testing.T) {
	rs := New(Config{})
	defer rs.Close()
	ann, bob := join(t, rs, "c", "ann"), join(t, rs, "c", "bob")
	on := board.OnShare("s")
	if err := bob.Draw(on, drawing("1", 1)); !errors.Is(err, ErrNotFound) {
		t.Errorf("on no share: %v", err)
	}
	if err := bob.Point(on, 1, 1); !errors.Is(err, ErrNotFound) {
		t.Errorf("points at no share: %v", err)
	}
	publish(t, ann, "s")
	q, c := watch(t, ann)
	if err := bob.Draw(on, drawing("1", 1)); err != nil {
		t.Error(err)
	}
	if err := bob.Draw(on, board.Drawing{Key: "2"}); !errors.Is(err, board.ErrInvalid) {
		t.Errorf("no shape: %v", err)
	}
	if err := bob.Point(on, 1, 10_001); !errors.Is(err, board.ErrInvalid) {
		t.Errorf("points beside it: %v", err)
	}
	var id string
	for id = range func() map[string]*board.Shape { c.pending(t, q); return c.drawn["share/s"] }() {
	}
	if err := ann.Erase(on, []string{id}, false); !errors.Is(err, board.ErrDenied) {
		t.Errorf("ann erases bob's: %v", err)
	}
	ann.Unpublish("s")
	c.pending(t, q)
	c.check(t, ann)
	if _, late := watch(t, bob); len(late.drawn) != 0 {
		t.Errorf("left %+v", late.drawn)
	}
	for i := 0; ; i++ {
		err := bob.Draw(board.Surface{Kind: board.Whiteboard}, drawing(strconv.Itoa(100+i), 1000))
		if errors.Is(err, ErrPace) {
			if i < 10 || i > 14 {
				t.Errorf("%d large shapes at once", i)
			}
			break
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

func TestHandsAndPolls(t *testing.T) {
	rs := New(Config{})
	defer rs.Close()
	ann, bob := join(t, rs, "c", "ann"), join(t, rs, "c", "bob")
	ann.SetStatus("away")
	if err := bob.LowerHand("ann"); err != nil || ann.Participant().Status != "away" {
		t.Errorf("%v, %+v", err, ann.Participant())
	}
	before := ann.Participant().StatusAt
	ann.SetStatus(StatusHand)
	if !ann.Participant().StatusAt.After(before) {
		t.Error("the hand has no time")
	}
	if err := bob.LowerHand("ann"); err != nil || ann.Participant().Status != "" {
		t.Errorf("%v, %+v", err, ann.Participant())
	}
	if err := bob.LowerHand("nobody"); !errors.Is(err, ErrNotFound) {
		t.Error(err)
	}
	id := openPoll(t, ann, "k")
	if v, fresh, err := ann.OpenPoll(ballot.Draft{Key: "k", Question: "?", Options: []string{"a", "b"}}); v.ID != id || fresh || err != nil {
		t.Errorf("again: %+v, %v, %v", v, fresh, err)
	}
	q, c := watch(t, bob)
	if err := bob.DeletePoll(id, false); !errors.Is(err, ballot.ErrDenied) {
		t.Error(err)
	}
	if err := bob.Vote(id, []int{1}); err != nil {
		t.Error(err)
	}
	if err := ann.DeletePoll(id, false); err != nil {
		t.Error(err)
	}
	if got := c.pending(t, q); len(got) != 1 || got[0].Kind != PollDeleted {
		t.Errorf("%+v", got)
	}
}

func TestDocumentsAreToldOnceASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rs := New(Config{})
		defer rs.Close()
		ann := join(t, rs, "c", "ann")
		q := ann.Events()
		if _, err := q.Next(t.Context()); err != nil {
			t.Fatal(err)
		}
		told, done := 0, make(chan struct{})
		go func() {
			defer close(done)
			for {
				events, err := q.Next(t.Context())
				if err != nil {
					return
				}
				told += len(events)
			}
		}()
		for range 100 {
			if err := ann.DocumentsChanged(); err != nil {
				t.Fatal(err)
			}
			time.Sleep(15 * time.Millisecond)
		}
		time.Sleep(documentsPause)
		ann.Leave()
		if <-done; told != 3 { // at once, after one second, and for the last change
			t.Errorf("told %d times", told)
		}
	})
}
