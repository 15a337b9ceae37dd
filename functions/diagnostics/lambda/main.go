// Command lambda is the function of the diagnostic reports.
package main

import (
	"context"
	"net/http"

	"github.com/coopnet/coopnet/functions/cloud"
	"github.com/coopnet/coopnet/functions/diagnostics"
	"github.com/coopnet/coopnet/functions/portal"
)

var version = "devel"

func main() { cloud.Start("diagnostics", version, build) }

func build(ctx context.Context, env *cloud.Environment) (cloud.Parts, error) {
	db, err := env.DB("diagnostics", "staff", "webhook")
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
	webhooks, err := env.Webhooks(db, staff, nil)
	if err != nil {
		return cloud.Parts{}, err
	}
	files, err := env.Files(env.Config.Buckets.Reports)
	if err != nil {
		return cloud.Parts{}, err
	}
	store := db.Diagnostics()
	reports, err := diagnostics.New(diagnostics.Config{
		Store: store, Audit: store, Sessions: store, Blobs: files, Limiter: store.Limiter(), Staff: portal.Supporters(staff), Client: env.Clients.Site,
		Events: portal.Receipts(webhooks), Logger: env.Logger,
	})
	if err != nil {
		return cloud.Parts{}, err
	}
	return cloud.Parts{
		API: []*http.ServeMux{reports.Handler()}, Ready: db.Ready,
		Commands: map[string]cloud.Command{
			"clean": cloud.Clean("reports", reports.Clean),
			"erase": cloud.Erase(cloud.Eraser{What: "reports", Erase: reports.Erase}),
		},
	}, nil
}
