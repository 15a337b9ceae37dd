package dynamo

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/coopnet/coopnet/functions/relays"
	"github.com/coopnet/coopnet/shared/cursor"
)

// Relays is the store of relays, homes, attendance, removals and commands. Each participant is an item of its own, and
// those of a conference lie in shards: a thousand who join within a second write to eight places.
type Relays struct {
	db     *DB
	table  table
	recent *recent
}

var _ relays.Store = (*Relays)(nil)

// Relays returns the store of relays and of what they report.
func (db *DB) Relays() *Relays {
	return &Relays{db, db.table(db.cfg.Tables.Relay), newRecent(db.cfg.Now)}
}

func relayKey(id string) key { return key{"relay", id} }

func homeKey(conference string) key { return key{"home#" + conference, "home"} }

func attendees(conference string) string { return "attendee#" + conference }

// attendanceOf is the list of what is kept of a person. It is in shards: many guests may say the same address.
func attendanceOf(person string) string { return "person#" + person }

func attendeeKey(conference, participant string) key {
	return key{shardOf(attendees(conference), participant), participant}
}

// removalKey is asked for at every join, so each lies alone.
func removalKey(conference, participant string) key {
	return key{"removal#" + conference + "#" + participant, "removal"}
}

func commandKey(relay, id string) key { return key{"command#" + relay, id} }

// Relay implements relays.Store.
func (s *Relays) Relay(ctx context.Context, id string) (*relays.Relay, error) {
	i, err := s.table.get(ctx, relayKey(id))
	return known[relays.Relay](s, i, err)
}

func known[T any](s *Relays, i item, err error) (*T, error) {
	if err != nil {
		return nil, err
	}
	row, err := liveRow[T](i, s.db.cfg.Now())
	if err == nil && row == nil {
		return nil, relays.ErrNotFound
	}
	return row, err
}

// Relays implements relays.Store. What was announced a moment ago may be missing: who decides with the fleet remembers
// it for longer, and every process asks once a second.
func (s *Relays) Relays(ctx context.Context) ([]*relays.Relay, error) {
	ctx, cancel := s.db.change(ctx)
	defer cancel()
	return some[relays.Relay](ctx, s.table, span{keys: when("#pk = :pk", item{":pk": text("relay")}), filter: live(s.db.cfg.Now()), late: true}, 0)
}

// some returns up to limit rows of a span, or with 0 all.
func some[T any](ctx context.Context, t table, from span, limit int) ([]*T, error) {
	var list []*T
	for {
		items, last, err := t.query(ctx, from)
		if err != nil {
			return nil, fmt.Errorf("list rows: %w", err)
		}
		for _, i := range items {
			row, err := decodeRow[T](i)
			if err != nil {
				return nil, err
			}
			if list = append(list, row); len(list) == limit {
				return list, nil
			}
		}
		if from.after = last; last == nil {
			return list, nil
		}
	}
}

// SaveRelay implements relays.Store.
func (s *Relays) SaveRelay(ctx context.Context, r *relays.Relay) error {
	next := *r
	next.Version++
	return s.save(ctx, relayKey(r.ID), next, item{}.expire(r.ExpiresAt), &r.Version)
}

// save makes a row where *version is 0, or replaces the one that has it, and counts it up.
func (s *Relays) save(ctx context.Context, k key, row any, more item, version *int64) error {
	where := unchanged(*version)
	if *version == 0 {
		where = free(s.db.cfg.Now())
	}
	more["version"] = number(*version + 1)
	done, err := s.table.save(ctx, k, row, more, where)
	if err == nil && !done {
		return relays.ErrConflict
	}
	if err == nil {
		*version++
	}
	return err
}

// Home implements relays.Store. It may be a second old where another process has moved it: everybody who joins asks. A
// change that rests on an old one fails, and asks anew.
func (s *Relays) Home(ctx context.Context, conference string) (*relays.Home, error) {
	k := homeKey(conference)
	i, ok := s.recent.item(k)
	if !ok {
		var err error
		if i, err = s.table.get(ctx, k); err != nil {
			return nil, err
		}
		if i != nil {
			s.recent.remember(k, i)
		}
	}
	return known[relays.Home](s, i, nil)
}

// SaveHome implements relays.Store.
func (s *Relays) SaveHome(ctx context.Context, h *relays.Home) error {
	next := *h
	next.Version++
	k := homeKey(h.Conference)
	defer s.recent.forget(k)
	return s.save(ctx, k, next, item{}.expire(h.ExpiresAt), &h.Version)
}

