// Command lambda is the function of the conferences: admission, join tokens, and the organizers' calls.
package main

import (
	"context"
	"net/http"

	"github.com/coopnet/coopnet/functions/cloud"
	"github.com/coopnet/coopnet/functions/conference"
	"github.com/coopnet/coopnet/functions/portal"
)

var version = "devel"

func main() { cloud.Start("conference", version, build) }

func build(ctx context.Context, env *cloud.Environment) (cloud.Parts, error) {
	db, err := env.DB("conference", "identity", "staff")
	if err != nil {
		return cloud.Parts{}, err
	}
	staff, err := env.Staff(db)
	if err != nil {
		return cloud.Parts{}, err
	}
	identities, err := env.Identities(db)
	if err != nil {
		return cloud.Parts{}, err
	}
	relays, err := env.Relays()
	if err != nil {
		return cloud.Parts{}, err
	}
	turnSecret, err := env.TurnSecret(ctx)
	if err != nil {
		return cloud.Parts{}, err
	}
	hasher, err := conference.NewArgon2(conference.Argon2Config{})
	if err != nil {
		return cloud.Parts{}, err
	}
	keys, err := conference.OpenKeys(ctx, conference.KeysConfig{Store: db.Secrets()})
	if err != nil {
		return cloud.Parts{}, err
	}
	store := db.Conference()
	conferences, err := conference.New(conference.Config{
		Store: store, Keys: keys, Hasher: hasher, Limiter: store.Limiter(), Relays: relays, TurnSecret: turnSecret,
		Identities: portal.Identities(identities), Staff: portal.Organizers(staff), Client: env.Clients.Client,
		PublicURL: env.Config.PublicURL, Logger: env.Logger,
	})
	if err != nil {
		return cloud.Parts{}, err
	}
	return cloud.Parts{
		API: []*http.ServeMux{conferences.Handler()}, Ready: db.Ready,
		Commands: map[string]cloud.Command{
			"key create": cloud.CreateKey(staff), "key list": cloud.ListKeys(staff), "key revoke": cloud.RevokeKey(staff), "key rotate": cloud.RotateKeys(keys),
		},
	}, nil
}
