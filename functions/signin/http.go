package signin

import (
	"crypto/subtle"
	"errors"
	"net/http"
	"net/url"
	"path"
	"strings"

	"github.com/coopnet/coopnet/shared/problem"
	"github.com/coopnet/coopnet/shared/sealed"
)

const (
	attemptCookie = "__Host-sign-in"
	sessionCookie = "__Host-session"
	maxCookie     = 3072 // bytes
)

// Handler answers this domain's calls. The portal in front of it bounds the body, checks the content type and the
// origin, and has set the answer's X-Request-Id.
func (d *Domain) Handler() *http.ServeMux {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /api/v1/site", problem.Handler(d.cfg.Logger, d.readSite))
	mux.HandleFunc("GET /api/v1/session", problem.Handler(d.cfg.Logger, d.readSession))
	mux.HandleFunc("DELETE /api/v1/session", problem.Handler(d.cfg.Logger, d.signOut))
	mux.HandleFunc("GET /api/v1/sign-in", d.page(d.signIn))
	mux.HandleFunc("GET /api/v1/sign-in/callback", d.page(d.callback))
	return mux
}

// page is for calls that a browser goes to. A person sees a refusal on the portal's own page: its code is in the
// fragment, which browsers send to nobody.
func (d *Domain) page(h func(http.ResponseWriter, *http.Request) error) http.HandlerFunc {
	return problem.Handler(d.cfg.Logger, func(w http.ResponseWriter, r *http.Request) error {
		err := h(w, r)
		if err == nil || !strings.Contains(r.Header.Get("Accept"), "text/html") {
			return err
		}
		code := problem.From(err).Code
		if code == problem.Internal {
			d.cfg.Logger.ErrorContext(r.Context(), "request failed", "requestId", w.Header().Get("X-Request-Id"), "error", err)
		}
		goTo(w, "/#sign-in="+string(code))
		return nil
	})
}

// goTo sends a browser on; 303 (RFC 9110 section 15.4.4) is a GET whatever came before.
func goTo(w http.ResponseWriter, address string) {
	w.Header().Set("Location", address)
	w.WriteHeader(http.StatusSeeOther)
}

func (d *Domain) readSite(w http.ResponseWriter, _ *http.Request) error {
	w.Header().Set("Cache-Control", "public, max-age=60")
	return problem.Answer(w, http.StatusOK, struct {
		SignIn        bool `json:"signIn"`
		NeedsPassword bool `json:"needsPassword"`
	}{d.cfg.Provider != nil, d.cfg.NeedsPassword})
}

func (d *Domain) readSession(w http.ResponseWriter, r *http.Request) error {
	s, err := d.Of(r)
	if err != nil {
		return err
	}
	if s == nil { // an ordinary state, which no browser should report as an error
		return problem.Answer(w, http.StatusOK, nil)
	}
	return problem.Answer(w, http.StatusOK, map[string]any{"name": s.Name, "email": s.Email, "expiresAt": s.Expires})
}

