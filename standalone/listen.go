package standalone

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"syscall"
	"time"

	"github.com/coopnet/coopnet/relay"
	"github.com/coopnet/coopnet/shared/certfile"
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
		ConnContext:       relay.ConnContext,
		ReadHeaderTimeout: headerTimeout,
		ReadTimeout:       bodyTimeout,
		WriteTimeout:      bodyTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeader,
		ErrorLog:          slog.NewLogLogger(logger.Handler(), slog.LevelDebug), // mostly scanners that hang up
	}
}

// secure is the TLS configuration of everything that is served, or nil when there is no certificate.
func secure(cfg Config, now func() time.Time) (*tls.Config, error) {
	if cfg.TLSCert == "" {
		return nil, nil
	}
	c, err := certfile.Open(cfg.TLSCert, cfg.TLSKey, now)
	if err != nil {
		return nil, err
	}
	return c.Config(), nil
}
