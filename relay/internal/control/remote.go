package control

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/coopnet/coopnet/relay/internal/grant"
	"github.com/coopnet/coopnet/relay/internal/once"
	"github.com/coopnet/coopnet/relay/internal/room"
	"github.com/coopnet/coopnet/shared/jointoken"
	"github.com/coopnet/coopnet/shared/problem"
	"github.com/coopnet/coopnet/shared/wire"
)

// maxControlToken is the length of a control token in bytes; one of ours has about 600.
const maxControlToken = 4096

func (c *channel) obeyControl(name wire.Type, data []byte) (p *problem.Error, mine bool) {
	switch name {
	case wire.TypeControlRequest:
		p = first(c.controlling(), func() *problem.Error { return c.controlRequest(data) })
	case wire.TypeControlWithdraw:
		p = first(c.controlling(), func() *problem.Error { return c.controlWithdraw(data) })
	case wire.TypeControlInput:
		p = first(c.controlling(), func() *problem.Error { return c.controlInput(data) })
	case wire.TypeControlGrant:
		p = c.controlGrant(data)
	case wire.TypeControlDeny:
		p = c.controlDeny(data)
	case wire.TypeControlRevoke:
		p = c.controlRevoke(data)
	default:
		return nil, false
	}
	return p, true
}

// controlling looks at the signed claim only; what the message says makes no difference. The presenter never hears of a
// refused message.
func (c *channel) controlling() *problem.Error {
	if !c.claims.Allows(jointoken.Control) {
		return problem.New(problem.ControlDenied, "Remote control is reserved for internal participants.")
	}
	return nil
}

func (c *channel) controlRequest(data []byte) *problem.Error {
	var m wire.ControlRequest
	if p := decode(data, &m); p != nil {
		return p
	}
	if !once.Valid(m.Key) || !plausible(m.Token) {
		return refusal(grant.ErrInvalid)
	}
	return refusal(c.presence.RequestControl(m.Key, m.Publication, m.Token))
}

// plausible bounds a token, which the presenter's software verifies.
func plausible(token string) bool {
	for i := range len(token) {
		c := token[i]
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '_' && c != '-' && c != '.' {
			return false
		}
	}
	return token != "" && len(token) <= maxControlToken
}

func (c *channel) controlWithdraw(data []byte) *problem.Error {
	var m wire.ControlWithdraw
	if p := decode(data, &m); p != nil {
		return p
	}
	return refusal(c.presence.WithdrawControl(m.Key))
}

func (c *channel) controlGrant(data []byte) *problem.Error {
	var m wire.ControlGrant
	if p := decode(data, &m); p != nil {
		return p
	}
	given, err := c.presence.GrantControl(m.Request)
	if err == nil {
		c.server.cfg.Logger.Info("control: granted", "conference", c.claims.Conference, "by", c.claims.Subject,
			"participant", given.Request.Controller.Participant, "publication", given.Request.Publication)
	}
	return refusal(err)
}

func (c *channel) controlDeny(data []byte) *problem.Error {
	var m wire.ControlDeny
	if p := decode(data, &m); p != nil {
		return p
	}
	reason := grant.Reason(m.Reason)
	if !reason.Refuses() {
		return problem.New(problem.Invalid, `The reason is "denied", "busy" or "unverified".`)
	}
	return refusal(c.presence.DenyControl(m.Request, reason))
}

func (c *channel) controlRevoke(data []byte) *problem.Error {
	var m wire.ControlRevoke
	if p := decode(data, &m); p != nil {
		return p
	}
	return refusal(c.presence.RevokeControl(m.Grant))
}

// controlInput encodes once what the presenter's channel then only writes. Where the controller sees nothing at the moment,
// only what it lets go of passes.
func (c *channel) controlInput(data []byte) *problem.Error {
	var m wire.ControlInput
	if p := decode(data, &m); p != nil {
		return p
	}
	sound := len(m.Events) > 0 && len(m.Events) <= wire.MaxInputEvents
	for _, e := range m.Events {
		sound = sound && e.Valid()
	}
	if !sound {
		return problem.New(problem.Invalid, "Input is 1 to 64 events, each with what its kind needs, within its bounds.")
	}
	released := slices.DeleteFunc(slices.Clone(m.Events), func(e wire.InputEvent) bool { return e.Kind != wire.InputUp && e.Kind != wire.InputKeyUp })
	err := c.pass(m.Grant, m.Events, len(released) == len(m.Events))
	if errors.Is(err, room.ErrInterrupted) && len(released) > 0 {
		_ = c.pass(m.Grant, released, true) // said again: the whole message is refused
	}
	return refusal(err)
}

func (c *channel) pass(grant string, events []wire.InputEvent, release bool) error {
	message, err := json.Marshal(wire.ControlInjected{Type: wire.TypeControlInput, Grant: grant, Participant: c.claims.Subject, Events: events})
	if err != nil {
		return fmt.Errorf("encode input: %w", err)
	}
	return c.presence.Control(grant, message, release)
}

// hand writes the letters of this channel.
func (c *channel) hand() error {
	letters := c.presence.Letters()
	piece := make([][]byte, 0, len(letters))
	for _, l := range letters {
		if l.Kind == room.ControlRevoked && !l.Noted {
			c.server.cfg.Logger.Info("control: grant ended", "conference", c.claims.Conference, "by", l.Grant.Request.Presenter.Participant,
				"participant", l.Grant.Request.Controller.Participant, "publication", l.Grant.Request.Publication, "reason", string(l.Reason))
		}
		if data := c.letter(l); data != nil {
			piece = append(piece, data)
		}
	}
	return c.tell(piece)
}

// letter is the wire form of a letter.
func (c *channel) letter(l room.Letter) []byte {
	request := l.Grant.Request
	switch l.Kind {
	case room.ControlAsked:
		return c.encode(wire.ControlRequested{
			Type: wire.TypeControlRequest, Request: request.ID, Publication: request.Publication,
			Participant: l.Participant.ID, Name: l.Participant.Name, Role: string(l.Participant.Role), Token: l.Token,
		})
	case room.ControlGranted:
		return c.encode(wire.ControlGranted{
			Type: wire.TypeControlGrant, Request: request.ID, Key: request.Key, Grant: l.Grant.ID, Publication: request.Publication,
			Participant: l.Participant.ID, Name: l.Participant.Name, ExpiresAt: l.Grant.Until,
		})
	case room.ControlDenied:
		return c.encode(wire.ControlDenied{
			Type: wire.TypeControlDeny, Request: request.ID, Key: request.Key, Publication: request.Publication, Reason: string(l.Reason),
		})
	case room.ControlRevoked:
		return c.encode(wire.ControlRevoked{Type: wire.TypeControlRevoke, Grant: l.Grant.ID, Reason: string(l.Reason)})
	}
	return l.Input
}
