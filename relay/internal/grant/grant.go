// Package grant knows who may control which share in one room: who asks, what the presenter answers, and when that ends.
// Pure state, without a lock; the caller tells the time, and whom the participants are.
//
// A grant ties two control channels together, not two people: it ends with either of them, and nothing brings it back.
// The caller has checked that who asks may control, that the share can be controlled, and that it is somebody else's.
package grant

import (
	"errors"
	"time"

	"github.com/coopnet/coopnet/relay/internal/once"
)

// Refusals.
var (
	ErrInvalid  = errors.New("grant: the key is not one")
	ErrConflict = errors.New("grant: this share is asked for, or controlled, already")
	ErrNotFound = errors.New("grant: not found, or not any more")
	ErrDenied   = errors.New("grant: somebody else's")
	ErrPace     = errors.New("grant: too soon")
)

const (
	// RequestLife is how long a presenter has to answer.
	RequestLife = time.Minute
	// Life is how long a grant lasts at most.
	Life = time.Hour
	// Patience is how long a grant lasts without input.
	Patience = 2 * time.Minute
	// Rest is how long nobody asks for a share after a presenter's no, which closes a window on that desktop.
	Rest = 5 * time.Second
	// LongRest is how long the one who got the no does not ask for it again.
	LongRest = 30 * time.Second
)

// Reason says why a request or a grant has ended.
type Reason string

// The reasons. The first five are of requests; Expired is of both.
const (
	Denied      Reason = "denied"
	Busy        Reason = "busy"
	Unverified  Reason = "unverified" // the software does not believe the control token
	Gone        Reason = "gone"       // either side, or the share; or withdrawn by who has asked
	Expired     Reason = "expired"
	Stopped     Reason = "stopped"     // by the presenter
	Released    Reason = "released"    // by the controller
	Idle        Reason = "idle"        // no input for Patience
	Left        Reason = "left"        // either side has left
	Reconnected Reason = "reconnected" // either side's channel was lost
	Ended       Reason = "ended"       // the share
	Removed     Reason = "removed"     // either side, by an organizer
)

// Refuses reports whether a presenter may give the reason.
func (r Reason) Refuses() bool { return r == Denied || r == Busy || r == Unverified }

// Party is one side: a participant on one control channel.
type Party struct {
	Participant string
	Channel     uint64 // never zero
}

// Request asks for control of a share. Under a key that its sender's open request has, it is that request.
type Request struct {
	ID, Key, Publication  string
	Controller, Presenter Party
}

// Grant is a request and, once the presenter has allowed it, what it has become.
type Grant struct {
	Request Request
	ID      string    // "" while it is a request
	Until   time.Time // it ends then at the latest
}

// End is a request or a grant that is over.
type End struct {
	Grant
	Reason Reason
}

// Book holds what is open in a room: at most one request or grant of each share. The zero Book is empty.
type Book struct { // both by publication
	open   map[string]*entry
	denied map[string]denial // the latest, until the share ends
}

type entry struct {
	Grant
	heard time.Time // the last input
}

// denial is a presenter's no.
type denial struct {
	participant string
	at          time.Time
}

// rests reports whether the participant has to wait before it asks.
func (d denial) rests(participant string, now time.Time) bool {
	wait := Rest
	if participant == d.participant {
		wait = LongRest
	}
	return now.Sub(d.at) < wait
}

// Len is how many requests and grants are open.
func (b *Book) Len() int { return len(b.open) }

// Ask opens a request; fresh is false where it is open already, or granted. It refuses with ErrInvalid, ErrConflict, or
// ErrPace: after a no, or where the caller's pace, which is asked last and only about a fresh one, says so. What has had its
// time is in the way until Lapse, so that nothing ends untold.
func (b *Book) Ask(r Request, now time.Time, pace func() bool) (fresh bool, err error) {
	if !once.Valid(r.Key) {
		return false, ErrInvalid
	}
	if e := b.open[r.Publication]; e != nil {
		if e.Request.Controller == r.Controller && e.Request.Key == r.Key {
			return false, nil
		}
		return false, ErrConflict
	}
	if b.denied[r.Publication].rests(r.Controller.Participant, now) || !pace() {
		return false, ErrPace
	}
	if b.open == nil {
		b.open = make(map[string]*entry)
	}
	b.open[r.Publication] = &entry{Grant: Grant{Request: r, Until: now.Add(RequestLife)}}
	return true, nil
}

