package network

import (
	"bufio"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Errors of a proxy, in words for people to act on.
var (
	ErrLogin  = errors.New("the proxy wants a name and a password, and these are not right")
	ErrScheme = errors.New("the proxy wants another kind of login than a name and a password (Basic)")
	ErrProxy  = errors.New("the proxy refuses the connection")
)

const (
	connectTimeout = 15 * time.Second
	maxAnswer      = 32 << 10 // of a proxy, in bytes
	maxTries       = 3        // logins for one proxy
)

// through makes a tunnel by CONNECT (RFC 9110 section 9.3.6).
func (n *Network) through(ctx context.Context, proxy *url.URL, address string) (net.Conn, error) {
	login, known := n.login(proxy)
	for range maxTries {
		conn, challenge, err := n.connect(ctx, proxy, address, login, known)
		if challenge == nil {
			return conn, err
		}
		if !basic(challenge) {
			return nil, ErrScheme
		}
		if login, known = n.ask(ctx, proxy, login, known); !known {
			return nil, ErrLogin
		}
	}
	return nil, ErrLogin
}

// connect tries once. challenge is not nil when the proxy wants a login (407).
func (n *Network) connect(ctx context.Context, proxy *url.URL, address string, login Login, known bool) (_ net.Conn, challenge http.Header, err error) {
	ctx, cancel := context.WithTimeout(ctx, connectTimeout)
	defer cancel()
	conn, err := n.dialProxy(ctx, proxy)
	if err != nil {
		return nil, nil, fmt.Errorf("reach the proxy %s: %w", proxy.Host, err)
	}
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) }) // whatever it does, it stops
	tunnel, challenge, err := handshake(conn, address, login, known)
	if !stop() && err == nil {
		err = ctx.Err()
	}
	if err != nil || challenge != nil {
		conn.Close()
		return nil, challenge, err
	}
	return tunnel, nil, nil
}

func (n *Network) dialProxy(ctx context.Context, proxy *url.URL) (net.Conn, error) {
	host := proxy.Host
	switch {
	case proxy.Scheme != "http" && proxy.Scheme != "https":
		return nil, fmt.Errorf("a proxy by %q is not supported", proxy.Scheme)
	case proxy.Port() == "" && proxy.Scheme == "https":
		host = net.JoinHostPort(proxy.Hostname(), "443")
	case proxy.Port() == "":
		host = net.JoinHostPort(proxy.Hostname(), "80")
	}
	conn, err := n.dialer.DialContext(ctx, "tcp", host)
	if err != nil || proxy.Scheme == "http" {
		return conn, err
	}
	return beginTLS(ctx, conn, n.TLS(proxy.Hostname()))
}

func handshake(conn net.Conn, address string, login Login, known bool) (net.Conn, http.Header, error) {
	request := "CONNECT " + address + " HTTP/1.1\r\nHost: " + address + "\r\nUser-Agent: coopnet-client\r\n"
	if known {
		request += "Proxy-Authorization: Basic " + base64.StdEncoding.EncodeToString([]byte(login.Name+":"+login.Password)) + "\r\n"
	}
	if _, err := io.WriteString(conn, request+"\r\n"); err != nil {
		return nil, nil, fmt.Errorf("ask the proxy: %w", err)
	}
	bounded := &io.LimitedReader{R: conn, N: maxAnswer}
	reader := bufio.NewReader(bounded)
	answer, err := http.ReadResponse(reader, &http.Request{Method: http.MethodConnect})
	if err != nil {
		return nil, nil, fmt.Errorf("read the proxy's answer: %w", err)
	}
	switch {
	case answer.StatusCode == http.StatusProxyAuthRequired:
		return nil, answer.Header, nil
	case answer.StatusCode != http.StatusOK:
		return nil, nil, fmt.Errorf("%w with %d", ErrProxy, answer.StatusCode)
	}
	bounded.N = 1<<63 - 1
	return &tunnel{Conn: conn, reader: reader}, nil, nil
}

// tunnel is a connection of which the beginning may have come with the proxy's answer.
type tunnel struct {
	net.Conn
	reader *bufio.Reader
}

func (t *tunnel) Read(b []byte) (int, error) {
	if t.reader.Buffered() > 0 {
		return t.reader.Read(b)
	}
	return t.Conn.Read(b)
}

func basic(challenge http.Header) bool {
	for _, value := range challenge.Values("Proxy-Authenticate") {
		if scheme, _, _ := strings.Cut(strings.TrimSpace(value), " "); strings.EqualFold(scheme, "Basic") {
			return true
		}
	}
	return false
}

// login is what is known for a proxy: from its URL, or from an earlier answer.
func (n *Network) login(proxy *url.URL) (Login, bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if login, ok := n.logins[proxy.Host]; ok {
		return login, true
	}
	if proxy.User == nil {
		return Login{}, false
	}
	password, _ := proxy.User.Password()
	return Login{proxy.User.Username(), password}, true
}

// ask finds another login than the one that was refused. Of several who need one, one asks, and the others take it.
func (n *Network) ask(ctx context.Context, proxy *url.URL, refused Login, hadOne bool) (Login, bool) {
	n.asking.Lock()
	defer n.asking.Unlock()
	if login, known := n.login(proxy); known && (!hadOne || login != refused) {
		return login, true
	}
	n.mu.Lock()
	denied := n.denied[proxy.Host]
	n.mu.Unlock()
	if denied {
		return Login{}, false
	}
	login, ok := n.cfg.Ask(ctx, proxy.Host)
	n.mu.Lock()
	defer n.mu.Unlock()
	if ok {
		n.logins[proxy.Host] = login
	} else if ctx.Err() == nil {
		n.denied[proxy.Host] = true // once is enough
	}
	return login, ok
}
