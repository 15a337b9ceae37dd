package s3_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"github.com/coopnet/coopnet/functions/store/s3"
	"github.com/coopnet/coopnet/functions/store/s3/s3test"
	"github.com/coopnet/coopnet/functions/store/storetest"
	"github.com/coopnet/coopnet/shared/blob"
	"github.com/coopnet/coopnet/shared/problem"
)

func open(t *testing.T, e *s3test.Endpoint, url string) *s3.Store {
	t.Helper()
	s, err := s3.New(s3.Config{Client: e.Client(url), Bucket: e.Bucket(t)})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestBlobs(t *testing.T) {
	e := s3test.Start(t)
	storetest.TestBlobs(t, func(t *testing.T) storetest.Blobs { return open(t, e, e.URL) })
}

// What is signed is what S3 compares; a browser sends the rest by itself.
func TestWhatIsSigned(t *testing.T) {
	e := s3test.Start(t)
	object := blob.Object{Size: 3, SHA256: sha256.Sum256([]byte("abc"))}
	up, err := open(t, e, e.URL).Upload(t.Context(), "a/b", object, time.Now().Add(15*time.Minute))
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"Content-Type": "application/octet-stream", "If-None-Match": "*",
		"X-Amz-Checksum-Sha256": "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=",
	}
	if len(up.Headers) != len(want) {
		t.Errorf("headers %v", up.Headers)
	}
	for name, value := range want {
		if up.Headers[name] != value {
			t.Errorf("%s: %q, want %q", name, up.Headers[name], value)
		}
	}
	u, err := url.Parse(up.URL)
	if err != nil {
		t.Fatal(err)
	}
	if signed := u.Query().Get("X-Amz-SignedHeaders"); signed != "content-length;content-type;host;if-none-match;x-amz-checksum-sha256" {
		t.Errorf("signed are %q", signed)
	}
	if life := u.Query().Get("X-Amz-Expires"); life != "900" {
		t.Errorf("it lives for %s s", life)
	}
}

func TestUnavailableInTime(t *testing.T) {
	if testing.Short() {
		t.Skip("it measures time")
	}
	e := s3test.Start(t)
	for name, behave := range map[string]http.HandlerFunc{
		"it hangs": func(_ http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body) // only then the server sees that the client has gone
			<-r.Context().Done()
		},
		"it fails": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) },
		"it is slow": func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusServiceUnavailable)
			_, _ = w.Write([]byte("<Error><Code>SlowDown</Code></Error>"))
		},
		"it is gone": func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewServer(behave)
			t.Cleanup(server.Close)
			s := open(t, e, server.URL)
			body := []byte("content")
			object := blob.Object{Size: int64(len(body)), SHA256: sha256.Sum256(body)}
			calls := map[string]func() error{
				"Stat":   func() error { _, err := s.Stat(t.Context(), "a"); return err },
				"Delete": func() error { return s.Delete(t.Context(), "a") },
				"Put": func() error {
					ctx, cancel := context.WithTimeout(t.Context(), time.Second)
					defer cancel()
					return s.Put(ctx, "a", bytes.NewReader(body), object)
				},
			}
			for what, call := range calls {
				start := time.Now()
				p := problem.From(call())
				if took := time.Since(start); took >= 2500*time.Millisecond || p.Code != problem.Unavailable || p.RetryAfter <= 0 {
					t.Errorf("%s: after %v: %v", what, took, p)
				}
			}
			// Signing asks nobody: who uploads learns it from the store itself.
			if _, err := s.Upload(t.Context(), "a", object, time.Now().Add(time.Minute)); err != nil {
				t.Error(err)
			}
		})
	}
}

// Another's key, or a bucket that is not there, is a fault of ours and not a passing one.
func TestFaultsThatStay(t *testing.T) {
	e := s3test.Start(t)
	s, err := s3.New(s3.Config{Client: e.Client(e.URL), Bucket: "no-such-bucket"})
	if err != nil {
		t.Fatal(err)
	}
	body := []byte("content")
	err = s.Put(t.Context(), "a", bytes.NewReader(body), blob.Object{Size: int64(len(body)), SHA256: sha256.Sum256(body)})
	if p := problem.From(err); p.Code != problem.Internal {
		t.Errorf("got %v", p)
	}
}
