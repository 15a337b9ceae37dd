package webhook

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/coopnet/coopnet/shared/idempotency"
	"github.com/coopnet/coopnet/shared/problem"
)

// Handler answers this domain's calls. The portal in front of it bounds the body, checks the content type and the
// origin, and has set the answer's X-Request-Id.
func (d *Domain) Handler() *http.ServeMux {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /api/v1/webhooks", d.organizer(d.post))
	mux.HandleFunc("GET /api/v1/webhooks", d.organizer(d.list))
	mux.HandleFunc("GET /api/v1/webhooks/{id}", d.organizer(d.read))
	mux.HandleFunc("DELETE /api/v1/webhooks/{id}", d.organizer(d.delete))
	return mux
}

// organizer lets only those through who may organize; a key that may only read is good for what only reads.
func (d *Domain) organizer(h func(w http.ResponseWriter, r *http.Request, actor string) error) http.HandlerFunc {
	return problem.Authorized(d.cfg.Logger, d.cfg.Staff.Organizer, d.cfg.Staff.Reader, h)
}

// view is a subscription as organizers see it.
type view struct {
	ID        string    `json:"id"`
	URL       string    `json:"url"`
	Events    []string  `json:"events"`
	CreatedAt time.Time `json:"createdAt"`
	Secret    string    `json:"secret,omitempty"`  // only in the answer to its creation
	Waiting   *int      `json:"waiting,omitempty"` // events that it has not taken yet
}

func viewOf(s *Subscription) view {
	return view{ID: s.ID, URL: s.URL, Events: s.Events, CreatedAt: s.CreatedAt}
}

// etag is the only one: a subscription is made and deleted, and never changed.
const etag = `"1"`

func (d *Domain) post(w http.ResponseWriter, r *http.Request, actor string) error {
	do := func(w http.ResponseWriter, r *http.Request, random io.Reader) error {
		var in Draft
		if err := problem.Decode(r.Body, &in); err != nil {
			return err
		}
		s, err := d.subscribe(r.Context(), random, actor, in)
		if err != nil {
			return err
		}
		v := viewOf(s)
		v.Secret = s.Secret
		w.Header().Set("Location", "/api/v1/webhooks/"+s.ID)
		w.Header().Set("ETag", etag)
		return problem.Answer(w, http.StatusCreated, v)
	}
	if d.cfg.Repeats == nil {
		return do(w, r, d.cfg.Rand)
	}
	err := d.cfg.Repeats.Serve(w, r, actor, do)
	if errors.Is(err, idempotency.ErrKey) || errors.Is(err, idempotency.ErrReused) {
		return problem.Wrap(problem.Invalid, strings.ToUpper(err.Error()[:1])+err.Error()[1:]+".", err)
	}
	return err
}

func (d *Domain) list(w http.ResponseWriter, r *http.Request, _ string) error {
	all, err := d.cfg.Store.Subscriptions(r.Context())
	if err != nil {
		return err
	}
	page := struct {
		Items []view  `json:"items"`
		Next  *string `json:"nextCursor"` // there are so few that one page has them all
	}{Items: make([]view, 0, len(all))}
	for _, s := range all {
		page.Items = append(page.Items, viewOf(s))
	}
	return problem.Answer(w, http.StatusOK, page)
}

func (d *Domain) read(w http.ResponseWriter, r *http.Request, _ string) error {
	s, err := d.Subscription(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	n, err := d.cfg.Store.Waiting(r.Context(), s.ID)
	if err != nil {
		return err
	}
	v := viewOf(s)
	v.Waiting = &n
	w.Header().Set("ETag", etag)
	return problem.Answer(w, http.StatusOK, v)
}

func (d *Domain) delete(w http.ResponseWriter, r *http.Request, _ string) error {
	if err := problem.IfMatch(r, etag); err != nil {
		return err
	}
	if err := d.Unsubscribe(r.Context(), r.PathValue("id")); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}
