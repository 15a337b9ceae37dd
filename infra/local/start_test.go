package local_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"
	"time"

	"github.com/coopnet/coopnet/infra/runtimeapi"
)

// Bounds of a function: what is small starts quickly.
const (
	maxProgram   = 15_000_000            // bytes
	maxColdStart = 50 * time.Millisecond // from exec to the first call of next
	coldStarts   = 8                     // the best counts: other starts say how busy the machine is
)

func TestFunctionsAreSmall(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the functions for another processor")
	}
	dir := t.TempDir()
	compile(t, dir, "arm64")
	for _, name := range functionNames(t) {
		about, err := os.Stat(filepath.Join(dir, name, "bootstrap"))
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%s: %.1f MB", name, float64(about.Size())/1e6)
		if about.Size() > maxProgram {
			t.Errorf("%s has %d bytes, at most %d", name, about.Size(), maxProgram)
		}
	}
}

// TestFunctionsStartQuickly: each beside a function that does nothing, in the same run.
func TestFunctionsStartQuickly(t *testing.T) {
	w := newWorld(t, nil)
	program := filepath.Join(t.TempDir(), "bootstrap")
	cmd := exec.Command("go", "build", "-trimpath", "-tags", "lambda.norpc", "-ldflags", "-s -w", "-o", program, "./testdata/bare")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOARCH="+runtime.GOARCH)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	nothing, err := runtimeapi.New(runtimeapi.Config{Name: "bare", Bootstrap: program})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { nothing.Close() })
	bare := coldStart(t, nothing)
	for _, name := range functionNames(t) {
		took := coldStart(t, w.Function(name))
		t.Logf("%s: %v to the first next, %.1f times a bare function's %v", name, took.Round(100*time.Microsecond), float64(took)/float64(bare), bare.Round(100*time.Microsecond))
		if took > maxColdStart {
			t.Errorf("%s takes %v to start, at most %v", name, took, maxColdStart)
		}
	}
}

// coldStart is the quickest of several.
func coldStart(t *testing.T, f *runtimeapi.Function) time.Duration {
	t.Helper()
	best := time.Hour
	for range coldStarts {
		for _, pid := range f.Processes() {
			if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
				t.Fatal(err)
			}
		}
		for end := time.Now().Add(10 * time.Second); len(f.Processes()) > 0; time.Sleep(time.Millisecond) {
			if time.Now().After(end) {
				t.Fatal("the process does not end")
			}
		}
		if _, err := f.Invoke(t.Context(), []byte(`{"rawPath":"/healthz","requestContext":{"http":{"method":"GET"},"domainName":"x"}}`)); err != nil {
			t.Fatal(err)
		}
		best = min(best, f.FirstNext())
	}
	return best
}
