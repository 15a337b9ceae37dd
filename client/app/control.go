package app

import (
	"context"
	"encoding/json"
	"errors"
	"sync"
	"time"

	"github.com/coopnet/coopnet/client/capture"
	"github.com/coopnet/coopnet/client/grant"
	"github.com/coopnet/coopnet/client/input"
	"github.com/coopnet/coopnet/client/session"
	"github.com/coopnet/coopnet/client/window"
	"github.com/coopnet/coopnet/shared/controltoken"
	"github.com/coopnet/coopnet/shared/wire"
)

const (
	sendTimeout = 5 * time.Second
	maxInputs   = 256 // messages of input that wait: who is so far behind has no control
	maxAsked    = 4
)

// channel is the control channel; session.Session is one.
type channel interface {
	Send(ctx context.Context, message any) error
	Room() session.Room
}

// voucher says who asks for control; vouching is one.
type voucher interface {
	verify(ctx context.Context, token, participant string) (controltoken.Claims, error)
}

// controls is the remote control of one share: who asks, what the user says, the banner, and what the controller does.
// phase and message are called by the session and never wait. What windows show is done by the share's own goroutine.
type controls struct {
	app     *app
	vouch   voucher
	session channel

	news    chan struct{} // the room or the control has changed
	asked   chan wire.ControlRequested
	granted chan wire.ControlGranted
	inputs  chan wire.ControlInjected
	asking  sync.WaitGroup

	mu     sync.Mutex  // guards what follows
	desk   *grant.Desk // nil: nothing is shared that can be controlled
	source capture.Source
	asks   string             // the request that is before the user
	cancel context.CancelFunc // of the question

	over   chan string // ids of grants that have ended here, which the relay has to be told
	banner Strip       // of the share's goroutine: who controls is named for as long as they do
	watch  Panic
}

func newControls(a *app, v voucher) *controls {
	return &controls{app: a, vouch: v, news: make(chan struct{}, 1), asked: make(chan wire.ControlRequested, maxAsked),
		granted: make(chan wire.ControlGranted, 1), inputs: make(chan wire.ControlInjected, maxInputs), over: make(chan string, 4)}
}

// begin makes a share controllable.
func (c *controls) begin(d *grant.Desk, s capture.Source) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.desk, c.source = d, s
}

// end ends whatever control there is, with the share.
func (c *controls) end() error {
	c.stop(grant.Ended)
	c.mu.Lock()
	c.desk = nil
	c.mu.Unlock()
	c.asking.Wait()
	return c.tidy()
}

func (c *controls) at() *grant.Desk {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.desk
}

// phase hears of the control channel: nothing of a grant survives it.
func (c *controls) phase(p session.Phase, _ session.Reason) {
	if p == session.Open {
		return
	}
	c.withdraw("")
	if d := c.at(); d != nil {
		d.End()
	}
	wake(c.news)
}

// message hears what the relay says.
func (c *controls) message(t wire.Type, frame []byte) {
	wake(c.news)
	d := c.at()
	if d == nil {
		return
	}
	switch t {
	case wire.TypeControlRequest:
		var m wire.ControlRequested
		if json.Unmarshal(frame, &m) == nil {
			offer(c.asked, m) // one too many is not answered, and expires
		}
	case wire.TypeControlGrant:
		var m wire.ControlGranted
		if json.Unmarshal(frame, &m) == nil {
			offer(c.granted, m)
		}
	case wire.TypeControlDeny:
		var m wire.ControlDenied
		if json.Unmarshal(frame, &m) == nil {
			d.Withdraw(m.Request)
			c.withdraw(m.Request)
		}
	case wire.TypeControlRevoke:
		var m wire.ControlRevoked
		if json.Unmarshal(frame, &m) == nil {
			d.EndOf(m.Grant)
		}
	case wire.TypeControlInput:
		var m wire.ControlInjected
		if json.Unmarshal(frame, &m) == nil && !offer(c.inputs, m) {
			c.cut() // keys that were let go must not stay pressed because of what is left out
		}
	}
}

func offer[M any](ch chan M, m M) bool {
	select {
	case ch <- m:
		return true
	default:
		return false
	}
}

// inject does what the controller does, in order, until ctx ends.
func (c *controls) inject(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case m := <-c.inputs:
			if d := c.at(); d != nil {
				d.Input(m.Grant, m.Participant, events(m.Events))
			}
		}
	}
}

func events(all []wire.InputEvent) []input.Event {
	list := make([]input.Event, 0, min(len(all), wire.MaxInputEvents))
	for _, e := range all[:min(len(all), wire.MaxInputEvents)] {
		list = append(list, input.Event{Kind: string(e.Kind), X: e.X, Y: e.Y, Button: e.Button, DX: e.DX, DY: e.DY, Code: e.Code, Text: e.Text})
	}
	return list
}

