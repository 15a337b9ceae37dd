package portal_test

import (
	"encoding/json"
	"fmt"
	"math"
	"mime"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/coopnet/coopnet/functions/portal/portaltest"
)

// document is the served OpenAPI file with what the tests need of it.
type document struct {
	Paths      map[string]map[string]operation
	Components struct{ Schemas map[string]object }
}

type operation struct {
	OperationID string
	RequestBody *struct{ Content map[string]content }
	Responses   map[string]struct{ Content map[string]content }
}

type content struct{ Schema object }

func readDocument(t *testing.T, body []byte) document {
	t.Helper()
	var d document
	if err := json.Unmarshal(body, &d); err != nil {
		t.Fatal(err)
	}
	return d
}

// TestOpenAPIHasEveryRoute reads the domains' sources for their patterns: a ServeMux does not list them.
func TestOpenAPIHasEveryRoute(t *testing.T) {
	raw, err := os.ReadFile("openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	d, w := readDocument(t, raw), newWorld(t)
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
		s := shapes{t: t, c: c, d: readDocument(t, c.Do("GET", "/api/v1/openapi.json", nil).Body), seen: make(map[string]bool)}
		auth := "Bearer " + w.organizerKey
		starts, ends := w.clock.Now(), w.clock.Now().Add(time.Hour)
		made := s.call(201, "POST", "/api/v1/conferences", "", object{
			"name": "Team A", "title": "T", "description": "D", "externalId": "E", "startsAt": starts, "endsAt": ends, "timezone": "Europe/Paris",
			"openBefore": 5, "bridges": []object{{"kind": "video", "label": "L", "country": "FR", "number": "1", "code": "2"}}, "maxParticipants": 9,
			"guestPolicy": "accept", "permissions": object{"guestShare": "browser"}, "region": "eu-1", "retentionDays": 7, "welcome": "W", "supportContact": "S",
		}, auth)
		id, password := made["id"].(string), made["password"].(string)
		s.call(409, "POST", "/api/v1/conferences", "", object{"name": "Team A"}, auth)
		s.call(200, "GET", "/api/v1/conferences", "", nil, auth)
		s.call(200, "GET", "/api/v1/conferences/{id}", id, nil, auth)
		s.call(404, "GET", "/api/v1/conferences/{id}", "x", nil, auth)
		s.call(401, "GET", "/api/v1/conferences/{id}", "x", nil, "")
		link := s.call(201, "POST", "/api/v1/conferences/{id}/invitations", id, object{"kind": "guest", "name": "Ada", "email": "ada@example.org"}, auth)
		s.call(200, "GET", "/api/v1/conferences/{id}/invitations", id, nil, auth)
		s.call(200, "GET", "/api/v1/conferences/{id}/invite.ics", id, nil, auth)
		s.call(200, "PATCH", "/api/v1/conferences/{id}", id, object{"title": "Next", "welcome": nil}, auth)
		s.call(422, "PATCH", "/api/v1/conferences/{id}", id, object{"name": "Team B"}, auth)
		password = s.call(200, "POST", "/api/v1/conferences/{id}/password", id, object{}, auth)["password"].(string)
		s.call(204, "DELETE", "/api/v1/conferences/{id}/invitations/{iid}", id+" "+link["id"].(string), nil, auth)
		s.call(403, "POST", "/api/v1/admissions", "", object{"name": "Team A", "password": "wrong"}, "")
		s.call(200, "POST", "/api/v1/admissions", "", object{"name": "Team A", "password": password}, "")
		s.call(409, "POST", "/api/v1/join-tokens", "", object{"mode": "browser"}, "")
		s.call(200, "GET", "/api/v1/identity", "", nil, "")
		s.call(200, "PUT", "/api/v1/identity", "", object{"title": "Mr", "name": "B", "email": "b@example.org", "remember": true}, "")
		s.call(200, "GET", "/api/v1/identity", "", nil, "")
		s.call(200, "POST", "/api/v1/admissions", "", object{"name": "Team A", "password": password}, "")
		s.call(200, "POST", "/api/v1/join-tokens", "", object{"mode": "software"}, "")
		s.lobby(w, id, auth)
		hook := s.call(201, "POST", "/api/v1/webhooks", "", object{"url": "https://example.com/", "events": []string{"conference.ended"}}, auth)["id"].(string)
		s.call(200, "GET", "/api/v1/webhooks", "", nil, auth)
		s.call(200, "GET", "/api/v1/webhooks/{id}", hook, nil, auth)
		s.call(204, "DELETE", "/api/v1/webhooks/{id}", hook, nil, auth)
		s.call(200, "GET", "/api/v1/software", "", nil, "")
		s.reports(w)
		s.releases(w)
		s.launches()
		publisher := w.bearer("/api/v1/keys")
		key := s.call(201, "POST", "/api/v1/keys", "", object{"role": "support", "label": "L", "readOnly": true, "expiresAt": ends}, publisher)
		s.call(204, "DELETE", "/api/v1/keys/{id}", key["id"].(string), nil, publisher)
		s.call(200, "GET", "/api/v1/keys", "", nil, publisher)
		s.call(200, "GET", "/.well-known/jwks.json", "", nil, "")
		s.call(200, "GET", "/healthz", "", nil, "")
		s.call(200, "GET", "/readyz", "", nil, "")
		s.call(200, "GET", "/api/v1/openapi.json", "", nil, "")
		s.call(204, "DELETE", "/api/v1/identity", "", nil, "")
		s.call(200, "GET", "/api/v1/site", "", nil, "")
		s.call(200, "GET", "/api/v1/session", "", nil, "") // null
		s.call(303, "GET", "/api/v1/sign-in", "", nil, "")
		s.call(303, "GET", "/api/v1/sign-in/callback?code=anne&state="+begin(t, c, "/").Get("state"), "", nil, "")
		s.call(200, "GET", "/api/v1/session", "", nil, "")
		s.call(200, "POST", "/api/v1/admissions", "", object{"name": "Team A"}, "")
		s.call(200, "POST", "/api/v1/join-tokens", "", object{"mode": "browser"}, "")
		s.call(204, "DELETE", "/api/v1/session", "", nil, "")
		s.call(204, "DELETE", "/api/v1/admissions", "", nil, "")
		at, relay := newPlace(t, w.relayKey, "relay-7", "one"), "Bearer "+w.relayKey
		s.call(200, "PUT", "/api/v1/relays/{id}", "relay-7", at.announcement(), relay)
		s.call(204, "POST", "/api/v1/relays/{id}/attendance", "relay-7", object{"instance": "one", "visits": []object{visit(1, "joined", id, "p", w.clock.Now())}}, relay)
		s.call(200, "GET", "/api/v1/conferences/{id}/participants", id, nil, auth)
		s.call(204, "DELETE", "/api/v1/conferences/{id}/participants/{pid}", id+" p", nil, auth)
		s.call(200, "PUT", "/api/v1/relays/{id}", "relay-7", at.announcement(), relay)
		s.call(200, "POST", "/api/v1/conferences/{id}/end", id, nil, auth)
		s.call(409, "PATCH", "/api/v1/conferences/{id}", id, object{"title": "Too late"}, auth)
		s.call(204, "DELETE", "/api/v1/conferences/{id}", id, nil, auth)
		for path, operations := range s.d.Paths {
			for method := range operations {
				if !s.seen[method+" "+path] {
					t.Errorf("%s %s was never called with success", method, path)
				}
			}
		}
	})
}

