package main

import (
	"errors"
	"flag"
	"fmt"
	"net/netip"
	"net/url"
	"os"
	"strconv"
	"strings"

	"github.com/coopnet/coopnet/shared/turncred"
)

// Config is what the daemon can be told.
type Config struct {
	ID        string // this relay's name: the audience of its join tokens
	Issuer    string // whose join tokens are taken
	JWKS      string // URL of the issuer's public keys
	Region    string // where the relay stands, for people and for placement
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

	Announcing
}

// Announcing says to whom this relay announces itself, and as what.
type Announcing struct {
	Announce  string // the control plane's origin; empty: nobody
	Key       string // this relay's credential there: from COOPNET_RELAY_KEY or KeyFile only
	KeyFile   string
	PublicURL string // base of WHIP, WHEP and control as browsers reach them; empty: the listener's
	Capacity  string // participants that this relay is meant for; empty: not known
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
	bind(&cfg.Announce, "announce", "", "`URL` of the portal whose conferences this relay takes; needs a key in COOPNET_RELAY_KEY or --key-file")
	bind(&cfg.KeyFile, "key-file", "", "`file` with this relay's key")
	bind(&cfg.PublicURL, "public-url", "", "`URL` under which browsers reach --listen; that one when empty")
	bind(&cfg.Capacity, "capacity", "", "`number` of participants that this relay is meant for")
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
	cfg.TurnSecret, cfg.Key = getenv("COOPNET_TURN_SECRET"), strings.TrimSpace(getenv("COOPNET_RELAY_KEY"))
	if cfg.Key == "" && cfg.KeyFile != "" {
		text, err := os.ReadFile(cfg.KeyFile)
		if err != nil {
			return fmt.Errorf("--key-file: %w", err)
		}
		cfg.Key = strings.TrimSpace(string(text))
	}
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
	if err := c.validateAnnounce(); err != nil {
		return err
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

func (c Config) validateAnnounce() error {
	if _, err := c.capacity(); err != nil {
		return err
	}
	if c.PublicURL != "" && (!isURL(c.PublicURL) || strings.HasSuffix(c.PublicURL, "/")) {
		return fmt.Errorf("--public-url must be an http or https URL without a slash at its end, not %q", c.PublicURL)
	}
	switch {
	case c.Announce == "":
		return nil
	case !isURL(c.Announce):
		return fmt.Errorf("--announce must be an http or https URL, not %q", c.Announce)
	case strings.HasPrefix(c.Announce, "http:") && !isLoopback(c.Announce):
		return fmt.Errorf("--announce must be https, not %q: this relay's key goes there", c.Announce)
	case c.Key == "":
		return errors.New("--announce needs this relay's key: put it into COOPNET_RELAY_KEY, or into a file that --key-file names; `coopnet key create relay --label ID` makes one")
	}
	return nil
}

// capacity is 0 where it is not known.
func (c Config) capacity() (int, error) {
	if c.Capacity == "" {
		return 0, nil
	}
	n, err := strconv.Atoi(c.Capacity)
	if err != nil || n < 1 || n > 1_000_000 {
		return 0, fmt.Errorf("--capacity must be a number of participants, not %q", c.Capacity)
	}
	return n, nil
}

func isLoopback(address string) bool {
	u, err := url.Parse(address)
	if err != nil {
		return false
	}
	a, err := netip.ParseAddr(u.Hostname())
	return u.Hostname() == "localhost" || err == nil && a.IsLoopback()
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
