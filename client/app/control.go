package app

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
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

	mu       sync.Mutex // guards what follows
	shared              // what can be controlled
	question question
	past     past

	over    chan string // ids of grants that have ended here, which the relay has to be told
	warning warning     // of the share's goroutine
}

// shared is what can be controlled.
type shared struct {
	desk   *grant.Desk // nil: nothing
	source capture.Source
	others []string // shares of the same participant that are not this one
}

// question is what is before the user.
type question struct {
	request string // empty: nothing
	allowed string // the request that they have allowed last
	cancel  context.CancelFunc
}

// warning names who controls, for as long as they do.
type warning struct {
	banner Strip
	watch  Panic
}

func newControls(a *app, v voucher) *controls {
	return &controls{app: a, vouch: v, news: make(chan struct{}, 1), asked: make(chan wire.ControlRequested, maxAsked),
		granted: make(chan wire.ControlGranted, 1), inputs: make(chan wire.ControlInjected, maxInputs), over: make(chan string, 4)}
}

// begin makes a share controllable, before it is published: what this participant shares already is another one's desktop.
func (c *controls) begin(d *grant.Desk, s capture.Source) {
	others := c.session.Room().Own()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.desk, c.source, c.others = d, s, nil
	for _, p := range others {
		c.others = append(c.others, p.ID)
	}
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
	for drop(c.asked) || drop(c.granted) {
	}
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
			c.remember(m.Request)
			d.Withdraw(m.Request)
			c.withdraw(m.Request)
		}
	case wire.TypeError:
		var m wire.Error
		if json.Unmarshal(frame, &m) == nil && m.Re == wire.TypeControlGrant {
			d.Withdraw(c.allowed()) // the relay makes no grant of the user's yes
		}
	case wire.TypeControlRevoke:
		var m wire.ControlRevoked
		if json.Unmarshal(frame, &m) == nil {
			c.remember(m.Grant) // it may still be waiting to be given
			d.EndOf(m.Grant)
		}
	case wire.TypeControlInput:
		var m wire.ControlInjected
		if json.Unmarshal(frame, &m) == nil && !offer(c.inputs, m) {
			c.cut() // keys that were let go must not stay pressed because of what is left out
		}
	}
}

// drop throws away what waits; false: nothing does.
func drop[M any](ch chan M) bool {
	select {
	case <-ch:
		return true
	default:
		return false
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
	if why := c.pose(m, cancel); why != "" {
		cancel()
		if why != grant.Expired { // then nobody waits for an answer
			c.deny(m.Request, why)
		}
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

// pose makes a request the question that is before the user; a reason is why not.
func (c *controls) pose(m wire.ControlRequested, cancel context.CancelFunc) grant.Reason {
	own := c.session.Room().Own()
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.past.has(m.Request):
		return grant.Expired
	case c.question.request != "":
		return grant.Busy
	case !slices.ContainsFunc(own, func(p wire.Publication) bool { return p.ID == m.Publication }) || slices.Contains(c.others, m.Publication):
		return grant.Denied // they would see one desktop, and act on another
	}
	c.question.request, c.question.cancel = m.Request, cancel
	return ""
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
	c.mu.Lock()
	c.question.allowed = m.Request
	c.mu.Unlock()
	if err := c.send(wire.ControlGrant{Type: wire.TypeControlGrant, Request: m.Request}); err != nil {
		d.Withdraw(m.Request)
	}
	return ""
}

// withdraw takes the question away, if it is about this request; "" is any.
func (c *controls) withdraw(request string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if q := &c.question; q.cancel != nil && (request == "" || request == q.request) {
		q.cancel()
		q.request, q.cancel = "", nil
	}
}

// allowed is the request that the user has allowed last.
func (c *controls) allowed() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.question.allowed
}

// remember keeps the id of a request or a grant that is over.
func (c *controls) remember(id string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.past.add(id)
}

func (c *controls) isOver(id string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.past.has(id)
}

// past are the latest ids of requests and grants that are over: what has been said of them before may still be waiting.
type past struct{ ids []string }

const maxPast = 8 // more do not wait

func (p *past) add(id string) {
	if p.ids = append(p.ids, id); len(p.ids) > maxPast {
		p.ids = p.ids[1:]
	}
}

func (p *past) has(id string) bool { return slices.Contains(p.ids, id) }

// give begins the control that the user has allowed. The banner and the key come first.
func (c *controls) give(m wire.ControlGranted) {
	d := c.at()
	if d == nil {
		return
	}
	r, expected := d.Allowed(m.Request)
	if c.isOver(m.Grant) {
		d.Withdraw(m.Request)
		return
	}
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
	if c.isOver(m.Grant) { // it has ended while the banner came
		d.EndOf(m.Grant)
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
	if c.warning.watch, err = c.app.Desktop.WatchPanic(c.cut); err != nil {
		c.warning.watch = nil
		return err
	}
	c.warning.banner, err = c.app.Windows.Banner(window.Banner{Name: name, PanicKey: c.warning.watch.Key()})
	if err != nil {
		c.warning.banner = nil
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
	if c.warning.watch != nil {
		c.warning.watch.Close()
		c.warning.watch = nil
	}
	if c.warning.banner != nil {
		err = c.warning.banner.Close()
		c.warning.banner = nil
	}
	return err
}
