package room

import (
	"maps"
	"reflect"
	"slices"
	"testing"

	"github.com/coopnet/coopnet/relay/internal/ballot"
	"github.com/coopnet/coopnet/relay/internal/board"
	"github.com/coopnet/coopnet/relay/internal/chat"
	"github.com/coopnet/coopnet/relay/internal/stage"
)

// replica is what a page knows: the first state with the events applied.
type replica struct {
	State
	said   map[string]*chat.Message
	polls  map[string]ballot.View
	drawn  map[string]map[string]*board.Shape // by surface
	points map[string]Pointer
}

func (c *replica) apply(t testing.TB, e Event) {
	t.Helper()
	switch e.Kind {
	case RoomState:
		*c = replica{
			State: *e.State, said: map[string]*chat.Message{}, polls: map[string]ballot.View{},
			drawn: map[string]map[string]*board.Shape{}, points: map[string]Pointer{},
		}
	case RoomUpdated:
		c.Locked, c.Muted = e.State.Locked, e.State.Muted
	case ParticipantJoined, ParticipantUpdated, ParticipantLeft:
		c.applyPeople(e)
	case PublicationStarted, PublicationUpdated, PublicationStopped:
		c.applyShares(e)
	case ChatSaid, ChatUpdated, ChatDeleted, ChatHistory, PollUpdated, PollDeleted:
		c.applyTalk(e)
	case BoardShape, BoardErased, BoardCleared, BoardHistory, PointerMoved, PointerHidden:
		c.applyDrawing(e)
	case StageShown:
		if c.Stage = *e.Stage; c.Stage.Kind == stage.Share {
			c.Current = c.Stage.ID
		}
	case StageOffered, StageDeclined, DocumentsChanged:
	default:
		t.Fatalf("event of kind %d", e.Kind)
	}
}

func (c *replica) applyPeople(e Event) {
	byID := func(id string) func(Participant) bool { return func(p Participant) bool { return p.ID == id } }
	switch e.Kind {
	case ParticipantJoined:
		c.Participants = append(c.Participants, *e.Participant)
	case ParticipantUpdated:
		c.Participants[slices.IndexFunc(c.Participants, byID(e.Participant.ID))] = *e.Participant
	default:
		c.Participants = slices.DeleteFunc(c.Participants, byID(e.ID))
		delete(c.points, e.ID)
	}
}

func (c *replica) applyShares(e Event) {
	switch e.Kind {
	case PublicationStarted:
		c.Publications, c.Current = append(c.Publications, *e.Publication), e.Current
	case PublicationUpdated:
		c.Publications[slices.IndexFunc(c.Publications, func(p Publication) bool { return p.ID == e.Publication.ID })] = *e.Publication
	default:
		c.Publications = slices.DeleteFunc(c.Publications, func(p Publication) bool { return p.ID == e.ID })
		c.Current = e.Current
		delete(c.drawn, board.OnShare(e.ID).String())
	}
}

func (c *replica) applyTalk(e Event) {
	switch e.Kind {
	case ChatSaid, ChatUpdated:
		c.said[e.Message.ID] = e.Message
	case ChatDeleted:
		delete(c.said, e.ID)
	case ChatHistory:
		for _, m := range e.Messages {
			c.said[m.ID] = m
		}
	case PollUpdated:
		c.polls[e.Poll.ID] = *e.Poll
	default:
		delete(c.polls, e.ID)
	}
}

func (c *replica) applyDrawing(e Event) {
	on := e.Surface.String()
	switch e.Kind {
	case BoardShape:
		c.draw(on, e.Shape)
	case BoardErased:
		for _, id := range e.IDs {
			delete(c.drawn[on], id)
		}
		if len(c.drawn[on]) == 0 {
			delete(c.drawn, on)
		}
	case BoardCleared:
		delete(c.drawn, on)
	case BoardHistory:
		for _, s := range e.Shapes {
			c.draw(on, s)
		}
	case PointerMoved:
		c.points[e.Pointer.Participant] = *e.Pointer
	default:
		delete(c.points, e.ID)
	}
}

func (c *replica) draw(on string, s *board.Shape) {
	if c.drawn[on] == nil {
		c.drawn[on] = map[string]*board.Shape{}
	}
	c.drawn[on][s.ID] = s
}

// equal compares with what a participant is told who comes now; what is paused must have been told.
func (c *replica) equal(t testing.TB, p *Presence) bool {
	t.Helper()
	p.room.mu.Lock()
	defer p.room.mu.Unlock()
	m := p.room.memberOf(p)
	var now replica
	for _, e := range append([]Event{{Kind: RoomState, State: new(p.room.state(m))}}, p.room.history(m)...) {
		if e.Kind != StageOffered {
			now.apply(t, e)
		}
	}
	return c.Conference == now.Conference && c.Current == now.Current && c.Stage == now.Stage && c.Locked == now.Locked && c.Muted == now.Muted &&
		slices.Equal(c.Participants, now.Participants) && slices.Equal(c.Publications, now.Publications) &&
		maps.Equal(c.said, now.said) && reflect.DeepEqual(c.polls, now.polls) && reflect.DeepEqual(c.drawn, now.drawn)
}

func (c *replica) check(t testing.TB, p *Presence) {
	t.Helper()
	if !c.equal(t, p) {
		t.Fatalf("events give\n%+v\nthe room is\n%+v", c, p.State())
	}
}

// pending applies everything that Next returns without waiting.
func (c *replica) pending(t testing.TB, q *Queue) (events []Event) {
	t.Helper()
	for {
		b, err := q.take()
		if err != nil {
			t.Fatal(err)
		}
		if len(b.events) == 0 {
			return events
		}
		for _, e := range b.events {
			c.apply(t, e)
		}
		events = append(events, b.events...)
	}
}
