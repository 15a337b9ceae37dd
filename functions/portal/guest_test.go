package portal_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coopnet/coopnet/functions/portal/portaltest"
)

func TestFromTheLinkToTheToken(t *testing.T) {
	each(t, func(t *testing.T, w *world, c *portaltest.Client) {
		w.create(c, object{"title": "Review", "welcome": "Good morning", "supportContact": "+33 2",
			"bridges": []object{{"kind": "audio", "number": "+33 1", "code": "42#"}}})
		c.Refused(401, "unauthenticated", "POST", "/api/v1/join-tokens", object{"mode": "browser"})
		got := c.Expect(200, "POST", "/api/v1/admissions", object{"name": "Team A", "password": "correct horse"})
		conf := got["conference"].(object)
		if got["identity"] != nil || got["next"] != "identify" || conf["title"] != "Review" || conf["status"] != "open" ||
			conf["welcome"] != "Good morning" || conf["supportContact"] != "+33 2" ||
			conf["bridges"].([]any)[0].(object)["number"] != "+33 1" {
			t.Errorf("got %v", got)
		}
		c.Refused(409, "conflict", "POST", "/api/v1/join-tokens", object{"mode": "browser"})
		identify(c)
		got = c.Expect(200, "POST", "/api/v1/admissions", object{"name": "Team A", "password": "correct horse"})
		if got["identity"].(object)["name"] != "James BOND" || got["next"] != "software" {
			t.Errorf("got %v", got)
		}
		first := c.Expect(200, "POST", "/api/v1/join-tokens", object{"mode": "browser"})
		second := c.Expect(200, "POST", "/api/v1/join-tokens", object{"mode": "browser"})
		one, two := first["participant"].(object), second["participant"].(object)
		if one["name"] != "Mr James BOND" || one["role"] != "guest" || one["id"] != two["id"] || first["token"] == second["token"] {
			t.Errorf("got %v then %v", first, second)
		}
		if s, _ := json.Marshal(first["permissions"]); string(s) != `["view","chat","annotate"]` {
			t.Errorf("permissions %s", s)
		}
		c.Expect(204, "DELETE", "/api/v1/admissions", nil)
		c.Refused(401, "unauthenticated", "POST", "/api/v1/join-tokens", object{"mode": "browser"})
	})
}

func TestColleaguesComeByLink(t *testing.T) {
	each(t, func(t *testing.T, w *world, c *portaltest.Client) {
		id := w.create(c, object{"guestPolicy": "deny"})
		for kind, want := range map[string]string{
			"internal":  `["view","share","control","chat","annotate"]`,
			"organizer": `["view","share","control","chat","annotate","moderate"]`,
		} {
			inv := c.Expect(201, "POST", "/api/v1/conferences/"+id+"/invitations", object{"kind": kind}, "Authorization", "Bearer "+w.organizerKey)
			if inv["url"] != publicURL+"/#invitation="+inv["code"].(string) || inv["kind"] != kind {
				t.Errorf("got %v", inv)
			}
			c.Expect(200, "POST", "/api/v1/admissions", object{"invitation": inv["code"]})
			identify(c)
			got := c.Expect(200, "POST", "/api/v1/join-tokens", object{"mode": "browser"})
			if s, _ := json.Marshal(got["permissions"]); string(s) != want || got["participant"].(object)["role"] != kind {
				t.Errorf("got %v", got)
			}
			listed := c.Expect(200, "GET", "/api/v1/conferences/"+id+"/invitations?kind="+kind, nil, "Authorization", "Bearer "+w.organizerKey)
			if items := listed["items"].([]any); len(items) != 1 || items[0].(object)["kind"] != kind {
				t.Errorf("listed %v", listed)
			}
		}
		c.Refused(422, "invalid", "POST", "/api/v1/conferences/"+id+"/invitations", object{"kind": "king"}, "Authorization", "Bearer "+w.organizerKey)
	})
}

