// Package standalone is the whole of Coopnet on one machine: portal, API and relay in one process, on embedded storage.
//
// Run wires everything by hand and is what `coopnet serve` does. The tests of this package guard the whole repository:
// who may import whom, how long a function may be, and that the documents tell the truth.
package standalone

import (
	"crypto/ed25519"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"

	"github.com/coopnet/coopnet/shared/release"
	"github.com/coopnet/coopnet/shared/turncred"
)

// Config is everything that a user can set. Each field, those of embedded structs too, is a flag, an environment variable
// (COOPNET_ and the flag's name in capitals with underscores) and a key of the configuration file (the flag's name).
type Config struct {
	Listen     string `flag:"listen" value:"HOST:PORT" default:"localhost:8080" usage:"portal, API, sharing and viewing over HTTP"`
	Data       string `flag:"data" value:"DIR" default:"data" usage:"folder of the database and the keys; created when missing"`
	Media      string `flag:"media" value:"HOST:PORT" default:":7882" usage:"the one port for pictures and sound, UDP and TCP"`
	Turn       string `flag:"turn" value:"HOST:PORT" default:":3478" usage:"TURN over UDP and TCP, for guests whose network lets nothing else out; off when empty"`
	Turns      string `flag:"turns" value:"HOST:PORT" default:":5349" usage:"TURN over TLS; needs --tls-cert and --turn; off when empty"`
	TurnSecret string `flag:"turn-secret" value:"TEXT" default:"" usage:"secret of TURN credentials; by default a random one for each start. Others can read a flag: use the variable"`
	Public
	ReadyFile string `flag:"ready-file" value:"FILE" default:"" usage:"written with addresses and keys once everything answers"`
	TLS
	Metrics string `flag:"metrics" value:"HOST:PORT" default:"" usage:"private listener for /metrics (Prometheus); off when empty"`
	Networks
	Logs
	Publishing
	OIDC
	Fleet
}

// Public is where the outside finds this machine, and whose name it sees there.
type Public struct {
	PublicURL string `flag:"public-url" value:"URL" default:"" usage:"where browsers reach the portal; by default made from --listen"`
	PublicIP  string `flag:"public-ip" value:"IP[,IP]" default:"" usage:"addresses where browsers reach the media port; by default those of this machine"`
	Brand     string `flag:"brand" value:"DIR" default:"" usage:"folder of a name, colours and a logo for the portal: brand.json in it says what; read at the start"`
}

// TLS is the certificate of the HTTP port.
type TLS struct {
	TLSCert string `flag:"tls-cert" value:"FILE" default:"" usage:"certificate chain (PEM): serve HTTPS on --listen; read again when it changes"`
	TLSKey  string `flag:"tls-key" value:"FILE" default:"" usage:"private key (PEM) of --tls-cert"`
}

// Logs says what the log is like.
type Logs struct {
	LogLevel  string `flag:"log-level" value:"LEVEL" default:"info" usage:"debug, info, warn or error"`
	LogFormat string `flag:"log-format" value:"FORMAT" default:"text" usage:"text or json"`
}

// Publishing is about releases of the software.
type Publishing struct {
	ReleaseKeys string `flag:"release-keys" value:"KEY[,KEY]" default:"" usage:"public keys of those who sign releases of the software, from coopnet release key; none: nothing can be published"`
}

// Fleet is about relays on other machines, which announce themselves here.
type Fleet struct {
	Relays        string `flag:"relays" value:"ORIGIN[,ORIGIN]" default:"" usage:"relays on other machines, to which the portal's pages may connect; https://*.example.com is all of a domain"`
	RelayNetworks string `flag:"relay-networks" value:"CIDR[,CIDR]" default:"" usage:"networks of such relays that are not public: addresses elsewhere in private networks are never asked"`
}

// Networks are those of others that are treated differently.
type Networks struct {
	Proxies string `flag:"trusted-proxies" value:"CIDR[,CIDR]" default:"" usage:"reverse proxies whose X-Forwarded-For is believed"`
	Webhook string `flag:"webhook-networks" value:"CIDR[,CIDR]" default:"" usage:"networks that are not public and that webhooks may go to all the same; http:// is taken for loopback addresses among them"`
}

// Invalid says which setting is wrong and what to do about it.
type Invalid struct {
	Setting string
	Detail  string
}

// Error is one sentence for a terminal.
func (e *Invalid) Error() string { return fmt.Sprintf("--%s: %s", e.Setting, e.Detail) }

