package control

import (
	"encoding/json"
	"errors"
	"strings"

	"github.com/coopnet/coopnet/relay/internal/ballot"
	"github.com/coopnet/coopnet/relay/internal/board"
	"github.com/coopnet/coopnet/relay/internal/chat"
	"github.com/coopnet/coopnet/relay/internal/grant"
	"github.com/coopnet/coopnet/relay/internal/once"
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
	if p := c.spend(name); p != nil {
		return c.answer(name, f.data, p)
	}
	if !f.text || err != nil {
		return c.answer("", nil, problem.New(problem.Malformed, "Messages are JSON objects with a type."))
	}
	if p := c.obey(name, f.data); p != nil {
		return c.answer(name, f.data, p)
	}
	return nil
}

// spend counts a message. Input has a budget of its own; what exceeds it is refused, and counts among the others, so that
// only a flood ends the channel.
func (c *channel) spend(name wire.Type) *problem.Error {
	now := c.server.cfg.Now()
	detail := "Send at most 20 messages per second."
	if name == wire.TypeControlInput && c.claims.Allows(jointoken.Control) {
		if c.inputs.AllowN(now, 1) {
			return nil
		}
		detail = "Send at most 60 messages of input per second."
	} else if c.limit.AllowN(now, 1) {
		return nil
	}
	if name != wire.TypeControlInput || !c.limit.AllowN(now, 1) {
		c.bad++
	}
	return problem.New(problem.RateLimited, detail)
}

// obey returns nil or the refusal.
func (c *channel) obey(name wire.Type, data []byte) *problem.Error {
	for _, area := range []func(wire.Type, []byte) (*problem.Error, bool){c.obeyRoom, c.obeyModerator, c.obeyTalk, c.obeyDrawing, c.obeyStage, c.obeyControl} {
		if p, mine := area(name, data); mine {
			return p
		}
	}
	return problem.New(problem.Invalid, "There is no message of this type for a participant to send.")
}

// obeyRoom, as the others of its kind, reports whether a message of this type is its own.
func (c *channel) obeyRoom(name wire.Type, data []byte) (p *problem.Error, mine bool) {
	switch name {
	case wire.TypeRoomHeartbeat: // having been heard is all it is for
	case wire.TypeViewSelect:
		p = c.viewSelect(data)
	case wire.TypeStatusSet:
		p = c.statusSet(data)
	default:
		return nil, false
	}
	return p, true
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

func decode(data []byte, m any) *problem.Error {
	if err := wire.Decode(data, m); err != nil {
		return problem.Wrap(problem.Malformed, "The message does not have the members of its type.", err)
	}
	return nil
}

// refusal says why the room refuses; nil where its presence is gone and is about to be told.
func refusal(err error) *problem.Error {
	var code problem.Code
	detail := ""
	switch {
	case err == nil, errors.Is(err, room.ErrGone):
		return nil
	case errors.Is(err, room.ErrNotFound):
		code, detail = problem.NotFound, "This participant, or this share, is not here any more."
	case errors.Is(err, room.ErrMuted):
		code, detail = problem.Forbidden, "An organizer has taken the chat from you for now."
	case errors.Is(err, room.ErrDenied):
		code, detail = problem.Forbidden, "This participant may not share."
	case errors.Is(err, room.ErrControl):
		code, detail = problem.ControlDenied, "You have no control here."
	case errors.Is(err, room.ErrAbsent):
		code, detail = problem.Unavailable, "The presenter's software is not connected at the moment."
	case errors.Is(err, room.ErrInterrupted):
		code, detail = problem.RateLimited, "The presenter's network is silent: wait for the picture."
	case errors.Is(err, room.ErrPace), errors.Is(err, grant.ErrPace):
		code, detail = problem.RateLimited, "This was too much at once: wait a moment."
	case errors.Is(err, chat.ErrInvalid):
		code, detail = problem.Invalid, "A message has a key and 1 to 2,000 characters; only what everybody hears can be a question."
	case errors.Is(err, ballot.ErrInvalid):
		code, detail = problem.Invalid, "A poll has a key, a question of at most 300 characters and 2 to 10 different answers of at most 100; a vote is for one of them, or for several where it may."
	case errors.Is(err, board.ErrInvalid):
		code, detail = problem.Invalid, "A shape has a key of its own, a tool, a colour, a width and points from 0 to 10000 on its surface."
	case errors.Is(err, chat.ErrNotFound), errors.Is(err, ballot.ErrNotFound), errors.Is(err, board.ErrNotFound), errors.Is(err, grant.ErrNotFound):
		code, detail = problem.NotFound, "This is gone."
	case errors.Is(err, chat.ErrDenied), errors.Is(err, ballot.ErrDenied), errors.Is(err, board.ErrDenied):
		code, detail = problem.Forbidden, "This is somebody else's."
	case errors.Is(err, ballot.ErrFull), errors.Is(err, board.ErrFull):
		code, detail = problem.Conflict, "There is no room for more: delete something first."
	case errors.Is(err, grant.ErrInvalid):
		code, detail = problem.Invalid, "A request has a key, a share and a control token."
	case errors.Is(err, grant.ErrConflict):
		code, detail = problem.Conflict, "Somebody controls this share already, or has asked to."
	case errors.Is(err, ballot.ErrClosed):
		code, detail = problem.Conflict, "The poll is closed."
	default:
		return problem.Wrap(problem.Internal, "", err)
	}
	return problem.Wrap(code, detail, err)
}

// answer sends a refusal and ends the channel after too many that only a broken or hostile program earns.
func (c *channel) answer(re wire.Type, data []byte, p *problem.Error) error {
	refused := wire.Error{Type: wire.TypeError, Code: string(p.Code), Detail: sentence(p), Re: echo(re), Key: keyOf(data)}
	if err := c.send(refused); err != nil {
		return err
	}
	switch p.Code {
	case problem.Malformed, problem.Invalid:
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

// keyOf is the key of a refused message, "" if it has none.
func keyOf(data []byte) string {
	var m struct {
		Key   string `json:"key"`
		Shape struct {
			Key string `json:"key"`
		} `json:"shape"`
	}
	if json.Unmarshal(data, &m) != nil {
		return ""
	}
	if m.Key == "" {
		m.Key = m.Shape.Key
	}
	if !once.Valid(m.Key) {
		return ""
	}
	return m.Key
}
