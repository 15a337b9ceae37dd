package relays_test

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coopnet/coopnet/functions/relays"
	"github.com/coopnet/coopnet/shared/announce"
	"github.com/coopnet/coopnet/shared/jointoken"
	"github.com/coopnet/coopnet/shared/problem"
)

func TestProbesOfPrivateAddressesAreNotSent(t *testing.T) {
	address, silent := canary(t)
	_, port, _ := strings.Cut(address, ":")
	w := newWorld(t, func(c *relays.Config) { c.Prober = relays.NewHTTPProber(relays.ProberConfig{}) })
	for _, host := range []string{"127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "0.0.0.0", "2130706433", "127.1", "localtest.localhost"} {
		_, err := w.Announce(t.Context(), "a", "key of a", announcementAt("https://"+host+":"+port, "a", ""))
		wantCode(t, err, problem.Invalid)
	}
	silent()
}

func TestProbesFollowNoRedirects(t *testing.T) {
	reached := false
	inside := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached = true }))
	defer inside.Close()
	door := httptest.NewServer(http.RedirectHandler(inside.URL, http.StatusFound))
	defer door.Close()
	w := newWorld(t)
	_, err := w.Announce(t.Context(), "a", "key of a", announcementAt(door.URL, "a", ""))
	wantCode(t, err, problem.Invalid)
	if reached {
		t.Error("the redirect was followed")
	}
}

func TestProbesNeedACertificate(t *testing.T) {
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = json.NewEncoder(w).Encode(announce.Answer{Proof: announce.Proof("key of a", "a", "a-1", r.URL.Query().Get("nonce"))})
	}))
	defer server.Close()
	roots := x509.NewCertPool()
	roots.AddCert(server.Certificate())
	for trusted, code := range map[*x509.CertPool]problem.Code{roots: "", x509.NewCertPool(): problem.Invalid} {
		w := newWorld(t, func(c *relays.Config) {
			c.Prober = relays.NewHTTPProber(relays.ProberConfig{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, Roots: trusted})
		})
		_, err := w.Announce(t.Context(), "a", "key of a", announcementAt(server.URL, "a", ""))
		if (err == nil) != (code == "") || err != nil && problem.From(err).Code != code {
			t.Errorf("want %q, got %v", code, err)
		}
	}
}

func TestProbesEnd(t *testing.T) {
	slow := make(chan struct{})
	stuck := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-slow }))
	defer stuck.Close()
	defer close(slow)
	w, start := newWorld(t), time.Now()
	_, err := w.Announce(t.Context(), "a", "key of a", announcementAt(stuck.URL, "a", ""))
	wantCode(t, err, problem.Invalid)
	if took := time.Since(start); took > 2*time.Second {
		t.Errorf("refused after %s", took)
	}
}

func TestARelayIsProvenAgainWhenItChanges(t *testing.T) {
	w := newWorld(t)
	w.say("a")
	w.places["a"].Close()
	w.say("a") // still the same: nobody asks
	moved := w.announcement("a", "")
	moved.TURN = []string{"turn:127.0.0.1"}
	_, err := w.Announce(t.Context(), "a", "key of a", moved)
	wantCode(t, err, problem.Invalid)
	restarted := w.announcement("a", "")
	restarted.Instance = "a-2"
	_, err = w.Announce(t.Context(), "a", "key of a", restarted)
	wantCode(t, err, problem.Invalid)
}

func TestOneHome(t *testing.T) {
	w := newWorld(t)
	for _, id := range []string{"a", "b", "c"} {
		w.say(id)
	}
	got := make([]string, 100)
	var joining sync.WaitGroup
	for i := range got {
		joining.Go(func() {
			list, err := w.Place(context.WithoutCancel(t.Context()), "conference", "")
			if err == nil {
				got[i] = list[0].ID + list[1].ID
			}
		})
	}
	joining.Wait()
	for _, home := range got {
		if home != got[0] || home == "" {
			t.Fatalf("homes %v", got)
		}
	}
	if h, err := w.store.Home(t.Context(), "conference"); err != nil || h.Version != 1 {
		t.Errorf("100 joins wrote %+v, %v", h, err)
	}
}