// signOut ends the session here; the provider's own goes on.
func (d *Domain) signOut(w http.ResponseWriter, _ *http.Request) error {
	http.SetCookie(w, newCookie(sessionCookie, "", -1))
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// signIn sends the browser to the provider.
func (d *Domain) signIn(w http.ResponseWriter, r *http.Request) error {
	if err := d.allow(r); err != nil {
		return err
	}
	// Another site must not begin a sign-in in somebody's browser, even though it would only sign in that person.
	if r.Header.Get("Sec-Fetch-Site") == "cross-site" {
		return problem.New(problem.CSRF, "This call is only for the portal's own pages.")
	}
	back, ok := ownPath(r.URL.Query()["return"])
	if !ok {
		return &problem.Error{Code: problem.Invalid, Detail: "Some fields are not valid.",
			Fields: []problem.Field{{Pointer: "/return", Detail: "must be a path of this site"}}}
	}
	a, err := d.begin(back)
	if err != nil {
		return err
	}
	page, err := d.cfg.Provider.Authorize(r.Context(), a)
	if err != nil {
		return err
	}
	value, err := d.box(attemptCookie).Seal(r.Context(), a)
	if err != nil {
		return err
	}
	http.SetCookie(w, newCookie(attemptCookie, value, int(attemptLife.Seconds())))
	goTo(w, page)
	return nil
}

// ownPath accepts paths of our own pages: nothing that a browser could take for another site.
func ownPath(values []string) (string, bool) {
	if len(values) == 0 {
		return "/", true
	}
	s := values[0]
	odd := func(r rune) bool { return r <= ' ' || r > '~' || r == '\\' } // browsers drop tabs and turn backslashes
	if len(values) > 1 || len(s) > maxReturn || !strings.HasPrefix(s, "/") || strings.HasPrefix(s, "//") || strings.ContainsFunc(s, odd) {
		return "", false
	}
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "" || u.Host != "" || path.Clean(u.Path) != u.Path || strings.HasPrefix(u.Path, "/api") {
		return "", false
	}
	return s, true
}

// callback takes the provider's answer from the browser that began the attempt, and from no other.
func (d *Domain) callback(w http.ResponseWriter, r *http.Request) error {
	if err := d.allow(r); err != nil {
		return err
	}
	query := r.URL.Query()
	a, err := d.attempt(r, query.Get("state"))
	if err != nil {
		return err
	}
	http.SetCookie(w, newCookie(attemptCookie, "", -1)) // one answer for each attempt
	if code := query.Get("error"); code != "" {
		return denied(code)
	}
	person, err := d.cfg.Provider.Redeem(r.Context(), a, Answer{Code: query.Get("code"), Issuer: query.Get("iss")})
	if err != nil {
		return err
	}
	s, err := d.session(person)
	if err != nil {
		d.cfg.Logger.InfoContext(r.Context(), "sign-in refused", "by", person.Actor, "internal", person.Internal)
		return err
	}
	value, err := d.box(sessionCookie).Seal(r.Context(), s)
	if err != nil {
		return err
	}
	// Whatever session the browser had is replaced: nobody's value is ever adopted.
	http.SetCookie(w, newCookie(sessionCookie, value, int(sessionLife.Seconds())))
	d.cfg.Logger.InfoContext(r.Context(), "signed in", "by", s.Actor)
	goTo(w, a.Return)
	return nil
}

// attempt is the one that this browser began and the state belongs to (RFC 6749 section 10.12).
func (d *Domain) attempt(r *http.Request, state string) (Attempt, error) {
	stranger := problem.New(problem.CSRF, "This sign-in was not begun in this browser, or too long ago. Begin again.")
	cookie, err := r.Cookie(attemptCookie)
	if err != nil {
		return Attempt{}, stranger
	}
	var a Attempt
	err = d.box(attemptCookie).Open(r.Context(), cookie.Value, &a)
	switch {
	case errors.Is(err, sealed.ErrNotOurs):
		return Attempt{}, stranger
	case err != nil:
		return Attempt{}, err
	case a.State == "" || subtle.ConstantTimeCompare([]byte(a.State), []byte(state)) != 1, !d.cfg.Now().Before(a.Expires):
		return Attempt{}, stranger
	}
	return a, nil
}

// denied is the refusal for an error that the provider answered (RFC 6749 section 4.1.2.1).
func denied(code string) error {
	switch code {
	case "temporarily_unavailable", "server_error":
		return &problem.Error{Code: problem.Unavailable, Detail: "The identity provider cannot sign you in now. Try again in a moment.", RetryAfter: signInEvery * 5}
	case "access_denied":
		return problem.New(problem.Forbidden, "The identity provider did not let you in.")
	}
	return problem.New(problem.Unauthenticated, "The identity provider did not sign you in.")
}

// allow bounds what one address makes us and the provider do.
func (d *Domain) allow(r *http.Request) error {
	if d.cfg.Provider == nil {
		return problem.New(problem.NotFound, "Nobody can sign in here.")
	}
	wait, err := d.cfg.Limiter.Spend(r.Context(), "s:"+d.cfg.Client(r), signInBurst, signInEvery)
	if err != nil {
		return err
	}
	if wait > 0 {
		return &problem.Error{Code: problem.RateLimited, Detail: "Too many attempts to sign in. Wait a little, then try again.", RetryAfter: wait}
	}
	return nil
}

func (d *Domain) box(purpose string) sealed.Box {
	return sealed.Box{Purpose: purpose, Max: maxCookie, Rand: d.cfg.Rand, Keys: d.cfg.Keys}
}

// newCookie follows the rules of RFC 6265bis for the __Host- prefix: Secure, Path=/, no Domain. Lax: the provider's answer
// comes as a navigation from its site.
func newCookie(name, value string, maxAge int) *http.Cookie {
	return &http.Cookie{Name: name, Value: value, Path: "/", MaxAge: maxAge, Secure: true, HttpOnly: true, SameSite: http.SameSiteLaxMode}
}
