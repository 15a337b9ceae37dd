// Command coopnet runs the whole of Coopnet on one machine, and manages it from a terminal.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/coopnet/coopnet/standalone/cli"
)

// version is set when a release is built.
var version = "devel"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	// The second signal ends the program at once: somebody is in a hurry.
	context.AfterFunc(ctx, stop)
	os.Exit(cli.Run(ctx, cli.Terminal{
		Args: os.Args[1:], Getenv: os.Getenv, In: os.Stdin, Out: os.Stdout, Err: os.Stderr, Version: version,
	}))
}
