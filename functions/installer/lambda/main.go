// Command lambda is the function of the software's releases.
package main

import (
	"context"
	"net/http"

	"github.com/coopnet/coopnet/functions/cloud"
	"github.com/coopnet/coopnet/functions/installer"
)

var version = "devel"

func main() { cloud.Start("installer", version, build) }

func build(context.Context, *cloud.Environment) (cloud.Parts, error) {
	return cloud.Parts{API: []*http.ServeMux{installer.New().Handler()}}, nil
}
