package control

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/coder/websocket"
	"golang.org/x/time/rate"

	"github.com/coopnet/coopnet/relay/internal/gate"
	"github.com/coopnet/coopnet/relay/internal/room"
	"github.com/coopnet/coopnet/shared/jointoken"
	"github.com/coopnet/coopnet/shared/problem"
	"github.com/coopnet/coopnet/shared/wire"
)

// channel is one participant's control channel, whatever carries it. Its fields belong to the goroutine of run, but for
// the Go channel and what never changes.
type channel struct {
	server   *Server
	carrier  carrier
	replaced chan struct{} // closed by Server.sit

	limit    *rate.Limiter
	inputs   *rate.Limiter // of input of who may control
	bad      int
	claims   jointoken.Claims // never changed once the channel has a seat, where Server.sit reads them
	presence *room.Presence   // nil before hello
}

func newChannel(s *Server, over carrier) *channel {
	return &channel{
		server: s, carrier: over, replaced: make(chan struct{}),
		limit: rate.NewLimiter(messagesPerSecond, messageBurst), inputs: rate.NewLimiter(inputsPerSecond, inputBurst),
	}
}

// run owns the channel from the hello to the end. It calls settled when the hello was accepted, or with why it was not.
func (c *channel) run(settled func(error)) {
	err := c.greet(c.server.cut)
	settled(err)
	if err == nil {
		err = c.stay(c.server.cut)
	} else {
		c.server.refused.Add(1)
	}
	c.server.cfg.Logger.Info("control: closed", "conference", c.claims.Conference, "participant", c.claims.Subject, "why", err)
	var end ending
	if errors.As(err, &end) {
		c.carrier.close(end)
	}
	c.carrier.release()
}

// greet waits for the hello and joins the room.
func (c *channel) greet(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, c.server.cfg.HelloTimeout)
	defer cancel()
	select {
	case <-ctx.Done():
		return ending{CloseSilent, "no hello in time"}
	case <-c.server.draining:
		return c.ended(room.ReasonDraining)
	case f, ok := <-c.carrier.inbox():
		if !ok {
			return errLost
		}
		c.server.received.Add(1)
		return c.hello(ctx, f)
	}
}

func (c *channel) hello(ctx context.Context, f frame) error {
	var hello wire.Hello
	name, err := wire.TypeOf(f.data)
	if err == nil && name == wire.TypeHello {
		err = wire.Decode(f.data, &hello)
	}
	if !f.text || err != nil || name != wire.TypeHello {
		return c.refuse(ending{CloseMalformed, "hello expected"}, problem.New(problem.Malformed, "The first message must be hello."))
	}
	admitted, err := c.server.cfg.Gate.Admit(ctx, hello.Token, gate.Control)
	if err != nil {
		return c.refuse(ending{CloseRefused, "token refused"}, problem.From(err))
	}
	c.claims = admitted.Claims
	presence, err := c.server.cfg.Rooms.Join(c.claims.Conference, c.claims.Limit, room.ParticipantOf(c.claims))
	if err != nil {
		admitted.Release()
		if reason := reasonOf(err); reason != "" {
			return c.ended(reason)
		}
		if errors.Is(err, room.ErrLocked) {
			return c.refuse(ending{CloseLocked, "locked"}, problem.Wrap(problem.Forbidden, "An organizer has locked this conference.", err))
		}
		return c.refuse(ending{}, problem.Wrap(problem.Unavailable, "The conference is full.", err))
	}
	c.presence = presence
	return nil
}

// refuse answers a hello with an error. What may work later closes with 1013, whatever end says.
func (c *channel) refuse(end ending, p *problem.Error) error {
	c.server.cfg.Logger.Debug("control: refused", "error", p)
	if p.Code == problem.Unavailable || p.Code == problem.Internal {
		end = ending{websocket.StatusTryAgainLater, "try again later"}
	}
	if err := c.send(wire.Error{Type: wire.TypeError, Code: string(p.Code), Detail: sentence(p), Re: wire.TypeHello}); err != nil {
		return err
	}
	return end
}

// sentence is the public part of a problem; some codes speak for themselves.
func sentence(p *problem.Error) string {
	if p.Detail != "" {
		return p.Detail
	}
	return p.Code.Title() + "."
}

// ended tells the participant that the room is over for it.
func (c *channel) ended(reason string) error {
	if err := c.send(wire.RoomEnded{Type: wire.TypeRoomEnded, Reason: reason}); err != nil {
		return err
	}
	return ending{goodbye(reason), reason}
}

