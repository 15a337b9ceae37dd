package portal

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/coopnet/coopnet/functions/conference"
	"github.com/coopnet/coopnet/functions/documents"
	"github.com/coopnet/coopnet/shared/jointoken"
)

// Attendees lets documents ask who is in which conference.
func Attendees(d *conference.Domain) documents.Door { return attendees{d} }

type attendees struct{ domain *conference.Domain }

// Attendee implements documents.Door. Who may share may add, and so may everybody of the company.
func (a attendees) Attendee(r *http.Request) (documents.Attendee, error) {
	who, err := a.domain.Attend(r)
	if err != nil {
		return documents.Attendee{}, err
	}
	ours := who.Role != jointoken.RoleGuest
	return documents.Attendee{
		Participant: who.Participant, Name: who.Name, Person: who.Person, MayAdd: ours || slices.Contains(who.Permissions, jointoken.Share), MayDelete: ours,
		Conference: filed(who.Conference, false),
	}, nil
}

// filed is a conference as documents know it.
func filed(c *conference.Conference, over bool) documents.Conference {
	return documents.Conference{ID: c.ID, Over: over, Until: c.Until(), Keep: time.Duration(c.RetentionDays) * 24 * time.Hour}
}

// Filed lets documents ask which conferences there are. It reads the store: an erasure has no domain of conferences.
func Filed(store conference.Store, now func() time.Time) documents.Conferences {
	return filing{store, now}
}

type filing struct {
	store conference.Store
	now   func() time.Time
}

// Conference implements documents.Conferences.
func (f filing) Conference(ctx context.Context, id string) (documents.Conference, error) {
	c, err := f.store.Conference(ctx, id)
	if errors.Is(err, conference.ErrNotFound) {
		return documents.Conference{ID: id, Over: true}, nil
	}
	if err != nil {
		return documents.Conference{}, fmt.Errorf("read conference: %w", err)
	}
	return filed(c, c.Status(f.now()) == conference.StatusEnded), nil
}

// Ended tells several of a conference's end, at once: each bounds how long it takes.
func Ended(tell ...func(conferenceID string)) func(conferenceID string) {
	return func(conferenceID string) {
		var told sync.WaitGroup
		for _, f := range tell {
			told.Go(func() { f(conferenceID) })
		}
		told.Wait()
	}
}
