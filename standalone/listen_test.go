package standalone

import (
	"crypto/tls"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/coopnet/coopnet/shared/certfile/certtest"
)

func TestServeTLS(t *testing.T) {
	certFile, keyFile := certtest.Write(t, t.TempDir(), 1, time.Now())
	cfg := Config{Listen: "localhost:0", TLS: TLS{TLSCert: certFile, TLSKey: keyFile}}
	plain, err := listen(t.Context(), "listen", cfg.Listen)
	if err != nil {
		t.Fatal(err)
	}
	config, err := secure(cfg, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	secured := tls.NewListener(plain, config)
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/readyz" || r.TLS == nil {
			w.WriteHeader(http.StatusTeapot)
		}
	})
	server := newServer(handler, slog.New(slog.DiscardHandler))
	go server.Serve(secured)
	t.Cleanup(func() { server.Close() })

	if err := awaitReady(t.Context(), secured.Addr(), true); err != nil {
		t.Error(err)
	}
	old := &tls.Config{InsecureSkipVerify: true, MaxVersion: tls.VersionTLS11}
	if conn, err := tls.Dial("tcp", secured.Addr().String(), old); err == nil {
		conn.Close()
		t.Error("TLS 1.1 was accepted")
	}
}

func TestSlowHeadersAreCutOff(t *testing.T) {
	if testing.Short() {
		t.Skip("waits for the header timeout")
	}
	address := serveNothing(t)
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := conn.Write([]byte("GET / HTTP/1.1\r\nHost: loc")); err != nil {
		t.Fatal(err)
	}
	if err := conn.SetReadDeadline(time.Now().Add(2 * headerTimeout)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadAll(conn); errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("a request without an end is still open after %v", 2*headerTimeout)
	}
}

func TestLargeHeadersAreRefused(t *testing.T) {
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+serveNothing(t), nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("X-Large", strings.Repeat("x", 64<<10))
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return // cut off while it was still sending: fine too
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusRequestHeaderFieldsTooLarge {
		t.Errorf("64 KiB of headers: %s", response.Status)
	}
}

func serveNothing(t *testing.T) (address string) {
	t.Helper()
	listener, err := listen(t.Context(), "listen", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := newServer(http.NotFoundHandler(), slog.New(slog.DiscardHandler))
	go server.Serve(listener)
	t.Cleanup(func() { server.Close() })
	return listener.Addr().String()
}
