package conference

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/coopnet/coopnet/shared/jointoken"
	"github.com/coopnet/coopnet/shared/problem"
)

// Knock is a guest at the door of a conference whose guests wait until somebody lets them in.
type Knock struct {
	Conference  string    `json:"conference"`
	Participant string    `json:"participant"`
	Name        string    `json:"name"` // as the guest says
	Status      string    `json:"status"`
	AskedAt     time.Time `json:"askedAt"`
	SeenAt      time.Time `json:"seenAt"` // when the guest last asked, more or less
	DecidedBy   string    `json:"decidedBy,omitempty"`
	DecidedAt   time.Time `json:"decidedAt,omitzero"`
	Leaves      time.Time `json:"leaves"` // when the admission ends
	ExpiresAt   time.Time `json:"expiresAt"`
}

// Values of Knock.Status.
const (
	KnockWaiting  = "waiting"
	KnockAdmitted = "admitted"
	KnockRefused  = "refused"
)

// LobbyStore keeps knocks. What has expired is never returned, and is as if it had never been.
type LobbyStore interface {
	// CreateKnock stores a new one. ErrConflict when the participant has one.
	CreateKnock(ctx context.Context, k *Knock) error
	// Knock returns a participant's, or ErrNotFound.
	Knock(ctx context.Context, conferenceID, participant string) (*Knock, error)
	// TouchKnock stores Name, SeenAt and ExpiresAt of one that still waits; else ErrNotFound.
	TouchKnock(ctx context.Context, k *Knock) error
	// DecideKnock stores Status, DecidedBy, DecidedAt and ExpiresAt, whatever the status was. ErrNotFound.
	DecideKnock(ctx context.Context, k *Knock) error
	// Knocks returns a page of a conference's with that status ("" is all), who asked first in front. ErrCursor.
	Knocks(ctx context.Context, q KnockQuery) (KnockPage, error)
	// Waiting counts those who wait.
	Waiting(ctx context.Context, conferenceID string) (int, error)
	// DeleteKnock forgets one; a missing one is fine.
	DeleteKnock(ctx context.Context, conferenceID, participant string) error
}

// KnockQuery asks for a page of knocks.
type KnockQuery struct {
	Conference string
	Status     string
	Cursor     string
	Limit      int
}

// KnockPage is a page of knocks; Next is empty at the end.
type KnockPage struct {
	Knocks []*Knock
	Next   string
}

const (
	askAgain    = 3 * time.Second   // until a guest who waits should ask again
	seenEvery   = 45 * time.Second  // a write for each guest who waits
	waitLife    = 150 * time.Second // without a word the guest has gone; browsers let a hidden page speak once a minute
	refusalLife = 15 * time.Minute  // then they may ask again
	mostWaiting = 500               // at one conference, more or less: nobody counts and writes in one step
	knockBurst  = 250               // from one site, so that it cannot take all places
	knockEvery  = 2 * time.Second
	quietLobby  = 15 * time.Second // until somebody should look again whether there is a lobby
)

// Waiting is what somebody gets instead of a join token until somebody decides.
type Waiting struct{ RetryAfter time.Duration }

// Error makes it the other result of JoinToken.
func (w *Waiting) Error() string { return "waiting to be let in" }

// letIn returns nil for who may go in now, and *Waiting for who waits; the first time it knocks.
func (d *Domain) letIn(ctx context.Context, c *Conference, a Admission, who *Identity) error {
	if a.Role != jointoken.RoleGuest || c.GuestPolicy != PolicyLobby {
		return nil
	}
	now := d.now()
	k, err := d.cfg.Store.Knock(ctx, c.ID, a.Participant)
	if errors.Is(err, ErrNotFound) {
		err = d.knock(ctx, c, a, who, now)
		if err == nil || errors.Is(err, ErrConflict) { // another request of the same page was first
			return &Waiting{RetryAfter: askAgain}
		}
		return err
	}
	if err != nil {
		return fmt.Errorf("read the lobby: %w", err)
	}
	switch k.Status {
	case KnockAdmitted:
		return nil
	case KnockRefused:
		return problem.New(problem.Forbidden, "You were not let in.")
	}
	if now.Sub(k.SeenAt) >= seenEvery || k.Name != who.DisplayName() {
		k.Name, k.SeenAt, k.ExpiresAt = who.DisplayName(), now, now.Add(waitLife)
		// ErrNotFound: somebody has decided meanwhile; the next time tells.
		if err := d.cfg.Store.TouchKnock(ctx, k); err != nil && !errors.Is(err, ErrNotFound) {
			return fmt.Errorf("wait in the lobby: %w", err)
		}
	}
	return &Waiting{RetryAfter: askAgain}
}

