package room

import (
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/coopnet/coopnet/relay/internal/grant"
	"github.com/coopnet/coopnet/relay/internal/stage"
)

// errOver: the room closed before the lock was taken. Join then opens another.
var errOver = errors.New("room: over")

// room is one live conference.
type room struct {
	conference string
	rooms      *Rooms

	mu sync.Mutex // guards what follows
	life
	members      map[string]*member
	joined       []*member // in the order of joining
	publications []share   // in the order of their start
	reserved     int       // places for shares that are about to start
	current      string    // the conference's screen: a live publication or ""
	log          eventLog
	offers       stage.Offers
	order        *order
	talk         *talk
	views        uint64 // counts the changes of who watches what, and of what there is to watch
	granting
}

// life is how far a room has got.
type life struct {
	opened bool        // somebody has been in
	over   bool        // nobody is in and nobody will be
	left   *past       // once it is over: what remains
	ending *time.Timer // of a test room's time; nil for a conference
}

// member is a participant and its presences.
type member struct {
	Participant
	presences map[*Presence]struct{}
	selected  string // a live publication or ""
	grace     *grace // set while there is no presence
	thrown    bool   // by an organizer in the room
	pace      pace
}

// share is a publication and the presence that it ends with.
type share struct {
	Publication
	by *Presence
}

// grace is the wait between a participant's last presence and its leaving.
type grace struct{ timer *time.Timer }

// notices are what a change tells others, collected under room.mu and delivered after it.
type notices struct {
	wake    chan struct{}   // closed: queues have events
	targets []chan struct{} // one token each: another publication to view, or letters
	ended   []*Presence
	retire  bool // the room is over
}

// deliver is called without any lock.
func (n *notices) deliver(r *room) {
	if n.wake != nil {
		close(n.wake)
	}
	for _, changed := range n.targets {
		select {
		case changed <- struct{}{}:
		default: // one token says all: the reader asks for what there is now
		}
	}
	for _, p := range n.ended {
		close(p.ended)
	}
	if n.retire {
		r.rooms.retire(r)
	}
}

// newRoom goes on with what is kept of an earlier room of the conference; nil is nothing.
func newRoom(rs *Rooms, conference string, o *order, t *talk) *room {
	if o == nil {
		o = &order{}
	}
	if t == nil {
		t = newTalk()
	}
	return &room{
		conference: conference,
		rooms:      rs,
		members:    make(map[string]*member),
		log:        newEventLog(rs.cfg.QueueLength),
		offers:     make(stage.Offers),
		order:      o,
		talk:       t,
		granting:   granting{desks: make(map[uint64]*Presence)},
	}
}

func (r *room) join(limit int, p Participant) (*Presence, notices, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	var n notices
	if r.over {
		return nil, n, errOver
	}
	if err := r.admit(limit, p); err != nil {
		r.closeIfEmpty(&n)
		return nil, n, err
	}
	presence, m := newPresence(r, p), r.members[p.ID]
	p.Software = false // the person is not
	if m == nil {
		p.JoinedAt, p.Status = r.rooms.cfg.Now(), ""
		p.StatusAt, p.Muted = p.JoinedAt, r.order.muted.has(p.ID)
		m = &member{Participant: p, presences: map[*Presence]struct{}{presence: {}}, pace: newPace()}
		r.order.known.add(p.ID)
		r.members[p.ID] = m
		r.joined = append(r.joined, m)
		r.rooms.participants.Add(1)
		r.append(&n, Event{Kind: ParticipantJoined, Participant: &p})
		if len(r.joined) == 1 && !r.opened {
			r.opened = true
			r.visit(Opened, Participant{})
		}
		r.visit(Came, p)
	} else {
		r.stopGrace(m)
		before := m.Participant
		m.Person, m.Name, m.Role = p.Person, p.Name, p.Role
		m.presences[presence] = struct{}{}
		m.weigh()
		if m.Name != before.Name || m.Role != before.Role || m.Presents != before.Presents {
			r.updated(&n, m)
		}
	}
	return presence, n, nil
}

// weigh puts together what the tokens of a participant's presences allow: that of a page may allow less than the software's.
func (m *member) weigh() {
	m.Presents, m.Shares, m.Controls = false, false, false
	for p := range m.presences {
		m.Presents, m.Shares, m.Controls = m.Presents || p.presents, m.Shares || p.shares, m.Controls || p.controls
	}
}

// weaken tells what a participant may not do any more because one of its presences has gone. Who has none left keeps it: the
// next may be on its way.
func (r *room) weaken(n *notices, m *member) {
	before := m.Presents
	if len(m.presences) == 0 {
		return
	}
	if m.weigh(); m.Presents != before {
		r.updated(n, m)
	}
}

// admit says whether one more presence of the participant fits.
func (r *room) admit(limit int, p Participant) error {
	if m := r.members[p.ID]; m != nil {
		if len(m.presences) >= maxPresences {
			return ErrFull
		}
		return nil
	}
	if err := r.order.lets(p); err != nil {
		return err
	}
	if len(r.members) >= r.rooms.cfg.MaxParticipants || limit > 0 && len(r.members) >= limit {
		return ErrFull
	}
	return nil
}

