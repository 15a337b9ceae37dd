package conference_test

import (
	"testing"
	"time"

	"github.com/coopnet/coopnet/functions/conference"
	"github.com/coopnet/coopnet/shared/jointoken"
	"github.com/coopnet/coopnet/shared/problem"
)

func colleague(needsPassword bool) *conference.Colleague {
	return &conference.Colleague{Actor: "oidc:anne", Identity: conference.Identity{Name: "Anne"}, NeedsPassword: needsPassword}
}

// admit is "" for an admission as internal participant, else the code of the refusal.
func (w *world) admit(a conference.Attempt) problem.Code {
	w.t.Helper()
	in, _, err := w.Admit(w.t.Context(), from("192.0.2.1"), a)
	if err != nil {
		return problem.From(err).Code
	}
	if in.Role != jointoken.RoleInternal || in.Who == nil || in.Who.Name != "Anne" {
		w.t.Errorf("got %+v", in)
	}
	return ""
}

func TestColleagues(t *testing.T) {
	w := newWorld(t)
	w.create("Team A", func(d *conference.Draft) { d.GuestPolicy = conference.PolicyDeny })
	w.create("Later", func(d *conference.Draft) { d.StartsAt = w.in(24 * time.Hour) })
	over := w.create("Over", nil)
	if _, err := w.End(t.Context(), over.ID); err != nil {
		t.Fatal(err)
	}
	name, both := colleague(false), colleague(true)
	for what, c := range map[string]struct {
		attempt conference.Attempt
		want    problem.Code
	}{
		"the name alone":              {conference.Attempt{Name: "Team A", Colleague: name}, ""},
		"any password":                {conference.Attempt{Name: "Team A", Password: "x", Colleague: name}, ""},
		"no name":                     {conference.Attempt{Colleague: name}, problem.Invalid},
		"another case":                {conference.Attempt{Name: "team a", Colleague: name}, problem.ConferenceDenied},
		"unknown":                     {conference.Attempt{Name: "Team B", Colleague: name}, problem.ConferenceDenied},
		"hidden characters":           {conference.Attempt{Name: "Team\u202eA", Colleague: name}, problem.ConferenceDenied},
		"not yet open":                {conference.Attempt{Name: "Later", Colleague: name}, ""}, // and told when; see TestNotOpenYet
		"ended":                       {conference.Attempt{Name: "Over", Colleague: name}, problem.ConferenceDenied},
		"where a password is needed":  {conference.Attempt{Name: "Team A", Colleague: both}, problem.Invalid},
		"with the right one":          {conference.Attempt{Name: "Team A", Password: "correct horse", Colleague: both}, ""},
		"with a wrong one":            {conference.Attempt{Name: "Team A", Password: "wrong", Colleague: both}, problem.ConferenceDenied},
		"an unknown link":             {conference.Attempt{Invitation: "x", Colleague: name}, problem.ConferenceDenied},
		"nobody has signed in, no pw": {conference.Attempt{Name: "Team A"}, problem.Invalid},
	} {
		if got := w.admit(c.attempt); got != c.want {
			t.Errorf("%s: got %q, want %q", what, got, c.want)
		}
	}
}

// TestColleaguesNamesAreLimited: who has signed in cannot try names without end either.
func TestColleaguesNamesAreLimited(t *testing.T) {
	w := newWorld(t)
	for range 100 {
		if w.admit(conference.Attempt{Name: "Team B", Colleague: colleague(false)}) == problem.RateLimited {
			return
		}
	}
	t.Error("nothing limits it")
}

// TestSessionKeys: they are another kind than those of admissions, and rotate like them.
func TestSessionKeys(t *testing.T) {
	w := newWorld(t)
	old, err := w.keys.Session(t.Context(), "")
	if err != nil || len(old.Value) != 32 {
		t.Fatal(old, err)
	}
	admissions, err := w.keys.Sealing(t.Context(), "")
	if err != nil || admissions.ID == old.ID {
		t.Fatal(admissions, err)
	}
	if _, err := w.keys.Session(t.Context(), admissions.ID); err == nil {
		t.Error("an admission's key opens sessions")
	}
	if _, err := w.keys.Rotate(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.clock.Advance(10 * time.Minute)
	if k, err := w.keys.Session(t.Context(), ""); err != nil || k.ID == old.ID {
		t.Errorf("got %+v, %v", k, err)
	}
	if k, err := w.keys.Session(t.Context(), old.ID); err != nil || k.ID != old.ID {
		t.Errorf("a session of before: %+v, %v", k, err)
	}
}
