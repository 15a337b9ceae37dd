package standalone

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/coopnet/coopnet/functions/portal"
	"github.com/coopnet/coopnet/functions/provider"
	"github.com/coopnet/coopnet/functions/signin"
	"github.com/coopnet/coopnet/functions/staff"
	"github.com/coopnet/coopnet/shared/privatefile"
)

// OIDC is the company's identity provider.
type OIDC struct {
	Issuer       string `flag:"oidc-issuer" value:"URL" default:"" usage:"the company's identity provider (OpenID Connect), as its tokens name it; off when empty"`
	Audience     string `flag:"oidc-audience" value:"TEXT" default:"" usage:"audience of the provider's access tokens that open the API; none does when empty"`
	ClientID     string `flag:"oidc-client-id" value:"TEXT" default:"" usage:"what the provider knows this portal as, so that colleagues can sign in; nobody can when empty"`
	ClientSecret string `flag:"oidc-client-secret" value:"TEXT" default:"" usage:"secret of --oidc-client-id. Others can read a flag: use the variable, or a file"`
	SecretFile   string `flag:"oidc-client-secret-file" value:"FILE" default:"" usage:"file that holds the secret, instead"`
	Scopes       string `flag:"oidc-scopes" value:"TEXT" default:"openid profile email" usage:"what the portal asks the provider for when somebody signs in"`
	RolesClaim   string `flag:"oidc-roles-claim" value:"NAME" default:"roles" usage:"claim that says what somebody is; dots lead into objects, as in realm_access.roles"`
	Roles        string `flag:"oidc-roles" value:"VALUE=ROLE[,VALUE=ROLE]" default:"" usage:"what the claim's values give: organizer, support, publisher, or internal (may sign in and join); *=internal is everybody whom the provider knows"`
	Join         string `flag:"oidc-join" value:"WHAT" default:"name" usage:"what a colleague who has signed in types to join: name is the conference's name, password is both"`
}

// Values of OIDC.Join.
const (
	joinByName     = "name"
	joinByPassword = "password"
)

// check names one setting and says whether it is right.
type check struct {
	setting string
	check   func() error
}

func (o OIDC) checks() []check {
	return []check{
		{"oidc-issuer", func() error { return checkOptional(o.Issuer, provider.CheckIssuer) }},
		{"oidc-issuer", o.checkUse},
		{"oidc-audience", o.checkAudience},
		{"oidc-scopes", func() error {
			if !slices.Contains(strings.Fields(o.Scopes), "openid") {
				return errors.New("must have openid among them")
			}
			return nil
		}},
		{"oidc-roles", func() error {
			return checkOptional(o.Roles, func(text string) error { _, err := provider.ParseRoles(text, portal.Roles()); return err })
		}},
		{"oidc-join", func() error { return checkOneOf(o.Join, joinByName, joinByPassword) }},
	}
}

// checkUse finds settings that would do nothing.
func (o OIDC) checkUse() error {
	switch {
	case o.Issuer == "" && (o.Audience != "" || o.ClientID != "" || o.Roles != ""):
		return errors.New("is missing, and the other --oidc settings need it")
	case o.Issuer == "":
		return nil
	case o.Audience == "" && o.ClientID == "":
		return errors.New("is used for nothing: give --oidc-audience for programs, --oidc-client-id for people, or both")
	case o.Roles == "":
		return errors.New("gives nobody a role: say with --oidc-roles what the values of the claim stand for")
	}
	return nil
}

func (o OIDC) checkAudience() error {
	if o.Audience != "" && o.Audience == o.ClientID {
		return errors.New("must not be --oidc-client-id: an ID token would open the API. Let the provider issue access tokens for an audience of their own")
	}
	return nil
}

// identityProvider is nil when none is configured. Nothing is asked yet: a provider that is down hinders no start.
func (s *system) identityProvider() (*provider.Provider, error) {
	o := s.cfg.OIDC
	if o.Issuer == "" {
		return nil, nil
	}
	secret := o.ClientSecret
	if o.SecretFile != "" {
		text, err := os.ReadFile(o.SecretFile)
		if err != nil {
			return nil, &Invalid{Setting: "oidc-client-secret-file", Detail: fmt.Sprintf("%s cannot be read (%v)", o.SecretFile, privatefile.Reason(err))}
		}
		secret = strings.TrimSpace(string(text))
	}
	of, err := provider.ParseRoles(o.Roles, portal.Roles())
	if err != nil {
		return nil, err
	}
	p, err := provider.New(provider.Config{
		Issuer: o.Issuer, Audience: o.Audience, Logger: s.logger,
		Client: provider.Client{ID: o.ClientID, Secret: secret, Scopes: strings.Fields(o.Scopes), Redirect: s.public + "/api/v1/sign-in/callback"},
		Roles:  provider.Roles{Claim: o.RolesClaim, Of: of},
	})
	if err != nil {
		return nil, fmt.Errorf("wire the identity provider: %w", err)
	}
	return p, nil
}

// wirePeople puts together who is known by name: the staff, and colleagues who sign in.
func (s *system) wirePeople(clients portal.Clients, limiter signin.Limiter) (colleagues *signin.Domain, err error) {
	idp, err := s.identityProvider()
	if err != nil {
		return nil, err
	}
	people := staff.Config{Store: s.db.Staff(), Logger: s.logger}
	signing := signin.Config{
		NeedsPassword: s.cfg.OIDC.Join == joinByPassword, Keys: s.signing.Session, Limiter: limiter, Client: clients.Site, Logger: s.logger,
	}
	if idp != nil {
		people.Tokens = portal.Tokens(idp)
		if s.cfg.OIDC.ClientID != "" {
			signing.Provider = portal.Colleagues(idp)
		}
	}
	if s.staff, err = staff.New(people); err != nil {
		return nil, fmt.Errorf("wire the staff: %w", err)
	}
	if colleagues, err = signin.New(signing); err != nil {
		return nil, fmt.Errorf("wire the sign-in: %w", err)
	}
	return colleagues, nil
}
