package cloud

import (
	"fmt"
	"net/netip"
	"strings"

	"github.com/coopnet/coopnet/functions/identity"
	"github.com/coopnet/coopnet/functions/portal"
	"github.com/coopnet/coopnet/functions/staff"
	"github.com/coopnet/coopnet/functions/store/dynamo"
	"github.com/coopnet/coopnet/functions/webhook"
	"github.com/coopnet/coopnet/shared/idempotency"
)

// DB opens the tables that the function may use. Which of them it needs, it says by name.
func (e *Environment) DB(needs ...string) (*dynamo.DB, error) {
	t := e.Config.Tables
	given := map[string]string{
		"conference": t.Conference, "identity": t.Identity, "staff": t.Staff, "installer": t.Installer, "diagnostics": t.Diagnostics,
		"documents": t.Documents, "relay": t.Relay, "webhook": t.Webhook,
	}
	for _, domain := range needs {
		if given[domain] == "" {
			return nil, fmt.Errorf("COOPNET_TABLE_%s is missing: the function needs that table", strings.ToUpper(domain))
		}
	}
	return dynamo.New(dynamo.Config{Client: e.DynamoDB(), Tables: dynamo.Tables{
		Conference: t.Conference, Identity: t.Identity, Staff: t.Staff, Relay: t.Relay, Installer: t.Installer,
		Diagnostics: t.Diagnostics, Documents: t.Documents, Webhook: t.Webhook,
	}})
}

// Identities asks who somebody says to be.
func (e *Environment) Identities(db *dynamo.DB) (*identity.Domain, error) {
	store := db.Identity()
	return identity.New(identity.Config{Store: store, Limiter: store.Limiter(), Client: e.Clients.Site, Logger: e.Logger})
}

// Webhooks tells other systems. Without repeats nobody can subscribe twice by mistake, and nobody can here.
func (e *Environment) Webhooks(db *dynamo.DB, people *staff.Domain, repeats *idempotency.Keeper) (*webhook.Domain, error) {
	private, err := networks(e.Config.Networks.Webhooks)
	if err != nil {
		return nil, fmt.Errorf("COOPNET_WEBHOOK_NETWORKS: %w", err)
	}
	cfg := webhook.Config{Store: db.Webhook(), Staff: portal.Organizers(people), Networks: private, Logger: e.Logger}
	if repeats != nil {
		cfg.Repeats = repeats
	}
	return webhook.New(cfg)
}

// RelayNetworks are those that are not public where relays stand too.
func (e *Environment) RelayNetworks() ([]netip.Prefix, error) {
	list, err := networks(e.Config.Networks.Relays)
	if err != nil {
		return nil, fmt.Errorf("COOPNET_RELAY_NETWORKS: %w", err)
	}
	return list, nil
}

func networks(commas string) ([]netip.Prefix, error) {
	var list []netip.Prefix
	for _, text := range words(commas) {
		p, err := netip.ParsePrefix(text)
		if err != nil {
			return nil, fmt.Errorf("%q is not a network such as 10.0.0.0/8", text)
		}
		list = append(list, p.Masked())
	}
	return list, nil
}

func words(commas string) []string {
	return strings.FieldsFunc(commas, func(r rune) bool { return r == ',' || r == ' ' })
}
