package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/coopnet/coopnet/client/launch"
	"github.com/coopnet/coopnet/client/network"
	"github.com/coopnet/coopnet/client/session"
	"github.com/coopnet/coopnet/client/text"
	"github.com/coopnet/coopnet/client/window"
)

// refusingProxy answers everything with this.
func refusingProxy(t *testing.T, status int, scheme string) func(*url.URL) (*url.URL, error) {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Proxy-Authenticate", scheme)
		w.WriteHeader(status)
	}))
	t.Cleanup(s.Close)
	return func(*url.URL) (*url.URL, error) { return url.Parse(s.URL) }
}

// TestProxiesAreSaid: what is wrong with the proxy, which one it is, and for the network team which portal.
func TestProxiesAreSaid(t *testing.T) {
	nowhere := func(text string) func(*url.URL) (*url.URL, error) {
		return func(*url.URL) (*url.URL, error) { return url.Parse(text) }
	}
	failing := func(err error) func(*url.URL) (*url.URL, error) {
		return func(*url.URL) (*url.URL, error) { return nil, err }
	}
	wrong := func(context.Context, network.Question) (network.Login, error) {
		return network.Login{Name: "anne", Password: "secret"}, nil
	}
	noWindow := func(context.Context, network.Question) (network.Login, error) {
		return network.Login{}, errors.New("no window")
	}
	secure := httptest.NewUnstartedServer(http.NotFoundHandler())
	secure.Config.ErrorLog = log.New(io.Discard, "", 0)
	secure.StartTLS()
	t.Cleanup(secure.Close)
	said := text.ProxiesFor("en")
	for name, tt := range map[string]struct {
		proxy func(*url.URL) (*url.URL, error)
		ask   func(context.Context, network.Question) (network.Login, error)
		want  string
	}{
		"no login":  {refusingProxy(t, http.StatusProxyAuthRequired, "Basic"), nil, said.Declined},
		"no window": {refusingProxy(t, http.StatusProxyAuthRequired, "Basic"), noWindow, said.Declined},
		"untrusted": {nowhere(secure.URL), nil, said.Identity},
		"wrong":     {refusingProxy(t, http.StatusProxyAuthRequired, "Basic"), wrong, said.Login},
		"NTLM":      {refusingProxy(t, http.StatusProxyAuthRequired, "Negotiate, NTLM"), wrong, strings.ReplaceAll(said.Scheme, "{schemes}", "Negotiate, NTLM")},
		"nothing":   {refusingProxy(t, http.StatusProxyAuthRequired, ""), wrong, said.Unknown},
		"forbidden": {refusingProxy(t, http.StatusForbidden, ""), wrong, said.Blocked},
		"no way":    {refusingProxy(t, http.StatusBadGateway, ""), wrong, text.EndingsFor("en").Unreachable},
		"silent":    {nowhere("http://127.0.0.1:1"), wrong, said.Silent},
		"SOCKS":     {nowhere("socks5://127.0.0.1:1"), wrong, said.Settings},
		"settings":  {failing(network.ErrSettings), wrong, said.Settings},
		"unread":    {failing(network.ErrUnread), wrong, said.Unread},
		"script":    {failing(network.ErrScript), wrong, said.Script},
	} {
		host := "127.0.0.1:1"
		if u, err := tt.proxy(nil); err == nil {
			host = u.Host
		}
		p, err := started(t, http.NotFoundHandler(), func(c *Config) {
			c.Origins, c.Network = []launch.Origin{"https://portal.invalid"}, network.New(network.Config{Proxy: tt.proxy, Ask: tt.ask})
		})
		want := text.Fill(tt.want, "proxy", host, "address", "portal.invalid:443")
		if err == nil || len(p.said) != 1 || p.said[0] != want {
			t.Errorf("%s: %v, said %q", name, err, p.said)
		}
		if err != nil && (strings.Contains(err.Error(), "secret") || strings.Contains(err.Error(), code)) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestAnotherPortalNeedsNoLogin: one proxy does not keep us from a portal that lies elsewhere.
func TestAnotherPortalNeedsNoLogin(t *testing.T) {
	closed := refusingProxy(t, http.StatusProxyAuthRequired, "Basic")
	p, err := started(t, http.NotFoundHandler(), func(c *Config) {
		c.Origins = append([]launch.Origin{"https://portal.invalid"}, c.Origins...)
		c.Network = network.New(network.Config{Proxy: closed})
	})
	if err == nil || len(p.said) != 1 || p.said[0] != text.Fill(text.ProxiesFor("en").Declined, "proxy", host(closed)) {
		t.Errorf("%v, said %q", err, p.said) // the other does not know the code
	}
}

// TestTheRelaysProxyIsAsked before anything is shared, and named: the portal may be let through where the relay is not.
func TestTheRelaysProxyIsAsked(t *testing.T) {
	said := text.ProxiesFor("en")
	const relay = `{"token":"t","permissions":["share"],"relay":{"whip":"https://relay.invalid/whip","control":"wss://relay.invalid/control"},
		"iceServers":[{"urls":["turn:relay.invalid:3478?transport=udp","turns:turn.invalid:443?transport=tcp"]}]%s}`
	const other = `,"alternates":[{"token":"t","relay":{"whip":"https://other.invalid/whip","control":"wss://other.invalid/control"}}]`
	open := refusingProxy(t, http.StatusBadGateway, "") // lets everything through, and there is nothing
	for name, tt := range map[string]struct {
		relay, other, turn func(*url.URL) (*url.URL, error)
		want               string
		asked              int // for a login
	}{
		"blocked":          {relay: refusingProxy(t, http.StatusForbidden, ""), want: said.Blocked},
		"NTLM":             {relay: refusingProxy(t, http.StatusProxyAuthRequired, "NTLM"), want: strings.ReplaceAll(said.Scheme, "{schemes}", "NTLM")},
		"a login":          {relay: refusingProxy(t, http.StatusProxyAuthRequired, "Basic"), want: said.Declined, asked: 1},
		"through":          {relay: open},
		"another":          {relay: refusingProxy(t, http.StatusForbidden, ""), other: open},
		"neither":          {relay: refusingProxy(t, http.StatusForbidden, ""), other: refusingProxy(t, http.StatusForbidden, ""), want: said.Blocked},
		"TURN wants one":   {relay: open, turn: refusingProxy(t, http.StatusProxyAuthRequired, "Basic"), asked: 1},
		"TURN, and blocks": {relay: open, turn: refusingProxy(t, http.StatusForbidden, "")},
	} {
		t.Run(name, func(t *testing.T) {
			alternates, asked := "", 0
			if tt.other != nil {
				alternates = other
			}
			find := func(u *url.URL) (*url.URL, error) {
				switch {
				case u.Hostname() == "turn.invalid" && tt.turn != nil:
					return tt.turn(u)
				case u.Hostname() == "other.invalid":
					return tt.other(u)
				}
				return tt.relay(u)
			}
			portal := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if strings.HasSuffix(r.URL.Path, "/admissions") {
					_, _ = io.WriteString(w, `{"conference":{"id":"c-1","name":"Team A"}}`)
					return
				}
				_, _ = fmt.Fprintf(w, relay, alternates)
			})
			p, err := started(t, portal, func(c *Config) {
				c.Network = network.New(network.Config{Proxy: find, Ask: func(context.Context, network.Question) (network.Login, error) {
					asked++
					return network.Login{}, network.ErrDeclined
				}})
			})
			if asked != tt.asked {
				t.Errorf("asked for %d logins", asked)
			}
			if tt.want == "" {
				if err != nil || len(p.confirmed) != 1 {
					t.Errorf("%v, said %q, confirmed %d", err, p.said, len(p.confirmed))
				}
				return
			}
			want := text.Fill(tt.want, "proxy", host(tt.relay), "address", "relay.invalid:443")
			if err == nil || len(p.said) != 1 || p.said[0] != want || len(p.confirmed) != 0 {
				t.Errorf("%v, said %q", err, p.said)
			}
		})
	}
}

