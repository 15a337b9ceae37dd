package main

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"time"

	"github.com/coopnet/coopnet/relay"
	"github.com/coopnet/coopnet/shared/certfile"
	"github.com/coopnet/coopnet/shared/jointoken"
	"github.com/coopnet/coopnet/shared/turncred"
)

const (
	headerTimeout   = 5 * time.Second
	readTimeout     = 15 * time.Second
	idleTimeout     = 2 * time.Minute
	maxHeader       = 16 << 10 // bytes
	shutdownTimeout = 30 * time.Second
)

// Ready is the content of the ready file.
type Ready struct {
	Relay   string `json:"relay"`
	Media   string `json:"media"`
	Turn    string `json:"turn"`  // empty: off
	Turns   string `json:"turns"` // empty: off
	Metrics string `json:"metrics"`
	PID     int    `json:"pid"`
}

// run serves until ctx is done.
func run(ctx context.Context, cfg Config) error {
	logger := slog.New(slog.NewTextHandler(os.Stderr, nil))
	ips, err := cfg.publicIPs()
	if err != nil {
		return err
	}
	secured, err := cfg.tls()
	if err != nil {
		return err
	}
	keys := jointoken.NewRemote(cfg.JWKS, &http.Client{Timeout: 10 * time.Second}, time.Now)
	r, err := relay.New(relay.Config{ID: cfg.ID, Issuer: cfg.Issuer, Keys: keys, Media: cfg.Media, PublicIPs: ips, Logger: logger})
	if err != nil {
		return err
	}
	if err := openTurn(r, cfg, secured, logger); err != nil {
		return errors.Join(err, r.Shutdown(ctx))
	}
	mux := http.NewServeMux()
	mux.Handle("/", r.Handler())
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("ok\n")) })
	failed := make(chan error, 2)
	public, err := serve(cfg.Listen, mux, failed, func(l net.Listener) net.Listener { return r.ShareWithTurn(l, secured) })
	if err != nil {
		return errors.Join(err, r.Shutdown(ctx))
	}
	servers, ready := []*http.Server{public}, newReady(r, public.Addr, secured != nil)
	if cfg.Metrics != "" {
		private, err := serve(cfg.Metrics, r.MetricsHandler(), failed, nil)
		if err != nil {
			return errors.Join(err, public.Close(), r.Shutdown(ctx))
		}
		servers, ready.Metrics = append(servers, private), "http://"+private.Addr
	}
	if cfg.ReadyFile != "" {
		err = ready.write(cfg.ReadyFile)
	}
	if err == nil {
		logger.Info("serving", "relay", ready.Relay, "media", ready.Media, "turn", ready.Turn, "turns", ready.Turns, "metrics", ready.Metrics)
		select {
		case <-ctx.Done():
		case err = <-failed:
		}
	}
	logger.Info("stopping")
	stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownTimeout)
	defer cancel()
	err = errors.Join(err, r.Shutdown(stopping))
	for _, s := range servers {
		err = errors.Join(err, s.Shutdown(stopping))
	}
	return err
}

func newReady(r *relay.Relay, listen string, secured bool) Ready {
	ready := Ready{Relay: "http://" + listen, Media: r.MediaAddr().String(), PID: os.Getpid()}
	if secured {
		ready.Relay = "https://" + listen
	}
	if a := r.TurnAddr(); a.IsValid() {
		ready.Turn = reachable(r, a)
	}
	if a := r.TurnTLSAddr(); a.IsValid() {
		ready.Turns = reachable(r, a)
	}
	return ready
}

// reachable puts the media port's address in place of "all of this machine".
func reachable(r *relay.Relay, a netip.AddrPort) string {
	if a.Addr().IsUnspecified() {
		a = netip.AddrPortFrom(r.MediaAddr().Addr(), a.Port())
	}
	return a.String()
}

// openTurn opens TURN when there is a secret that somebody can mint credentials with.
func openTurn(r *relay.Relay, cfg Config, secured *tls.Config, logger *slog.Logger) error {
	if cfg.Turn == "" || cfg.TurnSecret == "" {
		logger.Info("TURN is off: it needs --turn and COOPNET_TURN_SECRET")
		return nil
	}
	secret, err := turncred.NewSecret(cfg.TurnSecret)
	if err != nil {
		return err
	}
	return r.OpenTurn(relay.TurnConfig{Listen: cfg.Turn, ListenTLS: cfg.Turns, TLS: secured, Secret: secret})
}

// tls is nil without a certificate.
func (c Config) tls() (*tls.Config, error) {
	if c.TLSCert == "" {
		return nil, nil
	}
	files, err := certfile.Open(c.TLSCert, c.TLSKey, time.Now)
	if err != nil {
		return nil, err
	}
	return files.Config(), nil
}

// serve listens and serves on a goroutine that ends with the server. Share, if any, stands before the listener.
func serve(address string, handler http.Handler, failed chan<- error, share func(net.Listener) net.Listener) (*http.Server, error) {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w", address, err)
	}
	bound := listener.Addr().String()
	if share != nil {
		listener = share(listener)
	}
	s := &http.Server{
		Addr: bound, Handler: handler,
		ReadHeaderTimeout: headerTimeout, ReadTimeout: readTimeout, IdleTimeout: idleTimeout, MaxHeaderBytes: maxHeader,
	}
	go func() {
		if err := s.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			failed <- err
		}
	}()
	return s, nil
}

// write replaces the file at once, readable for its owner only.
func (r Ready) write(path string) error {
	text, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("render ready file: %w", err)
	}
	temporary, err := os.CreateTemp(filepath.Dir(path), ".ready-*") // mode 0600
	if err != nil {
		return fmt.Errorf("write ready file: %w", err)
	}
	_, err = temporary.Write(append(text, '\n'))
	if err = errors.Join(err, temporary.Close()); err == nil {
		err = os.Rename(temporary.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("write ready file: %w", errors.Join(err, os.Remove(temporary.Name())))
	}
	return nil
}
