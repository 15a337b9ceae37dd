package conference_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/coopnet/coopnet/functions/conference"
	"github.com/coopnet/coopnet/shared/problem"
)

// TestRefusalsAreAlike checks the sentence and the work; functions/portal compares the bytes of the answers.
func TestRefusalsAreAlike(t *testing.T) {
	w := newWorld(t)
	w.create("Team A", nil)
	w.create("Over", func(d *conference.Draft) { d.EndsAt = w.in(time.Second) })
	w.create("Closed", func(d *conference.Draft) { d.GuestPolicy = conference.PolicyDeny })
	ended := w.create("Ended", nil)
	if _, err := w.End(t.Context(), ended.ID); err != nil {
		t.Fatal(err)
	}
	w.clock.Advance(time.Second)
	var sentence string
	for i, c := range []struct{ name, password string }{
		{"Team A", "wrong horse"}, {"Unknown", "correct horse"}, {"team a", "correct horse"}, {"Team A ", "correct horse"},
		{"Team A", "correct horse "}, {"Team A", "Correct horse"}, {"Over", "correct horse"},
		{"Closed", "correct horse"}, {"Ended", "correct horse"}, {"bad\x00name", "correct horse"}, {"Team A", "\xff\xfe"},
	} {
		before := w.hasher.verified.Load()
		_, _, err := w.Admit(t.Context(), from(fmt.Sprint("10.0.0.", i)), conference.Attempt{Name: c.name, Password: c.password})
		wantCode(t, err, problem.ConferenceDenied)
		if n := w.hasher.verified.Load() - before; n != 1 {
			t.Errorf("%v: %d password computations", c, n)
		}
		if detail := problem.From(err).Detail; sentence == "" {
			sentence = detail
		} else if detail != sentence {
			t.Errorf("%v: %q differs from %q", c, detail, sentence)
		}
	}
	w.expect("", "192.0.2.1", "Team A", "correct horse")
	w.expect(problem.Invalid, "192.0.2.1", "", "x")
}

// TestNotOpenYet: who holds the right password learns when the conference opens, and gets join tokens then. To everybody
// else it is like an unknown one.
func TestNotOpenYet(t *testing.T) {
	w := newWorld(t)
	c := w.create("Later", func(d *conference.Draft) { d.StartsAt = w.in(time.Hour) })
	w.create("Later and closed", func(d *conference.Draft) {
		d.StartsAt, d.GuestPolicy = w.in(time.Hour), conference.PolicyDeny
	})
	var refused []string
	for i, try := range [][2]string{{"Later", "wrong horse"}, {"Unknown", "correct horse"}, {"Later and closed", "correct horse"}} {
		before := w.hasher.verified.Load()
		_, _, err := w.Admit(t.Context(), from(fmt.Sprint("10.0.0.", i)), conference.Attempt{Name: try[0], Password: try[1]})
		wantCode(t, err, problem.ConferenceDenied)
		if n := w.hasher.verified.Load() - before; n != 1 {
			t.Errorf("%v: %d password computations", try, n)
		}
		refused = append(refused, problem.From(err).Detail)
	}
	if refused[0] != refused[1] || refused[1] != refused[2] {
		t.Errorf("got %q", refused)
	}
	a, in, err := w.Admit(t.Context(), from("192.0.2.1"), conference.Attempt{Name: "Later", Password: "correct horse"})
	if err != nil || in.ID != c.ID || in.Status(w.clock.Now()) != conference.StatusScheduled {
		t.Fatal(in, err)
	}
	ada := &conference.Identity{Name: "Ada"}
	_, err = w.JoinToken(t.Context(), *a, ada, "browser")
	wantCode(t, err, problem.ConferenceDenied)
	w.clock.Advance(45*time.Minute - time.Second)
	_, err = w.JoinToken(t.Context(), *a, ada, "browser")
	wantCode(t, err, problem.ConferenceDenied)
	w.clock.Advance(time.Second) // 15 minutes before it starts
	if _, err = w.JoinToken(t.Context(), *a, ada, "browser"); err != nil {
		t.Error(err)
	}
}

