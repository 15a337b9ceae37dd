package portal

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// policies are the headers that tell browsers what our pages may do.
type policies struct {
	page string // Content-Security-Policy
	hsts bool
}

// picturePolicy is for drawings, which opened by themselves are documents of our origin. Where a CDN serves them they have the
// policy of pages, under which nothing in a drawing runs either.
const picturePolicy = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; sandbox"

func newPolicies(publicURL string, connect []string) (policies, error) {
	for _, origin := range connect {
		u, err := url.Parse(origin)
		if err != nil || u.Scheme == "" || u.Host == "" || strings.ContainsAny(origin, " ;,'\"") || u.Path != "" {
			return policies{}, fmt.Errorf("portal: %q is not an origin", origin)
		}
	}
	page := strings.Join([]string{
		"default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self' data: blob:", "font-src 'self'",
		strings.Join(append([]string{"connect-src 'self'"}, connect...), " "),
		"media-src 'self' blob: mediastream:", "manifest-src 'self'", "worker-src 'self'",
		"base-uri 'none'", "form-action 'self'", "frame-ancestors 'none'",
	}, "; ")
	return policies{page: page, hsts: strings.HasPrefix(publicURL, "https://")}, nil
}

func (p policies) set(h http.Header, api bool) {
	if api {
		h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
		h.Set("Cache-Control", "no-store")
	} else {
		h.Set("Content-Security-Policy", p.page)
	}
	if p.hsts {
		h.Set("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
	}
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY") // for browsers that do not know frame-ancestors
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Permissions-Policy", "display-capture=(self), fullscreen=(self), camera=(), microphone=(), geolocation=(), payment=(), usb=()")
}
