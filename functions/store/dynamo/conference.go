package dynamo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/coopnet/coopnet/functions/conference"
	"github.com/coopnet/coopnet/shared/cursor"
)

// Conference is the store of conferences, invitations, launches and of who waits to be let in.
type Conference struct {
	db     *DB
	table  table
	recent *recent
}

var _ conference.Store = (*Conference)(nil)

// Conference returns the store of what belongs to conferences.
func (db *DB) Conference() *Conference {
	return &Conference{db, db.table(db.cfg.Tables.Conference), newRecent(db.cfg.Now)}
}

// pendingLife is how long a conference may wait for its name; whoever made it has given up long before.
const pendingLife = 24 * time.Hour

func conferenceKey(id string) key { return key{"conference#" + id, "conference"} }

// conferenceItem is all of a conference but for its place in the list.
func conferenceItem(c *conference.Conference) (item, error) {
	body, err := json.Marshal(c)
	if err != nil {
		return nil, fmt.Errorf("encode conference: %w", err)
	}
	i := item{"version": number(c.Version), "body": text(string(body)), "opens": millis(c.OpensAt())}
	if until := c.Until(); !until.IsZero() {
		i["until"] = millis(until)
	}
	return i.expire(c.Expires()), nil
}

// place is where a conference is in the list.
func place(c *conference.Conference) item {
	return entry("conference", c.CreatedAt, c.ID)
}

func decodeConference(i item) (*conference.Conference, error) {
	var c conference.Conference
	if err := json.Unmarshal([]byte(i.text("body")), &c); err != nil {
		return nil, fmt.Errorf("decode conference: %w", err)
	}
	c.Version = i.number("version")
	return &c, nil
}

// CreateConference implements conference.Store. Its writes are told in name.go.
func (s *Conference) CreateConference(ctx context.Context, c *conference.Conference) error {
	ctx, cancel := s.db.change(ctx)
	defer cancel()
	now := s.db.cfg.Now()
	if c.Status(now) == conference.StatusEnded { // it needs no name
		return s.insert(ctx, c, place(c))
	}
	waiting := item{"pending": number(1)}.expire(now.Add(pendingLife))
	if err := s.insert(ctx, c, waiting); err != nil {
		if errors.Is(err, conference.ErrConflict) {
			return s.goOn(ctx, c.ID)
		}
		return err
	}
	claim, err := s.take(ctx, c, c.Expires())
	if err != nil {
		if errors.Is(err, conference.ErrNameTaken) { // tidiness: nobody sees it, and it expires
			_ = s.table.remove(ctx, conferenceKey(c.ID), when("attribute_exists(#pending)", nil))
		}
		return err
	}
	_, err = s.confirm(ctx, c, claim)
	return err
}

// goOn makes sure that a conference which exists is there for its readers, as a request is repeated whose first run was
// stopped or still runs, and returns ErrConflict; or ErrNameTaken, when it is not there for that.
func (s *Conference) goOn(ctx context.Context, id string) error {
	i, err := s.table.get(ctx, conferenceKey(id))
	if err != nil {
		return err
	}
	if !i.has("pending") || i.expired(s.db.cfg.Now()) {
		return conference.ErrConflict
	}
	c, err := decodeConference(i)
	if err != nil {
		return err
	}
	name, err := s.table.get(ctx, nameKey(c.Name))
	if err != nil {
		return err
	}
	claim := name.text("nonce")
	if name.text("conference") != id {
		if claim, err = s.take(ctx, c, c.Expires()); err != nil {
			return err
		}
	}
	if _, err := s.confirm(ctx, c, claim); err != nil {
		return err
	}
	return conference.ErrConflict
}

func (s *Conference) insert(ctx context.Context, c *conference.Conference, more item) error {
	i, err := conferenceItem(c)
	if err != nil {
		return err
	}
	nonce, err := s.db.nonce()
	if err != nil {
		return err
	}
	k := conferenceKey(c.ID)
	for _, part := range []item{k.item(), more, {"nonce": text(nonce)}} {
		for name, value := range part {
			i[name] = value
		}
	}
	done, err := s.table.put(ctx, i, absent())
	s.recent.forget(k)
	if err == nil && !done {
		return conference.ErrConflict
	}
	return err
}

