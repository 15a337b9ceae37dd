package control

import (
	"github.com/coopnet/coopnet/relay/internal/ballot"
	"github.com/coopnet/coopnet/relay/internal/chat"
	"github.com/coopnet/coopnet/shared/jointoken"
	"github.com/coopnet/coopnet/shared/problem"
	"github.com/coopnet/coopnet/shared/wire"
)

func (c *channel) obeyTalk(name wire.Type, data []byte) (p *problem.Error, mine bool) {
	switch name {
	case wire.TypeChatSend:
		p = c.chatSend(data)
	case wire.TypeChatDelete:
		p = c.chatDelete(data)
	case wire.TypeChatAnswer:
		p = c.chatAnswer(data)
	case wire.TypePollOpen:
		p = c.pollOpen(data)
	case wire.TypePollVote:
		p = c.pollVote(data)
	case wire.TypePollClose:
		p = c.pollClose(data)
	case wire.TypePollDelete:
		p = c.pollDelete(data)
	default:
		return nil, false
	}
	return p, true
}

// chatting refuses who may not chat in this conference at all; who is muted is the room's business.
func (c *channel) chatting() *problem.Error {
	if !c.claims.Allows(jointoken.Chat) {
		return problem.New(problem.Forbidden, "You may not write in this conference.")
	}
	return nil
}

func (c *channel) chatSend(data []byte) *problem.Error {
	var m wire.ChatSend
	if p := first(decode(data, &m), c.chatting); p != nil {
		return p
	}
	said, fresh, err := c.presence.Say(chat.Message{Key: m.Key, Text: m.Text, To: m.To, ReplyTo: m.ReplyTo, Question: m.Question})
	if err == nil && !fresh { // nobody else hears it again
		c.again(wire.ChatEvent{Type: wire.TypeChatMessage, Message: chatMessage(said)})
	}
	return refusal(err)
}

func (c *channel) chatDelete(data []byte) *problem.Error {
	var m wire.ChatDelete
	if p := decode(data, &m); p != nil {
		return p
	}
	return refusal(c.presence.Unsay(m.ID, c.moderates()))
}

func (c *channel) chatAnswer(data []byte) *problem.Error {
	var m wire.ChatAnswer
	if p := decode(data, &m); p != nil {
		return p
	}
	return refusal(c.presence.Answer(m.ID, m.Answered, c.presents()))
}

func (c *channel) pollOpen(data []byte) *problem.Error {
	var m wire.PollOpen
	if p := first(decode(data, &m), c.presenting); p != nil {
		return p
	}
	v, fresh, err := c.presence.OpenPoll(ballot.Draft{Key: m.Key, Question: m.Question, Options: m.Options, Multiple: m.Multiple, Secret: m.Secret})
	if err == nil && !fresh {
		c.again(wire.PollUpdated{Type: wire.TypePollUpdated, Poll: pollOf(&v)})
	}
	return refusal(err)
}

func (c *channel) pollVote(data []byte) *problem.Error {
	var m wire.PollVote
	if p := decode(data, &m); p != nil {
		return p
	}
	if !c.claims.Allows(jointoken.View) {
		return problem.New(problem.Forbidden, "You may not vote in this conference.")
	}
	return refusal(c.presence.Vote(m.Poll, m.Options))
}

func (c *channel) pollClose(data []byte) *problem.Error {
	var m wire.PollClose
	if p := decode(data, &m); p != nil {
		return p
	}
	return refusal(c.presence.ClosePoll(m.Poll, c.moderates()))
}

func (c *channel) pollDelete(data []byte) *problem.Error {
	var m wire.PollDelete
	if p := decode(data, &m); p != nil {
		return p
	}
	return refusal(c.presence.DeletePoll(m.Poll, c.moderates()))
}

// again answers with what there is under the key already. That the connection is lost is noticed by whatever is sent next.
func (c *channel) again(message any) { _ = c.send(message) }
