package control

import (
	"errors"

	"github.com/coopnet/coopnet/relay/internal/room"
	"github.com/coopnet/coopnet/shared/jointoken"
	"github.com/coopnet/coopnet/shared/problem"
	"github.com/coopnet/coopnet/shared/wire"
)

// presents is for who may share or moderate.
func (c *channel) presents() bool {
	return c.claims.Allows(jointoken.Share) || c.moderates()
}

func (c *channel) moderates() bool { return c.claims.Allows(jointoken.Moderate) }

// presenting refuses who does not present.
func (c *channel) presenting() *problem.Error {
	if !c.presents() {
		return problem.New(problem.Forbidden, "Only who may share in this conference may do that.")
	}
	return nil
}

// moderating refuses who does not moderate.
func (c *channel) moderating() *problem.Error {
	if !c.moderates() {
		return problem.New(problem.Forbidden, "Only an organizer may do that.")
	}
	return nil
}

func (c *channel) obeyModerator(name wire.Type, data []byte) (p *problem.Error, mine bool) {
	switch name {
	case wire.TypeModerateRemove:
		p = c.moderateRemove(data)
	case wire.TypeModerateLock:
		p = c.moderateLock(data)
	case wire.TypeModerateMute:
		p = c.moderateMute(data)
	case wire.TypeModerateHand:
		p = c.moderateHand(data)
	default:
		return nil, false
	}
	return p, true
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

func (c *channel) moderateLock(data []byte) *problem.Error {
	var m wire.ModerateLock
	if p := first(decode(data, &m), c.moderating); p != nil {
		return p
	}
	c.server.cfg.Logger.Info("control: room locked", "conference", c.claims.Conference, "by", c.claims.Subject, "locked", m.Locked)
	return refusal(c.presence.Lock(m.Locked))
}

func (c *channel) moderateMute(data []byte) *problem.Error {
	var m wire.ModerateMute
	if p := first(decode(data, &m), c.moderating); p != nil {
		return p
	}
	c.server.cfg.Logger.Info("control: chat muted", "conference", c.claims.Conference, "by", c.claims.Subject, "participant", m.Participant, "muted", m.Muted)
	if m.Participant == "" {
		return refusal(c.presence.Hush(m.Muted))
	}
	return refusal(c.presence.Mute(m.Participant, m.Muted))
}

func (c *channel) moderateHand(data []byte) *problem.Error {
	var m wire.ModerateHand
	if p := first(decode(data, &m), c.presenting); p != nil {
		return p
	}
	return refusal(c.presence.LowerHand(m.Participant))
}

// first is p, or else what next says.
func first(p *problem.Error, next func() *problem.Error) *problem.Error {
	if p != nil {
		return p
	}
	return next()
}
