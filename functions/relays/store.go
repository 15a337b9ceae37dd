package relays

import (
	"context"
	"errors"
	"time"
)

// Errors of the stores. Any other error is a fault; a fault with an HTTP meaning is a *problem.Error.
var (
	ErrNotFound = errors.New("not found")
	ErrConflict = errors.New("changed by somebody else")
	ErrCursor   = errors.New("not a cursor of this list")
)

// Store keeps what relays say and what they are told. Every write is of one item. What has expired is never returned,
// whether it was purged or not.
type Store interface {
	Registry
	Homes
	Attendance
	Removals
	Commands
}

// Registry keeps the relays.
type Registry interface {
	// Relay returns one by its id, or ErrNotFound.
	Relay(ctx context.Context, id string) (*Relay, error)
	// Relays returns all, by id.
	Relays(ctx context.Context) ([]*Relay, error)
	// SaveRelay makes one (Version 0) or replaces the one that still has r.Version, and counts r.Version up; else
	// ErrConflict.
	SaveRelay(ctx context.Context, r *Relay) error
}

// Homes keeps where each conference lives.
type Homes interface {
	// Home returns a conference's home, or ErrNotFound.
	Home(ctx context.Context, conference string) (*Home, error)
	// SaveHome makes one (Version 0) or replaces the one that still has h.Version, and counts h.Version up; else
	// ErrConflict. So a conference never has two homes.
	SaveHome(ctx context.Context, h *Home) error
}

// Attendance keeps who is and was in a conference: one item for each participant.
type Attendance interface {
	// Attendee returns one, or ErrNotFound.
	Attendee(ctx context.Context, conference, participant string) (*Attendee, error)
	// Attendees returns a page, by participant id. ErrCursor for a cursor that is not its own.
	Attendees(ctx context.Context, conference, cursor string, limit int) (Page, error)
	// SaveAttendee makes one (Version 0) or replaces the one that still has a.Version, and counts a.Version up; else
	// ErrConflict.
	SaveAttendee(ctx context.Context, a *Attendee) error
	// EraseAttendees forgets a person in all conferences and says how many rows that were.
	EraseAttendees(ctx context.Context, person string) (int, error)
}

// Page is a page of attendees; Next is empty at the end.
type Page struct {
	Attendees []*Attendee
	Next      string
}

// Removals keeps who was removed from a conference.
type Removals interface {
	// CreateRemoval stores one. The first counts: again is fine and changes nothing.
	CreateRemoval(ctx context.Context, r Removal) error
	// Removal returns one, or ErrNotFound.
	Removal(ctx context.Context, conference, participant string) (Removal, error)
}

// Commands keeps what relays are to do.
type Commands interface {
	// CreateCommand stores one. The same id for the same relay again changes nothing.
	CreateCommand(ctx context.Context, c Command) error
	// Commands returns up to limit of a relay's, by id.
	Commands(ctx context.Context, relay string, limit int) ([]Command, error)
	// DeleteCommand forgets one; a missing one is fine.
	DeleteCommand(ctx context.Context, relay, id string) error
}

// Relay is one relay as it announced itself last.
type Relay struct {
	ID       string `json:"id"`
	Instance string `json:"instance"`
	Region   string `json:"region"`
	Addresses
	Capacity   int       `json:"capacity"` // 0: not known
	Load       int       `json:"load"`
	Draining   bool      `json:"draining"`
	Snapshot   int64     `json:"snapshot"`   // see announce.Announcement
	SnapshotAt time.Time `json:"snapshotAt"` // when it was heard first
	StartedAt  time.Time `json:"startedAt"`  // when this instance was heard first
	HeardAt    time.Time `json:"heardAt"`
	Since      time.Time `json:"since"` // it was heard without a gap since then
	ExpiresAt  time.Time `json:"expiresAt"`
	Version    int64     `json:"version"`
}

// Addresses are where a relay is reached. They were proven for its instance.
type Addresses struct {
	WHIP    string   `json:"whip"`
	WHEP    string   `json:"whep"`
	Control string   `json:"control"`
	TURN    []string `json:"turn"`
}

// Home is the relay on which a conference lives.
type Home struct {
	Conference string    `json:"conference"`
	Relay      string    `json:"relay"`
	PlacedAt   time.Time `json:"placedAt"`
	Live       string    `json:"live"` // instance that has opened a room; "": nobody is in
	ExpiresAt  time.Time `json:"expiresAt"`
	Version    int64     `json:"version"`
}

// Attendee is a participant who is or was in a conference.
type Attendee struct {
	Conference  string    `json:"conference"`
	Participant string    `json:"participant"`
	Name        string    `json:"name"`
	Role        string    `json:"role"`
	Person      string    `json:"person"` // see jointoken.Claims
	JoinedAt    time.Time `json:"joinedAt"`
	LeftAt      time.Time `json:"leftAt,omitzero"`
	Relay       string    `json:"relay"`
	Instance    string    `json:"instance"`
	Seq         int64     `json:"seq"`         // of the visit that was counted last, within the instance
	At          time.Time `json:"at,omitzero"` // of that visit
	ExpiresAt   time.Time `json:"expiresAt"`
	Version     int64     `json:"version"`
}

// Removal keeps a participant out for good.
type Removal struct {
	Conference  string    `json:"conference"`
	Participant string    `json:"participant"`
	By          string    `json:"by"` // the organizer's key; the relay, when it was an organizer in the room
	At          time.Time `json:"at"`
	ExpiresAt   time.Time `json:"expiresAt"`
}

// Command is something that a relay is to do.
type Command struct {
	Relay       string    `json:"relay"`
	ID          string    `json:"id"`
	Kind        string    `json:"kind"`
	Conference  string    `json:"conference"`
	Participant string    `json:"participant"`
	ExpiresAt   time.Time `json:"expiresAt"`
}
