package relays

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/coopnet/coopnet/shared/announce"
	"github.com/coopnet/coopnet/shared/jointoken"
	"github.com/coopnet/coopnet/shared/problem"
	"github.com/coopnet/coopnet/shared/text"
)

const (
	maxDisplayName = 500 // characters; a title and a name have fewer
	maxPerson      = 64
	together       = 16 // items that are read or written at once
	maxLate        = 24 * time.Hour
	// moveTime is within which a room that opens on another relay is the same conference going on.
	moveTime = time.Minute
)

// Report takes in who came and who went, and what was measured. A batch that comes again changes nothing.
func (d *Domain) Report(ctx context.Context, relay string, b announce.Batch) error {
	if err := checkBatch(b); err != nil {
		return err
	}
	if err := d.measured(ctx, relay, b.Media); err != nil {
		return err
	}
	if len(b.Visits) == 0 {
		return nil
	}
	conferences, err := d.conferences(ctx, b)
	if err != nil {
		return err
	}
	f, err := d.fleet(ctx)
	if err != nil {
		return err
	}
	rooms, people := byItem(b.Visits, conferences)
	from := source{relay, b.Instance, f}
	err = inOrder(rooms, func(v announce.Visit) error { return d.lit(ctx, from, v) })
	if err != nil {
		return err
	}
	return inOrder(people, func(v announce.Visit) error { return d.visit(ctx, from, conferences[v.Conference], v) })
}

// source is who reports, and the others.
type source struct {
	relay, instance string
	fleet           fleet
}

// draining: it has sent its participants elsewhere.
func (s source) draining() bool {
	r := s.fleet.relay(s.relay)
	return r != nil && r.Draining
}

// inOrder does the visits of one item in their order, and several items at once.
func inOrder(items [][]announce.Visit, do func(announce.Visit) error) error {
	return atOnce(items, func(_ int, visits []announce.Visit) error {
		for _, v := range visits {
			if err := do(v); err != nil {
				return err
			}
		}
		return nil
	})
}

// atOnce does a bounded number of items at a time: a relay waits for the answer.
func atOnce[T any](items []T, do func(i int, item T) error) error {
	failed := make([]error, len(items))
	slots := make(chan struct{}, together)
	var working sync.WaitGroup
	for i, item := range items {
		slots <- struct{}{}
		working.Go(func() {
			defer func() { <-slots }()
			failed[i] = do(i, item)
		})
	}
	working.Wait()
	return errors.Join(failed...)
}

func checkBatch(b announce.Batch) error {
	var f fields
	if !isID(b.Instance) {
		f.fail("/instance", "is not an id")
	}
	checkMedia(&f, b.Media)
	if len(b.Visits) == 0 && len(b.Media) == 0 || len(b.Visits) > announce.MaxVisits {
		f.fail("/visits", fmt.Sprintf("must have 1 to %d entries", announce.MaxVisits))
		return f.err()
	}
	last := int64(0)
	for i, v := range b.Visits {
		at := fmt.Sprintf("/visits/%d", i)
		if v.Seq < max(last, 1) {
			f.fail(at+"/seq", "must count up from 1")
		}
		last = v.Seq
		checkVisit(&f, at, v)
	}
	return f.err()
}

func checkVisit(f *fields, at string, v announce.Visit) {
	if !isID(v.Conference) {
		f.fail(at+"/conference", "is not an id")
	}
	if v.At.IsZero() {
		f.fail(at+"/at", "is missing")
	}
	switch v.Kind {
	case announce.Started, announce.Emptied:
		return
	case announce.Joined, announce.Present, announce.Left:
		if !isID(v.Participant) {
			f.fail(at+"/participant", "is not an id")
		}
	default:
		f.fail(at+"/kind", "must be joined, present, left, started or emptied")
	}
	if v.Removed && v.Kind != announce.Left {
		f.fail(at+"/removed", "is of who has left only")
	}
	if utf8.RuneCountInString(v.Name) > maxDisplayName {
		f.fail(at+"/name", fmt.Sprintf("is longer than %d characters", maxDisplayName))
	}
	if v.Person != "" && (!isID(v.Person) || len(v.Person) > maxPerson) {
		f.fail(at+"/person", "is not a pseudonym")
	}
	switch jointoken.Role(v.Role) {
	case jointoken.RoleGuest, jointoken.RoleInternal, jointoken.RoleOrganizer:
	default:
		if v.Kind != announce.Left {
			f.fail(at+"/role", "must be guest, internal or organizer")
		}
	}
}

// conferences reads those that the batch is about. One that is not known any more is missing: nothing is kept of it.
func (d *Domain) conferences(ctx context.Context, b announce.Batch) (map[string]Conference, error) {
	var ids []string
	asked := make(map[string]bool)
	for _, v := range b.Visits {
		if !asked[v.Conference] {
			asked[v.Conference] = true
			ids = append(ids, v.Conference)
		}
	}
	found := make([]*Conference, len(ids))
	err := atOnce(ids, func(i int, id string) error {
		c, err := d.cfg.Conferences.Conference(ctx, id)
		if errors.Is(err, ErrNotFound) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read conference: %w", err)
		}
		found[i] = &c
		return nil
	})
	if err != nil {
		return nil, err
	}
	known := make(map[string]Conference)
	for i, c := range found {
		if c != nil {
			known[ids[i]] = *c
		}
	}
	return known, nil
}

