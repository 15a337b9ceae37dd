package room

import (
	"errors"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/coopnet/coopnet/relay/internal/ballot"
	"github.com/coopnet/coopnet/relay/internal/board"
	"github.com/coopnet/coopnet/relay/internal/chat"
	"github.com/coopnet/coopnet/relay/internal/stage"
	"github.com/coopnet/coopnet/shared/jointoken"
)

// found is what somebody finds who comes now, and goes again.
func found(t testing.TB, rs *Rooms, conference, id string) *replica {
	t.Helper()
	p := join(t, rs, conference, id)
	_, c := watch(t, p)
	p.Leave()
	return c
}

// fill says, asks, draws and shows something, and leaves.
func fill(t testing.TB, rs *Rooms, conference string) {
	t.Helper()
	ann := join(t, rs, conference, "ann")
	say(t, ann, "1", "")
	say(t, join(t, rs, conference, "bob"), "1", "ann")
	openPoll(t, ann, "2")
	if err := ann.Draw(board.Surface{Kind: board.Whiteboard}, drawing("3", 2)); err != nil {
		t.Fatal(err)
	}
	if err := ann.Show(stage.View{Kind: stage.Board}); err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"ann", "bob"} {
		for p := range ann.room.members[id].presences {
			p.Leave()
		}
	}
	if rs.Stats().Rooms != 0 {
		t.Fatalf("%+v", rs.Stats())
	}
}

func TestWhatWasSaidIsKeptForAWhile(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	rs := New(Config{Now: func() time.Time { return now }})
	defer rs.Close()
	fill(t, rs, "c")
	if rs.Kept() == 0 {
		t.Error("nothing is kept")
	}
	now = now.Add(pastFor - time.Second)
	c := found(t, rs, "c", "ann")
	if len(c.said) != 2 || len(c.polls) != 1 || len(c.drawn["board"]) != 1 || c.Stage.Kind != stage.Board {
		t.Errorf("ann finds %+v", c)
	}
	if c := found(t, rs, "c", "eve"); len(c.said) != 1 {
		t.Errorf("eve finds %+v", c.said)
	}
	if c := found(t, rs, "other", "ann"); len(c.said) != 0 || len(c.polls) != 0 {
		t.Errorf("another conference has %+v", c)
	}
	now = now.Add(pastFor)
	if c := found(t, rs, "c", "ann"); len(c.said) != 0 || len(c.polls) != 0 || len(c.drawn) != 0 || c.Stage.Kind != stage.Share {
		t.Errorf("too late ann finds %+v", c)
	}
	if rs.Kept() != 0 {
		t.Errorf("%d bytes are kept", rs.Kept())
	}
}

func TestWhatIsOverIsForgotten(t *testing.T) {
	for name, over := range map[string]func(*Rooms, func()){
		"moved":                  func(rs *Rooms, _ func()) { rs.Move("c") },
		"moved while it lives":   func(rs *Rooms, back func()) { back(); rs.Move("c") },
		"moved, then removed":    func(rs *Rooms, _ func()) { rs.Move("c"); rs.Remove("c", "eve") },
		"replaced by a removal":  nil, // is kept
		"ended":                  func(rs *Rooms, _ func()) { rs.End("c") },
		"ended while it lives":   func(rs *Rooms, back func()) { back(); rs.End("c") },
		"drained while it lives": func(rs *Rooms, back func()) { back(); rs.Drain() },
	} {
		rs := New(Config{})
		fill(t, rs, "c")
		if over == nil {
			rs.Remove("c", "eve")
			if c := found(t, rs, "c", "ann"); len(c.said) != 2 {
				t.Errorf("%s: %+v", name, c.said)
			}
			if _, err := rs.Join("c", 0, person("eve")); !errors.Is(err, ErrRemoved) {
				t.Errorf("%s: %v", name, err)
			}
		} else if over(rs, func() { join(t, rs, "c", "ann") }); rs.Kept() != 0 {
			t.Errorf("%s: %d bytes are kept", name, rs.Kept())
		}
		rs.Close()
	}
}

// Who is not let in neither keeps alive what was said, nor loses it.
func TestRefusedJoinsChangeNothing(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	rs := New(Config{Now: func() time.Time { return now }})
	defer rs.Close()
	fill(t, rs, "c")
	rs.Remove("c", "eve")
	kept := rs.Kept()
	for range 9 {
		now = now.Add(pastFor / 10)
		if _, err := rs.Join("c", 0, person("eve")); !errors.Is(err, ErrRemoved) || rs.Kept() != kept {
			t.Fatalf("%v, %d bytes are kept", err, rs.Kept())
		}
	}
	now = now.Add(pastFor / 10)
	if c := found(t, rs, "c", "ann"); len(c.said) != 0 {
		t.Errorf("ann finds %+v", c.said)
	}
}

