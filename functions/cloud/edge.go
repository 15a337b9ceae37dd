package cloud

import (
	"crypto/sha256"
	"crypto/subtle"
	"net/netip"

	"github.com/aws/aws-lambda-go/events"

	"github.com/coopnet/coopnet/shared/problem"
)

// Headers that the CDN sets. The gateway gives names in lower case.
const (
	edgeHeader   = "x-coopnet-edge"
	viewerHeader = "x-coopnet-viewer"
)

// edge knows what came through the CDN. The gateway has a public address of its own; who calls it directly has passed
// neither the CDN's rate rules nor anything that says where the caller is.
type edge struct{ secret string } // empty: there is no CDN

// admit refuses what did not come through the CDN, and puts the viewer's address where the gateway has its peer's.
func (e edge) admit(event *events.APIGatewayV2HTTPRequest) error {
	given := event.Headers[edgeHeader]
	delete(event.Headers, edgeHeader)
	if e.secret == "" {
		return nil
	}
	// Hashed first: the comparison then tells nothing of the length either.
	a, b := sha256.Sum256([]byte(given)), sha256.Sum256([]byte(e.secret))
	if subtle.ConstantTimeCompare(a[:], b[:]) != 1 {
		return problem.New(problem.Forbidden, "Use the portal's address.")
	}
	if address, err := netip.ParseAddr(event.Headers[viewerHeader]); err == nil {
		event.RequestContext.HTTP.SourceIP = address.Unmap().String()
	}
	return nil
}