// confirm ends the creation of a conference that has its name. Whoever reads it first may do that.
func (s *Conference) confirm(ctx context.Context, c *conference.Conference, claim string) (item, error) {
	nonce, err := s.db.nonce()
	if err != nil {
		return nil, err
	}
	e := edit{set: place(c).expire(c.Expires()), remove: []string{"pending"}}
	e.set["nonce"], e.set["claim"] = text(nonce), text(claim)
	if !e.set.has(TTL) {
		e.remove = append(e.remove, "expires", TTL)
	}
	k := conferenceKey(c.ID)
	i, err := s.table.update(ctx, k, e, when("attribute_exists(#pending) AND #version = :version", item{":version": number(c.Version)}))
	if err == nil && i == nil { // somebody else was first
		if i, err = s.table.get(ctx, k); err == nil && (i == nil || i.has("pending")) {
			err = crowded("confirm conference")
		}
	}
	if err != nil {
		return nil, err
	}
	s.recent.remember(k, i)
	return i, nil
}

// Conference implements conference.Store.
func (s *Conference) Conference(ctx context.Context, id string) (*conference.Conference, error) {
	ctx, cancel := s.db.change(ctx)
	defer cancel()
	return s.find(ctx, id)
}

// RecentConference implements conference.Store.
func (s *Conference) RecentConference(ctx context.Context, id string) (*conference.Conference, error) {
	if i, ok := s.recent.item(conferenceKey(id)); ok {
		return s.alive(i)
	}
	return s.Conference(ctx, id)
}

func (s *Conference) alive(i item) (*conference.Conference, error) {
	if i == nil || i.expired(s.db.cfg.Now()) {
		return nil, conference.ErrNotFound
	}
	return decodeConference(i)
}

// find reads one. One that waits for its name is there if it has the name, and is confirmed then.
func (s *Conference) find(ctx context.Context, id string) (*conference.Conference, error) {
	k := conferenceKey(id)
	i, err := s.table.get(ctx, k)
	if err != nil {
		return nil, err
	}
	c, err := s.alive(i)
	if err != nil {
		return nil, err
	}
	if i.has("pending") {
		name, err := s.table.get(ctx, nameKey(c.Name))
		if err != nil {
			return nil, err
		}
		if name.text("conference") != id {
			return nil, conference.ErrNotFound
		}
		if i, err = s.confirm(ctx, c, name.text("nonce")); err != nil {
			return nil, err
		}
		return s.alive(i)
	}
	s.recent.remember(k, i)
	return c, nil
}

// ConferenceByName implements conference.Store. It makes two reads whether there is such a conference or not, so that
// the time does not tell.
func (s *Conference) ConferenceByName(ctx context.Context, name string) (*conference.Conference, error) {
	ctx, cancel := s.db.change(ctx)
	defer cancel()
	k := nameKey(name)
	holder, ok := s.recent.item(k)
	if !ok {
		var err error
		if holder, err = s.table.get(ctx, k); err != nil {
			return nil, err
		}
		s.recent.remember(k, holder)
	}
	id := holder.text("conference")
	if id == "" {
		id = k.pk // nobody's id
	}
	c, err := s.RecentConference(ctx, id)
	if err != nil {
		return nil, err
	}
	if c.Name != name || c.Status(s.db.cfg.Now()) == conference.StatusEnded {
		return nil, conference.ErrNotFound
	}
	return c, nil
}

// UpdateConference implements conference.Store. One that has not ended makes sure of its name first, and one that has
// ended gives it back afterwards; name.go tells why that order.
func (s *Conference) UpdateConference(ctx context.Context, c *conference.Conference) error {
	ctx, cancel := s.db.change(ctx)
	defer cancel()
	next := *c
	next.Version++
	claim := ""
	if next.Status(s.db.cfg.Now()) != conference.StatusEnded {
		var err error
		if claim, err = s.take(ctx, &next, time.Time{}); err != nil {
			return err
		}
	}
	i, err := s.replace(ctx, &next, claim)
	if err != nil {
		return err
	}
	if i == nil {
		return conference.ErrConflict
	}
	c.Version = next.Version
	if claim == "" {
		s.giveBack(ctx, c.Name, i.text("claim"))
	} else if expires := c.Expires(); !expires.IsZero() {
		s.lease(ctx, c.Name, claim, expires)
	}
	return nil
}

