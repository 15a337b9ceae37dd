package app

import (
	"context"
	"errors"
	"net"
	"net/url"
	"slices"
	"strings"

	"github.com/coopnet/coopnet/client/network"
	"github.com/coopnet/coopnet/client/session"
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
		err := a.Network.Pass(ctx, address(string(o)))
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

// passRelays has the proxies on the way to the ticket's relay let us through as well, or to the one to fall back to. What is
// asked later has to be answered in time.
func (a *app) passRelays(ctx context.Context, t *session.Ticket) error {
	err := a.passRelay(ctx, t.Relay, t.ICEServers)
	for _, other := range t.Alternates {
		if err == nil || ctx.Err() != nil {
			break
		}
		a.Logger.Info("the relay is not let through", "error", err)
		if a.passRelay(ctx, other.Relay, other.ICEServers) == nil {
			err = nil
		}
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

func (a *app) passRelay(ctx context.Context, r session.Relay, servers []session.ICEServer) error {
	passed := map[string]bool{} // proxies
	for _, to := range []string{address(r.WHIP), address(r.Control)} {
		if err := a.Network.Pass(ctx, to); a.proxied(err) != "" {
			return err
		}
		passed[a.Network.Proxy(ctx, to)] = true
	}
	for _, s := range servers {
		for _, u := range s.URLs {
			to, ok := network.TURNAddress(u)
			proxy := a.Network.Proxy(ctx, to)
			if !ok || proxy == "" || passed[proxy] {
				continue
			}
			passed[proxy] = true
			if err := a.Network.Pass(ctx, to); err != nil { // perhaps pictures go by UDP
				a.Logger.Info("TURN is not let through", "error", err)
			}
		}
	}
	return nil
}

// address is where a URL leads to.
func address(text string) string {
	u, err := url.Parse(text)
	if err != nil {
		return text // it has been checked
	}
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "ws": "80", "https": "443", "wss": "443"}[u.Scheme]
	}
	return net.JoinHostPort(u.Hostname(), port)
}

const (
	longestAddress = 100 // of a proxy, and of what lies behind it
	longestSchemes = 60
)

// proxied says what a proxy, or the settings that name it, have to do with an error; it is "" when that is nothing.
func (a *app) proxied(err error) string {
	switch {
	case errors.Is(err, network.ErrSettings):
		return a.proxies.Settings
	case errors.Is(err, network.ErrUnread):
		return a.proxies.Unread
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
	return text.Fill(said, "proxy", text.Foreign(p.Proxy, longestAddress), "schemes", text.Foreign(strings.Join(p.Schemes, ", "), longestSchemes),
		"address", text.Foreign(p.Target, longestAddress))
}

// stands reports whether an error is a proxy's no, or the settings', which is the same tomorrow. A network that is away looks
// otherwise.
func stands(err error) bool {
	return slices.ContainsFunc([]error{network.ErrProxy, network.ErrScheme, network.ErrLogin, network.ErrDeclined, network.ErrUnasked, network.ErrIdentity, network.ErrSettings},
		func(no error) bool { return errors.Is(err, no) })
}
