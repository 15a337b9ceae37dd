package room

import (
	"context"
	"time"

	"github.com/coopnet/coopnet/relay/internal/ballot"
	"github.com/coopnet/coopnet/relay/internal/board"
	"github.com/coopnet/coopnet/relay/internal/chat"
	"github.com/coopnet/coopnet/relay/internal/stage"
)

// Kind says what an Event is about.
type Kind int

// The kinds of events, with the fields that they fill.
const (
	RoomState          Kind = iota + 1 // State
	ParticipantJoined                  // Participant
	ParticipantUpdated                 // Participant
	ParticipantLeft                    // ID
	PublicationStarted                 // Publication, Current
	PublicationUpdated                 // Publication
	PublicationStopped                 // ID, Current
	RoomUpdated                        // State: Locked and Muted only
	ChatSaid                           // Message
	ChatUpdated                        // Message
	ChatDeleted                        // ID
	ChatHistory                        // Messages
	PollUpdated                        // Poll
	PollDeleted                        // ID
	BoardShape                         // Surface, Shape
	BoardErased                        // Surface, IDs
	BoardCleared                       // Surface
	BoardHistory                       // Surface, Shapes
	PointerMoved                       // Surface, Pointer
	PointerHidden                      // ID
	StageShown                         // Stage
	StageOffered                       // Participant: who offers
	StageDeclined                      // Participant: who declines
	DocumentsChanged
)

const (
	// gather is the pause in which what changes quickly comes together for a reader.
	gather = 50 * time.Millisecond
	// pollPause and documentsPause are between two events of the kind about the same thing.
	pollPause      = 250 * time.Millisecond
	documentsPause = time.Second
)

// pause is how long a reader hears nothing more of the same thing.
func (k Kind) pause() time.Duration {
	switch k {
	case PollUpdated:
		return pollPause
	case DocumentsChanged:
		return documentsPause
	}
	return 0
}

// Event is one change of a room. What it points to is shared between queues: read only.
type Event struct {
	Kind        Kind
	State       *State
	Participant *Participant
	Publication *Publication
	ID          string
	Current     string
	Message     *chat.Message
	Messages    []*chat.Message
	Poll        *ballot.View
	Surface     board.Surface
	Shape       *board.Shape
	Shapes      []*board.Shape
	IDs         []string
	Pointer     *Pointer
	Stage       *stage.View
}

// Queue reads a room's events for one presence. All queues of a room read the same bounded log, so a slow reader costs
// nobody memory: when it falls behind by more than Config.QueueLength events, it loses them and starts afresh. Of what
// changes quickly it gets the last state, at most every 50 ms, and of some things (Kind.pause) less often.
type Queue struct {
	presence *Presence
	busy     bool // the last batch had something that changes quickly; belongs to who calls Next

	// guarded by room.mu
	afresh bool   // the next batch starts with the state
	stated bool   // the latest did: who has it knows of no audience any more
	next   uint64 // number of the first event not yet read
	paused map[slot]*paused
}

// paused is something of which the reader was told less than its pause ago.
type paused struct {
	until time.Time
	late  bool // there is something new
}

// Next waits for events and returns all that are there. The first batch, and the first after an overflow, starts with
// a RoomState and what there is beside it (chat, polls, drawings, offers); applying the events that follow to it gives the
// room's state. It returns ErrGone once the presence has left or ended, and the context's error.
func (q *Queue) Next(ctx context.Context) ([]Event, error) {
	if q.busy {
		if err := q.rest(ctx, nil, gather); err != nil {
			return nil, err
		}
	}
	for {
		b, err := q.take()
		if err != nil || len(b.events) > 0 {
			q.busy = b.quick
			return b.events, err
		}
		if err := q.rest(ctx, b.wake, b.wait); err != nil {
			return nil, err
		}
	}
}

// rest waits until wake is closed, the presence ends or the time is over; 0 is no limit.
func (q *Queue) rest(ctx context.Context, wake <-chan struct{}, limit time.Duration) error {
	var over <-chan time.Time
	if limit > 0 {
		timer := time.NewTimer(limit)
		defer timer.Stop()
		over = timer.C
	}
	select {
	case <-wake:
	case <-over:
	case <-q.presence.ended:
	case <-ctx.Done():
		return ctx.Err()
	}
	return nil
}

// batch is what there is for a reader: events, or when there may be some.
type batch struct {
	events []Event
	quick  bool            // some of the events change quickly
	wake   <-chan struct{} // closed when there is more
	wait   time.Duration   // until a pause is over; 0: there is none
}

func (q *Queue) take() (batch, error) {
	r := q.presence.room
	r.mu.Lock()
	defer r.mu.Unlock()
	m := r.memberOf(q.presence)
	if m == nil {
		return batch{}, ErrGone
	}
	if q.stated { // and only now, when it has been passed on, is there something to tell again
		q.stated, q.presence.told = false, told{}
	}
	if q.afresh || q.next < r.log.lost {
		state := r.state(m)
		q.afresh, q.stated, q.next, q.paused = false, true, r.log.end, nil
		return batch{events: append([]Event{{Kind: RoomState, State: &state}}, r.history(m)...)}, nil
	}
	b := batch{wake: r.log.changed}
	now := r.rooms.cfg.Now()
	for _, e := range r.log.since(q.next) {
		if e.isFor(m.ID) && !q.hold(e, now) {
			b.events = append(b.events, r.seen(e.Event, m.ID))
			b.quick = b.quick || e.slot != slot{}
		}
	}
	q.next = r.log.end
	q.resume(r, &b, m.ID, now)
	return b, nil
}

// hold reports whether an event has to wait because the reader has just been told of the same thing, and begins the pause
// if not.
func (q *Queue) hold(e *entry, now time.Time) bool {
	pause := e.Kind.pause()
	if pause == 0 {
		return false
	}
	if p := q.paused[e.slot]; p != nil && now.Before(p.until) {
		p.late = true
		return true
	}
	if q.paused == nil {
		q.paused = make(map[slot]*paused)
	}
	q.paused[e.slot] = &paused{until: now.Add(pause)}
	return false
}

// resume adds what had to wait and need not any more. What is not late needs no memory: so there is never more of it than
// a room has polls.
func (q *Queue) resume(r *room, b *batch, reader string, now time.Time) {
	for at, p := range q.paused {
		left := p.until.Sub(now)
		switch {
		case left > 0:
			if p.late && (b.wait == 0 || left < b.wait) {
				b.wait = left
			}
		case !p.late:
			delete(q.paused, at)
		default:
			*p = paused{until: now.Add(at.kind.pause())}
			if e := r.seen(Event{Kind: at.kind, ID: at.id}, reader); e.Kind != PollUpdated || e.Poll != nil {
				b.events, b.quick = append(b.events, e), true
			}
		}
	}
}

// seen is the event as the reader sees it.
func (r *room) seen(e Event, reader string) Event {
	if e.Kind == PollUpdated {
		if v, ok := r.talk.polls.View(e.ID, reader); ok {
			e.Poll = &v
		}
	}
	return e
}
