package portal_test

import (
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/coopnet/coopnet/functions/portal/portaltest"
)

// TestOpenAPIHasEveryRoute reads the domains' sources for their patterns: a ServeMux does not list them.
func TestOpenAPIHasEveryRoute(t *testing.T) {
	raw, err := os.ReadFile("openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	d, w := portaltest.ReadDocument(t, raw), newWorld(t)
	documented := make(map[string]bool)
	for path, operations := range d.Paths {
		for method := range operations {
			pattern := strings.ToUpper(method) + " " + path
			documented[pattern] = true
			r, err := http.NewRequestWithContext(t.Context(), strings.ToUpper(method), regexp.MustCompile(`\{\w+\}`).ReplaceAllString(path, "x"), nil)
			if err != nil {
				t.Fatal(err)
			}
			if slices.Contains([]string{"/healthz", "/readyz", "/api/v1/openapi.json"}, path) {
				continue // the portal's own; TestOpenAPIShapes calls them
			}
			if !slices.ContainsFunc(w.muxes, func(m *http.ServeMux) bool { _, p := m.Handler(r); return p == pattern }) {
				t.Errorf("%s is documented and has no handler", pattern)
			}
		}
	}
	sources, err := filepath.Glob("../*/*.go")
	if err != nil {
		t.Fatal(err)
	}
	routed := make(map[string]bool)
	for _, source := range sources {
		code, err := os.ReadFile(source)
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(source, "_test.go") {
			continue
		}
		for _, p := range regexp.MustCompile(`\.Handle(?:Func)?\("([^"]+)"`).FindAllSubmatch(code, -1) {
			routed[string(p[1])] = true
			if !documented[string(p[1])] {
				t.Errorf("%s has a handler in %s and is not documented", p[1], source)
			}
		}
	}
	if len(routed) != len(documented) {
		t.Errorf("%d routes in the sources, %d documented", len(routed), len(documented))
	}
}

// TestOpenAPIShapes makes real calls and checks bodies and answers against the schemas.
func TestOpenAPIShapes(t *testing.T) {
	each(t, func(t *testing.T, w *world, c *portaltest.Client) {
		portaltest.Contract(t, c, portaltest.Subject{
			Organizer: w.organizerKey, Support: w.supportKey, Publisher: w.publisherKey, Relay: w.relayKey, Now: w.clock.Now,
			Announcement: newPlace(t, w.relayKey, portaltest.RelayID, "one").announcement(),
			Draft:        func(version, content string) map[string]any { return w.draft(version, content, nil) },
			SignIn: func(provider string) string {
				where, err := url.Parse(provider)
				if err != nil {
					t.Fatal(err)
				}
				return answer(where.Query().Get("state"), "anne")
			},
		})
	})
}
