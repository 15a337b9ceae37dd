// Package cursor is how a list's next page is asked for: a place in the list, in a form that clients pass on and do not
// read. A cursor is bound to its list and to what the list was asked for; it is no secret and opens nothing.
package cursor

import (
	"encoding/base64"
	"strings"
)

// version is before each, so that a place of another form is not misread later.
const version = "1"

// Make returns the cursor of a place in a list. The list's name has no line break.
func Make(list, place string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(version + "\n" + list + "\n" + place))
}

// Place returns the place of a cursor of this list; ok is false for anything else.
func Place(list, cursor string) (place string, ok bool) {
	b, err := base64.RawURLEncoding.Strict().DecodeString(cursor)
	if err != nil {
		return "", false
	}
	return strings.CutPrefix(string(b), version+"\n"+list+"\n")
}
