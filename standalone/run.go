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
	"strings"
	"sync"
	"time"

	"github.com/coopnet/coopnet/functions/conference"
	"github.com/coopnet/coopnet/functions/documents"
	"github.com/coopnet/coopnet/functions/relays"
	"github.com/coopnet/coopnet/functions/staff"
	"github.com/coopnet/coopnet/functions/store/disk"
	"github.com/coopnet/coopnet/functions/store/sqlite"
	"github.com/coopnet/coopnet/functions/webhook"
	"github.com/coopnet/coopnet/relay"
	"github.com/coopnet/coopnet/shared/privatefile"
	"github.com/coopnet/coopnet/shared/problem"
	"github.com/coopnet/coopnet/shared/turncred"
)

const (
	// relayID is the audience of join tokens: there is one relay, in this process.
	relayID = "standalone"
	// closeTime and drainTime begin together, so a stop is over well within 30 seconds.
	closeTime     = 5 * time.Second
	drainTime     = 20 * time.Second
	purgeInterval = 10 * time.Minute
	endInterval   = 2 * time.Second
	hookInterval  = 2 * time.Second
)

// Run starts everything, prints how to join to out, and stops cleanly when ctx ends.
func Run(ctx context.Context, cfg Config, out io.Writer, logger *slog.Logger) (err error) {
	if err := cfg.Validate(); err != nil {
		return err
	}
	s := &system{cfg: cfg, lifetime: lifetime{logger: logger, failed: make(chan error, 2)}}
	defer func() { err = errors.Join(err, s.close()) }()
	for _, step := range []func(context.Context) error{
		s.openFolder,   // the data folder, locked for this process
		s.listen,       // the HTTP port; from here on the public address is known
		s.openDatabase, // SQLite, and the keys that sign join tokens
		s.startRelay,   // the port of all media
		s.startTurn,    // the ways in for networks that let no UDP out
		s.wireDomains,  // conferences, identities, staff, portal: one handler
		s.firstSteps,   // staff keys and the demo conference
		s.joinFleet,    // conferences may live on the relay from here on
		s.serve,        // portal, API, WHIP, WHEP and control on the HTTP port
		s.serveMetrics, // the private listener, when there is one
		s.startRounds,  // forgets what has expired, ends what is over, tells webhooks, looks after the certificate
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
	cfg Config

	data *folder
	door

	storage
	signing     *conference.KeyRing
	media       *relay.Relay
	turnSecret  turncred.Secret // zero: no TURN
	staff       *staff.Domain
	relays      *relays.Domain
	conferences *conference.Domain
	webhooks    *webhook.Domain
	handler     http.Handler
	keys        keys
	demo        *demo

	lifetime
}

// storage is what is kept, and who forgets what has expired together with its files.
type storage struct {
	db        *sqlite.DB
	files     *disk.Store
	documents *documents.Domain
	cleaners  []cleaner
}

// door is the HTTP port.
type door struct {
	listener net.Listener
	tls      *tls.Config // nil: plain HTTP
	public   string      // origin that browsers see
}

func (s *system) openFolder(context.Context) (err error) {
	if s.data, err = openFolder(s.cfg.Data); err != nil {
		return err
	}
	s.onClose(s.data.Close)
	if s.cfg.ReadyFile == "" {
		return nil
	}
	return privatefile.Remove(s.cfg.ReadyFile) // a server that was killed left it
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
		ID: relayID, Issuer: s.public, Keys: s.signing, Media: s.cfg.Media, PublicIPs: ips, Announced: true, Logger: s.logger,
		Others: []string{s.cfg.Listen, s.cfg.Turns, s.cfg.Metrics},
	})
	var beside *relay.MediaTCPError
	if errors.As(err, &beside) {
		return fmt.Errorf("media needs one port for UDP and TCP: %w", bindError("media", "TCP "+beside.Address, beside.Err))
	}
	if err != nil {
		return bindError("media", s.cfg.Media, err)
	}
	s.onStop(s.within(drainTime, "relay", s.media.Shutdown))
	return nil
}

func (s *system) firstSteps(ctx context.Context) error {
	staffKeys, err := s.staff.List(ctx)
	if err != nil {
		return err
	}
	// The demo comes before the keys: they say that the first start is over.
	if s.demo, err = ensureDemo(ctx, s.data, s.conferences, len(staffKeys) == 0, time.Now()); err != nil {
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
	s.onStop(s.within(closeTime, "HTTP requests", func(ctx context.Context) error {
		err := server.Shutdown(ctx)
		server.Close()
		serving.Wait()
		return err
	}))
}

func (s *system) startRounds(ctx context.Context) error {
	s.repeat(ctx, purgeInterval, s.purge)
	s.repeat(ctx, purgeInterval, s.clean)
	s.repeat(ctx, endInterval, s.endOver)
	s.repeat(ctx, hookInterval, s.deliverWebhooks)
	s.repeat(ctx, certificateInterval, s.checkCertificate)
	return nil
}

func (s *system) deliverWebhooks(ctx context.Context) {
	if err := s.webhooks.Deliver(ctx); err != nil && ctx.Err() == nil {
		s.logger.Error("webhooks could not be delivered", "error", err)
	}
}

func (s *system) purge(ctx context.Context) {
	switch rows, err := s.db.Purge(ctx); {
	case ctx.Err() != nil:
	case err != nil:
		s.logger.Error("expired rows could not be removed", "error", err)
	case rows > 0:
		s.logger.Info("expired rows removed", "rows", rows)
	}
}

// endOver ends the live conferences whose end has passed: no request says so. It asks for those that somebody is in, so
// a round costs as much as is live.
func (s *system) endOver(ctx context.Context) {
	for _, id := range overAmong(ctx, s.logger, s.media.Conferences(), s.conferences.Over) {
		s.media.EndConference(id)
		s.documents.Ended(id)
	}
}

// overAmong returns those that isOver. One of which that is not known goes on and hinders no other; a database that does not
// answer is not asked again in this round.
func overAmong(ctx context.Context, logger *slog.Logger, ids []string, isOver func(context.Context, string) (bool, error)) (ended []string) {
	for _, id := range ids {
		over, err := isOver(ctx, id)
		switch {
		case ctx.Err() != nil:
			return ended
		case err != nil:
			logger.Warn("whether a conference is over is not known", "conference", id, "error", err)
			if hasCode(err, problem.Unavailable) {
				return ended
			}
		case over:
			ended = append(ended, id)
		}
	}
	return ended
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
	s.onStop(func() error { return privatefile.Remove(path) }) // nothing is ready any more
	ips, err := s.cfg.publicIPs()
	if err != nil {
		return err
	}
	media := s.media.MediaAddr()
	return Ready{
		Portal: s.public, API: s.public + "/api/v1", Relay: s.public, Media: media.String(),
		Turn: mediaAddress(s.media.TurnAddr(), media, ips), Turns: mediaAddress(s.media.TurnTLSAddr(), media, ips),
		OrganizerKey: s.keys.organizer, SupportKey: s.keys.support, PID: os.Getpid(),
	}.write(path)
}

// warn says what will not work, before a user finds out.
func (s *system) warn() {
	host, plain := strings.CutPrefix(s.public, "http://")
	// Without a public address one is made of the listener's, which may be "every address of this machine".
	beyond := !isLoopback(host) || s.cfg.PublicURL == "" && !isLoopback(s.listener.Addr().String())
	if plain && beyond {
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