// replace returns nil when the conference has another version by now.
func (s *Conference) replace(ctx context.Context, next *conference.Conference, claim string) (item, error) {
	set, err := conferenceItem(next)
	if err != nil {
		return nil, err
	}
	nonce, err := s.db.nonce()
	if err != nil {
		return nil, err
	}
	set["nonce"] = text(nonce)
	if claim != "" {
		set["claim"] = text(claim)
	}
	e := edit{set: set}
	for _, name := range []string{"until", "expires", TTL} {
		if !set.has(name) {
			e.remove = append(e.remove, name)
		}
	}
	k := conferenceKey(next.ID)
	i, err := s.table.update(ctx, k, e, when("#version = :version AND attribute_not_exists(#pending)", item{":version": number(next.Version - 1)}))
	s.recent.forget(k)
	if i != nil {
		s.recent.remember(k, i)
	}
	return i, err
}

// Conferences implements conference.Store. The index has what a page is chosen by, and is a moment late; the rows
// themselves are read as they are.
func (s *Conference) Conferences(ctx context.Context, q conference.Query) (conference.Page, error) {
	ctx, cancel := s.db.change(ctx)
	defer cancel()
	now := s.db.cfg.Now()
	l := listing{table: s.table, list: "conference", filter: live(now), limit: q.Limit}
	var ok bool
	if l.below, ok = placeAfter(cursorList(q), q.Cursor); !ok {
		return conference.Page{}, conference.ErrCursor
	}
	switch q.Status {
	case conference.StatusEnded:
		l.filter = l.filter.and(when("#until <= :now", nil))
	case conference.StatusScheduled:
		l.filter = l.filter.and(when("(attribute_not_exists(#until) OR #until > :now) AND #opens > :now", nil))
	case conference.StatusOpen:
		l.filter = l.filter.and(when("(attribute_not_exists(#until) OR #until > :now) AND #opens <= :now", nil))
	}
	entries, next, err := l.page(ctx)
	if err != nil {
		return conference.Page{}, err
	}
	page := conference.Page{}
	if next != "" {
		page.Next = cursor.Make(cursorList(q), next)
	}
	rows, err := s.table.rows(ctx, entries)
	if err != nil {
		return conference.Page{}, err
	}
	for _, row := range rows {
		c, err := s.alive(row)
		if errors.Is(err, conference.ErrNotFound) {
			continue
		}
		if err != nil {
			return conference.Page{}, err
		}
		if q.Status == "" || c.Status(now) == q.Status {
			page.Conferences = append(page.Conferences, c)
		}
	}
	return page, nil
}

func cursorList(q conference.Query) string { return "conferences " + q.Status }

// DeleteConference implements conference.Store. One that has ended gives its name back first, so that a deletion that
// is cut off can be done again; one that lives must be gone before another may have its name.
func (s *Conference) DeleteConference(ctx context.Context, id string, version int64) error {
	ctx, cancel := s.db.change(ctx)
	defer cancel()
	k := conferenceKey(id)
	i, err := s.table.get(ctx, k)
	if err != nil || i == nil {
		return err
	}
	c, err := decodeConference(i)
	if err != nil {
		return err
	}
	if c.Version != version {
		return conference.ErrConflict
	}
	ended := c.Status(s.db.cfg.Now()) == conference.StatusEnded
	if ended {
		s.giveBack(ctx, c.Name, i.text("claim"))
	}
	done, err := s.table.drop(ctx, k, when("attribute_not_exists(#pk) OR #version = :version", item{":version": number(version)}))
	s.recent.forget(k)
	if err != nil {
		return err
	}
	if !done {
		return conference.ErrConflict
	}
	if !ended {
		s.giveBack(ctx, c.Name, i.text("claim"))
	}
	return nil
}
