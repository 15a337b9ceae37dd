// Command relayload measures a relay from outside: it shares synthetic screens by WHIP, watches them by WHEP with many
// viewers, and prints what each forwarded packet cost the relay's process.
//
// Its participants are real: ICE with consent, DTLS, SRTP, NACKs answered by RTX, receiver reports, and transport-wide
// feedback where the relay negotiates it. It stays cheap, so that it can run beside the relay: sequence numbers of all
// packets are read from the RTP header, which SRTP leaves clear, and only a sample is decrypted.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

const help = `relayload shares screens through a relay, watches them, and prints what that costs.

Usage:
  relayload --whip URL --whep URL [flags]

Join tokens come from files (--share-tokens, --view-tokens; one a line), or are minted with the issuer's key (--issuer,
--relay-id, and --key for a key that exists). This measures a relay that was started for nothing else:

  relay serve --id load --issuer load --jwks http://localhost:9001/jwks.json --listen localhost:8081 &
  relayload --whip http://localhost:8081/whip --whep http://localhost:8081/whep --issuer load --relay-id load \
    --jwks localhost:9001 --pid $! --viewers 200 --seconds 20

Flags:
`

func main() {
	var cfg Config
	if err := parse(&cfg, os.Args[1:], os.Stdout); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return
		}
		fmt.Fprintln(os.Stderr, "relayload:", err)
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	result, err := Run(ctx, cfg)
	if ctx.Err() != nil {
		err = errors.New("interrupted")
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "relayload:", err)
		os.Exit(1)
	}
	if cfg.JSON {
		err = json.NewEncoder(os.Stdout).Encode(result)
	} else {
		_, err = fmt.Print(result)
	}
	if err != nil {
		os.Exit(1)
	}
}
