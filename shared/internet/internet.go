// Package internet tells addresses of the Internet from those that lead somewhere else: to this machine, into a private
// network, to a cloud's metadata. What we ask at an address that somebody else has named goes to the former only.
package internet

import (
	"net/netip"
	"slices"
)

// Public follows the IANA registries of special-purpose addresses (RFC 6890).
func Public(a netip.Addr) bool {
	a = a.Unmap()
	within := func(networks ...string) bool {
		return slices.ContainsFunc(networks, func(n string) bool { return netip.MustParsePrefix(n).Contains(a) })
	}
	if !a.IsValid() || a.Zone() != "" {
		return false
	}
	if a.Is4() {
		return !within("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
			"192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/3")
	}
	// Of the rest of IPv6 nothing is global unicast; what carries IPv4 addresses inside could lead anywhere.
	return within("2000::/3") && !within("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")
}
