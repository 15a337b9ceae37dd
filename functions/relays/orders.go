package relays

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/coopnet/coopnet/shared/announce"
	"github.com/coopnet/coopnet/shared/problem"
)

// commandLife is how long a relay that is not heard may be told late. After that nobody has an admission from before.
const commandLife = admissionLife

// Remove takes a participant out of the conference and keeps it out: its admission gets no join token any more, and the
// relays refuse those that it has. Again is fine.
func (d *Domain) Remove(ctx context.Context, actor, conference, participant string) error {
	c, err := d.cfg.Conferences.Conference(ctx, conference)
	if errors.Is(err, ErrNotFound) {
		return problem.New(problem.NotFound, "There is no such conference.")
	}
	if err != nil {
		return fmt.Errorf("read conference: %w", err)
	}
	a, err := d.cfg.Store.Attendee(ctx, conference, participant)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return fmt.Errorf("read attendee: %w", err)
	}
	removed, err := d.Removed(ctx, conference, participant)
	if err != nil {
		return err
	}
	if a == nil && !removed {
		return problem.New(problem.NotFound, "There is no such participant.")
	}
	if err := d.keepOut(ctx, conference, participant, actor, c.RetentionDays); err != nil {
		return err
	}
	d.cfg.Logger.InfoContext(ctx, "participant removed", "actor", actor, "conference", conference, "participant", participant, "again", removed)
	at := ""
	if a != nil {
		at = a.Relay
	}
	return d.tell(ctx, announce.Remove, conference, participant, at)
}

// keepOut remembers for as long as an admission may live that a participant was removed.
func (d *Domain) keepOut(ctx context.Context, conference, participant, by string, retentionDays int) error {
	now := d.now()
	err := d.cfg.Store.CreateRemoval(ctx, Removal{
		Conference: conference, Participant: participant, By: by, At: now,
		ExpiresAt: now.Add(max(admissionLife, time.Duration(retentionDays)*24*time.Hour)),
	})
	if err != nil {
		return fmt.Errorf("store removal: %w", err)
	}
	return nil
}

// Removed reports whether a participant was removed from the conference.
func (d *Domain) Removed(ctx context.Context, conference, participant string) (bool, error) {
	_, err := d.cfg.Store.Removal(ctx, conference, participant)
	if errors.Is(err, ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("read removal: %w", err)
	}
	return true, nil
}

// End tells the relays that a conference has ended.
func (d *Domain) End(ctx context.Context, conference string) error {
	return d.tell(ctx, announce.End, conference, "", "")
}

// endTime bounds how long somebody who ends a conference waits for its relay to be told.
const endTime = time.Second

// Ended is End for who has ended a conference and has nothing to wait for: relays ask by themselves too, so that a failure,
// which is logged, delays only.
func (d *Domain) Ended(conference string) {
	ctx, cancel := context.WithTimeout(context.Background(), endTime)
	defer cancel()
	if err := d.End(ctx, conference); err != nil {
		d.cfg.Logger.Warn("a conference's end could not be told to its relay", "conference", conference, "error", err)
	}
}

// Drain tells a relay to let nobody in any more and to send everybody elsewhere.
func (d *Domain) Drain(ctx context.Context, relay string) error {
	return d.command(ctx, relay, announce.Drain, "", "")
}

// tell reaches the relay of this process, the conference's home, and where else a participant is.
func (d *Domain) tell(ctx context.Context, kind announce.Kind, conference, participant, also string) error {
	if r := d.cfg.Resident; r != nil && kind == announce.Remove {
		r.Remove(conference, participant)
	} else if r != nil {
		r.EndConference(conference)
	}
	home, err := d.cfg.Store.Home(ctx, conference)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return fmt.Errorf("read home: %w", err)
	}
	relays := []string{also}
	if home != nil {
		relays = append(relays, home.Relay)
	}
	for i, relay := range relays {
		if relay == "" || d.resident(relay) || slices.Contains(relays[:i], relay) {
			continue
		}
		if err := d.command(ctx, relay, kind, conference, participant); err != nil {
			return err
		}
	}
	return nil
}

// command has an id that says what it is: the same one is told once.
func (d *Domain) command(ctx context.Context, relay string, kind announce.Kind, conference, participant string) error {
	hash := sha256.Sum256([]byte(string(kind) + "\x00" + conference + "\x00" + participant))
	err := d.cfg.Store.CreateCommand(ctx, Command{
		Relay: relay, ID: hex.EncodeToString(hash[:16]), Kind: string(kind), Conference: conference, Participant: participant,
		ExpiresAt: d.now().Add(commandLife),
	})
	if err != nil {
		return fmt.Errorf("store command: %w", err)
	}
	return nil
}