func TestHomesMoveWhenTheirRelayIsGone(t *testing.T) {
	w := newWorld(t)
	if got := w.place("x"); got != "unavailable" {
		t.Fatalf("without relays: %s", got)
	}
	w.say("a")
	if got := w.place("x"); got != "a" {
		t.Fatalf("got %s", got)
	}
	w.say("b")
	w.clock.Advance(time.Second)
	if got := w.place("x"); got != "ab" {
		t.Fatalf("got %s", got)
	}
	w.pass(10*time.Second, "b")
	if got := w.place("x"); got != "ab" {
		t.Errorf("after 11 s: %s", got)
	}
	w.pass(5*time.Second, "b")
	for range 2 {
		if got := w.place("x"); got != "b" {
			t.Errorf("after 16 s: %s", got)
		}
	}
	if orders := w.say("a", rooms("x", "y")); len(orders.Moved) != 1 || orders.Moved[0] != "x" {
		t.Errorf("the one that was not dead heard %+v", orders)
	}
	if got := w.place("x"); got != "ba" {
		t.Errorf("it moved back: %s", got)
	}
}

func rooms(ids ...string) func(*announce.Announcement) {
	return func(a *announce.Announcement) { a.Rooms = ids }
}

func draining(a *announce.Announcement) { a.Draining = true }

func TestDrainingRelaysGetNobody(t *testing.T) {
	w := newWorld(t)
	w.say("a")
	if got := w.place("x"); got != "a" {
		t.Fatal(got)
	}
	w.say("b")
	w.say("a", draining) // from here on, though nothing was read anew
	for _, conference := range []string{"x", "new"} {
		if got := w.place(conference); got != "b" {
			t.Errorf("%s: %s", conference, got)
		}
	}
	w.say("b", draining)
	if got := w.place("x"); got != "unavailable" {
		t.Errorf("with nobody left: %s", got)
	}
}

// TestDatabaseTroubleMovesNobody: what could not be stored for a minute says nothing of the relays.
func TestDatabaseTroubleMovesNobody(t *testing.T) {
	w := newWorld(t)
	w.say("a")
	if got := w.place("x"); got != "a" {
		t.Fatal(got)
	}
	w.say("b")
	w.pass(time.Minute, "a", "b")
	w.store.set(true)
	w.clock.Advance(time.Minute)
	if _, err := w.Announce(t.Context(), "a", "key of a", w.announcement("a", "")); problem.From(err).Code != problem.Unavailable {
		t.Fatal(err)
	}
	if got := w.place("x"); got != "unavailable" {
		t.Errorf("got %s", got)
	}
	w.store.set(false)
	if got := w.place("x"); got != "a" {
		t.Errorf("before anybody was heard: %s", got)
	}
	w.say("b")
	w.clock.Advance(4 * time.Second)
	if got := w.place("x"); !strings.HasPrefix(got, "a") {
		t.Errorf("b was heard first: %s", got)
	}
	w.say("a")
	w.pass(time.Minute, "a", "b")
	if got := w.place("x"); got != "ab" {
		t.Errorf("got %s", got)
	}
}

