package provider

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

// Attempt is one attempt to sign in: random texts that only the browser that began it, sealed, and the provider know.
type Attempt struct {
	State    string // comes back with the answer
	Nonce    string // stands in the ID token
	Verifier string // of PKCE (RFC 7636)
}

// Answer is what the provider sends a browser back with.
type Answer struct {
	Code   string
	Issuer string // RFC 9207; empty: it did not say
}

// redeemTimeout is for the whole of a sign-in's second half. A person waits, and providers take their time for it; one that is
// down is noticed sooner, by dialTimeout.
const redeemTimeout = 5 * time.Second

// Authorize returns the provider's page to send the browser to.
func (p *Provider) Authorize(ctx context.Context, a Attempt) (string, error) {
	m, err := p.metadata.get(ctx, metadataAge, true)
	if m == nil {
		return "", p.refuse(ctx, unavailable(err))
	}
	return p.oauth(m).AuthCodeURL(a.State, oidc.Nonce(a.Nonce), oauth2.S256ChallengeOption(a.Verifier),
		oauth2.SetAuthURLParam("response_mode", "query")), nil
}

func (p *Provider) oauth(m *metadata) *oauth2.Config {
	endpoint := m.Endpoint()
	endpoint.AuthStyle = oauth2.AuthStyleInHeader // the default of OpenID Connect Discovery section 3
	basic := len(m.AuthMethods) == 0 || slices.Contains(m.AuthMethods, "client_secret_basic")
	if p.cfg.Client.Secret == "" || !basic {
		endpoint.AuthStyle = oauth2.AuthStyleInParams
	}
	return &oauth2.Config{
		ClientID: p.cfg.Client.ID, ClientSecret: p.cfg.Client.Secret, Endpoint: endpoint, RedirectURL: p.cfg.Client.Redirect, Scopes: p.cfg.Client.Scopes,
	}
}

// Redeem exchanges the answer's code and returns who has signed in. The provider's tokens go no further than this.
func (p *Provider) Redeem(ctx context.Context, a Attempt, answer Answer) (Person, error) {
	ctx, cancel := context.WithTimeout(ctx, redeemTimeout)
	defer cancel()
	m, err := p.metadata.get(ctx, metadataAge, true)
	if m == nil {
		return Person{}, p.refuse(ctx, unavailable(err))
	}
	// RFC 9207 section 2.4: an answer of another provider must not reach this one's token endpoint.
	if answer.Issuer != p.cfg.Issuer && (answer.Issuer != "" || m.AnswersIss) {
		return Person{}, p.refuse(ctx, errors.New("the answer is another provider's"))
	}
	ctx = oidc.ClientContext(ctx, p.client)
	tokens, err := p.oauth(m).Exchange(ctx, answer.Code, oauth2.VerifierOption(a.Verifier))
	if err != nil {
		return Person{}, p.refuse(ctx, exchangeFailure(err))
	}
	id, _ := tokens.Extra("id_token").(string)
	claims, _, err := p.verify(ctx, id, p.cfg.Client.ID)
	if err != nil {
		return Person{}, p.refuse(ctx, err)
	}
	if err := p.isOurs(claims, a.Nonce); err != nil {
		return Person{}, p.refuse(ctx, err)
	}
	return p.complete(ctx, m, claims, tokens)
}

// exchangeFailure tells a provider that refuses the code from one that does not answer. oauth2's own error has the
// provider's words in it, and those go into no log.
func exchangeFailure(err error) error {
	var refused *oauth2.RetrieveError
	if !errors.As(err, &refused) {
		return unavailable(fmt.Errorf("exchange the code: %w", err))
	}
	if status := refused.Response.StatusCode; status >= http.StatusInternalServerError || status == http.StatusTooManyRequests {
		return unavailable(fmt.Errorf("exchange the code: status %d", status))
	}
	switch refused.ErrorCode { // RFC 6749 section 5.2
	case "invalid_client", "unauthorized_client":
		return errors.New("the provider does not know the client, or not by this secret")
	case "invalid_grant":
		return errors.New("the provider does not know the code, or it was used")
	}
	return fmt.Errorf("the provider refuses the code with status %d", refused.Response.StatusCode)
}

// isOurs checks OpenID Connect Core section 3.1.3.7, points 4, 5 and 11.
func (p *Provider) isOurs(claims map[string]any, nonce string) error {
	party, said := claims["azp"].(string)
	if said && party != p.cfg.Client.ID || !said && len(audiences(claims)) > 1 {
		return errors.New("the ID token is for another client")
	}
	got, _ := claims["nonce"].(string)
	if nonce == "" || subtle.ConstantTimeCompare([]byte(got), []byte(nonce)) != 1 {
		return errors.New("the ID token is of another sign-in")
	}
	if sub, _ := claims["sub"].(string); sub == "" {
		return errors.New("the ID token names nobody")
	}
	return nil
}

// complete asks for what the ID token does not tell: providers may keep name, e-mail and roles for the endpoint of
// OpenID Connect Core section 5.3.
func (p *Provider) complete(ctx context.Context, m *metadata, claims map[string]any, tokens *oauth2.Token) (Person, error) {
	who := p.person(claims)
	if who.Name != "" && who.Email != "" && len(p.cfg.Roles.values(claims)) > 0 || m.UserInfoEndpoint() == "" {
		return who, nil
	}
	more, err := m.UserInfo(ctx, oauth2.StaticTokenSource(tokens))
	if err != nil && who.Name != "" && len(who.Roles) > 0 { // enough is known
		return who, nil
	}
	if err != nil {
		return Person{}, p.refuse(ctx, unavailable(errors.New("the provider does not tell more about a person who has signed in")))
	}
	if more.Subject != who.Subject { // section 5.3.2
		return Person{}, p.refuse(ctx, errors.New("the provider tells about another person"))
	}
	var further map[string]any
	if err := more.Claims(&further); err != nil {
		return Person{}, p.refuse(ctx, unavailable(errors.New("what the provider tells about a person is not JSON")))
	}
	maps.Copy(further, claims) // what is signed counts
	return p.person(further), nil
}
