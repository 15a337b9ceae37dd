package conference_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coopnet/coopnet/functions/conference"
	"github.com/coopnet/coopnet/shared/problem"
)

// argonWorld has the real hasher. runs counts its computations; before each, gate is passed.
func argonWorld(t *testing.T, slots int) (w *world, runs *atomic.Int64, gate *atomic.Pointer[func()]) {
	t.Helper()
	h, err := conference.NewArgon2(conference.Argon2Config{Slots: slots, Wait: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	runs, gate = &atomic.Int64{}, &atomic.Pointer[func()]{}
	h.Count(runs, func() {
		if wait := gate.Load(); wait != nil {
			(*wait)()
		}
	})
	return newWorldWith(t, h), runs, gate
}

func closedConferences(w *world) []string {
	w.create("Open", nil)
	w.create("Later", func(d *conference.Draft) { d.StartsAt, d.GuestPolicy = w.in(time.Hour), conference.PolicyDeny })
	w.create("Not yet open", func(d *conference.Draft) { d.StartsAt = w.in(time.Hour) })
	w.create("Over", func(d *conference.Draft) { d.EndsAt = w.in(time.Second) })
	w.create("Closed", func(d *conference.Draft) { d.GuestPolicy = conference.PolicyDeny })
	ended := w.create("Ended", nil)
	if _, err := w.End(w.t.Context(), ended.ID); err != nil {
		w.t.Fatal(err)
	}
	w.clock.Advance(time.Second)
	return []string{"Later", "Over", "Closed", "Ended"}
}

// TestEveryRefusalCostsOneComputation: were one refusal cheaper than another, its time would tell why it came.
func TestEveryRefusalCostsOneComputation(t *testing.T) {
	w, runs, _ := argonWorld(t, 2)
	attempts := [][2]string{{"Open", "wrong horse"}, {"Unknown", "correct horse"}, {"Unknown", "wrong horse"}, {"Nobody", "wrong horse"},
		{"bad\x00name", "correct horse"}, {"worse\x00name", "correct horse"}, {"Open", "\xff"},
		{"Not yet open", "wrong horse"}, {"Not yet open", "\xff"}}
	for _, name := range closedConferences(w) {
		attempts = append(attempts, [2]string{name, "correct horse"})
	}
	for round := range 3 { // what was asked before makes no difference
		for i, a := range attempts {
			before := runs.Load()
			w.expect(problem.ConferenceDenied, fmt.Sprintf("10.0.%d.%d", round, i), a[0], a[1])
			if n := runs.Load() - before; n != 1 {
				t.Errorf("round %d, %q: %d computations", round, a, n)
			}
		}
	}
}

// TestParallelRefusalsShareNothing: one password at the same moment on several names is computed for each of them,
// known or not.
func TestParallelRefusalsShareNothing(t *testing.T) {
	names := append([]string{"Open", "Not yet open", "Nobody", "None"}, "Later", "Over", "Closed", "Ended", "bad\x00name", "worse\x00name")
	w, runs, gate := argonWorld(t, len(names))
	closedConferences(w)
	before := runs.Load()
	var arrived sync.WaitGroup
	arrived.Add(len(names))
	all := make(chan struct{})
	go func() { arrived.Wait(); close(all) }()
	wait := func() {
		arrived.Done()
		select {
		case <-all:
		case <-time.After(10 * time.Second): // fewer computations than names: the count below says it
		}
	}
	gate.Store(&wait)
	var trying sync.WaitGroup
	for i, name := range names {
		password := "correct horse"
		if name == "Open" || name == "Not yet open" {
			password = "wrong horse"
		}
		trying.Go(func() {
			if got := w.try(fmt.Sprint("10.0.0.", i), name, password); got != problem.ConferenceDenied {
				t.Errorf("%q: %s", name, got)
			}
		})
	}
	trying.Wait()
	if n := runs.Load() - before; n != int64(len(names)) {
		t.Fatalf("%d computations for %d names", n, len(names))
	}
}

// TestOnlyAdmissionsAreRemembered: a right password whose result was withheld costs the same when it is tried again.
func TestOnlyAdmissionsAreRemembered(t *testing.T) {
	w, runs, gate := argonWorld(t, 2)
	w.create("Team", nil)
	guess := func(password string) (problem.Code, int64) {
		before := runs.Load()
		code := w.try("192.0.2.1", "Team", password)
		return code, runs.Load() - before
	}
	for range 7 {
		guess("wrong horse")
	}
	// While the right one is computed, a wrong one from the same address takes the last place under the limit.
	last := func() {
		gate.Store(nil)
		w.expect(problem.ConferenceDenied, "192.0.2.1", "Team", "another horse")
	}
	gate.Store(&last)
	if code, n := guess("correct horse"); code != problem.RateLimited || n != 2 {
		t.Fatalf("%s after %d computations", code, n)
	}
	w.clock.Advance(15 * time.Second)
	if code, n := guess("correct horse"); code != "" || n != 1 {
		t.Errorf("%q after %d computations: a refusal was remembered", code, n)
	}
	if code, n := guess("correct horse"); code != "" || n != 0 {
		t.Errorf("%q after %d computations: an admission was not remembered", code, n)
	}
}

func TestAWholeCompanyCostsOneComputation(t *testing.T) {
	w, runs, _ := argonWorld(t, 2)
	w.create("Team", nil)
	w.expect("", "192.0.2.1", "Team", "correct horse")
	before := runs.Load()
	for i := range 200 {
		w.expect("", fmt.Sprint("10.0.0.", i), "Team", "correct horse")
	}
	if n := runs.Load() - before; n != 0 {
		t.Errorf("%d computations", n)
	}
}

func TestArgon2(t *testing.T) {
	h, err := conference.NewArgon2(conference.Argon2Config{Slots: 1, Wait: 30 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	phc, err := h.Hash(t.Context(), "correct horse")
	if err != nil || phc[:31] != "$argon2id$v=19$m=19456,t=2,p=1$" {
		t.Fatalf("%q, %v", phc, err)
	}
	for password, want := range map[string]bool{"correct horse": true, "correct horse ": false, "": false} {
		if ok, err := h.Verify(t.Context(), phc, password); err != nil || ok != want {
			t.Errorf("%q: %v, %v", password, ok, err)
		}
	}
	h.Remember(phc, "correct horse")
	if ok, err := h.Verify(t.Context(), phc, "correct horse"); err != nil || !ok {
		t.Errorf("remembered: %v, %v", ok, err)
	}
	if dummy := h.Dummy("Team"); len(dummy) != len(phc) || dummy != h.Dummy("Team") || dummy == h.Dummy("team") {
		t.Errorf("the dummy of a name is %q", dummy)
	}
	if ok, err := h.Verify(t.Context(), "$argon2i$bad", "x"); err == nil || ok {
		t.Error("a foreign hash was accepted")
	}
}

func TestArgon2RefusesWhenItIsBusy(t *testing.T) {
	h, err := conference.NewArgon2(conference.Argon2Config{Slots: 1, Wait: time.Nanosecond})
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	var mu sync.Mutex
	refused := 0
	for i := range 20 {
		wg.Go(func() {
			_, err := h.Hash(context.Background(), fmt.Sprint(i))
			if err == nil {
				return
			}
			if p := problem.From(err); p.Code != problem.Unavailable || p.RetryAfter <= 0 {
				t.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			refused++
		})
	}
	wg.Wait()
	if refused == 0 {
		t.Error("20 computations shared one slot without waiting")
	}
}
