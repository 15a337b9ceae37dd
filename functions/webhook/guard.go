package webhook

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"syscall"
	"time"

	"github.com/coopnet/coopnet/shared/internet"
)

// guard decides where requests may go. Who can make webhooks must not reach by them what only this machine reaches:
// its neighbours, the cloud's metadata, services on the loopback address.
type guard struct{ networks []netip.Prefix }

var errPrivate = errors.New("the address is not a public one")

// allows is asked for each address that is dialled, after names were resolved: a name that changes its mind between two
// looks gains nothing.
func (g guard) allows(a netip.Addr) bool {
	a = a.Unmap()
	if a.Zone() != "" || !a.IsValid() {
		return false
	}
	return internet.Public(a) || slices.ContainsFunc(g.networks, func(p netip.Prefix) bool { return p.Contains(a) })
}

func (g guard) control(_, address string, _ syscall.RawConn) error {
	to, err := netip.ParseAddrPort(address)
	if err != nil || !g.allows(to.Addr()) {
		return errPrivate
	}
	return nil
}

// checkURL says what is wrong with a receiver's address, as far as that can be seen without asking anybody.
func (g guard) checkURL(text string) error {
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Hostname() == "":
		return errors.New("is not an address such as https://example.com/coopnet")
	case len(text) > maxURL:
		return fmt.Errorf("is longer than %d characters", maxURL)
	case u.User != nil || u.Fragment != "":
		return errors.New("must have neither a user nor a fragment")
	case u.Scheme != "https" && !(u.Scheme == "http" && g.isLoopback(u.Hostname())):
		return errors.New("must begin with https://")
	}
	if a, err := netip.ParseAddr(u.Hostname()); err == nil && !g.allows(a) {
		return errors.New("has an address that is not a public one")
	}
	return nil
}

// isLoopback is the one place where plain HTTP is safe, where the operator lets webhooks go there at all.
func (g guard) isLoopback(host string) bool {
	a, err := netip.ParseAddr(host)
	if host == "localhost" {
		a, err = netip.AddrFrom4([4]byte{127, 0, 0, 1}), nil
	}
	return err == nil && a.IsLoopback() && g.allows(a)
}

const (
	maxHeader = 64 << 10
	maxAnswer = 64 << 10 // of which nothing is used: a receiver may say something kind
)

// newClient makes requests to receivers: no proxy, no redirect, no decompression, no private address, little time.
func newClient(g guard, roots *x509.CertPool, patience time.Duration) *http.Client {
	dialer := &net.Dialer{Timeout: 5 * time.Second, Control: g.control}
	return &http.Client{
		Timeout: patience,
		Transport: &http.Transport{
			DialContext: dialer.DialContext, TLSHandshakeTimeout: 5 * time.Second, TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12},
			DisableCompression: true, MaxResponseHeaderBytes: maxHeader, MaxIdleConnsPerHost: 2, IdleConnTimeout: 30 * time.Second, ForceAttemptHTTP2: true,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}
