package standalone

import (
	"io"
	"net/http"
	"strings"
	"testing"
)

// Whatever the path looks like, one of the two planes answers: with an id, nosniff and a problem, never with a redirect.
func TestMountLeavesNoPathToNobody(t *testing.T) {
	r, _, _ := startSystem(t)
	for _, c := range []struct {
		method, path string
		status       int
	}{
		{http.MethodPost, "/api/v1//identity", http.StatusNotFound},
		{http.MethodGet, "/api/v1/../v1/identity", http.StatusNotFound},
		{http.MethodPost, "/whip//x", http.StatusNotFound},
		{http.MethodPost, "/whep/../whip", http.StatusNotFound},
		{http.MethodGet, "/whip", http.StatusMethodNotAllowed},
		{http.MethodPost, "/control", http.StatusUnsupportedMediaType},
		{http.MethodDelete, "/control/x", http.StatusNotFound},
	} {
		request, err := http.NewRequestWithContext(t.Context(), c.method, r.Portal, nil)
		if err != nil {
			t.Fatal(err)
		}
		request.URL.Opaque = c.path // as it is: no client cleans it
		response, err := http.DefaultTransport.RoundTrip(request)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(response.Body)
		response.Body.Close()
		if err != nil {
			t.Fatal(err)
		}
		h := response.Header
		if response.StatusCode != c.status || h.Get("X-Request-Id") == "" || h.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s %s: %s %v", c.method, c.path, response.Status, h)
		}
		if !strings.Contains(string(body), h.Get("X-Request-Id")) {
			t.Errorf("%s %s: the answer does not name the request: %s", c.method, c.path, body)
		}
	}
}