func TestEveryRefusalHasTheSameBytes(t *testing.T) {
	each(t, func(t *testing.T, w *world, c *portaltest.Client) {
		now := w.clock.Now()
		w.create(c, nil)
		w.create(c, object{"name": "Later", "startsAt": now.Add(time.Hour)})
		w.create(c, object{"name": "Later and closed", "startsAt": now.Add(time.Hour), "guestPolicy": "deny"})
		w.create(c, object{"name": "Over", "endsAt": now.Add(time.Second)})
		w.create(c, object{"name": "Closed", "guestPolicy": "deny"})
		ended := w.create(c, object{"name": "Ended"})
		c.Expect(200, "POST", "/api/v1/conferences/"+ended+"/end", nil, "Authorization", "Bearer "+w.organizerKey)
		w.clock.Advance(time.Second)
		var first []byte
		for _, body := range []object{
			{"name": "Team A", "password": "wrong"}, {"name": "Unknown", "password": "correct horse"}, {"name": "team a", "password": "correct horse"},
			{"name": "Team A ", "password": "correct horse"}, {"name": "Later", "password": "wrong"}, {"name": "Later and closed", "password": "correct horse"}, {"name": "Over", "password": "correct horse"},
			{"name": "Closed", "password": "correct horse"}, {"name": "Ended", "password": "correct horse"}, {"invitation": "nonsense"},
		} {
			resp := c.Refused(403, "conference-denied", "POST", "/api/v1/admissions", body)
			same := bytes.ReplaceAll(resp.Body, []byte(resp.Header.Get("X-Request-Id")), nil)
			if first == nil {
				first = same
			}
			if !bytes.Equal(first, same) || len(resp.Cookies) > 0 {
				t.Errorf("%v: %s %v, want %s", body, same, resp.Cookies, first)
			}
		}
	})
}

// TestNotOpenYet: what only the right password, or a personal link, is told.
func TestNotOpenYet(t *testing.T) {
	each(t, func(t *testing.T, w *world, c *portaltest.Client) {
		c.Refused(401, "unauthenticated", "GET", "/api/v1/admissions", nil)
		starts := w.clock.Now().Add(time.Hour)
		id := w.create(c, object{"startsAt": starts, "openBefore": 10, "timezone": "Asia/Tokyo"})
		link := c.Expect(201, "POST", "/api/v1/conferences/"+id+"/invitations", object{"kind": "guest"}, "Authorization", "Bearer "+w.organizerKey)
		for _, attempt := range []object{{"name": "Team A", "password": "correct horse"}, {"invitation": link["code"]}} {
			conf := c.Expect(200, "POST", "/api/v1/admissions", attempt)["conference"].(object)
			if conf["status"] != "scheduled" || conf["opensAt"] != starts.Add(-10*time.Minute).Format(time.RFC3339) ||
				conf["opensIn"] != 3000.0 || conf["timezone"] != "Asia/Tokyo" {
				t.Errorf("got %v", conf)
			}
		}
		identify(c)
		c.Refused(403, "conference-denied", "POST", "/api/v1/join-tokens", object{"mode": "browser"})
		c.Refused(403, "conference-denied", "POST", "/api/v1/launch-codes", nil)
		w.clock.Advance(49*time.Minute + 59*time.Second + time.Millisecond)
		if in := c.Expect(200, "GET", "/api/v1/admissions", nil)["conference"].(object)["opensIn"]; in != 1.0 {
			t.Errorf("opens in %v s", in)
		}
		w.clock.Advance(time.Second)
		got := c.Expect(200, "GET", "/api/v1/admissions", nil)
		if conf := got["conference"].(object); conf["status"] != "open" || conf["opensIn"] != 0.0 || got["next"] != "software" {
			t.Errorf("got %v", got)
		}
		c.Expect(200, "POST", "/api/v1/join-tokens", object{"mode": "browser"})
		c.Expect(200, "POST", "/api/v1/conferences/"+id+"/end", nil, "Authorization", "Bearer "+w.organizerKey)
		c.Refused(403, "conference-denied", "GET", "/api/v1/admissions", nil)
	})
}

// TestALinkThatSaysWhoComes needs nothing more; who says to be somebody else is that.
func TestALinkThatSaysWhoComes(t *testing.T) {
	each(t, func(t *testing.T, w *world, c *portaltest.Client) {
		id := w.create(c, nil)
		invite := func(who object) any {
			who["kind"] = "guest"
			return c.Expect(201, "POST", "/api/v1/conferences/"+id+"/invitations", who, "Authorization", "Bearer "+w.organizerKey)["code"]
		}
		for _, half := range []object{{"name": "Ada"}, {"email": "ada@example.org"}, {"name": "...", "email": "ada@example.org"}} {
			if got := c.Expect(200, "POST", "/api/v1/admissions", object{"invitation": invite(half)}); got["next"] != "identify" || got["identity"] != nil {
				t.Errorf("%v: %v", half, got)
			}
		}
		got := c.Expect(200, "POST", "/api/v1/admissions", object{"invitation": invite(object{"name": "Ada Byron", "email": "ada@example.org"})})
		if who, _ := got["identity"].(object); got["next"] != "join" || who["name"] != "Ada Byron" || who["email"] != "ada@example.org" || got["signedIn"] != false {
			t.Errorf("got %v", got)
		}
		name := func() any {
			return c.Expect(200, "POST", "/api/v1/join-tokens", object{"mode": "browser"})["participant"].(object)["name"]
		}
		if got := name(); got != "Ada Byron" {
			t.Errorf("joins as %v", got)
		}
		identify(c)
		if got := name(); got != "Mr James BOND" {
			t.Errorf("joins as %v", got)
		}
		if got := c.Expect(200, "GET", "/api/v1/admissions", nil); got["identity"].(object)["name"] != "James BOND" || got["next"] != "join" {
			t.Errorf("got %v", got)
		}
	})
}

