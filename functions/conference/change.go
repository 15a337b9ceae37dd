package conference

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/coopnet/coopnet/shared/problem"
)

// Match refuses a version that is not the one that the caller knows; nil takes any.
type Match func(version int64) error

// errAsItIs ends a change without a write.
var errAsItIs = errors.New("nothing to change")

// change edits a conference. When somebody else changes it at the same time, it is read, matched and edited again.
func (d *Domain) change(ctx context.Context, id string, match Match, edit func(c *Conference) error) (*Conference, error) {
	for range 5 {
		c, err := d.Conference(ctx, id)
		if err != nil {
			return nil, err
		}
		if match != nil {
			if err := match(c.Version); err != nil {
				return nil, err
			}
		}
		err = edit(c)
		if errors.Is(err, errAsItIs) {
			return c, nil
		}
		if err != nil {
			return nil, err
		}
		c.UpdatedAt = d.now()
		err = d.cfg.Store.UpdateConference(ctx, c)
		if err == nil {
			return c, nil
		}
		if !errors.Is(err, ErrConflict) {
			return nil, fmt.Errorf("change conference: %w", err)
		}
	}
	return nil, problem.New(problem.Conflict, "The conference is being changed by somebody else. Try again.")
}

// End ends a conference for everybody. Ending it twice is fine.
func (d *Domain) End(ctx context.Context, id string) (*Conference, error) { return d.end(ctx, id, nil) }

func (d *Domain) end(ctx context.Context, id string, match Match) (*Conference, error) {
	c, err := d.change(ctx, id, match, func(c *Conference) error {
		if c.Status(d.cfg.Now()) == StatusEnded {
			return errAsItIs
		}
		c.EndedAt = d.now()
		return nil
	})
	if err != nil {
		return nil, err
	}
	if d.cfg.Organizing.Ended != nil {
		d.cfg.Organizing.Ended(c.ID)
	}
	if err := d.announceEnd(ctx, c); err != nil {
		return nil, err // who asks again is told of the same end
	}
	return c, nil
}

func over() error { return problem.New(problem.Conflict, "The conference has ended.") }

// Patch changes the settings of a conference that has not ended. The name is how guests know it, so it stays; what
// cannot be moved under those who are in it stays once it is open.
func (d *Domain) Patch(ctx context.Context, id string, match Match, patch *Patch) (*Conference, error) {
	word, err := d.newPassword(d.cfg.Rand, patch.password)
	if err != nil {
		return nil, err
	}
	hash := ""
	return d.change(ctx, id, match, func(c *Conference) error {
		now := d.cfg.Now()
		if c.Status(now) == StatusEnded {
			return over()
		}
		draft, err := patch.apply(c.Settings)
		if err != nil {
			return err
		}
		if err := draft.follow(c, now); err != nil {
			return err
		}
		c.Settings = draft.Settings
		if draft.Password == "" {
			return nil
		}
		if hash == "" { // once, though the change may be tried again
			if hash, err = d.cfg.Hasher.Hash(ctx, draft.Password); err != nil {
				return fmt.Errorf("hash the conference's password: %w", err)
			}
		}
		c.PasswordHash, c.PasswordID = hash, word.id
		return nil
	})
}

// follow brings a changed draft into the form that is stored, as normalise does, and refuses what c cannot become now.
func (d *Draft) follow(c *Conference, now time.Time) error {
	v := d.check(now)
	if d.Name != c.Name && len(v.fields) == 0 {
		v.fail("/name", "cannot change: guests know the conference by it")
	}
	if c.Status(now) == StatusOpen {
		next := Conference{Settings: d.Settings}
		if now.Before(next.OpensAt()) {
			v.fail("/startsAt", "cannot close a conference that is open")
		}
		if d.Region != c.Region {
			v.fail("/region", "cannot change while the conference is open")
		}
	}
	return v.err()
}

// SetPassword gives the conference another password, a generated one for "". Admissions by the former one get no join
// tokens any more; who is on a relay already stays.
func (d *Domain) SetPassword(ctx context.Context, id, password string) (c *Conference, generated string, err error) {
	return d.setPassword(ctx, d.cfg.Rand, id, password)
}

func (d *Domain) setPassword(ctx context.Context, random io.Reader, id, password string) (c *Conference, generated string, err error) {
	var v check
	draft := Draft{Password: password}
	draft.normalisePassword(&v)
	if err := v.err(); err != nil {
		return nil, "", err
	}
	word, err := d.newPassword(random, draft.Password)
	if err != nil {
		return nil, "", err
	}
	hash := ""
	c, err = d.change(ctx, id, nil, func(c *Conference) error {
		switch {
		case c.PasswordID == word.id: // by the same request
			return errAsItIs
		case c.Status(d.cfg.Now()) == StatusEnded:
			return over()
		}
		if hash == "" {
			if hash, err = d.cfg.Hasher.Hash(ctx, word.password); err != nil {
				return fmt.Errorf("hash the conference's password: %w", err)
			}
		}
		c.PasswordHash, c.PasswordID = hash, word.id
		return nil
	})
	if err != nil {
		return nil, "", err
	}
	return c, word.generated, nil
}

// forgetPage is how many invitations are read at a time to be forgotten.
const forgetPage = 100

// Delete ends a conference and forgets it with everything that belongs to it. The record goes last: when it is cut
// off, an ended conference is left, and deleting that one goes on.
func (d *Domain) Delete(ctx context.Context, id string, match Match) error {
	c, err := d.end(ctx, id, match)
	if err != nil {
		return err
	}
	if err := d.forgetInvitations(ctx, id); err != nil {
		return err
	}
	if err := d.forgetLobby(ctx, id); err != nil {
		return err
	}
	err = d.cfg.Store.DeleteConference(ctx, id, c.Version)
	if errors.Is(err, ErrConflict) {
		return problem.New(problem.Conflict, "The conference is being changed by somebody else. Try again.")
	}
	if err != nil {
		return fmt.Errorf("forget conference: %w", err)
	}
	return nil
}

func (d *Domain) forgetInvitations(ctx context.Context, id string) error {
	for {
		page, err := d.cfg.Store.Invitations(ctx, InvitationQuery{Conference: id, Limit: forgetPage})
		if err != nil {
			return fmt.Errorf("list invitations: %w", err)
		}
		for _, inv := range page.Invitations {
			if err := d.cfg.Store.DeleteInvitation(ctx, inv.ID); err != nil {
				return fmt.Errorf("forget invitation: %w", err)
			}
		}
		if page.Next == "" {
			return nil
		}
	}
}
