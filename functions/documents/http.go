package documents

import (
	"encoding/hex"
	"net/http"
	"time"

	"github.com/coopnet/coopnet/shared/blob"
	"github.com/coopnet/coopnet/shared/problem"
)

// Handler answers this domain's calls. The portal in front of it bounds the body, checks the content type and the
// origin, and has set the answer's X-Request-Id.
func (d *Domain) Handler() *http.ServeMux {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /api/v1/documents", d.serve(d.list))
	mux.HandleFunc("POST /api/v1/documents", d.serve(d.post))
	mux.HandleFunc("POST /api/v1/documents/{id}/upload", d.serve(d.postUpload))
	mux.HandleFunc("POST /api/v1/documents/{id}/complete", d.serve(d.postComplete))
	mux.HandleFunc("GET /api/v1/documents/{id}/content", d.serve(d.readContent))
	mux.HandleFunc("DELETE /api/v1/documents/{id}", d.serve(d.delete))
	return mux
}

// serve lets only those through who are in a conference, and renders the error of h.
func (d *Domain) serve(h func(w http.ResponseWriter, r *http.Request, who Attendee) error) http.HandlerFunc {
	return problem.Handler(d.cfg.Logger, func(w http.ResponseWriter, r *http.Request) error {
		who, err := d.cfg.Door.Attendee(r)
		if err != nil {
			return err
		}
		return h(w, r, who)
	})
}

// view is a document as the conference sees it.
type view struct {
	ID      string    `json:"id"`
	Name    string    `json:"name"`
	Type    string    `json:"type"`
	Size    int64     `json:"size"`
	SHA256  string    `json:"sha256"`
	By      author    `json:"by"`
	AddedAt time.Time `json:"addedAt"`
	Own     bool      `json:"own"` // the caller has added it
}

type author struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

func viewOf(doc *Document, who Attendee) view {
	return view{ID: doc.ID, Name: doc.Name, Type: doc.Type, Size: doc.Size, SHA256: hex.EncodeToString(doc.SHA256[:]),
		By: author{doc.By.Participant, doc.By.Name}, AddedAt: doc.AddedAt, Own: doc.By.Participant == who.Participant}
}

type limits struct {
	Size  int64 `json:"size"`  // of one
	Count int   `json:"count"` // of a conference
	Total int64 `json:"total"` // of all of a conference
}

func (d *Domain) list(w http.ResponseWriter, r *http.Request, who Attendee) error {
	all, err := d.List(r.Context(), who)
	if err != nil {
		return err
	}
	items := make([]view, 0, len(all))
	for _, doc := range all {
		items = append(items, viewOf(doc, who))
	}
	return problem.Answer(w, http.StatusOK, struct {
		Items     []view `json:"items"`
		Limits    limits `json:"limits"`
		MayAdd    bool   `json:"mayAdd"`
		MayDelete bool   `json:"mayDelete"` // what others have added, too
	}{items, limits{maxSize, mostDocuments, mostBytes}, who.MayAdd, who.MayDelete})
}

type pendingAnswer struct {
	ID        string      `json:"id"`
	Upload    blob.Upload `json:"upload"`
	ExpiresAt time.Time   `json:"expiresAt"` // of the upload's link
}

func (d *Domain) post(w http.ResponseWriter, r *http.Request, who Attendee) error {
	var draft Draft
	if err := problem.Decode(r.Body, &draft); err != nil {
		return err
	}
	doc, upload, err := d.Create(r.Context(), who, draft)
	if err != nil {
		return err
	}
	return problem.Answer(w, http.StatusCreated, pendingAnswer{doc.ID, upload, doc.UploadEnds})
}

func (d *Domain) postUpload(w http.ResponseWriter, r *http.Request, who Attendee) error {
	doc, upload, err := d.Renew(r.Context(), who, r.PathValue("id"))
	if err != nil {
		return err
	}
	return problem.Answer(w, http.StatusOK, pendingAnswer{doc.ID, upload, doc.UploadEnds})
}

func (d *Domain) postComplete(w http.ResponseWriter, r *http.Request, who Attendee) error {
	doc, err := d.Complete(r.Context(), who, r.PathValue("id"))
	if err != nil {
		return err
	}
	return problem.Answer(w, http.StatusOK, viewOf(doc, who))
}

func (d *Domain) readContent(w http.ResponseWriter, r *http.Request, who Attendee) error {
	url, until, err := d.Content(r.Context(), who, r.PathValue("id"))
	if err != nil {
		return err
	}
	return problem.Answer(w, http.StatusOK, struct {
		URL       string    `json:"url"`
		ExpiresAt time.Time `json:"expiresAt"`
	}{url, until})
}

func (d *Domain) delete(w http.ResponseWriter, r *http.Request, who Attendee) error {
	if err := d.Delete(r.Context(), who, r.PathValue("id")); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}
