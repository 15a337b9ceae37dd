package relays

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"syscall"
	"time"

	"github.com/coopnet/coopnet/shared/announce"
	"github.com/coopnet/coopnet/shared/internet"
)

const (
	probeTimeout = 1500 * time.Millisecond // the whole answer is due within 2 s
	maxAnswer    = 1 << 10
)

// HTTPProber asks relays over HTTPS. It connects to public addresses only, whatever a name resolves to: a relay's
// address is somebody else's word, and must not lead into our own network.
type HTTPProber struct {
	client *http.Client
	allow  []netip.Prefix
}

var _ Prober = (*HTTPProber)(nil)

// ProberConfig says what a prober may do. The zero value asks public addresses.
type ProberConfig struct {
	Allow []netip.Prefix // networks that are not public where relays stand too; http is taken there as well
	Roots *x509.CertPool // nil: the machine's
}

// NewHTTPProber makes one.
func NewHTTPProber(cfg ProberConfig) *HTTPProber {
	p := &HTTPProber{allow: cfg.Allow}
	dialer := &net.Dialer{Timeout: probeTimeout, ControlContext: p.control}
	p.client = &http.Client{
		Timeout: probeTimeout,
		Transport: &http.Transport{ // no proxy: it would be asked for addresses that we may not ask
			DialContext: dialer.DialContext, TLSClientConfig: &tls.Config{RootCAs: cfg.Roots, MinVersion: tls.VersionTLS12},
			DisableKeepAlives: true, MaxResponseHeaderBytes: 8 << 10,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return errors.New("a relay does not redirect") },
	}
	return p
}

// control is called with the address that a name resolved to, before anything is sent there.
func (p *HTTPProber) control(_ context.Context, _, address string, _ syscall.RawConn) error {
	at, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("read address %q: %w", address, err)
	}
	if !p.may(at.Addr()) {
		return fmt.Errorf("%s is not a public address", at.Addr())
	}
	return nil
}

func (p *HTTPProber) may(a netip.Addr) bool {
	return internet.Public(a) || p.allowed(a)
}

func (p *HTTPProber) allowed(a netip.Addr) bool {
	a = a.Unmap().WithZone("")
	return slices.ContainsFunc(p.allow, func(n netip.Prefix) bool { return n.Contains(a) })
}

// Check implements Prober.
func (p *HTTPProber) Check(base string) error {
	u, err := url.Parse(base)
	if err != nil || u.Host == "" {
		return errors.New("is not a URL")
	}
	host := u.Hostname()
	a, err := netip.ParseAddr(host)
	literal := err == nil
	if host == "localhost" {
		a, literal = netip.AddrFrom4([4]byte{127, 0, 0, 1}), true
	}
	switch {
	case u.Scheme == "https" && (!literal || p.may(a)):
		return nil
	case u.Scheme == "https":
		return errors.New("is not a public address")
	case u.Scheme == "http" && literal && p.allowed(a):
		return nil
	}
	return errors.New("must be an https URL")
}

// Probe implements Prober.
func (p *HTTPProber) Probe(ctx context.Context, base, nonce string) (string, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, base+announce.ProbePath+"?nonce="+url.QueryEscape(nonce), nil)
	if err != nil {
		return "", fmt.Errorf("make request: %w", err)
	}
	resp, err := p.client.Do(r)
	if err != nil {
		return "", fmt.Errorf("ask relay: %w", err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return "", fmt.Errorf("read answer: %w", err)
	}
	var answer announce.Answer
	if err := json.Unmarshal(body, &answer); resp.StatusCode != http.StatusOK || err != nil {
		return "", fmt.Errorf("the answer is not a relay's: %s", resp.Status)
	}
	return answer.Proof, nil
}
