// Package network reaches the portal and its relay as this workstation reaches the Internet: by the system's proxy, through
// CONNECT, with the certificates that the system trusts. HTTP, WebSockets and TURN all go by the one Dial.
package network

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

const (
	dialTimeout   = 10 * time.Second
	headerTimeout = 20 * time.Second
	idleTimeout   = 60 * time.Second
	maxHeader     = 64 << 10
	maxRedirects  = 5
)

// Config is what the workstation says.
type Config struct {
	// Proxy returns the proxy on the way to an address with TLS, or nil. See System.
	Proxy func(target *url.URL) (*url.URL, error)
	// Stored returns the logins that the system has for a proxy (HOST:PORT), the best first. See Stored.
	Stored func(proxy string) []Login
	// Ask asks a person for the name and password for a proxy. The error is ErrDeclined when they give none. After any error,
	// but for the end of ctx, it is not asked about that proxy any more. Only one question is asked at a time.
	Ask func(ctx context.Context, q Question) (Login, error)
	// Roots are nil for those of the system.
	Roots *x509.CertPool
}

// Network dials. Its methods may be called at the same time.
type Network struct {
	cfg     Config
	dialer  net.Dialer
	proxies *proxies
	logins  *logins
}

// New makes a network. Missing parts of cfg mean: no proxy, nothing stored, nobody to ask.
func New(cfg Config) *Network {
	if cfg.Proxy == nil {
		cfg.Proxy = func(*url.URL) (*url.URL, error) { return nil, nil }
	}
	if cfg.Stored == nil {
		cfg.Stored = func(string) []Login { return nil }
	}
	if cfg.Ask == nil {
		cfg.Ask = func(context.Context, Question) (Login, error) { return Login{}, ErrDeclined }
	}
	return &Network{cfg: cfg, dialer: net.Dialer{Timeout: dialTimeout}, proxies: &proxies{find: cfg.Proxy, now: time.Now}, logins: newLogins(cfg)}
}

// TLS is how servers are verified.
func (n *Network) TLS(serverName string) *tls.Config {
	return &tls.Config{RootCAs: n.cfg.Roots, ServerName: serverName, MinVersion: tls.VersionTLS12}
}

// DialContext opens a TCP connection to HOST:PORT, through the proxy where there is one.
func (n *Network) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	proxy, err := n.proxyFor(ctx, address)
	unknown := errors.Is(err, ErrScript)
	if err != nil && !unknown {
		n.proxies.forget()
		return nil, err
	}
	var conn net.Conn
	if proxy == nil {
		conn, err = n.dialer.DialContext(ctx, network, address)
	} else {
		conn, err = n.through(ctx, proxy, address)
	}
	if err != nil {
		n.proxies.forget()
	}
	if err != nil && unknown {
		err = fmt.Errorf("%w; %w", ErrScript, err)
	}
	return conn, err
}

// Pass finds out whether the proxy on the way to HOST:PORT, if there is one, lets us through, for as long as somebody needs
// to answer it: nothing that has to be in time waits for a person later.
func (n *Network) Pass(ctx context.Context, address string) error {
	proxy, err := n.proxyFor(ctx, address)
	if errors.Is(err, ErrScript) {
		return nil // we try without a proxy
	}
	if err != nil {
		n.proxies.forget()
		return err
	}
	if proxy == nil {
		return nil
	}
	conn, err := n.through(ctx, proxy, address)
	if err != nil {
		n.proxies.forget()
		return err
	}
	return conn.Close()
}

// Proxy is the HOST:PORT of the proxy on the way to HOST:PORT; empty: there is none, or nobody knows.
func (n *Network) Proxy(ctx context.Context, address string) string {
	proxy, err := n.proxyFor(ctx, address)
	if err != nil || proxy == nil {
		return ""
	}
	return proxy.Host
}

// proxyFor reports the proxy for an address: CONNECT is one way for all, so all is asked for as HTTPS is.
func (n *Network) proxyFor(ctx context.Context, address string) (*url.URL, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, fmt.Errorf("split %s: %w", address, err)
	}
	if strings.ContainsFunc(address, func(r rune) bool { return r <= ' ' }) { // it is written into a request
		return nil, fmt.Errorf("%q is no address", address)
	}
	if ip := net.ParseIP(host); host == "localhost" || ip != nil && ip.IsLoopback() {
		return nil, nil
	}
	proxy, err := n.proxies.of(ctx, &url.URL{Scheme: "https", Host: address, Path: "/"})
	if err != nil {
		return nil, fmt.Errorf("find the proxy: %w", err)
	}
	return proxy, nil
}

// Client is for one origin's API and for relays: it follows no redirect to another origin and keeps no cookie.
func (n *Network) Client() *http.Client {
	return &http.Client{Transport: n.transport(), CheckRedirect: sameOrigin}
}

// Downloads follows redirects, with TLS only, unless the request began without: a file lies elsewhere than the catalogue.
func (n *Network) Downloads() *http.Client {
	return &http.Client{Transport: n.transport(), CheckRedirect: func(r *http.Request, via []*http.Request) error {
		if len(via) >= maxRedirects {
			return errors.New("too many redirects")
		}
		if r.URL.Scheme != "https" && via[0].URL.Scheme == "https" {
			return errors.New("redirected to an address without TLS")
		}
		return nil
	}}
}

func (n *Network) transport() *http.Transport {
	return &http.Transport{
		DialContext: n.DialContext, TLSClientConfig: n.TLS(""), ForceAttemptHTTP2: true, TLSHandshakeTimeout: dialTimeout,
		ResponseHeaderTimeout: headerTimeout, IdleConnTimeout: idleTimeout, MaxResponseHeaderBytes: maxHeader, MaxIdleConnsPerHost: 4,
	}
}

func sameOrigin(r *http.Request, via []*http.Request) error {
	if len(via) >= maxRedirects {
		return errors.New("too many redirects")
	}
	if first := via[0].URL; r.URL.Scheme != first.Scheme || r.URL.Host != first.Host {
		return fmt.Errorf("redirected to another origin, %s", r.URL.Host)
	}
	return nil
}
