package portal_test

import (
	"encoding/base64"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/coopnet/coopnet/functions/portal/portaltest"
	"github.com/coopnet/coopnet/functions/staff"
)

// openToAll are the operations that ask for nothing: a new one must be meant to be here. What the guest calls of a report, of
// a diagnostic session and of a launch code need is the secret in the path.
func openToAll() []string {
	return []string{
		"GET /.well-known/jwks.json", "GET /api/v1/launch-codes/{code}", "GET /api/v1/openapi.json", "GET /api/v1/sign-in",
		"GET /api/v1/sign-in/callback", "GET /api/v1/site", "GET /api/v1/software", "GET /api/v1/software/{platform}/download", "GET /healthz",
		"GET /readyz", "DELETE /api/v1/diagnostics/{id}", "DELETE /api/v1/session", "POST /api/v1/admissions", "POST /api/v1/diagnostics",
		"POST /api/v1/diagnostics/{id}/complete", "POST /api/v1/diagnostics/{id}/upload", "POST /api/v1/diagnostics/sessions",
		"POST /api/v1/diagnostics/sessions/{id}/tokens", "POST /api/v1/launch-codes/{code}/redeem", "PUT /api/v1/identity",
	}
}

// operations returns the security schemes of each operation of the served document; nil asks for nothing, and what may
// be left out is left out.
func operations(t *testing.T, c *portaltest.Client) map[string][]string {
	t.Helper()
	var document struct {
		Paths map[string]map[string]json.RawMessage
	}
	if err := json.Unmarshal(c.Do("GET", "/api/v1/openapi.json", nil).Body, &document); err != nil {
		t.Fatal(err)
	}
	found := make(map[string][]string)
	for path, methods := range document.Paths {
		for method, text := range methods {
			if method == "parameters" {
				continue
			}
			var operation struct{ Security []map[string][]string }
			if err := json.Unmarshal(text, &operation); err != nil {
				t.Fatal(err)
			}
			var schemes []string
			if len(operation.Security) > 0 {
				schemes = slices.Sorted(maps.Keys(operation.Security[0]))
			}
			if len(operation.Security) > 1 { // an empty alternative
				schemes = []string{"optional"}
			}
			found[strings.ToUpper(method)+" "+path] = schemes
		}
	}
	return found
}

// TestEveryOperationAsksWho: of every operation that openapi.json says to need somebody, nobody, everybody of another
// role, and who may only read, are refused before anything is looked at.
func TestEveryOperationAsksWho(t *testing.T) {
	each(t, func(t *testing.T, w *world, c *portaltest.Client) {
		keys := map[string]string{"organizerKey": w.organizerKey, "supportKey": w.supportKey, "staffKey": w.publisherKey, "relayKey": w.relayKey}
		readers := make(map[string]string)
		for scheme, role := range map[string]staff.Role{"organizerKey": staff.Organizer, "supportKey": staff.Support} {
			_, plain, err := w.people.Create(t.Context(), "tests", staff.Draft{Role: role, ReadOnly: true})
			if err != nil {
				t.Fatal(err)
			}
			readers[scheme] = plain
		}
		var public []string
		for operation, schemes := range operations(t, c) {
			method, path, _ := strings.Cut(operation, " ")
			path = strings.NewReplacer("{", "", "}", "").Replace(path)
			ask := func(key string) portaltest.Response { return c.Do(method, path, nil, "Authorization", "Bearer "+key) }
			switch {
			case schemes == nil:
				public = append(public, operation)
				continue
			case slices.Contains(schemes, "optional"):
				continue
			case slices.Contains(schemes, "admission"):
				c.Refused(401, "unauthenticated", method, path, object{})
				continue
			}
			scheme := schemes[0]
			c.Refused(401, "unauthenticated", method, path, nil)
			for other, key := range keys {
				if got := ask(key); other != scheme && got.Status != 403 {
					t.Errorf("%s with %s: %d %s", operation, other, got.Status, got.Body)
				}
			}
			if key, ok := readers[scheme]; ok {
				if got := ask(key); (method == "GET") == (got.Status == 401 || got.Status == 403) {
					t.Errorf("%s with a key that may only read: %d %s", operation, got.Status, got.Body)
				}
			}
		}
		slices.Sort(public)
		want := openToAll()
		slices.Sort(want)
		if !slices.Equal(public, want) {
			t.Errorf("these operations ask for nothing: %q", public)
		}
	})
}

