package dynamo

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"time"

	"github.com/coopnet/coopnet/functions/conference"
)

// A name that is taken is an item of its own: it says which conference holds it. Without transactions it is never
// written together with the conference, so these rules make it certain that of all conferences with one name at most
// one has not ended, wherever a writer stops:
//
//  1. A conference is written first, as pending: invisible. Then it takes its name: that write decides. Then it is
//     confirmed, by its writer or by whoever reads it first. Stopped before it has the name, it never was, and expires.
//  2. A conference that changes and has not ended takes its name again before the change, with a new nonce (claim).
//     Stopped in between, the name only looks more taken than it is (rule 4).
//  3. A conference that ends changes first, then gives the name back, if its own claim is still the last. Stopped in
//     between, rule 4 frees the name.
//  4. Whoever finds a name taken reads its holder. If that is missing or has ended, the finder raises the holder's version
//     (so a change that was prepared on the old one fails) and takes the name if its nonce is still the one that was
//     read (so a holder that comes back to life meanwhile keeps it).
//  5. A conference that is deleted gives its name back before, if it has ended, and afterwards if not. Stopped in
//     between, the deletion is done again, or rule 4 frees the name.
//
// Suppose a holder lives on and another takes its name. The holder's claim would come before the other's read of the
// name, or the nonce had changed; so before the fence; so its change, prepared before its claim, finds a raised version
// and fails, or came before the fence, which then fails and is told that the holder lives.
//
// A name has a TTL only if its conference is known to have an end; a claim removes it until the change is done.

// tries bounds how often a change starts again because others came before.
const tries = 6

func nameKey(name string) key {
	sum := sha256.Sum256([]byte(name))
	return key{"name#" + base64.RawURLEncoding.EncodeToString(sum[:]), "name"}
}

// take makes c the holder of its name, or returns ErrNameTaken.
func (s *Conference) take(ctx context.Context, c *conference.Conference, expires time.Time) (claim string, err error) {
	if claim, err = s.db.nonce(); err != nil {
		return "", err
	}
	k := nameKey(c.Name)
	i := k.item()
	i["conference"], i["nonce"] = text(c.ID), text(claim)
	if !expires.IsZero() {
		i[TTL] = seconds(expires)
	}
	mine := when("attribute_not_exists(#pk) OR #conference = :id", item{":id": text(c.ID)})
	defer s.recent.forget(k)
	for range tries {
		done, err := s.table.put(ctx, i, mine)
		if err != nil {
			return "", err
		}
		if done {
			return claim, nil
		}
		held, err := s.table.get(ctx, k)
		if err != nil {
			return "", err
		}
		if held == nil {
			continue
		}
		if err := s.bury(ctx, held); err != nil {
			return "", err
		}
		if done, err = s.table.put(ctx, i, written(held.text("nonce"))); err != nil {
			return "", err
		}
		if done {
			return claim, nil
		}
	}
	return "", crowded("take name")
}

// bury makes sure that a name's holder has ended for good, so that no change that was prepared earlier brings it back; or
// it returns ErrNameTaken.
func (s *Conference) bury(ctx context.Context, held item) error {
	k := conferenceKey(held.text("conference"))
	for range tries {
		i, err := s.table.get(ctx, k)
		if err != nil {
			return err
		}
		c, err := s.alive(i)
		if err == nil && c.Status(s.db.cfg.Now()) != conference.StatusEnded {
			if i.has("pending") { // its writer stopped: who is refused for its sake must be able to find it
				if _, err := s.confirm(ctx, c, held.text("nonce")); err != nil {
					return err
				}
			}
			return conference.ErrNameTaken
		}
		if i == nil {
			return nil
		}
		if err != nil && !errors.Is(err, conference.ErrNotFound) {
			return err
		}
		nonce, err := s.db.nonce()
		if err != nil {
			return err
		}
		version := i.number("version")
		fence := edit{set: item{"version": number(version + 1), "nonce": text(nonce)}}
		fenced, err := s.table.update(ctx, k, fence, when("#version = :version", item{":version": number(version)}))
		s.recent.forget(k)
		if err != nil || fenced != nil {
			return err
		}
	}
	return crowded("end conference")
}

// What follows is tidiness: if it fails, a name stays that rule 4 frees.

func (s *Conference) giveBack(ctx context.Context, name, claim string) {
	k := nameKey(name)
	_ = s.table.remove(ctx, k, written(claim))
	s.recent.forget(k)
}

// lease lets a name expire with its conference.
func (s *Conference) lease(ctx context.Context, name, claim string, expires time.Time) {
	_, _ = s.table.update(ctx, nameKey(name), edit{set: item{TTL: seconds(expires)}}, written(claim))
}
