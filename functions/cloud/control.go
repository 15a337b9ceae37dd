package cloud

import (
	"context"
	"fmt"
	"net/url"
	"strings"

	"github.com/coopnet/coopnet/functions/conference"
	"github.com/coopnet/coopnet/functions/identity"
	"github.com/coopnet/coopnet/functions/staff"
	"github.com/coopnet/coopnet/functions/store/dynamo"
	"github.com/coopnet/coopnet/shared/problem"
)

// DB opens the tables that the function may use. Which of them it needs, it says by name.
func (e *Environment) DB(needs ...string) (*dynamo.DB, error) {
	t := e.Config.Tables
	given := map[string]string{
		"conference": t.Conference, "identity": t.Identity, "staff": t.Staff, "installer": t.Installer, "diagnostics": t.Diagnostics,
		"relay": t.Relay, "webhook": t.Webhook,
	}
	for _, domain := range needs {
		if given[domain] == "" {
			return nil, fmt.Errorf("COOPNET_TABLE_%s is missing: the function needs that table", strings.ToUpper(domain))
		}
	}
	return dynamo.New(dynamo.Config{Client: e.DynamoDB(), Tables: dynamo.Tables{
		Conference: t.Conference, Identity: t.Identity, Staff: t.Staff, Relay: t.Relay, Installer: t.Installer,
		Diagnostics: t.Diagnostics, Webhook: t.Webhook,
	}})
}

// Staff asks who may organize and who supports.
func (e *Environment) Staff(db *dynamo.DB) (*staff.Domain, error) {
	return staff.New(staff.Config{Store: db.Staff()})
}

// Identities asks who somebody says to be.
func (e *Environment) Identities(db *dynamo.DB) (*identity.Domain, error) {
	store := db.Identity()
	return identity.New(identity.Config{Store: store, Limiter: store.Limiter(), Client: e.Clients.Site, Logger: e.Logger})
}

// Relays are those that the configuration names: a conference is at home on the one that its id chooses.
func (e *Environment) Relays() (conference.Relays, error) {
	var list fixedRelays
	for _, entry := range strings.Fields(e.Config.Relays) {
		id, origin, ok := strings.Cut(entry, "=")
		u, err := url.Parse(origin)
		if !ok || id == "" || err != nil || u.Host == "" || u.Path != "" {
			return nil, fmt.Errorf("COOPNET_RELAYS must list ID=URL, not %q", entry)
		}
		socket := "ws" + strings.TrimPrefix(origin, "http")
		list = append(list, conference.Relay{ID: id, WHIP: origin + "/whip", WHEP: origin + "/whep", Control: socket + "/control", TURN: turnURLs(u)})
	}
	return list, nil
}

// turnURLs: TURN over TLS is spoken on the relay's HTTPS port.
func turnURLs(relay *url.URL) []string {
	if relay.Scheme != "https" {
		return nil
	}
	port := relay.Port()
	if port == "" {
		port = "443"
	}
	return []string{"turns:" + relay.Hostname() + ":" + port + "?transport=tcp"}
}

type fixedRelays []conference.Relay

// Place implements conference.Relays.
func (f fixedRelays) Place(_ context.Context, conferenceID, _ string) (conference.Relay, error) {
	if len(f) == 0 {
		return conference.Relay{}, problem.New(problem.Unavailable, "There is no relay.")
	}
	sum := 0
	for _, c := range []byte(conferenceID) {
		sum = (sum*31 + int(c)) % len(f)
	}
	return f[sum], nil
}
