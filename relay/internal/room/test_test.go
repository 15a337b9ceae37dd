package room

import (
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"
)

func TestTestRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rs := New(Config{Attendance: 10})
		defer rs.Close()
		join := func(conference, id string) (*Presence, error) { return rs.Join(conference, 100, Participant{ID: id}) }
		one, err := join("test-a", "p")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := join("test-a", "p"); err != nil {
			t.Errorf("another session of the same: %v", err)
		}
		if _, err := join("test-a", "q"); !errors.Is(err, ErrFull) {
			t.Errorf("a second participant, whatever the token says: %v", err)
		}
		if list := rs.Conferences(); len(list) != 0 {
			t.Errorf("conferences %v", list)
		}
		if visits := rs.Attendance().Oldest(10); len(visits) != 0 {
			t.Errorf("attendance %v", visits)
		}
		rs.Recount()
		if visits := rs.Attendance().Oldest(10); len(visits) != 0 {
			t.Errorf("attendance %v", visits)
		}
		time.Sleep(testLife - time.Second)
		select {
		case <-one.Ended():
			t.Error("it has ended early")
		default:
		}
		time.Sleep(time.Second)
		synctest.Wait()
		select {
		case <-one.Ended():
		default:
			t.Error("it goes on")
		}
		if _, err := join("test-a", "p"); !errors.Is(err, ErrEnded) {
			t.Errorf("begun anew: %v", err)
		}
	})
}

// TestTestRoomsAreBounded: anybody may open one, and conferences find room all the same.
func TestTestRoomsAreBounded(t *testing.T) {
	rs := New(Config{})
	defer rs.Close()
	var first *Presence
	for i := range maxTests {
		p, err := rs.Join(fmt.Sprint("test-", i), 1, Participant{ID: "p"})
		if err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			first = p
		}
	}
	if _, err := rs.Join("test-more", 1, Participant{ID: "p"}); !errors.Is(err, ErrFull) {
		t.Errorf("one more: %v", err)
	}
	if _, err := rs.Join("c", 0, Participant{ID: "p"}); err != nil {
		t.Errorf("a conference: %v", err)
	}
	first.Leave()
	if _, err := rs.Join("test-more", 1, Participant{ID: "p"}); err != nil {
		t.Errorf("after one has ended: %v", err)
	}
}
