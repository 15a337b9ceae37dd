package dynamo

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"github.com/coopnet/coopnet/functions/conference"
	"github.com/coopnet/coopnet/shared/cursor"
)

// Each knock is an item of its own, so that a crowd that asks again and again reads from everywhere. The list has those of
// one status together, and the knock itself with them: who watches the door reads as much as there is to see, and nothing
// of those who were let in long ago.

func knockKey(conferenceID, participant string) key {
	return key{"knock#" + conferenceID + "#" + participant, "knock"}
}

// lobbyOf is the list of a conference's knocks with that status.
func lobbyOf(conferenceID, status string) string { return "lobby#" + conferenceID + "#" + status }

func (s *Conference) knockItem(k *conference.Knock) (item, error) {
	body, err := json.Marshal(k)
	if err != nil {
		return nil, fmt.Errorf("encode knock: %w", err)
	}
	nonce, err := s.db.nonce()
	if err != nil {
		return nil, err
	}
	i := knockKey(k.Conference, k.Participant).item().expire(k.ExpiresAt)
	maps.Copy(i, entry(lobbyOf(k.Conference, k.Status), k.AskedAt, k.Participant))
	i["knock"], i["nonce"] = text(string(body)), text(nonce)
	return i, nil
}

func decodeKnock(i item) (*conference.Knock, error) {
	var k conference.Knock
	if err := json.Unmarshal([]byte(i.text("knock")), &k); err != nil {
		return nil, fmt.Errorf("decode knock: %w", err)
	}
	return &k, nil
}

// CreateKnock implements conference.LobbyStore.
func (s *Conference) CreateKnock(ctx context.Context, k *conference.Knock) error {
	i, err := s.knockItem(k)
	if err != nil {
		return err
	}
	done, err := s.table.put(ctx, i, free(s.db.cfg.Now()))
	s.recent.forget(waitingKey(k.Conference))
	if err == nil && !done {
		return conference.ErrConflict
	}
	return err
}

// Knock implements conference.LobbyStore.
func (s *Conference) Knock(ctx context.Context, conferenceID, participant string) (*conference.Knock, error) {
	i, err := s.table.get(ctx, knockKey(conferenceID, participant))
	if err != nil {
		return nil, err
	}
	if i == nil || i.expired(s.db.cfg.Now()) {
		return nil, conference.ErrNotFound
	}
	return decodeKnock(i)
}

// TouchKnock implements conference.LobbyStore.
func (s *Conference) TouchKnock(ctx context.Context, k *conference.Knock) error {
	return s.editKnock(ctx, k, func(stored *conference.Knock) bool {
		stored.Name, stored.SeenAt, stored.ExpiresAt = k.Name, k.SeenAt, k.ExpiresAt
		return stored.Status == conference.KnockWaiting
	})
}

// DecideKnock implements conference.LobbyStore.
func (s *Conference) DecideKnock(ctx context.Context, k *conference.Knock) error {
	return s.editKnock(ctx, k, func(stored *conference.Knock) bool {
		stored.Status, stored.DecidedBy, stored.DecidedAt, stored.ExpiresAt = k.Status, k.DecidedBy, k.DecidedAt, k.ExpiresAt
		return true
	})
}

// editKnock replaces a knock as it was read; where another came before it is read again. When edit refuses, it is as if there
// were none.
func (s *Conference) editKnock(ctx context.Context, k *conference.Knock, edit func(stored *conference.Knock) bool) error {
	ctx, cancel := s.db.change(ctx)
	defer cancel()
	for range tries {
		was, err := s.table.get(ctx, knockKey(k.Conference, k.Participant))
		if err != nil {
			return err
		}
		if was == nil || was.expired(s.db.cfg.Now()) {
			return conference.ErrNotFound
		}
		stored, err := decodeKnock(was)
		if err != nil {
			return err
		}
		if !edit(stored) {
			return conference.ErrNotFound
		}
		next, err := s.knockItem(stored)
		if err != nil {
			return err
		}
		done, err := s.table.put(ctx, next, written(was.text("nonce")))
		s.recent.forget(waitingKey(k.Conference))
		if done || err != nil {
			return err
		}
	}
	return crowded("change knock")
}

