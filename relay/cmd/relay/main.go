// Command relay is Coopnet's media relay alone: whoever holds the issuer's key can mint join tokens for it.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

const usage = `relay carries shared screens from presenters to viewers.

Usage:
  relay serve --id ID --issuer ISS --jwks URL [flags]
  relay help

Flags (each also as environment variable COOPNET_RELAY_..., for example COOPNET_RELAY_ID):
`

func main() {
	if len(os.Args) < 2 || os.Args[1] != "serve" {
		fmt.Fprint(os.Stderr, usage)
		flags(&Config{}, os.Getenv).PrintDefaults()
		if len(os.Args) > 1 && os.Args[1] == "help" {
			return
		}
		os.Exit(2)
	}
	var cfg Config
	if err := parse(&cfg, os.Args[2:], os.Getenv); err != nil {
		if !errors.Is(err, flag.ErrHelp) {
			fmt.Fprintln(os.Stderr, "relay:", err)
		}
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the program at once
	if err := run(ctx, cfg); err != nil {
		fmt.Fprintln(os.Stderr, "relay:", err)
		os.Exit(1)
	}
}
