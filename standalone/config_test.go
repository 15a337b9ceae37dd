package standalone

import (
	"errors"
	"flag"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/coopnet/coopnet/functions/portal"
	"github.com/coopnet/coopnet/functions/provider"
)

func TestParseConfigPrecedence(t *testing.T) {
	file := filepath.Join(t.TempDir(), "coopnet.toml")
	if err := os.WriteFile(file, []byte("listen = \"file:1\"\ndata = \"file\"\nmedia = \"file:3\"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	environment := map[string]string{"COOPNET_CONFIG": file, "COOPNET_LISTEN": "environment:1", "COOPNET_DATA": "environment"}
	cfg, err := ParseConfig([]string{"--listen", "flag:1"}, func(name string) string { return environment[name] })
	if err != nil {
		t.Fatal(err)
	}
	for what, pair := range map[string][2]string{
		"flag":        {cfg.Listen, "flag:1"},
		"environment": {cfg.Data, "environment"},
		"file":        {cfg.Media, "file:3"},
		"default":     {cfg.Turn, ":3478"},
	} {
		if pair[0] != pair[1] {
			t.Errorf("%s: %q instead of %q", what, pair[0], pair[1])
		}
	}
	// A flag that says what the default says was still said.
	cfg, err = ParseConfig([]string{"--listen", "localhost:8080"}, func(name string) string { return environment[name] })
	if err != nil || cfg.Listen != "localhost:8080" {
		t.Errorf("a flag with the default's value: %q, %v", cfg.Listen, err)
	}
}

func TestParseConfigDefaultsAreValid(t *testing.T) {
	nothing := func(string) string { return "" }
	cfg, err := ParseConfig(nil, nothing)
	if err != nil {
		t.Fatal(err)
	}
	if cfg.Data != DefaultData || "http://"+cfg.Listen != DefaultURL {
		t.Errorf("the terminal commands look elsewhere by default: %q, %q", cfg.Data, cfg.Listen)
	}
	if _, err := ParseConfig([]string{"-h"}, nothing); !errors.Is(err, flag.ErrHelp) {
		t.Errorf("help: %v", err)
	}
}

func TestValidate(t *testing.T) {
	valid := Config{Listen: ":8080", Data: "data", Media: ":7882", Turn: ":3478", Turns: ":5349", Logs: Logs{LogLevel: "info", LogFormat: "text"},
		OIDC: OIDC{Issuer: "https://login.example.com", Audience: "api", ClientID: "portal", Scopes: "openid", Roles: "a=organizer,CN=b=support", Join: "name"}}
	if err := valid.Validate(); err != nil {
		t.Fatal(err)
	}
	cases := map[string]func(*Config){
		"listen":           func(c *Config) { c.Listen = "8080" },
		"release-keys":     func(c *Config) { c.ReleaseKeys = "AAAA" },
		"data":             func(c *Config) { c.Data = " " },
		"media":            func(c *Config) { c.Media = ":http-alt" },
		"turn":             func(c *Config) { c.Turn = "3478" },
		"turn-secret":      func(c *Config) { c.TurnSecret = "short" },
		"turns":            func(c *Config) { c.Turns = "x" },
		"metrics":          func(c *Config) { c.Metrics = "9090" },
		"public-url":       func(c *Config) { c.PublicURL = "https://example.com/?a=b" },
		"public-ip":        func(c *Config) { c.PublicIP = "192.0.2.1,conference.example.com" },
		"trusted-proxies":  func(c *Config) { c.Proxies = "10.0.0.0/33" },
		"webhook-networks": func(c *Config) { c.Webhook = "10.0.0" },
		"tls-key":          func(c *Config) { c.TLSKey = "key.pem" },
		"relays":           func(c *Config) { c.Relays = "relay.example.com" },
		"relay-networks":   func(c *Config) { c.RelayNetworks = "10.0.0.0/33" },
		"log-level":        func(c *Config) { c.LogLevel = "INFO" },
		"oidc-issuer":      func(c *Config) { c.Issuer = "http://login.example.com" },
		"oidc-audience":    func(c *Config) { c.Audience = "portal" },
		"oidc-scopes":      func(c *Config) { c.Scopes = "profile" },
		"oidc-roles":       func(c *Config) { c.Roles = "*=organizer" },
		"oidc-join":        func(c *Config) { c.Join = "nothing" },
		"log-format":       func(c *Config) { c.LogFormat = "xml" },
	}
	for setting, spoil := range cases {
		c := valid
		spoil(&c)
		var invalid *Invalid
		if err := c.Validate(); !errors.As(err, &invalid) || invalid.Setting != setting {
			t.Errorf("%s: %v", setting, err)
		}
	}
}

func TestValidateProvider(t *testing.T) {
	for text, right := range map[string]bool{
		"a=organizer": true, " a = organizer , b=support": true, "a=publisher,a=internal": true, "*=internal": true, "CN=x=internal": true,
		"a": false, "=organizer": false, "a=boss": false, "a=relay": false, "*=support": false,
	} {
		if _, err := provider.ParseRoles(text, portal.Roles()); (err == nil) != right {
			t.Errorf("%s: %v", text, err)
		}
	}
	for what, o := range map[string]OIDC{
		"no issuer": {Audience: "api"}, "used for nothing": {Issuer: "https://login.example.com", Roles: "a=support"},
		"no roles": {Issuer: "https://login.example.com", Audience: "api"},
	} {
		if o.checkUse() == nil {
			t.Errorf("%s: was accepted", what)
		}
	}
}

func TestLists(t *testing.T) {
	c := Config{Public: Public{PublicIP: "192.0.2.1, ::ffff:192.0.2.2 ,2001:db8::1,"}, Networks: Networks{Proxies: "127.0.0.1, 10.1.2.3/8"}}
	ips, err := c.publicIPs()
	if err != nil || len(ips) != 3 || ips[1] != netip.MustParseAddr("192.0.2.2") {
		t.Errorf("%v, %v", ips, err)
	}
	proxies, err := c.trustedProxies()
	if err != nil || len(proxies) != 2 || proxies[0].String() != "127.0.0.1/32" || proxies[1].String() != "10.0.0.0/8" {
		t.Errorf("%v, %v", proxies, err)
	}
}

func TestPublicURL(t *testing.T) {
	bound := &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 4711}
	cases := []struct {
		cfg  Config
		want string
	}{
		{Config{Listen: "localhost:0"}, "http://localhost:4711"},
		{Config{Listen: ":0"}, "http://localhost:4711"},
		{Config{Listen: "0.0.0.0:8080"}, "http://localhost:4711"},
		{Config{Listen: "[::]:8080"}, "http://localhost:4711"},
		{Config{Listen: "127.0.0.1:0"}, "http://127.0.0.1:4711"},
		{Config{Listen: "[::1]:0", TLS: TLS{TLSCert: "cert.pem"}}, "https://[::1]:4711"},
		{Config{Listen: ":0", Public: Public{PublicURL: "https://conference.example.com/"}}, "https://conference.example.com"},
	}
	for _, c := range cases {
		if have := publicURL(c.cfg, bound); have != c.want {
			t.Errorf("%+v: %s instead of %s", c.cfg, have, c.want)
		}
	}
}

func TestIsLoopback(t *testing.T) {
	for host, want := range map[string]bool{
		"localhost:8080": true, "localhost": true, "coopnet.localhost:80": true, "127.1.2.3:80": true, "[::1]:8080": true, "[::1]": true,
		"192.168.1.4:8080": false, "example.com": false, "localhost.example.com:80": false,
	} {
		if isLoopback(host) != want {
			t.Errorf("%s: %v", host, !want)
		}
	}
}

// The sample file is the documentation of the file: it shows every key, and each as it is by default.
func TestDocsSampleConfiguration(t *testing.T) {
	const sample = "../docs/coopnet.toml"
	cfg, err := ParseConfig([]string{"--config", sample}, func(string) string { return "" })
	if err != nil {
		t.Fatal(err)
	}
	defaults, err := ParseConfig(nil, func(string) string { return "" })
	if err != nil || cfg != defaults {
		t.Errorf("the sample sets %+v\nthe defaults are %+v (%v)", cfg, defaults, err)
	}
	text, err := os.ReadFile(sample)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range Settings() {
		if !strings.Contains("\n"+string(text), "\n"+s.Flag+" = ") && !strings.Contains(string(text), "\n# "+s.Flag+" = ") {
			t.Errorf("%s does not show %q", sample, s.Flag)
		}
	}
	uncommented := filepath.Join(t.TempDir(), "all.toml")
	if err := os.WriteFile(uncommented, []byte(strings.ReplaceAll(string(text), "\n# ", "\n")), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := ParseConfig([]string{"--config", uncommented}, func(string) string { return "" }); err != nil {
		t.Errorf("with every example switched on: %v", err)
	}
}
