package relay

import (
	"bufio"
	"crypto/rand"
	"log/slog"
	"net"
	"net/http"
	"path"
	"runtime/debug"

	"github.com/coopnet/coopnet/shared/problem"
)

const requestIDHeader = "X-Request-Id"

// front gives every answer of the relay an id and nosniff, and refuses with a problem where net/http would be silent
// after a panic, or would redirect a path that is not clean.
func front(logger *slog.Logger, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := rand.Text()[:16]
		h := w.Header()
		h.Set(requestIDHeader, id) // always our own: a client's value could forge log lines
		h.Set("X-Content-Type-Options", "nosniff")
		if path.Clean(r.URL.Path) != r.URL.Path {
			notFound(w, r)
			return
		}
		out := &answer{ResponseWriter: w}
		defer func() {
			v := recover()
			if v == nil {
				return
			}
			if v == http.ErrAbortHandler {
				panic(v) // meant so
			}
			logger.ErrorContext(r.Context(), "panic", "requestId", id, "panic", v, "stack", string(debug.Stack()))
			if out.begun {
				panic(http.ErrAbortHandler) // half an answer must not look whole, and a connection that was taken is not ours
			}
			problem.Write(out, id, problem.New(problem.Internal, ""))
		}()
		if connection, ok := w.(http.Hijacker); ok {
			next.ServeHTTP(&takeable{out, connection}, r)
			return
		}
		next.ServeHTTP(out, r)
	})
}

func notFound(w http.ResponseWriter, _ *http.Request) {
	problem.Write(w, w.Header().Get(requestIDHeader), problem.New(problem.NotFound, "There is no such endpoint."))
}

// answer knows whether it has begun. A connection that was taken over counts as an answer.
type answer struct {
	http.ResponseWriter
	begun bool
}

// WriteHeader implements http.ResponseWriter.
func (a *answer) WriteHeader(status int) {
	a.begun = true
	a.ResponseWriter.WriteHeader(status)
}

// Write implements http.ResponseWriter.
func (a *answer) Write(b []byte) (int, error) {
	a.begun = true
	return a.ResponseWriter.Write(b)
}

// Unwrap lets http.ResponseController take the connection over.
func (a *answer) Unwrap() http.ResponseWriter { return a.ResponseWriter }

// takeable is an answer whose connection can be taken over: not every server's can.
type takeable struct {
	*answer
	connection http.Hijacker
}

// Hijack implements http.Hijacker.
func (t *takeable) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, buffered, err := t.connection.Hijack()
	t.begun = t.begun || err == nil
	return conn, buffered, err
}
