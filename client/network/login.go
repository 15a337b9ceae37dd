package network

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"strings"
)

// Errors of a proxy. Each comes in a ProxyError.
var (
	ErrLogin    = errors.New("it does not accept the name and the password")
	ErrDeclined = errors.New("it wants a name and a password, and nobody has given any")
	ErrUnasked  = errors.New("it wants a name and a password, and nobody could be asked")
	ErrScheme   = errors.New("it wants another kind of login than a name and a password (Basic)")
	ErrProxy    = errors.New("it refuses the connection")
	ErrSilent   = errors.New("it cannot be reached")
	ErrIdentity = errors.New("its certificate is not trusted")
)

// ProxyError is what keeps a proxy from connecting us. No login is in it.
type ProxyError struct {
	Proxy   string   // HOST:PORT
	Target  string   // HOST:PORT, to which it was asked to connect us
	Schemes []string // the kinds of login that it offers, with ErrScheme
	Err     error
}

func (e *ProxyError) Error() string {
	if len(e.Schemes) > 0 {
		return fmt.Sprintf("proxy %s, to %s: %v, by %s", e.Proxy, e.Target, e.Err, strings.Join(e.Schemes, ", "))
	}
	return fmt.Sprintf("proxy %s, to %s: %v", e.Proxy, e.Target, e.Err)
}

// Unwrap returns the cause.
func (e *ProxyError) Unwrap() error { return e.Err }

// Login is a name and a password for a proxy. It is kept in memory, and whatever prints one prints nothing of it.
type Login struct{ Name, Password string }

// Format prints no login.
func (Login) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, hidden) }

// MarshalText renders none, for logs.
func (Login) MarshalText() ([]byte, error) { return []byte(hidden), nil }

const hidden = "(a login)"

// possible: a name with a colon cannot be told from its password (RFC 7617 section 2).
func (l Login) possible() bool { return !strings.Contains(l.Name, ":") }

// Question is asked when a proxy wants a login.
type Question struct {
	Proxy   string // HOST:PORT
	Realm   string // what the proxy calls what it guards: anything at all
	Refused *Login // the one that it did not accept
	Colon   *Login // the last answer, which cannot be sent: there is a colon in its name
}

// hostPort is where a proxy listens.
func hostPort(proxy *url.URL) string {
	switch {
	case proxy.Port() != "":
		return proxy.Host
	case proxy.Scheme == "https":
		return net.JoinHostPort(proxy.Hostname(), "443")
	}
	return net.JoinHostPort(proxy.Hostname(), "80")
}
