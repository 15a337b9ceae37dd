package network

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"strings"
	"sync"
)

// Errors of a proxy. Each comes in a ProxyError.
var (
	ErrLogin    = errors.New("it does not accept the name and the password")
	ErrDeclined = errors.New("it wants a name and a password, and nobody has given any")
	ErrScheme   = errors.New("it wants another kind of login than a name and a password (Basic)")
	ErrProxy    = errors.New("it refuses the connection")
	ErrSilent   = errors.New("it cannot be reached")
)

// ProxyError is what keeps a proxy from connecting us. No login is in it.
type ProxyError struct {
	Proxy   string   // HOST:PORT
	Schemes []string // the kinds of login that it offers, with ErrScheme
	Err     error
}

func (e *ProxyError) Error() string {
	if len(e.Schemes) > 0 {
		return fmt.Sprintf("proxy %s: %v, by %s", e.Proxy, e.Err, strings.Join(e.Schemes, ", "))
	}
	return fmt.Sprintf("proxy %s: %v", e.Proxy, e.Err)
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
}

// logins are the names and passwords for proxies. Each goes to its own proxy, and one that was refused goes nowhere any more:
// a few wrong ones lock an account in many companies.
type logins struct {
	ask    func(ctx context.Context, q Question) (Login, bool)
	asking chan struct{} // holds one while somebody is asked

	mu sync.Mutex
	of map[string]*credentials // by proxy
}

// credentials are what is known for one proxy.
type credentials struct {
	given     *Login // the latest answer
	refused   map[Login]bool
	questions int  // since a login was accepted
	declined  bool // somebody was asked, and gave none
}

func newLogins(ask func(context.Context, Question) (Login, bool)) *logins {
	return &logins{ask: ask, asking: make(chan struct{}, 1), of: map[string]*credentials{}}
}

// known is what is known for a proxy; mu is held.
func (l *logins) known(proxy *url.URL) *credentials {
	key := proxy.Scheme + "://" + hostPort(proxy)
	c := l.of[key]
	if c == nil {
		c = &credentials{refused: map[Login]bool{}}
		l.of[key] = c
	}
	return c
}

// usable is the login to send: what was answered, or what stands in the proxy's URL.
func (c *credentials) usable(proxy *url.URL) *Login {
	if c.given != nil && !c.refused[*c.given] {
		return c.given
	}
	if proxy.User == nil {
		return nil
	}
	password, _ := proxy.User.Password()
	if inURL := (Login{proxy.User.Username(), password}); inURL.possible() && !c.refused[inURL] {
		return &inURL
	}
	return nil
}

// first is the login to begin with, or nil.
func (l *logins) first(proxy *url.URL) *Login {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.known(proxy).usable(proxy)
}

// worked: the proxy has taken this one, if there was any.
func (l *logins) worked(proxy *url.URL, login *Login) {
	if login == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.known(proxy).questions = 0
}

// next finds another login than the one that was refused. Of several who need one, one asks, and the others take it.
func (l *logins) next(ctx context.Context, proxy *url.URL, realm string, refused *Login) (*Login, error) {
	select {
	case l.asking <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	defer func() { <-l.asking }()
	login, err := l.settle(proxy, refused)
	if login != nil || err != nil {
		return login, err
	}
	answer, ok := l.ask(ctx, Question{Proxy: proxy.Host, Realm: realm, Refused: refused})
	l.mu.Lock()
	defer l.mu.Unlock()
	c := l.known(proxy)
	switch {
	case !ok && ctx.Err() != nil:
		c.questions-- // nobody has answered
		return nil, ctx.Err()
	case !ok:
		c.declined = true // once is enough
		return nil, ErrDeclined
	case !answer.possible():
		return nil, ErrLogin
	}
	delete(c.refused, answer) // perhaps the proxy was wrong
	c.given = &answer
	return c.given, nil
}

// settle notes what was refused. Both results are nil when somebody has to be asked, which is counted.
func (l *logins) settle(proxy *url.URL, refused *Login) (*Login, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	c := l.known(proxy)
	if refused != nil {
		c.refused[*refused] = true
	}
	if login := c.usable(proxy); login != nil {
		return login, nil
	}
	switch {
	case c.declined:
		return nil, ErrDeclined
	case c.questions == maxQuestions:
		return nil, ErrLogin
	}
	c.questions++
	return nil, nil
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
