package portal_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coopnet/coopnet/shared/blob"
)

// files is a store of files with signed links, on disk and over HTTP.
type files struct {
	folder string
	url    string
	now    func() time.Time

	mu    sync.Mutex
	links map[string]link
	down  error // what every method answers instead
}

type link struct {
	method, key, filename string
	object                blob.Object
	expires               time.Time
}

func openFiles(t *testing.T, now func() time.Time) *files {
	t.Helper()
	f := &files{folder: t.TempDir(), now: now, links: make(map[string]link)}
	server := httptest.NewServer(f)
	t.Cleanup(server.Close)
	f.url = server.URL
	return f
}

func (f *files) path(key string) string {
	return filepath.Join(f.folder, strings.ReplaceAll(key, "/", "_"))
}

func (f *files) sign(l link) (string, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	id := rand.Text()
	f.links[id] = l
	return f.url + "/" + id, f.down
}

func (f *files) fail(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.down = err
}

func (f *files) fault() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.down
}

// Upload signs a PUT.
func (f *files) Upload(_ context.Context, key string, o blob.Object, expires time.Time) (blob.Upload, error) {
	url, err := f.sign(link{http.MethodPut, key, "", o, expires})
	headers := map[string]string{"Content-Length": strconv.FormatInt(o.Size, 10), "X-Sha256": hex.EncodeToString(o.SHA256[:])}
	return blob.Upload{Method: http.MethodPut, URL: url, Headers: headers, Expires: expires}, err
}

// Download signs a GET.
func (f *files) Download(_ context.Context, key, filename string, expires time.Time) (string, error) {
	return f.sign(link{http.MethodGet, key, filename, blob.Object{}, expires})
}

// Stat reads the file.
func (f *files) Stat(_ context.Context, key string) (blob.Object, error) {
	if err := f.fault(); err != nil {
		return blob.Object{}, err
	}
	b, err := os.ReadFile(f.path(key))
	if errors.Is(err, os.ErrNotExist) {
		return blob.Object{}, blob.ErrNotFound
	}
	return blob.Object{Size: int64(len(b)), SHA256: sha256.Sum256(b)}, err
}

// Delete forgets the file; a missing one is fine.
func (f *files) Delete(_ context.Context, key string) error {
	if err := f.fault(); err != nil {
		return err
	}
	if err := os.Remove(f.path(key)); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}

// put stores what no signature allows.
func (f *files) put(t *testing.T, key string, content []byte) {
	t.Helper()
	if err := os.WriteFile(f.path(key), content, 0o600); err != nil {
		t.Fatal(err)
	}
}

func (f *files) keys(t *testing.T) []string {
	t.Helper()
	entries, err := os.ReadDir(f.folder)
	if err != nil {
		t.Fatal(err)
	}
	var keys []string
	for _, e := range entries {
		keys = append(keys, e.Name())
	}
	return keys
}

// ServeHTTP is the other end of the links.
func (f *files) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	l, ok := f.links[strings.TrimPrefix(r.URL.Path, "/")]
	f.mu.Unlock()
	if !ok || r.Method != l.method || !f.now().Before(l.expires) {
		http.Error(w, "no such link", http.StatusForbidden)
		return
	}
	if l.method == http.MethodGet {
		content, err := os.ReadFile(f.path(l.key))
		if err != nil {
			http.Error(w, "gone", http.StatusNotFound)
			return
		}
		w.Header().Set("Content-Type", "application/octet-stream")
		w.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": l.filename}))
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(content))
		return
	}
	content, err := io.ReadAll(io.LimitReader(r.Body, l.object.Size+1))
	have := blob.Object{Size: int64(len(content)), SHA256: sha256.Sum256(content)}
	if err != nil || have != l.object || r.ContentLength != l.object.Size {
		http.Error(w, "not what was signed", http.StatusForbidden)
		return
	}
	file, err := os.OpenFile(f.path(l.key), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		http.Error(w, "there is one", http.StatusPreconditionFailed)
		return
	}
	_, err = file.Write(content)
	if err := errors.Join(err, file.Close()); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
	}
}

// send makes the request that a signed upload describes.
func send(t *testing.T, upload object, content []byte) int {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), upload["method"].(string), upload["url"].(string), bytes.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range upload["headers"].(object) {
		r.Header.Set(name, value.(string))
	}
	return do(t, r).StatusCode
}

// fetch follows a signed download.
func fetch(t *testing.T, url string, headers ...string) (*http.Response, []byte) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	resp := do(t, r)
	content, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, content
}

func do(t *testing.T, r *http.Request) *http.Response {
	t.Helper()
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { resp.Body.Close() })
	return resp
}
