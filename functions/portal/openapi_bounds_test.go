package portal_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/coopnet/coopnet/functions/portal/portaltest"
)

// bound is a limit that the document states: the last value that is allowed, where there is a last one, and one beyond.
type bound struct {
	pointer    string
	last, next any
}

// missing is the value of a member that is not sent.
type missing struct{}

// bounds lists the limits of a body's schema, with the values that a good body has.
func (s shapes) bounds(schema object, pointer string, good any) []bound {
	if ref, ok := schema["$ref"].(string); ok {
		return s.bounds(s.d.Components.Schemas[strings.TrimPrefix(ref, "#/components/schemas/")], pointer, good)
	}
	var found []bound
	limit := func(key string, last, next func(n int) any) {
		if n, ok := schema[key].(float64); ok {
			found = append(found, bound{pointer, last(int(n)), next(int(n))})
		}
	}
	number, letters := func(n int) any { return float64(n) }, func(n int) any { return letters(pointer, n) }
	limit("minimum", number, func(n int) any { return float64(n - 1) })
	limit("maximum", number, func(n int) any { return float64(n + 1) })
	limit("minLength", letters, func(n int) any { return letters(n - 1) })
	limit("maxLength", letters, func(n int) any { return letters(n + 1) })
	if schema["enum"] != nil {
		found = append(found, bound{pointer, nil, "nonsense"})
	}
	if schema["pattern"] == "^[a-z0-9-]{0,100}$" {
		found = append(found, bound{pointer, strings.Repeat("a", 100), strings.Repeat("a", 101)}, bound{pointer, "eu-1", "EU 1"})
	} else if schema["pattern"] != nil {
		s.t.Errorf("%s: nothing tests the pattern %s", pointer, schema["pattern"])
	}
	required, _ := schema["required"].([]any)
	for _, name := range required {
		found = append(found, bound{fmt.Sprint(pointer, "/", name), nil, missing{}})
	}
	inner, _ := good.(object)
	properties, _ := schema["properties"].(object)
	for name, property := range properties {
		found = append(found, s.bounds(property.(object), pointer+"/"+name, inner[name])...)
	}
	if list, ok := good.([]any); ok {
		repeated := func(n int) any {
			var many []any
			for range n {
				many = append(many, list[0])
			}
			return many
		}
		limit("maxItems", repeated, func(n int) any { return repeated(n + 1) })
		found = append(found, s.bounds(schema["items"].(object), pointer+"/0", list[0])...)
	}
	return found
}

func letters(pointer string, n int) string {
	if host := "@example.org"; strings.HasSuffix(pointer, "/email") && n > len(host) {
		return strings.Repeat("x", n-len(host)) + host
	}
	return strings.Repeat("x", n)
}

// with returns a copy of body in which the value at the pointer is another one.
func with(t *testing.T, body any, pointer string, value any) any {
	t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	var changed any
	if err := json.Unmarshal(text, &changed); err != nil {
		t.Fatal(err)
	}
	steps := strings.Split(pointer, "/")[1:]
	at := changed
	for _, step := range steps[:len(steps)-1] {
		if list, ok := at.([]any); ok {
			at = list[0] // the lists of good bodies have one item
		} else {
			at = at.(object)[step]
		}
	}
	if _, ok := value.(missing); ok {
		delete(at.(object), steps[len(steps)-1])
	} else {
		at.(object)[steps[len(steps)-1]] = value
	}
	return changed
}

// plain is v as it looks after it was sent.
func plain(t *testing.T, v any) (sent any) {
	t.Helper()
	text, err := json.Marshal(v)
	if err == nil {
		err = json.Unmarshal(text, &sent)
	}
	if err != nil {
		t.Fatal(err)
	}
	return sent
}

// TestOpenAPIBounds sends the last value that each limit allows, and one beyond it.
func TestOpenAPIBounds(t *testing.T) {
	each(t, func(t *testing.T, w *world, c *portaltest.Client) {
		s := shapes{t: t, c: c, d: readDocument(t, c.Do("GET", "/api/v1/openapi.json", nil).Body)}
		id, at := w.create(c, nil), newPlace(t, w.relayKey, "relay-7", "one")
		enter(c)
		identify(c)
		for call, good := range map[string]object{
			"post /api/v1/admissions":  {"name": "Team A", "password": "correct horse"},
			"put /api/v1/identity":     {"title": "Ms", "name": "Ada", "email": "ada@example.org", "remember": true},
			"post /api/v1/join-tokens": {"mode": "browser"},
			"post /api/v1/conferences": {"name": "Team B", "title": "T", "bridges": []any{object{"kind": "audio", "label": "L", "country": "FR", "number": "1", "code": "2"}},
				"permissions": object{"guestShare": "browser", "chat": true, "annotate": true}},
			"post /api/v1/conferences/{id}/invitations": {"kind": "guest", "name": "Ada", "email": "ada@example.org"},
			"put /api/v1/relays/{id}":                   plain(t, at.announcement()).(object),
			"post /api/v1/relays/{id}/attendance":       {"instance": "one", "visits": []any{plain(t, visit(1, "joined", id, "p", w.clock.Now()))}},
		} {
			method, path, _ := strings.Cut(call, " ")
			operation := s.d.Paths[path][method]
			schema := operation.RequestBody.Content["application/json"].Schema
			delete(s.d.Paths[path], method)
			send := func(body any) portaltest.Response {
				which, key := id, w.organizerKey
				if strings.Contains(path, "/relays/") {
					which, key = "relay-7", w.relayKey
					at.become(body.(object)["instance"])
				}
				return c.Do(strings.ToUpper(method), strings.ReplaceAll(path, "{id}", which), body, "Authorization", "Bearer "+key)
			}
			for i, b := range s.bounds(schema, "", good) {
				if path == "/api/v1/conferences" { // names must not repeat
					good["name"] = fmt.Sprint("Team ", i)
				}
				body := with(t, good, b.pointer, b.next)
				if len(s.errors(body, schema, "")) == 0 {
					t.Errorf("%s: the document allows %v at %s", call, b.next, b.pointer)
				}
				if resp := send(body); resp.Status != 422 || !strings.Contains(string(resp.Body), fmt.Sprintf(`"pointer":"%s"`, b.pointer)) {
					t.Errorf("%s: %.60v at %s: %d %s", call, b.next, b.pointer, resp.Status, resp.Body)
				}
				if b.last == nil {
					continue
				}
				body = with(t, good, b.pointer, b.last)
				if wrong := s.errors(body, schema, ""); len(wrong) > 0 {
					t.Errorf("%s: the document refuses %.60v at %s: %v", call, b.last, b.pointer, wrong)
				}
				if resp := send(body); resp.Status >= 300 {
					t.Errorf("%s: %.60v at %s: %d %s", call, b.last, b.pointer, resp.Status, resp.Body)
				}
			}
		}
		for path, operations := range s.d.Paths {
			for method, operation := range operations {
				if operation.RequestBody != nil {
					t.Errorf("nothing tests the bounds of %s %s", method, path)
				}
			}
		}
	})
}
