package problem

import (
	"context"
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
