// Command lambda is the function of the identities: who a guest says to be.
package main

import (
	"context"
	"net/http"

	"github.com/coopnet/coopnet/functions/cloud"
	"github.com/coopnet/coopnet/functions/identity"
)

var version = "devel"

func main() { cloud.Start("identity", version, build) }

func build(_ context.Context, env *cloud.Environment) (cloud.Parts, error) {
	db, err := env.DB("identity")
	if err != nil {
		return cloud.Parts{}, err
	}
	identities, err := env.Identities(db)
	if err != nil {
		return cloud.Parts{}, err
	}
	erase := func(ctx context.Context, email string) (int, error) { return identity.Erase(ctx, db.Identity(), email) }
	return cloud.Parts{
		API: []*http.ServeMux{identities.Handler()}, Ready: db.Ready,
		Commands: map[string]cloud.Command{"erase": cloud.Erase(cloud.Eraser{What: "identities", Erase: erase})},
	}, nil
}
