package control

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/coopnet/coopnet/shared/problem"
	"github.com/coopnet/coopnet/shared/wire"
)

const (
	// A participant who does not fetch is waited for, as a WebSocket's buffers are; a single message may be larger.
	maxWaiting      = 256
	maxWaitingBytes = 256 << 10
	// answerPause gathers the events of a busy room: who fetches is answered at most twenty times a second.
	answerPause = 50 * time.Millisecond
)

// errShut: the channel is over, and its end has been told or cannot be.
var errShut = errors.New("outlet: shut")

// outlet keeps messages until the participant says that it has them. Its methods may be called from any goroutine.
type outlet struct {
	now func() time.Time

	mu       sync.Mutex // guards what follows
	changed  chan struct{}
	messages []json.RawMessage // not acknowledged
	size     int               // of messages, in bytes
	before   uint64            // how many were acknowledged
	visit    uint64            // number of the latest visit; earlier ones are answered at once
	answered time.Time
	open     bool // the hello was accepted
	due      bool // a heartbeat
	end      *wire.End
	shut     bool
}

func newOutlet(now func() time.Time) *outlet { return &outlet{now: now, changed: make(chan struct{})} }

// write keeps a message. While too much waits it waits too, until ctx ends or gone is closed.
func (o *outlet) write(ctx context.Context, message []byte, gone <-chan struct{}) error {
	for {
		wake := o.put(message)
		if wake == nil {
			return nil
		}
		select {
		case <-wake:
		case <-gone:
			return errLost
		case <-ctx.Done():
			return errLost
		}
	}
}

// put returns nil, or what is closed when there may be room.
func (o *outlet) put(message []byte) <-chan struct{} {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.messages) > 0 && (len(o.messages) >= maxWaiting || o.size+len(message) > maxWaitingBytes) {
		return o.changed
	}
	o.messages = append(o.messages, message)
	o.size += len(message)
	o.change()
	return nil
}

// change wakes everybody who waits. outlet.mu is held.
func (o *outlet) change() {
	close(o.changed)
	o.changed = make(chan struct{})
}

// set changes the outlet's state.
func (o *outlet) set(change func()) {
	o.mu.Lock()
	defer o.mu.Unlock()
	change()
	o.change()
}

// accept: the hello is answered with what is written from now on.
func (o *outlet) accept() { o.set(func() { o.open = true }) }

// beat answers who waits with nothing, now or as soon as it comes.
func (o *outlet) beat() { o.set(func() { o.due = true }) }

// finish adds the end after the last message.
func (o *outlet) finish(end wire.End) { o.set(func() { o.end = &end }) }

// close lets nobody wait any more.
func (o *outlet) close() { o.set(func() { o.shut = true }) }

// first waits for the answer to the hello: messages, or the end in which it was refused.
func (o *outlet) first(ctx context.Context) (wire.Batch, error) {
	return o.wait(ctx, 0, func() bool { return o.end != nil || o.open && len(o.messages) > 0 })
}

// next takes note of what has arrived and waits for more, the end, or a heartbeat. It refuses with a problem, and with
// errShut.
func (o *outlet) next(ctx context.Context, after uint64) (wire.Batch, error) {
	visit, pause, err := o.enter(after)
	if err != nil {
		return wire.Batch{}, err
	}
	if pause > 0 {
		rest, cancel := context.WithTimeout(ctx, pause)
		batch, err := o.wait(rest, visit, func() bool { return o.end != nil })
		cancel()
		if ctx.Err() != nil || !errors.Is(err, context.DeadlineExceeded) {
			return batch, err
		}
	}
	return o.wait(ctx, visit, func() bool { return o.end != nil || o.due || len(o.messages) > 0 })
}

// enter begins a visit: the messages up to after have arrived.
func (o *outlet) enter(after uint64) (visit uint64, pause time.Duration, err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if after < o.before || after-o.before > uint64(len(o.messages)) {
		return 0, 0, problem.New(problem.Conflict, "This channel cannot go on after that many messages.")
	}
	arrived := int(after - o.before)
	for _, m := range o.messages[:arrived] {
		o.size -= len(m)
	}
	o.messages, o.before = slices.Delete(o.messages, 0, arrived), after
	o.visit++
	o.change()
	return o.visit, min(answerPause-o.now().Sub(o.answered), answerPause), nil
}

// wait gives what is there once ready says so, which is asked under the lock. It gives nothing when another visit begins:
// a proxy has sent a request again, or its answer was lost, and only the latest counts.
func (o *outlet) wait(ctx context.Context, visit uint64, ready func() bool) (wire.Batch, error) {
	for {
		batch, wake, err := o.look(visit, ready)
		if wake == nil {
			return batch, err
		}
		select {
		case <-wake:
		case <-ctx.Done():
			return wire.Batch{}, ctx.Err()
		}
	}
}

// look returns the channel to wait on when there is nothing to say.
func (o *outlet) look(visit uint64, ready func() bool) (wire.Batch, <-chan struct{}, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	nothing := wire.Batch{After: o.before, Messages: []json.RawMessage{}}
	switch {
	case visit != o.visit:
		return nothing, nil, nil
	case ready():
		o.due, o.answered = false, o.now()
		nothing.Messages, nothing.End = append(nothing.Messages, o.messages...), o.end
		return nothing, nil, nil
	case o.shut:
		return wire.Batch{}, nil, errShut
	}
	return wire.Batch{}, o.changed, nil
}
