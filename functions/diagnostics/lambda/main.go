// Command lambda is the function of the diagnostic reports.
package main

import (
	"context"

	"github.com/coopnet/coopnet/functions/cloud"
)

var version = "devel"

func main() { cloud.Start("diagnostics", version, build) }

// build has no calls yet: reports are planned.
func build(context.Context, *cloud.Environment) (cloud.Parts, error) { return cloud.Parts{}, nil }
