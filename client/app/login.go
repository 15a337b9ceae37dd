package app

import (
	"context"
	"errors"
	"net"
	"net/url"
	"strings"

	"github.com/coopnet/coopnet/client/launch"
	"github.com/coopnet/coopnet/client/network"
	"github.com/coopnet/coopnet/client/text"
	"github.com/coopnet/coopnet/client/window"
)

// logins has the person answer proxies that want to know who they are. It lasts as long as the software.
type logins struct {
	ctx     context.Context // of the software: a question outlives the request that led to it
	windows interface {
		Login(ctx context.Context, l window.Login) (name, password string, ok bool, err error)
	}
}

// ask is a network's Ask.
func (l logins) ask(ctx context.Context, q network.Question) (network.Login, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(l.ctx, cancel)()
	asked := window.Login{Proxy: q.Proxy, Realm: q.Realm}
	switch {
	case q.Colon != nil:
		asked.Colon, asked.Name = true, q.Colon.Name
	case q.Refused != nil:
		asked.Refused, asked.Name = true, q.Refused.Name
	}
	name, password, ok, err := l.windows.Login(ctx, asked)
	if err == nil && !ok {
		err = network.ErrDeclined
	}
	if err != nil {
		return network.Login{}, err
	}
	return network.Login{Name: name, Password: password}, nil
}

// pass has the proxies on the way to the portals let us through, and waits for the person where they want a login. It fails
// when none of the portals is left.
func (a *app) pass(ctx context.Context) error {
	var refused error
	for _, o := range a.Origins {
		err := a.Network.Pass(ctx, address(o))
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if a.proxied(err) == "" {
			return nil // whatever else is wrong is said when the code is redeemed
		}
		refused = err
	}
	return refused
}

// address is where an origin listens.
func address(o launch.Origin) string {
	u, err := url.Parse(string(o))
	if err != nil {
		return string(o) // it has been checked
	}
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	return net.JoinHostPort(u.Hostname(), port)
}

const (
	longestProxy   = 100
	longestSchemes = 60
	longestPortals = 120
)

// proxied says what a proxy, or the settings that name it, have to do with an error; it is "" when that is nothing.
func (a *app) proxied(err error) string {
	switch {
	case errors.Is(err, network.ErrSettings):
		return a.proxies.Settings
	case errors.Is(err, network.ErrScript):
		return a.proxies.Script
	}
	var p *network.ProxyError
	if !errors.As(err, &p) {
		return ""
	}
	said := ""
	switch {
	case errors.Is(p, network.ErrLogin):
		said = a.proxies.Login
	case errors.Is(p, network.ErrDeclined), errors.Is(p, network.ErrUnasked):
		said = a.proxies.Declined
	case errors.Is(p, network.ErrScheme) && len(p.Schemes) == 0:
		said = a.proxies.Unknown
	case errors.Is(p, network.ErrScheme):
		said = a.proxies.Scheme
	case errors.Is(p, network.ErrProxy):
		said = a.proxies.Blocked
	case errors.Is(p, network.ErrIdentity):
		said = a.proxies.Identity
	case errors.Is(p, network.ErrSilent):
		said = a.proxies.Silent
	}
	var portals []string
	for _, o := range a.Origins {
		portals = append(portals, address(o))
	}
	return text.Fill(said, "proxy", text.Foreign(p.Proxy, longestProxy), "schemes", text.Foreign(strings.Join(p.Schemes, ", "), longestSchemes),
		"portal", text.Foreign(strings.Join(portals, ", "), longestPortals))
}
