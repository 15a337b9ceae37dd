package relays_test

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coopnet/coopnet/functions/relays"
	"github.com/coopnet/coopnet/functions/store/sqlite"
	"github.com/coopnet/coopnet/functions/store/sqlite/sqlitetest"
	"github.com/coopnet/coopnet/functions/store/storetest"
	"github.com/coopnet/coopnet/shared/announce"
	"github.com/coopnet/coopnet/shared/problem"
)

// world is the domain on a real store, with relays that only have an address.
type world struct {
	*relays.Domain
	t      *testing.T
	clock  *storetest.Clock
	store  *failing
	told   *told
	over   map[string]bool
	places map[string]*httptest.Server

	instance map[string]string // of relays that have restarted
}

// failing is a store that can be out of reach.
type failing struct {
	relays.Store
	full bool // takes nothing new
	mu   sync.Mutex
	down bool
}

var errFull = &problem.Error{Code: problem.StorageFull, Detail: "The disk is full."}

func (f *failing) SaveRelay(ctx context.Context, r *relays.Relay) error {
	if f.full {
		return errFull
	}
	return f.Store.SaveRelay(ctx, r)
}

func (f *failing) SaveHome(ctx context.Context, h *relays.Home) error {
	if f.full {
		return errFull
	}
	return f.Store.SaveHome(ctx, h)
}

func (f *failing) set(down bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.down = down
}

var errDown = &problem.Error{Code: problem.Unavailable, Detail: "The database does not answer."}

func (f *failing) up() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.down {
		return errDown
	}
	return nil
}

func (f *failing) Relay(ctx context.Context, id string) (*relays.Relay, error) {
	if err := f.up(); err != nil {
		return nil, err
	}
	return f.Store.Relay(ctx, id)
}

func (f *failing) Relays(ctx context.Context) ([]*relays.Relay, error) {
	if err := f.up(); err != nil {
		return nil, err
	}
	return f.Store.Relays(ctx)
}

type told struct {
	mu     sync.Mutex
	events []relays.Event
}

func (l *told) Emit(_ context.Context, e relays.Event) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.events = append(l.events, e)
	return nil
}

// kinds lists the events that were told, each once.
func (l *told) kinds() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	var kinds []string
	seen := make(map[string]bool)
	for _, e := range l.events {
		if !seen[e.ID] {
			kinds = append(kinds, strings.TrimSuffix(e.Kind+" "+e.Participant, " "))
		}
		seen[e.ID] = true
	}
	return strings.Join(kinds, ", ")
}

type anybody struct{}

func (anybody) Reader(context.Context, string) (string, error)    { return "org", nil }
func (anybody) Organizer(context.Context, string) (string, error) { return "org", nil }
func (anybody) Relay(context.Context, string) (string, error)     { return "", errors.New("not asked") }

func (w *world) Conference(_ context.Context, id string) (relays.Conference, error) {
	if id == "unknown" {
		return relays.Conference{}, relays.ErrNotFound
	}
	return relays.Conference{Over: w.over[id], RetentionDays: 7}, nil
}

func newWorld(t *testing.T, change ...func(*relays.Config)) *world {
	t.Helper()
	w := &world{t: t, clock: storetest.NewClock(), told: &told{}, over: make(map[string]bool), places: make(map[string]*httptest.Server), instance: make(map[string]string)}
	db := sqlitetest.Open(t, sqlite.Config{Now: w.clock.Now})
	w.store = &failing{Store: db.Relays()}
	cfg := relays.Config{
		Store: w.store, Staff: anybody{}, Conferences: w, Events: w.told, Now: w.clock.Now,
		Prober: relays.NewHTTPProber(relays.ProberConfig{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}),
	}
	for _, f := range change {
		f(&cfg)
	}
	var err error
	if w.Domain, err = relays.New(cfg); err != nil {
		t.Fatal(err)
	}
	return w
}

// announcement is of the relay's first instance.
func (w *world) announcement(id, region string) announce.Announcement {
	w.t.Helper()
	if w.places[id] == nil {
		w.places[id] = httptest.NewServer(http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
			instance := cmp.Or(w.instance[id], id+"-1")
			_ = json.NewEncoder(out).Encode(announce.Answer{Proof: announce.Proof("key of "+id, id, instance, r.URL.Query().Get("nonce"))})
		}))
		w.t.Cleanup(w.places[id].Close)
	}
	return announcementAt(w.places[id].URL, id, region)
}

func announcementAt(base, id, region string) announce.Announcement {
	return announce.Announcement{Instance: id + "-1", Region: region, WHIP: base + "/whip", WHEP: base + "/whep",
		Control: "ws" + strings.TrimPrefix(base, "http") + "/control", Capacity: 100}
}

func (w *world) say(id string, change ...func(*announce.Announcement)) announce.Orders {
	w.t.Helper()
	a := w.announcement(id, "")
	for _, f := range change {
		f(&a)
	}
	o, err := w.Announce(w.t.Context(), id, "key of "+id, a)
	if err != nil {
		w.t.Fatalf("%s announces itself: %v", id, err)
	}
	return o
}

// pass lets time pass; the relays announce themselves meanwhile.
func (w *world) pass(d time.Duration, alive ...string) {
	w.t.Helper()
	for range d / announce.Interval {
		w.clock.Advance(announce.Interval)
		for _, id := range alive {
			w.say(id)
		}
	}
}

func (w *world) place(conference string) string {
	w.t.Helper()
	list, err := w.Place(w.t.Context(), conference, "")
	if err != nil {
		return string(problem.From(err).Code)
	}
	ids := ""
	for _, r := range list {
		ids += r.ID
	}
	return ids
}

func wantCode(t *testing.T, err error, code problem.Code) {
	t.Helper()
	if err == nil || problem.From(err).Code != code {
		t.Fatalf("got %v, want %s", err, code)
	}
}

// canary is a listener that must stay silent.
func canary(t *testing.T) (address string, silent func()) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	connected := make(chan struct{}, 8)
	var accepting sync.WaitGroup
	accepting.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			c.Close()
			connected <- struct{}{}
		}
	})
	t.Cleanup(func() { l.Close(); accepting.Wait() })
	return l.Addr().String(), func() {
		t.Helper()
		l.Close()
		accepting.Wait() // whoever connected was accepted
		if len(connected) > 0 {
			t.Errorf("%d connections to a private address", len(connected))
		}
	}
}

func visit(seq int64, kind announce.Kind, conference, participant string, w *world) announce.Visit {
	return announce.Visit{Seq: seq, Kind: kind, Conference: conference, Participant: participant, Name: "Mr \u202e" + participant, Role: "guest", At: w.clock.Now()}
}

func (w *world) report(relay string, visits ...announce.Visit) {
	w.t.Helper()
	for range 2 { // at least once
		if err := w.Report(w.t.Context(), relay, announce.Batch{Instance: relay + "-1", Visits: visits}); err != nil {
			w.t.Fatal(err)
		}
	}
}

// in lists who is in, then after a stroke who was.
func (w *world) in(conference string) string {
	w.t.Helper()
	list, _, err := w.Participants(w.t.Context(), conference, "", 0)
	if err != nil {
		w.t.Fatal(err)
	}
	in, was := "", ""
	for _, p := range list {
		if p.LeftAt == nil {
			in += p.ID
		} else {
			was += p.ID
		}
	}
	return fmt.Sprintf("%s/%s", in, was)
}
