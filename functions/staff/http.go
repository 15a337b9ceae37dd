package staff

import (
	"context"
	"net/http"

	"github.com/coopnet/coopnet/shared/problem"
)

// Handler answers this domain's calls. The portal in front of it bounds the body, checks the content type and the
// origin, and has set the answer's X-Request-Id.
func (d *Domain) Handler() *http.ServeMux {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /api/v1/keys", d.publisher(d.postKey))
	mux.HandleFunc("GET /api/v1/keys", d.publisher(d.listKeys))
	mux.HandleFunc("DELETE /api/v1/keys/{id}", d.publisher(d.deleteKey))
	return mux
}

// publisher lets only those through who manage keys.
func (d *Domain) publisher(h func(w http.ResponseWriter, r *http.Request, actor string) error) http.HandlerFunc {
	check := func(ctx context.Context, token string) (string, error) {
		a, err := d.Authenticate(ctx, token, Publisher)
		return a.ID, err
	}
	return problem.Authorized(d.cfg.Logger, check, check, h)
}

// keyETag is the only one: a key is made and revoked, and never changed.
const keyETag = `"1"`

func (d *Domain) postKey(w http.ResponseWriter, r *http.Request, actor string) error {
	var draft Draft
	if err := problem.Decode(r.Body, &draft); err != nil {
		return err
	}
	k, plain, err := d.Create(r.Context(), actor, draft)
	if err != nil {
		return err
	}
	w.Header().Set("ETag", keyETag)
	return problem.Answer(w, http.StatusCreated, struct {
		Key
		Plain string `json:"key"` // only here
	}{k, plain})
}

func (d *Domain) listKeys(w http.ResponseWriter, r *http.Request, _ string) error {
	keys, err := d.List(r.Context())
	if err != nil {
		return err
	}
	if keys == nil {
		keys = []Key{}
	}
	return problem.Answer(w, http.StatusOK, map[string][]Key{"items": keys})
}

func (d *Domain) deleteKey(w http.ResponseWriter, r *http.Request, actor string) error {
	if err := problem.IfMatch(r, keyETag); err != nil {
		return err
	}
	if err := d.Revoke(r.Context(), actor, r.PathValue("id")); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}