// byItem parts the visits into those of one item each, which keep their order: what happened to rooms, and to people.
func byItem(visits []announce.Visit, conferences map[string]Conference) (rooms, people [][]announce.Visit) {
	place := make(map[[2]string]int)
	for _, v := range visits {
		if _, known := conferences[v.Conference]; !known {
			continue
		}
		to := &people
		if v.Kind == announce.Started || v.Kind == announce.Emptied {
			to, v.Participant = &rooms, ""
		}
		key := [2]string{v.Conference, v.Participant}
		i, seen := place[key]
		if !seen {
			i = len(*to)
			place[key] = i
			*to = append(*to, nil)
		}
		(*to)[i] = append((*to)[i], v)
	}
	return rooms, people
}

// plausible corrects the clock of a relay that is far off.
func (d *Domain) plausible(at time.Time) time.Time {
	now := d.now()
	if at.After(now) {
		return now
	}
	if oldest := now.Add(-maxLate); at.Before(oldest) {
		return oldest
	}
	return at.UTC().Truncate(time.Millisecond)
}

// visit writes one participant's item. Nobody else's is touched: a rush into one conference has no hot item.
func (d *Domain) visit(ctx context.Context, from source, c Conference, v announce.Visit) error {
	v.At = d.plausible(v.At)
	for range tries {
		a, err := d.cfg.Store.Attendee(ctx, v.Conference, v.Participant)
		switch {
		case errors.Is(err, ErrNotFound) && v.Kind == announce.Left:
			return nil // was erased
		case errors.Is(err, ErrNotFound):
			a = &Attendee{Conference: v.Conference, Participant: v.Participant, JoinedAt: v.At, LeftAt: v.At}
		case err != nil:
			return fmt.Errorf("read attendee: %w", err)
		}
		if v.Removed && a.Instance == from.instance { // else it is not the relay's to say
			if err := d.keepOut(ctx, v.Conference, v.Participant, from.relay, c.RetentionDays); err != nil {
				return err
			}
		}
		kind, news := a.follow(from, v, d.now())
		if !news {
			return nil
		}
		if kind != "" { // before it is stored: what is said twice has one id, what is not said is lost
			if err := d.emit(ctx, kind, from.instance, v, a); err != nil {
				return err
			}
		}
		a.ExpiresAt = d.now().AddDate(0, 0, c.RetentionDays)
		err = d.cfg.Store.SaveAttendee(ctx, a)
		if errors.Is(err, ErrConflict) {
			continue
		}
		if err != nil {
			return fmt.Errorf("store attendee: %w", err)
		}
		return nil
	}
	return unavailable("The participant is being changed by somebody else. Try again.")
}

// follow brings a up to the visit, unless it is old news, and says which event that is.
func (a *Attendee) follow(from source, v announce.Visit, now time.Time) (event string, news bool) {
	same := a.Instance == from.instance
	if same && v.Seq <= a.Seq {
		return "", false
	}
	if v.Kind == announce.Left {
		if !same || !a.LeftAt.IsZero() {
			return "", false // is on another relay meanwhile
		}
		a.Seq, a.At, a.LeftAt = v.Seq, v.At, v.At
		return ParticipantLeft, true
	}
	if !same && v.At.Before(a.At) && from.draining() {
		return "", false // came before they were sent elsewhere, where they are already; elsewhere clocks are not compared
	}
	// Who comes back soon after a relay has failed was in all the time.
	if left := from.fleet.left(a); left != nil && (!a.LeftAt.IsZero() || now.Sub(*left) > moveTime) {
		event = ParticipantJoined
	}
	a.Relay, a.Instance, a.Seq, a.At, a.LeftAt = from.relay, from.instance, v.Seq, v.At, time.Time{}
	a.Name, a.Role, a.Person = shown(v.Name), v.Role, v.Person
	return event, true
}

// shown is a name without what nobody sees: a relay's word is not checked as a guest's is.
func shown(name string) string {
	return strings.Map(func(r rune) rune {
		if text.Hidden(r) {
			return -1
		}
		return r
	}, name)
}

// lit keeps with the home whether somebody is in, so that a conference that changes its relay does not start again.
func (d *Domain) lit(ctx context.Context, from source, v announce.Visit) error {
	v.At = d.plausible(v.At)
	for range tries {
		home, err := d.cfg.Store.Home(ctx, v.Conference)
		if errors.Is(err, ErrNotFound) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read home: %w", err)
		}
		news, starts := home.follow(from, v, d.now())
		if !news {
			return nil
		}
		if starts {
			if err := d.emit(ctx, ConferenceStarted, from.instance, v, nil); err != nil {
				return err
			}
		}
		err = d.cfg.Store.SaveHome(ctx, home)
		if errors.Is(err, ErrConflict) {
			continue
		}
		if err != nil {
			return fmt.Errorf("store home: %w", err)
		}
		return nil
	}
	return unavailable("The conference is being moved. Try again.")
}

