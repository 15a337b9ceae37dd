package standalone

import (
	"context"
	"crypto/rand"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"strings"

	"github.com/coopnet/coopnet/functions/conference"
	"github.com/coopnet/coopnet/functions/identity"
	"github.com/coopnet/coopnet/functions/portal"
	"github.com/coopnet/coopnet/functions/webhook"
	"github.com/coopnet/coopnet/shared/idempotency"
	"github.com/coopnet/coopnet/web"
)

// wireDomains puts the control plane together: each domain knows its store and nothing of the others.
func (s *system) wireDomains(context.Context) (err error) {
	proxies, err := s.cfg.trustedProxies()
	if err != nil {
		return err
	}
	clients := portal.Clients{Trusted: proxies}
	limiter := conference.NewLimiter(nil)

	identities, err := identity.New(identity.Config{Store: s.db.Identity(), Limiter: limiter, Client: clients.Site})
	if err != nil {
		return fmt.Errorf("wire the identities: %w", err)
	}
	colleagues, err := s.wirePeople(clients, limiter)
	if err != nil {
		return err
	}
	repeats, err := s.wireWebhooks()
	if err != nil {
		return err
	}
	if err = s.wireRelays(); err != nil {
		return err
	}
	origins, err := s.cfg.relayOrigins()
	if err != nil {
		return err
	}
	catalogue, reports, err := s.wireFiles(limiter, clients)
	if err != nil {
		return err
	}
	if err := s.wireConferences(conference.Config{
		Software: conference.Software{Launches: s.db.Conference(), Releases: portal.Releases(catalogue)}, Limiter: limiter,
		Identities: portal.Identities(identities, colleagues), Client: clients.Client,
		Organizing: conference.Organizing{Repeats: repeats, Events: portal.Events(s.webhooks), Ended: portal.Ended(s.relays.Ended, s.ended)},
	}); err != nil {
		return err
	}
	if err := s.wireDocuments(limiter); err != nil {
		return err
	}
	sessions, err := s.wireSessions(limiter, clients)
	if err != nil {
		return err
	}
	return s.wirePortal(origins,
		s.conferences.Handler(), identities.Handler(), s.staff.Handler(), colleagues.Handler(), catalogue.Handler(), reports.Handler(), s.relays.Handler(),
		s.webhooks.Handler(), s.documents.Handler(), sessions.Handler(),
	)
}

func (s *system) wirePortal(origins []string, api ...*http.ServeMux) error {
	static, err := staticFiles(web.Files(), s.cfg.Brand, s.logger)
	if err != nil {
		return err
	}
	control, err := portal.New(portal.Config{
		API: api, Static: static, Ready: s.db.Ready, PublicURL: s.public,
		Connect: append(origins, webSocketOrigin(s.public)), Logger: s.logger,
	})
	if err != nil {
		return fmt.Errorf("wire the portal: %w", err)
	}
	s.handler = mount(control, s.media.Handler(), s.files.Handler())
	return nil
}

// wireWebhooks returns who does an organizer's call once, which others need too.
func (s *system) wireWebhooks() (*idempotency.Keeper, error) {
	repeats, err := idempotency.New(idempotency.Config{
		Store: s.db.Idempotency(), Sealer: conference.Sealer{Keys: s.signing, Rand: rand.Reader}, Refused: portal.Refused,
	})
	if err != nil {
		return nil, fmt.Errorf("wire the idempotency keys: %w", err)
	}
	networks, err := s.cfg.webhookNetworks()
	if err != nil {
		return nil, err
	}
	s.webhooks, err = webhook.New(webhook.Config{
		Store: s.db.Webhook(), Staff: portal.Organizers(s.staff), Repeats: repeats, Networks: networks, Logger: s.logger,
	})
	if err != nil {
		return nil, fmt.Errorf("wire the webhooks: %w", err)
	}
	return repeats, nil
}

// wireConferences adds to cfg what comes from no other domain.
func (s *system) wireConferences(cfg conference.Config) error {
	hasher, err := conference.NewArgon2(conference.Argon2Config{})
	if err != nil {
		return fmt.Errorf("wire the password hasher: %w", err)
	}
	cfg.Store, cfg.Keys, cfg.Hasher = s.db.Conference(), s.signing, hasher
	cfg.Relays, cfg.TurnSecret, cfg.Staff = portal.Relays(s.relays), s.turnSecret, portal.Organizers(s.staff)
	cfg.PublicURL, cfg.Logger = s.public, s.logger
	if s.conferences, err = conference.New(cfg); err != nil {
		return fmt.Errorf("wire the conferences: %w", err)
	}
	return nil
}

// staticFiles serves the built portal. A program that was built without it still has its API, for who works on the
// portal with its own development server.
func staticFiles(files fs.FS, folder string, logger *slog.Logger) (http.Handler, error) {
	over, err := brandFiles(files, folder)
	if err != nil {
		return nil, err
	}
	if _, err := fs.Stat(files, "index.html"); err != nil {
		logger.Warn("this program was built without the portal: run `make build`")
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			http.Error(w, "This program was built without the portal. Run `make build`.", http.StatusNotFound)
		}), nil
	}
	static, err := portal.Static(files, over)
	if err != nil {
		return nil, fmt.Errorf("read the portal's files: %w", err)
	}
	return static, nil
}

// mount puts both planes and the files on one port. Only the control plane's paths carry cookies. It is no ServeMux, which
// would redirect a path that is not clean before either plane sees it.
func mount(control, media, files http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch first, _, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/"); {
		case first == "whip", first == "whep", first == "control", first == "measure":
			media.ServeHTTP(w, r)
		case first == "blobs":
			files.ServeHTTP(w, r)
		default:
			control.ServeHTTP(w, r)
		}
	})
}

// webSocketOrigin turns http into ws and https into wss.
func webSocketOrigin(origin string) string { return "ws" + strings.TrimPrefix(origin, "http") }