// TestIDsOfAnotherConference: what belongs to one conference is not there in another, whoever asks.
func TestIDsOfAnotherConference(t *testing.T) {
	each(t, func(t *testing.T, w *world, c *portaltest.Client) {
		auth := []string{"Authorization", "Bearer " + w.organizerKey}
		conference := func(id string) string { return "/api/v1/conferences/" + id }
		a, b := w.create(c, object{"guestPolicy": "lobby"}), w.create(c, object{"name": "Team B", "guestPolicy": "lobby"})
		invitation := c.Expect(201, "POST", conference(a)+"/invitations", object{"kind": "guest"}, auth...)
		theirs := conference(b) + "/invitations/" + invitation["id"].(string)
		c.Refused(404, "not-found", "DELETE", theirs, nil, append([]string{"If-Match", "*"}, auth...)...)
		guest, stranger := c.Fork(), w.colleague(c, b)
		guest.Expect(200, "POST", "/api/v1/admissions", object{"invitation": invitation["code"]})
		identify(guest)
		guest.Expect(202, "POST", "/api/v1/join-tokens", object{"mode": "browser"})
		waiting := c.Expect(200, "GET", conference(a)+"/lobby", nil, auth...)["items"].([]any)
		id := waiting[0].(object)["id"].(string)
		if there := c.Expect(200, "GET", conference(b)+"/lobby", nil, auth...)["items"].([]any); len(there) > 0 {
			t.Errorf("the other lobby has %v", there)
		}
		if door := stranger.Expect(200, "GET", "/api/v1/lobby", nil); len(door["items"].([]any)) > 0 {
			t.Errorf("the other door has %v", door)
		}
		c.Refused(404, "not-found", "POST", conference(b)+"/lobby/"+id, object{"admit": true}, auth...)
		stranger.Refused(404, "not-found", "POST", "/api/v1/lobby/"+id, object{"admit": true})
		c.Refused(404, "not-found", "DELETE", conference(b)+"/participants/"+id, nil, auth...)
		guest.Expect(202, "POST", "/api/v1/join-tokens", object{"mode": "browser"})
		guest.Refused(403, "forbidden", "POST", "/api/v1/lobby/"+id, object{"admit": true}) // nobody lets himself in
		guest.Refused(403, "forbidden", "GET", "/api/v1/lobby", nil)
	})
}

// TestTheSoftwareJoinsAsTheSamePerson: whom the identity provider vouches for is nobody else with the software, whatever
// identity the browser has; and what a guest does with it can be found, and erased, by the guest's address.
func TestTheSoftwareJoinsAsTheSamePerson(t *testing.T) {
	each(t, func(t *testing.T, w *world, c *portaltest.Client) {
		w.create(c, nil)
		person := func(ticket object) any {
			t.Helper()
			payload, err := base64.RawURLEncoding.DecodeString(strings.Split(ticket["token"].(string), ".")[1])
			var claims object
			if err != nil || json.Unmarshal(payload, &claims) != nil {
				t.Fatal(ticket, err)
			}
			return claims["person"]
		}
		guest, colleague := c.Fork(), c.Fork()
		enter(guest)
		identify(guest)
		signedIn(t, colleague, "anne", "/")
		colleague.Expect(200, "POST", "/api/v1/admissions", object{"name": "Team A"})
		for name, page := range map[string]*portaltest.Client{"Mr James BOND": guest, "Anne Martin": colleague} {
			for range 2 { // the second time the colleague has another identity too
				browser, software := page.Expect(200, "POST", "/api/v1/join-tokens", object{"mode": "browser"}), c.Fork()
				redeemed := software.Expect(200, "POST", launchPath+"/"+launch(page)+"/redeem", installed("1.0.0"))
				again := software.Expect(200, "POST", "/api/v1/join-tokens", object{"mode": "software"})
				for _, ticket := range []object{redeemed, again} {
					if who := ticket["participant"].(object); who["name"] != name || person(ticket) != person(browser) || person(ticket) == nil {
						t.Errorf("%s joins as %v, %v", name, who, person(ticket))
					}
				}
				identify(page)
			}
		}
	})
}
