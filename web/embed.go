// Package web carries the built guest portal, so that one binary serves it without files beside it.
package web

import (
	"embed"
	"fmt"
	"io/fs"
)

//go:embed all:dist
var dist embed.FS

// Files is the root of the built portal. It holds no index.html when the portal was not built.
func Files() fs.FS {
	files, err := fs.Sub(dist, "dist")
	if err != nil {
		// The folder is embedded by the directive above: this cannot happen.
		panic(fmt.Errorf("open the embedded portal: %w", err))
	}
	return files
}
