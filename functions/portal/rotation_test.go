package portal_test

import (
	"context"
	"crypto/ed25519"
	"testing"
	"time"

	"github.com/coopnet/coopnet/functions/conference"
	"github.com/coopnet/coopnet/functions/portal/portaltest"
	"github.com/coopnet/coopnet/shared/jointoken"
)

// TestKeysRotateWhileGuestsJoin: 200 guests come in the course of twenty minutes, in which the keys are rotated twice.
// Each gets a token at once and another one ten minutes later, with the admission of then; a relay whose copy of the
// keys is as old as it may be accepts all of them, by a clock that is half a minute late or early.
func TestKeysRotateWhileGuestsJoin(t *testing.T) {
	each(t, func(t *testing.T, w *world, c *portaltest.Client) {
		const every, before = 6 * time.Second, 11 // a relay's copy: a minute, and ten seconds until it asks again
		w.create(c, nil)
		terminal, err := conference.OpenKeys(t.Context(), conference.KeysConfig{Store: w.db.Secrets(), Now: w.clock.Now})
		if err != nil {
			t.Fatal(err)
		}
		var copies []jointoken.JWKS
		var guests []*portaltest.Client
		signed := make(map[string]bool)
		accept := func(guest *portaltest.Client) {
			t.Helper()
			token := guest.Expect(200, "POST", "/api/v1/join-tokens", object{"mode": "browser"})["token"].(string)
			for _, skew := range []time.Duration{-30 * time.Second, 0, 30 * time.Second} {
				relay := &copied{set: copies[max(0, len(copies)-1-before)]}
				v := jointoken.Verifier{Keys: relay, Issuer: publicURL, Audience: "relay-1", Now: func() time.Time { return w.clock.Now().Add(skew) }}
				if _, err := v.Verify(t.Context(), token); err != nil {
					t.Fatalf("guest %d, %d copies, skew %v: %v", len(guests), len(copies), skew, err)
				}
				signed[relay.kid] = true
			}
		}
		for n := range 200 {
			if n == 40 || n == 130 {
				if _, err := terminal.Rotate(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			set, err := jointoken.ParseJWKS(c.Do("GET", "/.well-known/jwks.json", nil).Body)
			if err != nil {
				t.Fatal(err)
			}
			copies = append(copies, set)
			guest := c.Fork()
			guests = append(guests, guest)
			enter(guest)
			identify(guest)
			accept(guest)
			if n >= 100 {
				accept(guests[n-100])
			}
			w.clock.Advance(every)
		}
		if len(signed) != 3 {
			t.Errorf("%d keys have signed", len(signed))
		}
	})
}

// copied is the keys as a relay has them.
type copied struct {
	set jointoken.JWKS
	kid string // asked for last
}

func (c *copied) Key(ctx context.Context, kid string) (ed25519.PublicKey, error) {
	c.kid = kid
	return c.set.Key(ctx, kid)
}
