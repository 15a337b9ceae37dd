package conference

import (
	"context"
	"errors"
	"time"

	"github.com/coopnet/coopnet/shared/jointoken"
)

// Errors of the stores. Any other error is a fault; a fault with an HTTP meaning is a *problem.Error.
var (
	ErrNotFound  = errors.New("not found")
	ErrNameTaken = errors.New("the name is taken by a conference that has not ended")
	ErrConflict  = errors.New("changed by somebody else")
	ErrCursor    = errors.New("not a cursor of this list")
)

// Store keeps conferences, invitations and who waits to be let in. What has expired is never returned, whether it was purged or not.
type Store interface {
	// CreateConference stores a new one. ErrNameTaken when a conference that has not ended has exactly this name,
	// ErrConflict when the id exists.
	CreateConference(ctx context.Context, c *Conference) error
	// Conference returns one by its id, or ErrNotFound.
	Conference(ctx context.Context, id string) (*Conference, error)
	// RecentConference is Conference for what many guests ask at once: it may be a second old where another process has
	// changed it.
	RecentConference(ctx context.Context, id string) (*Conference, error)
	// ConferenceByName returns the one that has not ended, or ErrNotFound. The name is compared byte by byte. It may be a
	// second old too.
	ConferenceByName(ctx context.Context, name string) (*Conference, error)
	// Conferences returns a page, the newest first. ErrCursor for a cursor that is not its own.
	Conferences(ctx context.Context, q Query) (Page, error)
	// UpdateConference replaces the row if it still has c.Version, and counts c.Version up; else ErrConflict.
	// The name cannot change. ErrNameTaken when it had ended, would not be any more, and another has its name by now.
	UpdateConference(ctx context.Context, c *Conference) error
	// DeleteConference forgets one if it still has that version; else ErrConflict. A missing one is fine.
	DeleteConference(ctx context.Context, id string, version int64) error

	// CreateInvitation stores a new one. ErrConflict when the id or the code exists.
	CreateInvitation(ctx context.Context, inv *Invitation) error
	// Invitation returns one by its id, or ErrNotFound. It may be a second old where another process has revoked it.
	Invitation(ctx context.Context, id string) (*Invitation, error)
	// InvitationByCode returns one by the SHA-256 of its code, or ErrNotFound. It may be a second old too.
	InvitationByCode(ctx context.Context, hash [32]byte) (*Invitation, error)
	// RevokeInvitation marks it revoked; the first time counts. ErrNotFound.
	RevokeInvitation(ctx context.Context, id string, at time.Time) error
	// Invitations returns a page of a conference's, the newest first. ErrCursor for a cursor that is not its own.
	Invitations(ctx context.Context, q InvitationQuery) (InvitationPage, error)
	// DeleteInvitation forgets one; a missing one is fine.
	DeleteInvitation(ctx context.Context, id string) error

	LobbyStore
}

// Query asks for a page of conferences. Status "" is all of them.
type Query struct {
	Cursor string
	Limit  int
	Status string
}

// Page is a page of conferences; Next is empty at the end.
type Page struct {
	Conferences []*Conference
	Next        string
}

// InvitationQuery asks for a page of a conference's invitations. Kind and Status "" are all of them.
type InvitationQuery struct {
	Conference string
	Cursor     string
	Limit      int
	Kind       jointoken.Role
	Status     string // InvitationLive or InvitationRevoked
}

// Values of InvitationQuery.Status.
const (
	InvitationLive    = "live"
	InvitationRevoked = "revoked"
)

// InvitationPage is a page of invitations; Next is empty at the end.
type InvitationPage struct {
	Invitations []*Invitation
	Next        string
}

// Secrets keeps the control plane's own keys.
type Secrets interface {
	// Secrets returns all of a kind, the newest first.
	Secrets(ctx context.Context, kind string) ([]Secret, error)
	// CreateSecret stores s if the newest of its kind still has the id previous ("" is: there is none); else
	// ErrConflict. Several processes that start at once so agree on one key.
	CreateSecret(ctx context.Context, s Secret, previous string) error
	// DeleteSecret forgets one; a missing one is fine.
	DeleteSecret(ctx context.Context, kind, id string) error
}

// Secret is one key.
type Secret struct {
	Kind      string
	ID        string
	Value     []byte
	CreatedAt time.Time
}
