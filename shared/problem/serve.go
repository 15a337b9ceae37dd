package problem

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
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
