package portal_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"log/slog"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/coopnet/coopnet/functions/conference"
	"github.com/coopnet/coopnet/functions/diagnostics"
	"github.com/coopnet/coopnet/functions/documents"
	"github.com/coopnet/coopnet/functions/identity"
	"github.com/coopnet/coopnet/functions/installer"
	"github.com/coopnet/coopnet/functions/portal"
	"github.com/coopnet/coopnet/functions/portal/portaltest"
	"github.com/coopnet/coopnet/functions/relays"
	"github.com/coopnet/coopnet/functions/signin"
	"github.com/coopnet/coopnet/functions/staff"
	"github.com/coopnet/coopnet/functions/store/sqlite"
	"github.com/coopnet/coopnet/functions/store/sqlite/sqlitetest"
	"github.com/coopnet/coopnet/functions/store/storetest"
	"github.com/coopnet/coopnet/functions/webhook"
	"github.com/coopnet/coopnet/shared/idempotency"
)

const publicURL = "https://coopnet.example"

// world is the whole control plane on a real store.
type world struct {
	clock   *storetest.Clock
	log     *lockedBuffer
	db      *sqlite.DB
	limiter *conference.Counters
	staffKeys
	filed
	catalogue  *installer.Domain
	publishing ed25519.PrivateKey
	outside    *outside
	events     *heard
	people     *staff.Domain
	relays     *relays.Domain
	muxes      []*http.ServeMux
	handler    http.Handler
}

// filed is what keeps files.
type filed struct {
	files     *files
	reports   *diagnostics.Domain
	documents *documents.Domain
}

