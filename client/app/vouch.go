package app

import (
	"context"
	"fmt"
	"maps"
	"sync"
	"time"

	"github.com/coopnet/coopnet/shared/controltoken"
	"github.com/coopnet/coopnet/shared/jointoken"
)

const (
	// vouchTimeout is how long the portal may take for its keys.
	vouchTimeout = 5 * time.Second
	maxVouched   = 64 // tokens that have been shown and are still good
)

// vouching verifies who asks for control: by the portal's keys, which come from where the launch code was redeemed, for
// this participant in this conference. What the relay says of them does not count, and no word counts twice: a relay could
// show it again after the user's no.
type vouching struct {
	keys     *jointoken.Remote
	verifier controltoken.Verifier

	mu   sync.Mutex
	seen map[string]time.Time // until when, by the token's id
}

func (p *place) vouching(a *app) *vouching {
	keys := jointoken.NewRemote(p.portal.Origin()+"/.well-known/jwks.json", a.Network.Client(), a.Now)
	return &vouching{keys: keys, verifier: controltoken.Verifier{Issuer: p.portal.Origin(), Presenter: p.ticket.Participant.ID, Conference: p.conference.ID, Keys: keys, Now: a.Now}}
}

// verify returns who asks.
func (v *vouching) verify(ctx context.Context, token, participant string) (controltoken.Claims, error) {
	ctx, cancel := context.WithTimeout(ctx, vouchTimeout)
	defer cancel()
	claims, err := v.verifier.Verify(ctx, token, participant)
	if err != nil {
		return controltoken.Claims{}, err
	}
	if err := v.first(claims); err != nil {
		return controltoken.Claims{}, err
	}
	return claims, nil
}

// first refuses a token that has been shown before.
func (v *vouching) first(c controltoken.Claims) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	now := v.verifier.Now()
	maps.DeleteFunc(v.seen, func(_ string, until time.Time) bool { return now.After(until) })
	if _, again := v.seen[c.ID]; again || len(v.seen) >= maxVouched {
		return fmt.Errorf("%w: it was shown before, or too many were", controltoken.ErrInvalid)
	}
	if v.seen == nil {
		v.seen = map[string]time.Time{}
	}
	v.seen[c.ID] = c.Expires.Add(controltoken.Leeway)
	return nil
}

func (v *vouching) close() { v.keys.Close() }
