package update

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/coopnet/coopnet/shared/release"
)

func today() time.Time { return time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC) }

// signed is a release of this content, as its publisher changes it.
func signed(content []byte, change func(*release.Manifest)) (Release, release.Manifest, ed25519.PublicKey) {
	public, private, _ := ed25519.GenerateKey(nil)
	m := release.Manifest{Platform: "linux-amd64", Version: "1.4.0", MinimumVersion: "1.0.0", Filename: "coopnet-1.4.0.deb",
		Size: int64(len(content)), SHA256: sha256.Sum256(content), Expires: today().Add(time.Hour)}
	if change != nil {
		change(&m)
	}
	return Release{Version: m.Version, Manifest: m.Text(), Signature: base64.StdEncoding.EncodeToString(release.Sign(private, m))}, m, public
}

func TestCheck(t *testing.T) {
	good, m, key := signed([]byte("x"), nil)
	if got, err := Check(good, []ed25519.PublicKey{key}, "linux-amd64", "1.3.9", today()); err != nil || got != m {
		t.Errorf("%+v, %v", got, err)
	}
	_, _, stranger := signed([]byte("x"), nil)
	tampered := good
	tampered.Manifest = strings.Replace(good.Manifest, "1.4.0", "1.5.0", 1)
	for name, tt := range map[string]struct {
		release   Release
		key       ed25519.PublicKey
		platform  string
		installed string
		now       time.Time
		want      error
	}{
		"another publisher":   {good, stranger, "linux-amd64", "1.3.9", today(), release.ErrSignature},
		"changed":             {tampered, key, "linux-amd64", "1.3.9", today(), release.ErrSignature},
		"another platform":    {good, key, "windows-amd64", "1.3.9", today(), ErrPlatform},
		"the same version":    {good, key, "linux-amd64", "1.4.0", today(), ErrOlder},
		"a lower version":     {good, key, "linux-amd64", "1.4.1", today(), ErrOlder},
		"an unknown one here": {good, key, "linux-amd64", "dev", today(), ErrOlder},
		"expired":             {good, key, "linux-amd64", "1.3.9", today().Add(time.Hour), ErrExpired},
	} {
		if _, err := Check(tt.release, []ed25519.PublicKey{tt.key}, tt.platform, tt.installed, tt.now); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	large, _, key := signed([]byte("x"), func(m *release.Manifest) { m.Size = MaxSize + 1 })
	if _, err := Check(large, []ed25519.PublicKey{key}, "linux-amd64", "1.3.9", today()); !errors.Is(err, ErrSize) {
		t.Errorf("too large: %v", err)
	}
	if _, err := Check(good, nil, "linux-amd64", "1.3.9", today()); !errors.Is(err, release.ErrSignature) {
		t.Errorf("no publisher is known: %v", err)
	}
	if keys, err := Publishers(); err != nil {
		t.Errorf("built in: %v, %v", keys, err)
	}
	if keys, err := ParsePublishers("# a key\n" + release.EncodePublicKey(key) + "\n\n"); err != nil || len(keys) != 1 {
		t.Errorf("%v, %v", keys, err)
	}
	if _, err := ParsePublishers("no key"); err == nil {
		t.Error("no key at all")
	}
}

func TestAsk(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("version") == "1.4.0" {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		_, _ = io.WriteString(w, `{"version":"1.4.0","manifest":"m","signature":"s","url":"u","notes":{}}`)
	}))
	defer s.Close()
	if r, err := Ask(t.Context(), s.Client(), s.URL, "linux-amd64", "1.3.0"); err != nil || r.Version != "1.4.0" {
		t.Errorf("%+v, %v", r, err)
	}
	if r, err := Ask(t.Context(), s.Client(), s.URL, "linux-amd64", "1.4.0"); err != nil || r != nil {
		t.Errorf("%+v, %v", r, err)
	}
}

