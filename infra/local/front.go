package local

import (
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"regexp"
	"strings"
	"sync"

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
	stack  *template.Stack
	heard  chan struct{} // closed once a relay's announcement was taken
	first  sync.Once

	mu      sync.Mutex
	origins []string // that pages may connect to
	pages   http.Header
}

func newFront(stack *template.Stack, files fs.FS, over map[string][]byte, api http.Handler, secret string, origins ...string) (*front, error) {
	f := &front{api: api, secret: secret, static: http.NotFoundHandler(), stack: stack, heard: make(chan struct{})}
	f.connect(origins...)
	for _, b := range stack.Main.At("Resources", "Distribution", "Properties", "DistributionConfig", "CacheBehaviors").Items() {
		if b.At("TargetOriginId").String() == "api" {
			f.paths = append(f.paths, b.At("PathPattern").String())
		}
	}
	if files == nil {
		return f, nil
	}
	var err error
	if f.static, err = portal.Static(files, over); err != nil {
		return nil, fmt.Errorf("read the portal's files: %w", err)
	}
	return f, nil
}

// connect lets pages connect to further origins.
func (f *front) connect(origins ...string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.origins = append(f.origins, origins...)
	f.pages = pageHeaders(f.stack, f.origins)
}

func (f *front) headers() http.Header {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.pages
}

// ServeHTTP implements http.Handler.
func (f *front) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !f.isAPI(r.URL.Path) {
		for name, values := range f.headers() {
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
	if r.Method != http.MethodPut || !strings.HasPrefix(r.URL.Path, "/api/v1/relays/") {
		f.api.ServeHTTP(w, r)
		return
	}
	answer := &witness{ResponseWriter: w}
	f.api.ServeHTTP(answer, r)
	if answer.status == http.StatusOK {
		f.first.Do(func() { close(f.heard) })
	}
}

// witness remembers an answer's status.
type witness struct {
	http.ResponseWriter
	status int
}

// WriteHeader implements http.ResponseWriter.
func (w *witness) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
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
