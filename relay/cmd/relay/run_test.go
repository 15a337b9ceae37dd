package main

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/coopnet/coopnet/shared/certfile/certtest"
)

const patience = 15 * time.Second

// start runs the daemon with these flags until the test is over.
func start(t *testing.T, secret string, more ...string) Ready {
	t.Helper()
	file := filepath.Join(t.TempDir(), "ready.json")
	args := append([]string{"--id", "r", "--issuer", "i", "--jwks", "http://127.0.0.1:9/jwks.json", "--listen", "127.0.0.1:0", "--media", "127.0.0.1:0",
		"--turn", "127.0.0.1:0", "--turns", "127.0.0.1:0", "--ready-file", file}, more...)
	var cfg Config
	if err := parse(&cfg, args, func(name string) string { return map[string]string{"COOPNET_TURN_SECRET": secret}[name] }); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- run(ctx, cfg) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		var r Ready
		if text, err := os.ReadFile(file); err == nil && json.Unmarshal(text, &r) == nil {
			return r
		}
	}
	t.Fatal("the relay is not ready")
	return Ready{}
}

// binding asks for the client's address, as STUN clients do, and reports whether there is an answer.
func binding(t *testing.T, conn net.Conn) bool {
	t.Helper()
	defer conn.Close()
	request := append([]byte{0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42}, make([]byte, 12)...)
	if _, err := conn.Write(request); err != nil {
		t.Fatal(err)
	}
	_ = conn.SetReadDeadline(time.Now().Add(patience))
	answer := make([]byte, 100)
	n, err := conn.Read(answer)
	return err == nil && n > 20 && answer[0] == 1 && answer[1] == 1
}

func dial(t *testing.T, network, address string, secured bool) net.Conn {
	t.Helper()
	conn, err := net.Dial(network, address)
	if err != nil {
		t.Fatal(err)
	}
	if secured {
		return tls.Client(conn, &tls.Config{InsecureSkipVerify: true})
	}
	return conn
}

func TestRelayServesTURNAndHTTPS(t *testing.T) {
	certFile, keyFile := certtest.Write(t, t.TempDir(), 1, time.Now())
	r := start(t, "a secret of the tests", "--tls-cert", certFile, "--tls-key", keyFile)
	listen := r.Relay[len("https://"):]
	for name, conn := range map[string]net.Conn{
		"udp": dial(t, "udp", r.Turn, false), "tcp": dial(t, "tcp", r.Turn, false), "tls": dial(t, "tcp", r.Turns, true), "https": dial(t, "tcp", listen, true),
	} {
		if !binding(t, conn) {
			t.Errorf("%s does not answer", name)
		}
	}
	client := &http.Client{Timeout: patience, Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, DisableKeepAlives: true}}
	answer, err := client.Get(r.Relay + "/healthz")
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		t.Error(answer.Status)
	}
}

func TestWithoutASecretThereIsNoTURN(t *testing.T) {
	r := start(t, "")
	if r.Turn != "" || r.Turns != "" || r.Media == "" {
		t.Errorf("%+v", r)
	}
}

func TestParseRefusesShortSecretsAndHalfAPair(t *testing.T) {
	args := []string{"--id", "r", "--issuer", "i", "--jwks", "http://127.0.0.1:9/"}
	var cfg Config
	if err := parse(&cfg, args, func(name string) string { return map[string]string{"COOPNET_TURN_SECRET": "short"}[name] }); err == nil {
		t.Error("a secret of five characters")
	}
	if err := parse(&cfg, append(args, "--tls-cert", "x"), func(string) string { return "" }); err == nil {
		t.Error("a certificate without a key")
	}
}

func fetch(t *testing.T, url string) (status int, body string) {
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
	ready := start(t, "", "--metrics", "127.0.0.1:0")
	for _, path := range []string{"/metrics", "/debug/pprof/", "/debug/pprof/goroutine?debug=1"} {
		if status, body := fetch(t, ready.Metrics+path); status != http.StatusOK || body == "" {
			t.Errorf("%s on the private listener: %d", path, status)
		}
		if status, body := fetch(t, ready.Relay+path); status != http.StatusNotFound || strings.Contains(body, "goroutine") {
			t.Errorf("%s on the public listener: %d", path, status)
		}
	}
	if status, body := fetch(t, ready.Relay+"/healthz"); status != http.StatusOK || body != "ok\n" {
		t.Errorf("health: %d %q", status, body)
	}
}
