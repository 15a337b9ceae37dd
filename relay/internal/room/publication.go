package room

import (
	"slices"

	"github.com/coopnet/coopnet/relay/internal/board"
	"github.com/coopnet/coopnet/relay/internal/stage"
)

func (r *room) publish(p *Presence, pub Publication) (notices, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	var n notices
	m := r.memberOf(p)
	if m == nil {
		return n, ErrGone
	}
	if pub.ID == "" || r.isLive(pub.ID) {
		return n, ErrDuplicate
	}
	if !r.placeFor(p) {
		return n, ErrLimit
	}
	r.release(p)
	pub.Participant, pub.Name, pub.StartedAt = m.ID, m.Name, r.rooms.cfg.Now()
	before, shown := r.current, r.takesStage(m)
	r.publications = append(r.publications, share{Publication: pub, by: p})
	r.rooms.publications.Add(1)
	r.views++
	if shown {
		r.current = pub.ID
	}
	r.retarget(&n, before)
	r.append(&n, Event{Kind: PublicationStarted, Publication: &pub, Current: r.current})
	if shown {
		r.restage(&n, stage.View{Kind: stage.Share, ID: pub.ID, Participant: m.ID})
	}
	r.offers.Settle(m.ID)
	r.replace(&n, m, p)
	return n, nil
}

// replace stops the interrupted shares of a participant who shares anew by p: they came back by another way. The
// sessions that they belong to end too, with whatever else they share.
func (r *room) replace(n *notices, m *member, p *Presence) {
	for _, s := range r.publications {
		if s.Participant == m.ID && s.Interrupted && s.by != p && !s.by.gone {
			r.endPresence(n, m, s.by, ReasonReplaced)
		}
	}
	r.unpublish(n, func(s share) bool { return s.Participant == m.ID && (s.Interrupted || s.by.gone) })
	r.weaken(n, m)
}

func (r *room) reserve(p *Presence) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.memberOf(p) == nil {
		return ErrGone
	}
	if !r.placeFor(p) {
		return ErrLimit
	}
	if !p.reserved {
		p.reserved = true
		r.reserved++
	}
	return nil
}

// release gives a reserved place back.
func (r *room) release(p *Presence) {
	if p.reserved {
		p.reserved = false
		r.reserved--
	}
}

// placeFor reports whether p may have one more share. Its own reservation, and what it would replace, do not count.
func (r *room) placeFor(p *Presence) bool {
	taken := len(r.publications) + r.reserved
	if p.reserved {
		taken--
	}
	for _, s := range r.publications {
		if s.Participant == p.participant && s.Interrupted {
			taken--
		}
	}
	return taken < r.rooms.cfg.MaxPublications
}

// update changes a publication of the presence's participant; nothing is told when nothing changes.
func (r *room) update(p *Presence, id string, change func(*Publication)) notices {
	r.mu.Lock()
	defer r.mu.Unlock()
	var n notices
	i := slices.IndexFunc(r.publications, func(s share) bool { return s.ID == id && s.Participant == p.participant })
	if r.memberOf(p) == nil || i < 0 {
		return n
	}
	pub := r.publications[i].Publication
	if change(&pub); pub == r.publications[i].Publication {
		return n
	}
	r.publications[i].Publication = pub
	r.tell(&n, entry{Event: Event{Kind: PublicationUpdated, Publication: &pub}, slot: slot{PublicationUpdated, id}})
	return n
}

// unpublishOwn stops a publication of the presence's participant; an id of somebody else is ignored.
func (r *room) unpublishOwn(p *Presence, id string) notices {
	r.mu.Lock()
	defer r.mu.Unlock()
	var n notices
	if r.memberOf(p) != nil {
		r.unpublish(&n, func(s share) bool { return s.ID == id && s.Participant == p.participant })
	}
	return n
}

// unpublish stops every publication that matches. Who had selected one of them follows the conference's screen again.
func (r *room) unpublish(n *notices, matches func(share) bool) {
	for {
		i := slices.IndexFunc(r.publications, matches)
		if i < 0 {
			return
		}
		id, before := r.publications[i].ID, r.current
		r.publications = slices.Delete(r.publications, i, i+1)
		r.views++
		r.rooms.publications.Add(-1)
		if r.current == id {
			r.current = ""
			if last := len(r.publications) - 1; last >= 0 {
				r.current = r.publications[last].ID
			}
		}
		for _, m := range r.joined {
			if m.selected == id {
				m.selected = ""
				n.retarget(m)
			}
		}
		r.retarget(n, before)
		r.log.drop(slot{PublicationUpdated, id})
		r.wipe(board.OnShare(id))
		r.endControl(n, r.book.Stop(id)...)
		r.append(n, Event{Kind: PublicationStopped, ID: id, Current: r.current})
		if r.onStage(id) {
			r.followStage(n)
		}
	}
}

func (r *room) selectPublication(p *Presence, id string) (notices, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	var n notices
	m := r.memberOf(p)
	if m == nil {
		return n, ErrGone
	}
	if id != "" && !r.isLive(id) {
		return n, ErrNotFound
	}
	before := r.target(m)
	if m.selected != id {
		m.selected = id
		r.views++
	}
	if r.target(m) != before {
		n.retarget(m)
	}
	return n, nil
}

func (r *room) isLive(id string) bool {
	return slices.ContainsFunc(r.publications, func(s share) bool { return s.ID == id })
}

// target is what the participant views now: its selection, else the conference's screen.
func (r *room) target(m *member) string {
	if m.selected != "" {
		return m.selected
	}
	return r.current
}

// retarget tells everybody who follows the conference's screen that it is not before any more.
func (r *room) retarget(n *notices, before string) {
	if r.current == before {
		return
	}
	for _, m := range r.joined {
		if m.selected == "" {
			n.retarget(m)
		}
	}
}

func (n *notices) retarget(m *member) {
	for p := range m.presences {
		n.targets = append(n.targets, p.targetChanged)
	}
}
