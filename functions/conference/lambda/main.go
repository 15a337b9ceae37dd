// Command lambda is the function of the conferences: admission, join tokens, sign-in, the organizers' calls, keys, relays,
// webhooks, documents, and diagnostic sessions, whose tokens it signs.
package main

import (
	"context"
	"crypto/rand"
	"net/http"
	"time"

	"github.com/coopnet/coopnet/functions/cloud"
	"github.com/coopnet/coopnet/functions/conference"
	"github.com/coopnet/coopnet/functions/diagnostics"
	"github.com/coopnet/coopnet/functions/documents"
	"github.com/coopnet/coopnet/functions/portal"
	"github.com/coopnet/coopnet/functions/relays"
	"github.com/coopnet/coopnet/functions/signin"
	"github.com/coopnet/coopnet/functions/staff"
	"github.com/coopnet/coopnet/functions/store/dynamo"
	"github.com/coopnet/coopnet/functions/webhook"
	"github.com/coopnet/coopnet/shared/idempotency"
)

var version = "devel"

func main() { cloud.Start("conference", version, build) }

// function is what build puts together.
type function struct {
	env *cloud.Environment
	db  *dynamo.DB

	keys        *conference.KeyRing
	staff       *staff.Domain
	colleagues  *signin.Domain
	repeats     *idempotency.Keeper
	webhooks    *webhook.Domain
	relays      *relays.Domain
	conferences *conference.Domain
	documents   *documents.Domain
	sessions    *diagnostics.Sessions
}

func build(ctx context.Context, env *cloud.Environment) (cloud.Parts, error) {
	db, err := env.DB("conference", "identity", "staff", "relay", "webhook", "installer", "documents", "diagnostics")
	if err != nil {
		return cloud.Parts{}, err
	}
	f := &function{env: env, db: db}
	for _, step := range []func(context.Context) error{
		f.openKeys,        // they sign join tokens and seal cookies
		f.wirePeople,      // the staff, and colleagues who sign in
		f.wireWebhooks,    // and what does an organizer's call once
		f.wireRelays,      // where conferences live
		f.wireConferences, // all of it together
		f.wireDocuments,   // for who is in a conference
		f.wireSessions,    // who tests gets tokens too, and this function signs them
	} {
		if err := step(ctx); err != nil {
			return cloud.Parts{}, err
		}
	}
	return cloud.Parts{
		API: []*http.ServeMux{
			f.conferences.Handler(), f.staff.Handler(), f.colleagues.Handler(), f.relays.Handler(), f.webhooks.Handler(), f.documents.Handler(),
			f.sessions.Handler(),
		},
		Ready: db.Ready,
		Commands: map[string]cloud.Command{
			"key create": cloud.CreateKey(f.staff), "key list": cloud.ListKeys(f.staff), "key revoke": cloud.RevokeKey(f.staff),
			"key rotate": cloud.RotateKeys(f.keys),
			"deliver":    cloud.Deliver(f.webhooks.Round),
			"clean":      cloud.Clean("documents", f.documents.Clean),
			"erase":      cloud.Erase(f.erasers()...),
		},
	}, nil
}

func (f *function) openKeys(ctx context.Context) (err error) {
	f.keys, err = conference.OpenKeys(ctx, conference.KeysConfig{Store: f.db.Secrets()})
	return err
}

func (f *function) wirePeople(ctx context.Context) error {
	idp, err := f.env.Provider(ctx)
	if err != nil {
		return err
	}
	if f.staff, err = f.env.Staff(f.db, idp); err != nil {
		return err
	}
	cfg := signin.Config{
		NeedsPassword: f.env.Config.OIDC.NeedsPassword(), Keys: f.keys.Session, Limiter: f.db.Conference().Limiter(),
		Client: f.env.Clients.Site, Logger: f.env.Logger,
	}
	if idp != nil && f.env.Config.OIDC.ClientID != "" {
		cfg.Provider = portal.Colleagues(idp)
	}
	f.colleagues, err = signin.New(cfg)
	return err
}