// Withdraw takes a request back, for who has asked under this key, or what has become of it in the meantime. It refuses with
// ErrNotFound.
func (b *Book) Withdraw(key string, by Party, now time.Time) (End, error) {
	for _, e := range b.open {
		if e.Request.Controller == by && e.Request.Key == key && !e.over(now) {
			return b.end(e, e.cut(Released)), nil
		}
	}
	return End{}, ErrNotFound
}

// Allow makes a grant of a request, for its presenter. It refuses with ErrNotFound or ErrDenied.
func (b *Book) Allow(request, id string, by Party, now time.Time) (Grant, error) {
	e, err := b.request(request, by, now)
	if err != nil {
		return Grant{}, err
	}
	e.ID, e.Until, e.heard = id, now.Add(Life), now
	return e.Grant, nil
}

// Deny ends a request, for its presenter. It refuses with ErrNotFound or ErrDenied.
func (b *Book) Deny(request string, reason Reason, by Party, now time.Time) (End, error) {
	e, err := b.request(request, by, now)
	if err != nil {
		return End{}, err
	}
	if reason == Denied {
		if b.denied == nil {
			b.denied = make(map[string]denial)
		}
		b.denied[e.Request.Publication] = denial{participant: e.Request.Controller.Participant, at: now}
	}
	return b.end(e, reason), nil
}

// Use notes an input of the controller. It refuses with ErrNotFound or ErrDenied.
func (b *Book) Use(id string, by Party, now time.Time) (Grant, error) {
	e := b.grant(id, now)
	if e == nil {
		return Grant{}, ErrNotFound
	}
	if e.Request.Controller != by {
		return Grant{}, ErrDenied
	}
	e.heard = now
	return e.Grant, nil
}

// Revoke ends a grant, for either side on whatever channel: a page may stop what the software has begun. It refuses with
// ErrNotFound or ErrDenied.
func (b *Book) Revoke(id string, by Party, now time.Time) (End, error) {
	switch e := b.grant(id, now); {
	case e == nil:
		return End{}, ErrNotFound
	case e.Request.Presenter.Participant == by.Participant:
		return b.end(e, Stopped), nil
	case e.Request.Controller.Participant == by.Participant:
		return b.end(e, Released), nil
	}
	return End{}, ErrDenied
}

// Given are the grants over what a participant shares.
func (b *Book) Given(participant string) []Grant {
	var given []Grant
	for _, e := range b.open {
		if e.ID != "" && e.Request.Presenter.Participant == participant {
			given = append(given, e.Grant)
		}
	}
	return given
}

// Lapse ends whatever has had its time.
func (b *Book) Lapse(now time.Time) []End {
	var ends []End
	for _, e := range b.open {
		if e.over(now) {
			ends = append(ends, b.end(e, e.lapse(now)))
		}
	}
	return ends
}

// HangUp ends whatever a channel has part in.
func (b *Book) HangUp(channel uint64, reason Reason) []End {
	var ends []End
	for _, e := range b.open {
		if e.Request.Controller.Channel == channel || e.Request.Presenter.Channel == channel {
			ends = append(ends, b.end(e, e.cut(reason)))
		}
	}
	return ends
}

// Stop ends whatever is open of a share that has ended.
func (b *Book) Stop(publication string) []End {
	delete(b.denied, publication)
	if e := b.open[publication]; e != nil {
		return []End{b.end(e, e.cut(Ended))}
	}
	return nil
}

func (b *Book) end(e *entry, reason Reason) End {
	delete(b.open, e.Request.Publication)
	return End{Grant: e.Grant, Reason: reason}
}

// request finds one that is open, and by's to answer.
func (b *Book) request(id string, by Party, now time.Time) (*entry, error) {
	for _, e := range b.open {
		switch {
		case e.ID != "" || e.Request.ID != id || e.over(now):
		case e.Request.Presenter != by:
			return nil, ErrDenied
		default:
			return e, nil
		}
	}
	return nil, ErrNotFound
}

func (b *Book) grant(id string, now time.Time) *entry {
	for _, e := range b.open {
		if id != "" && e.ID == id && !e.over(now) {
			return e
		}
	}
	return nil
}

func (e *entry) over(now time.Time) bool { return e.lapse(now) != "" }

// lapse is why the time is over, or "".
func (e *entry) lapse(now time.Time) Reason {
	switch {
	case !now.Before(e.Until):
		return Expired
	case e.ID != "" && now.Sub(e.heard) >= Patience:
		return Idle
	}
	return ""
}

// cut is the reason for which something outside ends the entry: a request is just gone.
func (e *entry) cut(reason Reason) Reason {
	if e.ID == "" {
		return Gone
	}
	return reason
}
