package standalone

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/coopnet/coopnet/functions/conference"
	"github.com/coopnet/coopnet/functions/staff"
	"github.com/coopnet/coopnet/functions/store/sqlite"
	"github.com/coopnet/coopnet/relay"
	"github.com/coopnet/coopnet/shared/turncred"
)

const (
	// relayID is the audience of join tokens: there is one relay, in this process.
	relayID = "standalone"
	// closeTime and drainTime together stay below the 30 seconds in which a stop must be over.
	closeTime     = 5 * time.Second
	drainTime     = 20 * time.Second
	purgeInterval = 10 * time.Minute
)

// Run starts everything, prints how to join to out, and stops cleanly when ctx ends.
func Run(ctx context.Context, cfg Config, out io.Writer, logger *slog.Logger) (err error) {
	if err := cfg.Validate(); err != nil {
		return err
	}
	s := &system{cfg: cfg, logger: logger, failed: make(chan error, 2)}
	defer func() { err = errors.Join(err, s.close()) }()
	for _, step := range []func(context.Context) error{
		s.openFolder,   // the data folder, locked for this process
		s.listen,       // the HTTP port; from here on the public address is known
		s.openDatabase, // SQLite, and the keys that sign join tokens
		s.startRelay,   // the UDP port of all media
		s.startTurn,    // the ways in for networks that let no UDP out
		s.wireDomains,  // conferences, identities, staff, portal: one handler
		s.firstSteps,   // staff keys and the demo conference
		s.serve,        // portal, API, WHIP, WHEP and control on the HTTP port
		s.serveMetrics, // the private listener, when there is one
		s.startPurge,   // forgets what has expired
		s.announce,     // the ready file, once everything answers
	} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	s.welcome(out)
	select {
	case <-ctx.Done():
		logger.Info("stopping: no new joins, running conferences are told")
		return nil
	case err := <-s.failed:
		return err
	}
}

// system is what Run puts together, in the order of its steps.
type system struct {
	cfg    Config
	logger *slog.Logger

	data *folder
	door

	db          *sqlite.DB
	signing     *conference.KeyRing
	media       *relay.Relay
	turnSecret  turncred.Secret // zero: no TURN
	staff       *staff.Domain
	conferences *conference.Domain
	handler     http.Handler
	keys        keys
	demo        *demo

	failed  chan error     // a server that stopped by itself
	closers []func() error // what opened things must do at the end
}

// door is the HTTP port.
type door struct {
	listener net.Listener
	tls      *tls.Config // nil: plain HTTP
	public   string      // origin that browsers see
}

func (s *system) onClose(f func() error) { s.closers = append(s.closers, f) }

// close closes the last opened first.
func (s *system) close() error {
	var errs []error
	for _, f := range slices.Backward(s.closers) {
		errs = append(errs, f())
	}
	return errors.Join(errs...)
}

// within gives f a limited time and says so when it takes longer; what is left is then cut off.
func (s *system) within(limit time.Duration, what string, f func(context.Context) error) func() error {
	return func() error {
		ctx, cancel := context.WithTimeout(context.Background(), limit)
		defer cancel()
		if err := f(ctx); err != nil {
			s.logger.Warn("stopped before it was done", "what", what, "error", err)
		}
		return nil
	}
}

func (s *system) openFolder(context.Context) (err error) {
	if s.data, err = openFolder(s.cfg.Data); err != nil {
		return err
	}
	s.onClose(s.data.Close)
	return nil
}

func (s *system) listen(ctx context.Context) error {
	var err error
	if s.listener, err = listen(ctx, "listen", s.cfg.Listen); err != nil {
		return err
	}
	s.onClose(func() error { s.listener.Close(); return nil }) // the server has closed it already, if it came so far
	s.public = publicURL(s.cfg, s.listener.Addr())
	s.tls, err = secure(s.cfg, time.Now)
	return err
}

func (s *system) openDatabase(ctx context.Context) (err error) {
	path := s.data.file(DatabaseFile)
	if s.db, err = sqlite.Open(ctx, sqlite.Config{Path: path, Logger: s.logger}); err != nil {
		return fmt.Errorf("the database %s cannot be opened: %w", path, err)
	}
	s.onClose(s.db.Close)
	if s.signing, err = conference.OpenKeys(ctx, conference.KeysConfig{Store: s.db.Secrets()}); err != nil {
		return fmt.Errorf("the signing keys in %s cannot be read: %w", path, err)
	}
	return nil
}

