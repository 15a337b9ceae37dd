package local

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	s3store "github.com/coopnet/coopnet/functions/store/s3"
	"github.com/coopnet/coopnet/infra/template"
	"github.com/coopnet/coopnet/shared/blob"
)

// TestBucketsArePermittedAsTablesAre: signatures pass the guard whole, and what is not permitted does not pass.
func TestBucketsArePermittedAsTablesAre(t *testing.T) {
	process, endpoint, err := StartS3(t.Context(), "../..", t.TempDir(), io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = process.Stop(5 * time.Second) })
	stack, err := template.LoadStack("../..")
	if err != nil {
		t.Fatal(err)
	}
	all := newNames(stack, newSecrets(nil))
	if err := createBuckets(t.Context(), endpoint, "https://portal.example", all); err != nil {
		t.Fatal(err)
	}
	guard, err := newGuard(stack, all, Config{S3: endpoint}, newSecrets(nil))
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(guard)
	t.Cleanup(server.Close)
	store, err := s3store.New(s3store.Config{Bucket: "coopnet-reports", Client: s3.New(s3.Options{
		Region: region, BaseEndpoint: &server.URL, UsePathStyle: true, Credentials: user("diagnostics"),
	})})
	if err != nil {
		t.Fatal(err)
	}
	body := []byte("a report")
	object := blob.Object{Size: int64(len(body)), SHA256: sha256.Sum256(body)}
	up, err := store.Upload(t.Context(), "reports/1", object, time.Now().Add(time.Minute))
	if err != nil {
		t.Fatal(err)
	}
	if status := send(t, up, body); status != http.StatusForbidden {
		t.Errorf("an upload that nobody permits: %d", status)
	}
	guard.permitted["diagnostics"] = []string{"s3:PutObject ReportsBucket/reports/*", "s3:GetObject ReportsBucket/*"}
	if status := send(t, up, body); status != http.StatusOK {
		t.Errorf("a permitted upload: %d", status)
	}
	if got, err := store.Stat(t.Context(), "reports/1"); err != nil || got != object {
		t.Errorf("%v %v", got, err)
	}
	if _, err := store.Stat(t.Context(), "reports/2"); err == nil || errors.Is(err, blob.ErrNotFound) {
		t.Errorf("who may not list is told that there is nothing: %v", err)
	}
	guard.permitted["diagnostics"] = append(guard.permitted["diagnostics"], "s3:ListBucket ReportsBucket")
	if _, err := store.Stat(t.Context(), "reports/2"); !errors.Is(err, blob.ErrNotFound) {
		t.Errorf("%v", err)
	}
	preflight, err := http.NewRequestWithContext(t.Context(), http.MethodOptions, up.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	preflight.Header.Set("Origin", "https://portal.example")
	preflight.Header.Set("Access-Control-Request-Method", http.MethodPut)
	preflight.Header.Set("Access-Control-Request-Headers", "content-type,if-none-match,x-amz-checksum-sha256")
	answer, err := http.DefaultClient.Do(preflight)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	if answer.StatusCode != http.StatusOK || answer.Header.Get("Access-Control-Allow-Origin") != "https://portal.example" {
		t.Errorf("a page may not upload: %d %v", answer.StatusCode, answer.Header)
	}
}

func send(t *testing.T, up blob.Upload, body []byte) int {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), up.Method, up.URL, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range up.Headers {
		r.Header.Set(name, value)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	return answer.StatusCode
}
