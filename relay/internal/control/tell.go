package control

import (
	"encoding/json"
	"iter"

	"github.com/coopnet/coopnet/relay/internal/ballot"
	"github.com/coopnet/coopnet/relay/internal/board"
	"github.com/coopnet/coopnet/relay/internal/chat"
	"github.com/coopnet/coopnet/relay/internal/room"
	"github.com/coopnet/coopnet/relay/internal/stage"
	"github.com/coopnet/coopnet/shared/wire"
)

// maxPiece is how much is written before the channel looks at something else again, in bytes; a message may be larger.
const maxPiece = wire.MaxHistory

// pieces makes messages of events, a few at a time: who reads slowly has no more of them waiting here.
func (c *channel) pieces(events []room.Event) iter.Seq[[][]byte] {
	return func(yield func([][]byte) bool) {
		var piece [][]byte
		size := 0
		for message := range c.messages(events) {
			data := c.encode(message)
			if data == nil {
				continue
			}
			if len(piece) > 0 && size+len(data) > maxPiece {
				if !yield(piece) {
					return
				}
				piece, size = nil, 0
			}
			piece, size = append(piece, data), size+len(data)
		}
		if len(piece) > 0 {
			yield(piece)
		}
	}
}

func (c *channel) encode(message any) []byte {
	data, err := json.Marshal(message)
	if err != nil { // every message is made by us
		c.server.cfg.Logger.Error("control: encode message", "error", err)
		return nil
	}
	return data
}

// messages are the wire forms of events: several of a long history, else one.
func (c *channel) messages(events []room.Event) iter.Seq[any] {
	return func(yield func(any) bool) {
		for _, e := range events {
			switch e.Kind {
			case room.ChatHistory:
				for some := range parts(e.Messages, func(m *chat.Message) any { return chatMessage(m) }) {
					if !yield(history{Type: wire.TypeChatHistory, Messages: some}) {
						return
					}
				}
			case room.BoardHistory:
				for some := range parts(e.Shapes, func(s *board.Shape) any { return shape(s) }) {
					if !yield(history{Type: wire.TypeBoardHistory, Surface: e.Surface.String(), Shapes: some}) {
						return
					}
				}
			default:
				if !yield(c.message(e)) {
					return
				}
			}
		}
	}
}

// history is a wire.ChatHistory or a wire.BoardHistory, whose items are encoded already.
type history struct {
	Type     wire.Type         `json:"type"`
	Surface  string            `json:"surface,omitempty"`
	Messages []json.RawMessage `json:"messages,omitempty"`
	Shapes   []json.RawMessage `json:"shapes,omitempty"`
}

// parts splits a history so that each message of it keeps to wire.MaxHistory.
func parts[T any](items []T, form func(T) any) iter.Seq[[]json.RawMessage] {
	const frame = 256 // bytes for all but the items
	return func(yield func([]json.RawMessage) bool) {
		var some []json.RawMessage
		size := frame
		for _, item := range items {
			data, err := json.Marshal(form(item))
			if err != nil { // every item is made by us
				continue
			}
			if len(some) > 0 && size+len(data)+1 > wire.MaxHistory {
				if !yield(some) {
					return
				}
				some, size = nil, frame
			}
			some, size = append(some, data), size+len(data)+1
		}
		if len(some) > 0 {
			yield(some)
		}
	}
}

// message is the wire form of an event.
func (c *channel) message(e room.Event) any {
	switch e.Kind {
	case room.RoomState:
		return c.roomState(e.State)
	case room.RoomUpdated:
		return wire.RoomUpdated{Type: wire.TypeRoomUpdated, Locked: e.State.Locked, Muted: e.State.Muted}
	case room.ParticipantJoined:
		return wire.ParticipantEvent{Type: wire.TypeJoined, Participant: participant(*e.Participant)}
	case room.ParticipantUpdated:
		return wire.ParticipantEvent{Type: wire.TypeUpdated, Participant: participant(*e.Participant)}
	case room.ParticipantLeft:
		return wire.ParticipantLeft{Type: wire.TypeLeft, ID: e.ID}
	case room.PublicationStarted:
		return wire.PublicationStarted{Type: wire.TypePublicationStart, Publication: wire.Publication(*e.Publication), Current: e.Current}
	case room.PublicationUpdated:
		return wire.PublicationUpdated{Type: wire.TypePublicationSet, Publication: wire.Publication(*e.Publication)}
	case room.PublicationStopped:
		return wire.PublicationStopped{Type: wire.TypePublicationStop, ID: e.ID, Current: e.Current}
	case room.StageShown:
		return wire.StageShown{Type: wire.TypeStageShown, Stage: stageOf(*e.Stage)}
	case room.StageOffered:
		return wire.StageReply{Type: wire.TypeStageOffered, Participant: e.Participant.ID, Name: e.Participant.Name}
	case room.StageDeclined:
		return wire.StageReply{Type: wire.TypeStageDeclined, Participant: e.Participant.ID, Name: e.Participant.Name}
	case room.DocumentsChanged:
		return wire.DocumentChanged{Type: wire.TypeDocumentChanged}
	}
	return talk(e)
}

