package room

import (
	"time"

	"golang.org/x/time/rate"

	"github.com/coopnet/coopnet/relay/internal/ballot"
	"github.com/coopnet/coopnet/relay/internal/board"
	"github.com/coopnet/coopnet/relay/internal/chat"
	"github.com/coopnet/coopnet/relay/internal/stage"
)

const (
	chatBurst     = 5
	chatPerSecond = 1
	// drawing is counted in bytes: a stroke that grows is sent again and again.
	drawBurst     = 128 << 10
	drawPerSecond = 48 << 10
	// asking opens a window on the presenter's desktop.
	askBurst = 3
	askEvery = 5 * time.Second
)

// talk is what was said, asked, drawn and shown in a room. It outlives the room for a while.
type talk struct {
	chat  *chat.Chat
	polls *ballot.Box
	board *board.Board
	stage stage.View
	until time.Time // while nobody is in: when it is forgotten
}

func newTalk() *talk {
	return &talk{chat: chat.New(), polls: ballot.New(), board: board.New(), stage: stage.View{Kind: stage.Share}}
}

// size is about what it holds, in bytes.
func (t *talk) size() int { return t.chat.Size() + t.polls.Size() + t.board.Size() }

// pace limits what one participant adds to a room.
type pace struct{ chat, draw, ask *rate.Limiter }

func newPace() pace {
	return pace{
		chat: rate.NewLimiter(chatPerSecond, chatBurst), draw: rate.NewLimiter(drawPerSecond, drawBurst), ask: rate.NewLimiter(rate.Every(askEvery), askBurst),
	}
}

// Say adds a message, of which the caller fills in Key, Text, To, ReplyTo and Question. Under a key that was used before it
// gives the message of then, and tells nobody: fresh is false. It refuses with ErrMuted, ErrPace, ErrNotFound where the
// participant that it is for is not here, ErrGone, and what Chat.Say refuses with.
func (p *Presence) Say(said chat.Message) (m *chat.Message, fresh bool, err error) {
	err = p.change(func(r *room, from *member, n *notices) error {
		if m, err = r.talk.chat.Said(from.ID, said.Key); m != nil || err != nil {
			return err
		}
		if from.Muted || r.order.hushed && !from.Presents {
			return ErrMuted
		}
		clean, ok := said.Clean()
		if !ok || said.To == from.ID {
			return chat.ErrInvalid
		}
		said = clean
		if to := r.members[said.To]; to != nil {
			said.ToName = to.Name
		} else if said.To != "" {
			return ErrNotFound
		}
		now := r.rooms.cfg.Now()
		if !from.pace.chat.AllowN(now, 1) {
			return ErrPace
		}
		said.ID, said.Participant, said.Name, said.Role, said.SentAt = "m-"+r.rooms.cfg.NewID(), from.ID, from.Name, string(from.Role), now
		if m, fresh, err = r.talk.chat.Say(said); fresh {
			r.tell(n, entry{Event: Event{Kind: ChatSaid, Message: m}, only: readers(m)})
		}
		return err
	})
	return m, fresh, err
}

// readers are the two ends of a private message; nil is everybody.
func readers(m *chat.Message) []string {
	if m.Private() {
		return []string{m.Participant, m.To}
	}
	return nil
}

// Unsay takes a message away: one's own, or anybody's that one may read where the caller has checked the right to.
func (p *Presence) Unsay(id string, anybodys bool) error {
	return p.change(func(r *room, by *member, n *notices) error {
		m, err := r.talk.chat.Delete(id, by.ID, anybodys)
		if err != nil {
			return err
		}
		r.log.drop(slot{ChatUpdated, id})
		r.tell(n, entry{Event: Event{Kind: ChatDeleted, ID: id}, only: readers(m)})
		return nil
	})
}

// Answer marks a question as answered, or not: one's own, or anybody's where the caller has checked the right to.
func (p *Presence) Answer(id string, answered, anybodys bool) error {
	return p.change(func(r *room, by *member, n *notices) error {
		m, changed, err := r.talk.chat.Answer(id, by.ID, answered, anybodys)
		if changed {
			r.tell(n, entry{Event: Event{Kind: ChatUpdated, Message: m}, slot: slot{ChatUpdated, id}, only: readers(m)})
		}
		return err
	})
}

// OpenPoll adds a poll, of which the caller fills in Key, Question, Options, Multiple and Secret, and has checked the
// right to. Under a key that was used before it gives the poll of then, and tells nobody: fresh is false.
func (p *Presence) OpenPoll(d ballot.Draft) (v ballot.View, fresh bool, err error) {
	err = p.change(func(r *room, by *member, n *notices) error {
		d.ID, d.Participant, d.Name, d.At = "v-"+r.rooms.cfg.NewID(), by.ID, by.Name, r.rooms.cfg.Now()
		id, made, err := r.talk.polls.Open(d)
		if err != nil {
			return err
		}
		if fresh = made; fresh {
			r.polled(n, id)
		}
		v, _ = r.talk.polls.View(id, by.ID)
		return nil
	})
	return v, fresh, err
}

// polled tells that a poll is new or has changed. What it is depends on who is told, and when.
func (r *room) polled(n *notices, id string) {
	r.tell(n, entry{Event: Event{Kind: PollUpdated, ID: id}, slot: slot{PollUpdated, id}})
}

// Vote replaces the participant's vote; no options take it back.
func (p *Presence) Vote(id string, options []int) error {
	return p.change(func(r *room, by *member, n *notices) error {
		changed, err := r.talk.polls.Vote(id, by.ID, options)
		if changed {
			r.polled(n, id)
		}
		return err
	})
}

// ClosePoll ends the voting: in one's own poll, or in anybody's where the caller has checked the right to.
func (p *Presence) ClosePoll(id string, anybodys bool) error {
	return p.change(func(r *room, by *member, n *notices) error {
		closed, err := r.talk.polls.Close(id, by.ID, anybodys)
		if closed {
			r.polled(n, id)
		}
		return err
	})
}

// DeletePoll takes a poll away: one's own, or anybody's where the caller has checked the right to.
func (p *Presence) DeletePoll(id string, anybodys bool) error {
	return p.change(func(r *room, by *member, n *notices) error {
		err := r.talk.polls.Delete(id, by.ID, anybodys)
		if err == nil {
			r.log.drop(slot{PollUpdated, id})
			r.append(n, Event{Kind: PollDeleted, ID: id})
		}
		return err
	})
}

// history is what a participant has to know beside the state.
func (r *room) history(m *member) []Event {
	var events []Event
	if said := r.talk.chat.History(m.ID); len(said) > 0 {
		events = append(events, Event{Kind: ChatHistory, Messages: said})
	}
	for _, id := range r.talk.polls.IDs() {
		if v, ok := r.talk.polls.View(id, m.ID); ok {
			events = append(events, Event{Kind: PollUpdated, ID: id, Poll: &v})
		}
	}
	for _, s := range r.talk.board.Sheets() {
		events = append(events, Event{Kind: BoardHistory, Surface: s.Surface, Shapes: s.Shapes})
	}
	for _, id := range r.offers.To(m.ID, r.rooms.cfg.Now()) {
		if from := r.members[id]; from != nil {
			who := from.Participant
			events = append(events, Event{Kind: StageOffered, Participant: &who})
		}
	}
	if other := r.members[r.offers.Declined(m.ID, r.rooms.cfg.Now())]; other != nil {
		who := other.Participant
		events = append(events, Event{Kind: StageDeclined, Participant: &who})
	}
	return events
}
