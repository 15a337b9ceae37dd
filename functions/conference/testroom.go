package conference

import (
	"context"
	"fmt"
	"time"

	"github.com/coopnet/coopnet/shared/jointoken"
)

// testName is what a test room calls the one who is in it; nobody else sees it.
const testName = "Test"

// testTurnLife is how long a session's TURN credentials work: as long as it may have tokens, and the last one works.
const testTurnLife = 20 * time.Minute

// TestToken gives who tests their way to a relay a token for a room of their own: nobody else fits in, and no conference
// is opened by it. The caller has counted how many there are.
func (d *Domain) TestToken(ctx context.Context, relay, session string) (token string, expires time.Time, err error) {
	key, err := d.cfg.Keys.Signing(ctx)
	if err != nil {
		return "", time.Time{}, fmt.Errorf("find the signing key: %w", err)
	}
	now := d.cfg.Now().UTC().Truncate(time.Second) // the token counts whole seconds
	way, err := d.way(key, Relay{ID: relay}, jointoken.Claims{
		Issuer: d.cfg.PublicURL, Subject: session, Conference: jointoken.TestRoom(session), Name: testName, Role: jointoken.RoleGuest,
		Permissions: []jointoken.Permission{jointoken.View, jointoken.Share}, Limit: 1,
		IssuedAt: now, NotBefore: now, Expires: now.Add(jointoken.MaxLifetime),
	})
	return way.Token, now.Add(jointoken.MaxLifetime), err
}

// TestServers gives who tests credentials for the relay's TURN server, which knows by the id that they are for a test.
func (d *Domain) TestServers(relay Relay, session string) []ICEServer {
	return d.iceServers(relay, jointoken.TestRoom(session), d.cfg.Now().Add(testTurnLife))
}
