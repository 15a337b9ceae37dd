package room

import (
	"slices"

	"github.com/coopnet/coopnet/shared/jointoken"
)

// maxIDs bounds each set of participants that a room remembers; the oldest is forgotten first.
const maxIDs = 4096

// order is what organizers have decided for a room. It outlives the room for a while, so that nobody gets round it by
// leaving and coming back.
type order struct {
	locked bool  // only who was in before gets in
	hushed bool  // only who presents may chat
	known  idSet // who was in
	out    idSet // who was removed
	muted  idSet
}

// says reports whether there is anything to remember, beside who was in.
func (o *order) says() bool {
	return o.locked || o.hushed || len(o.out.age) > 0 || len(o.muted.age) > 0
}

// idSet is a bounded set of participants.
type idSet struct {
	ids map[string]struct{}
	age []string // the oldest first
}

func (s *idSet) has(id string) bool {
	_, there := s.ids[id]
	return there
}

func (s *idSet) add(id string) {
	if s.has(id) {
		return
	}
	if s.ids == nil {
		s.ids = make(map[string]struct{})
	}
	if len(s.age) >= maxIDs {
		delete(s.ids, s.age[0])
		s.age = slices.Delete(s.age, 0, 1)
	}
	s.ids[id] = struct{}{}
	s.age = append(s.age, id)
}

func (s *idSet) drop(id string) {
	if s.has(id) {
		delete(s.ids, id)
		s.age = slices.DeleteFunc(s.age, func(other string) bool { return other == id })
	}
}

// Lock lets nobody in who was not in before, organizers apart, or everybody again. The caller has checked the right to.
func (p *Presence) Lock(locked bool) error {
	return p.change(func(r *room, _ *member, n *notices) error {
		if r.order.locked != locked {
			r.order.locked = locked
			r.ordered(n)
		}
		return nil
	})
}

// Hush takes the chat from everybody who does not present, or gives it back. The caller has checked the right to.
func (p *Presence) Hush(hushed bool) error {
	return p.change(func(r *room, _ *member, n *notices) error {
		if r.order.hushed != hushed {
			r.order.hushed = hushed
			r.ordered(n)
		}
		return nil
	})
}

// ordered tells what holds for everybody.
func (r *room) ordered(n *notices) {
	r.tell(n, entry{
		Event: Event{Kind: RoomUpdated, State: &State{Locked: r.order.locked, Muted: r.order.hushed}},
		slot:  slot{kind: RoomUpdated},
	})
}

// Mute takes the chat from a participant, or gives it back. The caller has checked the right to. It refuses with
// ErrNotFound.
func (p *Presence) Mute(id string, muted bool) error {
	return p.change(func(r *room, _ *member, n *notices) error {
		m := r.members[id]
		if m == nil {
			return ErrNotFound
		}
		if m.Muted == muted {
			return nil
		}
		m.Muted = muted
		if muted {
			r.order.muted.add(id)
		} else {
			r.order.muted.drop(id)
		}
		r.updated(n, m)
		return nil
	})
}

// LowerHand takes a participant's hand down. The caller has checked the right to. It refuses with ErrNotFound.
func (p *Presence) LowerHand(id string) error {
	return p.change(func(r *room, _ *member, n *notices) error {
		m := r.members[id]
		if m == nil {
			return ErrNotFound
		}
		if m.Status == StatusHand {
			r.setStatus(n, m, "")
		}
		return nil
	})
}

// lets reports whether the order lets a participant in that is not in.
func (o *order) lets(p Participant) error {
	switch {
	case o.out.has(p.ID):
		return ErrRemoved
	case o.locked && p.Role != jointoken.RoleOrganizer && !o.known.has(p.ID):
		return ErrLocked
	}
	return nil
}
