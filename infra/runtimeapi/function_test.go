package runtimeapi_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"github.com/coopnet/coopnet/functions/cloud"
	"github.com/coopnet/coopnet/infra/runtimeapi"
	"github.com/coopnet/coopnet/shared/problem"
)

// TestMain makes this test's program a Lambda function when Lambda starts it.
func TestMain(m *testing.M) {
	if os.Getenv("AWS_LAMBDA_RUNTIME_API") != "" {
		cloud.Start("subject", "test", subject)
		return
	}
	os.Exit(m.Run())
}

// subject is a function that misbehaves on demand.
func subject(context.Context, *cloud.Environment) (cloud.Parts, error) {
	switch os.Getenv("SUBJECT") {
	case "exits":
		os.Exit(7)
	case "refuses":
		return cloud.Parts{}, errors.New("the table conference is missing")
	case "hangs":
		select {}
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /api/v1/pid", func(w http.ResponseWriter, _ *http.Request) {
		_ = problem.Answer(w, http.StatusOK, os.Getpid())
	})
	mux.HandleFunc("GET /api/v1/panic", func(http.ResponseWriter, *http.Request) { panic("a bug") })
	mux.HandleFunc("GET /api/v1/exit", func(http.ResponseWriter, *http.Request) { os.Exit(3) })
	mux.HandleFunc("GET /api/v1/hang", func(http.ResponseWriter, *http.Request) { select {} })
	mux.HandleFunc("GET /api/v1/patient", func(w http.ResponseWriter, r *http.Request) {
		<-r.Context().Done() // as a store does that gets no answer
		problem.Write(w, w.Header().Get("X-Request-Id"), &problem.Error{Code: problem.Unavailable, RetryAfter: time.Second})
	})
	mux.HandleFunc("GET /api/v1/nap", func(w http.ResponseWriter, _ *http.Request) {
		time.Sleep(100 * time.Millisecond)
		_ = problem.Answer(w, http.StatusOK, os.Getpid())
	})
	return cloud.Parts{API: []*http.ServeMux{mux}}, nil
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

// await waits until what the function wrote has come through its pipe.
func (l *lockedBuffer) await(t *testing.T, want string, times int) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); strings.Count(l.String(), want) < times; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			text := l.String()
			t.Fatalf("%q is not %d times in ...%s", want, times, text[max(0, len(text)-2000):])
		}
	}
}

func newFunction(t *testing.T, change func(*runtimeapi.Config)) (*runtimeapi.Function, *lockedBuffer) {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	log := &lockedBuffer{}
	cfg := runtimeapi.Config{
		Name: "subject", Bootstrap: program, Timeout: 20 * time.Second, Freeze: true, Output: log,
		Environment: map[string]string{
			"COOPNET_PUBLIC_URL": "https://coopnet.example", "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test",
		},
	}
	if change != nil {
		change(&cfg)
	}
	f, err := runtimeapi.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f, log
}

func call(t *testing.T, f *runtimeapi.Function, path string) (events.APIGatewayV2HTTPResponse, error) {
	t.Helper()
	event := events.APIGatewayV2HTTPRequest{Version: "2.0", RawPath: path, Headers: map[string]string{}}
	event.RequestContext.HTTP.Method = http.MethodGet
	event.RequestContext.DomainName = "gateway.example"
	payload, err := json.Marshal(event)
	if err != nil {
		t.Fatal(err)
	}
	var answer events.APIGatewayV2HTTPResponse
	response, err := f.Invoke(t.Context(), payload)
	if err != nil {
		return answer, err
	}
	if err := json.Unmarshal(response, &answer); err != nil {
		t.Fatalf("%v in %s", err, response)
	}
	return answer, nil
}

func mustCall(t *testing.T, f *runtimeapi.Function, path string, status int) events.APIGatewayV2HTTPResponse {
	t.Helper()
	answer, err := call(t, f, path)
	if err != nil || answer.StatusCode != status {
		t.Fatalf("%s: %d %s %v, want %d", path, answer.StatusCode, answer.Body, err, status)
	}
	return answer
}

func TestOneProcessServesManyInvocations(t *testing.T) {
	f, log := newFunction(t, nil)
	first := mustCall(t, f, "/api/v1/pid", http.StatusOK).Body
	for range 20 {
		if again := mustCall(t, f, "/api/v1/pid", http.StatusOK).Body; again != first {
			t.Fatalf("process %s, then %s", first, again)
		}
	}
	log.await(t, `"ColdStarts":0`, 20)
	if warm := strings.Count(log.String(), `"ColdStarts":1`); f.Starts() != 1 || warm != 1 {
		t.Errorf("%d starts, %d counted", f.Starts(), warm)
	}
}

// TestTheTraceGoesFromEndToEnd: Lambda's request id and X-Ray's trace id, as the Runtime API gives them, are in the log.
func TestTheTraceGoesFromEndToEnd(t *testing.T) {
	f, log := newFunction(t, nil)
	answer := mustCall(t, f, "/api/v1/pid", http.StatusOK)
	const id = "00000000-0000-4000-8000-000000000001"
	for _, want := range []string{`"lambdaRequestId":"` + id + `"`, `"traceId":"` + runtimeapi.TraceID(id) + `"`, answer.Headers["X-Request-Id"]} {
		log.await(t, want, 1)
	}
}

