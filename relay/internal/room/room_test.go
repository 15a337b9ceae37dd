package room

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coopnet/coopnet/shared/jointoken"
)

func person(id string) Participant {
	return Participant{ID: id, Name: "name of " + id, Role: jointoken.RoleGuest}
}

func join(t testing.TB, rs *Rooms, conference, id string) *Presence {
	t.Helper()
	p, err := rs.Join(conference, 0, person(id))
	if err != nil {
		t.Fatalf("join %s: %v", id, err)
	}
	return p
}

func publish(t testing.TB, p *Presence, id string) {
	t.Helper()
	if err := p.Publish(Publication{ID: id, Label: "Screen", Video: "VP9"}); err != nil {
		t.Fatalf("publish %s: %v", id, err)
	}
}

func changed(p *Presence) bool {
	select {
	case <-p.TargetChanged():
		return true
	default:
		return false
	}
}

func ids(s State) []string {
	var all []string
	for _, p := range s.Participants {
		all = append(all, p.ID)
	}
	return all
}

func TestParticipantIsInAsLongAsOneOfItsPresences(t *testing.T) {
	rs := New(Config{})
	defer rs.Close()
	control, view := join(t, rs, "c", "ann"), join(t, rs, "c", "ann")
	other := join(t, rs, "c", "bob")
	control.Leave()
	control.Leave()
	if got := ids(other.State()); !slices.Equal(got, []string{"ann", "bob"}) {
		t.Errorf("after the first leave: %v", got)
	}
	view.Leave()
	if got := ids(other.State()); !slices.Equal(got, []string{"bob"}) {
		t.Errorf("after the last leave: %v", got)
	}
	if got := rs.Stats(); got != (Stats{Rooms: 1, Participants: 1}) {
		t.Errorf("stats %+v", got)
	}
	other.Leave()
	if got := rs.Stats(); got != (Stats{}) {
		t.Errorf("stats of nothing %+v", got)
	}
}

func TestJoinKeepsWhatTheRoomKnows(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	rs := New(Config{Now: func() time.Time { return now }})
	defer rs.Close()
	first := join(t, rs, "c", "ann")
	first.SetStatus("hand")
	then := now
	now = now.Add(time.Minute)
	again, err := rs.Join("c", 0, Participant{ID: "ann", Name: "Ann NEW", Role: jointoken.RoleInternal, Status: "forged", JoinedAt: now})
	if err != nil {
		t.Fatal(err)
	}
	want := Participant{ID: "ann", Name: "Ann NEW", Role: jointoken.RoleInternal, Status: "hand", StatusAt: then, JoinedAt: then}
	if got := again.Participant(); got != want {
		t.Errorf("got %+v", got)
	}
}

func TestCurrentFollowsTheLatestShare(t *testing.T) {
	rs := New(Config{})
	defer rs.Close()
	a, b, viewer := join(t, rs, "c", "ann"), join(t, rs, "c", "bob"), join(t, rs, "c", "eve")
	steps := []struct {
		name    string
		do      func()
		target  string
		changed bool
	}{
		{"first share", func() { publish(t, a, "1") }, "1", true},
		{"second share takes over", func() { publish(t, b, "2") }, "2", true},
		{"pin the first", func() { _ = viewer.Select("1") }, "1", true},
		{"pin it again", func() { _ = viewer.Select("1") }, "1", false},
		{"a third does not disturb", func() { publish(t, b, "3") }, "1", false},
		{"pinned share stops", func() { a.Unpublish("1") }, "3", true},
		{"another stops behind the screen", func() { b.Unpublish("2") }, "3", false},
		{"stop by somebody else is ignored", func() { a.Unpublish("3") }, "3", false},
		{"pin what is on the screen", func() { _ = viewer.Select("3") }, "3", false},
		{"the last stops", func() { b.Unpublish("3") }, "", true},
	}
	for _, step := range steps {
		step.do()
		if got := viewer.Target(); got != step.target {
			t.Errorf("%s: target %q, want %q", step.name, got, step.target)
		}
		if got := changed(viewer); got != step.changed {
			t.Errorf("%s: changed %v", step.name, got)
		}
	}
	if s := viewer.State(); s.Current != "" || s.Selected != "" || len(s.Publications) != 0 {
		t.Errorf("at the end %+v", s)
	}
}

func TestSelectionBelongsToTheParticipant(t *testing.T) {
	rs := New(Config{})
	defer rs.Close()
	presenter, control, view := join(t, rs, "c", "ann"), join(t, rs, "c", "bob"), join(t, rs, "c", "bob")
	publish(t, presenter, "1")
	publish(t, presenter, "2")
	changed(view)
	if err := control.Select("1"); err != nil {
		t.Fatal(err)
	}
	if !changed(view) || view.Target() != "1" || presenter.Target() != "2" {
		t.Errorf("view %q, presenter %q", view.Target(), presenter.Target())
	}
	if err := control.Select("9"); !errors.Is(err, ErrNotFound) {
		t.Errorf("unknown publication: %v", err)
	}
	control.Leave()
	if view.Target() != "1" {
		t.Error("the selection went with the presence")
	}
}

