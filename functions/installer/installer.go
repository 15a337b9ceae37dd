// Package installer is the catalogue of the installable software's releases. No release has been published yet, so the
// catalogue is empty, and says so.
package installer

import (
	"net/http"
	"strings"

	"github.com/coopnet/coopnet/shared/problem"
)

// Domain is the catalogue.
type Domain struct{}

// New makes the catalogue.
func New() *Domain { return &Domain{} }

// Handler answers GET /api/v1/software.
func (d *Domain) Handler() *http.ServeMux {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /api/v1/software", d.list)
	return mux
}

func (d *Domain) list(w http.ResponseWriter, r *http.Request) {
	if platform := strings.TrimSpace(r.URL.Query().Get("platform")); platform != "" {
		problem.Write(w, w.Header().Get("X-Request-Id"),
			problem.New(problem.NotFound, "The software has not been released for this platform. Join in the browser."))
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusOK)
	_, _ = w.Write([]byte(`{"releases":[]}`)) // the client has gone: nothing left to tell it
}