func TestConcurrentInvocationsHaveProcessesOfTheirOwn(t *testing.T) {
	f, _ := newFunction(t, func(c *runtimeapi.Config) { c.MaxEnvironments = 4 })
	var mu sync.Mutex
	var pids []string
	throttled := 0
	var all sync.WaitGroup
	for range 6 {
		all.Go(func() {
			answer, err := call(t, f, "/api/v1/nap")
			mu.Lock()
			defer mu.Unlock()
			switch {
			case errors.Is(err, &runtimeapi.Error{Kind: runtimeapi.Throttled}):
				throttled++
			case err != nil:
				t.Error(err)
			default:
				pids = append(pids, answer.Body)
			}
		})
	}
	all.Wait()
	slices.Sort(pids)
	if len(pids)+throttled != 6 || throttled > 2 || len(slices.Compact(pids)) < 2 || f.Starts() > 4 {
		t.Errorf("processes %v, %d throttled, %d starts", pids, throttled, f.Starts())
	}
}

// TestPanicsAreAnsweredAndCounted: the process lives on.
func TestPanicsAreAnsweredAndCounted(t *testing.T) {
	f, log := newFunction(t, nil)
	mustCall(t, f, "/api/v1/panic", http.StatusInternalServerError)
	mustCall(t, f, "/api/v1/pid", http.StatusOK)
	log.await(t, `"Panics":1`, 1)
	log.await(t, "runtime/debug.Stack", 1)
	if f.Starts() != 1 {
		t.Errorf("%d starts", f.Starts())
	}
}

// TestTheDeadlineReachesTheStores: they are told to give up before Lambda kills.
func TestTheDeadlineReachesTheStores(t *testing.T) {
	f, _ := newFunction(t, func(c *runtimeapi.Config) { c.Timeout = 2 * time.Second })
	mustCall(t, f, "/api/v1/pid", http.StatusOK)
	answer := mustCall(t, f, "/api/v1/patient", http.StatusServiceUnavailable)
	if !strings.Contains(answer.Body, "unavailable") || f.Starts() != 1 {
		t.Errorf("%s after %d starts", answer.Body, f.Starts())
	}
}

func TestWhatEndsOrHangsIsReplaced(t *testing.T) {
	f, _ := newFunction(t, func(c *runtimeapi.Config) { c.Timeout = time.Second })
	for starts, c := range []struct {
		path string
		want runtimeapi.Kind
	}{{"/api/v1/exit", runtimeapi.ExitError}, {"/api/v1/hang", runtimeapi.TimedOut}} {
		_, err := call(t, f, c.path)
		if !errors.Is(err, &runtimeapi.Error{Kind: c.want}) {
			t.Errorf("%s: %v, want %s", c.path, err, c.want)
		}
		if len(f.Processes()) != 0 || f.Starts() != starts+1 {
			t.Errorf("%s: processes %v after %d starts", c.path, f.Processes(), f.Starts())
		}
	}
	mustCall(t, f, "/api/v1/pid", http.StatusOK)
}

// TestKilledInTheMiddle: with -9, as a machine that goes away would.
func TestKilledInTheMiddle(t *testing.T) {
	f, _ := newFunction(t, nil)
	mustCall(t, f, "/api/v1/pid", http.StatusOK)
	victims := f.Processes()
	failed := make(chan error, 1)
	go func() {
		_, err := call(t, f, "/api/v1/hang")
		failed <- err
	}()
	for _, pid := range victims {
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
	}
	if err := <-failed; !errors.Is(err, &runtimeapi.Error{Kind: runtimeapi.ExitError}) && !errors.Is(err, &runtimeapi.Error{Kind: runtimeapi.TimedOut}) {
		t.Errorf("%v", err)
	}
	mustCall(t, f, "/api/v1/pid", http.StatusOK)
	if f.Starts() < 2 {
		t.Errorf("%d starts", f.Starts())
	}
}

func TestInitFailures(t *testing.T) {
	for subject, want := range map[string]string{
		"exits": "exit status 7", "refuses": "the table conference is missing", "hangs": "within 1s",
	} {
		f, log := newFunction(t, func(c *runtimeapi.Config) {
			c.InitTimeout = time.Second
			c.Environment["SUBJECT"] = subject
		})
		_, err := call(t, f, "/api/v1/pid")
		if !errors.Is(err, &runtimeapi.Error{Kind: runtimeapi.InitError}) || !strings.Contains(err.Error(), want) || len(f.Processes()) != 0 {
			t.Errorf("%s: %v, processes %v; log %s", subject, err, f.Processes(), log)
		}
	}
	f, _ := newFunction(t, func(c *runtimeapi.Config) { c.Environment["COOPNET_PUBLIC_URL"] = "nonsense" })
	if _, err := call(t, f, "/api/v1/pid"); err == nil || !strings.Contains(err.Error(), "COOPNET_PUBLIC_URL must be an origin") {
		t.Errorf("a wrong configuration: %v", err)
	}
	f, _ = newFunction(t, func(c *runtimeapi.Config) { c.Bootstrap = "/nonexistent" })
	if _, err := call(t, f, "/api/v1/pid"); !errors.Is(err, &runtimeapi.Error{Kind: runtimeapi.InitError}) {
		t.Errorf("no program: %v", err)
	}
}