// releases makes the calls of functions/installer.
func (s shapes) releases(w *world) {
	s.t.Helper()
	auth, of := w.bearer("/api/v1/software/releases"), windows+" 1.0.0"
	draft := w.draft("1.0.0", "file", nil)
	s.call(201, "POST", "/api/v1/software/releases", "", draft, auth)
	s.call(409, "POST", "/api/v1/software/releases/{platform}/{version}/complete", of, nil, auth)
	s.call(204, "DELETE", "/api/v1/software/releases/{platform}/{version}", of, nil, auth)
	made := s.call(201, "POST", "/api/v1/software/releases", "", draft, auth)
	s.call(200, "GET", "/api/v1/software/releases", "", nil, auth)
	send(s.t, made["upload"].(object), []byte("file"))
	s.call(200, "POST", "/api/v1/software/releases/{platform}/{version}/complete", of, nil, auth)
	s.call(200, "PATCH", "/api/v1/software/releases/{platform}/{version}", of, object{"rollout": 100, "notes": object{"en": "N", "fr": "N"}}, auth)
	s.call(200, "GET", "/api/v1/software/releases", "", nil, auth)
	s.call(200, "GET", "/api/v1/software", "", nil, "")
	s.call(302, "GET", "/api/v1/software/{platform}/download", windows, nil, "")
	s.call(404, "GET", "/api/v1/software/{platform}/download", "x", nil, "")
}

// launches makes the calls with which the software takes over, as a guest who is admitted and identified.
func (s shapes) launches() {
	s.t.Helper()
	code := s.call(201, "POST", "/api/v1/launch-codes", "", nil, "")["code"].(string)
	s.call(200, "GET", "/api/v1/launch-codes/{code}", code, nil, "")
	s.call(200, "POST", "/api/v1/launch-codes/{code}/redeem", code, object{"version": "1.0.0", "platform": windows}, "")
	s.call(409, "POST", "/api/v1/launch-codes/{code}/redeem", code, object{"version": "1.0.0", "platform": windows}, "")
	s.call(200, "GET", "/api/v1/launch-codes/{code}", code, nil, "")
}

