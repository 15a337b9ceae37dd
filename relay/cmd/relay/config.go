package main

import (
	"errors"
	"flag"
	"fmt"
	"net/netip"
	"net/url"
	"os"
	"strings"

	"github.com/coopnet/coopnet/shared/turncred"
)

// Config is what the daemon can be told.
type Config struct {
	ID        string // this relay's name: the audience of its join tokens
	Issuer    string // whose join tokens are taken
	JWKS      string // URL of the issuer's public keys
	Region    string // where the relay stands, for people and for placement
	Announce  string // URL that is to hear of this relay; not announced by this version
	Listen    string // HTTP: WHIP, WHEP, control, /healthz
	Media     string // the one port of all media, UDP and TCP
	Turn      string // TURN over UDP and TCP; empty: off
	Turns     string // TURN over TLS; empty: off
	TLSCert   string // certificate chain of Turns and Listen; empty: plain HTTP and no Turns
	TLSKey    string
	Metrics   string // private HTTP listener for Prometheus; empty: none
	PublicIP  string // comma-separated addresses that viewers are told; empty: the machine's own
	ReadyFile string // gets JSON once everything answers; mode 0600

	// TurnSecret is shared with whoever mints TURN credentials: from COOPNET_TURN_SECRET only, because others can read
	// a flag. Empty: no TURN.
	TurnSecret string
}

// flags binds cfg to a flag set whose defaults come from the environment.
func flags(cfg *Config, getenv func(string) string) *flag.FlagSet {
	set := flag.NewFlagSet("relay serve", flag.ContinueOnError)
	set.SetOutput(os.Stderr)
	bind := func(to *string, name, standard, meaning string) {
		if v := getenv("COOPNET_RELAY_" + strings.ToUpper(strings.ReplaceAll(name, "-", "_"))); v != "" {
			standard = v
		}
		set.StringVar(to, name, standard, meaning)
	}
	bind(&cfg.ID, "id", "", "this relay's `ID`, the audience of its join tokens")
	bind(&cfg.Issuer, "issuer", "", "`issuer` of the join tokens")
	bind(&cfg.JWKS, "jwks", "", "`URL` of the issuer's public keys")
	bind(&cfg.Region, "region", "", "`region` where this relay stands")
	bind(&cfg.Announce, "announce", "", "`URL` that is to hear of this relay (accepted, not announced by this version)")
	bind(&cfg.Listen, "listen", "localhost:8081", "HTTP `address` of WHIP, WHEP and the control channel")
	bind(&cfg.Media, "media", ":7882", "UDP and TCP `address` of all media")
	bind(&cfg.Turn, "turn", ":3478", "UDP and TCP `address` of TURN, which needs a secret in COOPNET_TURN_SECRET; off when empty")
	bind(&cfg.Turns, "turns", ":5349", "`address` of TURN over TLS; off when empty or without a certificate")
	bind(&cfg.TLSCert, "tls-cert", "", "certificate chain `file` (PEM): HTTPS, and TURN on the same port; read again when it changes")
	bind(&cfg.TLSKey, "tls-key", "", "private key `file` (PEM) of --tls-cert")
	bind(&cfg.Metrics, "metrics", "", "private HTTP `address` for Prometheus; none when empty")
	bind(&cfg.PublicIP, "public-ip", "", "`addresses` that viewers are told, separated by commas; the machine's own when empty")
	bind(&cfg.ReadyFile, "ready-file", "", "`file` that gets JSON once everything answers")
	return set
}

func parse(cfg *Config, args []string, getenv func(string) string) error {
	set := flags(cfg, getenv)
	if err := set.Parse(args); err != nil {
		return err
	}
	if set.NArg() > 0 {
		return fmt.Errorf("serve takes flags only, not %q", set.Arg(0))
	}
	cfg.TurnSecret = getenv("COOPNET_TURN_SECRET")
	return cfg.Validate()
}

// Validate says what is missing or wrong, and what to do.
func (c Config) Validate() error {
	if c.ID == "" || c.Issuer == "" || c.JWKS == "" {
		return errors.New("--id, --issuer and --jwks are required: they say whose join tokens this relay takes")
	}
	if !isURL(c.JWKS) {
		return fmt.Errorf("--jwks must be an http or https URL, not %q", c.JWKS)
	}
	if c.Announce != "" && !isURL(c.Announce) {
		return fmt.Errorf("--announce must be an http or https URL, not %q", c.Announce)
	}
	if (c.TLSCert == "") != (c.TLSKey == "") {
		return errors.New("--tls-cert and --tls-key go together; give both or none")
	}
	if c.TurnSecret != "" {
		if _, err := turncred.NewSecret(c.TurnSecret); err != nil {
			return fmt.Errorf("COOPNET_TURN_SECRET: %w", err)
		}
	}
	_, err := c.publicIPs()
	return err
}

func isURL(text string) bool {
	u, err := url.Parse(text)
	return err == nil && u.Host != "" && (u.Scheme == "https" || u.Scheme == "http")
}

func (c Config) publicIPs() ([]netip.Addr, error) {
	var list []netip.Addr
	for s := range strings.SplitSeq(c.PublicIP, ",") {
		if s = strings.TrimSpace(s); s == "" {
			continue
		}
		a, err := netip.ParseAddr(s)
		if err != nil {
			return nil, fmt.Errorf("--public-ip must list IP addresses, not %q", s)
		}
		list = append(list, a)
	}
	return list, nil
}
