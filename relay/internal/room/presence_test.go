package room

import (
	"errors"
	"testing"
)

// TestWhatPresencesAllowTogether: a guest may share by the software and not by the page, whichever comes last.
func TestWhatPresencesAllowTogether(t *testing.T) {
	rooms := New(Config{})
	t.Cleanup(rooms.Close)
	sharing := func() *Presence {
		who := person("bob")
		who.Presents, who.Shares, who.Software = true, true, true
		p, err := rooms.Join("c", 0, who)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	ann, page := join(t, rooms, "c", "ann"), join(t, rooms, "c", "bob")
	presents := func(want bool) {
		t.Helper()
		if p := page.Participant(); p.Presents != want || p.Shares != want || p.Software {
			t.Errorf("%+v", p)
		}
	}
	events := ann.Events()
	if _, err := events.Next(t.Context()); err != nil {
		t.Fatal(err)
	}
	software := sharing()
	presents(true)
	view := join(t, rooms, "c", "bob")
	presents(true)
	if err := ann.Offer("bob"); err != nil {
		t.Error(err)
	}
	view.Leave()
	presents(true)
	software.Leave()
	presents(false)
	if err := ann.Offer("bob"); !errors.Is(err, ErrDenied) {
		t.Error(err)
	}
	all, err := events.Next(t.Context()) // the last word about a participant is what is told
	if err != nil || len(all) != 1 || all[0].Participant.Presents {
		t.Errorf("%+v, %v", all, err)
	}
}