func TestGuessingGetsRetryAfter(t *testing.T) {
	each(t, func(t *testing.T, w *world, c *portaltest.Client) {
		w.create(c, nil)
		for range 8 {
			c.Refused(403, "conference-denied", "POST", "/api/v1/admissions", object{"name": "Team A", "password": "wrong"})
		}
		resp := c.Refused(429, "rate-limited", "POST", "/api/v1/admissions", object{"name": "Team A", "password": "correct horse"},
			"X-Forwarded-For", "198.51.100.7") // nobody trusts this header here
		if resp.Header.Get("Retry-After") != "15" {
			t.Errorf("Retry-After %q", resp.Header.Get("Retry-After"))
		}
	})
}

func TestCookieAttributes(t *testing.T) {
	each(t, func(t *testing.T, w *world, c *portaltest.Client) {
		w.create(c, nil)
		session := object{"name": "Ada", "email": "ada@example.org"}
		remembered := object{"name": "Ada", "email": "ada@example.org", "remember": true}
		for _, call := range []struct {
			method, path string
			body         any
			name         string
			maxAge       int
		}{
			{"POST", "/api/v1/admissions", object{"name": "Team A", "password": "correct horse"}, "__Host-admission", 12 * 3600},
			{"PUT", "/api/v1/identity", session, "__Host-identity", 0},
			{"PUT", "/api/v1/identity", remembered, "__Host-identity", 180 * 24 * 3600},
			{"DELETE", "/api/v1/identity", nil, "__Host-identity", -1},
			{"DELETE", "/api/v1/admissions", nil, "__Host-admission", -1},
		} {
			resp := c.Do(call.method, call.path, call.body)
			if len(resp.Cookies) != 1 {
				t.Fatalf("%s %s: %d %s %v", call.method, call.path, resp.Status, resp.Body, resp.Cookies)
			}
			k := resp.Cookies[0]
			if k.Name != call.name || !k.Secure || !k.HttpOnly || k.SameSite != http.SameSiteLaxMode || k.Path != "/" || k.Domain != "" || k.MaxAge != call.maxAge {
				t.Errorf("%s %s: %+v", call.method, call.path, k)
			}
		}
	})
}

func TestIdentity(t *testing.T) {
	each(t, func(t *testing.T, w *world, c *portaltest.Client) {
		nobody(t, c)
		// A value that was planted is never adopted.
		planted := strings.Repeat("A", 43)
		c.Cookies["__Host-identity"] = &http.Cookie{Name: "__Host-identity", Value: planted}
		nobody(t, c)
		identify(c)
		first := c.Cookies["__Host-identity"].Value
		if first == planted || len(first) != 43 {
			t.Errorf("the cookie is %q", first)
		}
		got := c.Expect(200, "GET", "/api/v1/identity", nil)
		if got["title"] != "Mr" || got["name"] != "James BOND" || got["email"] != "james@example.org" || got["remember"] != false {
			t.Errorf("got %v", got)
		}
		old := c.Fork()
		identify(c)
		if c.Cookies["__Host-identity"].Value == first {
			t.Error("the value did not change")
		}
		nobody(t, old)
		copied := c.Fork()
		c.Expect(204, "DELETE", "/api/v1/identity", nil)
		nobody(t, copied) // dead on the server too
		c.Expect(204, "DELETE", "/api/v1/identity", nil)
	})
}

func TestRememberedIdentityExpires(t *testing.T) {
	each(t, func(t *testing.T, w *world, c *portaltest.Client) {
		identify(c)
		w.clock.Advance(24 * time.Hour)
		nobody(t, c)
		c.Expect(200, "PUT", "/api/v1/identity", object{"name": "Ada", "email": "ada@example.org", "remember": true})
		w.clock.Advance(179 * 24 * time.Hour)
		c.Expect(200, "GET", "/api/v1/identity", nil)
		w.clock.Advance(24 * time.Hour)
		nobody(t, c)
	})
}

