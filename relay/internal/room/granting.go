package room

import (
	"slices"
	"sync/atomic"

	"github.com/coopnet/coopnet/relay/internal/grant"
	"github.com/coopnet/coopnet/shared/jointoken"
)

// maxLetters is how much may wait for a presenter's channel: about a second of input. What comes on top is refused.
const maxLetters = 64

// LetterKind says what a Letter is about.
type LetterKind int

// The kinds of letters, with the fields that they fill beside Grant.
const (
	ControlAsked   LetterKind = iota + 1 // Participant, Token; to the presenter
	ControlGranted                       // Participant
	ControlDenied                        // Reason
	ControlRevoked                       // Reason
	ControlInput                         // Input; to the presenter
)

// Letter is something for one control channel alone. Unlike events letters wait for nothing, and are never lost.
type Letter struct {
	Kind        LetterKind
	Grant       grant.Grant
	Reason      grant.Reason
	Participant Participant // who controls, or wants to
	Token       string
	Input       []byte // the whole message
}

// granting is who controls what in a room. Its fields but dealing are guarded by room.mu.
type granting struct {
	book    grant.Book
	desks   map[uint64]*Presence // the control channels, by their number
	last    uint64               // number of a presence
	dealing atomic.Bool          // the book has something
}

// desk is the place for letters to one control channel, guarded by room.mu.
type desk struct {
	software bool
	wake     chan struct{} // never changes
	letters  []Letter      // bounded: see post
}

// number is that of the next presence.
func (r *room) number() uint64 {
	r.last++
	return r.last
}

// Listen says that the presence is a control channel of its participant, that of the installed software or of a page, and
// returns what receives when there are Letters. An older channel of the same kind is lost: what it had part in ends.
func (p *Presence) Listen(software bool) <-chan struct{} {
	wake := make(chan struct{}, 1)
	_ = p.change(func(r *room, m *member, n *notices) error { // who is gone gets no letters
		newest := true
		for other := range m.presences {
			if other.desk == nil || other.desk.software != software {
				continue
			}
			if other.number < p.number {
				r.hangUp(n, other, grant.Reconnected)
			} else {
				newest = false
			}
		}
		if newest {
			p.desk = &desk{software: software, wake: wake}
			r.desks[p.number] = p
		}
		return nil
	})
	return wake
}

// Letters takes what has come, in its order.
func (p *Presence) Letters() []Letter {
	p.room.mu.Lock()
	defer p.room.mu.Unlock()
	if p.desk == nil {
		return nil
	}
	letters := p.desk.letters
	p.desk.letters = nil
	return letters
}

// HangUp lets go of all control because the participant leaves. Where a channel is just lost, Leave does that.
func (p *Presence) HangUp() {
	_ = p.change(func(r *room, _ *member, n *notices) error { // who is gone has let go
		r.hangUp(n, p, grant.Left)
		return nil
	})
}

// RequestControl asks the software of a share's presenter for control of it, under a key; token is what the software is to
// believe. The caller has checked the right to. It refuses with ErrNotFound, ErrControl, ErrAbsent, ErrPace, and as grant does.
func (p *Presence) RequestControl(key, publication, token string) error {
	return p.deal(func(r *room, m *member, n *notices) error {
		i := slices.IndexFunc(r.publications, func(s share) bool { return s.ID == publication })
		if i < 0 {
			return ErrNotFound
		}
		s := r.publications[i]
		if !s.Control || s.Participant == m.ID || m.Role == jointoken.RoleGuest || p.desk == nil {
			return ErrControl
		}
		presenter := r.deskOf(s.Participant)
		if presenter == nil {
			return ErrAbsent
		}
		now := r.rooms.cfg.Now()
		if presenter.desk.full() || !m.pace.ask.AllowN(now, 1) {
			return ErrPace
		}
		request := grant.Request{
			ID: "q-" + r.rooms.cfg.NewID(), Key: key, Publication: publication, Controller: p.party(), Presenter: presenter.party(),
		}
		fresh, err := r.book.Ask(request, now)
		if fresh {
			r.post(n, request.Presenter, Letter{Kind: ControlAsked, Grant: grant.Grant{Request: request}, Participant: m.Participant, Token: token})
		}
		return err
	})
}

// GrantControl is the presenter's yes to a request. It refuses with ErrControl who shares nothing that can be controlled, and
// as grant does.
func (p *Presence) GrantControl(request string) (g grant.Grant, err error) {
	err = p.deal(func(r *room, m *member, n *notices) error {
		if g, err = r.book.Allow(request, "g-"+r.rooms.cfg.NewID(), p.party(), r.rooms.cfg.Now()); err != nil {
			return r.stranger(m, err)
		}
		letter := Letter{Kind: ControlGranted, Grant: g, Participant: Participant{ID: g.Request.Controller.Participant}}
		if by := r.members[g.Request.Controller.Participant]; by != nil {
			letter.Participant = by.Participant
		}
		r.post(n, g.Request.Presenter, letter)
		r.post(n, g.Request.Controller, letter)
		r.controlled(n, g.Request.Publication, g.Request.Controller.Participant)
		return nil
	})
	return g, err
}

