package portal_test

import (
	"strings"
	"testing"

	"github.com/coopnet/coopnet/functions/portal/portaltest"
)

func TestWebhooks(t *testing.T) {
	each(t, func(t *testing.T, w *world, c *portaltest.Client) {
		key := []string{"Authorization", "Bearer " + w.organizerKey}
		with := func(more ...string) []string { return append(more, key...) }
		made := c.Do("POST", "/api/v1/webhooks", object{"url": "https://example.com/hook", "events": []string{"conference.ended"}}, with("Idempotency-Key", "k")...)
		again := c.Do("POST", "/api/v1/webhooks", object{"url": "https://example.com/hook", "events": []string{"conference.ended"}}, with("Idempotency-Key", "k")...)
		if why := differ(made, again); why != "" || made.Status != 201 || made.Header.Get("ETag") != `"1"` || !strings.Contains(string(made.Body), `"secret":"whsec_`) {
			t.Fatalf("%s: %d %v %s", why, made.Status, made.Header, made.Body)
		}
		where := made.Header.Get("Location")
		if got := c.Expect(200, "GET", where, nil, key...); got["secret"] != nil || got["url"] != "https://example.com/hook" || got["waiting"] != 0.0 {
			t.Errorf("got %v", got)
		}
		c.Refused(422, "invalid", "POST", "/api/v1/webhooks", object{"url": "https://169.254.169.254/latest"}, key...)
		c.Refused(422, "invalid", "POST", "/api/v1/webhooks", object{"url": "https://example.com/", "events": []string{"x"}}, key...)
		c.Refused(422, "invalid", "POST", "/api/v1/webhooks", object{"url": "https://example.com/other"}, with("Idempotency-Key", "k")...)

		id := w.create(c, nil)
		c.Expect(200, "POST", "/api/v1/conferences/"+id+"/end", nil, key...)
		c.Expect(200, "POST", "/api/v1/conferences/"+id+"/end", nil, key...)
		if got := c.Expect(200, "GET", where, nil, key...); got["waiting"] != 1.0 {
			t.Errorf("the end of a conference is not told once: %v", got)
		}
		if got := c.Expect(200, "GET", "/api/v1/webhooks", nil, key...); len(got["items"].([]any)) != 1 || got["nextCursor"] != nil {
			t.Errorf("got %v", got)
		}
		c.Refused(428, "precondition-required", "DELETE", where, nil, key...)
		c.Refused(412, "precondition-failed", "DELETE", where, nil, with("If-Match", `"2"`)...)
		c.Expect(204, "DELETE", where, nil, with("If-Match", `"1"`)...)
		c.Refused(404, "not-found", "DELETE", where, nil, with("If-Match", "*")...)
		c.Refused(404, "not-found", "GET", where, nil, key...)
	})
}
