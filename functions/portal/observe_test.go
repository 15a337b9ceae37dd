package portal_test

import (
	"context"
	"net/http"
	"slices"
	"sync"
	"testing"

	"github.com/coopnet/coopnet/functions/portal"
	"github.com/coopnet/coopnet/functions/portal/portaltest"
)

// TestEveryAnswerIsObserved: refusals with their code, panics as such, and by the route's pattern, never by its path.
func TestEveryAnswerIsObserved(t *testing.T) {
	var mu sync.Mutex
	var seen []portal.Observation
	build := func(t *testing.T) http.Handler {
		seen = nil
		mux := http.NewServeMux()
		mux.HandleFunc("GET /api/v1/things/{id}", func(w http.ResponseWriter, r *http.Request) {
			if r.PathValue("id") == "broken" {
				panic("a bug")
			}
			w.WriteHeader(http.StatusNoContent)
		})
		handler, err := portal.New(portal.Config{API: []*http.ServeMux{mux}, PublicURL: publicURL, Observe: func(_ context.Context, o portal.Observation) {
			mu.Lock()
			defer mu.Unlock()
			o.Duration = 0
			seen = append(seen, o)
		}})
		if err != nil {
			t.Fatal(err)
		}
		return handler
	}
	portaltest.Run(t, build, func(t *testing.T, c *portaltest.Client) {
		c.Expect(http.StatusNoContent, http.MethodGet, "/api/v1/things/secret", nil)
		c.Refused(http.StatusInternalServerError, "internal", http.MethodGet, "/api/v1/things/broken", nil)
		c.Refused(http.StatusNotFound, "not-found", http.MethodGet, "/api/v1/nothing", nil)
		c.Refused(http.StatusMethodNotAllowed, "method-not-allowed", http.MethodPost, "/api/v1/things/x", nil)
		want := []portal.Observation{
			{Route: "GET /api/v1/things/{id}", Status: http.StatusNoContent},
			{Route: "GET /api/v1/things/{id}", Status: http.StatusInternalServerError, Code: "internal", Panicked: true},
			{Route: "none", Status: http.StatusNotFound, Code: "not-found"},
			{Route: "none", Status: http.StatusMethodNotAllowed, Code: "method-not-allowed"},
		}
		mu.Lock()
		defer mu.Unlock()
		if !slices.Equal(seen, want) {
			t.Errorf("observed %+v", seen)
		}
	})
}