// DenyControl is the presenter's no, which the other side hears. It refuses as GrantControl.
func (p *Presence) DenyControl(request string, reason grant.Reason) error {
	return p.deal(func(r *room, m *member, n *notices) error {
		end, err := r.book.Deny(request, reason, p.party(), r.rooms.cfg.Now())
		if err != nil {
			return r.stranger(m, err)
		}
		r.post(n, end.Request.Controller, Letter{Kind: ControlDenied, Grant: end.Grant, Reason: reason})
		return nil
	})
}

// RevokeControl ends a grant, for either side: from now on no input passes, nor what has not reached the presenter's channel
// yet. It refuses with ErrControl who could have no part in one, and as grant does.
func (p *Presence) RevokeControl(id string) error {
	return p.deal(func(r *room, m *member, n *notices) error {
		end, err := r.book.Revoke(id, p.party(), r.rooms.cfg.Now())
		if err != nil {
			return r.stranger(m, err)
		}
		r.endControl(n, end)
		return nil
	})
}

// Control passes the controller's input to the presenter's channel. The caller has checked the right to. It refuses with
// ErrControl who does not have this grant now, and with ErrPace where the presenter's channel takes no more at the moment.
func (p *Presence) Control(id string, input []byte) error {
	return p.deal(func(r *room, _ *member, n *notices) error {
		g, err := r.book.Use(id, p.party(), r.rooms.cfg.Now())
		if err != nil {
			return ErrControl
		}
		to := r.desks[g.Request.Presenter.Channel]
		if to == nil || to.desk.full() {
			return ErrPace
		}
		r.post(n, g.Request.Presenter, Letter{Kind: ControlInput, Grant: g, Input: input})
		return nil
	})
}

// LapseControl ends what has had its time. It costs nothing where nobody controls anything: every channel may call it often.
func (p *Presence) LapseControl() {
	if p.room.dealing.Load() {
		_ = p.deal(func(*room, *member, *notices) error { return nil }) // who is gone sees to nothing
	}
}

// deal changes the book, from which whatever has had its time has gone before.
func (p *Presence) deal(do func(r *room, m *member, n *notices) error) error {
	return p.change(func(r *room, m *member, n *notices) error {
		r.endControl(n, r.book.Lapse(r.rooms.cfg.Now())...)
		defer func() { r.dealing.Store(r.book.Len() > 0) }()
		return do(r, m, n)
	})
}

// stranger makes a forgery of what is not found, where the participant has no part in any control.
func (r *room) stranger(m *member, err error) error {
	controllable := slices.ContainsFunc(r.publications, func(s share) bool { return s.Control && s.Participant == m.ID })
	if !controllable && !m.Controls {
		return ErrControl
	}
	return err
}

// endControl tells both sides that something has ended, and takes back what is on its way.
func (r *room) endControl(n *notices, ends ...grant.End) {
	for _, end := range ends {
		kind, presenter := ControlDenied, r.desks[end.Request.Presenter.Channel]
		if end.ID != "" {
			kind = ControlRevoked
			r.controlled(n, end.Request.Publication, "")
		}
		if presenter != nil {
			presenter.desk.takeBack(end.ID)
		}
		letter := Letter{Kind: kind, Grant: end.Grant, Reason: end.Reason}
		r.post(n, end.Request.Presenter, letter)
		r.post(n, end.Request.Controller, letter)
	}
	r.dealing.Store(r.book.Len() > 0)
}

// hangUp ends whatever a presence has part in: it is no control channel any more.
func (r *room) hangUp(n *notices, p *Presence, reason grant.Reason) {
	if p.desk == nil {
		return
	}
	delete(r.desks, p.number)
	p.desk = nil
	r.endControl(n, r.book.HangUp(p.number, reason)...)
}

// forgetControl is for the end of the room.
func (r *room) forgetControl() {
	r.book = grant.Book{}
	clear(r.desks)
	r.dealing.Store(false)
}

// controlled tells everybody who controls a share now.
func (r *room) controlled(n *notices, publication, by string) {
	for i := range r.publications {
		if r.publications[i].ID == publication {
			r.publications[i].Controller = by
			pub := r.publications[i].Publication
			r.tell(n, entry{Event: Event{Kind: PublicationUpdated, Publication: &pub}, slot: slot{PublicationUpdated, publication}})
		}
	}
}

// deskOf is the control channel that answers for what a participant shares: the software's, or else the page's.
func (r *room) deskOf(participant string) (found *Presence) {
	m := r.members[participant]
	if m == nil {
		return nil
	}
	for p := range m.presences {
		if p.desk != nil && (found == nil || p.desk.software) {
			found = p
		}
	}
	return found
}

func (p *Presence) party() grant.Party {
	return grant.Party{Participant: p.participant, Channel: p.number}
}

// post leaves a letter, unless its channel has gone. Requests and input go to no desk that is full; of what is open there are
// at most as many as shares, and each has one beginning and one end: so no desk holds much more.
func (r *room) post(n *notices, to grant.Party, letter Letter) {
	if p := r.desks[to.Channel]; p != nil {
		p.desk.letters = append(p.desk.letters, letter)
		n.targets = append(n.targets, p.desk.wake)
	}
}

func (d *desk) full() bool { return len(d.letters) >= maxLetters }

// takeBack drops input under a grant that is over.
func (d *desk) takeBack(id string) {
	d.letters = slices.DeleteFunc(d.letters, func(l Letter) bool { return l.Kind == ControlInput && l.Grant.ID == id })
}
