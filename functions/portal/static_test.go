package portal_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/coopnet/coopnet/functions/portal"
	"github.com/coopnet/coopnet/functions/portal/portaltest"
)

func TestStatic(t *testing.T) {
	each(t, func(t *testing.T, w *world, c *portaltest.Client) {
		for _, call := range []struct{ path, accept, kind, encoding, cache, body string }{
			{"/", "", "text/html; charset=utf-8", "", "no-cache", "<!doctype html><title>Coopnet</title>"},
			{"/conference", "", "text/html; charset=utf-8", "", "no-cache", "<!doctype html><title>Coopnet</title>"},
			{"/index.html", "gzip, br", "text/html; charset=utf-8", "br", "no-cache", "\x0b\xff brotli"},
			{"/assets/app-1a2b.js", "", "text/javascript; charset=utf-8", "", "public, max-age=31536000, immutable", "console.log('plain')"},
			{"/assets/app-1a2b.js", "gzip;q=1.0, br;q=0", "text/javascript; charset=utf-8", "gzip", "public, max-age=31536000, immutable", "\x1f\x8b gzip"},
			{"/favicon.svg", "br", "image/svg+xml", "", "no-cache", "<svg/>"},
			{"/fonts/text.woff2", "", "font/woff2", "", "no-cache", "woff"},
			{"/brand.css", "gzip", "text/css; charset=utf-8", "", "no-cache", ":root { --brand-accent: #0f5c6b; }"},
			{"/brand/logo.svg", "", "image/svg+xml", "", "no-cache", `<svg xmlns="http://www.w3.org/2000/svg"/>`},
			{"/documents/support.pdf", "", "application/octet-stream", "", "no-cache", "%PDF"},
		} {
			accept := call.accept
			if accept == "" {
				accept = "identity"
			}
			resp := c.Do("GET", call.path, nil, "Accept-Encoding", accept)
			h := resp.Header
			if resp.Status != 200 || h.Get("Content-Type") != call.kind || h.Get("Content-Encoding") != call.encoding ||
				h.Get("Cache-Control") != call.cache || string(resp.Body) != call.body || h.Get("Vary") != "Accept-Encoding" {
				t.Errorf("%+v: got %d %v %q", call, resp.Status, h, resp.Body)
			}
			if picture, policy := call.kind == "image/svg+xml", h.Get("Content-Security-Policy"); picture != strings.HasSuffix(policy, "sandbox") || !strings.Contains(policy, "default-src 'none'") {
				t.Errorf("%+v: its policy is %q", call, policy)
			}
			again := c.Do("GET", call.path, nil, "Accept-Encoding", accept, "If-None-Match", h.Get("ETag"))
			if again.Status != 304 || len(again.Body) != 0 {
				t.Errorf("%+v: with its ETag %s got %d", call, h.Get("ETag"), again.Status)
			}
			head := c.Do("HEAD", call.path, nil, "Accept-Encoding", accept)
			if head.Status != 200 || len(head.Body) != 0 || head.Header.Get("ETag") != h.Get("ETag") {
				t.Errorf("%+v: HEAD got %d %v %q", call, head.Status, head.Header, head.Body)
			}
		}
		for _, path := range []string{"/assets/app-9.js", "/../go.mod", "/assets/app-1a2b.js.gz", "/.keep", "/.git/config.txt"} {
			if resp := c.Do("GET", path, nil); resp.Status != 404 || !strings.Contains(string(resp.Body), "not-found") {
				t.Errorf("%s: got %d %s", path, resp.Status, resp.Body)
			}
		}
	})
}

func TestStaticNeedsThePortal(t *testing.T) {
	if _, err := portal.Static(fstest.MapFS{"x.txt": {}}, nil); err == nil {
		t.Error("files without index.html were accepted")
	}
}
