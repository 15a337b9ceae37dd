package portal

import (
	"context"
	"net/http"

	"github.com/coopnet/coopnet/functions/conference"
	"github.com/coopnet/coopnet/functions/identity"
	"github.com/coopnet/coopnet/functions/provider"
	"github.com/coopnet/coopnet/functions/staff"
)

// Identities lets conferences ask who a guest says to be; domains do not know each other.
func Identities(d *identity.Domain) conference.Identities { return identities{d} }

type identities struct{ domain *identity.Domain }

// Identity implements conference.Identities.
func (i identities) Identity(r *http.Request) (*conference.Identity, error) {
	who, err := i.domain.Of(r)
	if err != nil || who == nil {
		return nil, err
	}
	return &conference.Identity{Title: who.Title, Name: who.Name, Email: who.Email}, nil
}

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