// talk is the wire form of what is said, asked, drawn and pointed at.
func talk(e room.Event) any {
	switch on := e.Surface.String(); e.Kind {
	case room.ChatSaid:
		return wire.ChatEvent{Type: wire.TypeChatMessage, Message: chatMessage(e.Message)}
	case room.ChatUpdated:
		return wire.ChatEvent{Type: wire.TypeChatUpdated, Message: chatMessage(e.Message)}
	case room.ChatDeleted:
		return wire.ChatDeleted{Type: wire.TypeChatDeleted, ID: e.ID}
	case room.PollUpdated:
		return wire.PollUpdated{Type: wire.TypePollUpdated, Poll: pollOf(e.Poll)}
	case room.PollDeleted:
		return wire.PollDeleted{Type: wire.TypePollDeleted, ID: e.ID}
	case room.BoardShape:
		return wire.BoardShape{Type: wire.TypeBoardShape, Surface: on, Shape: shape(e.Shape)}
	case room.BoardErased:
		return wire.BoardErased{Type: wire.TypeBoardErased, Surface: on, Shapes: e.IDs}
	case room.BoardCleared:
		return wire.BoardCleared{Type: wire.TypeBoardCleared, Surface: on}
	case room.PointerMoved:
		return wire.PointerMoved{
			Type: wire.TypePointerMoved, Surface: on,
			Participant: e.Pointer.Participant, Name: e.Pointer.Name, X: e.Pointer.X, Y: e.Pointer.Y,
		}
	}
	return wire.PointerHidden{Type: wire.TypePointerHidden, Participant: e.ID}
}

// watched tells a presenter who watches, as far as that has changed since the last heartbeat.
func (c *channel) watched() error {
	var piece [][]byte
	for _, a := range c.presence.Audiences() {
		if data := c.encode(wire.PublicationWatched{Type: wire.TypePublicationWatched, ID: a.Publication, Count: a.Count, Viewers: a.Viewers}); data != nil {
			piece = append(piece, data)
		}
	}
	return c.tell(piece)
}

func participant(p room.Participant) wire.Participant {
	return wire.Participant{
		ID: p.ID, Name: p.Name, Role: string(p.Role), Status: p.Status, StatusAt: p.StatusAt, JoinedAt: p.JoinedAt, Presents: p.Presents, Muted: p.Muted,
	}
}

func (c *channel) roomState(s *room.State) wire.RoomState {
	m := wire.RoomState{
		Type: wire.TypeRoomState, Instance: c.server.instance, Conference: s.Conference, Self: c.claims.Subject, Current: s.Current, Selected: s.Selected,
		Stage: stageOf(s.Stage), Locked: s.Locked, Muted: s.Muted,
		Participants: make([]wire.Participant, 0, len(s.Participants)),
		Publications: make([]wire.Publication, 0, len(s.Publications)),
	}
	for _, p := range s.Participants {
		m.Participants = append(m.Participants, participant(p))
	}
	for _, p := range s.Publications {
		m.Publications = append(m.Publications, wire.Publication(p))
	}
	return m
}

func stageOf(v stage.View) wire.Stage {
	return wire.Stage{Kind: string(v.Kind), ID: v.ID, Name: v.Name, Page: v.Page, Pages: v.Pages, Participant: v.Participant}
}

func chatMessage(m *chat.Message) wire.ChatMessage { return wire.ChatMessage(*m) }

func pollOf(v *ballot.View) wire.Poll {
	p := wire.Poll{
		ID: v.ID, Key: v.Key, Participant: v.Participant, Name: v.Name, Question: v.Question, Multiple: v.Multiple, Secret: v.Secret,
		Open: v.Open, Hidden: v.Hidden, Voters: v.Voters, Own: v.Own, OpenedAt: v.At, Options: make([]wire.PollOption, 0, len(v.Options)),
	}
	for i, text := range v.Options {
		p.Options = append(p.Options, wire.PollOption{Text: text, Votes: v.Votes[i]})
	}
	return p
}

func shape(s *board.Shape) wire.Shape {
	points := make([]int, 0, len(s.Points))
	for _, p := range s.Points {
		points = append(points, int(p))
	}
	return wire.Shape{
		ID: s.ID, Key: s.Key, Participant: s.Participant, Name: s.Name, Tool: s.Tool, Colour: s.Colour, Width: s.Width, Points: points, Text: s.Text,
	}
}
