package internet_test

import (
	"net/netip"
	"testing"

	"github.com/coopnet/coopnet/shared/internet"
)

func TestPublic(t *testing.T) {
	for _, a := range []string{"8.8.8.8", "192.0.1.1", "172.32.0.1", "223.255.255.255", "2600::1", "2a01:4f8::1", "::ffff:8.8.8.8"} {
		if !internet.Public(netip.MustParseAddr(a)) {
			t.Errorf("%s is not public", a)
		}
	}
	for _, a := range []string{
		"0.0.0.0", "10.1.2.3", "100.64.0.1", "127.0.0.1", "169.254.169.254", "172.16.0.1", "192.0.0.192", "192.0.2.1", "192.88.99.1", "192.168.1.1",
		"198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1", "240.0.0.1", "255.255.255.255", "::", "::1", "::169.254.169.254",
		"::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "100::1", "2001::1", "2001:db8::1", "2002:a9fe:a9fe::", "3fff::1", "5f00::1",
		"fc00::1", "fd00:ec2::254", "fe80::1", "fec0::1", "ff02::1", "2600::1%eth0",
	} {
		if internet.Public(netip.MustParseAddr(a)) {
			t.Errorf("%s is public", a)
		}
	}
	if internet.Public(netip.Addr{}) {
		t.Error("no address is public")
	}
}
