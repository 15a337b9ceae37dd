package main

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const patience = 20 * time.Second

// start runs the daemon until the test ends and returns what its ready file says.
func start(t *testing.T) Ready {
	t.Helper()
	cfg := Config{
		ID: "relay-1", Issuer: "https://coopnet.test", JWKS: "http://127.0.0.1:1/jwks.json", Listen: "127.0.0.1:0", Media: "127.0.0.1:0",
		Metrics: "127.0.0.1:0", ReadyFile: filepath.Join(t.TempDir(), "ready.json"),
	}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- run(ctx, cfg) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	for limit := time.Now().Add(patience); ; time.Sleep(10 * time.Millisecond) {
		var ready Ready
		text, err := os.ReadFile(cfg.ReadyFile)
		if err == nil && json.Unmarshal(text, &ready) == nil {
			return ready
		}
		if time.Now().After(limit) {
			t.Fatal("no ready file")
		}
	}
}

func get(t *testing.T, url string) (status int, body string) {
	t.Helper()
	answer, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, string(text)
}

// Figures and profiles of the process are for the private listener alone.
func TestDiagnosticsArePrivate(t *testing.T) {
	ready := start(t)
	for _, path := range []string{"/metrics", "/debug/pprof/", "/debug/pprof/goroutine?debug=1"} {
		if status, body := get(t, ready.Metrics+path); status != http.StatusOK || body == "" {
			t.Errorf("%s on the private listener: %d", path, status)
		}
		if status, body := get(t, ready.Relay+path); status != http.StatusNotFound || strings.Contains(body, "goroutine") {
			t.Errorf("%s on the public listener: %d", path, status)
		}
	}
	if status, body := get(t, ready.Relay+"/healthz"); status != http.StatusOK || body != "ok\n" {
		t.Errorf("health: %d %q", status, body)
	}
}
