package conference_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/coopnet/coopnet/functions/conference"
	"github.com/coopnet/coopnet/shared/jointoken"
	"github.com/coopnet/coopnet/shared/problem"
)

// door is a conference whose guests wait.
type door struct {
	*world
	conference *conference.Conference
}

func newDoor(t *testing.T) door {
	t.Helper()
	w := newWorld(t)
	return door{w, w.create("Team", func(d *conference.Draft) { d.GuestPolicy = conference.PolicyLobby })}
}

func (d door) guest(site string) conference.Admission {
	d.t.Helper()
	a, _, err := d.Admit(d.t.Context(), from(site), conference.Attempt{Name: "Team", Password: "correct horse"})
	if err != nil {
		d.t.Fatal(err)
	}
	return *a
}

// ask returns "in", "waiting" or the code of a refusal.
func (d door) ask(a conference.Admission, name string) string {
	d.t.Helper()
	_, err := d.JoinToken(d.t.Context(), a, &conference.Identity{Name: name}, "browser")
	var waiting *conference.Waiting
	switch {
	case err == nil:
		return "in"
	case errors.As(err, &waiting):
		if waiting.RetryAfter <= 0 {
			d.t.Error("waiting without an end")
		}
		return "waiting"
	}
	return string(problem.From(err).Code)
}

func (d door) expectAsk(want string, a conference.Admission) {
	d.t.Helper()
	if got := d.ask(a, "Ada"); got != want {
		d.t.Fatalf("got %s, want %s", got, want)
	}
}

func (d door) decide(a conference.Admission, admit bool) {
	d.t.Helper()
	if _, err := d.Decide(d.t.Context(), "tester", d.conference.ID, a.Participant, admit); err != nil {
		d.t.Fatal(err)
	}
}

func (d door) waiting() (names []string) {
	d.t.Helper()
	page, err := d.Lobby(d.t.Context(), conference.KnockQuery{Conference: d.conference.ID})
	if err != nil {
		d.t.Fatal(err)
	}
	for _, k := range page.Knocks {
		names = append(names, k.Name)
	}
	return names
}

func TestGuestsWait(t *testing.T) {
	d := newDoor(t)
	ada, eve := d.guest("192.0.2.1"), d.guest("192.0.2.2")
	d.expectAsk("waiting", ada)
	d.clock.Advance(time.Second)
	if got := d.ask(eve, "Eve"); got != "waiting" {
		t.Fatal(got)
	}
	if got := fmt.Sprint(d.waiting()); got != "[Ada Eve]" {
		t.Errorf("waiting: %s", got)
	}
	d.decide(ada, true)
	d.decide(eve, false)
	d.expectAsk("in", ada)
	d.expectAsk("forbidden", eve)
	if got := d.waiting(); len(got) > 0 {
		t.Errorf("waiting: %s", got)
	}
	d.clock.Advance(time.Hour) // a reconnect much later
	d.expectAsk("in", ada)
	d.expectAsk("waiting", eve) // a refusal ends
	d.decide(eve, true)         // and may be thought over
	d.expectAsk("in", eve)
	d.decide(ada, false)
	d.expectAsk("forbidden", ada)
	internal := d.admission(jointoken.RoleInternal, d.conference)
	d.expectAsk("in", internal)
}

func TestWhoStopsAskingHasGone(t *testing.T) {
	d := newDoor(t)
	ada := d.guest("192.0.2.1")
	d.expectAsk("waiting", ada)
	for range 100 { // five minutes
		d.clock.Advance(3 * time.Second)
		d.expectAsk("waiting", ada)
	}
	if got := d.ask(ada, "Ada Lovelace"); got != "waiting" {
		t.Fatal(got)
	}
	if got := fmt.Sprint(d.waiting()); got != "[Ada Lovelace]" {
		t.Errorf("waiting: %s", got)
	}
	d.clock.Advance(150 * time.Second)
	if got := d.waiting(); len(got) > 0 {
		t.Errorf("waiting: %s", got)
	}
	_, err := d.Decide(t.Context(), "tester", d.conference.ID, ada.Participant, true)
	wantCode(t, err, problem.NotFound)
	d.expectAsk("waiting", ada)
}

func TestTheLobbyIsBounded(t *testing.T) {
	d := newDoor(t)
	guest := func(site string, i int) conference.Admission {
		return conference.Admission{
			Conference: d.conference.ID, Participant: fmt.Sprint(site, i), Role: jointoken.RoleGuest, Site: site,
			Password: d.conference.PasswordID, Expires: d.clock.Now().Add(time.Hour),
		}
	}
	for i := range 250 {
		d.expectAsk("waiting", guest("192.0.2.1", i))
	}
	d.expectAsk("rate-limited", guest("192.0.2.1", 250)) // one site does not take all places
	for i := range 250 {
		d.expectAsk("waiting", guest("192.0.2.2", i))
	}
	d.expectAsk("unavailable", guest("192.0.2.3", 0))
	d.expectAsk("waiting", guest("192.0.2.1", 7)) // who waits is not sent away
	d.decide(guest("192.0.2.1", 7), true)
	d.expectAsk("waiting", guest("192.0.2.3", 0))
}

func TestThePolicyChangesWhileTheyWait(t *testing.T) {
	d := newDoor(t)
	ada := d.guest("192.0.2.1")
	d.expectAsk("waiting", ada)
	d.patch(d.conference.ID, `{"guestPolicy":"deny"}`)
	d.expectAsk("conference-denied", ada)
	d.patch(d.conference.ID, `{"guestPolicy":"accept"}`)
	d.expectAsk("in", ada)
}

func TestTheLobbyIsForgotten(t *testing.T) {
	d := newDoor(t)
	for i := range 3 {
		d.expectAsk("waiting", d.guest(fmt.Sprint("192.0.2.", i)))
	}
	if err := d.Delete(t.Context(), d.conference.ID, nil); err != nil {
		t.Fatal(err)
	}
	page, err := d.db.Conference().Knocks(t.Context(), conference.KnockQuery{Conference: d.conference.ID, Limit: 5})
	if err != nil || len(page.Knocks) > 0 {
		t.Errorf("left: %v, %v", page, err)
	}
	_, err = d.Lobby(t.Context(), conference.KnockQuery{Conference: d.conference.ID})
	wantCode(t, err, problem.NotFound)
}