// consider has a request vouched for, and asks the user, in a goroutine of its own.
func (c *controls) consider(ctx context.Context, m wire.ControlRequested) {
	ctx, cancel := context.WithCancel(ctx)
	c.mu.Lock()
	busy := c.asks != ""
	if !busy {
		c.asks, c.cancel = m.Request, cancel
	}
	c.mu.Unlock()
	if busy {
		cancel()
		c.deny(m.Request, grant.Busy)
		return
	}
	c.asking.Go(func() {
		defer cancel()
		defer c.withdraw(m.Request)
		if why := c.ask(ctx, m); why != "" {
			c.deny(m.Request, why)
		}
	})
}

// ask is the whole question; the reason is for the relay, empty where it has the yes or needs no answer any more.
func (c *controls) ask(ctx context.Context, m wire.ControlRequested) grant.Reason {
	d := c.at()
	if d == nil {
		return grant.Denied
	}
	claims, err := c.vouch.verify(ctx, m.Token, m.Participant)
	if err != nil {
		c.app.Logger.Warn("a request for control is not believed", "participant", m.Participant, "error", err)
		return grant.Unverified
	}
	if why := d.Ask(grant.Request{ID: m.Request, Publication: m.Publication, Participant: claims.Controller, Name: claims.Name, Role: claims.Role}); why != "" {
		return why
	}
	watch, err := c.app.Desktop.WatchPanic(func() {}) // only for its name; without the key there is no control
	if err != nil {
		c.app.Logger.Warn("no key could end the control", "error", err)
		d.Withdraw(m.Request)
		return grant.Denied
	}
	key := watch.Key()
	watch.Close()
	allowed, err := c.app.Windows.Consent(ctx, window.Consent{Name: claims.Name, Role: claims.Role, What: title(c.source), Kind: string(c.source.Kind), PanicKey: key})
	if err != nil && ctx.Err() == nil {
		c.app.Logger.Warn("the user could not be asked", "error", err)
	}
	if ctx.Err() != nil { // the request is over: nobody waits for an answer
		d.Withdraw(m.Request)
		return ""
	}
	if !allowed || err != nil || !d.Allow(m.Request) {
		d.Withdraw(m.Request)
		return grant.Denied
	}
	if err := c.send(wire.ControlGrant{Type: wire.TypeControlGrant, Request: m.Request}); err != nil {
		d.Withdraw(m.Request)
	}
	return ""
}

// withdraw takes the question away, if it is about this request; "" is any.
func (c *controls) withdraw(request string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.cancel != nil && (request == "" || request == c.asks) {
		c.cancel()
		c.asks, c.cancel = "", nil
	}
}

// give begins the control that the user has allowed. The banner and the key come first.
func (c *controls) give(m wire.ControlGranted) {
	d := c.at()
	if d == nil {
		return
	}
	r, expected := d.Allowed(m.Request)
	if !expected {
		c.revoke(m.Grant)
		return
	}
	err := c.warn(r.Name)
	if err == nil && !d.Granted(m.Request, grant.Grant{ID: m.Grant, Participant: m.Participant}) {
		err = errors.New("nobody has allowed it")
	}
	if err != nil {
		c.app.Logger.Warn("control is not given", "error", err)
		d.Withdraw(m.Request)
		c.revoke(m.Grant)
	}
}

// cut ends the control at once, whatever the windows are doing.
func (c *controls) cut() {
	if d := c.at(); d != nil {
		if g, was := d.End(); was {
			offer(c.over, g.ID)
		}
	}
}

// warn shows the banner, and watches for the panic key.
func (c *controls) warn(name string) (err error) {
	if err := c.untell(); err != nil {
		return err
	}
	if c.watch, err = c.app.Desktop.WatchPanic(c.cut); err != nil {
		c.watch = nil
		return err
	}
	c.banner, err = c.app.Windows.Banner(window.Banner{Name: name, PanicKey: c.watch.Key()})
	if err != nil {
		c.banner = nil
		return errors.Join(err, c.untell())
	}
	return nil
}

// tidy takes the banner away when nobody controls any more.
func (c *controls) tidy() error {
	if d := c.at(); d != nil {
		if _, controls := d.Controller(); controls {
			return nil
		}
	}
	return c.untell()
}

func (c *controls) untell() (err error) {
	if c.watch != nil {
		c.watch.Close()
		c.watch = nil
	}
	if c.banner != nil {
		err = c.banner.Close()
		c.banner = nil
	}
	return err
}
