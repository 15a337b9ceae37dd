package conference_test

import (
	"context"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coopnet/coopnet/functions/conference"
	"github.com/coopnet/coopnet/functions/store/sqlite"
	"github.com/coopnet/coopnet/functions/store/sqlite/sqlitetest"
	"github.com/coopnet/coopnet/functions/store/storetest"
	"github.com/coopnet/coopnet/shared/problem"
	"github.com/coopnet/coopnet/shared/turncred"
)

// countingHasher does no work and counts it; the real one has tests of its own.
type countingHasher struct{ verified atomic.Int64 }

func (h *countingHasher) Hash(_ context.Context, password string) (string, error) {
	return "plain:" + password, nil
}

func (h *countingHasher) Verify(_ context.Context, phc, password string) (bool, error) {
	h.verified.Add(1)
	return phc == "plain:"+password, nil
}

func (h *countingHasher) Remember(string, string)  {}
func (h *countingHasher) Dummy(name string) string { return "none:" + name }

// twoRelays is one relay and one to fall back to.
type twoRelays struct{ removed map[string]bool }

func (twoRelays) Place(context.Context, string, string) ([]conference.Relay, error) {
	return []conference.Relay{
		{ID: "relay-1", WHIP: "http://r/whip", WHEP: "http://r/whep", Control: "ws://r/control",
			TURN: []string{"turn:r:3478?transport=udp", "turns:r:443?transport=tcp"}},
		{ID: "relay-2", WHIP: "http://s/whip", WHEP: "http://s/whep", Control: "ws://s/control", TURN: []string{"turn:s:3478"}},
	}, nil
}

func (r twoRelays) Removed(_ context.Context, conferenceID, participantID string) (bool, error) {
	return r.removed[conferenceID+"/"+participantID], nil
}

type nobody struct{}

func (nobody) Identity(*http.Request) (*conference.Identity, error) { return nil, nil }
func (nobody) Colleague(*http.Request) (*conference.Colleague, error) {
	return nil, nil
}
func (nobody) Organizer(context.Context, string) (string, error) { return "", nil }
func (nobody) Reader(context.Context, string) (string, error)    { return "", nil }

// world is a domain on a real store, with a clock that the test moves.
type world struct {
	*conference.Domain
	t      testing.TB
	clock  *storetest.Clock
	db     *sqlite.DB
	keys   *conference.KeyRing
	hasher *countingHasher
	ended  []string
	relays twoRelays
	events []conference.Event
}

// Emit implements conference.Events.
func (w *world) Emit(_ context.Context, e conference.Event) error {
	w.events = append(w.events, e)
	return nil
}

func newWorld(t testing.TB) *world {
	t.Helper()
	hasher := &countingHasher{}
	w := newWorldWith(t, hasher)
	w.hasher = hasher
	return w
}

func newWorldWith(t testing.TB, hasher conference.Hasher) *world {
	t.Helper()
	w := &world{t: t, clock: storetest.NewClock(), relays: twoRelays{removed: make(map[string]bool)}}
	var err error
	w.db = sqlitetest.Open(t, sqlite.Config{Now: w.clock.Now})
	if w.keys, err = conference.OpenKeys(t.Context(), conference.KeysConfig{Store: w.db.Secrets(), Now: w.clock.Now}); err != nil {
		t.Fatal(err)
	}
	w.Domain, err = conference.New(conference.Config{
		Store: w.db.Conference(), Keys: w.keys, Hasher: hasher, Limiter: conference.NewLimiter(w.clock.Now), Relays: w.relays,
		Identities: nobody{}, Staff: nobody{}, Client: func(*http.Request) conference.Client { return conference.Client{} }, TurnSecret: turnSecret(t),
		PublicURL: "https://coopnet.example", Now: w.clock.Now,
		Organizing: conference.Organizing{Events: w, Ended: func(id string) { w.ended = append(w.ended, id) }},
	})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func turnSecret(t testing.TB) turncred.Secret {
	t.Helper()
	s, err := turncred.NewSecret("a secret for the tests")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// create makes a conference with the password "correct horse".
func (w *world) create(name string, change func(*conference.Draft)) *conference.Conference {
	w.t.Helper()
	draft := conference.NewDraft()
	draft.Name, draft.Password = name, "correct horse"
	if change != nil {
		change(&draft)
	}
	c, generated, err := w.Create(w.t.Context(), "tester", draft)
	if err != nil || generated != "" {
		w.t.Fatal(generated, err)
	}
	return c
}

func (w *world) in(d time.Duration) *time.Time {
	t := w.clock.Now().Add(d)
	return &t
}

// try returns "" for an admission and the code of a refusal.
func (w *world) try(address, name, password string) problem.Code {
	return w.tryFrom(from(address), name, password)
}

func (w *world) tryFrom(who conference.Client, name, password string) problem.Code {
	_, _, err := w.Admit(w.t.Context(), who, conference.Attempt{Name: name, Password: password})
	if err == nil {
		return ""
	}
	return problem.From(err).Code
}

// from is a client with an address of IPv4.
func from(address string) conference.Client {
	return conference.Client{Site: address, Network: address}
}

func (w *world) expect(want problem.Code, address, name, password string) {
	w.t.Helper()
	if got := w.try(address, name, password); got != want {
		w.t.Fatalf("%q with %q from %s: got %q, want %q", name, password, address, got, want)
	}
}

func wantCode(t *testing.T, err error, code problem.Code, pointers ...string) {
	t.Helper()
	p := problem.From(err)
	if err == nil || p.Code != code {
		t.Fatalf("got %v, want %s", err, code)
	}
	if len(pointers) != len(p.Fields) {
		t.Fatalf("got fields %v, want %v", p.Fields, pointers)
	}
	for i, f := range p.Fields {
		if f.Pointer != pointers[i] {
			t.Errorf("got fields %v, want %v", p.Fields, pointers)
		}
	}
}
