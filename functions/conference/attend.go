package conference

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/coopnet/coopnet/shared/jointoken"
	"github.com/coopnet/coopnet/shared/problem"
)

// Attendee is somebody who may be in a conference at this moment, for domains that serve participants.
type Attendee struct {
	Conference  *Conference
	Participant string
	Name        string
	Person      string // see jointoken.Person
	Role        jointoken.Role
	Permissions []jointoken.Permission // those that a join token would have now
}

// Attend returns who makes a request: whoever would get a join token now. Nobody knocks by it.
func (d *Domain) Attend(r *http.Request) (*Attendee, error) {
	admission, err := d.fromCookie(r)
	if err != nil {
		return nil, err
	}
	who, err := d.identity(r, admission)
	if err != nil {
		return nil, err
	}
	who, person, err := admission.participant(who)
	if err != nil {
		return nil, err
	}
	c, err := d.admitted(r.Context(), admission)
	if err != nil {
		return nil, err
	}
	if admission.Role == jointoken.RoleGuest && c.GuestPolicy == PolicyLobby {
		k, err := d.cfg.Store.Knock(r.Context(), c.ID, admission.Participant)
		if err != nil && !errors.Is(err, ErrNotFound) {
			return nil, fmt.Errorf("read the lobby: %w", err)
		}
		if err != nil || k.Status != KnockAdmitted {
			return nil, problem.New(problem.Forbidden, "Somebody has to let you in first.")
		}
	}
	return &Attendee{
		Conference: c, Participant: admission.Participant, Name: who.DisplayName(), Person: person, Role: admission.Role,
		Permissions: permissions(c.Permissions, admission),
	}, nil
}
