package portal

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"

	"github.com/coopnet/coopnet/functions/conference"
)

// Clients knows where requests come from. Trusted are the proxies whose X-Forwarded-For is believed.
type Clients struct {
	Trusted []netip.Prefix
}

// Address is the client's address; every limit uses this and nothing else. It is the nearest address that is not a
// trusted proxy: what stands further left in X-Forwarded-For was written by the client and is never believed.
func (c Clients) Address(r *http.Request) netip.Addr {
	address := remote(r.RemoteAddr)
	if !c.trusts(address) {
		return address
	}
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for _, hop := range slices.Backward(hops) {
		next, err := netip.ParseAddr(strings.TrimSpace(hop))
		if err != nil {
			return address
		}
		address = next.Unmap()
		if !c.trusts(address) {
			return address
		}
	}
	return address
}

// Client is the request's client for the limits of conferences.
func (c Clients) Client(r *http.Request) conference.Client {
	address := c.Address(r)
	return conference.Client{Site: network(address, 64), Network: network(address, 48)}
}

// Site is the least that one customer has: all of an IPv4 address, the /64 of an IPv6 one.
func (c Clients) Site(r *http.Request) string { return network(c.Address(r), 64) }

func network(address netip.Addr, bits int) string {
	address = address.Unmap().WithZone("")
	if address.Is6() {
		if p, err := address.Prefix(bits); err == nil {
			return p.String()
		}
	}
	return address.String()
}

// remote reads "ip:port", as a server has it, and a bare IP, as the Lambda adapter has it.
func remote(s string) netip.Addr {
	if ap, err := netip.ParseAddrPort(s); err == nil {
		return ap.Addr().Unmap()
	}
	if a, err := netip.ParseAddr(s); err == nil {
		return a.Unmap()
	}
	return netip.IPv6Unspecified() // all who cannot be told apart share one limit
}

func (c Clients) trusts(address netip.Addr) bool {
	return slices.ContainsFunc(c.Trusted, func(p netip.Prefix) bool { return p.Contains(address) })
}
