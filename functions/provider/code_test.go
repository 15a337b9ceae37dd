package provider_test

import (
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/coopnet/coopnet/functions/provider"
	"github.com/coopnet/coopnet/shared/problem"
)

func attempt() provider.Attempt {
	return provider.Attempt{State: "state", Nonce: "nonce", Verifier: "a-verifier-that-has-at-least-forty-three-characters"}
}

// redeem lets the provider's token endpoint answer that ID token, and its userinfo endpoint that person.
func (s *stub) redeem(p *provider.Provider, idToken string, person object) (provider.Person, error) {
	s.change(func() {
		s.tokens = object{"access_token": "opaque", "token_type": "Bearer", "id_token": idToken}
		s.userinfo = person
	})
	return p.Redeem(s.t.Context(), attempt(), provider.Answer{Code: "code"})
}

func (s *stub) site() *provider.Provider {
	s.change(func() {
		s.discovery = func(d object) { d["userinfo_endpoint"] = d["issuer"].(string) + "/person" }
	})
	return s.provider(nil)
}

// id is a good ID token with some claims changed.
func (s *stub) id(change object) string {
	claims := object{"aud": "portal", "nonce": "nonce", "name": "Anne Martin", "roles": []string{"Desk"}}
	for name, value := range change {
		claims[name] = value
	}
	return s.token(claims)
}

func TestIDTokens(t *testing.T) {
	s := newStub(t)
	p := s.site()
	if who, err := s.redeem(p, s.id(nil), nil); err != nil || who.Name != "Anne Martin" || !slices.Contains(who.Roles, provider.Internal) {
		t.Fatalf("got %+v, %v", who, err)
	}
	if _, err := s.redeem(p, s.id(object{"aud": []string{"portal", "other"}, "azp": "portal"}), nil); err != nil {
		t.Errorf("several audiences, for us: %v", err)
	}
	for what, token := range map[string]string{
		"none":                     "",
		"alg none":                 s.unsigned("none"),
		"HMAC with the public key": s.publicAsSecret(),
		"another key":              s.sign(jose.ES256, s.ec, "r1", s.claims(object{"aud": "portal", "nonce": "nonce"})),
		"another issuer":           s.id(object{"iss": "https://evil.example"}),
		"for the API":              s.id(object{"aud": "api"}),
		"for another client":       s.id(object{"azp": "other"}),
		"for several, no azp":      s.id(object{"aud": []string{"portal", "other"}}),
		"another nonce":            s.id(object{"nonce": "of another"}),
		"no nonce":                 s.id(object{"nonce": nil}),
		"expired":                  s.id(object{"exp": s.clock().Add(-time.Minute).Unix()}),
		"no exp":                   s.id(object{"exp": nil}),
		"nobody":                   s.id(object{"sub": nil}),
	} {
		_, err := s.redeem(p, token, nil)
		wantCode(t, what, err, problem.Unauthenticated)
	}
	if strings.Contains(s.log.String(), "company.example") || strings.Contains(s.log.String(), "Anne") {
		t.Errorf("the log has a person:\n%s", s.log.String())
	}
}

func TestUserinfo(t *testing.T) {
	s := newStub(t)
	p := s.site()
	bare := s.id(object{"name": nil, "email": nil, "roles": nil})
	who, err := s.redeem(p, bare, object{"sub": "anne", "given_name": "Anne", "family_name": "Martin", "email": "anne@company.example", "roles": "Desk"})
	if err != nil || who.Name != "Anne Martin" || who.Email != "anne@company.example" || !slices.Contains(who.Roles, provider.Internal) {
		t.Errorf("got %+v, %v", who, err)
	}
	who, err = s.redeem(p, bare, object{"sub": "anne", "name": "Anne", "email": "boss@company.example", "email_verified": false, "roles": []string{}})
	if err != nil || who.Email != "" || len(who.Roles) != 0 {
		t.Errorf("an address that nobody has checked: got %+v, %v", who, err)
	}
	_, err = s.redeem(p, bare, object{"sub": "boss", "name": "The Boss", "roles": "Desk"})
	wantCode(t, "another person", err, problem.Unauthenticated)
	_, err = s.redeem(p, bare, nil)
	wantCode(t, "no answer, and it is needed", err, problem.Unavailable)
	if who, err := s.redeem(p, s.id(object{"email": nil}), nil); err != nil || who.Name != "Anne Martin" {
		t.Errorf("no answer, and enough is known: %+v, %v", who, err)
	}
	// What is signed counts, whatever the endpoint says beside.
	who, err = s.redeem(p, s.id(object{"email": nil, "roles": []string{"nothing"}}), object{"sub": "anne", "name": "X", "email": "a@b.example", "roles": "Desk"})
	if err != nil || who.Name != "Anne Martin" || len(who.Roles) != 0 || who.Email != "a@b.example" {
		t.Errorf("got %+v, %v", who, err)
	}
}

func TestAuthorizeAsksForEverything(t *testing.T) {
	s := newStub(t)
	p := s.provider(func(cfg *provider.Config) {
		cfg.Client.Redirect, cfg.Client.Scopes = "https://coopnet.example/api/v1/sign-in/callback", []string{"openid", "email"}
	})
	page, err := p.Authorize(t.Context(), attempt())
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(page)
	if err != nil || !strings.HasPrefix(page, s.server.URL+"/auth?") {
		t.Fatal(page, err)
	}
	q := u.Query()
	for name, want := range map[string]string{
		"response_type": "code", "response_mode": "query", "client_id": "portal", "state": "state", "nonce": "nonce", "scope": "openid email",
		"redirect_uri": "https://coopnet.example/api/v1/sign-in/callback", "code_challenge_method": "S256",
	} {
		if q.Get(name) != want {
			t.Errorf("%s is %q, want %q", name, q.Get(name), want)
		}
	}
	if q.Get("code_challenge") == "" || strings.Contains(page, attempt().Verifier) {
		t.Errorf("the verifier is told: %s", page)
	}
	s.change(func() { s.fails = true })
	if _, err := p.Authorize(t.Context(), attempt()); err != nil {
		t.Errorf("a provider that is known already is not asked: %v", err)
	}
	_, err = s.provider(nil).Authorize(t.Context(), attempt())
	wantCode(t, "a provider that is not known yet", err, problem.Unavailable)
}
