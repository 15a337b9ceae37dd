// Command relayload measures a relay from outside: it shares synthetic screens by WHIP, watches them by WHEP with many
// viewers, and prints what each forwarded packet cost the relay's process. A soak lets participants come and go instead,
// and says whether the relay's memory and goroutines stay as they are.
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
	"io"
	"os"
	"os/signal"
	"syscall"
)

const help = `relayload shares screens through a relay, watches them, and prints what that costs.

Usage:
  relayload --whip URL --whep URL [flags]

Join tokens come from files (--share-tokens, --view-tokens; one a line), or are minted with the issuer's key (--issuer,
--relay-id, and --key for a key that exists). This measures a relay that was started for nothing else:

  relay serve --id load --issuer load --jwks http://localhost:9001/jwks.json --listen localhost:8081 \
    --metrics localhost:9090 &
  relayload --whip http://localhost:8081/whip --whep http://localhost:8081/whep --issuer load --relay-id load \
    --jwks localhost:9001 --pid $! --viewers 200 --seconds 20

With --stay it is a soak: viewers leave and others join, presenters change, and it fails when a join fails, or when the
relay's memory, goroutines or open files grow over the second half, or stay when everybody has left:

  relayload --whip http://localhost:8081/whip --whep http://localhost:8081/whep --control http://localhost:8081/control \
    --issuer load --relay-id load --jwks localhost:9001 --metrics http://localhost:9090/metrics \
    --viewers 200 --rate 5 --packets 6 --stay 20s..60s --seconds 1800

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
	err := run(ctx, cfg, os.Stdout, os.Stderr)
	if ctx.Err() != nil {
		err = errors.New("interrupted")
	}
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "relayload:", err)
		os.Exit(1)
	}
}

// run measures or soaks, and prints what it found.
func run(ctx context.Context, cfg Config, out, progress io.Writer) error {
	if !cfg.JSON {
		progress = out
	}
	var found fmt.Stringer
	var failed error
	if cfg.Soak.Stay == (Stay{}) {
		result, err := Run(ctx, cfg)
		if err != nil {
			return err
		}
		found = result
	} else {
		verdict, err := Soak(ctx, cfg, progress)
		if err != nil {
			return err
		}
		if found = verdict; len(verdict.Problems) > 0 {
			failed = errors.New("the relay does not stay as it is, or did not do its work")
		}
	}
	var err error
	if cfg.JSON {
		err = json.NewEncoder(out).Encode(found)
	} else {
		_, err = fmt.Fprint(out, found)
	}
	return errors.Join(err, failed)
}