// staffKeys are one of each role.
type staffKeys struct {
	organizerKey string
	supportKey   string
	publisherKey string
	relayKey     string // of the relay "relay-7"
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

type plainHasher struct{}

func (plainHasher) Hash(_ context.Context, password string) (string, error) {
	return "plain:" + password, nil
}

func (plainHasher) Verify(_ context.Context, phc, password string) (bool, error) {
	return phc == "plain:"+password, nil
}

func (plainHasher) Remember(string, string)  {}
func (plainHasher) Dummy(name string) string { return "none:" + name }

// lastResort is a relay for conferences that nothing was announced for.
type lastResort struct{ conference.Relays }

func (l lastResort) Place(ctx context.Context, id, region string) ([]conference.Relay, error) {
	list, err := l.Relays.Place(ctx, id, region)
	if err == nil || region == "nowhere" {
		return list, err
	}
	return []conference.Relay{{ID: "relay-1", WHIP: "https://r/whip", WHEP: "https://r/whep", Control: "wss://r/control",
		TURN: []string{"turn:r:3478?transport=udp", "turns:r:443?transport=tcp"}}}, nil
}

func newWorld(t *testing.T, more ...*http.ServeMux) *world {
	t.Helper()
	w := &world{clock: storetest.NewClock(), log: &lockedBuffer{}}
	logger := slog.New(slog.NewJSONHandler(w.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	w.db = sqlitetest.Open(t, sqlite.Config{Now: w.clock.Now, Logger: logger})
	keys, err := conference.OpenKeys(t.Context(), conference.KeysConfig{Store: w.db.Secrets(), Now: w.clock.Now})
	must(err)
	w.outside = &outside{Provider: pretender{}, Tokens: pretender{}}
	people, err := staff.New(staff.Config{Store: w.db.Staff(), Tokens: w.outside, Now: w.clock.Now, Logger: logger})
	must(err)
	_, w.organizerKey, err = people.Create(t.Context(), "tests", staff.Draft{Role: staff.Organizer})
	must(err)
	_, w.supportKey, err = people.Create(t.Context(), "tests", staff.Draft{Role: staff.Support})
	must(err)
	_, w.publisherKey, err = people.Create(t.Context(), "tests", staff.Draft{Role: staff.Publisher})
	must(err)
	_, w.relayKey, err = people.Create(t.Context(), "tests", staff.Draft{Role: staff.Relay, Label: "relay-7"})
	must(err)
	w.people, w.events = people, &heard{}
	w.relays, err = relays.New(relays.Config{
		Store: w.db.Relays(), Staff: portal.Crew(people), Conferences: portal.Placed(w.db.Conference(), w.clock.Now), Events: w.events,
		Media:  diagnostics.Record{Store: w.db.Diagnostics(), Logger: logger},
		Prober: relays.NewHTTPProber(relays.ProberConfig{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}),
		Now:    w.clock.Now, Logger: logger,
	})
	must(err)
	w.limiter = conference.NewLimiter(w.clock.Now)
	var clients portal.Clients
	who, err := identity.New(identity.Config{Store: w.db.Identity(), Limiter: w.limiter, Client: clients.Site, Now: w.clock.Now, Logger: logger})
	must(err)
	w.files = openFiles(t, w.clock.Now)
	public, private, err := ed25519.GenerateKey(nil)
	must(err)
	w.publishing = private
	w.catalogue, err = installer.New(installer.Config{
		Store: w.db.Installer(), Blobs: w.files, Staff: portal.Publishers(people), Keys: []ed25519.PublicKey{public}, PublicURL: publicURL,
		Now: w.clock.Now, Logger: logger,
	})
	must(err)
	colleagues, err := signin.New(signin.Config{
		Provider: w.outside, Keys: keys.Session, Limiter: w.limiter, Client: clients.Site, Now: w.clock.Now, Logger: logger,
	})
	must(err)
	repeats, err := idempotency.New(idempotency.Config{
		Store: w.db.Idempotency(), Sealer: conference.Sealer{Keys: keys, Rand: rand.Reader}, Refused: portal.Refused, Now: w.clock.Now,
	})
	must(err)
	hooks, err := webhook.New(webhook.Config{Store: w.db.Webhook(), Staff: portal.Organizers(people), Repeats: repeats, Now: w.clock.Now, Logger: logger})
	must(err)
	conferences, err := conference.New(conference.Config{
		Software: conference.Software{Launches: w.db.Conference(), Releases: portal.Releases(w.catalogue)},
		Store:    w.db.Conference(), Keys: keys, Hasher: plainHasher{}, Limiter: w.limiter, Relays: lastResort{portal.Relays(w.relays)},
		Identities: portal.Identities(who, colleagues),
		Staff:      portal.Organizers(people), Client: clients.Client, PublicURL: publicURL, Now: w.clock.Now, Logger: logger,
		Organizing: conference.Organizing{Repeats: repeats, Events: portal.Events(hooks), Ended: func(id string) { w.documents.Ended(id) }},
	})
	must(err)
	w.reports, err = diagnostics.New(diagnostics.Config{
		Store: w.db.Diagnostics(), Audit: w.db.Diagnostics(), Sessions: w.db.Diagnostics(), Blobs: w.files, Limiter: w.limiter, Staff: portal.Supporters(people), Client: clients.Site,
		Events: w.events, Now: w.clock.Now, Logger: logger,
	})
	must(err)
	w.documents, err = documents.New(documents.Config{
		Store: w.db.Documents(), Blobs: w.files, Limiter: w.limiter, Door: portal.Attendees(conferences),
		Conferences: portal.Filed(w.db.Conference(), w.clock.Now), Now: w.clock.Now, Logger: logger,
	})
	must(err)
	sessions, err := diagnostics.NewSessions(diagnostics.SessionsConfig{
		Store: w.db.Diagnostics(), Limiter: w.limiter, Relays: portal.Tested(w.relays), Rooms: portal.TestRooms(conferences),
		Site: clients.Site, Address: clients.Address, Now: w.clock.Now, Logger: logger,
	})
	must(err)
	files, err := portal.Static(testFiles(), testBrand())
	must(err)
	w.muxes = append([]*http.ServeMux{
		conferences.Handler(), who.Handler(), people.Handler(), colleagues.Handler(), w.catalogue.Handler(), w.reports.Handler(), w.relays.Handler(),
		hooks.Handler(), w.documents.Handler(), sessions.Handler(),
	}, more...)
	w.handler, err = portal.New(portal.Config{
		API: w.muxes, Static: files, Ready: w.db.Ready, PublicURL: publicURL, Connect: []string{"wss://relay.example"}, Now: w.clock.Now, Logger: logger,
	})
	must(err)
	return w
}

// testBrand replaces what testFiles has in several encodings, and adds a file.
func testBrand() map[string][]byte {
	return map[string][]byte{
		"brand.css":      []byte(":root { --brand-accent: #0f5c6b; }"),
		"brand/logo.svg": []byte(`<svg xmlns="http://www.w3.org/2000/svg"/>`),
	}
}

func testFiles() fstest.MapFS {
	return fstest.MapFS{
		"index.html":             {Data: []byte("<!doctype html><title>Coopnet</title>")},
		"index.html.br":          {Data: []byte("\x0b\xff brotli")},
		"assets/app-1a2b.js":     {Data: []byte("console.log('plain')")},
		"assets/app-1a2b.js.gz":  {Data: []byte("\x1f\x8b gzip")},
		"assets/app-1a2b.js.br":  {Data: []byte("\x0b\xfe brotli")},
		"favicon.svg":            {Data: []byte("<svg/>")},
		"brand.css":              {Data: []byte("/* none */")},
		"brand.css.gz":           {Data: []byte("\x1f\x8b none")},
		"fonts/text.woff2":       {Data: []byte("woff")},
		"documents/support.pdf":  {Data: []byte("%PDF")},
		"documents/manifest.txt": {Data: []byte("text")},
		".keep":                  {},
		".git/config.txt":        {Data: []byte("what a build left behind")},
	}
}

// each runs a test with a fresh world through both transports.
func each(t *testing.T, test func(t *testing.T, w *world, c *portaltest.Client), more ...func() *http.ServeMux) {
	t.Helper()
	var w *world
	portaltest.Run(t, func(t *testing.T) http.Handler {
		var muxes []*http.ServeMux
		for _, m := range more {
			muxes = append(muxes, m())
		}
		w = newWorld(t, muxes...)
		return w.handler
	}, func(t *testing.T, c *portaltest.Client) { test(t, w, c) })
}

type object = map[string]any

// create makes a conference with the password "correct horse" and returns its id.
func (w *world) create(c *portaltest.Client, fields object) string {
	body := object{"name": "Team A", "password": "correct horse"}
	for k, v := range fields {
		body[k] = v
	}
	return c.Expect(201, "POST", "/api/v1/conferences", body, "Authorization", "Bearer "+w.organizerKey)["id"].(string)
}

func enter(c *portaltest.Client) {
	c.Expect(200, "POST", "/api/v1/admissions", object{"name": "Team A", "password": "correct horse"})
}

func identify(c *portaltest.Client) {
	c.Expect(200, "PUT", "/api/v1/identity", object{"title": "Mr", "name": "James BOND", "email": "james@example.org"})
}

// bearer is the Authorization of who may call that path.
func (w *world) bearer(path string) string {
	switch {
	case strings.HasPrefix(path, "/api/v1/keys"), strings.HasPrefix(path, "/api/v1/software/"):
		return "Bearer " + w.publisherKey
	case strings.HasPrefix(path, "/api/v1/support/"):
		return "Bearer " + w.supportKey
	}
	return "Bearer " + w.organizerKey
}