// stay serves a participant that is in the room and returns why it ended.
func (c *channel) stay(ctx context.Context) error {
	at := seat{c.claims.Conference, c.claims.Subject, c.claims.Software}
	order := c.server.sit(at, c)
	if order == 0 {
		c.presence.Leave()
		return ending{CloseReplaced, "opened elsewhere"}
	}
	defer c.server.rise(at, c)
	c.server.cfg.Logger.Info("control: open", "conference", at.conference, "participant", at.participant, "role", c.claims.Role, "over", c.carrier.String())

	ctx, cancel := context.WithCancel(ctx)
	letters := c.presence.Listen(order)
	queue, pieces := c.presence.Events(), make(chan [][]byte)
	var follower sync.WaitGroup
	defer func() {
		cancel()
		c.presence.Leave()
		follower.Wait()
	}()
	first, err := queue.Next(ctx) // begins with the room's state, before which nothing else is sent
	if err == nil {
		err = c.send(c.message(first[0]))
		first = first[1:]
	}
	if err != nil && !errors.Is(err, room.ErrGone) {
		return err
	}
	follower.Go(func() { c.follow(ctx, queue, first, pieces) })
	if err = c.serve(pieces, letters); errors.Is(err, errParted) {
		c.presence.HangUp()
	}
	return err
}

// follow passes on the first events, and then those of the room, until the presence ends. What is not fetched waits in the
// room's bounded log; only one piece of it waits here.
func (c *channel) follow(ctx context.Context, queue *room.Queue, events []room.Event, pieces chan<- [][]byte) {
	for {
		for piece := range c.pieces(events) {
			select {
			case pieces <- piece:
			case <-ctx.Done():
				return
			}
		}
		var err error
		if events, err = queue.Next(ctx); err != nil {
			return
		}
	}
}

func (c *channel) serve(pieces <-chan [][]byte, letters <-chan struct{}) error {
	heartbeat := time.NewTicker(c.server.cfg.Heartbeat)
	defer heartbeat.Stop()
	silence := time.NewTimer(c.server.cfg.Silence)
	defer silence.Stop()
	for {
		var err error
		select {
		case f, ok := <-c.carrier.inbox():
			if !ok {
				return c.lost()
			}
			silence.Reset(c.server.cfg.Silence)
			err = c.receive(f)
		case piece := <-pieces:
			err = c.tell(piece)
		case <-letters:
			err = c.hand()
		case <-c.carrier.alive():
			silence.Reset(c.server.cfg.Silence)
		case <-heartbeat.C:
			c.presence.LapseControl()
			if err = c.watched(); err == nil {
				err = c.beat()
			}
		case <-silence.C:
			silence.Reset(c.server.cfg.Silence)
			err = c.unheard()
		case <-c.presence.Ended():
			err = c.ended(c.presence.Reason())
		case <-c.replaced:
			err = ending{CloseReplaced, "opened elsewhere"}
		case <-c.server.draining:
			err = c.ended(room.ReasonDraining)
		}
		if err != nil {
			return err
		}
	}
}

// unheard decides on a silence: a message that waited while a write was slow still counts.
func (c *channel) unheard() error {
	select {
	case f, ok := <-c.carrier.inbox():
		if ok {
			return c.receive(f)
		}
		return c.lost()
	case <-c.carrier.alive():
		return nil
	default:
		return ending{CloseSilent, "nothing heard"}
	}
}

// lost says how the inbox came to its end.
func (c *channel) lost() error {
	if c.carrier.parted() {
		return errParted
	}
	return errLost
}

// send writes one message.
func (c *channel) send(message any) error {
	data, err := json.Marshal(message)
	if err != nil {
		return fmt.Errorf("encode control message: %w", err)
	}
	return c.tell([][]byte{data})
}

// tell writes messages. One deadline for all of them: who reads a piece too slowly is lost.
func (c *channel) tell(piece [][]byte) error {
	ctx, cancel := context.WithTimeout(c.server.cut, c.server.cfg.WriteTimeout)
	defer cancel()
	for _, data := range piece {
		if err := c.carrier.write(ctx, data); err != nil {
			return err
		}
		c.server.sent.Add(1)
	}
	return nil
}

func (c *channel) beat() error {
	ctx, cancel := context.WithTimeout(c.server.cut, c.server.cfg.WriteTimeout)
	defer cancel()
	if err := c.carrier.beat(ctx); err != nil {
		return err
	}
	c.server.sent.Add(1)
	return nil
}
