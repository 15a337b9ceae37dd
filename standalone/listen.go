package standalone

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"sync"
	"syscall"
	"time"
)

// Limits of the HTTP server. WebSockets leave it when they are upgraded; bodies have their own limits in the handlers.
const (
	headerTimeout = 5 * time.Second
	bodyTimeout   = 30 * time.Second
	idleTimeout   = 120 * time.Second
	maxHeader     = 16 << 10
)

func listen(ctx context.Context, setting, address string) (net.Listener, error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, bindError(setting, address, err)
	}
	return listener, nil
}

// bindError says what to do about an address that cannot be used.
func bindError(setting, address string, err error) error {
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return fmt.Errorf("%s is already used by another program: stop it or choose another address with --%s", address, setting)
	case errors.Is(err, syscall.EACCES):
		return fmt.Errorf("%s needs a privilege that this user does not have (ports below 1024): choose another address with --%s, or see docs/operations.md", address, setting)
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return fmt.Errorf("%s is not an address of this machine: choose another with --%s", address, setting)
	}
	return fmt.Errorf("listen on %s (--%s): %w", address, setting, err)
}

func newServer(handler http.Handler, logger *slog.Logger) *http.Server {
	return &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: headerTimeout,
		ReadTimeout:       bodyTimeout,
		WriteTimeout:      bodyTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeader,
		ErrorLog:          slog.NewLogLogger(logger.Handler(), slog.LevelDebug), // mostly scanners that hang up
	}
}

// secure wraps the listener in TLS when a certificate is configured.
func secure(listener net.Listener, cfg Config, now func() time.Time) (net.Listener, error) {
	if cfg.TLSCert == "" {
		return listener, nil
	}
	c := &certificate{certFile: cfg.TLSCert, keyFile: cfg.TLSKey, now: now}
	if _, err := c.current(nil); err != nil {
		return nil, err
	}
	return tls.NewListener(listener, &tls.Config{
		MinVersion:     tls.VersionTLS12,
		NextProtos:     []string{"h2", "http/1.1"},
		GetCertificate: c.current,
	}), nil
}

// certificate follows its files, so that a renewal needs no restart.
type certificate struct {
	certFile, keyFile string
	now               func() time.Time

	mu      sync.Mutex
	loaded  *tls.Certificate
	written time.Time // of certFile, when it was loaded
	checked time.Time
}

const certificateCheck = time.Minute

func (c *certificate) current(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.loaded != nil && c.now().Sub(c.checked) < certificateCheck {
		return c.loaded, nil
	}
	c.checked = c.now()
	state, err := os.Stat(c.certFile)
	if err == nil && c.loaded != nil && state.ModTime().Equal(c.written) {
		return c.loaded, nil
	}
	pair, loadErr := tls.LoadX509KeyPair(c.certFile, c.keyFile)
	if err == nil {
		err = loadErr
	}
	if err != nil {
		if c.loaded != nil { // half-written renewal: the old one is still good
			return c.loaded, nil
		}
		return nil, fmt.Errorf("the certificate %s with the key %s cannot be used (%w): check --tls-cert and --tls-key", c.certFile, c.keyFile, err)
	}
	c.loaded, c.written = &pair, state.ModTime()
	return c.loaded, nil
}