func TestShareEndsWithItsPresence(t *testing.T) {
	rs := New(Config{})
	defer rs.Close()
	control, share := join(t, rs, "c", "ann"), join(t, rs, "c", "ann")
	publish(t, share, "1")
	if pub := control.State().Publications[0]; pub.Participant != "ann" || pub.Name != "name of ann" || pub.StartedAt.IsZero() {
		t.Errorf("publication %+v", pub)
	}
	share.Leave()
	if s := control.State(); len(s.Publications) != 0 || s.Current != "" {
		t.Errorf("state %+v", s)
	}
}

func TestInterruptedShare(t *testing.T) {
	rs := New(Config{})
	defer rs.Close()
	old, other, fresh := join(t, rs, "c", "ann"), join(t, rs, "c", "bob"), join(t, rs, "c", "ann")
	publish(t, old, "1")
	publish(t, other, "2")
	other.Interrupt("1", true)
	if old.State().Publications[0].Interrupted {
		t.Error("somebody else interrupted the share")
	}
	queue := other.Events()
	if _, err := queue.Next(t.Context()); err != nil {
		t.Fatal(err)
	}
	old.Interrupt("1", true)
	old.Interrupt("1", true)
	events, err := queue.Next(t.Context())
	if err != nil || len(events) != 1 || events[0].Kind != PublicationUpdated || !events[0].Publication.Interrupted {
		t.Fatalf("events %+v, %v", events, err)
	}
	old.Low("1", true)
	if events, err := queue.Next(t.Context()); err != nil || len(events) != 1 || !events[0].Publication.Low || !events[0].Publication.Interrupted {
		t.Fatalf("events %+v, %v", events, err)
	}
	publish(t, fresh, "3")
	if s := other.State(); len(s.Publications) != 2 || s.Publications[1].ID != "3" {
		t.Errorf("state %+v: the interrupted share of the same participant is still there", s)
	} else if s.Current != "2" {
		t.Errorf("state %+v: who comes back pushes away what is shown", s)
	}
	other.Interrupt("2", true)
	again := join(t, rs, "c", "bob")
	if publish(t, again, "4"); again.State().Current != "4" || again.State().Stage.ID != "4" {
		t.Errorf("state %+v: what was shown comes back", again.State())
	}
	old.Interrupt("1", false)
	old.Unpublish("1")
	if s := other.State(); len(s.Publications) != 2 {
		t.Errorf("state %+v", s)
	}
}

func TestAConferenceHasALimitOfItsOwn(t *testing.T) {
	rs := New(Config{MaxParticipants: 4})
	defer rs.Close()
	enter := func(limit int, id string, want error) *Presence {
		t.Helper()
		p, err := rs.Join("c", limit, person(id))
		if !errors.Is(err, want) {
			t.Fatalf("%s with limit %d: %v, want %v", id, limit, err, want)
		}
		return p
	}
	ann := enter(2, "ann", nil)
	enter(2, "bob", nil)
	enter(2, "eve", ErrFull)
	enter(2, "bob", nil) // who is in stays in: another session, a reconnect
	enter(3, "eve", nil) // the organizer has raised it
	enter(2, "bob", nil) // or lowered it
	enter(0, "dan", nil) // or taken it away; the relay's own remains
	enter(0, "kim", ErrFull)
	enter(9, "kim", ErrFull)
	ann.Leave()
	enter(4, "kim", nil)
	if p, err := rs.Join("another", 2, person("eve")); err != nil || p == nil {
		t.Errorf("another conference: %v", err)
	}
}

func TestLimits(t *testing.T) {
	rs := New(Config{MaxRooms: 2, MaxParticipants: 2, MaxPublications: 2})
	defer rs.Close()
	ann, _ := join(t, rs, "c", "ann"), join(t, rs, "c", "bob")
	join(t, rs, "d", "ann")
	refused := func(what string, err, want error) {
		t.Helper()
		if !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", what, err, want)
		}
	}
	_, err := rs.Join("c", 0, person("eve"))
	refused("third participant", err, ErrFull)
	_, err = rs.Join("e", 0, person("ann"))
	refused("third room", err, ErrFull)
	for range maxPresences - 1 {
		join(t, rs, "c", "ann")
	}
	_, err = rs.Join("c", 0, person("ann"))
	refused("one presence too many", err, ErrFull)
	publish(t, ann, "1")
	refused("same id", ann.Publish(Publication{ID: "1"}), ErrDuplicate)
	refused("no id", ann.Publish(Publication{}), ErrDuplicate)
	publish(t, ann, "2")
	refused("third share", ann.Publish(Publication{ID: "3"}), ErrLimit)
}