// catalogue serves a file, with a cut after so many bytes of the first answer.
func catalogue(t *testing.T, content []byte, cut int, ranges *[]string) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		*ranges = append(*ranges, r.Header.Get("Range"))
		if len(*ranges) == 1 && cut > 0 {
			w.Header().Set("Content-Length", "1000000")
			_, _ = w.Write(content[:cut])
			panic(http.ErrAbortHandler)
		}
		http.ServeContent(w, r, "", today(), bytes.NewReader(content))
	}))
	t.Cleanup(s.Close)
	return s.URL
}

func TestFetch(t *testing.T) {
	content := bytes.Repeat([]byte("release "), 20_000)
	_, m, _ := signed(content, nil)
	folder := filepath.Join(t.TempDir(), "updates")
	var ranges []string
	var told int64
	path, err := Fetch(t.Context(), http.DefaultClient, catalogue(t, content, 100_000, &ranges), m, folder, func(n int64) { told = n })
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(path)
	if err != nil || !bytes.Equal(got, content) || filepath.Base(path) != m.Filename || told != m.Size {
		t.Errorf("%s has %d bytes, told %d: %v", path, len(got), told, err)
	}
	if len(ranges) != 2 || !strings.HasPrefix(ranges[1], "bytes=") || ranges[1] == "bytes=0-" {
		t.Errorf("asked for %q", ranges)
	}
	if s, err := os.Stat(path); err != nil || s.Mode().Perm() != 0o600 && os.PathSeparator == '/' {
		t.Errorf("%v, %v", s.Mode(), err)
	}
	// The next start goes on where the last one ended, with a server that knows no ranges too.
	if err := os.WriteFile(path+".part", content[:5000], 0o600); err != nil {
		t.Fatal(err)
	}
	whole := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(content) }))
	defer whole.Close()
	if _, err := Fetch(t.Context(), http.DefaultClient, whole.URL, m, folder, nil); err != nil {
		t.Error(err)
	}
}

func TestFetchRefuses(t *testing.T) {
	content := []byte("this is the release")
	_, m, _ := signed(content, nil)
	for name, tt := range map[string]struct {
		content []byte
		want    error
	}{
		"another file":  {[]byte("this is a release!!"), ErrChecksum},
		"a longer file": {append(slices.Clone(content), 'x'), ErrSize},
	} {
		folder := t.TempDir()
		var ranges []string
		if path, err := Fetch(t.Context(), http.DefaultClient, catalogue(t, tt.content, 0, &ranges), m, folder, nil); !errors.Is(err, tt.want) || path != "" {
			t.Errorf("%s: %q, %v", name, path, err)
		}
		if left, err := os.ReadDir(folder); err != nil || len(left) != 0 {
			t.Errorf("%s: %v is left", name, left)
		}
	}
	gone := httptest.NewServer(http.NotFoundHandler())
	defer gone.Close()
	if _, err := Fetch(t.Context(), http.DefaultClient, gone.URL, m, t.TempDir(), nil); err == nil {
		t.Error("nothing was there")
	}
	folder := t.TempDir()
	if err := os.Symlink(filepath.Join(folder, "victim"), filepath.Join(folder, m.Filename+".part")); err != nil {
		t.Skip(err)
	}
	var ranges []string
	if _, err := Fetch(t.Context(), http.DefaultClient, catalogue(t, content, 0, &ranges), m, folder, nil); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(filepath.Join(folder, "victim")); err == nil {
		t.Error("wrote through a link")
	}
}

func TestCommand(t *testing.T) {
	if c, ok := Command("windows", `C:\x\coopnet.exe`); !ok || !slices.Equal(c, []string{`C:\x\coopnet.exe`, "/S"}) {
		t.Errorf("%q", c)
	}
	for _, path := range []string{"/x/coopnet.deb", "/x/coopnet.tar.gz"} {
		if c, ok := Command("linux", path); ok {
			t.Errorf("%q", c)
		}
	}
	for path, want := range map[string]string{
		"/home/o'neill/coopnet.deb": `sudo dpkg --install '/home/o'\''neill/coopnet.deb'`,
		"/x/coopnet-1.4.0.tar.gz":   `cd "$(mktemp -d)" && tar -xzf '/x/coopnet-1.4.0.tar.gz' && ./*/install`,
	} {
		if s := ByHand(path); s != want {
			t.Error(s)
		}
	}
}
