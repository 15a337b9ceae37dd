package portal

import (
	"context"
	"net/http"

	"github.com/coopnet/coopnet/functions/conference"
	"github.com/coopnet/coopnet/functions/identity"
	"github.com/coopnet/coopnet/functions/staff"
	"github.com/coopnet/coopnet/functions/webhook"
	"github.com/coopnet/coopnet/shared/problem"
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

// Events lets conferences tell other systems.
func Events(d *webhook.Domain) conference.Events { return events{d} }

type events struct{ domain *webhook.Domain }

// Emit implements conference.Events.
func (e events) Emit(ctx context.Context, what conference.Event) error {
	return e.domain.Emit(ctx, webhook.Event{ID: what.ID, Type: what.Type, At: what.At, Data: what.Data})
}

// Refused reports whether an error says for sure that nothing was done: a refusal, and no fault.
func Refused(err error) bool { return problem.From(err).Code.Status() < http.StatusInternalServerError }

// Organizers lets conferences ask who may organize.
func Organizers(d *staff.Domain) conference.Staff { return organizers{d} }

type organizers struct{ domain *staff.Domain }

// Organizer implements conference.Staff.
func (o organizers) Organizer(ctx context.Context, bearer string) (string, error) {
	k, err := o.domain.Authenticate(ctx, bearer, staff.Organizer)
	return k.ID, err
}
