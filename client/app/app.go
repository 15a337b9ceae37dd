// Package app is the software as a whole: from a launch URL to a share, its windows and its end.
package app

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/coopnet/coopnet/client/launch"
	"github.com/coopnet/coopnet/client/network"
	"github.com/coopnet/coopnet/client/session"
	"github.com/coopnet/coopnet/client/share"
	"github.com/coopnet/coopnet/client/text"
	"github.com/coopnet/coopnet/client/window"
)

// Config is what the software is made of.
type Config struct {
	Arguments []string // of the command line
	Version   string
	Platform  string // as windows-amd64
	Origins   []launch.Origin
	Updates   Updates
	Network   *network.Network
	Windows   Windows
	Desktop   Desktop
	Code      func(codec string, bitrate int) (share.Coder, error)
	Codecs    []string // to offer, the best first
	Language  string   // BCP 47
	Now       func() time.Time
	Random    func() uint32
	Logger    *slog.Logger
}

// Errors that end a share, and are explained to the user.
var (
	errDeclined = errors.New("the user does not want to share")
	errNoShare  = errors.New("this participant may not share")
	errUpdated  = errors.New("an update takes over")
)

// closed is a control channel that is closed for good.
type closed struct {
	reason session.Reason
	cause  error
}

func (c *closed) Error() string {
	return "the conference is over for this software: " + string(c.reason)
}
func (c *closed) Unwrap() error { return c.cause }

type app struct {
	Config
	words  text.Words
	said   text.Endings
	faults text.Faults

	proxies text.Proxies
}

func newApp(cfg Config) *app {
	return &app{Config: cfg, words: text.For(cfg.Language), said: text.EndingsFor(cfg.Language), faults: text.FaultsFor(cfg.Language), proxies: text.ProxiesFor(cfg.Language)}
}

// Run does all that one launch asks for. What goes wrong is said to the user, and returned.
func Run(ctx context.Context, cfg Config) error {
	a := newApp(cfg)
	err := a.run(ctx)
	switch {
	case errors.Is(err, errDeclined), errors.Is(err, errUpdated), ctx.Err() != nil:
		return nil
	case err == nil:
		return nil
	}
	a.Logger.Warn("ended", "error", err)
	if _, sayErr := a.Windows.Message(ctx, window.Message{Text: a.explain(err)}); sayErr != nil {
		return errors.Join(err, sayErr)
	}
	return err
}

func (a *app) run(ctx context.Context) error {
	code, err := launch.Arguments(a.Arguments)
	if err != nil {
		return err
	}
	if err := a.pass(ctx); err != nil {
		return err
	}
	if err := a.offerUpdate(ctx); err != nil {
		return err
	}
	p, err := a.enter(ctx, code)
	if err != nil {
		return err
	}
	if !slices.Contains(p.ticket.Permissions, "share") {
		return errNoShare
	}
	if err := a.passRelays(ctx, p.ticket); err != nil {
		return err
	}
	who := p.ticket.Participant
	yes, err := a.Windows.Confirm(ctx, window.Confirm{Conference: p.conference.Name, Portal: p.portal.Origin(), Name: who.Name, Role: who.Role})
	if err != nil {
		return err
	}
	if !yes {
		return errDeclined
	}
	return a.join(ctx, p)
}

// join keeps the place in the conference for as long as something is shared there.
func (a *app) join(ctx context.Context, p *place) error {
	ctx, leave := context.WithCancelCause(ctx)
	vouch := p.vouching(a)
	defer vouch.close()
	c := newControls(a, vouch)
	s := session.New(session.Config{
		Tickets: p.tickets, Network: a.Network, Chance: func() float64 { return float64(a.Random()) / (1 << 32) }, Logger: a.Logger,
		Phase: c.phase, Message: c.message,
	})
	c.session = s
	var running sync.WaitGroup
	running.Go(func() {
		reason, err := s.Run(ctx)
		leave(&closed{reason, err})
	})
	defer running.Wait()
	defer leave(nil)
	err := a.share(ctx, s, c)
	var over *closed
	if ctx.Err() != nil && errors.As(context.Cause(ctx), &over) && over.reason != session.Left {
		return over
	}
	return err
}

// share lets the user pick something, and shares it until they stop. When they pick something else meanwhile, it goes on with that.
func (a *app) share(ctx context.Context, s *session.Session, c *controls) error {
	if _, err := a.Desktop.Sources(ctx); err != nil { // it is said why, instead of a list of nothing
		return err
	}
	picked, ok, err := a.pick(ctx, false)
	if err == nil && !ok {
		err = errDeclined
	}
	for err == nil {
		var sh *sharing
		if sh, err = a.open(ctx, picked); err != nil {
			return err
		}
		var other *window.Picked
		if other, err = sh.run(ctx, s, c); other == nil {
			break
		}
		picked = *other
	}
	return err
}
