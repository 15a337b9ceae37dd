package portaltest

import (
	"encoding/json"
	"fmt"
	"math"
	"mime"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// Document is the served OpenAPI file with what the tests need of it.
type Document struct {
	Paths      map[string]map[string]Operation
	Components struct{ Schemas map[string]object }
}

// Operation is one call of it.
type Operation struct {
	OperationID string
	RequestBody *struct{ Content map[string]Content }
	Responses   map[string]struct{ Content map[string]Content }
}

// Content is a body of one type.
type Content struct{ Schema object }

type object = map[string]any

// ReadDocument reads what is served.
func ReadDocument(t *testing.T, body []byte) Document {
	t.Helper()
	var d Document
	if err := json.Unmarshal(body, &d); err != nil {
		t.Fatal(err)
	}
	return d
}

// Shapes makes calls, and compares bodies and answers with the document that the handler serves.
type Shapes struct {
	Document Document
	t        *testing.T
	c        *Client
	seen     map[string]bool // calls that were answered with success
}

// NewShapes reads the document.
func NewShapes(t *testing.T, c *Client) Shapes {
	t.Helper()
	return Shapes{ReadDocument(t, c.Do("GET", "/api/v1/openapi.json", nil).Body), t, c, make(map[string]bool)}
}

// call takes the ids of the path with a space between them.
func (s Shapes) call(status int, method, path, ids string, body any, auth string) object {
	s.t.Helper()
	path, query, asks := strings.Cut(path, "?")
	op, ok := s.Document.Paths[path][strings.ToLower(method)]
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

func (s Shapes) check(body []byte, schema object, where string) {
	s.t.Helper()
	var v any
	if err := json.Unmarshal(body, &v); err != nil {
		s.t.Fatalf("%s: %v", where, err)
	}
	for _, e := range s.Errors(v, schema, where) {
		s.t.Error(e)
	}
}

// Errors checks the part of JSON Schema that the document uses.
func (s Shapes) Errors(v any, schema object, at string) []string {
	if ref, ok := schema["$ref"].(string); ok {
		named, ok := s.Document.Components.Schemas[strings.TrimPrefix(ref, "#/components/schemas/")]
		if !ok {
			return []string{at + ": there is no schema " + ref}
		}
		return s.Errors(v, named, at)
	}
	if any, ok := schema["oneOf"].([]any); ok {
		fits := slices.ContainsFunc(any, func(one interface{}) bool { return len(s.Errors(v, one.(object), at)) == 0 })
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
			wrong = append(wrong, s.Errors(item, items, fmt.Sprintf("%s[%d]", at, i))...)
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

func (s Shapes) objectErrors(v, schema object, at string) []string {
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
			wrong = append(wrong, s.Errors(value, property, at+"."+name)...)
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
