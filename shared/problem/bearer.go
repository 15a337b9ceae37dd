package problem

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
)

// Bearer lets check say who holds the request's bearer token (RFC 6750). A request without one, or whose token check
// does not know, is unauthenticated, and w's header says which scheme to use.
func Bearer[T any](w http.ResponseWriter, r *http.Request, check func(ctx context.Context, token string) (T, error)) (who T, err error) {
	scheme, token, ok := strings.Cut(r.Header.Get("Authorization"), " ")
	if !ok || !strings.EqualFold(scheme, "Bearer") { // RFC 9110 section 11.1: schemes are case-insensitive
		w.Header().Set("WWW-Authenticate", "Bearer")
		return who, New(Unauthenticated, "A bearer key or token is required.")
	}
	who, err = check(r.Context(), token)
	if err != nil && From(err).Code == Unauthenticated {
		w.Header().Set("WWW-Authenticate", `Bearer error="invalid_token"`)
	}
	return who, err
}

// Check says who holds a bearer token, or refuses.
type Check func(ctx context.Context, token string) (actor string, err error)

// Authorized is Handler for those alone whom a check lets through: may for what changes something, reads for what does not.
func Authorized(logger *slog.Logger, may, reads Check, h func(w http.ResponseWriter, r *http.Request, actor string) error) http.HandlerFunc {
	return Handler(logger, func(w http.ResponseWriter, r *http.Request) error {
		check := may
		if r.Method == http.MethodGet || r.Method == http.MethodHead {
			check = reads
		}
		actor, err := Bearer(w, r, check)
		if err != nil {
			return err
		}
		return h(w, r, actor)
	})
}