// Attendee implements relays.Store.
func (s *Relays) Attendee(ctx context.Context, conference, participant string) (*relays.Attendee, error) {
	i, err := s.table.get(ctx, attendeeKey(conference, participant))
	return known[relays.Attendee](s, i, err)
}

// SaveAttendee implements relays.Store.
func (s *Relays) SaveAttendee(ctx context.Context, a *relays.Attendee) error {
	next := *a
	next.Version++
	more := item{}.expire(a.ExpiresAt)
	if a.Person != "" {
		more["person"] = text(shardOf(attendanceOf(a.Person), a.Participant))
	}
	return s.save(ctx, attendeeKey(a.Conference, a.Participant), next, more, &a.Version)
}

// Attendees implements relays.Store.
func (s *Relays) Attendees(ctx context.Context, conference, from string, limit int) (relays.Page, error) {
	ctx, cancel := s.db.change(ctx)
	defer cancel()
	l := listing{table: s.table, along: byKey(), list: attendees(conference), forward: true, filter: live(s.db.cfg.Now()), limit: limit, effort: s.db.effort}
	if from != "" {
		place, ok := cursor.Place(l.list, from)
		if !ok || place == "" {
			return relays.Page{}, relays.ErrCursor
		}
		l.below = place
	}
	entries, next, err := l.page(ctx)
	if err != nil {
		return relays.Page{}, err
	}
	page := relays.Page{}
	if next != "" {
		page.Next = cursor.Make(l.list, next)
	}
	for _, i := range entries {
		a, err := decodeRow[relays.Attendee](i)
		if err != nil {
			return relays.Page{}, err
		}
		page.Attendees = append(page.Attendees, a)
	}
	return page, nil
}

// EraseAttendees implements relays.Store. Stopped in between it is called again: what it has erased is gone. The index is
// a moment late, so who is just joining is missed.
func (s *Relays) EraseAttendees(ctx context.Context, person string) (rows int, err error) {
	if person == "" {
		return 0, nil
	}
	var erased atomic.Int64
	group, ctx := errgroup.WithContext(ctx)
	for _, shard := range shardsOf(attendanceOf(person)) {
		group.Go(func() error { return s.erase(ctx, when("#person = :person", item{":person": text(shard)}), &erased) })
	}
	if err = group.Wait(); err != nil {
		err = fmt.Errorf("erase attendance: %w", err)
	}
	return int(erased.Load()), err
}

func (s *Relays) erase(ctx context.Context, hers expression, erased *atomic.Int64) error {
	for all := (span{index: personIndex, keys: hers}); ; {
		entries, last, err := s.table.query(ctx, all)
		if err != nil {
			return err
		}
		for _, entry := range entries {
			done, err := s.table.drop(ctx, keyOf(entry), hers)
			if err != nil {
				return err
			}
			if done {
				erased.Add(1)
			}
		}
		if all.after = last; last == nil {
			return nil
		}
	}
}

// CreateRemoval implements relays.Store.
func (s *Relays) CreateRemoval(ctx context.Context, r relays.Removal) error {
	return s.once(ctx, removalKey(r.Conference, r.Participant), r, r.ExpiresAt)
}

// once makes a row unless it is there and has not expired.
func (s *Relays) once(ctx context.Context, k key, row any, expires time.Time) error {
	_, err := s.table.save(ctx, k, row, item{}.expire(expires), free(s.db.cfg.Now()))
	return err
}

// Removal implements relays.Store.
func (s *Relays) Removal(ctx context.Context, conference, participant string) (relays.Removal, error) {
	i, err := s.table.get(ctx, removalKey(conference, participant))
	r, err := known[relays.Removal](s, i, err)
	if err != nil {
		return relays.Removal{}, err
	}
	return *r, nil
}

// CreateCommand implements relays.Store.
func (s *Relays) CreateCommand(ctx context.Context, c relays.Command) error {
	return s.once(ctx, commandKey(c.Relay, c.ID), c, c.ExpiresAt)
}

// Commands implements relays.Store.
func (s *Relays) Commands(ctx context.Context, relay string, limit int) ([]relays.Command, error) {
	ctx, cancel := s.db.change(ctx)
	defer cancel()
	all := span{keys: when("#pk = :pk", item{":pk": text(commandKey(relay, "").pk)}), filter: live(s.db.cfg.Now()), limit: int32(limit)}
	rows, err := some[relays.Command](ctx, s.table, all, limit)
	if err != nil {
		return nil, err
	}
	var list []relays.Command
	for _, c := range rows {
		list = append(list, *c)
	}
	return list, nil
}

// DeleteCommand implements relays.Store.
func (s *Relays) DeleteCommand(ctx context.Context, relay, id string) error {
	return s.table.remove(ctx, commandKey(relay, id), expression{})
}
