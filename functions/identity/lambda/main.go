// Command lambda is the function of the identities: who a guest says to be.
package main

import (
	"context"
	"net/http"

	"github.com/coopnet/coopnet/functions/cloud"
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
	return cloud.Parts{API: []*http.ServeMux{identities.Handler()}, Ready: db.Ready}, nil
}
