package room

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// visits reads and forgets what was recorded.
func visits(rs *Rooms) string {
	var list []string
	for _, v := range rs.Attendance().Oldest(1 << 20) {
		kind := map[VisitKind]string{Opened: "opened", Emptied: "emptied", Came: "+", Went: "-", Thrown: "!", There: "="}[v.Kind]
		list = append(list, fmt.Sprint(v.Seq, " ", kind, v.Participant.ID))
		rs.Attendance().Forget(v.Seq)
	}
	return strings.Join(list, ", ")
}

func TestAttendance(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rs := New(Config{Attendance: 100, LeaveGrace: 3 * time.Second})
		defer rs.Close()
		ann, again := join(t, rs, "c", "ann"), join(t, rs, "c", "ann")
		bob := join(t, rs, "c", "bob")
		ann.Leave()
		again.Leave()
		time.Sleep(time.Second)
		join(t, rs, "c", "ann").Leave() // within the grace: was in all the time
		time.Sleep(4 * time.Second)
		synctest.Wait()
		if got, want := visits(rs), "1 opened, 2 +ann, 3 +bob, 4 -ann"; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
		bob.Leave()
		time.Sleep(4 * time.Second)
		synctest.Wait()
		if got, want := visits(rs), "5 -bob, 6 emptied"; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
		join(t, rs, "c", "eve")
		rs.End("c")
		if got, want := visits(rs), "7 opened, 8 +eve, 9 -eve, 10 emptied"; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
		if _, err := rs.Join("c", 0, person("late")); err == nil || visits(rs) != "" {
			t.Errorf("a refused join is a visit, or %v", err)
		}
	})
}

// The control plane is told whom an organizer in the room has removed: its own removals it knows.
func TestAttendanceOfWhoWasRemoved(t *testing.T) {
	rs := New(Config{Attendance: 100})
	defer rs.Close()
	mod := join(t, rs, "c", "mod")
	join(t, rs, "c", "eve")
	join(t, rs, "c", "bob")
	if err := mod.Remove("eve"); err != nil {
		t.Fatal(err)
	}
	rs.Remove("c", "bob")
	if got, want := visits(rs), "1 opened, 2 +mod, 3 +eve, 4 +bob, 5 !eve, 6 -bob"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestAttendanceIsBounded(t *testing.T) {
	rs := New(Config{Attendance: 4})
	defer rs.Close()
	for i := range 5 {
		join(t, rs, "c", fmt.Sprint("p", i))
	}
	a := rs.Attendance()
	if n, losses := a.Waiting(); n != 0 || losses != 1 || !a.Lost() {
		t.Fatalf("%d wait, lost %d times", n, losses)
	}
	join(t, rs, "c", "p5").Leave() // nothing is kept until it is counted anew
	if got := visits(rs); got != "" {
		t.Errorf("got %s", got)
	}
	for i := range 3 {
		rs.Remove("c", fmt.Sprint("p", i))
	}
	first := rs.Recount()
	if got := visits(rs); got != fmt.Sprintf("%d opened, %d =p3, %d =p4", first, first+1, first+2) || a.Lost() {
		t.Errorf("from %d: %s", first, got)
	}
	select {
	case <-a.Changed():
	default:
		t.Error("nobody was told")
	}
}

func TestRemoveFromOutside(t *testing.T) {
	rs := New(Config{})
	defer rs.Close()
	ann, bob := join(t, rs, "c", "ann"), join(t, rs, "c", "bob")
	publish(t, ann, "share")
	for range 2 {
		rs.Remove("c", "ann")
	}
	<-ann.Ended()
	if ann.Reason() != ReasonRemoved || len(bob.State().Publications) != 0 {
		t.Errorf("reason %q, %+v", ann.Reason(), bob.State())
	}
	rs.Remove("c", "not in")
	rs.Remove("empty", "eve")
	rs.Remove("empty", "mallory")
	for _, p := range [][2]string{{"c", "ann"}, {"c", "not in"}, {"empty", "eve"}, {"empty", "mallory"}} {
		if _, err := rs.Join(p[0], 0, person(p[1])); err != ErrRemoved {
			t.Errorf("%v joins again: %v", p, err)
		}
	}
	join(t, rs, "empty", "bob").Leave()
	if _, err := rs.Join("empty", 0, person("eve")); err != ErrRemoved {
		t.Errorf("after the room was empty again: %v", err)
	}
}

func TestMoveLetsPeopleComeBack(t *testing.T) {
	rs := New(Config{})
	defer rs.Close()
	ann := join(t, rs, "c", "ann")
	rs.Move("c")
	rs.Move("unknown")
	<-ann.Ended()
	if ann.Reason() != ReasonDraining {
		t.Error(ann.Reason())
	}
	join(t, rs, "c", "ann")
}

// TestRemoveRacesWithJoin: whoever is first, nobody stays in.
func TestRemoveRacesWithJoin(t *testing.T) {
	rs := New(Config{Attendance: 1000})
	defer rs.Close()
	for i := range 100 {
		conference := fmt.Sprint("c", i)
		var both sync.WaitGroup
		var p *Presence
		both.Go(func() { p, _ = rs.Join(conference, 0, person("ann")) })
		both.Go(func() { rs.Remove(conference, "ann") })
		both.Wait()
		if p != nil {
			<-p.Ended()
		}
	}
	if n := rs.Stats().Participants; n != 0 {
		t.Errorf("%d are in", n)
	}
}
