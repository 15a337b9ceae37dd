package problem

import (
	"net/http"
	"strings"
)

// IfMatch demands the header If-Match with the present ETag, or *. RFC 9110 section 13.1.1: the comparison is strong.
func IfMatch(r *http.Request, current string) error {
	// The Lambda adapter splits a list at its commas.
	tags := strings.Split(strings.Join(r.Header.Values("If-Match"), ","), ",")
	if len(tags) == 1 && strings.TrimSpace(tags[0]) == "" {
		return New(PreconditionRequired, "Send If-Match with the ETag that you know, or *.")
	}
	for _, tag := range tags {
		if tag = strings.TrimSpace(tag); tag == "*" || tag == current {
			return nil
		}
	}
	return New(PreconditionFailed, "It has been changed since you read it.")
}
