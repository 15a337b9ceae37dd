package standalone

import (
	"context"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"strings"

	"github.com/coopnet/coopnet/functions/conference"
	"github.com/coopnet/coopnet/functions/identity"
	"github.com/coopnet/coopnet/functions/portal"
	"github.com/coopnet/coopnet/functions/staff"
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
	if s.staff, err = staff.New(staff.Config{Store: s.db.Staff(), Logger: s.logger}); err != nil {
		return fmt.Errorf("wire the staff: %w", err)
	}
	hasher, err := conference.NewArgon2(conference.Argon2Config{})
	if err != nil {
		return fmt.Errorf("wire the password hasher: %w", err)
	}
	catalogue, reports, err := s.wireFiles(limiter, clients)
	if err != nil {
		return err
	}
	s.conferences, err = conference.New(conference.Config{
		Software: conference.Software{Launches: s.db.Conference(), Releases: portal.Releases(catalogue)},
		Store:    s.db.Conference(), Keys: s.signing, Hasher: hasher, Limiter: limiter, Relays: theRelay{s.public, s.turnURLs()}, TurnSecret: s.turnSecret,
		Identities: portal.Identities(identities), Staff: portal.Organizers(s.staff), Client: clients.Client,
		PublicURL: s.public, Ended: s.media.EndConference, Logger: s.logger,
	})
	if err != nil {
		return fmt.Errorf("wire the conferences: %w", err)
	}
	static, err := staticFiles(web.Files(), s.logger)
	if err != nil {
		return err
	}
	control, err := portal.New(portal.Config{
		API:    []*http.ServeMux{s.conferences.Handler(), identities.Handler(), s.staff.Handler(), catalogue.Handler(), reports.Handler()},
		Static: static, Ready: s.db.Ready, PublicURL: s.public,
		Connect: []string{webSocketOrigin(s.public)}, Logger: s.logger,
	})
	if err != nil {
		return fmt.Errorf("wire the portal: %w", err)
	}
	s.handler = mount(control, s.media.Handler(), s.files.Handler())
	return nil
}

// staticFiles serves the built portal. A program that was built without it still has its API, for who works on the
// portal with its own development server.
func staticFiles(files fs.FS, logger *slog.Logger) (http.Handler, error) {
	if _, err := fs.Stat(files, "index.html"); err != nil {
		logger.Warn("this program was built without the portal: run `make build`")
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			http.Error(w, "This program was built without the portal. Run `make build`.", http.StatusNotFound)
		}), nil
	}
	static, err := portal.Static(files)
	if err != nil {
		return nil, fmt.Errorf("read the portal's files: %w", err)
	}
	return static, nil
}

// mount puts both planes and the links to files on one port. The relay's paths carry bearer tokens and never cookies. It is no ServeMux, which
// would redirect a path that is not clean before either plane sees it.
func mount(control, media, files http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch first, _, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/"); {
		case first == "whip", first == "whep", first == "control":
			media.ServeHTTP(w, r)
		case first == "blobs":
			files.ServeHTTP(w, r)
		default:
			control.ServeHTTP(w, r)
		}
	})
}

// theRelay is conference.Relays for one machine: every conference lives on the relay of this process.
type theRelay struct {
	origin string // that browsers see
	turn   []string
}

func (r theRelay) Place(context.Context, string, string) (conference.Relay, error) {
	return conference.Relay{
		ID:   relayID,
		WHIP: r.origin + "/whip", WHEP: r.origin + "/whep", Control: webSocketOrigin(r.origin) + "/control", TURN: r.turn,
	}, nil
}

// webSocketOrigin turns http into ws and https into wss.
func webSocketOrigin(origin string) string { return "ws" + strings.TrimPrefix(origin, "http") }
