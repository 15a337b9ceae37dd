package portal_test

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coopnet/coopnet/functions/conference"
	"github.com/coopnet/coopnet/functions/portal/portaltest"
)

func TestTheSameRequestTwice(t *testing.T) {
	each(t, func(t *testing.T, w *world, c *portaltest.Client) {
		key := []string{"Authorization", "Bearer " + w.organizerKey}
		id := w.create(c, nil)
		for path, body := range map[string]object{
			"/api/v1/conferences":                        {"name": "Twice"},
			"/api/v1/conferences/" + id + "/invitations": {"kind": "guest", "name": "Ada"},
			"/api/v1/conferences/" + id + "/password":    {},
		} {
			with := append([]string{"Idempotency-Key", "key of " + path}, key...)
			c.Refused(422, "invalid", "POST", path, body, with...) // a space is not visible
			with[1] = "key-of-" + path
			first := c.Do("POST", path, body, with...)
			for range 3 {
				w.clock.Advance(time.Hour)
				again := c.Do("POST", path, body, with...)
				if why := differ(first, again); why != "" || first.Status >= 300 {
					t.Errorf("%s: %s: %d %s then %d %s", path, why, first.Status, first.Body, again.Status, again.Body)
				}
			}
			other := maps.Clone(body)
			other["name"] = "Another"
			if strings.HasSuffix(path, "password") {
				other = object{"password": "given by me"}
			}
			c.Refused(422, "invalid", "POST", path, other, with...)
		}
		c.Refused(422, "invalid", "POST", "/api/v1/conferences/"+id+"/end", nil, append([]string{"Idempotency-Key", "key-of-/api/v1/conferences"}, key...)...)
		c.Refused(422, "invalid", "POST", "/api/v1/conferences", object{"name": "x"}, append([]string{"Idempotency-Key", strings.Repeat("k", 256)}, key...)...)
		for range 2 {
			c.Expect(200, "POST", "/api/v1/conferences/"+id+"/end", nil, append([]string{"Idempotency-Key", "end"}, key...)...)
		}
		w.clock.Advance(24 * time.Hour) // a key is known for a day
		c.Refused(409, "conflict", "POST", "/api/v1/conferences", object{"name": "Twice"}, append([]string{"Idempotency-Key", "key-of-/api/v1/conferences"}, key...)...)
	})
}

// differ says what is different in two answers to the same request.
func differ(a, b portaltest.Response) string {
	own := func(h http.Header) http.Header {
		h = h.Clone()
		h.Del("X-Request-Id")
		h.Del("Date")
		return h
	}
	switch {
	case a.Status != b.Status:
		return "status"
	case string(a.Body) != string(b.Body):
		return "body"
	case !maps.EqualFunc(own(a.Header), own(b.Header), slices.Equal):
		return fmt.Sprint("headers ", a.Header, b.Header)
	case a.Header.Get("X-Request-Id") == b.Header.Get("X-Request-Id"):
		return "the ids of requests are the same"
	}
	return ""
}

// A refusal does not use the key up: whoever puts the request right may send it under the same key.
func TestARefusedRequestMayBePutRight(t *testing.T) {
	each(t, func(t *testing.T, w *world, c *portaltest.Client) {
		with := []string{"Authorization", "Bearer " + w.organizerKey, "Idempotency-Key", "k"}
		c.Refused(422, "invalid", "POST", "/api/v1/conferences", object{"name": ""}, with...)
		c.Expect(201, "POST", "/api/v1/conferences", object{"name": "Team B"}, with...)
		c.Refused(401, "unauthenticated", "POST", "/api/v1/conferences", object{"name": "Team B"}, "Idempotency-Key", "k")
		c.Refused(403, "forbidden", "POST", "/api/v1/conferences", object{"name": "Team B"}, "Idempotency-Key", "k", "Authorization", "Bearer "+w.supportKey)
	})
}

func TestTheSameRequestInParallel(t *testing.T) {
	each(t, func(t *testing.T, w *world, c *portaltest.Client) {
		var mu sync.Mutex
		var first *portaltest.Response
		var asking sync.WaitGroup
		for range 100 {
			client := c.Fork()
			asking.Go(func() {
				got := client.Do("POST", "/api/v1/conferences", object{"name": "Once"}, "Authorization", "Bearer "+w.organizerKey, "Idempotency-Key", "k")
				mu.Lock()
				defer mu.Unlock()
				if first == nil {
					first = &got
				} else if why := differ(*first, got); why != "" || got.Status != 201 {
					t.Errorf("%s: %d %s, %d %s", why, first.Status, first.Body, got.Status, got.Body)
				}
			})
		}
		asking.Wait()
		page, err := w.db.Conference().Conferences(t.Context(), conference.Query{Limit: 10})
		if err != nil || len(page.Conferences) != 1 {
			t.Errorf("%d conferences, %v", len(page.Conferences), err)
		}
	})
}
