package problem

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
)

// Handler renders the error of h, which has then not written. The answer's X-Request-Id is set by who is in front.
// The cause of a fault is logged; a refusal is the caller's business.
func Handler(logger *slog.Logger, h func(http.ResponseWriter, *http.Request) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		err := h(w, r)
		if err == nil {
			return
		}
		id := w.Header().Get("X-Request-Id")
		if code := From(err).Code; code.Status() >= http.StatusInternalServerError {
			logger.ErrorContext(r.Context(), "request failed", "requestId", id, "code", string(code), "error", err)
		}
		Write(w, id, err)
	}
}

// IfMatch demands If-Match with the present ETag, or *. RFC 9110 section 13.1.1: the comparison is strong.
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

// Answer writes v as JSON: what is said when nothing is refused.
func Answer(w http.ResponseWriter, status int, v any) error {
	body, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("encode answer: %w", err)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(body) // the client has gone: nothing left to tell it
	return nil
}
