package control

import (
	"context"
	"errors"
	"strings"

	"github.com/coopnet/coopnet/relay/internal/room"
	"github.com/coopnet/coopnet/shared/jointoken"
	"github.com/coopnet/coopnet/shared/problem"
	"github.com/coopnet/coopnet/shared/wire"
)

// receive does what a participant's message asks for. A refusal is answered and the channel stays; messages that
// cannot be understood, or come too fast, are counted, and too many of them end it.
func (c *channel) receive(f frame) error {
	if f.fault != nil {
		return f.fault
	}
	c.server.received.Add(1)
	name, err := wire.TypeOf(f.data)
	if !c.limit.AllowN(c.server.cfg.Now(), 1) {
		return c.answer(name, problem.New(problem.RateLimited, "Send at most 20 messages per second."))
	}
	if !f.text || err != nil {
		return c.answer("", problem.New(problem.Malformed, "Messages are JSON objects with a type."))
	}
	if p := c.obey(name, f.data); p != nil {
		return c.answer(name, p)
	}
	return nil
}

// obey returns nil or the refusal.
func (c *channel) obey(name wire.Type, data []byte) *problem.Error {
	switch name {
	case wire.TypeRoomHeartbeat:
		return nil // having been heard is all it is for
	case wire.TypeViewSelect:
		return c.viewSelect(data)
	case wire.TypeStatusSet:
		return c.statusSet(data)
	case wire.TypeModerateRemove:
		return c.moderateRemove(data)
	case wire.TypeControlRequest, wire.TypeControlGrant, wire.TypeControlDeny, wire.TypeControlRevoke, wire.TypeControlInput:
		return c.remoteControl()
	}
	return problem.New(problem.Invalid, "There is no message of this type for a participant to send.")
}

func (c *channel) viewSelect(data []byte) *problem.Error {
	var m wire.ViewSelect
	if p := decode(data, &m); p != nil {
		return p
	}
	if !c.claims.Allows(jointoken.View) {
		return problem.New(problem.ViewDenied, "You may not view shares in this conference.")
	}
	if err := c.presence.Select(m.Publication); errors.Is(err, room.ErrNotFound) {
		return problem.New(problem.NotFound, "This share has stopped.")
	}
	return nil // a presence that is gone is about to be told
}

func (c *channel) statusSet(data []byte) *problem.Error {
	var m wire.StatusSet
	if p := decode(data, &m); p != nil {
		return p
	}
	switch m.Status {
	case "", "away", "hand":
		c.presence.SetStatus(m.Status)
		return nil
	}
	return problem.New(problem.Invalid, `The status is "", "away" or "hand".`)
}

func (c *channel) moderateRemove(data []byte) *problem.Error {
	var m wire.ModerateRemove
	if p := decode(data, &m); p != nil {
		return p
	}
	if !c.claims.Allows(jointoken.Moderate) {
		return problem.New(problem.Forbidden, "Only an organizer may remove a participant.")
	}
	if m.Participant == c.claims.Subject {
		return problem.New(problem.Conflict, "You cannot remove yourself: leave the conference.")
	}
	switch err := c.presence.Remove(m.Participant); {
	case errors.Is(err, room.ErrNotFound):
		return problem.New(problem.NotFound, "This participant has left.")
	case err != nil:
		return nil // the moderator's own presence is gone and is about to be told
	}
	c.server.cfg.Logger.Info("control: participant removed",
		"conference", c.claims.Conference, "by", c.claims.Subject, "participant", m.Participant)
	return nil
}

// remoteControl looks at the signed claim only; what the message says makes no difference. The sharing participant
// never hears of a refused request.
func (c *channel) remoteControl() *problem.Error {
	if !c.claims.Allows(jointoken.Control) {
		return problem.New(problem.ControlDenied, "Remote control is reserved for internal participants.")
	}
	return problem.New(problem.ControlDenied, "This share cannot be controlled.")
}

func decode(data []byte, m any) *problem.Error {
	if err := wire.Decode(data, m); err != nil {
		return problem.Wrap(problem.Malformed, "The message does not have the members of its type.", err)
	}
	return nil
}

// answer sends a refusal and ends the channel after too many that only a broken or hostile program earns.
func (c *channel) answer(re wire.Type, p *problem.Error) error {
	if err := c.send(wire.Error{Type: wire.TypeError, Code: string(p.Code), Detail: p.Detail, Re: echo(re)}); err != nil {
		return err
	}
	switch p.Code {
	case problem.Malformed, problem.Invalid, problem.RateLimited:
		c.bad++
	}
	if c.bad >= maxBadMessages {
		return ending{CloseMalformed, "too many bad messages"}
	}
	return nil
}

// echo bounds what is repeated of a message.
func echo(name wire.Type) wire.Type {
	const enough = 64
	if len(name) > enough {
		name = wire.Type(strings.ToValidUTF8(string(name[:enough]), ""))
	}
	return name
}

// tell writes a batch of events. One deadline for all of it: who reads a batch too slowly is lost.
func (c *channel) tell(batch []room.Event) error {
	ctx, cancel := context.WithTimeout(c.server.cut, c.server.cfg.WriteTimeout)
	defer cancel()
	for _, e := range batch {
		if err := c.write(ctx, c.message(e)); err != nil {
			return err
		}
	}
	return nil
}

// message is the wire form of an event.
func (c *channel) message(e room.Event) any {
	switch e.Kind {
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
	}
	return c.roomState(e.State)
}

func participant(p room.Participant) wire.Participant {
	return wire.Participant{ID: p.ID, Name: p.Name, Role: string(p.Role), Status: p.Status, StatusAt: p.JoinedAt, JoinedAt: p.JoinedAt}
}

func (c *channel) roomState(s *room.State) wire.RoomState {
	m := wire.RoomState{
		Type: wire.TypeRoomState, Instance: c.server.instance, Conference: s.Conference, Self: c.claims.Subject, Current: s.Current, Selected: s.Selected,
		Stage:        wire.Stage{Kind: "share", ID: s.Current},
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