// reports makes the calls of functions/diagnostics.
func (s shapes) reports(w *world) {
	s.t.Helper()
	auth := "Bearer " + w.supportKey
	content := []byte("a report")
	body := object{"size": len(content), "sha256": hexSum(content), "summary": object{"result": "failed", "failed": []string{"udp"}}}
	made := s.call(201, "POST", "/api/v1/diagnostics", "", body, "")
	id, code := made["id"].(string), made["code"].(string)
	s.call(409, "POST", "/api/v1/diagnostics/{id}/complete", id, nil, "")
	renewed := s.call(200, "POST", "/api/v1/diagnostics/{id}/upload", id, nil, "")
	send(s.t, renewed["upload"].(object), content)
	s.call(200, "POST", "/api/v1/diagnostics/{id}/complete", id, nil, "")
	s.call(409, "POST", "/api/v1/diagnostics/{id}/upload", id, nil, "")
	s.call(200, "GET", "/api/v1/support/diagnostics", "", nil, auth)
	s.call(200, "GET", "/api/v1/support/diagnostics/{code}", code, nil, auth)
	s.call(422, "GET", "/api/v1/support/diagnostics/{code}", "x", nil, auth)
	s.call(200, "PATCH", "/api/v1/support/diagnostics/{code}", code, object{"status": "seen", "note": "N"}, auth)
	s.call(204, "DELETE", "/api/v1/support/diagnostics/{code}", code, nil, auth)
	s.call(404, "DELETE", "/api/v1/diagnostics/{id}", id, nil, "")
	s.call(200, "GET", "/api/v1/support/audit", "", nil, auth)
	s.call(401, "GET", "/api/v1/support/audit", "", nil, "")
	another := s.call(201, "POST", "/api/v1/diagnostics", "", body, "")
	s.call(204, "DELETE", "/api/v1/diagnostics/{id}", another["id"].(string), nil, "")
}

// lobby lets a guest wait, and decides.
func (s shapes) lobby(w *world, id, auth string) {
	s.call(200, "PATCH", "/api/v1/conferences/{id}", id, object{"guestPolicy": "lobby"}, auth)
	s.call(202, "POST", "/api/v1/join-tokens", "", object{"mode": "browser"}, "")
	inside := s
	inside.c = w.colleague(s.c, id)
	waits := inside.call(200, "GET", "/api/v1/lobby", "", nil, "")["items"].([]any)[0].(object)["id"].(string)
	inside.call(200, "POST", "/api/v1/lobby/{pid}", waits, object{"admit": false}, "")
	s.call(403, "GET", "/api/v1/lobby", "", nil, "")
	s.call(403, "POST", "/api/v1/join-tokens", "", object{"mode": "browser"}, "")
	s.call(200, "GET", "/api/v1/conferences/{id}/lobby", id, nil, auth)
	s.call(200, "POST", "/api/v1/conferences/{id}/lobby/{pid}", id+" "+waits, object{"admit": true}, auth)
	s.call(200, "POST", "/api/v1/join-tokens", "", object{"mode": "browser"}, "")
}

type shapes struct {
	t    *testing.T
	c    *portaltest.Client
	d    document
	seen map[string]bool
}

// call takes the ids of the path with a space between them.
func (s shapes) call(status int, method, path, ids string, body any, auth string) object {
	s.t.Helper()
	path, query, asks := strings.Cut(path, "?")
	op, ok := s.d.Paths[path][strings.ToLower(method)]
	if !ok {
		s.t.Fatalf("%s %s is not documented", method, path)
	}
	if body != nil {
		sent, err := json.Marshal(body)
		if err != nil || op.RequestBody == nil {
			s.t.Fatalf("%s %s: a body is not documented, or %v", method, path, err)
		}
		s.check(sent, op.RequestBody.Content["application/json"].Schema, method+" "+path+" body")
	}
	words := strings.Fields(ids)
	address := regexp.MustCompile(`\{\w+\}`).ReplaceAllStringFunc(path, func(string) string {
		word := words[0]
		words = words[1:]
		return word
	})
	if asks {
		address += "?" + query
	}
	resp := s.c.Do(method, address, body, "Authorization", auth, "If-Match", "*")
	documented, ok := op.Responses[fmt.Sprint(resp.Status)]
	if resp.Status != status || !ok {
		s.t.Fatalf("%s %s: got %d %s, want %d, documented: %v", method, path, resp.Status, resp.Body, status, ok)
	}
	if status < 400 {
		s.seen[strings.ToLower(method)+" "+path] = true
	}
	if len(documented.Content) == 0 {
		if len(resp.Body) > 0 {
			s.t.Errorf("%s %s: a body that is not documented: %s", method, path, resp.Body)
		}
		return nil
	}
	mediaType, _, err := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	kind, ok := documented.Content[mediaType]
	if !ok || err != nil {
		s.t.Fatalf("%s %s: %s is not documented", method, path, resp.Header.Get("Content-Type"))
	}
	if !strings.HasSuffix(mediaType, "json") {
		return nil
	}
	s.check(resp.Body, kind.Schema, fmt.Sprint(method, " ", path, " ", status))
	var v object
	if err := json.Unmarshal(resp.Body, &v); err != nil {
		s.t.Fatal(err)
	}
	return v
}

