package control

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"sync"
	"time"

	"github.com/coder/websocket"

	"github.com/coopnet/coopnet/shared/problem"
	"github.com/coopnet/coopnet/shared/wire"
)

// poll is the carrier of a channel over HTTP: the participant posts its messages and fetches those of the relay, which
// wait in the outlet. A fetch that waits is answered with nothing at each heartbeat; that it comes again is the
// participant's.
type poll struct {
	id     string // secret: 192 random bits
	outlet *outlet
	server *Server

	in   chan frame
	life chan struct{} // holds one token
	deaf chan struct{} // closed when messages are no longer wanted
	gone chan struct{} // closed when the participant has left
	told chan struct{} // closed when an answer with the end was written
	tell func()        // closes told
	hush func()        // closes deaf
	part func()        // closes gone

	sending chan struct{} // holds one token for who may use what follows
	taken   uint64        // messages that the channel has had
	left    bool
}

var _ carrier = (*poll)(nil)

func newPoll(s *Server) *poll {
	id := make([]byte, 24)
	_, _ = rand.Read(id) // never fails (crypto/rand)
	p := &poll{
		id: base64.RawURLEncoding.EncodeToString(id), outlet: newOutlet(s.cfg.Now), server: s,
		in: make(chan frame), life: make(chan struct{}, 1), deaf: make(chan struct{}), gone: make(chan struct{}), told: make(chan struct{}),
		sending: make(chan struct{}, 1),
	}
	p.tell = sync.OnceFunc(func() { close(p.told) })
	p.hush = sync.OnceFunc(func() { close(p.deaf) })
	p.part = sync.OnceFunc(func() { close(p.gone) })
	return p
}

// String implements carrier.
func (p *poll) String() string { return "http" }

func (p *poll) inbox() <-chan frame    { return p.in }
func (p *poll) parted() bool           { return true } // who is lost closes nothing
func (p *poll) alive() <-chan struct{} { return p.life }

func (p *poll) write(ctx context.Context, message []byte) error {
	return p.outlet.write(ctx, message, p.gone)
}

func (p *poll) beat(context.Context) error {
	p.outlet.beat()
	return nil
}

// close keeps the end for a participant whose answer was lost, until it leaves. A relay that stops waits for one answer,
// and no longer than CloseTimeout.
func (p *poll) close(end ending) {
	p.hush()
	p.outlet.finish(wire.End{Code: int(end.code), Reason: end.reason})
	patience := time.NewTimer(p.server.cfg.Linger)
	defer patience.Stop()
	var told <-chan struct{} // matters only to a relay that stops
	for draining := p.server.draining; ; {
		select {
		case <-p.gone:
			return
		case <-told:
			return
		case <-patience.C:
			return
		case <-p.server.cut.Done():
			return
		case <-draining:
			draining, told = nil, p.told
			patience.Reset(p.server.cfg.CloseTimeout)
		}
	}
}

func (p *poll) release() {
	p.hush()
	p.outlet.close()
}

// fetch answers a participant that has the first messages up to after.
func (p *poll) fetch(ctx context.Context, after uint64) (wire.Batch, error) {
	select {
	case p.life <- struct{}{}:
	default: // one token says all
	}
	return p.outlet.next(ctx, after)
}

// take passes on what the channel has not had yet of messages, the first of which comes after that many others.
func (p *poll) take(ctx context.Context, after uint64, messages []json.RawMessage) error {
	select {
	case p.sending <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-p.sending }()
	if after > p.taken {
		return problem.New(problem.Conflict, "Messages are missing before these.")
	}
	for _, m := range messages[min(p.taken-after, uint64(len(messages))):] {
		f := frame{text: true, data: m}
		if len(m) > wire.MaxMessage {
			f = frame{fault: ending{websocket.StatusMessageTooBig, "message too big"}}
		}
		if err := p.pass(ctx, f); err != nil {
			return err
		}
		p.taken++
	}
	return nil
}

// pass gives one frame to the channel, which does not want it any more once it is closing. poll.sending is held, or
// nobody knows of p yet.
func (p *poll) pass(ctx context.Context, f frame) error {
	if p.left {
		return nil
	}
	select {
	case p.in <- f:
	case <-p.deaf:
	case <-p.gone:
	case <-ctx.Done():
		return ctx.Err()
	}
	return nil
}

// leave ends the channel as a closed connection does.
func (p *poll) leave() {
	p.part()
	p.sending <- struct{}{} // soon: what is being passed on is given up
	defer func() { <-p.sending }()
	if !p.left {
		p.left = true
		close(p.in)
	}
}
