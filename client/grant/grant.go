// Package grant decides who may control this desktop: one participant of the company at a time, whom the user has allowed,
// until something ends it. Nothing of it survives a reconnection. What a controller sends is injected here and nowhere
// else, so that nothing is injected any more once an end has returned.
package grant

import (
	"errors"
	"image"
	"sync"
	"time"

	"github.com/coopnet/coopnet/client/input"
)

const (
	requestLife = time.Minute     // as the relay's
	allowedLife = 5 * time.Second // until the relay's grant; without one it has refused
	idleLife    = 2 * time.Minute // without input
	grantLife   = time.Hour
)

// Reason says why control was refused or has ended, in the words of the control channel.
type Reason string

// Reasons.
const (
	Denied      Reason = "denied"      // by the user
	Busy        Reason = "busy"        // somebody else asks or controls
	Unverified  Reason = "unverified"  // the portal does not vouch for who asks
	Stopped     Reason = "stopped"     // by the user
	Idle        Reason = "idle"        // no input for two minutes
	Expired     Reason = "expired"     // an hour, or no answer to the question
	Reconnected Reason = "reconnected" // the control channel was lost
	Ended       Reason = "ended"       // the share
)

// Request is a question that the portal vouches for: name and role are the signed ones.
type Request struct {
	ID          string
	Publication string
	Participant string
	Name        string
	Role        string
}

// Grant is a right to control, for now.
type Grant struct {
	ID          string
	Participant string
	Name        string
}

// Injector carries out what a controller does; input.Injector is one.
type Injector interface {
	Inject(e input.Event, within image.Rectangle) error // *input.Later: try again
	Release() error                                     // every key and button that is still pressed; what it could not let go, the next time
}

type phase int

const (
	free    phase = iota
	asked         // the user has the question before them
	allowed       // the relay is told, and makes the grant
	granted
)

// Desk is where control is asked for and given. It changes free -> asked -> allowed -> granted -> free, and from anywhere
// to free.
type Desk struct {
	injector Injector
	bounds   func() image.Rectangle // of the source, now
	now      func() time.Time

	mu      sync.Mutex // held while something is injected: who ends a grant waits for that, and nothing comes after it
	phase   phase
	request Request
	grant   Grant
	began   time.Time     // the present phase
	heard   time.Time     // the latest input
	left    chan struct{} // closed when the present phase ends
	pressed bool          // something could not be let go when the last grant ended
}

// New makes a desk.
func New(injector Injector, bounds func() image.Rectangle, now func() time.Time) *Desk {
	return &Desk{injector: injector, bounds: bounds, now: now, left: make(chan struct{})}
}

// Ask takes a question; an empty reason means that the user is to be asked now.
func (d *Desk) Ask(r Request) Reason {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case r.Role != "internal" && r.Role != "organizer": // whatever has vouched for it
		return Unverified
	case d.phase != free && !d.forgotten(d.now()):
		return Busy
	}
	d.enter(asked)
	d.request = r
	return ""
}

// Allow takes the user's yes. It is false when the question is over meanwhile: then nobody is told yes.
func (d *Desk) Allow(request string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.phase != asked || d.request.ID != request || d.now().Sub(d.began) >= requestLife {
		return false
	}
	d.enter(allowed)
	return true
}

// Withdraw ends a question, by the user's no or because it is over.
func (d *Desk) Withdraw(request string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if (d.phase == asked || d.phase == allowed) && d.request.ID == request {
		d.enter(free)
	}
}

// Allowed is the request that the user has allowed, while the relay's grant is awaited.
func (d *Desk) Allowed(request string) (Request, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.request, d.phase == allowed && d.request.ID == request
}

// Granted takes the grant that the relay has made of the user's yes. It is false for any other: the relay is told to end it.
func (d *Desk) Granted(request string, g Grant) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.phase != allowed || d.request.ID != request || d.request.Participant != g.Participant || g.ID == "" {
		return false
	}
	if d.letGo(); d.pressed {
		return false // the next controller would hold what the last has pressed
	}
	d.enter(granted)
	g.Name = d.request.Name // the signed one
	d.grant = g
	return true
}

