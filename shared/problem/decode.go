package problem

import (
	"encoding/json"
	"errors"
	"io"
	"strings"
)

// Decode reads a body that must be exactly one JSON value without unknown fields; anything else is refused as Malformed.
// Bounding the body is the caller's.
func Decode(body io.Reader, into any) error {
	dec := json.NewDecoder(body)
	dec.DisallowUnknownFields()
	err := dec.Decode(into)
	if err == nil {
		if _, err = dec.Token(); errors.Is(err, io.EOF) {
			return nil
		}
		err = errors.New("more than one value")
	}
	detail := "The body is not the JSON object that this call takes."
	if name, ok := strings.CutPrefix(err.Error(), "json: unknown field "); ok {
		detail = "This call has no field " + name + "."
	}
	return Wrap(Malformed, detail, err)
}
