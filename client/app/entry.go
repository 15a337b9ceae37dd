package app

import (
	"context"
	"crypto/ed25519"
	"errors"
	"net/http"
	"time"

	"github.com/coopnet/coopnet/client/capture"
	"github.com/coopnet/coopnet/client/launch"
	"github.com/coopnet/coopnet/client/network"
	"github.com/coopnet/coopnet/client/session"
	"github.com/coopnet/coopnet/client/text"
	"github.com/coopnet/coopnet/client/update"
	"github.com/coopnet/coopnet/client/window"
)

const (
	updatePatience = 3 * time.Second // nobody waits longer for the news of an update
	lobbyPatience  = 10 * time.Second
	yes            = "yes"
	no             = "no"
)

// Updates is how the software replaces itself.
type Updates struct {
	Allowed    bool // by the administrator
	Publishers []ed25519.PublicKey
	Folder     string
	// Start starts the installer and returns once it has taken over. ErrByHand where the user has to.
	Start func(ctx context.Context, path string) error
}

// ErrByHand is an update that the user has to install; the file lies at Path.
type ErrByHand struct{ Path string }

func (e *ErrByHand) Error() string { return "the update has to be installed by the user" }

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
		return nil, a.mustUpdate(ctx, update.Release(*r.Release))
	}
	if err != nil {
		return nil, err
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

// offerUpdate looks for a newer version before the code is redeemed, so that it stays good. Whatever fails here keeps
// nobody from joining.
func (a *app) offerUpdate(ctx context.Context) error {
	if !a.Updates.Allowed || len(a.Updates.Publishers) == 0 {
		return nil
	}
	asking, cancel := context.WithTimeout(ctx, updatePatience)
	defer cancel()
	client := a.Network.Client()
	defer client.CloseIdleConnections()
	for _, o := range a.Origins {
		found, err := update.Ask(asking, client, string(o), a.Platform, a.Version)
		if err != nil || found == nil {
			continue
		}
		if _, err := update.Check(*found, a.Updates.Publishers, a.Platform, a.Version, a.Now()); err != nil {
			a.Logger.Warn("an update is not offered", "version", found.Version, "error", err)
			continue
		}
		return a.ask(ctx, *found, a.words.Message.Update, a.words.Message.UpdateNot)
	}
	return nil
}

// mustUpdate is for a version that is too old to join.
func (a *app) mustUpdate(ctx context.Context, r update.Release) error {
	if err := a.ask(ctx, r, a.words.Message.UpdateMust, a.words.Message.Cancel); err != nil {
		return err
	}
	return errDeclined
}

// ask offers a release and installs it; nil is the user's no.
func (a *app) ask(ctx context.Context, r update.Release, question, not string) error {
	answer, err := a.Windows.Message(ctx, window.Message{Text: text.Fill(question, "version", r.Version),
		Buttons: []window.Answer{{ID: no, Label: not}, {ID: yes, Label: a.words.Message.UpdateNow}}})
	if err != nil || answer != yes {
		return err
	}
	return a.install(ctx, r)
}

func (a *app) install(ctx context.Context, r update.Release) error {
	m, err := update.Check(r, a.Updates.Publishers, a.Platform, a.Version, a.Now())
	if err != nil {
		return &updateError{err}
	}
	what := text.Fill(a.words.Message.Fetching, "version", m.Version)
	shown, err := a.Windows.Progress(what)
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
	client := a.Network.Downloads()
	defer client.CloseIdleConnections()
	told := a.Now()
	path, err := update.Fetch(ctx, client, r.URL, m, a.Updates.Folder, func(have int64) {
		if now := a.Now(); now.Sub(told) > 100*time.Millisecond {
			told = now
			shown.Update(what, float64(have)/float64(m.Size))
		}
	})
	if err := errors.Join(err, shown.Close()); err != nil {
		if errors.Is(context.Cause(ctx), errDeclined) {
			return errDeclined
		}
		return &updateError{err}
	}
	if err := a.Updates.Start(ctx, path); err != nil {
		return &updateError{err}
	}
	if _, err := a.Windows.Message(ctx, window.Message{Text: a.said.Updated}); err != nil {
		return err
	}
	return errUpdated
}

type updateError struct{ cause error }

func (u *updateError) Error() string { return "update: " + u.cause.Error() }
func (u *updateError) Unwrap() error { return u.cause }

// explain says an error to people: what has happened, and what to do next.
func (a *app) explain(err error) string {
	var hand *ErrByHand
	var failed *updateError
	var over *closed
	var refusal *session.Refusal
	var unsupported *capture.Unsupported
	switch {
	case errors.As(err, &hand):
		return text.Fill(a.said.ByHand, "command", update.ByHand(hand.Path))
	case errors.As(err, &failed):
		return a.words.Message.Failed
	case errors.Is(err, launch.ErrURL):
		return a.said.Code
	case errors.Is(err, network.ErrLogin), errors.Is(err, network.ErrScheme):
		return a.said.Proxy
	case errors.Is(err, errNoShare):
		return a.said.NoShare
	case errors.Is(err, capture.ErrGone):
		return a.said.Gone
	case errors.As(err, &unsupported):
		return a.said.Unsupported[string(unsupported.Reason)]
	case errors.As(err, &over) && over.reason != session.Refused:
		return a.said.Closed[string(over.reason)]
	case errors.As(err, &refusal):
		return a.refused(refusal)
	}
	return a.said.Lost
}

func (a *app) refused(r *session.Refusal) string {
	switch r.Status {
	case 0:
		return a.said.Unreachable
	case http.StatusNotFound, http.StatusConflict:
		return a.said.Used
	case http.StatusTooManyRequests, http.StatusServiceUnavailable, http.StatusBadGateway, http.StatusGatewayTimeout, http.StatusInternalServerError:
		return a.said.Unavailable
	case http.StatusUpgradeRequired:
		return a.words.Message.Failed
	}
	if r.Code == "publish-denied" {
		return a.said.NoShare
	}
	return a.said.Denied
}
