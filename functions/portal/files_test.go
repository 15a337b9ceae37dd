package portal_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coopnet/coopnet/functions/portal/portaltest"
	"github.com/coopnet/coopnet/functions/store/disk"
	"github.com/coopnet/coopnet/shared/blob"
)

// files is a store of files that a test can take down.
type files struct {
	*disk.Store
	folder string

	mu   sync.Mutex
	down error // what every method answers instead
}

func openFiles(t *testing.T, now func() time.Time) *files {
	t.Helper()
	f := &files{folder: t.TempDir()}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { f.Handler().ServeHTTP(w, r) }))
	t.Cleanup(server.Close)
	var err error
	if f.Store, err = disk.Open(disk.Config{Path: f.folder, URL: server.URL, Reserve: -1, Now: now}); err != nil {
		t.Fatal(err)
	}
	return f
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

func (f *files) Upload(ctx context.Context, key string, o blob.Object, expires time.Time) (blob.Upload, error) {
	if err := f.fault(); err != nil {
		return blob.Upload{}, err
	}
	return f.Store.Upload(ctx, key, o, expires)
}

func (f *files) Download(ctx context.Context, key, filename string, expires time.Time) (string, error) {
	if err := f.fault(); err != nil {
		return "", err
	}
	return f.Store.Download(ctx, key, filename, expires)
}

func (f *files) Stat(ctx context.Context, key string) (blob.Object, error) {
	if err := f.fault(); err != nil {
		return blob.Object{}, err
	}
	return f.Store.Stat(ctx, key)
}

func (f *files) Delete(ctx context.Context, key string) error {
	if err := f.fault(); err != nil {
		return err
	}
	return f.Store.Delete(ctx, key)
}

// put stores, in the place of an upload, what no signature allows.
func (f *files) put(t *testing.T, upload object, content []byte) {
	t.Helper()
	u, err := url.Parse(upload["url"].(string))
	if err != nil {
		t.Fatal(err)
	}
	o := blob.Object{Size: int64(len(content)), SHA256: sha256.Sum256(content)}
	if err := f.Put(t.Context(), strings.TrimPrefix(u.Path, disk.Prefix), bytes.NewReader(content), o); err != nil {
		t.Fatal(err)
	}
}

func (f *files) keys(t *testing.T) []string {
	t.Helper()
	entries, err := os.ReadDir(filepath.Join(f.folder, "objects"))
	if err != nil {
		t.Fatal(err)
	}
	var keys []string
	for _, e := range entries {
		keys = append(keys, e.Name())
	}
	return keys
}

func send(t *testing.T, upload object, content []byte) bool {
	t.Helper()
	return portaltest.Send(t, upload, content)
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
