package portal

import (
	"bytes"
	"net/http"
	"strconv"

	"github.com/coopnet/coopnet/shared/problem"
)

// once collects an answer and sends it in one piece. A second status, headers after the status, no answer at all, and
// a panic halfway so look the same through both transports.
type once struct {
	id     string
	header http.Header
	sent   http.Header // as it was when the status was written
	status int
	body   bytes.Buffer

	panicked bool
}

func newOnce(id string) *once {
	o := &once{id: id}
	o.reset()
	return o
}

func (o *once) reset() {
	o.header, o.sent, o.status = http.Header{requestIDHeader: {o.id}}, nil, 0
	o.body.Reset()
}

// Header implements http.ResponseWriter.
func (o *once) Header() http.Header { return o.header }

// WriteHeader implements http.ResponseWriter: the first status counts.
func (o *once) WriteHeader(status int) {
	if o.status != 0 || status < 200 { // 1xx cannot be told through Lambda
		return
	}
	o.status, o.sent = status, o.header.Clone()
}

// Write implements http.ResponseWriter.
func (o *once) Write(b []byte) (int, error) {
	o.WriteHeader(http.StatusOK)
	return o.body.Write(b)
}

func (o *once) flush(w http.ResponseWriter, r *http.Request) {
	if o.status == 0 { // a handler that forgot to answer
		problem.Write(o, o.id, problem.New(problem.Internal, ""))
	}
	h := w.Header()
	for k, v := range o.sent {
		h[k] = v
	}
	bodiless := o.status == http.StatusNoContent || o.status == http.StatusNotModified
	if !bodiless && h.Get("Content-Length") == "" {
		h.Set("Content-Length", strconv.Itoa(o.body.Len()))
	}
	w.WriteHeader(o.status)
	if !bodiless && r.Method != http.MethodHead {
		_, _ = w.Write(o.body.Bytes()) // the client has gone: nothing left to tell it
	}
}
