package portal_test

import (
	"testing"

	"github.com/coopnet/coopnet/functions/portal/portaltest"
)

// colleague is a browser of an internal participant.
func (w *world) colleague(c *portaltest.Client, id string) *portaltest.Client {
	inv := c.Expect(201, "POST", "/api/v1/conferences/"+id+"/invitations", object{"kind": "internal"}, "Authorization", "Bearer "+w.organizerKey)
	inside := c.Fork()
	clear(inside.Cookies)
	inside.Expect(200, "POST", "/api/v1/admissions", object{"invitation": inv["code"]})
	inside.Expect(200, "PUT", "/api/v1/identity", object{"name": "Anne Martin", "email": "anne@example.org"})
	return inside
}

func TestLobby(t *testing.T) {
	each(t, func(t *testing.T, w *world, c *portaltest.Client) {
		key := []string{"Authorization", "Bearer " + w.organizerKey}
		id := w.create(c, object{"guestPolicy": "lobby"})
		lobby := "/api/v1/conferences/" + id + "/lobby"
		inside := w.colleague(c, id)
		inside.Expect(200, "POST", "/api/v1/join-tokens", object{"mode": "browser"})
		var guests []*portaltest.Client
		for range 3 {
			guest := c.Fork()
			enter(guest)
			identify(guest)
			resp := guest.Do("POST", "/api/v1/join-tokens", object{"mode": "browser"})
			if resp.Status != 202 || resp.Header.Get("Retry-After") != "3" || string(resp.Body) != `{"status":"waiting","retryAfter":3}` {
				t.Fatalf("%d %v %s", resp.Status, resp.Header, resp.Body)
			}
			guests = append(guests, guest)
		}
		page := c.Expect(200, "GET", lobby+"?limit=2", nil, key...)
		rest := c.Expect(200, "GET", lobby+"?limit=2&cursor="+page["nextCursor"].(string), nil, key...)
		seen := append(page["items"].([]any), rest["items"].([]any)...)
		if len(seen) != 3 || rest["nextCursor"] != nil {
			t.Fatalf("got %v", seen)
		}
		one := seen[0].(object)
		if one["name"] != "Mr James BOND" || one["role"] != "guest" || one["status"] != "waiting" || one["email"] != nil {
			t.Errorf("got %v", one)
		}
		admitted, refused := seen[0].(object)["id"].(string), seen[1].(object)["id"].(string)
		c.Refused(422, "invalid", "POST", lobby+"/"+admitted, object{}, key...)
		c.Refused(404, "not-found", "POST", lobby+"/unknown", object{"admit": true}, key...)
		c.Expect(200, "POST", lobby+"/"+admitted, object{"admit": true}, key...)

		door := inside.Expect(200, "GET", "/api/v1/lobby", nil)
		if door["waiting"] != 2.0 || door["retryAfter"] != 3.0 || len(door["items"].([]any)) != 2 {
			t.Errorf("got %v", door)
		}
		if got := inside.Expect(200, "POST", "/api/v1/lobby/"+refused, object{"admit": false}); got["status"] != "refused" || got["decidedBy"] != nil {
			t.Errorf("got %v", got)
		}
		inside.Refused(422, "invalid", "POST", "/api/v1/lobby/"+refused, object{"admit": nil})
		inside.Refused(404, "not-found", "POST", "/api/v1/lobby/unknown", object{"admit": true})
		inside.Refused(403, "csrf", "POST", "/api/v1/lobby/"+refused, object{"admit": true}, "Origin", "https://evil.example", "Sec-Fetch-Site", "cross-site")

		answers := map[int]int{}
		for _, guest := range guests {
			answers[guest.Do("POST", "/api/v1/join-tokens", object{"mode": "browser"}).Status]++
			guest.Refused(403, "forbidden", "GET", "/api/v1/lobby", nil)
			guest.Refused(403, "forbidden", "POST", "/api/v1/lobby/"+refused, object{"admit": true})
		}
		if answers[200] != 1 || answers[202] != 1 || answers[403] != 1 {
			t.Errorf("answers %v", answers)
		}
		c.Refused(401, "unauthenticated", "GET", "/api/v1/lobby", nil)
		for status, want := range map[string]int{"waiting": 1, "admitted": 1, "refused": 1} {
			if got := c.Expect(200, "GET", lobby+"?status="+status, nil, key...)["items"].([]any); len(got) != want {
				t.Errorf("%s: %v", status, got)
			}
		}
		for _, query := range []string{"limit=0", "limit=101", "status=x", "cursor=x"} {
			c.Refused(422, "invalid", "GET", lobby+"?"+query, nil, key...)
		}
	})
}

// A conference without a lobby has an empty one, which is looked at less often.
func TestNoLobby(t *testing.T) {
	each(t, func(t *testing.T, w *world, c *portaltest.Client) {
		door := w.colleague(c, w.create(c, nil)).Expect(200, "GET", "/api/v1/lobby", nil)
		if door["waiting"] != 0.0 || door["retryAfter"] != 15.0 || len(door["items"].([]any)) != 0 {
			t.Errorf("got %v", door)
		}
	})
}