func TestOrders(t *testing.T) {
	var mu sync.Mutex
	var ended []string
	w := newWorld(t, func(cfg *relays.Config) {
		cfg.Over = func(_ context.Context, id string) {
			mu.Lock()
			defer mu.Unlock()
			ended = append(ended, id)
		}
	})
	w.say("a")
	w.place("x")
	w.place("y")
	w.over["y"] = true
	if o := w.say("a", rooms("x", "y", "unknown")); strings.Join(o.Over, " ") != "y unknown" || len(o.Moved)+len(o.Commands) != 0 {
		t.Errorf("got %+v", o)
	}
	if slices.Sort(ended); strings.Join(ended, " ") != "unknown y" {
		t.Errorf("told of the ends of %v", ended)
	}
	if err := w.End(t.Context(), "x"); err != nil {
		t.Fatal(err)
	}
	if err := w.Drain(t.Context(), "a"); err != nil {
		t.Fatal(err)
	}
	var done []string
	for range 2 { // until it is done
		o := w.say("a")
		if len(o.Commands) != 2 {
			t.Fatalf("got %+v", o)
		}
		done = nil
		for _, c := range o.Commands {
			done = append(done, c.ID)
			if c.Kind == announce.End && c.Conference != "x" {
				t.Errorf("got %+v", c)
			}
		}
	}
	if o := w.say("a", func(a *announce.Announcement) { a.Done = done }); len(o.Commands) != 0 {
		t.Errorf("got %+v", o)
	}
}

func TestAttendance(t *testing.T) {
	w := newWorld(t)
	w.say("a")
	w.place("x")
	w.report("a", visit(1, announce.Started, "x", "", w), visit(2, announce.Joined, "x", "p", w), visit(3, announce.Joined, "x", "q", w))
	w.clock.Advance(time.Second)
	w.report("a", visit(4, announce.Left, "x", "p", w))
	w.report("a", visit(2, announce.Joined, "x", "p", w)) // late
	if got := w.in("x"); got != "q/p" {
		t.Errorf("got %s", got)
	}
	w.report("a", visit(5, announce.Joined, "x", "p", w), visit(6, announce.Left, "x", "q", w), visit(7, announce.Left, "x", "p", w), visit(8, announce.Emptied, "x", "", w))
	if got, want := w.told.kinds(), "conference.started, participant.joined p, participant.joined q, participant.left p, participant.joined p, participant.left p, participant.left q"; !sameEvents(got, want) {
		t.Errorf("told %s", got)
	}
	list, _, err := w.Participants(t.Context(), "x", "", 1)
	if err != nil || list[0].ID != "p" || list[0].Name != "Mr p" || list[0].LeftAt.Sub(list[0].JoinedAt) != time.Second {
		t.Errorf("got %+v, %v", list, err)
	}
	w.clock.Advance(7 * 24 * time.Hour)
	if got := w.in("x"); got != "/" {
		t.Errorf("after the retention: %s", got)
	}
}

// sameEvents compares without the order of different participants.
func sameEvents(got, want string) bool {
	of := func(all, who string) (list string) {
		for e := range strings.SplitSeq(all, ", ") {
			if strings.HasSuffix(e, who) {
				list += e + " "
			}
		}
		return list
	}
	return len(got) == len(want) && of(got, " p") == of(want, " p") && of(got, " q") == of(want, " q") && strings.HasPrefix(got, "conference.started")
}

// TestWhoIsInWhenARelayFails: nobody tells that somebody left.
func TestWhoIsInWhenARelayFails(t *testing.T) {
	w := newWorld(t)
	w.say("a")
	w.say("b")
	w.report("a", visit(1, announce.Joined, "x", "p", w), visit(2, announce.Joined, "x", "q", w))
	w.clock.Advance(2 * time.Second)
	w.report("b", visit(1, announce.Joined, "x", "p", w)) // fell back
	w.report("a", visit(3, announce.Left, "x", "p", w))   // what a noticed before it died
	if got := w.in("x"); got != "pq/" {
		t.Errorf("at once: %s", got)
	}
	w.pass(20*time.Second, "b")
	if got := w.in("x"); got != "p/q" {
		t.Errorf("once it is gone: %s", got)
	}
	if got := w.told.kinds(); strings.Count(got, "joined p") != 1 || strings.Contains(got, "left") {
		t.Errorf("told %s", got)
	}
}