func (s shapes) check(body []byte, schema object, where string) {
	s.t.Helper()
	var v any
	if err := json.Unmarshal(body, &v); err != nil {
		s.t.Fatalf("%s: %v", where, err)
	}
	for _, e := range s.errors(v, schema, where) {
		s.t.Error(e)
	}
}

// errors checks the part of JSON Schema that the document uses.
func (s shapes) errors(v any, schema object, at string) []string {
	if ref, ok := schema["$ref"].(string); ok {
		named, ok := s.d.Components.Schemas[strings.TrimPrefix(ref, "#/components/schemas/")]
		if !ok {
			return []string{at + ": there is no schema " + ref}
		}
		return s.errors(v, named, at)
	}
	if any, ok := schema["oneOf"].([]any); ok {
		fits := slices.ContainsFunc(any, func(one interface{}) bool { return len(s.errors(v, one.(object), at)) == 0 })
		if !fits {
			return []string{fmt.Sprintf("%s: %v fits none", at, v)}
		}
		return nil
	}
	if !slices.Contains(types(schema["type"]), typeOf(v)) && !(typeOf(v) == "integer" && slices.Contains(types(schema["type"]), "number")) {
		return []string{fmt.Sprintf("%s: %v is %s, want %v", at, v, typeOf(v), schema["type"])}
	}
	switch v := v.(type) {
	case object:
		return s.objectErrors(v, schema, at)
	case []any:
		var wrong []string
		if most, ok := schema["maxItems"].(float64); ok && len(v) > int(most) {
			wrong = append(wrong, fmt.Sprintf("%s: %d items", at, len(v)))
		}
		items, _ := schema["items"].(object)
		for i, item := range v {
			wrong = append(wrong, s.errors(item, items, fmt.Sprintf("%s[%d]", at, i))...)
		}
		return wrong
	case string:
		return textErrors(v, schema, at)
	case float64:
		least, bounded := schema["minimum"].(float64)
		most, capped := schema["maximum"].(float64)
		if bounded && v < least || capped && v > most {
			return []string{fmt.Sprintf("%s: %v is not between %v and %v", at, v, least, most)}
		}
	}
	return nil
}

func (s shapes) objectErrors(v, schema object, at string) []string {
	var wrong []string
	properties, _ := schema["properties"].(object)
	required, _ := schema["required"].([]any)
	for _, name := range required {
		if _, ok := v[name.(string)]; !ok {
			wrong = append(wrong, fmt.Sprintf("%s: %s is missing", at, name))
		}
	}
	for name, value := range v {
		if property, ok := properties[name].(object); ok {
			wrong = append(wrong, s.errors(value, property, at+"."+name)...)
		} else if schema["additionalProperties"] == false {
			wrong = append(wrong, at+"."+name+" is not documented")
		}
	}
	return wrong
}

func textErrors(v string, schema object, at string) []string {
	if values, ok := schema["enum"].([]any); ok && !slices.Contains(values, any(v)) {
		return []string{fmt.Sprintf("%s: %q is not one of %v", at, v, values)}
	}
	if pattern, ok := schema["pattern"].(string); ok && !regexp.MustCompile(pattern).MatchString(v) {
		return []string{fmt.Sprintf("%s: %q is not %s", at, v, pattern)}
	}
	least, _ := schema["minLength"].(float64)
	most, bounded := schema["maxLength"].(float64)
	if n := utf8.RuneCountInString(v); n < int(least) || bounded && n > int(most) {
		return []string{fmt.Sprintf("%s: %d characters", at, n)}
	}
	if schema["format"] == "date-time" {
		if _, err := time.Parse(time.RFC3339, v); err != nil {
			return []string{at + ": " + err.Error()}
		}
	}
	return nil
}

func types(t any) []string {
	if one, ok := t.(string); ok {
		return []string{one}
	}
	var all []string
	list, _ := t.([]any)
	for _, one := range list {
		all = append(all, one.(string))
	}
	return all
}

func typeOf(v any) string {
	switch v := v.(type) {
	case nil:
		return "null"
	case bool:
		return "boolean"
	case string:
		return "string"
	case float64:
		if v == math.Trunc(v) {
			return "integer"
		}
		return "number"
	case []any:
		return "array"
	}
	return "object"
}
