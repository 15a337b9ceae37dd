// Command coopnet-client is the software: a page of the portal starts it with coopnet://join/CODE, and it shares a screen, the
// desktop or a window in a conference.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/coopnet/coopnet/client/app"
)

// version is set by the linker.
var version = "0.0.0-dev"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if len(os.Args) == 2 && os.Args[1] == "--version" {
		fmt.Println("coopnet-client", version)
		return
	}
	if err := app.Start(ctx, app.Terminal{Arguments: os.Args[1:], Getenv: os.Getenv, Err: os.Stderr, Version: version}); err != nil {
		fmt.Fprintln(os.Stderr, "coopnet-client:", err)
		os.Exit(1)
	}
}
