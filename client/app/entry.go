package app

import (
	"context"
	"errors"
	"time"

	"github.com/coopnet/coopnet/client/launch"
	"github.com/coopnet/coopnet/client/session"
	"github.com/coopnet/coopnet/client/text"
	"github.com/coopnet/coopnet/client/update"
)

const lobbyPatience = 10 * time.Second

// place is what a redeemed code gives.
type place struct {
	portal     *session.Portal
	tickets    *session.Tickets
	ticket     *session.Ticket
	conference session.Conference
}

// enter redeems the code and waits until somebody has let the guest in.
func (a *app) enter(ctx context.Context, code launch.Code) (*place, error) {
	client := a.Network.Client()
	defer client.CloseIdleConnections()
	var portals []*session.Portal
	for _, o := range a.Origins {
		portals = append(portals, session.NewPortal(string(o), client))
	}
	portal, ticket, err := session.Enter(ctx, portals, string(code), a.Version, a.Platform)
	var r *session.Refusal
	if errors.As(err, &r) && r.Code == "upgrade-required" && r.Release != nil {
		return nil, a.mustUpdate(ctx, launch.Origin(portal.Origin()), update.Release(*r.Release))
	}
	if err != nil {
		return nil, &entryError{err}
	}
	p := &place{portal: portal, ticket: ticket, tickets: session.NewTickets(portal, nil)}
	if p.conference, err = portal.Conference(ctx); err != nil {
		return nil, err
	}
	if p.ticket == nil {
		err = a.wait(ctx, p)
	}
	return p, err
}

// wait waits in the lobby.
func (a *app) wait(ctx context.Context, p *place) error {
	shown, err := a.Windows.Progress(text.Fill(a.said.Lobby, "conference", text.Foreign(p.conference.Name, 80)))
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	go func() {
		select {
		case <-shown.Pressed():
			cancel(errDeclined)
		case <-ctx.Done():
		}
	}()
	p.ticket, err = p.tickets.Fresh(ctx, lobbyPatience)
	if errors.Is(context.Cause(ctx), errDeclined) {
		err = errDeclined
	}
	return errors.Join(err, shown.Close())
}
