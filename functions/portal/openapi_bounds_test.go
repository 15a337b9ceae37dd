package portal_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/coopnet/coopnet/functions/portal/portaltest"
	"github.com/coopnet/coopnet/shared/release"
)

// shapes know the limits that the document states.
type shapes struct {
	portaltest.Shapes
	t *testing.T
}

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
		return s.bounds(s.Document.Components.Schemas[strings.TrimPrefix(ref, "#/components/schemas/")], pointer, good)
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
	if address := "https://example.com/"; pointer == "/url" && n > len(address) {
		return address + strings.Repeat("x", n-len(address))
	}
	if host := "@example.org"; strings.HasSuffix(pointer, "/email") && n > len(host) {
		return strings.Repeat("x", n-len(host)) + host
	}
	return strings.Repeat("a", n) // a hexadecimal digit too
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
	if list, ok := at.([]any); ok {
		list[0] = value
	} else if _, ok := value.(missing); ok {
		delete(at.(object), steps[len(steps)-1])
	} else {
		at.(object)[steps[len(steps)-1]] = value
	}
	return changed
}

// signed signs the manifest in a body that has a good one.
func (w *world) signed(body any) any {
	text, err := json.Marshal(body)
	var f struct {
		release.Manifest
		SHA256    string    `json:"sha256"`
		ExpiresAt time.Time `json:"expiresAt"`
		Signature *string   `json:"signature"`
	}
	if err != nil || json.Unmarshal(text, &f) != nil || f.Signature == nil || f.Filename == "" {
		return body
	}
	copy(f.Manifest.SHA256[:], mustHex(f.SHA256))
	f.Expires = f.ExpiresAt
	return with1(body.(object), "signature", base64.StdEncoding.EncodeToString(release.Sign(w.publishing, f.Manifest)))
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
		s := shapes{portaltest.NewShapes(t, c), t}
		id := w.create(c, nil)
		inside := w.colleague(c, w.create(c, object{"name": "Documents"}))
		_, code := report(t, c, "report", nil)
		later := w.create(c, object{"name": "Later", "startsAt": w.clock.Now().Add(30 * 24 * time.Hour)})
		at := newPlace(t, w.relayKey, "relay-7", "one")
		enter(c)
		identify(c)
		session := openSession(c)
		room := "test-" + session.id[:26]
		codes := map[bool]string{false: code, true: launch(c)}
		w.publish(t, c, w.draft("0.9.0", "file", nil), "file")
		for call, good := range map[string]object{
			"post /api/v1/admissions":     {"name": "Team A", "password": "correct horse"},
			"put /api/v1/identity":        {"title": "Ms", "name": "Ada", "email": "ada@example.org", "remember": true},
			"post /api/v1/join-tokens":    {"mode": "browser"},
			"post /api/v1/control-tokens": {"participant": letters("", 26)},
			"post /api/v1/conferences": {"name": "Team B", "title": "T", "bridges": []any{object{"kind": "audio", "label": "L", "country": "FR", "number": "1", "code": "2"}},
				"permissions": object{"guestShare": "browser", "chat": true, "annotate": true}},
			"patch /api/v1/conferences/{id}": {"title": "T", "bridges": []any{object{"kind": "audio", "label": "L", "country": "FR", "number": "1", "code": "2"}},
				"permissions": object{"guestShare": "browser", "chat": true, "annotate": true}},
			"post /api/v1/webhooks":                                {"url": "https://example.com/", "events": []any{"conference.ended"}},
			"post /api/v1/conferences/{id}/password":               {"password": "correct horse"},
			"post /api/v1/conferences/{id}/lobby/{pid}":            {"admit": true},
			"post /api/v1/lobby/{pid}":                             {"admit": true},
			"post /api/v1/conferences/{id}/invitations":            {"kind": "guest", "name": "Ada", "email": "ada@example.org"},
			"post /api/v1/diagnostics":                             {"size": 1, "sha256": letters("", 64), "summary": object{"result": "ok"}},
			"post /api/v1/documents":                               {"name": "N", "type": "image/png", "size": 1, "sha256": letters("", 64)},
			"post /api/v1/diagnostics/sessions":                    {},
			"post /api/v1/diagnostics/sessions/{id}/tokens":        {"relay": session.relay},
			"patch /api/v1/support/diagnostics/{code}":             {"status": "seen", "note": "N"},
			"post /api/v1/launch-codes/{code}/redeem":              {"version": "1.0.0", "platform": windows},
			"post /api/v1/software/releases":                       w.draft("1.0.0", "file", nil),
			"patch /api/v1/software/releases/{platform}/{version}": {"rollout": 10, "withdrawn": false, "notes": object{"en": "N", "fr": "N"}},
			"post /api/v1/keys":                                    {"role": "organizer", "label": "L", "readOnly": false, "expiresAt": nil},
			"put /api/v1/relays/{id}":                              plain(t, at.announcement()).(object),
			"post /api/v1/relays/{id}/attendance": {"instance": "one", "visits": []any{plain(t, visit(1, "joined", id, "p", w.clock.Now()))},
				"media": []any{plain(t, object{"id": "m", "conference": room, "at": w.clock.Now(), "role": "view", "seconds": 1})}},
		} {
			method, path, _ := strings.Cut(call, " ")
			operation := s.Document.Paths[path][method]
			schema := operation.RequestBody.Content["application/json"].Schema
			delete(s.Document.Paths[path], method)
			which := id
			if method == "patch" {
				which = later // some of it is fixed once a conference is open
			}
			send := func(body any) portaltest.Response {
				which, bearer := which, w.bearer(path)
				if strings.Contains(path, "/sessions/") {
					which = session.id
				}
				if strings.Contains(path, "/relays/") {
					which, bearer = "relay-7", "Bearer "+w.relayKey
					at.become(body.(object)["instance"])
				}
				who := c
				if strings.Contains(path, "/documents") || strings.Contains(path, "/control") {
					who = inside
				}
				return who.Do(strings.ToUpper(method), strings.NewReplacer("{id}", which, "{code}", codes[strings.Contains(path, "launch")],
					"{platform}", windows, "{version}", "0.9.0").Replace(path), w.signed(body), "Authorization", bearer, "If-Match", "*")
			}
			for i, b := range s.bounds(schema, "", good) {
				switch path { // names must not repeat
				case "/api/v1/conferences":
					good["name"] = fmt.Sprint("Team ", i)
				case "/api/v1/software/releases":
					good["version"] = fmt.Sprint("1.0.", i)
				}
				body := with(t, good, b.pointer, b.next)
				if len(s.Errors(body, schema, "")) == 0 {
					t.Errorf("%s: the document allows %v at %s", call, b.next, b.pointer)
				}
				if resp := send(body); resp.Status != 422 || !strings.Contains(string(resp.Body), fmt.Sprintf(`"pointer":"%s"`, b.pointer)) {
					t.Errorf("%s: %.60v at %s: %d %s", call, b.next, b.pointer, resp.Status, resp.Body)
				}
				if b.last == nil {
					continue
				}
				body = with(t, good, b.pointer, b.last)
				if wrong := s.Errors(body, schema, ""); len(wrong) > 0 {
					t.Errorf("%s: the document refuses %.60v at %s: %v", call, b.last, b.pointer, wrong)
				}
				if resp := send(body); resp.Status >= 300 {
					t.Errorf("%s: %.60v at %s: %d %s", call, b.last, b.pointer, resp.Status, resp.Body)
				}
			}
		}
		for path, operations := range s.Document.Paths {
			for method, operation := range operations {
				if operation.RequestBody != nil {
					t.Errorf("nothing tests the bounds of %s %s", method, path)
				}
			}
		}
	})
}
