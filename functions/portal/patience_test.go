package portal_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"testing"
	"time"

	"github.com/coopnet/coopnet/functions/portal"
	"github.com/coopnet/coopnet/functions/portal/portaltest"
	"github.com/coopnet/coopnet/shared/problem"
)

// TestNoCallTakesLong: whatever its parts wait for, and but for those that wait for somebody outside.
func TestNoCallTakesLong(t *testing.T) {
	wait := problem.Handler(slog.New(slog.DiscardHandler), func(w http.ResponseWriter, r *http.Request) error {
		deadline, ok := r.Context().Deadline()
		if !ok {
			return errors.New("there is no deadline")
		}
		if time.Until(deadline) > time.Second { // one of the patient ones
			w.Header().Set("X-Patience", time.Until(deadline).Round(time.Second).String())
			return problem.Answer(w, http.StatusOK, map[string]any{})
		}
		<-r.Context().Done()
		return context.Cause(r.Context())
	})
	build := func(t *testing.T) http.Handler {
		mux := http.NewServeMux()
		for _, pattern := range []string{"GET /api/v1/slow", "PUT /api/v1/relays/{id}", "GET /api/v1/sign-in/callback"} {
			mux.Handle(pattern, wait)
		}
		handler, err := portal.New(portal.Config{API: []*http.ServeMux{mux}, PublicURL: publicURL, Patience: 50 * time.Millisecond})
		if err != nil {
			t.Fatal(err)
		}
		return handler
	}
	portaltest.Run(t, build, func(t *testing.T, c *portaltest.Client) {
		if resp := c.Refused(http.StatusServiceUnavailable, "unavailable", http.MethodGet, "/api/v1/slow", nil); resp.Header.Get("Retry-After") == "" {
			t.Error("no Retry-After")
		}
		for path, want := range map[string]string{"PUT /api/v1/relays/x": "3s", "GET /api/v1/sign-in/callback": "7s"} {
			method, path := path[:3], path[4:]
			if resp := c.Do(method, path, nil); resp.Header.Get("X-Patience") != want {
				t.Errorf("%s %s: %d %s", method, path, resp.Status, resp.Header.Get("X-Patience"))
			}
		}
	})
}
