package room

import "github.com/coopnet/coopnet/relay/internal/stage"

// Show puts something where all who follow the conference see it. The caller has cleaned the view, and checked the right
// to. It refuses with ErrNotFound where the share is not live; without a name it is the current one, or nothing.
func (p *Presence) Show(v stage.View) error {
	return p.change(func(r *room, by *member, n *notices) error {
		if v.Kind == stage.Share && v.ID == "" {
			r.followStage(n)
			return nil
		}
		v.Participant = by.ID
		if v.Kind == stage.Share {
			if !r.isLive(v.ID) {
				return ErrNotFound
			}
			before := r.current
			r.current = v.ID
			r.retarget(n, before)
		}
		r.restage(n, v)
		return nil
	})
}

// restage is told once, and only where something else is shown.
func (r *room) restage(n *notices, v stage.View) {
	same := r.talk.stage
	if same.Participant = v.Participant; same == v {
		return
	}
	r.talk.stage = v
	r.views++
	r.tell(n, entry{Event: Event{Kind: StageShown, Stage: &v}, slot: slot{kind: StageShown}})
}

// takesStage reports whether a share that the participant starts is shown to all. One that was shown to nobody when its
// network fell silent, and comes back by another way, is not.
func (r *room) takesStage(m *member) bool {
	back := false
	for _, s := range r.publications {
		if s.Participant == m.ID && s.Interrupted {
			back = true
			if r.onStage(s.ID) {
				return true
			}
		}
	}
	return !back
}

func (r *room) onStage(publication string) bool {
	return r.talk.stage.Kind == stage.Share && r.talk.stage.ID == publication
}

// followStage puts the current share on the stage in the place of one that has stopped.
func (r *room) followStage(n *notices) {
	v := stage.View{Kind: stage.Share, ID: r.current}
	for _, s := range r.publications {
		if s.ID == r.current {
			v.Participant = s.Participant
		}
	}
	r.restage(n, v)
}

// Offer asks a participant to share in one's place. The caller has checked the right to. It refuses with ErrNotFound, and
// with ErrDenied where that one may not share.
func (p *Presence) Offer(to string) error {
	return p.change(func(r *room, from *member, n *notices) error {
		other := r.members[to]
		switch {
		case other == nil || other == from:
			return ErrNotFound
		case !other.Shares:
			return ErrDenied
		}
		r.offers.Make(from.ID, to, r.rooms.cfg.Now())
		who := from.Participant
		r.tell(n, entry{Event: Event{Kind: StageOffered, Participant: &who}, slot: slot{StageOffered, from.ID}, only: []string{to}})
		return nil
	})
}

// Decline turns an offer down. It refuses with ErrNotFound where there is none.
func (p *Presence) Decline(from string) error {
	return p.change(func(r *room, by *member, n *notices) error {
		if !r.offers.Decline(from, by.ID, r.rooms.cfg.Now()) {
			return ErrNotFound
		}
		r.log.drop(slot{StageOffered, from})
		who := by.Participant
		r.tell(n, entry{Event: Event{Kind: StageDeclined, Participant: &who}, only: []string{from}})
		return nil
	})
}

// DocumentsChanged tells everybody to look at the list of documents again. The caller has checked the right to.
func (p *Presence) DocumentsChanged() error {
	return p.change(func(r *room, _ *member, n *notices) error {
		r.tell(n, entry{Event: Event{Kind: DocumentsChanged}, slot: slot{kind: DocumentsChanged}})
		return nil
	})
}
