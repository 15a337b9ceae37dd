package room

import "github.com/coopnet/coopnet/relay/internal/board"

// Pointer is where a participant points.
type Pointer struct {
	Participant, Name string
	X, Y              int
}

// Draw puts a shape on a surface, or in the place of the one that the participant has drawn under its key. It refuses with
// board.ErrInvalid, ErrPace, ErrNotFound where the share is not live, ErrGone, and what Board.Draw refuses with.
func (p *Presence) Draw(on board.Surface, d board.Drawing) error {
	return p.change(func(r *room, by *member, n *notices) error {
		s, ok := d.Shape(by.ID, by.Name)
		if !ok {
			return board.ErrInvalid
		}
		if !r.hasSurface(on) {
			return ErrNotFound
		}
		if !by.pace.draw.AllowN(r.rooms.cfg.Now(), s.Size()) {
			return ErrPace
		}
		if err := r.talk.board.Draw(on, "d-"+r.rooms.cfg.NewID(), s); err != nil {
			return err
		}
		r.tell(n, entry{Event: Event{Kind: BoardShape, Surface: on, Shape: s}, slot: slot{BoardShape, s.ID}})
		return nil
	})
}

// hasSurface reports whether there is something to draw on. The documents are not ours to know.
func (r *room) hasSurface(on board.Surface) bool { return on.Kind != board.Share || r.isLive(on.ID) }

// Erase takes shapes away: one's own, or anybody's where the caller has checked the right to. Those that are gone already
// do not matter.
func (p *Presence) Erase(on board.Surface, shapes []string, anybodys bool) error {
	return p.change(func(r *room, by *member, n *notices) error {
		erased, err := r.talk.board.Erase(on, shapes, by.ID, anybodys)
		if len(erased) > 0 {
			r.forgetShapes(erased)
			r.append(n, Event{Kind: BoardErased, Surface: on, IDs: erased})
		}
		return err
	})
}

// Clear takes everything from a surface. The caller has checked the right to.
func (p *Presence) Clear(on board.Surface) error {
	return p.change(func(r *room, _ *member, n *notices) error {
		if r.wipe(on) {
			r.tell(n, entry{Event: Event{Kind: BoardCleared, Surface: on}, slot: slot{BoardCleared, on.String()}})
		}
		return nil
	})
}

// wipe forgets what is on a surface, and reports whether there was anything.
func (r *room) wipe(on board.Surface) bool {
	erased := r.talk.board.Clear(on)
	r.forgetShapes(erased)
	return len(erased) > 0
}

// forgetShapes: who has not heard of them need not.
func (r *room) forgetShapes(shapes []string) {
	for _, id := range shapes {
		r.log.drop(slot{BoardShape, id})
	}
}

// Point shows the others where the participant points. It refuses with board.ErrInvalid, and with ErrNotFound where the
// share is not live.
func (p *Presence) Point(on board.Surface, x, y int) error {
	return p.change(func(r *room, by *member, n *notices) error {
		if !board.Inside(x) || !board.Inside(y) {
			return board.ErrInvalid
		}
		if !r.hasSurface(on) {
			return ErrNotFound
		}
		r.tell(n, entry{
			Event: Event{Kind: PointerMoved, Surface: on, Pointer: &Pointer{by.ID, by.Name, x, y}},
			slot:  slot{PointerMoved, by.ID}, except: by.ID,
		})
		return nil
	})
}

// HidePointer ends the pointing. Where it was not seen lately there is nothing to tell.
func (p *Presence) HidePointer() error {
	return p.change(func(r *room, by *member, n *notices) error {
		at := slot{PointerMoved, by.ID}
		if e := r.log.slots[at]; e != nil && e.Kind == PointerMoved {
			r.tell(n, entry{Event: Event{Kind: PointerHidden, ID: by.ID}, slot: at, except: by.ID})
		}
		return nil
	})
}