func (r *room) leave(p *Presence) notices {
	r.mu.Lock()
	defer r.mu.Unlock()
	var n notices
	m := r.memberOf(p)
	if m == nil {
		return n
	}
	r.hangUp(&n, p, grant.Reconnected)
	r.unpublish(&n, func(s share) bool { return s.by == p })
	r.release(p)
	p.gone = true
	r.views++
	delete(m.presences, p)
	n.wake = r.log.swap(n.wake) // its own queue may be waiting
	if len(m.presences) > 0 {
		r.weaken(&n, m)
		return n
	}
	if r.rooms.cfg.LeaveGrace > 0 {
		r.startGrace(m)
		return n
	}
	r.drop(&n, m)
	r.closeIfEmpty(&n)
	return n
}

// memberOf returns the participant of a presence that is still in, or nil.
func (r *room) memberOf(p *Presence) *member {
	if p.gone {
		return nil
	}
	return r.members[p.participant]
}

func (r *room) startGrace(m *member) {
	g := &grace{}
	m.grace = g
	r.rooms.timers.Add(1)
	g.timer = time.AfterFunc(r.rooms.cfg.LeaveGrace, func() {
		defer r.rooms.timers.Done()
		n := r.expire(m, g)
		n.deliver(r)
	})
}

func (r *room) stopGrace(m *member) {
	if m.grace != nil && m.grace.timer.Stop() {
		r.rooms.timers.Done()
	}
	m.grace = nil
}

// expire ends the wait g, unless the participant came back while the timer was firing.
func (r *room) expire(m *member, g *grace) notices {
	r.mu.Lock()
	defer r.mu.Unlock()
	var n notices
	if m.grace != g {
		return n
	}
	m.grace = nil
	r.drop(&n, m)
	r.closeIfEmpty(&n)
	return n
}

// drop takes a participant without presences out of the room.
func (r *room) drop(n *notices, m *member) {
	r.stopGrace(m)
	delete(r.members, m.ID)
	r.joined = slices.DeleteFunc(r.joined, func(other *member) bool { return other == m })
	r.rooms.participants.Add(-1)
	r.offers.Drop(m.ID)
	r.log.drop(slot{ParticipantUpdated, m.ID})
	r.log.drop(slot{PointerMoved, m.ID})
	r.append(n, Event{Kind: ParticipantLeft, ID: m.ID})
	if m.thrown {
		r.visit(Thrown, m.Participant)
	} else {
		r.visit(Went, m.Participant)
	}
}

func (r *room) closeIfEmpty(n *notices) {
	if len(r.members) > 0 {
		return
	}
	if !r.over {
		if r.opened {
			r.visit(Emptied, Participant{})
		}
		r.leaveBehind()
		r.stopTest()
	}
	r.over, n.retire = true, true
}

// end closes the room for everybody, and forgets what was said.
func (r *room) end(reason string) notices {
	r.mu.Lock()
	defer r.mu.Unlock()
	var n notices
	if r.over {
		return n
	}
	r.forgetControl() // who is told that the room has ended need not be told of this
	for _, m := range r.joined {
		r.stopGrace(m)
		r.endPresences(&n, m, reason)
		r.visit(Went, m.Participant)
	}
	r.rooms.participants.Add(-int64(len(r.members)))
	r.rooms.publications.Add(-int64(len(r.publications)))
	clear(r.members)
	r.joined, r.publications, r.current = nil, nil, ""
	r.talk = newTalk()
	r.closeIfEmpty(&n)
	n.wake = r.log.swap(n.wake)
	return n
}

func (r *room) endPresences(n *notices, m *member, reason string) {
	for p := range m.presences {
		r.endPresence(n, m, p, reason)
	}
}

func (r *room) endPresence(n *notices, m *member, p *Presence, reason string) {
	r.hangUp(n, p, grant.Left)
	r.release(p)
	p.gone, p.reason = true, reason
	r.views++
	delete(m.presences, p)
	n.ended = append(n.ended, p)
}

func (r *room) remove(by *Presence, id string) (notices, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	var n notices
	if r.memberOf(by) == nil {
		return n, ErrGone
	}
	m := r.members[id]
	if m == nil {
		return n, ErrNotFound
	}
	r.order.out.add(id)
	m.thrown = true
	r.throw(&n, m)
	return n, nil
}

// updated tells the others about a participant that changed.
func (r *room) updated(n *notices, m *member) {
	p := m.Participant
	r.tell(n, entry{Event: Event{Kind: ParticipantUpdated, Participant: &p}, slot: slot{ParticipantUpdated, m.ID}})
}

// append logs an event for everybody.
func (r *room) append(n *notices, e Event) { r.tell(n, entry{Event: e}) }

// tell logs an event and wakes the queues once the lock is released.
func (r *room) tell(n *notices, e entry) {
	r.log.append(e)
	n.wake = r.log.swap(n.wake)
}

func (r *room) state(m *member) State {
	s := State{
		Conference:   r.conference,
		Current:      r.current,
		Stage:        r.talk.stage,
		Locked:       r.order.locked,
		Muted:        r.order.hushed,
		Participants: make([]Participant, 0, len(r.joined)),
		Publications: make([]Publication, 0, len(r.publications)),
	}
	if m != nil {
		s.Selected = m.selected
	}
	for _, other := range r.joined {
		s.Participants = append(s.Participants, other.Participant)
	}
	for _, pub := range r.publications {
		s.Publications = append(s.Publications, pub.Publication)
	}
	return s
}
