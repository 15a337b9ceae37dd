package portal_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/coopnet/coopnet/functions/portal/portaltest"
	"github.com/coopnet/coopnet/functions/staff"
)

func TestOrganizers(t *testing.T) {
	each(t, func(t *testing.T, w *world, c *portaltest.Client) {
		key := []string{"Authorization", "bearer " + w.organizerKey}
		resp := c.Do("POST", "/api/v1/conferences", object{"name": "Team A", "title": "Review"}, key...)
		if resp.Status != 201 || resp.Header.Get("ETag") != `"1"` || !strings.HasPrefix(resp.Header.Get("Location"), "/api/v1/conferences/") {
			t.Fatalf("%d %v %s", resp.Status, resp.Header, resp.Body)
		}
		where := resp.Header.Get("Location")
		got := c.Expect(200, "GET", where, nil, key...)
		if got["password"] != nil || got["passwordHash"] != nil || got["title"] != "Review" || got["openBefore"] != 15.0 {
			t.Errorf("got %v", got)
		}
		c.Refused(409, "conflict", "POST", "/api/v1/conferences", object{"name": "Team A"}, key...)
		c.Refused(422, "invalid", "POST", "/api/v1/conferences", object{"name": ""}, key...)
		c.Refused(400, "malformed", "POST", "/api/v1/conferences", object{"name": "x", "passwordHash": "y"}, key...)
		bad := c.Refused(422, "invalid", "POST", "/api/v1/conferences", object{"name": "x", "startsAt": "tomorrow", "openBefore": "soon"}, key...)
		for _, want := range []string{`{"pointer":"/startsAt","detail":"must be a time such as`, `{"pointer":"/openBefore","detail":"must be a whole number"}`} {
			if !strings.Contains(string(bad.Body), want) {
				t.Errorf("%s lacks %s", bad.Body, want)
			}
		}
		c.Expect(201, "POST", "/api/v1/conferences", object{"name": "Team B", "password": "given by me"}, key...)
		page := c.Expect(200, "GET", "/api/v1/conferences?limit=1", nil, key...)
		next := c.Expect(200, "GET", "/api/v1/conferences?limit=1&cursor="+page["nextCursor"].(string), nil, key...)
		if page["items"].([]any)[0].(object)["id"] == next["items"].([]any)[0].(object)["id"] || next["nextCursor"] != nil {
			t.Errorf("got %v then %v", page, next)
		}
		for _, query := range []string{"limit=0", "limit=101", "limit=x", "status=x", "cursor=x"} {
			c.Refused(422, "invalid", "GET", "/api/v1/conferences?"+query, nil, key...)
		}
		if got := c.Expect(200, "POST", where+"/end", nil, key...); got["status"] != "ended" || got["endedAt"] == nil {
			t.Errorf("got %v", got)
		}
		c.Refused(404, "not-found", "GET", "/api/v1/conferences/unknown", nil, key...)
	})
}

func TestOnlyOrganizersOrganize(t *testing.T) {
	each(t, func(t *testing.T, w *world, c *portaltest.Client) {
		for _, call := range [][2]string{{"POST", "/api/v1/conferences"}, {"GET", "/api/v1/conferences"}, {"GET", "/api/v1/conferences/x"},
			{"POST", "/api/v1/conferences/x/end"}, {"POST", "/api/v1/conferences/x/invitations"}, {"GET", "/api/v1/conferences/x/invitations"},
			{"PATCH", "/api/v1/conferences/x"}, {"DELETE", "/api/v1/conferences/x"}, {"POST", "/api/v1/conferences/x/password"},
			{"POST", "/api/v1/webhooks"}, {"GET", "/api/v1/webhooks"}, {"GET", "/api/v1/webhooks/x"}, {"DELETE", "/api/v1/webhooks/x"},
			{"GET", "/api/v1/conferences/x/lobby"}, {"POST", "/api/v1/conferences/x/lobby/y"},
			{"GET", "/api/v1/conferences/x/participants"}, {"DELETE", "/api/v1/conferences/x/participants/y"},
			{"GET", "/api/v1/conferences/x/invite.ics"}, {"DELETE", "/api/v1/conferences/x/invitations/y"}} {
			for _, auth := range []string{"", "Basic " + w.organizerKey, "Bearer", "Bearer x", "Bearer cno_" + strings.Repeat("A", 43)} {
				resp := c.Refused(401, "unauthenticated", call[0], call[1], nil, "Authorization", auth)
				if resp.Header.Get("WWW-Authenticate") == "" {
					t.Errorf("%v %q: no WWW-Authenticate", call, auth)
				}
			}
			c.Refused(403, "forbidden", call[0], call[1], nil, "Authorization", "Bearer "+w.supportKey)
		}
	})
}

func TestRevokedKey(t *testing.T) {
	each(t, func(t *testing.T, w *world, c *portaltest.Client) {
		people, err := staff.New(staff.Config{Store: w.db.Staff(), Now: w.clock.Now})
		if err != nil {
			t.Fatal(err)
		}
		keys, err := people.List(t.Context())
		if err != nil || len(keys) != 4 {
			t.Fatal(keys, err)
		}
		c.Expect(200, "GET", "/api/v1/conferences", nil, "Authorization", "Bearer "+w.organizerKey)
		if err := people.Revoke(t.Context(), "tests", keys[0].ID); err != nil {
			t.Fatal(err)
		}
		c.Refused(401, "unauthenticated", "GET", "/api/v1/conferences", nil, "Authorization", "Bearer "+w.organizerKey)
	})
}

func TestInvitationsAreRevoked(t *testing.T) {
	each(t, func(t *testing.T, w *world, c *portaltest.Client) {
		auth := []string{"Authorization", "Bearer " + w.organizerKey}
		links := "/api/v1/conferences/" + w.create(c, nil) + "/invitations"
		made := c.Do("POST", links, object{"kind": "internal"}, auth...)
		var inv struct{ ID, Code string }
		if err := json.Unmarshal(made.Body, &inv); err != nil || made.Status != 201 || made.Header.Get("ETag") != `"1"` {
			t.Fatalf("%d %v %s %v", made.Status, made.Header, made.Body, err)
		}
		link := links + "/" + inv.ID
		c.Expect(200, "POST", "/api/v1/admissions", object{"invitation": inv.Code})
		identify(c)
		c.Expect(200, "POST", "/api/v1/join-tokens", object{"mode": "browser"})

		with := func(tag string) []string { return append([]string{"If-Match", tag}, auth...) }
		c.Refused(428, "precondition-required", "DELETE", link, nil, auth...)
		for _, other := range []string{`"2"`, `W/"1"`, "1", `"a", "b"`} {
			c.Refused(412, "precondition-failed", "DELETE", link, nil, with(other)...)
		}
		elsewhere := w.create(c, object{"name": "Another"})
		c.Refused(404, "not-found", "DELETE", "/api/v1/conferences/"+elsewhere+"/invitations/"+inv.ID, nil, with("*")...)
		c.Refused(404, "not-found", "DELETE", links+"/unknown", nil, with("*")...)
		c.Expect(200, "POST", "/api/v1/join-tokens", object{"mode": "browser"}) // nothing has happened yet

		for _, tag := range []string{`"0", "1"`, `"1"`, "*"} { // again is fine
			c.Expect(204, "DELETE", link, nil, with(tag)...)
		}
		c.Refused(403, "conference-denied", "POST", "/api/v1/join-tokens", object{"mode": "browser"})
		c.Refused(403, "conference-denied", "POST", "/api/v1/admissions", object{"invitation": inv.Code})
	})
}
