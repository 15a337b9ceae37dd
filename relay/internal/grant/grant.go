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

// Refusals. Whatever is somebody else's is ErrNotFound too.
var (
	ErrInvalid  = errors.New("grant: the key is not one")
	ErrConflict = errors.New("grant: this share is asked for, or controlled, already")
	ErrNotFound = errors.New("grant: not found, or not any more")
)

const (
	// RequestLife is how long a presenter has to answer.
	RequestLife = time.Minute
	// Life is how long a grant lasts at most.
	Life = time.Hour
	// Patience is how long a grant lasts without input.
	Patience = 2 * time.Minute
)

// Reason says why a request or a grant has ended.
type Reason string

// The reasons. The first five are of requests; Expired is of both.
const (
	Denied      Reason = "denied"
	Busy        Reason = "busy"
	Unverified  Reason = "unverified" // the software does not believe the control token
	Gone        Reason = "gone"       // either side, or the share
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
type Book struct{ open map[string]*entry } // by publication

type entry struct {
	Grant
	heard time.Time // the last input
}

// Len is how many requests and grants are open.
func (b *Book) Len() int { return len(b.open) }

// Ask opens a request; fresh is false where it is open already, or granted. It refuses with ErrInvalid or ErrConflict; what
// has had its time is in the way until Lapse, so that nothing ends untold.
func (b *Book) Ask(r Request, now time.Time) (fresh bool, err error) {
	if !once.Valid(r.Key) {
		return false, ErrInvalid
	}
	if e := b.open[r.Publication]; e != nil {
		if e.Request.Controller == r.Controller && e.Request.Key == r.Key {
			return false, nil
		}
		return false, ErrConflict
	}
	if b.open == nil {
		b.open = make(map[string]*entry)
	}
	b.open[r.Publication] = &entry{Grant: Grant{Request: r, Until: now.Add(RequestLife)}}
	return true, nil
}

// Allow makes a grant of a request, for its presenter. It refuses with ErrNotFound.
func (b *Book) Allow(request, id string, by Party, now time.Time) (Grant, error) {
	e := b.request(request, by, now)
	if e == nil {
		return Grant{}, ErrNotFound
	}
	e.ID, e.Until, e.heard = id, now.Add(Life), now
	return e.Grant, nil
}

// Deny ends a request, for its presenter. It refuses with ErrNotFound.
func (b *Book) Deny(request string, reason Reason, by Party, now time.Time) (End, error) {
	e := b.request(request, by, now)
	if e == nil {
		return End{}, ErrNotFound
	}
	return b.end(e, reason), nil
}

// Use notes an input of the controller. It refuses with ErrNotFound.
func (b *Book) Use(id string, by Party, now time.Time) (Grant, error) {
	e := b.grant(id, now)
	if e == nil || e.Request.Controller != by {
		return Grant{}, ErrNotFound
	}
	e.heard = now
	return e.Grant, nil
}

// Revoke ends a grant, for either side on whatever channel: a page may stop what the software has begun. It refuses with
// ErrNotFound.
func (b *Book) Revoke(id string, by Party, now time.Time) (End, error) {
	switch e := b.grant(id, now); {
	case e == nil:
	case e.Request.Presenter.Participant == by.Participant:
		return b.end(e, Stopped), nil
	case e.Request.Controller.Participant == by.Participant:
		return b.end(e, Released), nil
	}
	return End{}, ErrNotFound
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
func (b *Book) request(id string, by Party, now time.Time) *entry {
	for _, e := range b.open {
		if e.ID == "" && e.Request.ID == id && e.Request.Presenter == by && !e.over(now) {
			return e
		}
	}
	return nil
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
