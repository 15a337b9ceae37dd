package diagnostics

import (
	"encoding/json"
	"fmt"
	"net/mail"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/coopnet/coopnet/shared/problem"
	"github.com/coopnet/coopnet/shared/text"
)

// Bounds of a summary: what fits on a line of a list, and a few sentences of the guest.
const (
	maxSummary = 4 << 10 // bytes
	maxMembers = 32
	maxName    = 40
	maxText    = 2000
	maxItems   = 20
	maxItem    = 100
	maxEmail   = 254 // RFC 5321 section 4.5.3.1.3 less the brackets
)

// summary reads and bounds the object that support sees in a list without opening the report: names with text, numbers,
// true or false, or lists of short texts. It knows one name, "email"; docs/protocol.md has those that the desk shows in
// places of their own.
func summary(raw json.RawMessage) (map[string]any, error) {
	members := map[string]any{}
	if len(raw) == 0 || string(raw) == "null" {
		return members, nil
	}
	if len(raw) > maxSummary {
		return nil, invalid("/summary", fmt.Sprintf("is larger than %d bytes", maxSummary))
	}
	if err := json.Unmarshal(raw, &members); err != nil {
		return nil, invalid("/summary", "must be an object")
	}
	if len(members) > maxMembers {
		return nil, invalid("/summary", fmt.Sprintf("has more than %d members", maxMembers))
	}
	var fields []problem.Field
	for name, value := range members {
		if wrong := member(name, &value); wrong != "" {
			fields = append(fields, problem.Field{Pointer: "/summary/" + pointerText(name), Detail: wrong})
		}
		members[name] = value
	}
	if len(fields) > 0 {
		return nil, &problem.Error{Code: problem.Invalid, Detail: "Some fields are not valid.", Fields: fields}
	}
	return members, nil
}

// pointerText escapes a name (RFC 6901 section 3) and bounds it.
func pointerText(name string) string {
	if len(name) > maxName {
		name = strings.ToValidUTF8(name[:maxName], "")
	}
	return strings.NewReplacer("~", "~0", "/", "~1").Replace(name)
}

// member says what is wrong, and brings the value into the form that is stored.
func member(name string, value *any) (wrong string) {
	if name == "" || utf8.RuneCountInString(name) > maxName || strings.ContainsFunc(name, text.Hidden) {
		return "has a name that is empty, too long or not seen"
	}
	switch v := (*value).(type) {
	case nil, bool, float64:
		if name == "email" && v != nil {
			return "must be text"
		}
	case string:
		v = norm.NFC.String(v)
		*value = v
		if name == "email" && v != "" && !validEmail(v) {
			return "is not an e-mail address"
		}
		return line(v, maxText)
	case []any:
		if len(v) > maxItems {
			return fmt.Sprintf("has more than %d entries", maxItems)
		}
		for _, item := range v {
			s, ok := item.(string)
			if !ok {
				return "must be a list of texts"
			}
			if wrong := line(s, maxItem); wrong != "" {
				return wrong
			}
		}
		if name == "email" {
			return "must be text"
		}
	default:
		return "must be text, a number, true, false or a list of texts"
	}
	return ""
}

func line(s string, limit int) (wrong string) {
	if utf8.RuneCountInString(s) > limit {
		return fmt.Sprintf("is longer than %d characters", limit)
	}
	if strings.ContainsFunc(s, func(r rune) bool { return text.Hidden(r) && r != '\n' && r != '\t' }) {
		return "contains characters that nobody sees"
	}
	return ""
}

func validEmail(s string) bool {
	a, err := mail.ParseAddress(s)
	return err == nil && a.Address == s && len(s) <= maxEmail
}
