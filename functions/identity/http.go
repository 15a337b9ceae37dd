package identity

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/http"
	"net/netip"

	"github.com/coopnet/coopnet/shared/problem"
)

const cookieName = "__Host-identity"

// Handler answers this domain's calls. The portal in front of it bounds the body, checks the content type and the
// origin, and has set the answer's X-Request-Id.
func (d *Domain) Handler() *http.ServeMux {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /api/v1/identity", d.serve(d.read))
	mux.HandleFunc("PUT /api/v1/identity", d.serve(d.put))
	mux.HandleFunc("DELETE /api/v1/identity", d.serve(d.disconnect))
	return mux
}

// serve renders the error of h. A handler that returns an error has not written.
func (d *Domain) serve(h func(http.ResponseWriter, *http.Request) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		err := h(w, r)
		if err == nil {
			return
		}
		id := w.Header().Get("X-Request-Id")
		if code := problem.From(err).Code; code.Status() >= http.StatusInternalServerError {
			d.cfg.Logger.ErrorContext(r.Context(), "request failed", "requestId", id, "code", string(code), "error", err)
		}
		problem.Write(w, id, err)
	}
}

func (d *Domain) read(w http.ResponseWriter, r *http.Request) error {
	i, err := d.Of(r)
	if err != nil {
		return err
	}
	return answer(w, i) // null for nobody: an ordinary state, which no browser should report as an error
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
	wait, err := d.cfg.Limiter.Spend(r.Context(), "i:"+addressKey(d.cfg.Address(r)), saveBurst, saveEvery)
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
	return answer(w, i)
}

func (d *Domain) disconnect(w http.ResponseWriter, r *http.Request) error {
	if hash, ok := cookieHash(r); ok {
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

// addressKey is the part of an address that one customer has: all of IPv4, the /64 of IPv6.
func addressKey(address netip.Addr) string {
	address = address.Unmap().WithZone("")
	if address.Is6() {
		if p, err := address.Prefix(64); err == nil {
			return p.Masked().String()
		}
	}
	return address.String()
}

func answer(w http.ResponseWriter, v any) error {
	body, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("encode answer: %w", err)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusOK)
	_, _ = w.Write(body) // the client has gone: nothing left to tell it
	return nil
}
