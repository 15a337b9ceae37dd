package cloud

import (
	"testing"

	"github.com/aws/aws-lambda-go/events"
)

func TestOnlyTheCDNMayCall(t *testing.T) {
	for name, c := range map[string]struct {
		secret, given, viewer string
		refused               bool
		address               string
	}{
		"no CDN":               {"", "", "198.51.100.1", false, "192.0.2.7"},
		"the CDN":              {"s", "s", "198.51.100.1", false, "198.51.100.1"},
		"IPv6":                 {"s", "s", "2001:db8::7", false, "2001:db8::7"},
		"IPv4 in IPv6":         {"s", "s", "::ffff:198.51.100.1", false, "198.51.100.1"},
		"no viewer":            {"s", "s", "", false, "192.0.2.7"},
		"a viewer of nonsense": {"s", "s", "here", false, "192.0.2.7"},
		"called directly":      {"s", "", "198.51.100.1", true, ""},
		"a wrong secret":       {"s", "t", "198.51.100.1", true, ""},
	} {
		event := events.APIGatewayV2HTTPRequest{Headers: map[string]string{edgeHeader: c.given, viewerHeader: c.viewer}}
		event.RequestContext.HTTP.SourceIP = "192.0.2.7"
		err := edge{c.secret}.admit(&event)
		if (err != nil) != c.refused || err == nil && event.RequestContext.HTTP.SourceIP != c.address {
			t.Errorf("%s: %v, %s", name, err, event.RequestContext.HTTP.SourceIP)
		}
		if _, kept := event.Headers[edgeHeader]; kept {
			t.Errorf("%s: the secret goes on", name)
		}
	}
}
