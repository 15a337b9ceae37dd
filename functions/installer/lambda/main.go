// Command lambda is the function of the software's releases.
package main

import (
	"context"
	"net/http"

	"github.com/coopnet/coopnet/functions/cloud"
	"github.com/coopnet/coopnet/functions/installer"
	"github.com/coopnet/coopnet/functions/portal"
)

var version = "devel"

func main() { cloud.Start("installer", version, build) }

func build(ctx context.Context, env *cloud.Environment) (cloud.Parts, error) {
	db, err := env.DB("installer", "staff")
	if err != nil {
		return cloud.Parts{}, err
	}
	idp, err := env.Provider(ctx)
	if err != nil {
		return cloud.Parts{}, err
	}
	staff, err := env.Staff(db, idp)
	if err != nil {
		return cloud.Parts{}, err
	}
	files, err := env.Files(env.Config.Buckets.Releases)
	if err != nil {
		return cloud.Parts{}, err
	}
	keys, err := env.ReleaseKeys()
	if err != nil {
		return cloud.Parts{}, err
	}
	catalogue, err := installer.New(installer.Config{
		Store: db.Installer(), Blobs: files, Staff: portal.Publishers(staff), Keys: keys, PublicURL: env.Config.PublicURL, Logger: env.Logger,
	})
	if err != nil {
		return cloud.Parts{}, err
	}
	return cloud.Parts{
		API: []*http.ServeMux{catalogue.Handler()}, Ready: db.Ready,
		Commands: map[string]cloud.Command{"clean": cloud.Clean("releases", catalogue.Clean)},
	}, nil
}