func (s *system) startRelay(context.Context) error {
	ips, err := s.cfg.publicIPs()
	if err != nil {
		return err
	}
	s.media, err = relay.New(relay.Config{
		ID: relayID, Issuer: s.public, Keys: s.signing, Media: s.cfg.Media, PublicIPs: ips, Logger: s.logger,
	})
	if err != nil {
		return bindError("media", s.cfg.Media, err)
	}
	s.onClose(s.within(drainTime, "relay", s.media.Shutdown))
	return nil
}

func (s *system) firstSteps(ctx context.Context) error {
	organizer, err := readSecret(s.data.file(OrganizerKeyFile))
	if err != nil {
		return err
	}
	// The demo comes before the keys: their file says that the first start is over.
	if s.demo, err = ensureDemo(ctx, s.data, s.conferences, organizer == "", time.Now()); err != nil {
		return err
	}
	s.keys, err = ensureKeys(ctx, s.data, s.staff)
	return err
}

func (s *system) serve(context.Context) error {
	s.run(newServer(s.handler, s.logger), s.media.ShareWithTurn(s.listener, s.tls))
	return nil
}

func (s *system) serveMetrics(ctx context.Context) error {
	if s.cfg.Metrics == "" {
		return nil
	}
	listener, err := listen(ctx, "metrics", s.cfg.Metrics)
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", s.media.MetricsHandler())
	s.run(newServer(mux, s.logger), listener)
	s.logger.Info("metrics", "address", listener.Addr().String())
	return nil
}

// run serves until close, which waits for the requests that are under way.
func (s *system) run(server *http.Server, listener net.Listener) {
	var serving sync.WaitGroup
	serving.Go(func() {
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			s.failed <- fmt.Errorf("serve %s: %w", listener.Addr(), err)
		}
	})
	s.onClose(s.within(closeTime, "HTTP requests", func(ctx context.Context) error {
		err := server.Shutdown(ctx)
		server.Close()
		serving.Wait()
		return err
	}))
}

func (s *system) startPurge(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	var purging sync.WaitGroup
	purging.Go(func() { s.purge(ctx) })
	s.onClose(func() error { cancel(); purging.Wait(); return nil })
	return nil
}

func (s *system) purge(ctx context.Context) {
	ticker := time.NewTicker(purgeInterval)
	defer ticker.Stop()
	for {
		rows, err := s.db.Purge(ctx)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			s.logger.Error("expired rows could not be removed", "error", err)
		case rows > 0:
			s.logger.Info("expired rows removed", "rows", rows)
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

func (s *system) announce(ctx context.Context) error {
	s.warn()
	if err := awaitReady(ctx, s.listener.Addr(), s.cfg.TLSCert != ""); err != nil {
		return err
	}
	path := s.cfg.ReadyFile
	if path == "" {
		return nil
	}
	ips, err := s.cfg.publicIPs()
	if err != nil {
		return err
	}
	s.onClose(func() error { os.Remove(path); return nil }) // nothing is ready any more
	return Ready{
		Portal: s.public, API: s.public + "/api/v1", Relay: s.public, Media: mediaAddress(s.media.MediaAddr(), ips),
		Turn: mediaAddress(s.media.TurnAddr(), ips), Turns: mediaAddress(s.media.TurnTLSAddr(), ips),
		OrganizerKey: s.keys.organizer, SupportKey: s.keys.support, PID: os.Getpid(),
	}.write(path)
}

// warn says what will not work, before a user finds out.
func (s *system) warn() {
	if host, insecure := strings.CutPrefix(s.public, "http://"); insecure && !isLoopback(host) {
		s.logger.Warn("browsers keep no cookie and share no screen over plain http on this address: guests cannot join; use --tls-cert and --tls-key, or a reverse proxy and --public-url",
			"address", s.public)
	}
}

func isLoopback(hostport string) bool {
	host, _, err := net.SplitHostPort(hostport)
	if err != nil {
		host = hostport
	}
	ip := net.ParseIP(strings.Trim(host, "[]"))
	return host == "localhost" || strings.HasSuffix(host, ".localhost") || ip != nil && ip.IsLoopback()
}