// Who knocks at a locked room again and again makes the relay forget nothing of other conferences.
func TestRefusedJoinsForgetNobody(t *testing.T) {
	rs := New(Config{MaxRooms: 3})
	defer rs.Close()
	rs.Remove("a", "eve")
	mod := presenter(t, rs, "b", "mod", jointoken.RoleOrganizer)
	if err := mod.Lock(true); err != nil {
		t.Fatal(err)
	}
	mod.Leave()
	for range 10 {
		if _, err := rs.Join("b", 0, person("eve")); !errors.Is(err, ErrLocked) {
			t.Fatal(err)
		}
	}
	if len(rs.pastAge) != len(rs.past) {
		t.Errorf("%d are kept in the order of %d", len(rs.past), len(rs.pastAge))
	}
	if _, err := rs.Join("a", 0, person("eve")); !errors.Is(err, ErrRemoved) {
		t.Errorf("the removal is forgotten: %v", err)
	}
}

func TestKeptIsBounded(t *testing.T) {
	const most = 100 << 10
	rs := New(Config{MaxKept: most})
	defer rs.Close()
	for i := range 100 {
		conference := strconv.Itoa(i)
		p := presenter(t, rs, conference, "ann", jointoken.RoleOrganizer)
		if _, _, err := p.Say(chat.Message{Key: "1", Text: strings.Repeat("x", 2000)}); err != nil {
			t.Fatal(err)
		}
		if err := p.Lock(i == 0); err != nil {
			t.Fatal(err)
		}
		p.Leave()
		if rs.Kept() > most {
			t.Fatalf("%d bytes are kept", rs.Kept())
		}
	}
	if rs.Kept() < most/2 {
		t.Errorf("only %d bytes are kept", rs.Kept())
	}
	if c := found(t, rs, "99", "ann"); len(c.said) != 1 {
		t.Error("the latest is forgotten")
	}
	if c := found(t, rs, "0", "ann"); len(c.said) != 0 || !c.Locked {
		t.Errorf("of the oldest there is %+v", c)
	}
	if _, err := rs.Join("0", 0, person("eve")); !errors.Is(err, ErrLocked) {
		t.Errorf("its lock is forgotten: %v", err)
	}
}

// Keys of what is gone are kept too, and cost memory.
func TestSpentKeysCount(t *testing.T) {
	rs := New(Config{})
	defer rs.Close()
	ann := presenter(t, rs, "c", "ann", jointoken.RoleOrganizer)
	for i := range 200 {
		if _, _, err := ann.OpenPoll(ballot.Draft{Key: strings.Repeat("k", 60) + strconv.Itoa(i), Question: "Now?", Options: []string{"a", "b"}}); err != nil {
			t.Fatal(err)
		}
		if err := ann.DeletePoll(ann.room.talk.polls.IDs()[0], false); err != nil {
			t.Fatal(err)
		}
	}
	ann.Leave()
	if least := 200 * 60; rs.Kept() < least {
		t.Errorf("%d bytes are counted, at least %d are kept", rs.Kept(), least)
	}
}

func TestLock(t *testing.T) {
	rs := New(Config{})
	defer rs.Close()
	mod, ann := presenter(t, rs, "c", "mod", jointoken.RoleOrganizer), join(t, rs, "c", "ann")
	join(t, rs, "c", "bob").Leave()
	if err := mod.Lock(true); err != nil || !ann.State().Locked {
		t.Fatal(err)
	}
	boss := person("boss")
	boss.Role = jointoken.RoleOrganizer
	for _, tt := range []struct {
		who  Participant
		want error
	}{{person("eve"), ErrLocked}, {person("ann"), nil}, {person("bob"), nil}, {boss, nil}} {
		if _, err := rs.Join("c", 0, tt.who); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v", tt.who.ID, err)
		}
	}
	if err := mod.Mute("ann", true); err != nil {
		t.Fatal(err)
	}
	for _, p := range ann.room.joined { // everybody leaves
		for presence := range p.presences {
			defer presence.Leave()
		}
	}
	if err := mod.Remove("bob"); err != nil {
		t.Fatal(err)
	}
	if _, err := rs.Join("c", 0, person("bob")); !errors.Is(err, ErrRemoved) {
		t.Errorf("removed, though known: %v", err)
	}
	if err := mod.Lock(false); err != nil {
		t.Fatal(err)
	}
	if _, err := rs.Join("c", 0, person("eve")); err != nil {
		t.Errorf("unlocked: %v", err)
	}
}

// What an organizer has decided is not undone by leaving.
func TestOrderOutlivesTheRoom(t *testing.T) {
	rs := New(Config{})
	defer rs.Close()
	mod, ann := presenter(t, rs, "c", "mod", jointoken.RoleOrganizer), join(t, rs, "c", "ann")
	for _, err := range []error{mod.Lock(true), mod.Mute("ann", true), mod.Hush(true)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	mod.Leave()
	ann.Leave()
	if _, err := rs.Join("c", 0, person("eve")); !errors.Is(err, ErrLocked) {
		t.Errorf("a stranger: %v", err)
	}
	again := join(t, rs, "c", "ann")
	if s := again.State(); !s.Locked || !s.Muted || !again.Participant().Muted {
		t.Errorf("%+v", s)
	}
}