// TestALostShareNamesItsProxy, if that has refused it; a network that is away is no refusal.
func TestALostShareNamesItsProxy(t *testing.T) {
	a := newApp(Config{Language: "en"})
	lost := func(cause error) error {
		return fmt.Errorf("%w: %w", session.ErrLost, &network.ProxyError{Proxy: "proxy:1", Target: "relay:443", Err: cause})
	}
	if said := a.explain(lost(network.ErrProxy)); said != text.Fill(a.proxies.Blocked, "proxy", "proxy:1", "address", "relay:443") {
		t.Errorf("refused: %s", said)
	}
	if said := a.explain(lost(network.ErrSilent)); said != a.said.Lost {
		t.Errorf("away: %s", said)
	}
	if said := a.explain(fmt.Errorf("%w: %w", session.ErrLost, network.ErrScript)); said != a.said.Lost {
		t.Errorf("away, with a script: %s", said)
	}
}

func host(find func(*url.URL) (*url.URL, error)) string {
	u, err := find(nil)
	if err != nil {
		return ""
	}
	return u.Host
}

// asker is a window for logins.
type asker struct {
	asked []window.Login
	no    bool
	err   error
	wait  bool
}

func (a *asker) Login(ctx context.Context, l window.Login) (name, password string, ok bool, err error) {
	a.asked = append(a.asked, l)
	if a.wait {
		<-ctx.Done()
		return "", "", false, ctx.Err()
	}
	return "anne", "secret", !a.no, a.err
}

func TestLoginsAreAsked(t *testing.T) {
	broken := errors.New("no window")
	for name, tt := range map[string]struct {
		window asker
		q      network.Question
		want   window.Login
		err    error
	}{
		"asked":     {q: network.Question{Proxy: "proxy:1", Realm: "r"}, want: window.Login{Proxy: "proxy:1", Realm: "r"}},
		"refused":   {q: network.Question{Proxy: "proxy:1", Refused: &network.Login{Name: "kept"}}, want: window.Login{Proxy: "proxy:1", Name: "kept", Refused: true}},
		"a colon":   {q: network.Question{Refused: &network.Login{Name: "kept"}, Colon: &network.Login{Name: "ke:pt"}}, want: window.Login{Name: "ke:pt", Colon: true}},
		"no":        {window: asker{no: true}, err: network.ErrDeclined},
		"no window": {window: asker{err: broken}, err: broken},
	} {
		got, err := (logins{t.Context(), &tt.window}).ask(t.Context(), tt.q)
		if !errors.Is(err, tt.err) || err == nil && got != (network.Login{Name: "anne", Password: "secret"}) || len(tt.window.asked) != 1 || tt.window.asked[0] != tt.want {
			t.Errorf("%s: %v, asked %+v", name, err, tt.window.asked)
		}
	}
	over, end := context.WithCancel(t.Context())
	end()
	if _, err := (logins{over, &asker{wait: true}}).ask(t.Context(), network.Question{}); !errors.Is(err, context.Canceled) {
		t.Errorf("after the end: %v", err)
	}
}
