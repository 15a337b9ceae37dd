// Package s3test runs an S3 endpoint for tests: versitygw, which checks signatures, on a free port of the loopback.
package s3test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// Endpoint is a running one.
type Endpoint struct {
	URL string

	buckets atomic.Int64
}

const (
	region = "eu-west-3"
	access = "test"
	secret = "test-secret"
)

// Start starts one for a test and what runs in it. Its files are in a folder of the test.
func Start(t testing.TB) *Endpoint {
	t.Helper()
	for range 5 { // another program may take the port between two lines
		if url := start(t); url != "" {
			return &Endpoint{URL: url}
		}
	}
	t.Fatal("versitygw does not start")
	return nil
}

func start(t testing.TB) (url string) {
	t.Helper()
	_, file, _, _ := runtime.Caller(0)
	program := filepath.Join(filepath.Dir(file), "bin", "versitygw")
	address := freeAddress(t)
	dir := t.TempDir()
	for _, name := range []string{"files", "about"} {
		if err := os.Mkdir(filepath.Join(dir, name), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	// A shell that waits for its input to end stops the program however this process goes.
	cmd := exec.Command("sh", "-c", `"$@" & read -r _; kill $!; wait $!`, "sh",
		program, "--port", address, "--region", region, "--quiet", "posix", "--sidecar", filepath.Join(dir, "about"), filepath.Join(dir, "files"))
	cmd.Env = append(os.Environ(), "ROOT_ACCESS_KEY="+access, "ROOT_SECRET_KEY="+secret)
	var complaint strings.Builder
	cmd.Stdout, cmd.Stderr = &complaint, &complaint
	stdin, err := cmd.StdinPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatalf("start versitygw (.ci/install installs it): %v", err)
	}
	stop := func() {
		_ = stdin.Close()
		_ = cmd.Wait() // it was killed
	}
	url = "http://" + address
	if err := answers(url); err != nil {
		stop()
		t.Logf("start versitygw (.ci/install installs it): %v\n%s", err, &complaint)
		return ""
	}
	t.Cleanup(stop)
	return url
}

func freeAddress(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func answers(url string) error {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	for {
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			return err
		}
		answer, err := http.DefaultClient.Do(r)
		if err == nil {
			return answer.Body.Close()
		}
		select {
		case <-ctx.Done():
			return errors.Join(err, ctx.Err())
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// Client returns a client of the endpoint, or of what stands in front of it at another URL.
func (e *Endpoint) Client(url string) *s3.Client {
	return s3.New(s3.Options{
		Region: region, BaseEndpoint: &url, UsePathStyle: true,
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: access, SecretAccessKey: secret}, nil
		}),
	})
}

// Bucket makes a new empty bucket.
func (e *Endpoint) Bucket(t testing.TB) string {
	t.Helper()
	name := fmt.Sprint("bucket-", e.buckets.Add(1))
	if _, err := e.Client(e.URL).CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: &name}); err != nil {
		t.Fatalf("create bucket: %v", err)
	}
	return name
}
