package cloud

import (
	"context"
	"crypto/ed25519"
	"fmt"
	"strings"

	"github.com/coopnet/coopnet/functions/portal"
	"github.com/coopnet/coopnet/functions/provider"
	"github.com/coopnet/coopnet/functions/staff"
	"github.com/coopnet/coopnet/functions/store/dynamo"
	"github.com/coopnet/coopnet/shared/release"
)

// Values of OIDC.Join.
const (
	joinByName     = "name"
	joinByPassword = "password"
)

// Provider is the company's identity provider, or nil. Nobody is asked yet: a provider that is down hinders no start.
func (e *Environment) Provider(ctx context.Context) (*provider.Provider, error) {
	o := e.Config.OIDC
	if o.Issuer == "" || o.Audience == "" && o.ClientID == "" {
		return nil, nil
	}
	of, err := provider.ParseRoles(o.Roles, portal.Roles())
	if err != nil {
		return nil, fmt.Errorf("COOPNET_OIDC_ROLES: %w", err)
	}
	cfg := provider.Config{
		Issuer: o.Issuer, Audience: o.Audience, Logger: e.Logger, Roles: provider.Roles{Claim: or(o.RolesClaim, "roles"), Of: of},
	}
	if o.ClientID != "" {
		cfg.Client = provider.Client{
			ID: o.ClientID, Scopes: strings.Fields(or(o.Scopes, "openid profile email")), Redirect: e.Config.PublicURL + "/api/v1/sign-in/callback",
		}
		if o.Secret != "" {
			if cfg.Client.Secret, err = e.secret(ctx, o.Secret); err != nil {
				return nil, err
			}
		}
	}
	return provider.New(cfg)
}

func or(text, standard string) string {
	if text == "" {
		return standard
	}
	return text
}

// NeedsPassword reports whether a colleague who has signed in types a conference's password all the same.
func (o OIDC) NeedsPassword() bool { return o.Join == joinByPassword }

// Staff asks who may organize, support and publish, by keys, and by tokens of the identity provider where there is one.
func (e *Environment) Staff(db *dynamo.DB, idp *provider.Provider) (*staff.Domain, error) {
	cfg := staff.Config{Store: db.Staff(), Logger: e.Logger}
	if idp != nil {
		cfg.Tokens = portal.Tokens(idp)
	}
	return staff.New(cfg)
}

// ReleaseKeys are the public keys of those who sign releases.
func (e *Environment) ReleaseKeys() ([]ed25519.PublicKey, error) {
	var keys []ed25519.PublicKey
	for _, text := range words(e.Config.ReleaseKeys) {
		key, err := release.ParsePublicKey(text)
		if err != nil {
			return nil, fmt.Errorf("COOPNET_RELEASE_KEYS: %q is %w", text, err)
		}
		keys = append(keys, key)
	}
	return keys, nil
}
