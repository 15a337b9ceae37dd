// Command coopnet-cloud is the cloud edition on this machine, for trying it out and for the browser tests: the functions'
// real programs behind Lambda's Runtime API, a DynamoDB endpoint that keeps nothing, and a relay of its own. It takes the
// flags of `coopnet serve` that tests use, and writes the same ready file.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
)

func main() {
	if len(os.Args) < 2 || os.Args[1] != "serve" {
		fmt.Fprintln(os.Stderr, "usage: coopnet-cloud serve [flags]; --help lists them")
		os.Exit(2)
	}
	cfg, err := parse(os.Args[2:])
	if errors.Is(err, flag.ErrHelp) {
		return
	}
	if err != nil {
		os.Exit(2) // the flag package has said why
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the program at once
	if err := run(ctx, cfg); err != nil {
		fmt.Fprintln(os.Stderr, "coopnet-cloud:", err)
		os.Exit(1)
	}
}

// config is what the program can be told.
type config struct {
	folder    string // with template.yaml
	listen    string
	data      string
	relay     string // its HTTP address
	media     string
	turn      string
	turns     string
	tlsCert   string
	tlsKey    string
	publicURL string
	readyFile string
}

func parse(args []string) (config, error) {
	program, err := os.Executable()
	if err != nil {
		return config{}, err
	}
	var c config
	flags := flag.NewFlagSet("coopnet-cloud serve", flag.ContinueOnError)
	for _, f := range []struct {
		to                    *string
		name, standard, usage string
	}{
		{&c.folder, "folder", filepath.Dir(filepath.Dir(program)), "`folder` of the repository, with template.yaml"},
		{&c.listen, "listen", "localhost:8080", "portal and API"},
		{&c.data, "data", "", "`folder` for files of this run; a temporary one when empty"},
		{&c.relay, "relay", "localhost:0", "WHIP, WHEP and control of the relay"},
		{&c.media, "media", ":7882", "media port of the relay"},
		{&c.turn, "turn", "", "TURN of the relay; off when empty"},
		{&c.turns, "turns", "", "TURN over TLS of the relay; off when empty"},
		{&c.tlsCert, "tls-cert", "", "certificate chain (PEM): HTTPS"},
		{&c.tlsKey, "tls-key", "", "its key (PEM)"},
		{&c.publicURL, "public-url", "", "where browsers reach the portal; made from --listen when empty"},
		{&c.readyFile, "ready-file", "", "written with addresses and keys once everything answers"},
	} {
		flags.StringVar(f.to, f.name, f.standard, f.usage)
	}
	return c, flags.Parse(args)
}