// TestADrainingRelayTellsLate: who was sent elsewhere is there, although the relay before says last that they came.
func TestADrainingRelayTellsLate(t *testing.T) {
	w := newWorld(t)
	w.say("a")
	w.say("b")
	came := visit(1, announce.Joined, "x", "p", w)
	w.clock.Advance(500 * time.Millisecond)
	w.say("a", func(a *announce.Announcement) { a.Draining = true })
	went := visit(2, announce.Left, "x", "p", w)
	w.clock.Advance(10 * time.Millisecond)
	w.report("b", visit(1, announce.Joined, "x", "p", w))
	w.report("a", came, went)
	if got := w.in("x"); got != "p/" {
		t.Errorf("got %s", got)
	}
}

// TestSnapshot: a relay that lost count says anew who is in.
func TestSnapshot(t *testing.T) {
	w := newWorld(t)
	w.say("a")
	w.report("a", visit(1, announce.Joined, "x", "p", w), visit(2, announce.Joined, "x", "q", w))
	w.report("a", visit(10, announce.Present, "x", "q", w), visit(11, announce.Present, "x", "r", w))
	if got := w.in("x"); got != "pqr/" {
		t.Errorf("before it is complete: %s", got)
	}
	w.say("a", func(a *announce.Announcement) { a.Snapshot = 10 })
	w.clock.Advance(time.Second)
	if got := w.in("x"); got != "qr/p" {
		t.Errorf("got %s", got)
	}
}

func TestRemove(t *testing.T) {
	home := &here{}
	w := newWorld(t, func(c *relays.Config) { c.Resident = home })
	w.say("a")
	w.place("x")
	w.report("a", visit(1, announce.Joined, "x", "p", w))
	wantCode(t, w.Remove(t.Context(), "org", "x", "q"), problem.NotFound)
	wantCode(t, w.Remove(t.Context(), "org", "unknown", "p"), problem.NotFound)
	for range 2 {
		if err := w.Remove(t.Context(), "org", "x", "p"); err != nil {
			t.Fatal(err)
		}
	}
	if gone, err := w.Removed(t.Context(), "x", "p"); err != nil || !gone {
		t.Error(gone, err)
	}
	if gone, err := w.Removed(t.Context(), "y", "p"); err != nil || gone {
		t.Error(gone, err)
	}
	if strings.Join(home.done, ",") != "remove x p,remove x p" {
		t.Errorf("the relay of this process heard %v", home.done)
	}
	if o := w.say("a"); len(o.Commands) != 1 || o.Commands[0].Participant != "p" {
		t.Errorf("got %+v", o)
	}
}

// TestRemovedInTheRoom: an organizer who removes somebody there has no key, and it lasts all the same. Another relay has no say.
func TestRemovedInTheRoom(t *testing.T) {
	w := newWorld(t)
	w.say("a")
	w.say("b")
	w.place("x")
	w.report("a", visit(1, announce.Joined, "x", "p", w), visit(2, announce.Joined, "x", "q", w))
	thrown := func(seq int64, who string) announce.Visit {
		v := visit(seq, announce.Left, "x", who, w)
		v.Removed = true
		return v
	}
	w.report("b", thrown(1, "q"), thrown(2, "unknown"))
	w.report("a", thrown(3, "p"))
	for who, want := range map[string]bool{"p": true, "q": false, "unknown": false} {
		if gone, err := w.Removed(t.Context(), "x", who); err != nil || gone != want {
			t.Errorf("%s: %v, %v", who, gone, err)
		}
	}
	if got := w.in("x"); got != "q/p" {
		t.Errorf("in and out: %s", got)
	}
	wrong := visit(4, announce.Joined, "x", "q", w)
	wrong.Removed = true
	wantCode(t, w.Report(t.Context(), "a", announce.Batch{Instance: "a-1", Visits: []announce.Visit{wrong}}), problem.Invalid)
}

type here struct{ done []string }

func (h *here) ID() string                    { return "here" }
func (h *here) EndConference(c string)        { h.done = append(h.done, "end "+c) }
func (h *here) Remove(conference, who string) { h.done = append(h.done, "remove "+conference+" "+who) }