func (d *Domain) knock(ctx context.Context, c *Conference, a Admission, who *Identity, now time.Time) error {
	n, err := d.cfg.Store.Waiting(ctx, c.ID)
	if err != nil {
		return fmt.Errorf("count the lobby: %w", err)
	}
	if n >= mostWaiting {
		return &problem.Error{Code: problem.Unavailable, Detail: "Too many people are waiting to be let in. Try again later.", RetryAfter: 30 * time.Second}
	}
	wait, err := d.cfg.Limiter.Spend(ctx, "l:"+a.Site+":"+c.ID, knockBurst, knockEvery)
	if err != nil {
		return err
	}
	if wait > 0 {
		return slowDown(wait)
	}
	err = d.cfg.Store.CreateKnock(ctx, &Knock{
		Conference: c.ID, Participant: a.Participant, Name: who.DisplayName(), Status: KnockWaiting,
		AskedAt: now, SeenAt: now, Leaves: a.Expires, ExpiresAt: now.Add(waitLife),
	})
	if err != nil {
		return fmt.Errorf("enter the lobby: %w", err)
	}
	return nil
}

// Lobby returns a page of who is at the door, those who wait when nothing else is asked for.
func (d *Domain) Lobby(ctx context.Context, q KnockQuery) (KnockPage, error) {
	var v check
	if q.Status == "" {
		q.Status = KnockWaiting
	}
	v.oneOf("/status", q.Status, KnockWaiting, KnockAdmitted, KnockRefused)
	q.Limit = v.limit(q.Limit)
	if err := v.err(); err != nil {
		return KnockPage{}, err
	}
	if _, err := d.Conference(ctx, q.Conference); err != nil {
		return KnockPage{}, err
	}
	page, err := d.cfg.Store.Knocks(ctx, q)
	if errors.Is(err, ErrCursor) {
		return KnockPage{}, invalid("/cursor", "is not a cursor of this list")
	}
	if err != nil {
		return KnockPage{}, fmt.Errorf("list the lobby: %w", err)
	}
	return page, nil
}

// Decide lets somebody in, or refuses them for a quarter of an hour. It may be decided anew; who is on a relay already
// stays there.
func (d *Domain) Decide(ctx context.Context, actor, conferenceID, participant string, admit bool) (*Knock, error) {
	k, err := d.cfg.Store.Knock(ctx, conferenceID, participant)
	if err == nil {
		now := d.now()
		k.Status, k.DecidedBy, k.DecidedAt, k.ExpiresAt = KnockRefused, actor, now, now.Add(refusalLife)
		if admit {
			k.Status, k.ExpiresAt = KnockAdmitted, k.Leaves
		}
		err = d.cfg.Store.DecideKnock(ctx, k)
	}
	if errors.Is(err, ErrNotFound) {
		return nil, problem.New(problem.NotFound, "Nobody of that id is waiting.")
	}
	if err != nil {
		return nil, fmt.Errorf("decide on the lobby: %w", err)
	}
	d.cfg.Logger.InfoContext(ctx, "lobby", "conference", conferenceID, "participant", participant, "decision", k.Status, "by", actor)
	return k, nil
}

// doorkeeper returns the conference of an admission that may decide who comes in: people of the company may.
func (d *Domain) doorkeeper(ctx context.Context, a Admission) (*Conference, error) {
	if a.Role != jointoken.RoleInternal && a.Role != jointoken.RoleOrganizer {
		return nil, problem.New(problem.Forbidden, "Only participants of the company decide who comes in.")
	}
	return d.admitted(ctx, a)
}

func (d *Domain) forgetLobby(ctx context.Context, conferenceID string) error {
	for {
		page, err := d.cfg.Store.Knocks(ctx, KnockQuery{Conference: conferenceID, Limit: forgetPage})
		if err != nil {
			return fmt.Errorf("list the lobby: %w", err)
		}
		for _, k := range page.Knocks {
			if err := d.cfg.Store.DeleteKnock(ctx, conferenceID, k.Participant); err != nil {
				return fmt.Errorf("forget who waits: %w", err)
			}
		}
		if page.Next == "" {
			return nil
		}
	}
}
