package disk

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/coopnet/coopnet/functions/store/storetest"
	"github.com/coopnet/coopnet/shared/blob"
	"github.com/coopnet/coopnet/shared/problem"
)

func openAt(t *testing.T, path string, now func() time.Time) *Store {
	t.Helper()
	mux := http.NewServeMux()
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	s, err := Open(Config{Path: path, URL: server.URL, Reserve: -1, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	mux.Handle(Prefix, s.Handler())
	return s
}

func TestBlobs(t *testing.T) {
	storetest.TestBlobs(t, func(t *testing.T) storetest.Blobs { return openAt(t, filepath.Join(t.TempDir(), "blobs"), nil) })
}

func object(content []byte) blob.Object {
	return blob.Object{Size: int64(len(content)), SHA256: sha256.Sum256(content)}
}

func get(t *testing.T, method, link string, body []byte) *http.Response {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, link, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	if err := answer.Body.Close(); err != nil {
		t.Fatal(err)
	}
	return answer
}

func TestLinksOutliveTheProcess(t *testing.T) {
	clock := storetest.NewClock()
	path := t.TempDir()
	s := openAt(t, path, clock.Now)
	body := []byte("content")
	if err := s.Put(t.Context(), "a", bytes.NewReader(body), object(body)); err != nil {
		t.Fatal(err)
	}
	link, err := s.Download(t.Context(), "a", "x", clock.Now().Add(time.Minute))
	if err != nil {
		t.Fatal(err)
	}
	other := openAt(t, path, clock.Now)
	link = other.cfg.URL + strings.TrimPrefix(link, s.cfg.URL)
	clock.Advance(time.Minute - time.Second)
	answer := get(t, http.MethodGet, link, nil)
	if answer.StatusCode != http.StatusOK || answer.Header.Get("X-Content-Type-Options") != "nosniff" || !strings.Contains(answer.Header.Get("Content-Security-Policy"), "sandbox") {
		t.Errorf("%d, %v", answer.StatusCode, answer.Header)
	}
	if answer := get(t, http.MethodHead, link, nil); answer.StatusCode != http.StatusOK || answer.ContentLength != int64(len(body)) {
		t.Errorf("HEAD: %d, %d bytes", answer.StatusCode, answer.ContentLength)
	}
	clock.Advance(time.Second)
	if answer := get(t, http.MethodGet, link, nil); answer.StatusCode != http.StatusForbidden || answer.Header.Get("Content-Type") != "application/problem+json" {
		t.Errorf("expired: %d, %v", answer.StatusCode, answer.Header)
	}
}

func TestFilesArePrivate(t *testing.T) {
	path := filepath.Join(t.TempDir(), "blobs")
	s := openAt(t, path, nil)
	body := []byte("content")
	if err := s.Put(t.Context(), "a/b", bytes.NewReader(body), object(body)); err != nil {
		t.Fatal(err)
	}
	files := 0
	err := filepath.WalkDir(path, func(path string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		st, err := d.Info()
		if err == nil && st.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has mode %v", path, st.Mode())
		}
		if !d.IsDir() {
			files++
		}
		return err
	})
	if err != nil || files != 2 {
		t.Errorf("%d files, %v", files, err)
	}
	if err := os.WriteFile(filepath.Join(path, "key"), []byte("short"), fileMode); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(Config{Path: path, URL: "http://x"}); err == nil {
		t.Error("opened with a broken key")
	}
}

func TestWhatWasLeftUnfinishedGoes(t *testing.T) {
	path := t.TempDir()
	openAt(t, path, nil)
	if err := os.WriteFile(filepath.Join(path, incoming, "half"), []byte("half"), fileMode); err != nil {
		t.Fatal(err)
	}
	openAt(t, path, nil)
	if left, err := os.ReadDir(filepath.Join(path, incoming)); err != nil || len(left) != 0 {
		t.Errorf("%v, %v", left, err)
	}
}

func TestTooManyAtOnce(t *testing.T) {
	s := openAt(t, t.TempDir(), nil)
	up, err := s.Upload(t.Context(), "a", object([]byte("x")), time.Now().Add(time.Minute))
	if err != nil {
		t.Fatal(err)
	}
	for range mostBusy {
		s.busy <- struct{}{}
	}
	if answer := get(t, up.Method, up.URL, []byte("x")); answer.StatusCode != http.StatusServiceUnavailable || answer.Header.Get("Retry-After") == "" {
		t.Errorf("%d, %v", answer.StatusCode, answer.Header)
	}
	<-s.busy
	if answer := get(t, up.Method, up.URL, []byte("x")); answer.StatusCode != http.StatusCreated {
		t.Errorf("%d", answer.StatusCode)
	}
}

const crashPath = "COOPNET_TEST_CRASH_PATH"

// TestCrashChild is not a test: it is the process that TestKillAfterAcknowledgement kills.
func TestCrashChild(t *testing.T) {
	path := os.Getenv(crashPath)
	if path == "" {
		t.Skip("only as a child of TestKillAfterAcknowledgement")
	}
	s := openAt(t, path, nil)
	for i := 0; ; i++ {
		body := bytes.Repeat([]byte{byte(i)}, 100_000)
		up, err := s.Upload(t.Context(), fmt.Sprint("c", i), object(body), time.Now().Add(time.Minute))
		if err != nil {
			t.Fatal(err)
		}
		if answer := get(t, up.Method, up.URL, body); answer.StatusCode != http.StatusCreated {
			t.Fatal(answer.StatusCode)
		}
		fmt.Println("ack", i)
	}
}

func TestKillAfterAcknowledgement(t *testing.T) {
	for round := range 3 {
		path := t.TempDir()
		child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestCrashChild$", "-test.v")
		child.Env = append(os.Environ(), crashPath+"="+path)
		out, err := child.StdoutPipe()
		if err == nil {
			err = child.Start()
		}
		if err != nil {
			t.Fatal(err)
		}
		acknowledged := 0
		for lines := bufio.NewScanner(out); lines.Scan(); {
			if strings.HasPrefix(lines.Text(), "ack ") {
				acknowledged++
			}
			if acknowledged == 20+7*round {
				if err := child.Process.Kill(); err != nil { // SIGKILL in the middle of the next one
					t.Fatal(err)
				}
			}
		}
		_ = child.Wait() // it was killed
		s := openAt(t, path, nil)
		for i := range acknowledged + 2 {
			want := object(bytes.Repeat([]byte{byte(i)}, 100_000))
			got, err := s.Stat(t.Context(), fmt.Sprint("c", i))
			if errors.Is(err, blob.ErrNotFound) && i >= acknowledged {
				continue
			}
			if err != nil || got != want {
				t.Errorf("%d of %d: %+v, %v", i, acknowledged, got, err)
			}
		}
		if acknowledged < 20+7*round {
			t.Errorf("the child stored only %d", acknowledged)
		}
	}
}

// A folder that does not answer is not the caller's fault, and not a defect: they may try again.
func TestTheFolderIsGone(t *testing.T) {
	s := openAt(t, t.TempDir(), nil)
	body := []byte("x")
	up, err := s.Upload(t.Context(), "a", object(body), time.Now().Add(time.Minute))
	if err != nil {
		t.Fatal(err)
	}
	away := s.path() + "-away"
	if err := os.Rename(s.path(), away); err != nil {
		t.Fatal(err)
	}
	if answer := get(t, up.Method, up.URL, body); answer.StatusCode != http.StatusServiceUnavailable || answer.Header.Get("Retry-After") == "" {
		t.Errorf("an upload: %d %v", answer.StatusCode, answer.Header)
	}
	if err := s.Put(t.Context(), "a", bytes.NewReader(body), object(body)); problem.From(err).Code != problem.Unavailable {
		t.Errorf("Put: %v", err)
	}
	if err := os.Rename(away, s.path()); err != nil {
		t.Fatal(err)
	}
	if answer := get(t, up.Method, up.URL, body); answer.StatusCode != http.StatusCreated {
		t.Errorf("once it is back: %d", answer.StatusCode)
	}
}
