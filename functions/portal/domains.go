package portal

import (
	"context"
	"net/http"
	"slices"

	"github.com/coopnet/coopnet/functions/conference"
	"github.com/coopnet/coopnet/functions/diagnostics"
	"github.com/coopnet/coopnet/functions/identity"
	"github.com/coopnet/coopnet/functions/installer"
	"github.com/coopnet/coopnet/functions/provider"
	"github.com/coopnet/coopnet/functions/signin"
	"github.com/coopnet/coopnet/functions/staff"
	"github.com/coopnet/coopnet/shared/problem"
)

// Identities lets conferences ask who a guest says to be, and which colleague has signed in; domains do not know each
// other.
func Identities(guests *identity.Domain, colleagues *signin.Domain) conference.Identities {
	return identities{guests, colleagues}
}

type identities struct {
	guests     *identity.Domain
	colleagues *signin.Domain
}

// Identity implements conference.Identities.
func (i identities) Identity(r *http.Request) (*conference.Identity, error) {
	who, err := i.guests.Of(r)
	if err != nil || who == nil {
		return nil, err
	}
	return &conference.Identity{Title: who.Title, Name: who.Name, Email: who.Email}, nil
}

// Colleague implements conference.Identities.
func (i identities) Colleague(r *http.Request) (*conference.Colleague, error) {
	s, err := i.colleagues.Of(r)
	if err != nil || s == nil {
		return nil, err
	}
	return &conference.Colleague{
		Actor: s.Actor, Identity: conference.Identity{Name: s.Name, Email: s.Email}, NeedsPassword: i.colleagues.NeedsPassword(),
	}, nil
}

// Refused reports whether an error says for sure that nothing was done: a refusal, and no fault.
func Refused(err error) bool { return problem.From(err).Code.Status() < http.StatusInternalServerError }

// Organizers lets conferences ask who may organize.
func Organizers(d *staff.Domain) conference.Staff { return organizers{d} }

type organizers struct{ domain *staff.Domain }

// Organizer implements conference.Staff.
func (o organizers) Organizer(ctx context.Context, bearer string) (string, error) {
	a, err := o.domain.Authenticate(ctx, bearer, staff.Organizer)
	return a.ID, err
}

// Reader implements conference.Staff.
func (o organizers) Reader(ctx context.Context, bearer string) (string, error) {
	a, err := o.domain.AuthenticateReader(ctx, bearer, staff.Organizer)
	return a.ID, err
}

// Supporters lets the reports ask who supports guests.
func Supporters(d *staff.Domain) diagnostics.Staff { return supporters{d} }

type supporters struct{ domain *staff.Domain }

// Support implements diagnostics.Staff.
func (s supporters) Support(ctx context.Context, bearer string) (string, error) {
	a, err := s.domain.Authenticate(ctx, bearer, staff.Support)
	return a.ID, err
}

// Reader implements diagnostics.Staff.
func (s supporters) Reader(ctx context.Context, bearer string) (string, error) {
	a, err := s.domain.AuthenticateReader(ctx, bearer, staff.Support)
	return a.ID, err
}

// Publishers lets the catalogue ask who publishes.
func Publishers(d *staff.Domain) installer.Staff { return publishers{d} }

type publishers struct{ domain *staff.Domain }

// Publisher implements installer.Staff.
func (p publishers) Publisher(ctx context.Context, bearer string) (string, error) {
	a, err := p.domain.Authenticate(ctx, bearer, staff.Publisher)
	return a.ID, err
}

// Releases lets conferences ask which versions of the software may join.
func Releases(d *installer.Domain) conference.Releases { return releases{d} }

type releases struct{ domain *installer.Domain }

// Check implements conference.Releases.
func (r releases) Check(ctx context.Context, platform, version string) (*conference.Release, error) {
	upgrade, err := r.domain.Check(ctx, platform, version)
	if err != nil || upgrade == nil {
		return nil, err
	}
	v := r.domain.View(upgrade)
	return &conference.Release{
		Version: v.Version, MinimumVersion: v.MinimumVersion, Platform: v.Platform, Filename: v.Filename, Size: v.Size, SHA256: v.SHA256,
		Manifest: v.Manifest, Signature: v.Signature, ExpiresAt: v.ExpiresAt, URL: v.URL, Notes: v.Notes,
	}, nil
}

// Roles lists the roles that claims of the identity provider may give. Relays have keys only.
func Roles() []string {
	return []string{string(staff.Organizer), string(staff.Support), string(staff.Publisher), provider.Internal}
}

// Tokens lets the staff show access tokens of the identity provider.
func Tokens(p *provider.Provider) staff.Tokens { return tokens{p} }

type tokens struct{ provider *provider.Provider }

// Verify implements staff.Tokens.
func (t tokens) Verify(ctx context.Context, token string) (staff.Person, error) {
	who, err := t.provider.Verify(ctx, token)
	if err != nil {
		return staff.Person{}, err
	}
	p := staff.Person{ID: who.Actor()}
	for _, role := range who.Roles {
		p.Roles = append(p.Roles, staff.Role(role))
	}
	return p, nil
}

// Colleagues lets internal participants sign in with the identity provider.
func Colleagues(p *provider.Provider) signin.Provider { return colleagues{p} }

type colleagues struct{ provider *provider.Provider }

// Authorize implements signin.Provider.
func (c colleagues) Authorize(ctx context.Context, a signin.Attempt) (string, error) {
	return c.provider.Authorize(ctx, provider.Attempt{State: a.State, Nonce: a.Nonce, Verifier: a.Verifier})
}

// Redeem implements signin.Provider.
func (c colleagues) Redeem(ctx context.Context, a signin.Attempt, answer signin.Answer) (signin.Person, error) {
	who, err := c.provider.Redeem(ctx, provider.Attempt{State: a.State, Nonce: a.Nonce, Verifier: a.Verifier}, provider.Answer(answer))
	if err != nil {
		return signin.Person{}, err
	}
	return signin.Person{Actor: who.Actor(), Name: who.Name, Email: who.Email, Internal: slices.Contains(who.Roles, provider.Internal)}, nil
}
