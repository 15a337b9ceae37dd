package portal_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coopnet/coopnet/functions/portal/portaltest"
	"github.com/coopnet/coopnet/functions/relays"
	"github.com/coopnet/coopnet/functions/staff"
	"github.com/coopnet/coopnet/shared/announce"
)

// heard keeps what the domains tell of.
type heard struct {
	mu    sync.Mutex
	list  []relays.Event
	codes []string // of reports
	deaf  bool     // to the next report
}

func (h *heard) Emit(_ context.Context, e relays.Event) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.list = append(h.list, e)
	return nil
}

func (h *heard) kinds() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	var kinds []string
	for _, e := range h.list {
		kinds = append(kinds, e.Kind)
	}
	return strings.Join(kinds, " ")
}

// place is a relay's address. It answers probes as the relay that it is given the key of.
type place struct {
	*httptest.Server
	mu                sync.Mutex
	key, id, instance string
	asked             int
}

func newPlace(t *testing.T, key, id, instance string) *place {
	t.Helper()
	p := &place{key: key, id: id, instance: instance}
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.asked++
		if r.URL.Path == announce.ProbePath {
			_ = json.NewEncoder(w).Encode(announce.Answer{Proof: announce.Proof(p.key, p.id, p.instance, r.URL.Query().Get("nonce"))})
		}
	}))
	t.Cleanup(p.Close)
	return p
}

// become is another start of the relay.
func (p *place) become(instance any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.instance, _ = instance.(string)
}

func (p *place) probes() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.asked
}

func (p *place) announcement() object {
	return object{
		"instance": p.instance, "region": "eu-1", "whip": p.URL + "/whip", "whep": p.URL + "/whep", "control": "ws" + strings.TrimPrefix(p.URL, "http") + "/control",
		"turn": []string{"turn:127.0.0.1:3478?transport=udp"}, "capacity": 100, "load": 3, "draining": false,
	}
}

func TestRelayAnnouncesItself(t *testing.T) {
	each(t, func(t *testing.T, w *world, c *portaltest.Client) {
		at := newPlace(t, w.relayKey, "relay-7", "one")
		auth := []string{"Authorization", "Bearer " + w.relayKey}
		for range 2 {
			c.Expect(200, "PUT", "/api/v1/relays/relay-7", at.announcement(), auth...)
		}
		if n := at.probes(); n != 1 {
			t.Errorf("probed %d times, want once for one address", n)
		}
		w.create(c, nil)
		enter(c)
		identify(c)
		got := c.Expect(200, "POST", "/api/v1/join-tokens", object{"mode": "browser"})
		if relay := got["relay"].(object); relay["whep"] != at.URL+"/whep" || len(got["alternates"].([]any)) != 0 {
			t.Errorf("got %v", got)
		}
	})
}

// TestFleet: machines that come and go share a key, which is good for no other relay.
func TestFleet(t *testing.T) {
	each(t, func(t *testing.T, w *world, c *portaltest.Client) {
		for label, may := range map[string]map[string]bool{
			"i-*": {"i-0a1b": true, "i-": true, "j-1": false, "relay-7": false, "i-%2A": false}, "*": {"i-1": false}, "relay-*": {"relay-7": true, "relay": false},
		} {
			_, key, err := w.people.Create(t.Context(), "tests", staff.Draft{Role: staff.Relay, Label: label})
			if err != nil {
				t.Fatal(err)
			}
			for id, want := range may {
				at := newPlace(t, key, id, "one")
				elsewhere := at.announcement()
				elsewhere["whip"] = "https://" + id + "x.example.com/whip"
				if resp := c.Do("PUT", "/api/v1/relays/"+id, elsewhere, "Authorization", "Bearer "+key); want && !strings.Contains(string(resp.Body), "its key is shared") {
					t.Errorf("%s under another machine's name: %d %s", id, resp.Status, resp.Body)
				}
				resp := c.Do("PUT", "/api/v1/relays/"+id, at.announcement(), "Authorization", "Bearer "+key)
				if want != (resp.Status == 200) || !want && resp.Status != 403 {
					t.Errorf("%s with the key of %s: %d %s", id, label, resp.Status, resp.Body)
				}
			}
		}
	})
}

func TestForgedRelays(t *testing.T) {
	each(t, func(t *testing.T, w *world, c *portaltest.Client) {
		_, other, err := w.people.Create(t.Context(), "tests", staff.Draft{Role: staff.Relay, Label: "relay-8"})
		if err != nil {
			t.Fatal(err)
		}
		at := newPlace(t, w.relayKey, "relay-7", "one")
		const mine = "/api/v1/relays/relay-7"
		for _, auth := range []string{"", "Basic x", "Bearer", "Bearer x", "Bearer cnr_" + strings.Repeat("A", 43)} {
			resp := c.Refused(401, "unauthenticated", "PUT", mine, at.announcement(), "Authorization", auth)
			if resp.Header.Get("WWW-Authenticate") == "" {
				t.Errorf("%q: no WWW-Authenticate", auth)
			}
			c.Refused(401, "unauthenticated", "POST", mine+"/attendance", object{}, "Authorization", auth)
		}
		for _, key := range []string{other, w.organizerKey, w.supportKey} {
			c.Refused(403, "forbidden", "PUT", mine, at.announcement(), "Authorization", "Bearer "+key)
			c.Refused(403, "forbidden", "POST", mine+"/attendance", object{}, "Authorization", "Bearer "+key)
		}
		if n := at.probes(); n != 0 {
			t.Errorf("probed %d times for who is nobody", n)
		}
		// A relay of the fleet takes the address of another one for its own.
		c.Refused(422, "invalid", "PUT", "/api/v1/relays/relay-8", at.announcement(), "Authorization", "Bearer "+other)
		// So does another process with the same key, beside the one that is there.
		second := at.announcement()
		second["instance"] = "two"
		c.Refused(422, "invalid", "PUT", mine, second, "Authorization", "Bearer "+w.relayKey)
		if n := at.probes(); n != 2 {
			t.Errorf("probed %d times", n)
		}
		if list, err := w.db.Relays().Relays(t.Context()); err != nil || len(list) != 0 {
			t.Errorf("stored %v, %v", list, err)
		}
	})
}

