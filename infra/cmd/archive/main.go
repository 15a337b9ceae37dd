// Command archive packs files for a deployment: the same files give the same bytes.
package main

import (
	"fmt"
	"os"
	"strings"

	"github.com/coopnet/coopnet/infra/archive"
)

func main() {
	if len(os.Args) < 3 {
		fmt.Fprintln(os.Stderr, "usage: archive TO.zip|TO.tar.gz FILE...")
		os.Exit(2)
	}
	pack := archive.Zip
	if strings.HasSuffix(os.Args[1], ".tar.gz") {
		pack = archive.TarGz
	}
	if err := pack(os.Args[1], os.Args[2:]...); err != nil {
		fmt.Fprintln(os.Stderr, "archive:", err)
		os.Exit(1)
	}
}
