// Package provider speaks with the company's identity provider over OpenID Connect: it verifies the access tokens that
// programs show, and signs people in.
//
// Nothing is asked at the start, and nothing as long as the keys are known: discovery document and keys are kept, read
// again now and then, and good for as long as the provider cannot be reached. What has to be asked is asked within two
// seconds.
package provider

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/coopnet/coopnet/shared/problem"
)

// Config is what a Provider needs.
type Config struct {
	Issuer   string // as its tokens say it, to the last slash
	Audience string // of access tokens; empty: none is accepted
	Client   Client // for signing in; empty: nobody can
	Roles    Roles

	Transport http.RoundTripper // nil is a plain one
	Now       func() time.Time  // nil is time.Now
	Logger    *slog.Logger      // nil discards
}

// Client is what the provider knows Coopnet as.
type Client struct {
	ID       string
	Secret   string // empty: a public client
	Scopes   []string
	Redirect string // where the provider sends browsers back to
}

// Person is whom the provider vouches for.
type Person struct {
	Subject string
	Name    string
	Email   string
	Roles   []string
}

// Actor names the person in audits and logs. A subject that may be an e-mail address, or that is not plain, is hashed.
func (p Person) Actor() string {
	odd := func(r rune) bool { return r <= ' ' || r > '~' || r == '@' }
	if len(p.Subject) > 64 || strings.ContainsFunc(p.Subject, odd) {
		hash := sha256.Sum256([]byte(p.Subject))
		return "oidc:sha256-" + hex.EncodeToString(hash[:8])
	}
	return "oidc:" + p.Subject
}

// Provider is the identity provider.
type Provider struct {
	cfg      Config
	client   *http.Client
	metadata *memory[*metadata]
	keys     *memory[keySet]
}

// New checks the configuration and asks nobody.
func New(cfg Config) (*Provider, error) {
	if err := CheckIssuer(cfg.Issuer); err != nil {
		return nil, fmt.Errorf("provider: the issuer %w", err)
	}
	if cfg.Audience == "" && cfg.Client.ID == "" {
		return nil, errors.New("provider: neither an audience nor a client is configured: there is nothing to do")
	}
	if cfg.Audience == cfg.Client.ID {
		// Else a page's ID token would open the API.
		return nil, errors.New("provider: the audience of access tokens must not be the client's id")
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	if cfg.Transport == nil {
		cfg.Transport = &http.Transport{
			Proxy: http.ProxyFromEnvironment, DialContext: (&net.Dialer{Timeout: dialTimeout}).DialContext,
			TLSHandshakeTimeout: dialTimeout, MaxIdleConnsPerHost: 4, IdleConnTimeout: time.Minute, ForceAttemptHTTP2: true,
		}
	}
	p := &Provider{cfg: cfg, client: &http.Client{
		Transport:     bounded{cfg.Transport},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	p.metadata = newMemory(cfg.Now, p.discover)
	p.keys = newMemory(cfg.Now, p.fetchKeys)
	return p, nil
}

const (
	dialTimeout = time.Second
	// askTimeout bounds one question, so that a refusal takes less than two seconds.
	askTimeout = 1500 * time.Millisecond
	retryAfter = 5 * time.Second
)

// CheckIssuer refuses what is no issuer (OpenID Connect Discovery section 3): HTTPS, or HTTP on this machine.
func CheckIssuer(issuer string) error {
	u, err := url.Parse(issuer)
	if err != nil || u.Host == "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil || !secure(u) {
		return fmt.Errorf("%q is not an address such as https://login.example.com/realms/company", issuer)
	}
	return nil
}

// secure reports HTTPS, or HTTP that does not leave this machine.
func secure(u *url.URL) bool {
	ip := net.ParseIP(u.Hostname())
	loopback := u.Hostname() == "localhost" || ip != nil && ip.IsLoopback()
	return u.Scheme == "https" || u.Scheme == "http" && loopback
}

// unavailable is the refusal of what would have to be asked.
func unavailable(cause error) error {
	return &problem.Error{
		Code: problem.Unavailable, Detail: "The identity provider does not answer. Try again in a moment.", RetryAfter: retryAfter, Cause: cause,
	}
}

// Roles says which roles a token gives: values of one of its claims stand for roles.
type Roles struct {
	// Claim is the claim's name, or its names from the outside in with dots between: realm_access.roles.
	Claim string
	// Of lists the roles of each value. The value "*" is everybody, whatever the claim says.
	Of map[string][]string
}

// ParseRoles reads what Roles.Of is to be: VALUE=ROLE,VALUE=ROLE. A value may have an equals sign in it, but no comma.
// Everybody can have no role but internal.
func ParseRoles(text string, allowed []string) (map[string][]string, error) {
	of := make(map[string][]string)
	for item := range strings.SplitSeq(text, ",") {
		if item = strings.TrimSpace(item); item == "" {
			continue
		}
		at := strings.LastIndex(item, "=")
		if at < 1 {
			return nil, fmt.Errorf("%q is not VALUE=ROLE", item)
		}
		value, role := strings.TrimSpace(item[:at]), strings.TrimSpace(item[at+1:])
		if !slices.Contains(allowed, role) {
			return nil, fmt.Errorf("%q is not one of %s", role, strings.Join(allowed, ", "))
		}
		if value == everybody && role != Internal {
			return nil, fmt.Errorf("%s would give the role to everybody whom the provider knows; only *=%s can be meant", item, Internal)
		}
		of[value] = append(of[value], role)
	}
	return of, nil
}

const (
	// Internal is the role of who may join as an internal participant.
	Internal  = "internal"
	everybody = "*"
)

// of returns the roles that the claims give, each once.
func (r Roles) of(claims map[string]any) []string {
	var roles []string
	for _, value := range append(r.values(claims), everybody) {
		for _, role := range r.Of[value] {
			if !slices.Contains(roles, role) {
				roles = append(roles, role)
			}
		}
	}
	return roles
}

// values are those of the claim: a list of texts, one text, or one text of several words as `scope` has it.
func (r Roles) values(claims map[string]any) []string {
	claim, ok := claims[r.Claim] // names such as https://example.com/roles have dots of their own
	if !ok {
		claim = claims
		for name := range strings.SplitSeq(r.Claim, ".") {
			object, _ := claim.(map[string]any)
			claim = object[name]
		}
	}
	var values []string
	switch claim := claim.(type) {
	case string:
		values = append(strings.Fields(claim), claim)
	case []any:
		for _, item := range claim {
			if text, ok := item.(string); ok {
				values = append(values, text)
			}
		}
	}
	return slices.DeleteFunc(values, func(v string) bool { return v == everybody }) // nobody gets everybody's roles by a name
}
