package room

import (
	"slices"
	"time"
)

// past is what remains of a room that is gone.
type past struct {
	conference string
	until      time.Time
	ended      bool
	order      *order // nil: nothing was decided
	talk       *talk  // nil: nothing was said, or it is forgotten
	size       int    // of talk, in bytes
}

// leaveBehind hands over what remains of a room that is over now: its own it must not be any more. room.mu is held.
func (r *room) leaveBehind() {
	r.left = &past{conference: r.conference, order: r.order, talk: r.talk, size: r.talk.size()}
	if r.opened { // else nobody was let in, and what was said grows older
		r.talk.until = r.rooms.cfg.Now().Add(pastFor)
	}
	if isTest(r.conference) {
		r.left.talk, r.left.size = nil, 0
	}
	r.order, r.talk = &order{}, newTalk()
}

// retire takes a room that is over off the table and keeps for a while what was decided and said.
func (rs *Rooms) retire(r *room) {
	r.mu.Lock()
	left := r.left // is not ours to look into: another may have retired r, and the conference another room
	r.mu.Unlock()

	rs.mu.Lock()
	defer rs.mu.Unlock()
	if rs.rooms[r.conference] != r {
		return
	}
	delete(rs.rooms, r.conference)
	if isTest(r.conference) {
		rs.tests--
	}
	if before := rs.past[r.conference]; before != nil && before.ended {
		return
	}
	if left.order.says() || left.size > 0 {
		rs.remember(left)
	}
}

// recall takes what is kept of a conference. Rooms.mu is held.
func (rs *Rooms) recall(conference string) (*order, *talk) {
	before := rs.past[conference]
	if before == nil {
		return nil, nil
	}
	decided, said := before.order, before.talk
	if said != nil && !rs.cfg.Now().Before(said.until) {
		said = nil
	}
	rs.drop(before)
	return decided, said
}

// refuse remembers a removed id for a conference without a room. Rooms.mu is held.
func (rs *Rooms) refuse(conference, id string) {
	next := &past{conference: conference, order: &order{}}
	if before := rs.past[conference]; before != nil {
		if before.ended {
			return
		}
		if before.order != nil {
			next.order = before.order
		}
		next.talk, next.size = before.talk, before.size
	}
	next.order.out.add(id)
	rs.remember(next)
}

// remember keeps p for pastFor, in the place of what was kept of the conference. Rooms.mu is held.
func (rs *Rooms) remember(p *past) {
	if before := rs.past[p.conference]; before != nil {
		rs.drop(before)
	}
	p.until = rs.cfg.Now().Add(pastFor)
	rs.past[p.conference] = p
	rs.pastAge = append(rs.pastAge, p)
	rs.kept += p.size
	rs.forget()
}

// forget drops what is too old or too much: beyond MaxRooms entries the oldest, beyond MaxKept bytes what was said in the
// oldest. Rooms.mu is held.
func (rs *Rooms) forget() {
	now := rs.cfg.Now()
	for len(rs.pastAge) > 0 && (len(rs.pastAge) > rs.cfg.MaxRooms || !now.Before(rs.pastAge[0].until)) {
		rs.drop(rs.pastAge[0])
	}
	for i := 0; rs.kept > rs.cfg.MaxKept && i < len(rs.pastAge); i++ {
		rs.silence(rs.pastAge[i])
	}
}

// drop forgets all that is kept of a conference. Rooms.mu is held.
func (rs *Rooms) drop(p *past) {
	rs.silence(p)
	delete(rs.past, p.conference)
	if rs.pastAge[0] == p { // mostly: then nothing is moved
		rs.pastAge[0] = nil
		rs.pastAge = rs.pastAge[1:]
		return
	}
	i := slices.Index(rs.pastAge, p)
	rs.pastAge = slices.Delete(rs.pastAge, i, i+1)
}

// silence forgets what was said, and who was in unless that decides who may come. Rooms.mu is held.
func (rs *Rooms) silence(p *past) {
	rs.kept -= p.size
	p.talk, p.size = nil, 0
	if p.order != nil && !p.order.says() {
		p.order = nil
	}
}

// Kept is about what was said in rooms that are empty, in bytes.
func (rs *Rooms) Kept() int {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	return rs.kept
}

// Move closes the conference's room because it lives on another relay: every presence ends with ReasonDraining, and what
// was said is forgotten.
func (rs *Rooms) Move(conference string) {
	rs.mu.Lock()
	r := rs.rooms[conference]
	rs.mu.Unlock()
	if r != nil {
		n := r.end(ReasonDraining)
		n.deliver(r)
	}
	rs.mu.Lock()
	defer rs.mu.Unlock()
	if before := rs.past[conference]; before != nil {
		rs.silence(before)
	}
}
