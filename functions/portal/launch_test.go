package portal_test

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coopnet/coopnet/functions/portal/portaltest"
	"github.com/coopnet/coopnet/shared/jointoken"
	"github.com/coopnet/coopnet/shared/release"
)

const launchPath = "/api/v1/launch-codes"

func (w *world) publicKeys() []ed25519.PublicKey {
	return []ed25519.PublicKey{w.publishing.Public().(ed25519.PublicKey)}
}

// ready makes a conference and brings a guest into it, as far as the choice of the software.
func (w *world) ready(c *portaltest.Client, fields object) (conferenceID string) {
	id := w.create(c, fields)
	enter(c)
	identify(c)
	return id
}

func launch(c *portaltest.Client) string {
	return c.Expect(201, "POST", launchPath, nil)["code"].(string)
}

func installed(version string) object { return object{"version": version, "platform": windows} }

func TestSoftwareTakesOver(t *testing.T) {
	each(t, func(t *testing.T, w *world, page *portaltest.Client) {
		software := page.Fork()
		page.Refused(401, "unauthenticated", "POST", launchPath, nil)
		w.create(page, nil)
		enter(page)
		page.Refused(409, "conflict", "POST", launchPath, nil)
		identify(page)
		made := page.Expect(201, "POST", launchPath, nil)
		code := made["code"].(string)
		if !regexp.MustCompile(`^[A-Za-z0-9_-]{22,64}$`).MatchString(code) || made["url"] != "coopnet://join/"+code {
			t.Errorf("got %v", made)
		}
		if got := page.Expect(200, "GET", launchPath+"/"+code, nil); got["status"] != "waiting" || got["version"] != nil {
			t.Errorf("got %v", got)
		}
		got := software.Expect(200, "POST", launchPath+"/"+code+"/redeem", installed("1.0.0"))
		browser := page.Expect(200, "POST", "/api/v1/join-tokens", object{"mode": "browser"})
		who := got["participant"].(object)
		if who["name"] != "Mr James BOND" || who["id"] != browser["participant"].(object)["id"] || who["role"] != "guest" {
			t.Errorf("got %v, the page has %v", got, browser)
		}
		if s, _ := json.Marshal(got["permissions"]); string(s) != `["view","share","chat","annotate"]` {
			t.Errorf("the software may %s", s)
		}
		if s, _ := json.Marshal(browser["permissions"]); string(s) != `["view","chat","annotate"]` {
			t.Errorf("the page may %s", s)
		}
		if got := page.Expect(200, "GET", launchPath+"/"+code, nil); got["status"] != "redeemed" || got["version"] != "1.0.0" || got["platform"] != windows {
			t.Errorf("got %v", got)
		}
		software.Refused(409, "conflict", "POST", launchPath+"/"+code+"/redeem", installed("1.0.0"))
		// After a network failure the software comes back by its own admission, without a page.
		again := software.Expect(200, "POST", "/api/v1/join-tokens", object{"mode": "software"})
		if s, _ := json.Marshal(again["permissions"]); !strings.Contains(string(s), "share") || again["participant"].(object)["name"] != "Mr James BOND" {
			t.Errorf("got %v", again)
		}
	})
}

func TestGuestsShareFromWhereTheyMay(t *testing.T) {
	each(t, func(t *testing.T, w *world, c *portaltest.Client) {
		for share, want := range map[string][2]bool{"none": {false, false}, "software": {false, true}, "browser": {true, true}} {
			fork := c.Fork()
			id := w.ready(fork, object{"permissions": object{"guestShare": share}})
			page := fork.Expect(200, "POST", "/api/v1/join-tokens", object{"mode": "software"})
			software := c.Fork().Expect(200, "POST", launchPath+"/"+launch(fork)+"/redeem", installed("1.0.0"))
			for i, ticket := range []object{page, software} {
				s, _ := json.Marshal(ticket["permissions"])
				if strings.Contains(string(s), "share") != want[i] || strings.Contains(string(s), "control") {
					t.Errorf("%s: %s", share, s)
				}
			}
			fork.Expect(200, "POST", "/api/v1/conferences/"+id+"/end", nil, "Authorization", "Bearer "+w.organizerKey)
		}
	})
}