// Input injects what the controller does: only with the present grant, and within the source. It returns how many events
// were carried out; the others were invalid, or are refused. An event is valid as a whole or not at all: nothing is typed
// of a text in which there is an escape.
func (d *Desk) Input(grant, participant string, events []input.Event) int {
	done := 0
	for _, e := range events {
		if e.Validate() == nil && d.all(grant, participant, e) {
			done++
		}
	}
	return done
}

// all injects a text character by character: each may take its time, and an end waits for one at most.
func (d *Desk) all(grant, participant string, e input.Event) bool {
	if e.Kind != input.Text {
		return d.one(grant, participant, e)
	}
	for _, r := range e.Text {
		if !d.one(grant, participant, input.Event{Kind: input.Text, Text: string(r)}) {
			return false
		}
	}
	return true
}

// one injects one event, as soon as it can be.
func (d *Desk) one(grant, participant string, e input.Event) bool {
	for {
		left, err := d.inject(grant, participant, e)
		var later *input.Later
		if !errors.As(err, &later) {
			return err == nil
		}
		wait := time.NewTimer(later.After)
		select {
		case <-wait.C:
		case <-left: // the control has ended
			wait.Stop()
			return false
		}
	}
}

// errRefused is input without a right to it.
var errRefused = errors.New("nobody has allowed this input")

// inject takes the lock for each event, so that an end waits for one event at most.
func (d *Desk) inject(grant, participant string, e input.Event) (left <-chan struct{}, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	now := d.now()
	if d.phase != granted || d.grant.ID != grant || d.grant.Participant != participant || d.over(now) != "" {
		return nil, errRefused
	}
	d.heard = now
	within := d.bounds()
	if e.Pointed() && e.Kind != input.Up && within.Empty() {
		return nil, errRefused // nobody knows where the source is: nothing must hit what is there instead
	}
	return d.left, d.injector.Inject(e, within)
}

// End ends whatever there is, and lets go of all keys. Once it has returned, nothing is injected.
func (d *Desk) End() (ended Grant, was bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.end()
}

// EndOf ends the grant of this id, if it is the present one.
func (d *Desk) EndOf(grant string) (ended Grant, was bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.phase != granted || d.grant.ID != grant {
		return Grant{}, false
	}
	return d.end()
}

// Due ends a grant whose time is over, and says why. A question whose time is over is forgotten, and what could not be let
// go is tried again: it is called each second.
func (d *Desk) Due() (ended Grant, why Reason) {
	d.mu.Lock()
	defer d.mu.Unlock()
	now := d.now()
	if d.forgotten(now) {
		d.enter(free)
	}
	if d.phase != granted {
		d.letGo()
		return Grant{}, ""
	}
	if why = d.over(now); why != "" {
		ended, _ = d.end()
	}
	return ended, why
}

// forgotten reports a question that nobody has answered, or a yes of which the relay has made no grant.
func (d *Desk) forgotten(now time.Time) bool {
	waited := now.Sub(d.began)
	return d.phase == asked && waited >= requestLife || d.phase == allowed && waited >= allowedLife
}

// Controller is who controls now.
func (d *Desk) Controller() (g Grant, controls bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.grant, d.phase == granted
}

func (d *Desk) over(now time.Time) Reason {
	switch {
	case now.Sub(d.began) >= grantLife:
		return Expired
	case now.Sub(d.heard) >= idleLife:
		return Idle
	}
	return ""
}

func (d *Desk) end() (Grant, bool) {
	ended, was := d.grant, d.phase == granted
	d.enter(free)
	if was {
		d.pressed = true
		d.letGo()
	}
	return ended, was
}

// letGo lets go of all that a controller has left pressed. A desktop that is locked, or asks for an administrator, takes no
// input for the moment.
func (d *Desk) letGo() {
	if d.pressed {
		d.pressed = d.injector.Release() != nil
	}
}

func (d *Desk) enter(p phase) {
	now := d.now()
	close(d.left)
	d.left = make(chan struct{})
	d.phase, d.began, d.heard, d.grant = p, now, now, Grant{}
	if p == free {
		d.request = Request{}
	}
}