// follow brings h up to what happened to a room, unless that is no news, and says whether the conference has started. It
// goes on when its relay has just changed or restarted. A relay that lost the conference loses the home to where the
// participants went.
func (h *Home) follow(from source, v announce.Visit, now time.Time) (news, starts bool) {
	if v.Kind == announce.Emptied {
		if h.Live != from.instance {
			return false, false
		}
		h.Live = ""
		return true, false
	}
	at := from.fleet.relay(h.Relay)
	switch {
	case h.Live == from.instance:
		return false, false
	case h.Live == "":
		starts = true
	case from.relay == h.Relay:
		starts = now.Sub(h.PlacedAt) > moveTime && (at == nil || now.Sub(at.StartedAt) > moveTime)
	case at != nil && at.Instance == h.Live && !at.Draining && !from.fleet.gone(at):
		return false, false // somebody who does not reach the home
	default:
		h.Relay, h.PlacedAt = from.relay, now
	}
	h.Live = from.instance
	return true, starts
}

func (d *Domain) emit(ctx context.Context, kind, instance string, v announce.Visit, a *Attendee) error {
	e := Event{ID: fmt.Sprintf("%s/%s/%d", kind, instance, v.Seq), Kind: kind, At: v.At, Conference: v.Conference}
	if a != nil {
		e.Participant, e.Name, e.Role = a.Participant, a.Name, a.Role
	}
	if err := d.cfg.Events.Emit(ctx, e); err != nil {
		return fmt.Errorf("tell of %s: %w", kind, err)
	}
	return nil
}

// Presence is an attendee as organizers see it.
type Presence struct {
	ID       string     `json:"id"`
	Name     string     `json:"name"`
	Role     string     `json:"role"`
	JoinedAt time.Time  `json:"joinedAt"`
	LeftAt   *time.Time `json:"leftAt"` // nil: is in
}

// maxPage bounds a page of Participants.
const maxPage = 100

// Participants returns a page of those who are in, and within retention of those who were.
func (d *Domain) Participants(ctx context.Context, conference, cursor string, limit int) (list []Presence, next string, err error) {
	if limit == 0 {
		limit = maxPage / 2
	}
	if limit < 1 || limit > maxPage {
		var f fields
		f.fail("/limit", fmt.Sprintf("must be between 1 and %d", maxPage))
		return nil, "", f.err()
	}
	if err := d.exists(ctx, conference); err != nil {
		return nil, "", err
	}
	page, err := d.cfg.Store.Attendees(ctx, conference, cursor, limit)
	if errors.Is(err, ErrCursor) {
		var f fields
		f.fail("/cursor", "is not a cursor of this list")
		return nil, "", f.err()
	}
	if err != nil {
		return nil, "", fmt.Errorf("list attendees: %w", err)
	}
	f, err := d.fleet(ctx)
	if err != nil {
		return nil, "", err
	}
	list = make([]Presence, 0, len(page.Attendees))
	for _, a := range page.Attendees {
		list = append(list, Presence{ID: a.Participant, Name: a.Name, Role: a.Role, JoinedAt: a.JoinedAt, LeftAt: f.left(a)})
	}
	return list, page.Next, nil
}

// left is when the attendee left, nil for who is in. A relay that was killed says of nobody that they left; nor does one
// that has lost count. So those count as gone whom its later word does not name.
func (f fleet) left(a *Attendee) *time.Time {
	at := a.LeftAt
	if at.IsZero() {
		switch r := f.relay(a.Relay); {
		case r == nil:
			at = a.JoinedAt // forgotten: nothing better is known
		case r.Instance != a.Instance:
			at = r.StartedAt
		case a.Seq < r.Snapshot:
			at = r.SnapshotAt
		case f.gone(r):
			at = r.HeardAt
		default:
			return nil
		}
	}
	if at.Before(a.JoinedAt) {
		at = a.JoinedAt
	}
	return &at
}

func (d *Domain) exists(ctx context.Context, conference string) error {
	_, err := d.cfg.Conferences.Conference(ctx, conference)
	if errors.Is(err, ErrNotFound) {
		return problem.New(problem.NotFound, "There is no such conference.")
	}
	if err != nil {
		return fmt.Errorf("read conference: %w", err)
	}
	return nil
}

// People is what Erase needs of the store.
type People interface {
	EraseAttendees(ctx context.Context, person string) (int, error)
}

// Erase forgets a person's attendance in all conferences and says how many rows that were.
func Erase(ctx context.Context, people People, email string) (int, error) {
	person := jointoken.Person(text.FoldEmail(email)) // identities are composed too (NFC)
	if person == "" {
		return 0, nil
	}
	n, err := people.EraseAttendees(ctx, person)
	if err != nil {
		return n, fmt.Errorf("erase attendance: %w", err)
	}
	return n, nil
}
