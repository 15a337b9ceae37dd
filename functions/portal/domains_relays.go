package portal

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/coopnet/coopnet/functions/conference"
	"github.com/coopnet/coopnet/functions/relays"
	"github.com/coopnet/coopnet/functions/staff"
)

// Relays lets conferences ask where they live and who was removed.
func Relays(d *relays.Domain) conference.Relays { return placement{d} }

type placement struct{ domain *relays.Domain }

// Place implements conference.Relays.
func (p placement) Place(ctx context.Context, conferenceID, region string) ([]conference.Relay, error) {
	found, err := p.domain.Place(ctx, conferenceID, region)
	if err != nil {
		return nil, err
	}
	list := make([]conference.Relay, 0, len(found))
	for _, r := range found {
		list = append(list, conference.Relay{ID: r.ID, WHIP: r.WHIP, WHEP: r.WHEP, Control: r.Control, TURN: r.TURN})
	}
	return list, nil
}

// Removed implements conference.Relays.
func (p placement) Removed(ctx context.Context, conferenceID, participantID string) (bool, error) {
	return p.domain.Removed(ctx, conferenceID, participantID)
}

// Placed lets relays ask which conferences there are. It reads the store, because the domain of conferences is made with
// the relays' and cannot be there before.
func Placed(store conference.Store, now func() time.Time) relays.Conferences {
	return placed{store, now}
}

type placed struct {
	store conference.Store
	now   func() time.Time
}

// Conference implements relays.Conferences.
func (p placed) Conference(ctx context.Context, id string) (relays.Conference, error) {
	c, err := p.store.Conference(ctx, id)
	if errors.Is(err, conference.ErrNotFound) {
		return relays.Conference{}, relays.ErrNotFound
	}
	if err != nil {
		return relays.Conference{}, fmt.Errorf("read conference: %w", err)
	}
	return relays.Conference{Over: c.Status(p.now()) == conference.StatusEnded, RetentionDays: c.RetentionDays}, nil
}

// Crew lets relays ask who may organize and which relay somebody is.
func Crew(d *staff.Domain) relays.Staff { return crew{organizers{d}} }

type crew struct{ organizers }

// Relay implements relays.Staff. A relay's key has the relay's id for its label, or the beginning of a fleet's.
func (c crew) Relay(ctx context.Context, bearer string) (string, error) {
	k, err := c.domain.Authenticate(ctx, bearer, staff.Relay)
	return k.Label, err
}