func TestErase(t *testing.T) {
	w := newWorld(t)
	w.say("a")
	of := func(v announce.Visit, email string) announce.Visit {
		v.Person = jointoken.Person(email)
		return v
	}
	w.report("a", of(visit(1, announce.Joined, "x", "p", w), "Ada@example.org"), of(visit(2, announce.Joined, "y", "q", w), "ada@example.org"),
		of(visit(3, announce.Joined, "x", "r", w), "bob@example.org"), visit(4, announce.Joined, "x", "s", w))
	for _, want := range []int{2, 0} {
		if n, err := relays.Erase(t.Context(), w.store, " ADA@example.org"); err != nil || n != want {
			t.Errorf("erased %d, %v", n, err)
		}
	}
	if n, err := relays.Erase(t.Context(), w.store, ""); err != nil || n != 0 {
		t.Errorf("erased %d, %v", n, err)
	}
	w.report("a", visit(5, announce.Left, "x", "p", w)) // does not come back
	if got := w.in("x") + " " + w.in("y"); got != "rs/ /" {
		t.Errorf("got %s", got)
	}
}

// TestTheResidentSurvivesTheDatabase, and is no witness against relays that could not be heard.
func TestTheResidentSurvivesTheDatabase(t *testing.T) {
	w := newWorld(t, func(c *relays.Config) { c.Resident = &here{} })
	alive := func() error {
		_, err := w.AnnounceResident(t.Context(), announce.Announcement{Instance: "i", WHIP: "http://here/whip"})
		return err
	}
	w.say("a", draining)
	if err := alive(); err != nil {
		t.Fatal(err)
	}
	if got := w.place("mine"); got != "here" {
		t.Fatal(got)
	}
	w.say("a")
	w.clock.Advance(time.Second)
	if err := w.store.SaveHome(t.Context(), &relays.Home{Conference: "x", Relay: "a", PlacedAt: w.clock.Now(), ExpiresAt: w.clock.Now().Add(time.Hour)}); err != nil {
		t.Fatal(err)
	}
	w.store.full = true
	for range 6 {
		w.clock.Advance(announce.Interval)
		if err := alive(); err != nil {
			t.Fatalf("on a full disk: %v", err)
		}
	}
	if got := w.place("mine") + " " + w.place("x") + " " + w.place("new"); got != "here ahere here" {
		t.Errorf("on a full disk: %s", got)
	}
	w.store.full = false
	for range 5 {
		w.clock.Advance(announce.Interval)
		if err := alive(); err != nil {
			t.Fatal(err)
		}
	}
	if got := w.place("x"); got != "here" {
		t.Errorf("a is silent while others are heard: %s", got)
	}
}

// TestTheHomeFollowsItsParticipants when its relay has restarted: they went to the one to fall back to.
func TestTheHomeFollowsItsParticipants(t *testing.T) {
	w := newWorld(t)
	w.say("a")
	w.place("x")
	w.say("b")
	w.report("a", visit(1, announce.Started, "x", "", w), visit(2, announce.Joined, "x", "p", w))
	w.pass(2*time.Minute, "a", "b")
	w.report("b", visit(1, announce.Started, "x", "", w), visit(2, announce.Joined, "x", "q", w))
	if got := w.place("x"); got != "ab" {
		t.Errorf("one participant who does not reach a moves everybody: %s", got)
	}
	w.report("b", visit(3, announce.Left, "x", "q", w), visit(4, announce.Emptied, "x", "", w))
	w.places["a"].Close()
	delete(w.places, "a")
	restarted := w.announcement("a", "")
	restarted.Instance = "a-2"
	w.instance["a"] = "a-2"
	if _, err := w.Announce(t.Context(), "a", "key of a", restarted); err != nil {
		t.Fatal(err)
	}
	w.clock.Advance(time.Second)
	w.report("b", visit(5, announce.Started, "x", "", w), visit(6, announce.Joined, "x", "p", w))
	if got := w.place("x"); got != "ba" {
		t.Errorf("got %s", got)
	}
	if got := w.told.kinds(); strings.Count(got, "started") != 1 || strings.Count(got, "joined p") != 1 {
		t.Errorf("told %s", got)
	}
}
