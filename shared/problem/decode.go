package problem

import (
	"bytes"
	"encoding"
	"encoding/json"
	"fmt"
	"io"
	"reflect"
	"strings"
	"time"
)

// Decode reads a body that must be exactly one JSON object into a struct. A member that the struct has not, by its exact
// name and once, is refused as Malformed, as is what is no JSON; a value of the wrong kind is Invalid, and said where.
// Bounding the body is the caller's.
func Decode(body io.Reader, into any) error {
	text, err := io.ReadAll(body)
	if err != nil {
		return Wrap(Malformed, "The body could not be read.", err)
	}
	text = bytes.TrimSpace(text)
	if !json.Valid(text) || text[0] != '{' {
		return New(Malformed, "The body is not the JSON object that this call takes.")
	}
	var s shape
	s.value(text, reflect.TypeOf(into).Elem(), "")
	switch {
	case s.member != "":
		return New(Malformed, s.member)
	case len(s.fields) > 0:
		return &Error{Code: Invalid, Detail: "Some fields are not valid.", Fields: s.fields}
	}
	if err := json.Unmarshal(text, into); err != nil {
		return Wrap(Malformed, "The body is not the JSON object that this call takes.", err)
	}
	return nil
}

// shape collects what is wrong with a body before it is decoded: encoding/json takes names in any case, lets the last of
// several equal ones win, and stops at the first error.
type shape struct {
	member string // a sentence on a member that should not be there
	fields []Field
}

func (s *shape) fail(pointer, detail string) {
	s.fields = append(s.fields, Field{Pointer: pointer, Detail: detail})
}

// value checks valid JSON against the type that it will be decoded into.
func (s *shape) value(text []byte, t reflect.Type, pointer string) {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch {
	case string(text) == "null": // leaves the default
	case reflect.PointerTo(t).Implements(reflect.TypeFor[json.Unmarshaler]()), reflect.PointerTo(t).Implements(reflect.TypeFor[encoding.TextUnmarshaler]()):
		s.leaf(text, t, pointer)
	case t.Kind() == reflect.Struct:
		s.object(text, t, pointer)
	case t.Kind() == reflect.Slice:
		s.list(text, t, pointer)
	default:
		s.leaf(text, t, pointer)
	}
}

func (s *shape) leaf(text []byte, t reflect.Type, pointer string) {
	if err := json.Unmarshal(text, reflect.New(t).Interface()); err != nil {
		s.fail(pointer, expected(t))
	}
}

func expected(t reflect.Type) string {
	switch {
	case t == reflect.TypeFor[time.Time]():
		return "must be a time such as 2026-03-01T14:00:00+01:00"
	case t.Kind() == reflect.String:
		return "must be text"
	case t.Kind() == reflect.Bool:
		return "must be true or false"
	case t.Kind() >= reflect.Int && t.Kind() <= reflect.Uint64:
		return "must be a whole number"
	}
	return "has a value that is not understood"
}

func (s *shape) object(text []byte, t reflect.Type, pointer string) {
	if text[0] != '{' {
		s.fail(pointer, "must be an object")
		return
	}
	known, seen := members(t), make(map[string]bool)
	dec := json.NewDecoder(bytes.NewReader(text))
	_, _ = dec.Token() // the text is valid JSON: nothing here can fail
	for dec.More() {
		token, _ := dec.Token()
		name, _ := token.(string)
		var value json.RawMessage
		_ = dec.Decode(&value)
		member, ok := known[name]
		switch {
		case !ok:
			s.member = fmt.Sprintf("This call has no field %q.", name)
			return
		case seen[name]:
			s.member = fmt.Sprintf("The field %q is there twice.", name)
			return
		}
		seen[name] = true
		s.value(value, member, pointer+"/"+name)
	}
}

func (s *shape) list(text []byte, t reflect.Type, pointer string) {
	if text[0] != '[' {
		s.fail(pointer, "must be a list")
		return
	}
	var items []json.RawMessage
	_ = json.Unmarshal(text, &items) // the text is a valid list
	for i, item := range items {
		s.value(item, t.Elem(), fmt.Sprintf("%s/%d", pointer, i))
	}
}

// members are the JSON names of a struct's fields, those of embedded structs included.
func members(t reflect.Type) map[string]reflect.Type {
	names := make(map[string]reflect.Type)
	for _, f := range reflect.VisibleFields(t) {
		tag, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if !f.IsExported() || f.Anonymous && tag == "" || tag == "-" {
			continue
		}
		if tag == "" {
			tag = f.Name
		}
		names[tag] = f.Type
	}
	return names
}
