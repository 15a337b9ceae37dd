package room

// Presence is one live session of a participant: a control channel, a view or a share. Its methods may be called from
// any goroutine and, once it has left or ended, do nothing.
type Presence struct {
	room          *room
	participant   string
	ended         chan struct{}
	targetChanged chan struct{}
	number        uint64 // in the order of joining
	rights               // never change

	// Guarded by room.mu.
	gone     bool
	reason   string
	reserved bool // a place among the room's shares
	desk     *desk
	watches  string // the publication whose pictures it gets, or ""
	told     told   // of who watches its participant's shares
}

// rights are what the token of one presence says.
type rights struct{ presents, shares, controls, software bool }

func newPresence(r *room, as Participant) *Presence {
	return &Presence{
		room: r, participant: as.ID, ended: make(chan struct{}), targetChanged: make(chan struct{}, 1), number: r.number(),
		rights: rights{as.Presents, as.Shares, as.Controls, as.Software},
	}
}

// Conference returns the conference whose room this presence is in.
func (p *Presence) Conference() string { return p.room.conference }

// Participant returns the participant as the room lists it; after the end only the ID is known.
func (p *Presence) Participant() Participant {
	p.room.mu.Lock()
	defer p.room.mu.Unlock()
	if m := p.room.memberOf(p); m != nil {
		return m.Participant
	}
	return Participant{ID: p.participant}
}

// Leave ends the session and stops what it published. The participant leaves the room when its last presence has left
// and the grace is over. Leave may be called again.
func (p *Presence) Leave() {
	n := p.room.leave(p)
	n.deliver(p.room)
}

// Ended is closed when the room ends the presence: Reason says why. Leave does not close it.
func (p *Presence) Ended() <-chan struct{} { return p.ended }

// Reason is "" while the presence has not been ended, then one of the Reason constants.
func (p *Presence) Reason() string {
	p.room.mu.Lock()
	defer p.room.mu.Unlock()
	return p.reason
}

// State returns the room as it is now, and an empty one after the end.
func (p *Presence) State() State {
	p.room.mu.Lock()
	defer p.room.mu.Unlock()
	return p.room.state(p.room.memberOf(p))
}

// Reserve keeps a place for the share that this presence will publish, until it does or is gone. It refuses with ErrLimit
// or ErrGone.
func (p *Presence) Reserve() error { return p.room.reserve(p) }

// Publish adds a share, which becomes the conference's screen. Participant, Name and StartedAt are filled in. Shares of
// the same participant that are interrupted stop, and the presences that published them end with ReasonReplaced.
// It refuses with ErrLimit, ErrDuplicate or ErrGone.
func (p *Presence) Publish(pub Publication) error {
	n, err := p.room.publish(p, pub)
	n.deliver(p.room)
	return err
}

// Interrupt tells whether the network of this participant's share is silent.
func (p *Presence) Interrupt(id string, interrupted bool) {
	n := p.room.update(p, id, func(pub *Publication) { pub.Interrupted = interrupted })
	n.deliver(p.room)
}

// Low tells whether somebody needs the low picture of this participant's share.
func (p *Presence) Low(id string, needed bool) {
	n := p.room.update(p, id, func(pub *Publication) { pub.Low = needed })
	n.deliver(p.room)
}

// Unpublish stops a share of this participant. The screen falls back to the latest share that remains.
func (p *Presence) Unpublish(id string) {
	n := p.room.unpublishOwn(p, id)
	n.deliver(p.room)
}

// Select pins a publication for all sessions of this participant until it stops; "" follows the conference's screen.
// It refuses with ErrNotFound or ErrGone.
func (p *Presence) Select(id string) error {
	n, err := p.room.selectPublication(p, id)
	n.deliver(p.room)
	return err
}

// Target is the publication to view now: the selected one, else the conference's screen, else "".
func (p *Presence) Target() string {
	p.room.mu.Lock()
	defer p.room.mu.Unlock()
	if m := p.room.memberOf(p); m != nil {
		return p.room.target(m)
	}
	return ""
}

// TargetChanged receives after every change of Target; several changes may leave one token. Wait on it, then call Target.
func (p *Presence) TargetChanged() <-chan struct{} { return p.targetChanged }

// SetStatus changes what the list says beside the participant's name. The caller bounds it.
func (p *Presence) SetStatus(status string) {
	_ = p.change(func(r *room, m *member, n *notices) error { // who is gone has no status
		r.setStatus(n, m, status)
		return nil
	})
}

// Remove throws a participant out and keeps it out for as long as the room lives. The caller has checked the right to.
// It refuses with ErrNotFound or ErrGone.
func (p *Presence) Remove(participantID string) error {
	n, err := p.room.remove(p, participantID)
	n.deliver(p.room)
	return err
}

// Events returns a queue of what happens in the room from now on.
func (p *Presence) Events() *Queue { return &Queue{presence: p, afresh: true} }

// setStatus changes and tells a status.
func (r *room) setStatus(n *notices, m *member, status string) {
	if m.Status != status {
		m.Status, m.StatusAt = status, r.rooms.cfg.Now()
		r.updated(n, m)
	}
}

// change does something to the room for a presence that is still in it, and tells what has changed. It refuses with
// ErrGone, and as do does.
func (p *Presence) change(do func(r *room, m *member, n *notices) error) error {
	n, err := p.room.change(p, do)
	n.deliver(p.room)
	return err
}

func (r *room) change(p *Presence, do func(r *room, m *member, n *notices) error) (n notices, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	m := r.memberOf(p)
	if m == nil {
		return n, ErrGone
	}
	err = do(r, m, &n)
	return n, err
}