// TestGuessingAtWhatIsNotOpen is as slow as at what is open.
func TestGuessingAtWhatIsNotOpen(t *testing.T) {
	w := newWorld(t)
	w.create("Later", func(d *conference.Draft) { d.StartsAt = w.in(time.Hour) })
	for range 8 {
		w.expect(problem.ConferenceDenied, "192.0.2.1", "Later", "wrong")
	}
	w.expect(problem.RateLimited, "192.0.2.1", "Later", "correct horse")
}

func TestPasswordsAreNFC(t *testing.T) {
	w := newWorld(t)
	w.create("Team", func(d *conference.Draft) { d.Password = "motdepass\u00e9" })
	w.expect("", "192.0.2.1", "Team", "motdepasse\u0301")
}

func TestGuessingIsSlowedDown(t *testing.T) {
	w := newWorld(t)
	w.create("Team", nil)
	for range 8 {
		w.expect(problem.ConferenceDenied, "192.0.2.1", "Team", "wrong")
	}
	before := w.hasher.verified.Load()
	_, _, err := w.Admit(t.Context(), from("192.0.2.1"), conference.Attempt{Name: "Team", Password: "correct horse"})
	wantCode(t, err, problem.RateLimited)
	if after := problem.From(err).RetryAfter; after <= 0 || after > 15*time.Second {
		t.Errorf("Retry-After %v", after)
	}
	if w.hasher.verified.Load() != before {
		t.Error("a limited attempt costs a computation")
	}
	w.expect("", "192.0.2.2", "Team", "correct horse") // nobody else is locked out
	w.expect(problem.ConferenceDenied, "192.0.2.1", "Other", "wrong")
	w.clock.Advance(15 * time.Second)
	w.expect("", "192.0.2.1", "Team", "correct horse") // slowed down, not locked
	for i := range 50 {
		w.try("192.0.2.9", fmt.Sprint("name ", i), "wrong")
	}
	w.expect(problem.RateLimited, "192.0.2.9", "Team", "correct horse") // one address that tries many names
}

func TestUnknownNamesAreLimitedAlike(t *testing.T) {
	w := newWorld(t)
	w.create("Team", nil)
	for i := range 12 {
		known, unknown := w.try("192.0.2.1", "Team", "wrong"), w.try("192.0.2.2", "Nobody", "wrong")
		if known != unknown {
			t.Fatalf("try %d: %s for a known name, %s for an unknown one", i, known, unknown)
		}
	}
}

// TestOneNetworkHasManySites: who has a /48 of IPv6 has 65,536 sites, and is slowed down all the same.
func TestOneNetworkHasManySites(t *testing.T) {
	w := newWorld(t)
	w.create("Team", nil)
	site := func(network, n int) conference.Client {
		return conference.Client{Site: fmt.Sprint(network, "/", n), Network: fmt.Sprint(network)}
	}
	for i := range 32 {
		if got := w.tryFrom(site(1, i), "Team", "wrong"); got != problem.ConferenceDenied {
			t.Fatalf("guess %d: %s", i, got)
		}
	}
	for i, want := range map[int]problem.Code{100: problem.RateLimited, 101: problem.RateLimited} {
		if got := w.tryFrom(site(1, i), "Team", "correct horse"); got != want {
			t.Errorf("site %d: got %q", i, got)
		}
	}
	if got := w.tryFrom(site(2, 0), "Team", "correct horse"); got != "" {
		t.Errorf("another network: got %s", got)
	}
	for i := range 88 { // 120 in all, at any name
		if got := w.tryFrom(site(1, 200+i), fmt.Sprint("name ", i), "wrong"); got != problem.ConferenceDenied {
			t.Fatalf("name %d: %s", i, got)
		}
	}
	if got := w.tryFrom(site(1, 300), "Another", "wrong"); got != problem.RateLimited {
		t.Errorf("after 120 refusals: %s", got)
	}
	w.clock.Advance(4 * time.Second)
	if got := w.tryFrom(site(1, 301), "Team", "correct horse"); got != "" {
		t.Errorf("slowed down, not locked: got %s", got)
	}
}

