package portal_test

import (
	"strings"
	"testing"

	"github.com/coopnet/coopnet/functions/portal"
	"github.com/coopnet/coopnet/functions/portal/portaltest"
	"github.com/coopnet/coopnet/functions/provider"
	"github.com/coopnet/coopnet/functions/provider/providertest"
)

const apiAudience = publicURL + "/api"

// useReal puts a certified provider behind the world.
func useReal(t *testing.T, w *world) *providertest.Provider {
	t.Helper()
	idp := providertest.Start(t)
	callback := publicURL + "/api/v1/sign-in/callback"
	site := idp.Site(callback)
	open := func(claim string) *provider.Provider {
		p, err := provider.New(provider.Config{
			Issuer: idp.Issuer, Audience: apiAudience,
			Client: provider.Client{ID: site.ID, Secret: site.Secret, Redirect: callback, Scopes: []string{"openid", "profile", "email", "groups"}},
			Roles:  provider.Roles{Claim: claim, Of: map[string][]string{"organize": {"organizer"}, "publish": {"publisher"}, "Staff": {"internal"}}},
		})
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	// Programs have their roles in one claim, people theirs in another.
	w.outside.Tokens, w.outside.Provider = portal.Tokens(open("roles")), portal.Colleagues(open("groups"))
	return idp
}

func TestProgramsShowAccessTokens(t *testing.T) {
	each(t, func(t *testing.T, w *world, c *portaltest.Client) {
		idp := useReal(t, w)
		program := idp.Program("organize", "publish")
		token := idp.Token(program, apiAudience)
		auth := []string{"Authorization", "Bearer " + token}
		c.Expect(201, "POST", "/api/v1/conferences", object{"name": "Team A", "password": "correct horse"}, auth...)
		c.Expect(200, "GET", "/api/v1/conferences", nil, auth...)
		made := c.Expect(201, "POST", "/api/v1/keys", object{"role": "support"}, auth...)
		if made["createdBy"] != "oidc:"+program.ID {
			t.Errorf("made by %v", made["createdBy"])
		}
		other := idp.Token(idp.Program("something else"), apiAudience)
		c.Refused(403, "forbidden", "GET", "/api/v1/conferences", nil, "Authorization", "Bearer "+other)
		for _, bad := range []string{token[:len(token)-4] + "AAAA", idp.Token(program, "https://other.example.com"), token + "." + token} {
			resp := c.Refused(401, "unauthenticated", "GET", "/api/v1/conferences", nil, "Authorization", "Bearer "+bad)
			if resp.Header.Get("WWW-Authenticate") != `Bearer error="invalid_token"` {
				t.Errorf("got %v", resp.Header)
			}
		}
		idp.Stop()
		c.Expect(200, "GET", "/api/v1/conferences", nil, auth...)
		if strings.Contains(w.log.String(), token[:40]) {
			t.Error("the log has a token")
		}
	})
}

func TestColleaguesSignInForReal(t *testing.T) {
	each(t, func(t *testing.T, w *world, c *portaltest.Client) {
		idp := useReal(t, w)
		w.create(c, nil)
		page := func() string {
			resp := c.Do("GET", "/api/v1/sign-in?return=/", nil)
			if resp.Status != 303 || !strings.HasPrefix(resp.Header.Get("Location"), idp.Issuer+"/") {
				t.Fatalf("%d %v %s", resp.Status, resp.Header, resp.Body)
			}
			return resp.Header.Get("Location")
		}
		back := idp.SignIn(page(), "anne")
		if resp := c.Do("GET", back.RequestURI(), nil); resp.Status != 303 || resp.Header.Get("Location") != "/" {
			t.Fatalf("%d %v %s", resp.Status, resp.Header, resp.Body)
		}
		in := c.Expect(200, "POST", "/api/v1/admissions", object{"name": "Team A"})
		if in["identity"].(object)["name"] != "Anne Martin" {
			t.Errorf("got %v", in)
		}
		token := c.Expect(200, "POST", "/api/v1/join-tokens", object{"mode": "browser"})
		if token["participant"].(object)["role"] != "internal" {
			t.Errorf("got %v", token)
		}
		if strings.Contains(c.Cookies["__Host-session"].Value, ".eyJ") { // a JWT's second part; three letters alone come by chance
			t.Error("the browser has a token of the provider")
		}
		other := c.Fork()
		delete(other.Cookies, "__Host-session")
		back = idp.SignIn(page(), "grete")
		other.Cookies["__Host-sign-in"] = c.Cookies["__Host-sign-in"]
		other.Refused(403, "forbidden", "GET", back.RequestURI(), nil)

		mixed := idp.SignIn(page(), "anne") // another provider's answer (RFC 9207)
		query := mixed.Query()
		query.Set("iss", "https://evil.example")
		mixed.RawQuery = query.Encode()
		c.Refused(401, "unauthenticated", "GET", mixed.RequestURI(), nil)
		back = idp.SignIn(page(), "anne")
		idp.Stop()
		c.Refused(503, "unavailable", "GET", back.RequestURI(), nil)
	})
}
