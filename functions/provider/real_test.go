package provider_test

import (
	"slices"
	"testing"
	"time"

	"github.com/coopnet/coopnet/functions/provider"
	"github.com/coopnet/coopnet/functions/provider/providertest"
	"github.com/coopnet/coopnet/shared/problem"
)

const audience = "https://conference.example.com/api"

// realClock goes with the real provider, and can be moved ahead.
type realClock struct{ ahead time.Duration }

func (c *realClock) now() time.Time { return time.Now().Add(c.ahead) }

func real(t *testing.T, idp *providertest.Provider, clock *realClock, client provider.Client, claim string) *provider.Provider {
	t.Helper()
	p, err := provider.New(provider.Config{
		Issuer: idp.Issuer, Audience: audience, Client: client, Now: clock.now,
		Roles: provider.Roles{Claim: claim, Of: map[string][]string{"organize": {"organizer"}, "help": {"support"}, "Staff": {"internal"}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestRealAccessTokens(t *testing.T) {
	idp, clock := providertest.Start(t), &realClock{}
	p := real(t, idp, clock, provider.Client{}, "roles")
	program := idp.Program("organize", "help", "else")
	verify := func(token string) error {
		who, err := p.Verify(t.Context(), token)
		if err == nil && (!slices.Equal(who.Roles, []string{"organizer", "support"}) || who.Subject != program.ID) {
			t.Errorf("got %+v", who)
		}
		return err
	}
	old := idp.Token(program, audience)
	if err := verify(old); err != nil {
		t.Fatal(err)
	}
	wantCode(t, "another audience", verify(idp.Token(program, "https://other.example.com")), problem.Unauthenticated)

	idp.Rotate(false)
	clock.ahead += 11 * time.Second // asked for an unknown key at most every ten
	for _, token := range []string{idp.Token(program, audience), old} {
		if err := verify(token); err != nil {
			t.Errorf("after a rotation: %v", err)
		}
	}
	idp.Stop()
	clock.ahead += time.Minute
	if err := verify(old); err != nil {
		t.Errorf("while the provider is down: %v", err)
	}
	idp.Resume()
	idp.Rotate(true)
	token := idp.Token(program, audience)
	idp.Stop()
	wantCode(t, "a new key while the provider is down", verify(token), problem.Unavailable)
	idp.Resume()
	clock.ahead += 6 * time.Second
	if err := verify(token); err != nil {
		t.Errorf("the provider is back: %v", err)
	}
	wantCode(t, "a key that was taken back", verify(old), problem.Unauthenticated)
	clock.ahead += 6 * time.Minute
	wantCode(t, "expired", verify(token), problem.Unauthenticated)
}

const callback = "http://localhost:8080/api/v1/sign-in/callback"

func TestRealSignIn(t *testing.T) {
	idp, clock := providertest.Start(t), &realClock{}
	site := idp.Site(callback)
	client := provider.Client{ID: site.ID, Secret: site.Secret, Redirect: callback, Scopes: []string{"openid", "profile", "email", "groups"}}
	p := real(t, idp, clock, client, "groups")
	attempt := provider.Attempt{State: "state-of-the-attempt", Nonce: "nonce-of-the-attempt", Verifier: "a-verifier-that-has-at-least-forty-three-characters"}
	page, err := p.Authorize(t.Context(), attempt)
	if err != nil {
		t.Fatal(err)
	}
	signIn := func(login string) provider.Answer {
		t.Helper()
		back := idp.SignIn(page, login)
		if back.Query().Get("state") != attempt.State || back.Scheme+"://"+back.Host+back.Path != callback {
			t.Fatalf("came back at %s", back)
		}
		return provider.Answer{Code: back.Query().Get("code"), Issuer: back.Query().Get("iss")}
	}
	answer := signIn("anne")
	who, err := p.Redeem(t.Context(), attempt, answer)
	if err != nil || who.Actor() != "oidc:anne" || who.Name != "Anne Martin" || who.Email != "anne@company.example" || !slices.Equal(who.Roles, []string{"internal"}) {
		t.Fatalf("got %+v, %v", who, err)
	}
	_, err = p.Redeem(t.Context(), attempt, answer)
	wantCode(t, "the same code again", err, problem.Unauthenticated)
	if who, err := p.Redeem(t.Context(), attempt, signIn("grete")); err != nil || len(who.Roles) != 0 {
		t.Errorf("got %+v, %v", who, err)
	}
	for what, change := range map[string]func(*provider.Attempt, *provider.Answer){
		"another nonce":    func(a *provider.Attempt, _ *provider.Answer) { a.Nonce = "of-another-sign-in" },
		"no nonce":         func(a *provider.Attempt, _ *provider.Answer) { a.Nonce = "" },
		"another verifier": func(a *provider.Attempt, _ *provider.Answer) { a.Verifier += "x" },
		"another issuer":   func(_ *provider.Attempt, b *provider.Answer) { b.Issuer = "https://evil.example" },
		"no issuer":        func(_ *provider.Attempt, b *provider.Answer) { b.Issuer = "" },
		"no code":          func(_ *provider.Attempt, b *provider.Answer) { b.Code = "" },
	} {
		a, b := attempt, signIn("anne")
		change(&a, &b)
		_, err := p.Redeem(t.Context(), a, b)
		wantCode(t, what, err, problem.Unauthenticated)
	}
	answer = signIn("anne")
	idp.Stop()
	start := time.Now()
	_, err = p.Redeem(t.Context(), attempt, answer)
	wantCode(t, "the provider is down", err, problem.Unavailable)
	if took := time.Since(start); took > 2*time.Second {
		t.Errorf("refused after %v", took)
	}
}

func TestRealWrongSecret(t *testing.T) {
	idp := providertest.Start(t)
	site := idp.Site(callback)
	client := provider.Client{ID: site.ID, Secret: "wrong", Redirect: callback, Scopes: []string{"openid"}}
	p := real(t, idp, &realClock{}, client, "groups")
	attempt := provider.Attempt{State: "s", Nonce: "n", Verifier: "a-verifier-that-has-at-least-forty-three-characters"}
	page, err := p.Authorize(t.Context(), attempt)
	if err != nil {
		t.Fatal(err)
	}
	back := idp.SignIn(page, "anne")
	_, err = p.Redeem(t.Context(), attempt, provider.Answer{Code: back.Query().Get("code"), Issuer: back.Query().Get("iss")})
	wantCode(t, "a wrong secret", err, problem.Unauthenticated)
}
