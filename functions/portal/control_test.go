package portal_test

import (
	"testing"
	"time"

	"github.com/coopnet/coopnet/functions/portal/portaltest"
	"github.com/coopnet/coopnet/shared/controltoken"
	"github.com/coopnet/coopnet/shared/jointoken"
)

const controlPath = "/api/v1/control-tokens"

// TestControlToken: the software believes it by the published keys alone, for the one who is asked, about the one who asks.
func TestControlToken(t *testing.T) {
	each(t, func(t *testing.T, w *world, c *portaltest.Client) {
		id := w.create(c, nil)
		inside, outside := w.colleague(c, id), guest(c)
		me := func(c *portaltest.Client) string {
			return c.Expect(200, "POST", "/api/v1/join-tokens", object{"mode": "browser"})["participant"].(object)["id"].(string)
		}
		presenter, controller := me(outside), me(inside)
		got := inside.Expect(201, "POST", controlPath, object{"participant": presenter})
		keys, err := jointoken.ParseJWKS(c.Do("GET", "/.well-known/jwks.json", nil).Body)
		if err != nil {
			t.Fatal(err)
		}
		software := controltoken.Verifier{Issuer: publicURL, Presenter: presenter, Conference: id, Keys: keys, Now: w.clock.Now}
		claims, err := software.Verify(t.Context(), got["token"].(string), controller)
		if err != nil || claims.Name != "Anne Martin" || claims.Role != "internal" || got["expiresAt"] != claims.Expires.UTC().Format(time.RFC3339) {
			t.Errorf("%+v, %v, %v", claims, got["expiresAt"], err)
		}
		relay := jointoken.Verifier{Issuer: publicURL, Audience: presenter, Keys: keys, Now: w.clock.Now}
		if claims, err := relay.Verify(t.Context(), got["token"].(string)); err == nil {
			t.Errorf("it is a join token: %+v", claims)
		}

		c.Fork().Refused(401, "unauthenticated", "POST", controlPath, object{"participant": presenter})
		outside.Refused(403, "control-denied", "POST", controlPath, object{"participant": controller})
		for _, participant := range []string{"", controller, presenter + "a", "A" + presenter[1:], "x"} {
			inside.Refused(422, "invalid", "POST", controlPath, object{"participant": participant})
		}
		inside.Refused(400, "malformed", "POST", controlPath, object{"participant": presenter, "role": "organizer"})
		for range 19 {
			inside.Expect(201, "POST", controlPath, object{"participant": presenter})
		}
		inside.Refused(429, "rate-limited", "POST", controlPath, object{"participant": presenter})
		w.clock.Advance(10 * time.Second)
		inside.Expect(201, "POST", controlPath, object{"participant": presenter})
		c.Expect(200, "POST", "/api/v1/conferences/"+id+"/end", nil, "Authorization", "Bearer "+w.organizerKey)
		inside.Refused(403, "conference-denied", "POST", controlPath, object{"participant": presenter})
	})
}

// TestControlTokenNames: the presenter is told who was invited, whatever the participant calls itself.
func TestControlTokenNames(t *testing.T) {
	each(t, func(t *testing.T, w *world, c *portaltest.Client) {
		id := w.create(c, nil)
		presenter := guest(c).Expect(200, "POST", "/api/v1/join-tokens", object{"mode": "browser"})["participant"].(object)["id"].(string)
		keys, err := jointoken.ParseJWKS(c.Do("GET", "/.well-known/jwks.json", nil).Body)
		if err != nil {
			t.Fatal(err)
		}
		for invited, want := range map[string]string{"Anne Martin": "Anne Martin", "": "IT support"} {
			invitation := object{"kind": "internal"}
			if invited != "" {
				invitation = object{"kind": "internal", "name": invited, "email": "anne@example.org"}
			}
			code := c.Expect(201, "POST", "/api/v1/conferences/"+id+"/invitations", invitation, "Authorization", "Bearer "+w.organizerKey)["code"]
			inside := c.Fork()
			clear(inside.Cookies)
			inside.Expect(200, "POST", "/api/v1/admissions", object{"invitation": code})
			inside.Expect(200, "PUT", "/api/v1/identity", object{"name": "IT support", "email": "it@example.org"})
			who := inside.Expect(200, "POST", "/api/v1/join-tokens", object{"mode": "browser"})["participant"].(object)
			if who["name"] != "IT support" {
				t.Errorf("listed as %v", who)
			}
			token := inside.Expect(201, "POST", controlPath, object{"participant": presenter})["token"].(string)
			software := controltoken.Verifier{Issuer: publicURL, Presenter: presenter, Conference: id, Keys: keys, Now: w.clock.Now}
			if claims, err := software.Verify(t.Context(), token, who["id"].(string)); err != nil || claims.Name != want {
				t.Errorf("invited %q: %+v, %v", invited, claims, err)
			}
		}
	})
}

// TestTheSoftwareHasASeatBesideThePage: its join tokens say that they are the software's, and a page's never do.
func TestTheSoftwareHasASeatBesideThePage(t *testing.T) {
	each(t, func(t *testing.T, w *world, page *portaltest.Client) {
		w.ready(page, nil)
		software := page.Fork()
		redeemed := software.Expect(200, "POST", launchPath+"/"+launch(page)+"/redeem", installed("1.0.0"))
		clear(software.Cookies)
		keys, err := jointoken.ParseJWKS(page.Do("GET", "/.well-known/jwks.json", nil).Body)
		if err != nil {
			t.Fatal(err)
		}
		for said, ticket := range map[bool]object{true: redeemed, false: page.Expect(200, "POST", "/api/v1/join-tokens", object{"mode": "software"})} {
			relay := jointoken.Verifier{Issuer: publicURL, Audience: "relay-1", Keys: keys, Now: w.clock.Now}
			if claims, err := relay.Verify(t.Context(), ticket["token"].(string)); err != nil || claims.Software != said {
				t.Errorf("software %v: %+v, %v", said, claims, err)
			}
		}
	})
}
