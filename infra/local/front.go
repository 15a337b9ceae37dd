package local

import (
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"regexp"
	"strings"

	"github.com/coopnet/coopnet/functions/portal"
	"github.com/coopnet/coopnet/infra/template"
)

// front plays CloudFront's part: it sends paths where the template's behaviours say, tells the functions that the call came
// through it and from where, and gives pages the template's headers.
type front struct {
	paths  []string // patterns of the API
	api    http.Handler
	static http.Handler
	secret string
	pages  http.Header
}

func newFront(stack *template.Stack, files fs.FS, api http.Handler, secret string, origins []string) (*front, error) {
	f := &front{api: api, secret: secret, static: http.NotFoundHandler(), pages: pageHeaders(stack, origins)}
	for _, b := range stack.Main.At("Resources", "Distribution", "Properties", "DistributionConfig", "CacheBehaviors").Items() {
		if b.At("TargetOriginId").String() == "api" {
			f.paths = append(f.paths, b.At("PathPattern").String())
		}
	}
	if files == nil {
		return f, nil
	}
	var err error
	if f.static, err = portal.Static(files); err != nil {
		return nil, fmt.Errorf("read the portal's files: %w", err)
	}
	return f, nil
}

// ServeHTTP implements http.Handler.
func (f *front) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !f.isAPI(r.URL.Path) {
		for name, values := range f.pages {
			w.Header()[name] = values
		}
		f.static.ServeHTTP(w, r)
		return
	}
	peer, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		peer = r.RemoteAddr
	}
	// Whatever the client says in these is replaced.
	r.Header.Set("X-Coopnet-Edge", f.secret)
	r.Header.Set("X-Coopnet-Viewer", peer)
	f.api.ServeHTTP(w, r)
}

func (f *front) isAPI(path string) bool {
	for _, pattern := range f.paths {
		start, isPrefix := strings.CutSuffix(pattern, "*")
		if path == pattern || isPrefix && strings.HasPrefix(path, start) {
			return true
		}
	}
	return false
}

// relayOrigins are where pages reach the relays.
func relayOrigins(relays string) []string {
	var origins []string
	for _, entry := range strings.Fields(relays) {
		_, origin, _ := strings.Cut(entry, "=")
		origins = append(origins, origin, "ws"+strings.TrimPrefix(origin, "http"))
	}
	return origins
}

// pageHeaders are those of the template's policy, with this machine's relays and files in the place of the cloud's. There is
// no HTTPS here, and no HSTS.
func pageHeaders(stack *template.Stack, origins []string) http.Header {
	cfg := stack.Main.At("Resources", "PageHeaders", "Properties", "ResponseHeadersPolicyConfig")
	security := cfg.At("SecurityHeadersConfig")
	csp := security.At("ContentSecurityPolicy", "ContentSecurityPolicy", "Fn::Sub").String()
	csp = regexp.MustCompile(`(https|wss)://[^ ;]*\$\{[^ ;]*`).ReplaceAllString(csp, "")
	csp = strings.Replace(csp, "connect-src 'self'", "connect-src 'self' "+strings.Join(origins, " "), 1)
	h := http.Header{"Content-Security-Policy": {csp}, "X-Content-Type-Options": {"nosniff"}}
	h.Set("X-Frame-Options", security.At("FrameOptions", "FrameOption").String())
	h.Set("Referrer-Policy", security.At("ReferrerPolicy", "ReferrerPolicy").String())
	for _, i := range cfg.At("CustomHeadersConfig", "Items").Items() {
		h.Set(i.At("Header").String(), i.At("Value").String())
	}
	return h
}
