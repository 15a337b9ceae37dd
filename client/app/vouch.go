package app

import (
	"context"
	"time"

	"github.com/coopnet/coopnet/shared/controltoken"
	"github.com/coopnet/coopnet/shared/jointoken"
)

// vouching verifies who asks for control: by the portal's keys, which come from where the launch code was redeemed, for
// this participant in this conference. What the relay says of them does not count.
type vouching struct {
	keys     *jointoken.Remote
	verifier controltoken.Verifier
}

func (p *place) vouching(a *app) *vouching {
	keys := jointoken.NewRemote(p.portal.Origin()+"/.well-known/jwks.json", a.Network.Client(), a.Now)
	return &vouching{keys, controltoken.Verifier{Issuer: p.portal.Origin(), Presenter: p.ticket.Participant.ID, Conference: p.conference.ID, Keys: keys, Now: a.Now}}
}

// verify returns who asks.
func (v *vouching) verify(ctx context.Context, token, participant string) (controltoken.Claims, error) {
	ctx, cancel := context.WithTimeout(ctx, vouchTimeout)
	defer cancel()
	return v.verifier.Verify(ctx, token, participant)
}

func (v *vouching) close() { v.keys.Close() }

// vouchTimeout is how long the portal may take for its keys.
const vouchTimeout = 5 * time.Second
