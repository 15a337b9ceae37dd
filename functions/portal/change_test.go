package portal_test

import (
	"strings"
	"testing"
	"time"

	"github.com/coopnet/coopnet/functions/portal/portaltest"
)

func TestConferencesAreChanged(t *testing.T) {
	each(t, func(t *testing.T, w *world, c *portaltest.Client) {
		key := []string{"Authorization", "Bearer " + w.organizerKey}
		with := func(more ...string) []string { return append(more, key...) }
		where := "/api/v1/conferences/" + w.create(c, object{"title": "Review"})
		c.Refused(428, "precondition-required", "PATCH", where, object{"title": "Next"}, key...)
		c.Refused(412, "precondition-failed", "PATCH", where, object{"title": "Next"}, with("If-Match", `"7"`)...)
		c.Refused(415, "unsupported-media-type", "PATCH", where, "title=x", with("If-Match", "*", "Content-Type", "application/x-www-form-urlencoded")...)
		c.Refused(415, "unsupported-media-type", "POST", where+"/password", object{}, with("Content-Type", "application/merge-patch+json")...)
		c.Refused(400, "malformed", "PATCH", where, object{"status": "ended"}, with("If-Match", "*")...)
		resp := c.Do("PATCH", where, object{"title": "Next", "welcome": nil}, with("If-Match", `"1"`, "Content-Type", "application/merge-patch+json")...)
		if resp.Status != 200 || resp.Header.Get("ETag") != `"2"` || !strings.Contains(string(resp.Body), `"title":"Next"`) {
			t.Errorf("%d %v %s", resp.Status, resp.Header, resp.Body)
		}
		c.Refused(412, "precondition-failed", "PATCH", where, object{"title": "Again"}, with("If-Match", `"1"`)...)
		if got := c.Expect(200, "GET", where, nil, key...); got["title"] != "Next" || got["version"] != 2.0 || got["updatedAt"] == nil {
			t.Errorf("got %v", got)
		}

		c.Refused(428, "precondition-required", "DELETE", where, nil, key...)
		c.Refused(412, "precondition-failed", "DELETE", where, nil, with("If-Match", `"1"`)...)
		c.Expect(204, "DELETE", where, nil, with("If-Match", `"2"`)...)
		for _, call := range [][2]string{{"GET", ""}, {"PATCH", ""}, {"DELETE", ""}, {"POST", "/password"}, {"GET", "/invite.ics"}, {"GET", "/invitations"}} {
			c.Refused(404, "not-found", call[0], where+call[1], object{}, with("If-Match", "*")...)
		}
	})
}

func TestPasswordsAreReplaced(t *testing.T) {
	each(t, func(t *testing.T, w *world, c *portaltest.Client) {
		key := []string{"Authorization", "Bearer " + w.organizerKey}
		where := "/api/v1/conferences/" + w.create(c, nil)
		enter(c)
		identify(c)
		c.Expect(200, "POST", "/api/v1/join-tokens", object{"mode": "browser"})
		for _, body := range []any{nil, object{}, object{"password": nil}} { // generated
			got := c.Expect(200, "POST", where+"/password", body, key...)
			c.Refused(403, "conference-denied", "POST", "/api/v1/join-tokens", object{"mode": "browser"})
			c.Expect(200, "POST", "/api/v1/admissions", object{"name": "Team A", "password": got["password"]})
			c.Expect(200, "POST", "/api/v1/join-tokens", object{"mode": "browser"})
		}
		resp := c.Do("POST", where+"/password", object{"password": "given by me"}, key...)
		if resp.Status != 200 || resp.Header.Get("ETag") != `"5"` || strings.Contains(string(resp.Body), `"password"`) {
			t.Errorf("%d %v %s", resp.Status, resp.Header, resp.Body)
		}
	})
}

func TestInvitationsAreListed(t *testing.T) {
	each(t, func(t *testing.T, w *world, c *portaltest.Client) {
		key := []string{"Authorization", "Bearer " + w.organizerKey}
		ends := w.clock.Now().Add(time.Hour)
		links := "/api/v1/conferences/" + w.create(c, object{"endsAt": ends}) + "/invitations"
		made := c.Expect(201, "POST", links, object{"kind": "guest", "name": "Ada", "email": "ada@example.org"}, key...)
		w.clock.Advance(time.Second)
		c.Expect(201, "POST", links, object{"kind": "internal"}, key...)
		page := c.Expect(200, "GET", links+"?limit=1", nil, key...)
		second := c.Expect(200, "GET", links+"?limit=1&cursor="+page["nextCursor"].(string), nil, key...)
		one := second["items"].([]any)[0].(object)
		if one["id"] != made["id"] || one["name"] != "Ada" || one["code"] != nil || one["expiresAt"] != ends.Format(time.RFC3339) || second["nextCursor"] != nil {
			t.Errorf("got %v", second)
		}
		c.Expect(204, "DELETE", links+"/"+made["id"].(string), nil, append([]string{"If-Match", "*"}, key...)...)
		for query, want := range map[string]int{"": 2, "?kind=guest": 1, "?status=live": 1, "?status=revoked": 1, "?kind=internal&status=revoked": 0} {
			if got := c.Expect(200, "GET", links+query, nil, key...)["items"].([]any); len(got) != want {
				t.Errorf("%s: %v", query, got)
			}
		}
		for _, query := range []string{"limit=0", "limit=101", "limit=x", "status=x", "kind=king", "cursor=x"} {
			c.Refused(422, "invalid", "GET", links+"?"+query, nil, key...)
		}
	})
}

func TestAppointment(t *testing.T) {
	each(t, func(t *testing.T, w *world, c *portaltest.Client) {
		key := []string{"Authorization", "Bearer " + w.organizerKey}
		id := w.create(c, object{"startsAt": w.clock.Now().Add(time.Hour), "timezone": "Europe/Paris"})
		resp := c.Do("GET", "/api/v1/conferences/"+id+"/invite.ics", nil, key...)
		h := resp.Header
		if resp.Status != 200 || h.Get("Content-Type") != "text/calendar; charset=utf-8; method=PUBLISH" || h.Get("ETag") != `"1"` ||
			!strings.HasPrefix(h.Get("Content-Disposition"), "attachment") || !strings.HasPrefix(string(resp.Body), "BEGIN:VCALENDAR\r\n") {
			t.Errorf("%d %v %s", resp.Status, h, resp.Body)
		}
		c.Refused(409, "conflict", "GET", "/api/v1/conferences/"+w.create(c, object{"name": "Team B"})+"/invite.ics", nil, key...)
	})
}
