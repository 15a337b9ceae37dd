package portal

import (
	"context"
	"net/http"

	"github.com/coopnet/coopnet/functions/conference"
	"github.com/coopnet/coopnet/functions/diagnostics"
	"github.com/coopnet/coopnet/functions/identity"
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
