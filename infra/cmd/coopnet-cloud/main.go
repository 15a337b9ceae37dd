// Command coopnet-cloud is the cloud edition on this machine, for trying it out and for the browser tests: the functions'
// real programs behind Lambda's Runtime API, DynamoDB and S3 endpoints that keep nothing, and a relay that announces itself. It takes the
// flags of `coopnet serve` that tests use, and writes the same ready file.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"maps"
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
	readyFile string
	brand     string
	oidc      oidc
}

// oidc is the identity provider, as `coopnet serve` takes it.
type oidc struct{ issuer, audience, clientID, secret, scopes, rolesClaim, roles, join string }

func (o oidc) variables() map[string]string {
	given := map[string]string{
		"COOPNET_OIDC_ISSUER": o.issuer, "COOPNET_OIDC_AUDIENCE": o.audience, "COOPNET_OIDC_CLIENT_ID": o.clientID, "COOPNET_OIDC_SCOPES": o.scopes,
		"COOPNET_OIDC_ROLES_CLAIM": o.rolesClaim, "COOPNET_OIDC_ROLES": o.roles, "COOPNET_OIDC_JOIN": o.join,
	}
	maps.DeleteFunc(given, func(_, value string) bool { return value == "" }) // what the template says
	return given
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
		{&c.readyFile, "ready-file", "", "written with addresses and keys once everything answers"},
		{&c.brand, "brand", "", "`folder` of a name, colours and a logo, as of coopnet serve"},
		{&c.oidc.issuer, "oidc-issuer", "", "the company's identity provider; none when empty"},
		{&c.oidc.audience, "oidc-audience", "", "audience of its access tokens that open the API"},
		{&c.oidc.clientID, "oidc-client-id", "", "what the provider knows this portal as"},
		{&c.oidc.secret, "oidc-client-secret", "", "secret of --oidc-client-id"},
		{&c.oidc.scopes, "oidc-scopes", "", "what the portal asks the provider for"},
		{&c.oidc.rolesClaim, "oidc-roles-claim", "", "claim that says what somebody is"},
		{&c.oidc.roles, "oidc-roles", "", "what the claim's values give"},
		{&c.oidc.join, "oidc-join", "", "what a colleague types to join: name or password"},
	} {
		flags.StringVar(f.to, f.name, f.standard, f.usage)
	}
	return c, flags.Parse(args)
}
