package provider

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/go-jose/go-jose/v4"

	"github.com/coopnet/coopnet/shared/problem"
)

const (
	maxToken = 8 << 10 // bytes; those with many groups have 3 to 4 KB
	leeway   = 30 * time.Second
)

// Verify returns whose access token it is (RFC 9068, and what providers issued before it). Its errors are problems:
// unauthenticated, or unavailable when the provider would have to be asked and does not answer.
func (p *Provider) Verify(ctx context.Context, token string) (Person, error) {
	if p.cfg.Audience == "" {
		return Person{}, p.refuse(ctx, errors.New("no audience is configured"))
	}
	claims, typ, err := p.verify(ctx, token, p.cfg.Audience)
	if err != nil {
		return Person{}, p.refuse(ctx, err)
	}
	if err := isAccessToken(typ, claims); err != nil {
		return Person{}, p.refuse(ctx, err)
	}
	return p.person(claims), nil
}

// refuse tells the log why, and the caller nothing. Of a token the reasons have its issuer and audience at most.
func (p *Provider) refuse(ctx context.Context, why error) error {
	if problem.From(why).Code == problem.Unavailable {
		p.cfg.Logger.WarnContext(ctx, "the identity provider does not answer", "error", why)
		return why
	}
	p.cfg.Logger.InfoContext(ctx, "token refused", "reason", why.Error())
	return problem.New(problem.Unauthenticated, "The token is not valid here, or not any more.")
}

// verify checks signature, issuer, audience and time, and returns all claims and the header's typ.
func (p *Provider) verify(ctx context.Context, token, audience string) (claims map[string]any, typ string, err error) {
	if len(token) > maxToken {
		return nil, "", errors.New("it is too long")
	}
	jws, err := jose.ParseSignedCompact(token, joseAlgorithms())
	if err != nil {
		return nil, "", errors.New("it is not a JWT with an algorithm that we accept")
	}
	header := jws.Signatures[0].Protected
	typ, _ = header.ExtraHeaders[jose.HeaderType].(string)
	keys, err := p.key(ctx, header.KeyID, header.Algorithm)
	if err != nil {
		return nil, "", err
	}
	verified, err := oidc.NewVerifier(p.cfg.Issuer, &oidc.StaticKeySet{PublicKeys: keys}, &oidc.Config{
		ClientID: audience, SupportedSigningAlgs: algorithms(), SkipExpiryCheck: true, // its leeway is not ours
	}).Verify(ctx, token)
	if err != nil {
		return nil, "", err
	}
	if err := verified.Claims(&claims); err != nil {
		return nil, "", errors.New("its claims are not JSON")
	}
	return claims, strings.ToLower(typ), p.timely(claims)
}

// timely checks RFC 7519 sections 4.1.4 to 4.1.6. A token without an end is refused.
func (p *Provider) timely(claims map[string]any) error {
	now := p.cfg.Now()
	expires, ok := instant(claims["exp"])
	switch {
	case !ok:
		return errors.New("it has no exp")
	case !now.Before(expires.Add(leeway)):
		return errors.New("it has expired")
	}
	for _, name := range []string{"nbf", "iat"} {
		if claims[name] == nil {
			continue
		}
		if from, ok := instant(claims[name]); !ok || from.After(now.Add(leeway)) {
			return fmt.Errorf("its %s is in the future", name)
		}
	}
	return nil
}

func instant(claim any) (time.Time, bool) {
	seconds, ok := claim.(float64)
	if !ok || seconds < 1 || seconds > 1<<40 {
		return time.Time{}, false
	}
	return time.Unix(int64(seconds), 0), true
}

// isAccessToken refuses other tokens of the same issuer and audience. RFC 9068 section 4: typ tells them apart; older
// providers say JWT or nothing, and are known by what only other tokens have.
func isAccessToken(typ string, claims map[string]any) error {
	kind, _ := claims["typ"].(string) // Keycloak says here what the token is for
	switch {
	case claims["cnf"] != nil:
		return errors.New("it is bound to a key (RFC 7800), which a bearer does not show")
	case claims["events"] != nil:
		return errors.New("it is a notice, not an access token")
	case kind != "" && !strings.EqualFold(kind, "Bearer"):
		return errors.New("its claim typ says that it is no access token")
	case typ == "at+jwt", typ == "application/at+jwt":
		return nil
	case typ != "" && typ != "jwt":
		return errors.New("its typ is another one")
	case kind != "":
		return nil
	}
	for _, name := range []string{"nonce", "at_hash", "c_hash", "s_hash"} { // OpenID Connect Core sections 2 and 3.3.2.11
		if claims[name] != nil {
			return errors.New("it is an ID token")
		}
	}
	return nil
}

// person reads who it is. What is shown to others is checked by who shows it.
func (p *Provider) person(claims map[string]any) Person {
	text := func(name string) string {
		s, _ := claims[name].(string)
		return s
	}
	who := Person{Subject: text("sub"), Name: text("name"), Email: text("email"), Roles: p.cfg.Roles.of(claims)}
	if who.Name == "" {
		who.Name = strings.TrimSpace(text("given_name") + " " + text("family_name"))
	}
	if verified, said := claims["email_verified"].(bool); said && !verified {
		who.Email = ""
	}
	return who
}

// audiences reads aud, which is one text or a list (RFC 7519 section 4.1.3).
func audiences(claims map[string]any) []string {
	raw, _ := json.Marshal(claims["aud"]) // came from JSON
	var list []string
	if json.Unmarshal(raw, &list) != nil {
		one, _ := claims["aud"].(string)
		list = []string{one}
	}
	return slices.Clip(list)
}