// Knocks implements conference.LobbyStore. It is the index's answer, and may be a moment late.
func (s *Conference) Knocks(ctx context.Context, q conference.KnockQuery) (conference.KnockPage, error) {
	ctx, cancel := s.db.change(ctx)
	defer cancel()
	below, ok := placeAfter(knockList(q), q.Cursor)
	if !ok {
		return conference.KnockPage{}, conference.ErrCursor
	}
	statuses := []string{q.Status}
	if q.Status == "" {
		statuses = []string{conference.KnockWaiting, conference.KnockAdmitted, conference.KnockRefused}
	}
	var entries []item
	var ends []string
	for _, status := range statuses {
		l := listing{table: s.table, list: lobbyOf(q.Conference, status), forward: true, below: below, filter: live(s.db.cfg.Now()), limit: q.Limit}
		some, next, err := l.page(ctx)
		if err != nil {
			return conference.KnockPage{}, err
		}
		entries = append(entries, some...)
		if next != "" {
			ends = append(ends, next)
		}
	}
	entries, next := together(entries, ends, q.Limit)
	var page conference.KnockPage
	if next != "" {
		page.Next = cursor.Make(knockList(q), next)
	}
	for _, i := range entries {
		k, err := decodeKnock(i)
		if err != nil {
			return conference.KnockPage{}, err
		}
		page.Knocks = append(page.Knocks, k)
	}
	return page, nil
}

// together makes one page, the oldest first, of pages of several lists: up to where the first of them ended.
func together(entries []item, ends []string, limit int) (page []item, next string) {
	slices.SortFunc(entries, func(a, b item) int { return strings.Compare(a.text("order"), b.text("order")) })
	if len(ends) > 0 {
		next = slices.Min(ends)
		entries = slices.DeleteFunc(entries, func(i item) bool { return i.text("order") > next })
	}
	if len(entries) > limit {
		entries = entries[:limit]
		next = entries[limit-1].text("order")
	}
	return entries, next
}

func knockList(q conference.KnockQuery) string {
	return fmt.Sprintf("lobby %q %q", q.Conference, q.Status)
}

// waitingKey is where a count is remembered; there is no such item.
func waitingKey(conferenceID string) key { return key{"waiting#" + conferenceID, "count"} }

// Waiting implements conference.LobbyStore. Who watches the door asks every few seconds: the answer is good for a second,
// where nothing was written here meanwhile.
func (s *Conference) Waiting(ctx context.Context, conferenceID string) (int, error) {
	k := waitingKey(conferenceID)
	if i, ok := s.recent.item(k); ok {
		return int(i.number("n")), nil
	}
	limited, cancel := s.db.change(ctx)
	defer cancel()
	group, limited := errgroup.WithContext(limited)
	var n atomic.Int64
	for _, shard := range shardsOf(lobbyOf(conferenceID, conference.KnockWaiting)) {
		group.Go(func() error {
			found, err := s.table.tally(limited, span{
				index: listIndex, keys: when("#list = :list", item{":list": text(shard)}), filter: live(s.db.cfg.Now()),
			})
			n.Add(int64(found))
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return 0, fmt.Errorf("count knocks: %w", err)
	}
	s.recent.remember(k, item{"n": number(n.Load())})
	return int(n.Load()), nil
}

// DeleteKnock implements conference.LobbyStore.
func (s *Conference) DeleteKnock(ctx context.Context, conferenceID, participant string) error {
	err := s.table.remove(ctx, knockKey(conferenceID, participant), expression{})
	s.recent.forget(waitingKey(conferenceID))
	return err
}
