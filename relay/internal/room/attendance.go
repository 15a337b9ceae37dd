package room

import (
	"sync"
	"time"

	"github.com/coopnet/coopnet/relay/internal/grant"
)

// VisitKind says what a Visit is about.
type VisitKind int

// The kinds of visits.
const (
	Opened  VisitKind = iota + 1 // the first participant has come
	Emptied                      // the last one has gone
	Came
	Went
	Thrown // has gone because an organizer in the room has removed it
	There  // is in; said of everybody by Recount
)

// Visit is one change of who is in a room.
type Visit struct {
	Seq         int64 // counts up from 1
	Kind        VisitKind
	Conference  string
	Participant Participant // zero for Opened and Emptied
	At          time.Time
}

// Attendance keeps the visits of all rooms, in their order, until they are forgotten. It is bounded: when it is full it
// loses all of them, and keeps nothing until Recount. Its lock is a leaf: it is taken under room.mu.
type Attendance struct {
	most    int
	changed chan struct{} // one token: there is something new

	mu     sync.Mutex // guards what follows
	visits []Visit
	next   int64 // Seq of the next one
	lost   bool
	losses uint64
}

func newAttendance(most int) *Attendance {
	return &Attendance{most: most, changed: make(chan struct{}, 1), next: 1}
}

// record does nothing on nil: nobody wants to know.
func (a *Attendance) record(v Visit) {
	if a == nil {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.lost {
		return
	}
	if len(a.visits) >= a.most {
		a.visits, a.lost = nil, true
		a.losses++
	} else {
		v.Seq = a.next
		a.next++
		a.visits = append(a.visits, v)
	}
	select {
	case a.changed <- struct{}{}:
	default: // one token says all
	}
}

// Changed receives after visits were recorded or lost.
func (a *Attendance) Changed() <-chan struct{} { return a.changed }

// Oldest returns up to most visits.
func (a *Attendance) Oldest(most int) []Visit {
	a.mu.Lock()
	defer a.mu.Unlock()
	return append([]Visit(nil), a.visits[:min(most, len(a.visits))]...)
}

// Forget drops the visits up to seq.
func (a *Attendance) Forget(seq int64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	n := 0
	for n < len(a.visits) && a.visits[n].Seq <= seq {
		n++
	}
	if a.visits = a.visits[n:]; len(a.visits) == 0 {
		a.visits = nil // so that a rush does not hold its memory
	}
}

// Lost reports whether visits were lost since the last Recount.
func (a *Attendance) Lost() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.lost
}

// Waiting counts the visits that are kept, and how often all were lost.
func (a *Attendance) Waiting() (visits int, losses uint64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.visits), a.losses
}

// End is the Seq of the next visit.
func (a *Attendance) End() int64 {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.next
}

func (a *Attendance) restart() (first int64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.visits, a.lost = nil, false
	return a.next
}

// Attendance is nil unless Config.Attendance asks for it.
func (rs *Rooms) Attendance() *Attendance { return rs.attendance }

// Recount starts the record anew with everybody who is in, from the visit first on.
func (rs *Rooms) Recount() (first int64) {
	first = rs.attendance.restart()
	rs.mu.Lock()
	all := make([]*room, 0, len(rs.rooms))
	for _, r := range rs.rooms {
		all = append(all, r)
	}
	rs.mu.Unlock()
	for _, r := range all {
		r.recount()
	}
	return first
}

func (r *room) recount() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.joined) > 0 {
		r.visit(Opened, Participant{})
	}
	for _, m := range r.joined {
		r.visit(There, m.Participant)
	}
}

// visit is called under room.mu, so that the record has the order in which things happened.
func (r *room) visit(kind VisitKind, p Participant) {
	if isTest(r.conference) {
		return
	}
	r.rooms.attendance.record(Visit{Kind: kind, Conference: r.conference, Participant: p, At: r.rooms.cfg.Now()})
}

// Remove throws a participant out of a conference and keeps it out, also when it is not in: a join token that it has
// must open nothing.
func (rs *Rooms) Remove(conference, id string) {
	for {
		rs.mu.Lock()
		r := rs.rooms[conference]
		if r == nil {
			rs.refuse(conference, id)
			rs.mu.Unlock()
			return
		}
		rs.mu.Unlock()
		n, ok := r.expel(id)
		n.deliver(r)
		if ok {
			return
		}
		rs.retire(r) // it closed between the two locks
	}
}

func (r *room) expel(id string) (n notices, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.over {
		return n, false
	}
	r.order.out.add(id)
	if m := r.members[id]; m != nil {
		r.throw(&n, m)
	}
	return n, true
}

// throw ends all that a participant has here.
func (r *room) throw(n *notices, m *member) {
	for p := range m.presences {
		r.hangUp(n, p, grant.Removed)
	}
	r.unpublish(n, func(s share) bool { return s.Participant == m.ID })
	r.endPresences(n, m, ReasonRemoved)
	r.drop(n, m)
	r.closeIfEmpty(n)
}