func TestRelayAddressesAreBounded(t *testing.T) {
	each(t, func(t *testing.T, w *world, c *portaltest.Client) {
		at := newPlace(t, w.relayKey, "relay-7", "one")
		for pointer, change := range map[string]object{
			"/instance": {"instance": "a b"},
			"/region":   {"region": "EU"},
			"/whip":     {"whip": "https://169.254.169.254/whip", "whep": "https://169.254.169.254/whep", "control": "wss://169.254.169.254/control", "turn": []string{}},
			"/whep":     {"whep": "https://example.com/whep"},
			"/control":  {"control": "wss://example.com/control"},
			"/turn/0":   {"turn": []string{"turn:example.com:3478"}},
			"/capacity": {"capacity": -1},
			"/load":     {"load": 1_000_001},
			"/rooms":    {"rooms": make([]string, 101)},
			"/done/0":   {"done": []string{"?"}},
			"/snapshot": {"snapshot": -1},
		} {
			body := at.announcement()
			for k, v := range change {
				body[k] = v
			}
			resp := c.Refused(422, "invalid", "PUT", "/api/v1/relays/relay-7", body, "Authorization", "Bearer "+w.relayKey)
			if !strings.Contains(string(resp.Body), fmt.Sprintf("%q", pointer)) || strings.Count(string(resp.Body), "pointer") != 1 {
				t.Errorf("%s: %s", pointer, resp.Body)
			}
		}
		if at.probes() != 0 {
			t.Error("a bad announcement was probed")
		}
	})
}

func visit(seq int, kind, conference, participant string, at time.Time) object {
	return object{"seq": seq, "kind": kind, "conference": conference, "participant": participant, "name": "Mr James BOND", "role": "guest", "at": at}
}

func TestParticipants(t *testing.T) {
	each(t, func(t *testing.T, w *world, c *portaltest.Client) {
		at := newPlace(t, w.relayKey, "relay-7", "one")
		relay, auth := []string{"Authorization", "Bearer " + w.relayKey}, []string{"Authorization", "Bearer " + w.organizerKey}
		c.Expect(200, "PUT", "/api/v1/relays/relay-7", at.announcement(), relay...)
		id := w.create(c, nil)
		enter(c)
		identify(c)
		me := c.Expect(200, "POST", "/api/v1/join-tokens", object{"mode": "browser"})["participant"].(object)["id"].(string)
		people := "/api/v1/conferences/" + id + "/participants"
		report := func(visits ...object) {
			t.Helper()
			for range 2 { // at least once
				c.Expect(204, "POST", "/api/v1/relays/relay-7/attendance", object{"instance": "one", "visits": visits}, relay...)
			}
		}
		now := w.clock.Now()
		report(visit(1, "started", id, "", now), visit(2, "joined", id, me, now), visit(3, "joined", id, "other", now), visit(4, "joined", "unknown", "x", now))
		report(visit(5, "left", id, "other", now.Add(-time.Second)))
		page := c.Expect(200, "GET", people+"?limit=1", nil, auth...)
		next := c.Expect(200, "GET", people+"?limit=1&cursor="+page["nextCursor"].(string), nil, auth...)
		got := append(page["items"].([]any), next["items"].([]any)...)
		in := slices.IndexFunc(got, func(p any) bool { return p.(object)["id"] == me })
		if len(got) != 2 || next["nextCursor"] != nil || got[in].(object)["leftAt"] != nil || got[1-in].(object)["leftAt"] == nil || got[in].(object)["name"] != "Mr James BOND" {
			t.Fatalf("got %v", got)
		}
		if kinds := w.events.kinds(); !strings.HasPrefix(kinds, "conference.started participant.joined participant.joined") || !strings.HasSuffix(kinds, "participant.left") {
			t.Errorf("told of %s", kinds)
		}
		for _, query := range []string{"limit=0", "limit=101", "limit=x", "cursor=%3F"} {
			c.Refused(422, "invalid", "GET", people+"?"+query, nil, auth...)
		}
		c.Refused(404, "not-found", "GET", "/api/v1/conferences/unknown/participants", nil, auth...)

		c.Refused(404, "not-found", "DELETE", people+"/unknown", nil, auth...)
		c.Refused(404, "not-found", "DELETE", "/api/v1/conferences/unknown/participants/"+me, nil, auth...)
		for range 2 { // again is fine
			c.Expect(204, "DELETE", people+"/"+me, nil, auth...)
		}
		c.Refused(403, "conference-denied", "POST", "/api/v1/join-tokens", object{"mode": "browser"})
		orders := c.Expect(200, "PUT", "/api/v1/relays/relay-7", at.announcement(), relay...)
		told := orders["commands"].([]any)
		if len(told) != 1 || told[0].(object)["kind"] != "remove" || told[0].(object)["participant"] != me || told[0].(object)["conference"] != id {
			t.Fatalf("told %v", told)
		}
		done := at.announcement()
		done["done"] = []any{told[0].(object)["id"]}
		if orders := c.Expect(200, "PUT", "/api/v1/relays/relay-7", done, relay...); len(orders["commands"].([]any)) != 0 {
			t.Errorf("told again: %v", orders)
		}
		if !strings.Contains(w.log.String(), `"participant removed"`) {
			t.Error("nothing in the log says who removed whom")
		}
	})
}
