package diagnostics

import (
	"net/http"
	"time"

	"github.com/coopnet/coopnet/shared/blob"
	"github.com/coopnet/coopnet/shared/problem"
)

// Handler answers this domain's calls. The portal in front of it bounds the body, checks the content type and the
// origin, and has set the answer's X-Request-Id.
func (d *Domain) Handler() *http.ServeMux {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /api/v1/diagnostics", d.serve(d.postReport))
	mux.HandleFunc("POST /api/v1/diagnostics/{id}/upload", d.serve(d.postUpload))
	mux.HandleFunc("POST /api/v1/diagnostics/{id}/complete", d.serve(d.postComplete))
	mux.HandleFunc("DELETE /api/v1/diagnostics/{id}", d.serve(d.deleteOwn))
	mux.HandleFunc("GET /api/v1/support/diagnostics", d.support(d.listReports))
	mux.HandleFunc("GET /api/v1/support/diagnostics/{code}", d.support(d.pullReport))
	mux.HandleFunc("PATCH /api/v1/support/diagnostics/{code}", d.support(d.patchReport))
	mux.HandleFunc("DELETE /api/v1/support/diagnostics/{code}", d.support(d.deleteReport))
	mux.HandleFunc("GET /api/v1/support/audit", d.support(d.listAudit))
	return mux
}

// serve renders the error of h.
func (d *Domain) serve(h func(http.ResponseWriter, *http.Request) error) http.HandlerFunc {
	return problem.Handler(d.cfg.Logger, h)
}

func requestID(w http.ResponseWriter) string { return w.Header().Get("X-Request-Id") }

type createdAnswer struct {
	ID        string      `json:"id"`
	Code      string      `json:"code"`
	Upload    blob.Upload `json:"upload"`
	ExpiresAt time.Time   `json:"expiresAt"` // of the upload's link
}

func (d *Domain) postReport(w http.ResponseWriter, r *http.Request) error {
	var draft Draft
	if err := problem.Decode(r.Body, &draft); err != nil {
		return err
	}
	made, id, upload, err := d.Create(r.Context(), d.cfg.Client(r), draft)
	name, _ := nameOf(draft.Session)
	d.record.called(r.Context(), name, requestOf(w, r, d.now(), err, http.StatusCreated))
	if err != nil {
		return err
	}
	return problem.Answer(w, http.StatusCreated, createdAnswer{ID: id, Code: Spoken(made.Code), Upload: upload, ExpiresAt: made.UploadEnds})
}

func (d *Domain) postUpload(w http.ResponseWriter, r *http.Request) error {
	id := r.PathValue("id")
	pending, upload, err := d.Renew(r.Context(), d.cfg.Client(r), id)
	if err != nil {
		return err
	}
	return problem.Answer(w, http.StatusOK, createdAnswer{ID: id, Code: Spoken(pending.Code), Upload: upload, ExpiresAt: pending.UploadEnds})
}

func (d *Domain) postComplete(w http.ResponseWriter, r *http.Request) error {
	report, err := d.Complete(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	d.record.called(r.Context(), report.Session, requestOf(w, r, d.now(), nil, http.StatusOK))
	return problem.Answer(w, http.StatusOK, struct {
		Code      string    `json:"code"`
		ExpiresAt time.Time `json:"expiresAt"` // of the report
	}{Spoken(report.Code), report.ExpiresAt})
}

func (d *Domain) deleteOwn(w http.ResponseWriter, r *http.Request) error {
	if err := d.EraseOwn(r.Context(), r.PathValue("id"), requestID(w)); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}
