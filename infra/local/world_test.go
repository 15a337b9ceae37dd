package local_test

import (
	"bytes"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/coopnet/coopnet/functions/store/dynamo/dynamotest"
	"github.com/coopnet/coopnet/infra/local"
)

// functionNames are the folders below functions/ that have a lambda/.
func functionNames(t testing.TB) []string {
	t.Helper()
	mains, err := filepath.Glob("../../functions/*/lambda/main.go")
	if err != nil || len(mains) != 4 {
		t.Fatalf("functions: %v %v", mains, err)
	}
	var names []string
	for _, m := range mains {
		names = append(names, filepath.Base(filepath.Dir(filepath.Dir(m))))
	}
	return names
}

// compile builds the functions as `make build` does, for a processor, into dir/NAME/bootstrap.
func compile(t testing.TB, dir, processor string) {
	t.Helper()
	for _, name := range functionNames(t) {
		cmd := exec.Command("go", "build", "-trimpath", "-tags", "lambda.norpc", "-ldflags", "-s -w", "-o", filepath.Join(dir, name, "bootstrap"), "./functions/"+name+"/lambda")
		cmd.Dir = "../.."
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH="+processor)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("build %s for %s: %v\n%s", name, processor, err, out)
		}
	}
}

// programs builds the functions for this machine once, for all tests.
var programs = sync.OnceValues(func() (string, error) { return os.MkdirTemp("", "coopnet-functions-") })

func TestMain(m *testing.M) {
	code := m.Run()
	if dir, err := programs(); err == nil {
		_ = os.RemoveAll(dir)
	}
	os.Exit(code)
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// world is a cloud edition with nothing in it.
type world struct {
	*local.Edition
	log       *lockedBuffer
	organizer string
}

func newWorld(t *testing.T, change func(*local.Config)) *world {
	t.Helper()
	dir, err := programs()
	if err != nil {
		t.Fatal(err)
	}
	compile(t, dir, runtime.GOARCH)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &world{log: &lockedBuffer{}}
	files, buckets, err := local.StartS3(t.Context(), "../..", t.TempDir(), io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = files.Stop(5 * time.Second) })
	cfg := local.Config{
		Folder: "../..", Programs: dir, Listener: listener, DynamoDB: dynamotest.Start(t).URL, S3: buckets,
		Static: fstest.MapFS{"index.html": {Data: []byte("<!doctype html>")}},
		Brand:  map[string][]byte{"brand/logo.svg": []byte("<svg/>")},
		Output: w.log, Logger: slog.New(slog.NewTextHandler(w.log, nil)),
	}
	if change != nil {
		change(&cfg)
	}
	if w.Edition, err = local.Start(t.Context(), cfg); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.Close(); err != nil {
			t.Error(err)
		}
		if text := w.log.String(); t.Failed() {
			t.Logf("the functions said: %s", text[max(0, len(text)-4000):])
		}
	})
	w.organizer = w.key(t, "organizer", "tests")
	return w
}

func (w *world) key(t *testing.T, role, label string) string {
	t.Helper()
	key, err := w.Key(t.Context(), role, label)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// relay announces one, and returns its address.
func (w *world) relay(t *testing.T) string {
	t.Helper()
	key := w.key(t, "relay", "relay-1")
	at := announcement(t, "relay-1", key)
	w.browser(t).expect(http.StatusOK, http.MethodPut, "/api/v1/relays/relay-1", at, "Authorization", "Bearer "+key)
	base := strings.TrimSuffix(at["whip"].(string), "/whip")
	w.Connect(base)
	return base
}

// browser keeps cookies, secure ones too: it believes that it speaks HTTPS.
type browser struct {
	t    *testing.T
	base string
	jar  *cookiejar.Jar
}

func (w *world) browser(t *testing.T) *browser {
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &browser{t, w.URL, jar}
}

type answer struct {
	status int
	header http.Header
	body   map[string]any
}

func (b *browser) do(method, path string, body any, headers ...string) answer {
	b.t.Helper()
	var sent io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			b.t.Fatal(err)
		}
		sent = bytes.NewReader(text)
	}
	r, err := http.NewRequestWithContext(b.t.Context(), method, b.base+path, sent)
	if err != nil {
		b.t.Fatal(err)
	}
	secure := &url.URL{Scheme: "https", Host: r.URL.Host}
	for _, c := range b.jar.Cookies(secure) {
		r.AddCookie(c)
	}
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	resp, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		b.t.Fatalf("%s %s: %v", method, path, err)
	}
	defer resp.Body.Close()
	b.jar.SetCookies(secure, resp.Cookies())
	a := answer{status: resp.StatusCode, header: resp.Header}
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	if strings.Contains(resp.Header.Get("Content-Type"), "json") && len(text) > 0 && text[0] == '{' {
		if err := json.Unmarshal(text, &a.body); err != nil {
			b.t.Fatalf("%s %s: %v in %s", method, path, err, text)
		}
	}
	return a
}

func (b *browser) expect(status int, method, path string, body any, headers ...string) answer {
	b.t.Helper()
	a := b.do(method, path, body, headers...)
	if a.status != status {
		b.t.Fatalf("%s %s: %d %v, want %d", method, path, a.status, a.body, status)
	}
	return a
}

// conference makes one that guests may join.
func (w *world) conference(t *testing.T, name, password string) string {
	t.Helper()
	made := w.browser(t).expect(http.StatusCreated, http.MethodPost, "/api/v1/conferences", map[string]any{"name": name, "password": password},
		"Authorization", "Bearer "+w.organizer)
	id, _ := made.body["id"].(string)
	return id
}
