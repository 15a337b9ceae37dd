package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/coopnet/coopnet/relay"
	"github.com/coopnet/coopnet/shared/jointoken"
	"github.com/coopnet/coopnet/shared/privatefile"
)

const (
	headerTimeout = 5 * time.Second
	readTimeout   = 15 * time.Second
	idleTimeout   = 2 * time.Minute
	maxHeader     = 16 << 10 // bytes
	// stopTimeout leaves room below the 30 seconds in which a stop must be over.
	stopTimeout = 25 * time.Second
)

// Ready is the content of the ready file.
type Ready struct {
	Relay   string `json:"relay"`
	Media   string `json:"media"`
	Metrics string `json:"metrics"`
	Region  string `json:"region"`
	PID     int    `json:"pid"`
}

// run serves until ctx is done.
func run(ctx context.Context, cfg Config) (err error) {
	logger := slog.New(slog.NewTextHandler(os.Stderr, nil))
	ips, err := cfg.publicIPs()
	if err != nil {
		return err
	}
	keys := jointoken.NewRemote(cfg.JWKS, &http.Client{Timeout: 10 * time.Second}, time.Now)
	defer keys.Close()
	r, err := relay.New(relay.Config{ID: cfg.ID, Issuer: cfg.Issuer, Keys: keys, Media: cfg.Media, PublicIPs: ips, Logger: logger})
	if err != nil {
		return err
	}
	servers, failed := []*http.Server(nil), make(chan error, 2)
	defer func() { err = errors.Join(err, stop(r, servers)) }()
	// The media port is this process's now, so whoever wrote the file is gone.
	if err := forget(cfg.ReadyFile); err != nil {
		return err
	}
	public, err := serve(cfg.Listen, withHealth(r.Handler()), failed)
	if err != nil {
		return err
	}
	servers = append(servers, public)
	ready := Ready{Relay: "http://" + public.Addr, Media: r.MediaAddr().String(), Region: cfg.Region, PID: os.Getpid()}
	if cfg.Metrics != "" {
		private, err := serve(cfg.Metrics, r.MetricsHandler(), failed)
		if err != nil {
			return err
		}
		servers, ready.Metrics = append(servers, private), "http://"+private.Addr
	}
	if cfg.Announce != "" {
		logger.Warn("this version does not announce itself: --announce has no effect")
	}
	if cfg.ReadyFile != "" {
		if err := ready.write(cfg.ReadyFile); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, forget(cfg.ReadyFile)) }()
	}
	logger.Info("serving", "relay", ready.Relay, "media", ready.Media, "metrics", ready.Metrics, "region", ready.Region)
	select {
	case <-ctx.Done():
	case err = <-failed:
	}
	logger.Info("stopping")
	return err
}

// stop tells the participants, then ends the servers.
func stop(r *relay.Relay, servers []*http.Server) error {
	ctx, cancel := context.WithTimeout(context.Background(), stopTimeout)
	defer cancel()
	err := r.Shutdown(ctx)
	for _, s := range servers {
		err = errors.Join(err, s.Shutdown(ctx))
	}
	return err
}

func forget(readyFile string) error {
	if readyFile == "" {
		return nil
	}
	return privatefile.Remove(readyFile)
}

// withHealth adds /healthz. It is no ServeMux, which would redirect paths that are not clean.
func withHealth(media http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/healthz" && (r.Method == http.MethodGet || r.Method == http.MethodHead) {
			_, _ = w.Write([]byte("ok\n")) // who asked has gone: nothing left to tell it
			return
		}
		media.ServeHTTP(w, r)
	})
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

func (r Ready) write(path string) error {
	text, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("render ready file: %w", err)
	}
	if err := privatefile.Write(path, append(text, '\n')); err != nil {
		return fmt.Errorf("%w: choose another with --ready-file", err)
	}
	return nil
}