func TestLaunchCodeEnds(t *testing.T) {
	each(t, func(t *testing.T, w *world, c *portaltest.Client) {
		id := w.ready(c, nil)
		code := launch(c)
		w.clock.Advance(5 * time.Minute)
		c.Refused(404, "not-found", "POST", launchPath+"/"+code+"/redeem", installed("1.0.0"))
		if got := c.Expect(200, "GET", launchPath+"/"+code, nil); got["status"] != "expired" {
			t.Errorf("got %v", got)
		}
		w.clock.Advance(time.Hour)
		c.Refused(404, "not-found", "GET", launchPath+"/"+code, nil)
		c.Refused(404, "not-found", "POST", launchPath+"/"+strings.Repeat("x", 32)+"/redeem", installed("1.0.0"))
		code = launch(c)
		for _, body := range []object{{}, {"version": "1", "platform": windows}, {"version": "1.0.0", "platform": "x"}} {
			c.Refused(422, "invalid", "POST", launchPath+"/"+code+"/redeem", body)
		}
		c.Expect(200, "POST", "/api/v1/conferences/"+id+"/end", nil, "Authorization", "Bearer "+w.organizerKey)
		c.Refused(403, "conference-denied", "POST", launchPath+"/"+code+"/redeem", installed("1.0.0"))
		c.Refused(403, "conference-denied", "POST", launchPath, nil)
	})
}

func TestLaunchCodeIsRedeemedOnce(t *testing.T) {
	each(t, func(t *testing.T, w *world, c *portaltest.Client) {
		w.ready(c, nil)
		code := launch(c)
		var wg sync.WaitGroup
		statuses := make([]int, 10)
		for i := range statuses {
			software := c.Fork()
			wg.Go(func() { statuses[i] = software.Do("POST", launchPath+"/"+code+"/redeem", installed("1.0.0")).Status })
		}
		wg.Wait()
		won := 0
		for _, s := range statuses {
			if s == 200 {
				won++
			} else if s != 409 {
				t.Errorf("a loser got %d", s)
			}
		}
		if won != 1 {
			t.Errorf("%d won", won)
		}
		for range 19 {
			launch(c)
		}
		c.Refused(429, "rate-limited", "POST", launchPath, nil)
	})
}

// A minimum version is asked when the software joins, and never of who is inside.
func TestUpgradeIsRequired(t *testing.T) {
	each(t, func(t *testing.T, w *world, c *portaltest.Client) {
		w.ready(c, nil)
		inside := c.Fork()
		inside.Expect(200, "POST", launchPath+"/"+launch(c)+"/redeem", installed("1.0.0"))
		bump := func(m *release.Manifest) { m.MinimumVersion = "1.5.0" }
		w.publish(t, c, with1(w.draft("2.0.0", "new", bump), "rollout", 50), "new")
		code := launch(c)
		c.Fork().Expect(200, "POST", launchPath+"/"+code+"/redeem", installed("1.4.9")) // not everybody can have it yet
		c.Expect(200, "PATCH", releasesPath+"/"+windows+"/2.0.0", object{"rollout": 100}, w.publisher("If-Match", "*")...)

		code = launch(c)
		resp := c.Refused(426, "upgrade-required", "POST", launchPath+"/"+code+"/redeem", installed("1.4.9"))
		var p struct {
			Release struct{ Version, URL, Manifest string }
		}
		if err := json.Unmarshal(resp.Body, &p); err != nil || p.Release.Version != "2.0.0" || !strings.HasSuffix(p.Release.URL, "download?version=2.0.0") {
			t.Errorf("%s %v", resp.Body, err)
		}
		if got := c.Expect(200, "GET", launchPath+"/"+code, nil); got["status"] != "waiting" || got["version"] != "1.4.9" || got["platform"] != windows {
			t.Errorf("the code is spent, or the page does not know: %v", got)
		}
		inside.Expect(200, "POST", "/api/v1/join-tokens", object{"mode": "software"})
		c.Fork().Expect(200, "POST", launchPath+"/"+code+"/redeem", installed("1.5.0"))
		if got := c.Expect(200, "GET", launchPath+"/"+code, nil); got["status"] != "redeemed" || got["version"] != "1.5.0" {
			t.Errorf("got %v", got)
		}
		code = launch(c)
		c.Fork().Expect(200, "POST", launchPath+"/"+code+"/redeem", object{"version": "0.1.0", "platform": "linux-arm64"}) // nothing to install there
	})
}