func (f *function) wireWebhooks(context.Context) (err error) {
	f.repeats, err = idempotency.New(idempotency.Config{
		Store: f.db.Idempotency(), Sealer: conference.Sealer{Keys: f.keys, Rand: rand.Reader}, Refused: portal.Refused,
	})
	if err != nil {
		return err
	}
	f.webhooks, err = f.env.Webhooks(f.db, f.staff, f.repeats)
	return err
}

func (f *function) wireRelays(context.Context) error {
	private, err := f.env.RelayNetworks()
	if err != nil {
		return err
	}
	f.relays, err = relays.New(relays.Config{
		Store: f.db.Relays(), Staff: portal.Crew(f.staff), Conferences: portal.Placed(f.db.Conference(), time.Now),
		Prober: relays.NewHTTPProber(relays.ProberConfig{Allow: private}), Events: portal.Attendances(f.webhooks, f.db.Conference()),
		Media: diagnostics.Record{Store: f.db.Diagnostics(), Logger: f.env.Logger}, Over: f.over, Logger: f.env.Logger,
	})
	return err
}

func (f *function) wireConferences(ctx context.Context) error {
	turn, err := f.env.TurnSecret(ctx)
	if err != nil {
		return err
	}
	hasher, err := conference.NewArgon2(conference.Argon2Config{})
	if err != nil {
		return err
	}
	guests, err := f.env.Identities(f.db)
	if err != nil {
		return err
	}
	catalogue, err := f.catalogue()
	if err != nil {
		return err
	}
	store := f.db.Conference()
	f.conferences, err = conference.New(conference.Config{
		Store: store, Keys: f.keys, Hasher: hasher, Limiter: store.Limiter(), Relays: portal.Relays(f.relays), TurnSecret: turn,
		Identities: portal.Identities(guests, f.colleagues), Staff: portal.Organizers(f.staff), Client: f.env.Clients.Client,
		Software:   conference.Software{Launches: store, Releases: portal.Releases(catalogue)},
		Organizing: conference.Organizing{Repeats: f.repeats, Events: portal.Events(f.webhooks), Ended: portal.Ended(f.relays.Ended, f.ended)},
		PublicURL:  f.env.Config.PublicURL, Logger: f.env.Logger,
	})
	return err
}

// ended is called later than wireDocuments, which needs the conferences.
func (f *function) ended(conference string) { f.documents.Ended(conference) }

func (f *function) wireDocuments(context.Context) error {
	files, err := f.env.Files(f.env.Config.Buckets.Documents)
	if err != nil {
		return err
	}
	f.documents, err = documents.New(documents.Config{
		Store: f.db.Documents(), Blobs: files, Limiter: f.db.Conference().Limiter(), Door: portal.Attendees(f.conferences),
		Conferences: portal.Filed(f.db.Conference(), time.Now), Logger: f.env.Logger,
	})
	return err
}

func (f *function) wireSessions(context.Context) (err error) {
	f.sessions, err = diagnostics.NewSessions(diagnostics.SessionsConfig{
		Store: f.db.Diagnostics(), Limiter: f.db.Conference().Limiter(), Relays: portal.Tested(f.relays), Rooms: portal.TestRooms(f.conferences),
		Site: f.env.Clients.Site, Address: f.env.Clients.Address, Logger: f.env.Logger,
	})
	return err
}

// over tells of an end that nobody has asked for, when a relay asks about a conference that somebody is still in.
func (f *function) over(ctx context.Context, conference string) {
	over, err := f.conferences.Over(ctx, conference)
	if err != nil {
		f.env.Logger.WarnContext(ctx, "nobody was told of a conference's end", "conference", conference, "error", err)
	}
	if over {
		f.documents.Ended(conference)
	}
}

func (f *function) erasers() []cloud.Eraser {
	return []cloud.Eraser{
		{What: "invitations", Erase: func(ctx context.Context, email string) (int, error) {
			return conference.Erase(ctx, f.db.Conference(), email)
		}},
		{What: "attendance", Erase: func(ctx context.Context, email string) (int, error) { return relays.Erase(ctx, f.db.Relays(), email) }},
		{What: "documents", Erase: f.documents.Erase},
	}
}
