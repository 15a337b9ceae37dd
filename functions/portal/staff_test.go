package portal_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/coopnet/coopnet/functions/portal/portaltest"
)

func TestPublishersManageKeys(t *testing.T) {
	each(t, func(t *testing.T, w *world, c *portaltest.Client) {
		auth := []string{"Authorization", "Bearer " + w.publisherKey}
		until := w.clock.Now().Add(time.Hour)
		made := c.Do("POST", "/api/v1/keys", object{"role": "organizer", "label": "Calendar", "readOnly": true, "expiresAt": until}, auth...)
		var k struct{ ID, Key, CreatedBy string }
		if err := json.Unmarshal(made.Body, &k); err != nil || made.Status != 201 || made.Header.Get("ETag") != `"1"` ||
			!strings.HasPrefix(k.Key, "cno_") || !strings.HasPrefix(k.CreatedBy, "key:") {
			t.Fatalf("%d %v %s %v", made.Status, made.Header, made.Body, err)
		}
		reader := []string{"Authorization", "Bearer " + k.Key}
		c.Expect(200, "GET", "/api/v1/conferences", nil, reader...)
		c.Refused(403, "forbidden", "POST", "/api/v1/conferences", object{"name": "Team A"}, reader...)
		id := w.create(c, nil)
		for _, path := range []string{"/conferences/" + id, "/conferences/" + id + "/participants", "/conferences/" + id + "/invitations",
			"/conferences/" + id + "/lobby", "/webhooks"} {
			c.Expect(200, "GET", "/api/v1"+path, nil, reader...)
		}
		c.Refused(403, "forbidden", "DELETE", "/api/v1/conferences/"+id+"/participants/x", nil, reader...)
		c.Refused(403, "forbidden", "POST", "/api/v1/webhooks", object{"url": "https://crm.example.com"}, reader...)

		list := c.Do("GET", "/api/v1/keys", nil, auth...)
		if list.Status != 200 || !strings.Contains(string(list.Body), k.ID) || strings.Contains(string(list.Body), k.Key) {
			t.Errorf("%d %s", list.Status, list.Body)
		}
		with := func(tag string) []string { return append([]string{"If-Match", tag}, auth...) }
		c.Refused(428, "precondition-required", "DELETE", "/api/v1/keys/"+k.ID, nil, auth...)
		c.Refused(412, "precondition-failed", "DELETE", "/api/v1/keys/"+k.ID, nil, with(`"2"`)...)
		c.Refused(404, "not-found", "DELETE", "/api/v1/keys/unknown", nil, with("*")...)
		for _, tag := range []string{`"1"`, "*"} { // again is fine
			c.Expect(204, "DELETE", "/api/v1/keys/"+k.ID, nil, with(tag)...)
		}
		c.Refused(401, "unauthenticated", "GET", "/api/v1/conferences", nil, reader...)
		if text := string(c.Do("GET", "/api/v1/keys", nil, auth...).Body); !strings.Contains(text, `"revokedBy":"key:`) || !strings.Contains(text, `"usedAt":`) {
			t.Errorf("got %s", text)
		}
		c.Refused(422, "invalid", "POST", "/api/v1/keys", object{"role": "boss"}, auth...)
		c.Refused(400, "malformed", "POST", "/api/v1/keys", object{"role": "support", "hash": "x"}, auth...)
		if strings.Contains(w.log.String(), k.Key) {
			t.Error("the log has a key")
		}
	})
}

func TestOnlyPublishersManageKeys(t *testing.T) {
	each(t, func(t *testing.T, w *world, c *portaltest.Client) {
		for _, call := range [][2]string{{"POST", "/api/v1/keys"}, {"GET", "/api/v1/keys"}, {"DELETE", "/api/v1/keys/x"}} {
			for _, auth := range []string{"", "Basic " + w.publisherKey, "Bearer", "Bearer x"} {
				resp := c.Refused(401, "unauthenticated", call[0], call[1], nil, "Authorization", auth)
				if resp.Header.Get("WWW-Authenticate") == "" {
					t.Errorf("%v %q: no WWW-Authenticate", call, auth)
				}
			}
			for _, key := range []string{w.organizerKey, w.supportKey} {
				c.Refused(403, "forbidden", call[0], call[1], nil, "Authorization", "Bearer "+key)
			}
		}
	})
}
