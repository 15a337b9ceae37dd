package portal_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/coopnet/coopnet/functions/portal/portaltest"
)

// TestTheLogIsCalm: what happens all the time and says nothing is for debugging only.
func TestTheLogIsCalm(t *testing.T) {
	each(t, func(t *testing.T, w *world, c *portaltest.Client) {
		for _, call := range []struct {
			method, path string
			level        string
		}{
			{http.MethodGet, "/healthz", "DEBUG"},
			{http.MethodGet, "/readyz", "DEBUG"},
			{http.MethodGet, "/", "DEBUG"},
			{http.MethodGet, "/favicon.svg", "DEBUG"},
			{http.MethodGet, "/assets/missing.js", "INFO"},
			{http.MethodGet, "/api/v1/identity", "INFO"},
			{http.MethodPost, "/healthz", "INFO"},
		} {
			before := len(w.log.String())
			c.Do(call.method, call.path, nil)
			if line := w.log.String()[before:]; !strings.Contains(line, `"level":"`+call.level+`","msg":"request"`) {
				t.Errorf("%s %s: not at %s: %s", call.method, call.path, call.level, line)
			}
		}
		if err := w.db.Close(); err != nil {
			t.Fatal(err)
		}
		before := len(w.log.String())
		c.Do(http.MethodGet, "/readyz", nil)
		if line := w.log.String()[before:]; !strings.Contains(line, `"level":"INFO","msg":"request"`) {
			t.Errorf("a server that is not ready: %s", line)
		}
	})
}