func TestIdentityIsValidated(t *testing.T) {
	each(t, func(t *testing.T, w *world, c *portaltest.Client) {
		ok := object{"title": "Dr", "name": "Ada", "email": "ada@example.org"}
		for field, bad := range map[string][]any{
			"title": {strings.Repeat("x", 41), "a\u0007"},
			"name":  {"", "   ", strings.Repeat("x", 101), "Ada\u202e", "a\u2066b", "a\nb", "\u3164", "Ada\u200b", "Ad\u00ada", "Ada\U000e0041", "...", "\u200d"},
			"email": {"", "ada", "Ada <ada@example.org>", "ada@", "a@b\u0000", strings.Repeat("x", 250) + "@example.org"},
		} {
			for _, v := range bad {
				body := object{}
				for k, good := range ok {
					body[k] = good
				}
				body[field] = v
				resp := c.Refused(422, "invalid", "PUT", "/api/v1/identity", body)
				if !strings.Contains(string(resp.Body), `"pointer":"/`+field+`"`) {
					t.Errorf("%s %q: %s", field, v, resp.Body)
				}
			}
		}
		got := c.Expect(200, "PUT", "/api/v1/identity", object{"name": "  Ada <b>  ", "email": "ada@example.org"})
		if got["name"] != "Ada <b>" { // markup is text; pages render text
			t.Errorf("got %v", got)
		}
		c.Refused(400, "malformed", "PUT", "/api/v1/identity", object{"name": "x", "email": "a@b.c", "role": "internal"})
	})
}

func TestIdentitiesPerAddressAreLimited(t *testing.T) {
	each(t, func(t *testing.T, w *world, c *portaltest.Client) {
		ada := object{"name": "Ada", "email": "ada@example.org"}
		identify(c)
		// The rest of the burst without a write for each.
		for _, address := range []string{"127.0.0.1", "192.0.2.1"} { // of the two transports
			for range 1999 {
				if wait, err := w.limiter.Spend(t.Context(), "i:"+address, 2000, 2*time.Second); wait > 0 || err != nil {
					t.Fatal(wait, err)
				}
			}
		}
		resp := c.Refused(429, "rate-limited", "PUT", "/api/v1/identity", ada)
		if resp.Header.Get("Retry-After") != "2" {
			t.Errorf("Retry-After %q", resp.Header.Get("Retry-After"))
		}
	})
}

func TestForeignCookies(t *testing.T) {
	each(t, func(t *testing.T, w *world, c *portaltest.Client) {
		w.create(c, nil)
		enter(c)
		identify(c)
		admission, who := c.Cookies["__Host-admission"].Value, c.Cookies["__Host-identity"].Value
		for what, value := range map[string]string{
			"forged": "x.y", "empty": "", "the other cookie": who, "cut": admission[:len(admission)-2], "changed": "A" + admission,
		} {
			c.Cookies["__Host-admission"].Value = value
			resp := c.Refused(401, "unauthenticated", "POST", "/api/v1/join-tokens", object{"mode": "browser"})
			if resp.Header.Get("X-Request-Id") == "" {
				t.Error(what)
			}
		}
		c.Cookies["__Host-admission"].Value, c.Cookies["__Host-identity"].Value = admission, admission
		c.Refused(409, "conflict", "POST", "/api/v1/join-tokens", object{"mode": "browser"})
		c.Cookies["__Host-identity"].Value = who
		w.clock.Advance(12 * time.Hour)
		c.Refused(401, "unauthenticated", "POST", "/api/v1/join-tokens", object{"mode": "browser"})
	})
}

func TestNoRelay(t *testing.T) {
	each(t, func(t *testing.T, w *world, c *portaltest.Client) {
		w.create(c, object{"region": "nowhere"})
		enter(c)
		identify(c)
		c.Refused(503, "unavailable", "POST", "/api/v1/join-tokens", object{"mode": "browser"})
	})
}

// nobody expects that the browser has no identity.
func nobody(t *testing.T, c *portaltest.Client) {
	t.Helper()
	if resp := c.Do("GET", "/api/v1/identity", nil); resp.Status != 200 || strings.TrimSpace(string(resp.Body)) != "null" {
		t.Errorf("identity: %d %s, want null", resp.Status, resp.Body)
	}
}
