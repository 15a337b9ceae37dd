package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/pprof"
	"os"
	"path/filepath"
	"time"

	"github.com/coopnet/coopnet/relay"
	"github.com/coopnet/coopnet/shared/jointoken"
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
	keys := jointoken.NewRemote(cfg.JWKS, &http.Client{Timeout: 10 * time.Second}, time.Now)
	r, err := relay.New(relay.Config{ID: cfg.ID, Issuer: cfg.Issuer, Keys: keys, Media: cfg.Media, PublicIPs: ips, Logger: logger})
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.Handle("/", r.Handler())
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("ok\n")) })
	failed := make(chan error, 2)
	public, err := serve(cfg.Listen, mux, failed)
	if err != nil {
		return errors.Join(err, r.Shutdown(ctx))
	}
	servers, ready := []*http.Server{public}, Ready{Relay: "http://" + public.Addr, Media: r.MediaAddr().String(), PID: os.Getpid()}
	if cfg.Metrics != "" {
		private, err := serve(cfg.Metrics, diagnostics(r.MetricsHandler()), failed)
		if err != nil {
			return errors.Join(err, public.Close(), r.Shutdown(ctx))
		}
		servers, ready.Metrics = append(servers, private), "http://"+private.Addr
	}
	if cfg.ReadyFile != "" {
		err = ready.write(cfg.ReadyFile)
	}
	if err == nil {
		logger.Info("serving", "relay", ready.Relay, "media", ready.Media, "metrics", ready.Metrics)
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

// diagnostics adds profiles of the process to the metrics. Both belong on a private listener.
func diagnostics(metrics http.Handler) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/", metrics)
	mux.HandleFunc("GET /debug/pprof/", pprof.Index)
	mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	return mux
}

// serve listens and serves on a goroutine that ends with the server.
func serve(address string, handler http.Handler, failed chan<- error) (*http.Server, error) {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w", address, err)
	}
	s := &http.Server{
		Addr: listener.Addr().String(), Handler: handler,
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