// TestManyAddressesDoNotLockAConference is an attack from many addresses: those that have failed are refused, a fresh
// one with the right password gets in all the time.
func TestManyAddressesDoNotLockAConference(t *testing.T) {
	w := newWorld(t)
	w.create("Team", nil)
	for i := range 400 {
		w.expect(problem.ConferenceDenied, fmt.Sprintf("10.1.%d.%d", i/200, i%200), "Team", "wrong")
	}
	w.expect(problem.RateLimited, "10.1.1.7", "Team", "wrong")
	for i := range 50 {
		w.expect("", fmt.Sprintf("10.9.0.%d", i), "Team", "correct horse")
	}
}

func TestAWholeCompanyBehindOneAddress(t *testing.T) {
	w := newWorld(t)
	w.create("Team", nil)
	var wg sync.WaitGroup
	for range 500 {
		wg.Go(func() {
			if got := w.try("192.0.2.1", "Team", "correct horse"); got != "" {
				t.Error(got)
			}
		})
	}
	wg.Wait()
}

// TestParallelGuesses: guesses that all pass the first look must not learn more than the limit allows.
func TestParallelGuesses(t *testing.T) {
	w := newWorld(t)
	w.create("Team", nil)
	var wg sync.WaitGroup
	var mu sync.Mutex
	answers := make(map[problem.Code]int)
	for i := range 300 {
		wg.Go(func() {
			got := w.try("192.0.2.1", "Team", fmt.Sprint("guess ", i))
			mu.Lock()
			defer mu.Unlock()
			answers[got]++
		})
	}
	wg.Wait()
	if answers[problem.ConferenceDenied] > 8 || answers[problem.RateLimited] < 292 {
		t.Errorf("got %v", answers)
	}
}

func TestInvitations(t *testing.T) {
	w := newWorld(t)
	c := w.create("Team", func(d *conference.Draft) {
		d.GuestPolicy, d.EndsAt = conference.PolicyDeny, w.in(48*time.Hour)
	})
	other := w.create("Other", nil)
	by := func(code string) (*conference.Admission, error) {
		a, _, err := w.Admit(t.Context(), from("192.0.2.1"), conference.Attempt{Invitation: code})
		return a, err
	}
	inv, code, err := w.Invite(t.Context(), c.ID, conference.Invite{Kind: "internal", Name: "Ada", Email: "ada@example.org"})
	if err != nil || len(code) != 32 || !inv.Until(c).Equal(*c.EndsAt) || !inv.ExpiresAt.Equal(c.Expires()) {
		t.Fatalf("%+v %q %v", inv, code, err)
	}
	if url := w.InvitationURL(code); url != "https://coopnet.example/#invitation="+code {
		t.Error(url)
	}
	a, err := by(code)
	if err != nil || a.Role != "internal" || a.Conference != c.ID {
		t.Fatalf("got %+v, %v", a, err)
	}
	if a.Invited == nil || *a.Invited != (conference.Identity{Name: "Ada", Email: "ada@example.org"}) {
		t.Errorf("for %+v", a.Invited)
	}
	_, guestCode, err := w.Invite(t.Context(), c.ID, conference.Invite{Kind: "guest"})
	if err != nil {
		t.Fatal(err)
	}
	_, err = by(guestCode)
	wantCode(t, err, problem.ConferenceDenied) // closed to guests
	_, err = by(code + "x")
	wantCode(t, err, problem.ConferenceDenied)

	wantCode(t, w.RevokeInvitation(t.Context(), other.ID, inv.ID), problem.NotFound)
	if err := w.RevokeInvitation(t.Context(), c.ID, inv.ID); err != nil {
		t.Fatal(err)
	}
	_, err = by(code)
	wantCode(t, err, problem.ConferenceDenied)
	_, err = w.JoinToken(t.Context(), *a, &conference.Identity{Name: "Ada"}, "browser")
	wantCode(t, err, problem.ConferenceDenied) // the admission ended with it

	_, _, err = w.Invite(t.Context(), c.ID, conference.Invite{Kind: "king", Email: "x"})
	wantCode(t, err, problem.Invalid, "/kind", "/email")
	_, _, err = w.Invite(t.Context(), "unknown", conference.Invite{Kind: "guest"})
	wantCode(t, err, problem.NotFound)
	w.clock.Advance(48 * time.Hour)
	_, _, err = w.Invite(t.Context(), c.ID, conference.Invite{Kind: "guest"})
	wantCode(t, err, problem.Conflict)
}