func TestRemove(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	rs := New(Config{Now: func() time.Time { return now }})
	defer rs.Close()
	moderator, guest := join(t, rs, "c", "mod"), join(t, rs, "c", "eve")
	publish(t, guest, "1")
	if err := moderator.Remove("nobody"); !errors.Is(err, ErrNotFound) {
		t.Errorf("unknown participant: %v", err)
	}
	if err := moderator.Remove("eve"); err != nil {
		t.Fatal(err)
	}
	<-guest.Ended()
	if guest.Reason() != ReasonRemoved || moderator.Target() != "" {
		t.Errorf("reason %q, target %q", guest.Reason(), moderator.Target())
	}
	if err := guest.Remove("mod"); !errors.Is(err, ErrGone) {
		t.Errorf("a removed participant removes: %v", err)
	}
	if _, err := rs.Join("c", 0, person("eve")); !errors.Is(err, ErrRemoved) {
		t.Errorf("removed participant joins: %v", err)
	}
	guest.Leave() // what every owner of a presence does in the end
	moderator.Leave()
	if _, err := rs.Join("c", 0, person("eve")); !errors.Is(err, ErrRemoved) {
		t.Errorf("removed participant joins the empty room: %v", err)
	}
	if got := rs.Stats(); got != (Stats{}) {
		t.Errorf("a refused join left %+v", got)
	}
	if _, err := rs.Join("other", 0, person("eve")); err != nil {
		t.Errorf("another conference: %v", err)
	}
	now = now.Add(pastFor)
	if _, err := rs.Join("c", 0, person("eve")); err != nil {
		t.Errorf("after %s: %v", pastFor, err)
	}
}

func TestRemovedIdsAreBounded(t *testing.T) {
	var s idSet
	for i := range maxIDs + 10 {
		s.add(strconv.Itoa(i))
		s.add(strconv.Itoa(i))
	}
	if len(s.ids) != maxIDs || len(s.age) != maxIDs || s.age[0] != "10" || s.has("9") || !s.has("10") {
		t.Errorf("%d, %d, oldest %s", len(s.ids), len(s.age), s.age[0])
	}
	s.drop("10")
	if s.drop("none"); len(s.ids) != maxIDs-1 || s.age[0] != "11" || s.has("10") {
		t.Errorf("%d, oldest %s", len(s.ids), s.age[0])
	}
}

func TestEndAndDrain(t *testing.T) {
	rs := New(Config{MaxRooms: 4})
	defer rs.Close()
	a, b := join(t, rs, "c", "ann"), join(t, rs, "d", "bob")
	publish(t, a, "1")
	rs.End("c")
	<-a.Ended()
	if a.Reason() != ReasonEnded || b.Reason() != "" {
		t.Errorf("reasons %q, %q", a.Reason(), b.Reason())
	}
	if err := a.Publish(Publication{ID: "2"}); !errors.Is(err, ErrGone) {
		t.Errorf("publish after the end: %v", err)
	}
	if err := a.Select(""); !errors.Is(err, ErrGone) {
		t.Errorf("select after the end: %v", err)
	}
	if s := a.State(); s.Conference != "c" || len(s.Participants)+len(s.Publications) != 0 || a.Target() != "" || a.Participant().ID != "ann" {
		t.Errorf("state after the end: %+v", s)
	}
	if _, err := a.Events().Next(t.Context()); !errors.Is(err, ErrGone) {
		t.Errorf("events after the end: %v", err)
	}
	a.SetStatus("away")
	a.Unpublish("1")
	a.Leave()
	if _, err := rs.Join("c", 0, person("ann")); !errors.Is(err, ErrEnded) {
		t.Errorf("join an ended conference: %v", err)
	}
	for i := range 10 { // what is remembered is bounded
		rs.End("x" + strconv.Itoa(i))
	}
	if len(rs.past) != 4 || len(rs.pastAge) != 4 {
		t.Errorf("remembers %d, %d", len(rs.past), len(rs.pastAge))
	}
	rs.Drain()
	<-b.Ended()
	if _, err := rs.Join("d", 0, person("ann")); b.Reason() != ReasonDraining || !errors.Is(err, ErrDraining) {
		t.Errorf("reason %q, join %v", b.Reason(), err)
	}
	if got := rs.Stats(); got != (Stats{}) {
		t.Errorf("stats %+v", got)
	}
}

