package app

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/coopnet/coopnet/client/launch"
	"github.com/coopnet/coopnet/client/network"
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
	wrong := func(context.Context, network.Question) (network.Login, bool) {
		return network.Login{Name: "anne", Password: "secret"}, true
	}
	said := text.ProxiesFor("en")
	for name, tt := range map[string]struct {
		proxy func(*url.URL) (*url.URL, error)
		ask   func(context.Context, network.Question) (network.Login, bool)
		want  string
	}{
		"no login":  {refusingProxy(t, http.StatusProxyAuthRequired, "Basic"), nil, said.Declined},
		"wrong":     {refusingProxy(t, http.StatusProxyAuthRequired, "Basic"), wrong, said.Login},
		"NTLM":      {refusingProxy(t, http.StatusProxyAuthRequired, "Negotiate, NTLM"), wrong, strings.ReplaceAll(said.Scheme, "{schemes}", "Negotiate, NTLM")},
		"nothing":   {refusingProxy(t, http.StatusProxyAuthRequired, ""), wrong, said.Unknown},
		"forbidden": {refusingProxy(t, http.StatusForbidden, ""), wrong, said.Blocked},
		"no way":    {refusingProxy(t, http.StatusBadGateway, ""), wrong, text.EndingsFor("en").Unreachable},
		"silent":    {nowhere("http://127.0.0.1:1"), wrong, said.Silent},
		"SOCKS":     {nowhere("socks5://127.0.0.1:1"), wrong, said.Settings},
		"settings":  {failing(network.ErrSettings), wrong, said.Settings},
		"script":    {failing(network.ErrScript), wrong, said.Script},
	} {
		host := "127.0.0.1:1"
		if u, err := tt.proxy(nil); err == nil {
			host = u.Host
		}
		p, err := started(t, http.NotFoundHandler(), func(c *Config) {
			c.Origins, c.Network = []launch.Origin{"https://portal.invalid"}, network.New(network.Config{Proxy: tt.proxy, Ask: tt.ask})
		})
		want := text.Fill(tt.want, "proxy", host, "portal", "portal.invalid:443")
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
	err   error
	wait  bool
}

func (a *asker) Login(ctx context.Context, l window.Login) (name, password string, ok bool, err error) {
	a.asked = append(a.asked, l)
	if a.wait {
		<-ctx.Done()
		return "", "", false, ctx.Err()
	}
	return "anne", "secret", true, a.err
}

func TestLoginsAreAsked(t *testing.T) {
	stored := network.Login{Name: "kept", Password: "x"}
	for name, tt := range map[string]struct {
		window asker
		stored bool
		q      network.Question
		want   network.Login
		asked  int
	}{
		"stored":     {stored: true, want: stored},
		"asked":      {q: network.Question{Proxy: "proxy:1", Realm: "r"}, want: network.Login{Name: "anne", Password: "secret"}, asked: 1},
		"no windows": {window: asker{err: errors.New("x")}, asked: 1},
	} {
		ask := logins{ctx: t.Context(), windows: &tt.window, stored: func(context.Context, network.Question) (network.Login, bool) { return stored, tt.stored }}.ask
		got, ok := ask(t.Context(), tt.q)
		if ok != (tt.want != network.Login{}) || ok && got != tt.want || len(tt.window.asked) != tt.asked {
			t.Errorf("%s: %v, %d questions", name, ok, len(tt.window.asked))
		}
	}
	a := &asker{}
	none := func(context.Context, network.Question) (network.Login, bool) { return network.Login{}, false }
	if _, ok := (logins{t.Context(), a, none}).ask(t.Context(), network.Question{Proxy: "proxy:1", Realm: "r", Refused: &stored}); !ok || a.asked[0] != (window.Login{Proxy: "proxy:1", Realm: "r", Name: "kept", Refused: true}) {
		t.Errorf("asked %+v", a.asked)
	}
	over, end := context.WithCancel(t.Context())
	end()
	if _, ok := (logins{over, &asker{wait: true}, none}).ask(t.Context(), network.Question{}); ok {
		t.Error("an answer after the end")
	}
}
