package portal

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"time"

	"github.com/coopnet/coopnet/shared/problem"
)

// asset is one file in every encoding that there is of it; "" is the plain one.
type asset struct {
	kind     string
	variants map[string]variant
}

type variant struct {
	body []byte
	etag string
}

type static struct {
	assets map[string]asset // by path without the leading slash
}

// Static serves the built portal from memory: files with a hash in their name for ever, everything else revalidated,
// index.html for the paths of the pages themselves, .br and .gz where they lie beside a file and are accepted. What begins
// with a dot belongs to the tools that made the files, and is left out. Each of over takes the place of the file of that
// name, in every encoding.
func Static(files fs.FS, over map[string][]byte) (http.Handler, error) {
	s := &static{assets: make(map[string]asset)}
	err := fs.WalkDir(files, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		switch dotted := strings.HasPrefix(entry.Name(), ".") && name != "."; {
		case entry.IsDir() && dotted:
			return fs.SkipDir
		case entry.IsDir() || dotted:
			return nil
		}
		return s.add(files, name)
	})
	if err != nil {
		return nil, fmt.Errorf("read the portal's files: %w", err)
	}
	for name, body := range over {
		s.assets[name] = asset{kind: contentType(name), variants: map[string]variant{"": newVariant(body)}}
	}
	if _, ok := s.assets["index.html"]; !ok {
		return nil, errors.New("the portal's files have no index.html: build web/ first")
	}
	return s, nil
}

func (s *static) add(files fs.FS, name string) error {
	body, err := fs.ReadFile(files, name)
	if err != nil {
		return err
	}
	plain, encoding := name, ""
	for suffix, e := range map[string]string{".br": "br", ".gz": "gzip"} {
		if base, ok := strings.CutSuffix(name, suffix); ok {
			plain, encoding = base, e
		}
	}
	a, ok := s.assets[plain]
	if !ok {
		a = asset{kind: contentType(plain), variants: make(map[string]variant)}
		s.assets[plain] = a
	}
	a.variants[encoding] = newVariant(body)
	return nil
}

func newVariant(body []byte) variant {
	sum := sha256.Sum256(body)
	return variant{body: body, etag: `"` + base64.RawURLEncoding.EncodeToString(sum[:16]) + `"`}
}

// contentType does not ask the machine: its table differs from one to the next.
func contentType(name string) string {
	switch path.Ext(name) {
	case ".html":
		return "text/html; charset=utf-8"
	case ".js", ".mjs":
		return "text/javascript; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".json", ".map":
		return "application/json"
	case ".webmanifest":
		return "application/manifest+json"
	case ".svg":
		return "image/svg+xml"
	case ".png":
		return "image/png"
	case ".ico":
		return "image/x-icon"
	case ".webp":
		return "image/webp"
	case ".woff2":
		return "font/woff2"
	case ".txt":
		return "text/plain; charset=utf-8"
	}
	return "application/octet-stream"
}

// ServeHTTP implements http.Handler.
func (s *static) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	id := w.Header().Get(requestIDHeader)
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		problem.Write(w, id, problem.New(problem.MethodNotAllowed, "Use GET, HEAD."))
		return
	}
	name := strings.TrimPrefix(r.URL.Path, "/")
	a, ok := s.assets[name]
	if !ok && path.Ext(name) == "" { // a page of the portal: the script there reads the path
		name = "index.html"
		a, ok = s.assets[name]
	}
	v, encoding := a.choose(r.Header.Values("Accept-Encoding"))
	if !ok || v.etag == "" {
		problem.Write(w, id, problem.New(problem.NotFound, "There is nothing here."))
		return
	}
	h := w.Header()
	h.Set("Content-Type", a.kind)
	h.Set("ETag", v.etag)
	h.Set("Vary", "Accept-Encoding")
	h.Set("Cache-Control", "no-cache")
	if strings.HasPrefix(name, "assets/") { // the build puts a hash into these names
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	if encoding != "" {
		h.Set("Content-Encoding", encoding)
	}
	if a.kind == "image/svg+xml" {
		h.Set("Content-Security-Policy", picturePolicy)
	}
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(v.body))
}

// choose returns the smallest variant that the client accepts.
func (a asset) choose(accept []string) (variant, string) {
	accepted := make(map[string]bool)
	for _, part := range strings.Split(strings.Join(accept, ","), ",") {
		coding, weight, _ := strings.Cut(part, ";")
		weight = strings.ReplaceAll(weight, " ", "")
		accepted[strings.ToLower(strings.TrimSpace(coding))] = !strings.HasPrefix(weight, "q=0") || strings.Trim(weight[3:], ".0") != ""
	}
	for _, encoding := range []string{"br", "gzip"} {
		if v, ok := a.variants[encoding]; ok && accepted[encoding] {
			return v, encoding
		}
	}
	return a.variants[""], ""
}
