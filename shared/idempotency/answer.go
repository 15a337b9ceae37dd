package idempotency

import (
	"bytes"
	"io"
	"maps"
	"net/http"
	"slices"
)

// answer collects what a handler says, and says it again.
type answer struct {
	Status  int         `json:"status"`
	Headers http.Header `json:"headers"` // that the handler has set: not those of the request at hand, such as its id
	Body    []byte      `json:"body"`
}

func newAnswer() *answer { return &answer{Headers: make(http.Header)} }

// Header implements http.ResponseWriter.
func (a *answer) Header() http.Header { return a.Headers }

// WriteHeader implements http.ResponseWriter: the first status counts.
func (a *answer) WriteHeader(status int) {
	if a.Status == 0 {
		a.Status = status
	}
}

// Write implements http.ResponseWriter.
func (a *answer) Write(b []byte) (int, error) {
	a.WriteHeader(http.StatusOK)
	a.Body = append(a.Body, b...)
	return len(b), nil
}

// write may be called at the same time for several requests.
func (a *answer) write(w http.ResponseWriter) {
	h := w.Header()
	for _, name := range slices.Sorted(maps.Keys(a.Headers)) {
		h[name] = slices.Clone(a.Headers[name])
	}
	w.WriteHeader(max(a.Status, http.StatusOK))
	_, _ = w.Write(a.Body) // the client has gone: nothing left to tell it
}

// repeat is r with its body once more.
func repeat(r *http.Request, body []byte) *http.Request {
	again := r.Clone(r.Context())
	again.Body = io.NopCloser(bytes.NewReader(body))
	return again
}
