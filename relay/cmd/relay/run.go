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
	"net/http/pprof"
	"net/netip"
	"os"
	"time"

	"github.com/coopnet/coopnet/relay"
	"github.com/coopnet/coopnet/shared/certfile"
	"github.com/coopnet/coopnet/shared/jointoken"
	"github.com/coopnet/coopnet/shared/privatefile"
	"github.com/coopnet/coopnet/shared/turncred"
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
	Turn    string `json:"turn"`  // empty: off
	Turns   string `json:"turns"` // empty: off
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
	secured, err := cfg.tls()
	if err != nil {
		return err
	}
	keys := jointoken.NewRemote(cfg.JWKS, &http.Client{Timeout: 10 * time.Second}, time.Now)
	defer keys.Close()
	r, err := relay.New(relay.Config{ID: cfg.ID, Issuer: cfg.Issuer, Keys: keys, Media: cfg.Media, PublicIPs: ips, Logger: logger, Announced: cfg.Announce != "",
		Others: []string{cfg.Listen, cfg.Turns, cfg.Metrics}})
	if err != nil {
		return err
	}
	servers, failed := []*http.Server(nil), make(chan error, 2)
	defer func() { err = errors.Join(err, stop(r, servers)) }()
	// The media port is this process's now, so whoever wrote the file is gone.
	if err := forget(cfg.ReadyFile); err != nil {
		return err
	}
	if err := openTurn(r, cfg, secured, logger); err != nil {
		return err
	}
	public, err := serve(cfg.Listen, withHealth(r.Handler()), failed, func(l net.Listener) net.Listener { return r.ShareWithTurn(l, secured) })
	if err != nil {
		return err
	}
	servers = append(servers, public)
	ready := newReady(r, public.Addr, secured != nil)
	ready.Region = cfg.Region
	if cfg.Metrics != "" {
		private, err := serve(cfg.Metrics, diagnostics(r.MetricsHandler()), failed, nil)
		if err != nil {
			return err
		}
		servers, ready.Metrics = append(servers, private), "http://"+private.Addr
	}
	if err := tell(r, cfg, ready); err != nil {
		return err
	}
	if cfg.ReadyFile != "" {
		if err := ready.write(cfg.ReadyFile); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, forget(cfg.ReadyFile)) }()
	}
	logger.Info("serving", "relay", ready.Relay, "media", ready.Media, "turn", ready.Turn, "turns", ready.Turns,
		"metrics", ready.Metrics, "region", ready.Region)
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

// diagnostics adds profiles of the process to the metrics. Both belong on a private listener.
func diagnostics(metrics http.Handler) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/", metrics)
	mux.HandleFunc("GET /debug/pprof/", pprof.Index)
	mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	return mux
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
		Addr: bound, Handler: handler, ConnContext: relay.ConnContext,
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
