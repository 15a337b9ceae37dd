package portal

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/coopnet/coopnet/functions/conference"
	"github.com/coopnet/coopnet/functions/diagnostics"
	"github.com/coopnet/coopnet/functions/relays"
	"github.com/coopnet/coopnet/functions/webhook"
)

// Events lets conferences tell other systems.
func Events(d *webhook.Domain) conference.Events { return events{d} }

type events struct{ domain *webhook.Domain }

// Emit implements conference.Events.
func (e events) Emit(ctx context.Context, what conference.Event) error {
	return e.domain.Emit(ctx, webhook.Event{ID: what.ID, Type: what.Type, At: what.At, Data: what.Data})
}

// Attendances lets relays tell other systems who came and went.
func Attendances(d *webhook.Domain, conferences conference.Store) relays.Events {
	return attendances{d, conferences}
}

type attendances struct {
	domain      *webhook.Domain
	conferences conference.Store
}

type attendant struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	Role string `json:"role"`
}

// Emit implements relays.Events. Of a conference that is forgotten nothing is told.
func (a attendances) Emit(ctx context.Context, e relays.Event) error {
	c, err := a.conferences.Conference(ctx, e.Conference)
	if errors.Is(err, conference.ErrNotFound) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read conference: %w", err)
	}
	told := webhook.Event{ID: conference.EventID(e.ID), Type: e.Kind, At: e.At}
	if e.Participant == "" {
		told.Data = struct {
			Conference conference.Described `json:"conference"`
			StartedAt  time.Time            `json:"startedAt"`
		}{conference.Describe(c), e.At}
	} else {
		told.Data = struct {
			Conference  conference.Described `json:"conference"`
			Participant attendant            `json:"participant"`
			At          time.Time            `json:"at"`
		}{conference.Describe(c), attendant{e.Participant, e.Name, e.Role}, e.At}
	}
	return a.domain.Emit(ctx, told)
}

// Receipts lets reports tell other systems that one has come.
func Receipts(d *webhook.Domain) diagnostics.Events { return receipts{d} }

type receipts struct{ domain *webhook.Domain }

// ReportReceived implements diagnostics.Events.
func (r receipts) ReportReceived(ctx context.Context, code string, at time.Time) error {
	return r.domain.Emit(ctx, webhook.Event{
		ID: conference.EventID("report.received", code), Type: "report.received", At: at,
		Data: struct {
			Code       string    `json:"code"`
			ReceivedAt time.Time `json:"receivedAt"`
		}{code, at},
	})
}
