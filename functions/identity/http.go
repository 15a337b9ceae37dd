package identity

import (
	"crypto/sha256"
	"fmt"
	"net/http"

	"github.com/coopnet/coopnet/shared/problem"
)

const cookieName = "__Host-identity"

// Handler answers this domain's calls. The portal in front of it bounds the body, checks the content type and the
// origin, and has set the answer's X-Request-Id.
func (d *Domain) Handler() *http.ServeMux {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /api/v1/identity", problem.Handler(d.cfg.Logger, d.read))
	mux.HandleFunc("PUT /api/v1/identity", problem.Handler(d.cfg.Logger, d.put))
	mux.HandleFunc("DELETE /api/v1/identity", problem.Handler(d.cfg.Logger, d.disconnect))
	return mux
}

func (d *Domain) read(w http.ResponseWriter, r *http.Request) error {
	i, err := d.Of(r)
	if err != nil {
		return err
	}
	return problem.Answer(w, http.StatusOK, i) // null for nobody: an ordinary state, which no browser should report as an error
}

func (d *Domain) put(w http.ResponseWriter, r *http.Request) error {
	var i Identity
	if err := problem.Decode(r.Body, &i); err != nil {
		return err
	}
	if err := i.normalise(); err != nil {
		return err
	}
	// Anybody may write here: the limit bounds the rows that one address makes.
	wait, err := d.cfg.Limiter.Spend(r.Context(), "i:"+d.cfg.Client(r), saveBurst, saveEvery)
	if err != nil {
		return err
	}
	if wait > 0 {
		return &problem.Error{Code: problem.RateLimited, Detail: "Too many changes. Wait a little, then try again.", RetryAfter: wait}
	}
	value, err := d.save(r.Context(), i)
	if err != nil {
		return err
	}
	if old, ok := cookieHash(r); ok { // a browser has one identity
		if err := d.cfg.Store.DeleteIdentity(r.Context(), old); err != nil {
			return fmt.Errorf("delete the former identity: %w", err)
		}
	}
	maxAge := 0 // a session cookie
	if i.Remember {
		maxAge = int(rememberedLife.Seconds())
	}
	http.SetCookie(w, newCookie(value, maxAge))
	return problem.Answer(w, http.StatusOK, i)
}

func (d *Domain) disconnect(w http.ResponseWriter, r *http.Request) error {
	if hash, ok := cookieHash(r); ok {
		// The cookie stays when this fails: without it nobody could try again, and the row would stay for months.
		if err := d.cfg.Store.DeleteIdentity(r.Context(), hash); err != nil {
			return fmt.Errorf("delete identity: %w", err)
		}
	}
	http.SetCookie(w, newCookie("", -1))
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func cookieHash(r *http.Request) ([32]byte, bool) {
	c, err := r.Cookie(cookieName)
	if err != nil || len(c.Value) != 43 { // base64url of 32 bytes
		return [32]byte{}, false
	}
	return sha256.Sum256([]byte(c.Value)), true
}

// newCookie follows the rules of RFC 6265bis for the __Host- prefix: Secure, Path=/, no Domain.
func newCookie(value string, maxAge int) *http.Cookie {
	return &http.Cookie{Name: cookieName, Value: value, Path: "/", MaxAge: maxAge, Secure: true, HttpOnly: true, SameSite: http.SameSiteLaxMode}
}