func TestGrace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rs := New(Config{LeaveGrace: 10 * time.Second})
		defer rs.Close()
		watcher, guest := join(t, rs, "c", "mod"), join(t, rs, "c", "eve")
		joined := guest.Participant().JoinedAt
		guest.Leave()
		time.Sleep(9 * time.Second)
		guest = join(t, rs, "c", "eve")
		time.Sleep(time.Minute)
		if got := ids(watcher.State()); len(got) != 2 || !guest.Participant().JoinedAt.Equal(joined) {
			t.Fatalf("came back in time: %v", got)
		}
		guest.Leave()
		time.Sleep(9999 * time.Millisecond)
		if got := ids(watcher.State()); len(got) != 2 {
			t.Fatalf("within the grace: %v", got)
		}
		time.Sleep(time.Millisecond)
		synctest.Wait()
		if got := ids(watcher.State()); len(got) != 1 {
			t.Fatalf("after the grace: %v", got)
		}
		watcher.Leave()
		if got := rs.Stats(); got.Rooms != 1 || got.Participants != 1 {
			t.Errorf("the last one's grace: %+v", got)
		}
		time.Sleep(10 * time.Second)
		synctest.Wait()
		if got := rs.Stats(); got != (Stats{}) {
			t.Errorf("after the last one's grace: %+v", got)
		}
	})
}

func TestCloseStopsTheGrace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		rs := New(Config{LeaveGrace: time.Hour})
		for i := range 10 {
			join(t, rs, "c", strconv.Itoa(i)).Leave()
		}
		stays := join(t, rs, "c", "mod")
		if err := stays.Remove("3"); err != nil { // in its grace
			t.Error(err)
		}
		rs.Close()
		rs.Close()
		if <-stays.Ended(); stays.Reason() != ReasonDraining || time.Since(start) != 0 || rs.Stats() != (Stats{}) {
			t.Errorf("reason %q after %s, %+v", stays.Reason(), time.Since(start), rs.Stats())
		}
	})
}

func ExampleRooms() {
	rs := New(Config{})
	defer rs.Close()
	presenter, _ := rs.Join("quarterly", 0, Participant{ID: "p1", Name: "Mr James BOND"})
	viewer, _ := rs.Join("quarterly", 0, Participant{ID: "p2", Name: "Ms Ada KING"})
	_ = presenter.Publish(Publication{ID: "s1", Label: "Screen"})
	<-viewer.TargetChanged()
	fmt.Println(viewer.Target(), viewer.State().Publications[0].Name)
	// Output: s1 Mr James BOND
}

func TestAShareThatReplacesAnInterruptedOneEndsItsSession(t *testing.T) {
	rs := New(Config{MaxPublications: 1})
	defer rs.Close()
	control, old, fresh := join(t, rs, "c", "ann"), join(t, rs, "c", "ann"), join(t, rs, "c", "ann")
	publish(t, old, "1")
	if err := fresh.Reserve(); !errors.Is(err, ErrLimit) {
		t.Fatalf("a second place of one: %v", err)
	}
	old.Interrupt("1", true)
	if err := fresh.Reserve(); err != nil {
		t.Fatalf("the interrupted share keeps its own successor out: %v", err)
	}
	publish(t, fresh, "2")
	select {
	case <-old.Ended():
	default:
		t.Fatal("the old session goes on")
	}
	if old.Reason() != ReasonReplaced {
		t.Errorf("reason %q", old.Reason())
	}
	for _, p := range []*Presence{control, fresh} {
		select {
		case <-p.Ended():
			t.Error("another session ended too")
		default:
		}
	}
	old.Leave()
	if s := control.State(); len(s.Publications) != 1 || s.Current != "2" || len(s.Participants) != 1 {
		t.Errorf("state %+v", s)
	}
}

func TestReservedPlaces(t *testing.T) {
	rs := New(Config{MaxPublications: 2})
	defer rs.Close()
	ann, bob, eve := join(t, rs, "c", "ann"), join(t, rs, "c", "bob"), join(t, rs, "c", "eve")
	for range 2 { // again is the same place
		if err := ann.Reserve(); err != nil {
			t.Fatal(err)
		}
	}
	if err := bob.Reserve(); err != nil {
		t.Fatal(err)
	}
	if err := eve.Reserve(); !errors.Is(err, ErrLimit) {
		t.Errorf("third place of two: %v", err)
	}
	if err := eve.Publish(Publication{ID: "3"}); !errors.Is(err, ErrLimit) {
		t.Errorf("a share in a place that is kept for another: %v", err)
	}
	publish(t, ann, "1")
	if err := eve.Reserve(); !errors.Is(err, ErrLimit) {
		t.Errorf("publishing gave a second place: %v", err)
	}
	bob.Leave()
	if err := eve.Reserve(); err != nil {
		t.Errorf("the place of who left: %v", err)
	}
	ann.Unpublish("1")
	mod := join(t, rs, "c", "mod")
	if err := mod.Remove("eve"); err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"4", "5"} {
		publish(t, mod, id)
	}
	if err := eve.Reserve(); !errors.Is(err, ErrGone) {
		t.Errorf("somebody who was removed: %v", err)
	}
}
