package room

import (
	"errors"
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
	Noted       bool   // another channel has the same letter, and writes it into the log
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
	seat    uint64
	wake    chan struct{} // never changes
	letters []Letter      // bounded: see post
}

// number is that of the next presence.
func (r *room) number() uint64 {
	r.last++
	return r.last
}

// Listen says that the presence is a control channel of its participant, that of the installed software or of a page, and
// returns what receives when there are Letters. Of two channels of a kind the one with the higher seat stays, in whatever
// order they joined: what the other has part in ends.
func (p *Presence) Listen(seat uint64) <-chan struct{} {
	wake := make(chan struct{}, 1)
	_ = p.change(func(r *room, m *member, n *notices) error { // who is gone gets no letters
		for other := range m.presences {
			if other.desk == nil || other.software != p.software {
				continue
			}
			if other.desk.seat > seat {
				return nil
			}
			r.hangUp(n, other, grant.Reconnected)
		}
		p.desk = &desk{seat: seat, wake: wake}
		r.desks[p.number] = p
		if !p.software {
			for _, g := range r.book.Given(m.ID) {
				r.post(n, p.party(), r.granted(g))
			}
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
// believe. The caller has checked the right to. It refuses with ErrNotFound, ErrControl, ErrAbsent, and as grant does.
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
		presenter := r.deskOf(s)
		if presenter == nil {
			return ErrAbsent
		}
		now := r.rooms.cfg.Now()
		request := grant.Request{
			ID: "q-" + r.rooms.cfg.NewID(), Key: key, Publication: publication, Controller: p.party(), Presenter: presenter.party(),
		}
		fresh, err := r.book.Ask(request, now, func() bool { return !presenter.desk.full() && m.pace.ask.AllowN(now, 1) })
		if fresh {
			r.post(n, request.Presenter, Letter{Kind: ControlAsked, Grant: grant.Grant{Request: request}, Participant: m.Participant, Token: token})
		}
		return err
	})
}

// WithdrawControl takes a request back, whatever has become of it: both sides hear that it is gone, or that the grant is
// released. It refuses with ErrControl who could have asked for nothing, and as grant does.
func (p *Presence) WithdrawControl(key string) error {
	return p.deal(func(r *room, m *member, n *notices) error {
		end, err := r.book.Withdraw(key, p.party(), r.rooms.cfg.Now())
		if err != nil {
			return r.stranger(m, err)
		}
		r.endControl(n, end)
		return nil
	})
}

// GrantControl is the presenter's yes to a request. It refuses with ErrControl whom nobody has asked, and as grant does.
func (p *Presence) GrantControl(request string) (g grant.Grant, err error) {
	err = p.deal(func(r *room, m *member, n *notices) error {
		if g, err = r.book.Allow(request, "g-"+r.rooms.cfg.NewID(), p.party(), r.rooms.cfg.Now()); err != nil {
			return r.stranger(m, err)
		}
		r.postAll(n, r.granted(g))
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
// yet. It refuses with ErrControl who has no part in it, and as grant does.
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

// Control passes the controller's input to the presenter's channel; release is input that lets go of keys and buttons, and
// nothing else. The caller has checked the right to. It refuses with ErrControl who does not have this grant now, with ErrPace
// where the presenter's channel takes no more at the moment, and with ErrInterrupted what is done blindly.
func (p *Presence) Control(id string, input []byte, release bool) error {
	return p.deal(func(r *room, _ *member, n *notices) error {
		g, err := r.book.Use(id, p.party(), r.rooms.cfg.Now())
		if err != nil {
			return ErrControl
		}
		if !release && r.interrupted(g.Request.Publication) {
			return ErrInterrupted
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

// stranger makes a forgery of what is somebody else's, and of whatever comes from who has no part in any control.
func (r *room) stranger(m *member, err error) error {
	controllable := slices.ContainsFunc(r.publications, func(s share) bool { return s.Control && s.Participant == m.ID })
	if errors.Is(err, grant.ErrDenied) || !controllable && !m.Controls {
		return ErrControl
	}
	return err
}

// granted is the letter about a grant.
func (r *room) granted(g grant.Grant) Letter {
	letter := Letter{Kind: ControlGranted, Grant: g, Participant: Participant{ID: g.Request.Controller.Participant}}
	if by := r.members[g.Request.Controller.Participant]; by != nil {
		letter.Participant = by.Participant
	}
	return letter
}

// postAll tells of a grant both sides, and the presenter's page, which may end what the software has begun.
func (r *room) postAll(n *notices, letter Letter) {
	presenter := letter.Grant.Request.Presenter
	letter.Noted = r.post(n, presenter, letter)
	letter.Noted = r.post(n, letter.Grant.Request.Controller, letter) || letter.Noted
	if m := r.members[presenter.Participant]; m != nil {
		for p := range m.presences {
			if p.number != presenter.Channel && !p.software {
				r.post(n, p.party(), letter)
			}
		}
	}
}

func (r *room) interrupted(publication string) bool {
	return slices.ContainsFunc(r.publications, func(s share) bool { return s.ID == publication && s.Interrupted })
}

// endControl tells both sides that something has ended, and takes back what is on its way.
func (r *room) endControl(n *notices, ends ...grant.End) {
	for _, end := range ends {
		letter := Letter{Kind: ControlDenied, Grant: end.Grant, Reason: end.Reason}
		if end.ID == "" {
			r.post(n, end.Request.Presenter, letter)
			r.post(n, end.Request.Controller, letter)
			continue
		}
		letter.Kind = ControlRevoked
		r.controlled(n, end.Request.Publication, "")
		if presenter := r.desks[end.Request.Presenter.Channel]; presenter != nil {
			presenter.desk.takeBack(end.ID)
		}
		r.postAll(n, letter)
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

// deskOf is the control channel that answers for a share: the software's where that shares, and no page in its place. What
// was shared by an older token may be either's.
func (r *room) deskOf(s share) (found *Presence) {
	m := r.members[s.Participant]
	if m == nil {
		return nil
	}
	for p := range m.presences {
		if p.desk != nil && (p.software || !s.by.software && found == nil) {
			found = p
		}
	}
	return found
}

func (p *Presence) party() grant.Party {
	return grant.Party{Participant: p.participant, Channel: p.number}
}

// post leaves a letter, unless its channel has gone. Requests and input go to no desk that is full; of what is open there are
// at most as many as shares, and each has one beginning and one end: so no desk holds much more. A page's gets only those.
func (r *room) post(n *notices, to grant.Party, letter Letter) bool {
	p := r.desks[to.Channel]
	if p == nil {
		return false
	}
	p.desk.letters = append(p.desk.letters, letter)
	n.targets = append(n.targets, p.desk.wake)
	return true
}

func (d *desk) full() bool { return len(d.letters) >= maxLetters }

// takeBack drops input under a grant that is over.
func (d *desk) takeBack(id string) {
	d.letters = slices.DeleteFunc(d.letters, func(l Letter) bool { return l.Kind == ControlInput && l.Grant.ID == id })
}