// A guest who has to be let in waits in the software as in the page: the code is used, and the admission asks again.
func TestSoftwareWaitsInTheLobby(t *testing.T) {
	each(t, func(t *testing.T, w *world, page *portaltest.Client) {
		id := w.ready(page, object{"guestPolicy": "lobby"})
		code, software := launch(page), page.Fork()
		clear(software.Cookies)
		resp := software.Do("POST", launchPath+"/"+code+"/redeem", installed("1.0.0"))
		if resp.Status != 202 || resp.Header.Get("Retry-After") != "3" || len(resp.Cookies) != 1 {
			t.Fatalf("%d %v %s", resp.Status, resp.Header, resp.Body)
		}
		software.Refused(409, "conflict", "POST", launchPath+"/"+code+"/redeem", installed("1.0.0"))
		software.Expect(202, "POST", "/api/v1/join-tokens", object{"mode": "software"})
		key := []string{"Authorization", "Bearer " + w.organizerKey}
		lobby := "/api/v1/conferences/" + id + "/lobby"
		waits := page.Expect(200, "GET", lobby, nil, key...)["items"].([]any)
		if len(waits) != 1 || waits[0].(object)["name"] != "Mr James BOND" {
			t.Fatalf("got %v", waits)
		}
		page.Expect(200, "POST", lobby+"/"+waits[0].(object)["id"].(string), object{"admit": true}, key...)
		got := software.Expect(200, "POST", "/api/v1/join-tokens", object{"mode": "software"})
		if got["participant"].(object)["name"] != "Mr James BOND" {
			t.Errorf("got %v", got)
		}
	})
}

// claim is one of the join token in an answer; the relay's tests verify such tokens.
func claim(t *testing.T, ticket object, name string) any {
	t.Helper()
	text, err := base64.RawURLEncoding.DecodeString(strings.Split(ticket["token"].(string), ".")[1])
	if err != nil {
		t.Fatal(err)
	}
	var claims object
	if err := json.Unmarshal(text, &claims); err != nil {
		t.Fatal(err)
	}
	return claims[name]
}

// TestSoftwareIsThePerson of the page, by whose pseudonym its attendance is erased; a colleague too, who never says a name.
func TestSoftwareIsThePerson(t *testing.T) {
	each(t, func(t *testing.T, w *world, c *portaltest.Client) {
		w.create(c, nil)
		guest, colleague := c.Fork(), c.Fork()
		enter(guest)
		identify(guest)
		signedIn(t, colleague, "anne", "/")
		colleague.Expect(200, "POST", "/api/v1/admissions", object{"name": "Team A"})
		for email, page := range map[string]*portaltest.Client{"james@example.org": guest, "anne@company.example": colleague} {
			software := c.Fork()
			got := page.Expect(200, "POST", "/api/v1/join-tokens", object{"mode": "browser"})
			mine := software.Expect(200, "POST", launchPath+"/"+launch(page)+"/redeem", installed("1.0.0"))
			again := software.Expect(200, "POST", "/api/v1/join-tokens", object{"mode": "software"})
			for _, ticket := range []object{got, mine, again} {
				if claim(t, ticket, "person") != jointoken.Person(email) || claim(t, ticket, "name") != claim(t, got, "name") || claim(t, ticket, "role") != claim(t, got, "role") {
					t.Errorf("%s: got %v, the page has %v", email, ticket["participant"], got["participant"])
				}
			}
		}
	})
}