// Validate checks everything that can be known without touching the machine.
func (c Config) Validate() error {
	checks := []check{
		{"listen", func() error { return checkAddress(c.Listen) }},
		{"data", func() error { return checkPresent(c.Data) }},
		{"media", func() error { return checkAddress(c.Media) }},
		{"turn", func() error { return checkOptional(c.Turn, checkAddress) }},
		{"turns", func() error { return checkOptional(c.Turns, checkAddress) }},
		{"turn-secret", func() error { return checkOptional(c.TurnSecret, checkSecret) }},
		{"metrics", func() error { return checkOptional(c.Metrics, checkAddress) }},
		{"public-url", func() error { return checkOptional(c.PublicURL, checkPublicURL) }},
		{"public-ip", func() error { _, err := c.publicIPs(); return err }},
		{"trusted-proxies", func() error { _, err := c.trustedProxies(); return err }},
		{"webhook-networks", func() error { _, err := c.webhookNetworks(); return err }},
		{"tls-key", func() error { return checkPair(c.TLSCert, c.TLSKey) }},
		{"release-keys", func() error { _, err := c.releaseKeys(); return err }},
		{"relays", func() error { _, err := c.relayOrigins(); return err }},
		{"relay-networks", func() error { _, err := networks(c.RelayNetworks); return err }},
		{"log-level", func() error { return checkOneOf(c.LogLevel, "debug", "info", "warn", "error") }},
		{"log-format", func() error { return checkOneOf(c.LogFormat, "text", "json") }},
	}
	for _, s := range append(checks, c.OIDC.checks()...) {
		if err := s.check(); err != nil {
			return &Invalid{Setting: s.setting, Detail: err.Error()}
		}
	}
	return nil
}

func checkPresent(value string) error {
	if strings.TrimSpace(value) == "" {
		return fmt.Errorf("must not be empty")
	}
	return nil
}

func checkOptional(value string, check func(string) error) error {
	if value == "" {
		return nil
	}
	return check(value)
}

func checkAddress(value string) error {
	_, port, err := net.SplitHostPort(value)
	if err != nil {
		return fmt.Errorf("%q is not HOST:PORT; for example localhost:8080, or :8080 for every address of this machine", value)
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n > 65535 {
		return fmt.Errorf("%q has no port between 0 and 65535", value)
	}
	return nil
}

func checkSecret(value string) error {
	_, err := turncred.NewSecret(value)
	return err
}

func checkPublicURL(value string) error {
	u, err := url.Parse(value)
	switch {
	case err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https"):
		return fmt.Errorf("%q is not an address such as https://conference.example.com", value)
	case u.Path != "" && u.Path != "/" || u.RawQuery != "" || u.Fragment != "" || u.User != nil:
		return fmt.Errorf("%q must be a scheme, a host and perhaps a port; Coopnet answers at the root of its address", value)
	}
	return nil
}

func checkPair(cert, key string) error {
	if (cert == "") != (key == "") {
		return fmt.Errorf("--tls-cert and --tls-key go together; give both or none")
	}
	return nil
}

func checkOneOf(value string, allowed ...string) error {
	for _, a := range allowed {
		if value == a {
			return nil
		}
	}
	return fmt.Errorf("%q is not one of %s", value, strings.Join(allowed, ", "))
}

func (c Config) publicIPs() ([]netip.Addr, error) {
	var ips []netip.Addr
	for _, text := range list(c.PublicIP) {
		ip, err := netip.ParseAddr(text)
		if err != nil || ip.IsUnspecified() || ip.IsMulticast() || ip.Zone() != "" {
			return nil, fmt.Errorf("%q is not an address that a browser can send to", text)
		}
		ips = append(ips, ip.Unmap())
	}
	return ips, nil
}

func (c Networks) trustedProxies() ([]netip.Prefix, error) { return networks(c.Proxies) }

func (c Networks) webhookNetworks() ([]netip.Prefix, error) { return networks(c.Webhook) }

// networks reads addresses and networks with commas between them.
func networks(commas string) ([]netip.Prefix, error) {
	var found []netip.Prefix
	for _, text := range list(commas) {
		if ip, err := netip.ParseAddr(text); err == nil {
			found = append(found, netip.PrefixFrom(ip.Unmap(), ip.Unmap().BitLen()))
			continue
		}
		p, err := netip.ParsePrefix(text)
		if err != nil {
			return nil, fmt.Errorf("%q is neither an address nor a network such as 10.0.0.0/8", text)
		}
		found = append(found, p.Masked())
	}
	return found, nil
}

// relayOrigins are what pages may connect to, over HTTP and over WebSockets.
func (c Config) relayOrigins() ([]string, error) {
	var origins []string
	for _, text := range list(c.Relays) {
		if err := checkPublicURL(strings.Replace(text, "://*.", "://", 1)); err != nil || strings.HasSuffix(text, "/") || strings.ContainsAny(text, " ;'\"") {
			return nil, fmt.Errorf("%q is not an origin such as https://relay.example.com", text)
		}
		origins = append(origins, text, webSocketOrigin(text))
	}
	return origins, nil
}

func (c Config) releaseKeys() ([]ed25519.PublicKey, error) {
	var keys []ed25519.PublicKey
	for _, text := range list(c.ReleaseKeys) {
		key, err := release.ParsePublicKey(text)
		if err != nil {
			return nil, fmt.Errorf("%q is %w", text, err)
		}
		keys = append(keys, key)
	}
	return keys, nil
}

func list(commas string) []string {
	var items []string
	for item := range strings.SplitSeq(commas, ",") {
		if item = strings.TrimSpace(item); item != "" {
			items = append(items, item)
		}
	}
	return items
}
