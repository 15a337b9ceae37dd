package room

import "context"

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
)

// Event is one change of a room. What it points to is shared between queues: read only.
type Event struct {
	Kind        Kind
	State       *State
	Participant *Participant
	Publication *Publication
	ID          string
	Current     string
}

// Queue reads a room's events for one presence. All queues of a room read the same bounded log, so a slow reader costs
// nobody memory: when it falls behind by more than Config.QueueLength events, it loses them and starts afresh.
type Queue struct {
	presence *Presence

	// guarded by room.mu
	afresh bool   // the next batch starts with the state
	next   uint64 // number of the first event not yet read
}

// Next waits for events and returns all that are there. The first batch, and the first after an overflow, starts with
// a RoomState; applying the events that follow to it gives the room's state. It returns ErrGone once the presence has
// left or ended, and the context's error.
func (q *Queue) Next(ctx context.Context) ([]Event, error) {
	for {
		events, wake, err := q.take()
		if err != nil || len(events) > 0 {
			return events, err
		}
		select {
		case <-wake:
		case <-q.presence.ended:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// take returns what is there, or the channel that is closed when there is more.
func (q *Queue) take() ([]Event, <-chan struct{}, error) {
	r := q.presence.room
	r.mu.Lock()
	defer r.mu.Unlock()
	m := r.memberOf(q.presence)
	if m == nil {
		return nil, nil, ErrGone
	}
	if q.afresh || q.next < r.log.first() {
		state := r.state(m)
		q.afresh, q.next = false, r.log.end
		return []Event{{Kind: RoomState, State: &state}}, nil, nil
	}
	events := r.log.since(q.next)
	q.next = r.log.end
	return events, r.log.changed, nil
}

// eventLog keeps the last events of a room in a ring, numbered from 0. It grows to its limit only as events come.
type eventLog struct {
	ring    []Event
	limit   int
	end     uint64        // number of the next event
	changed chan struct{} // closed after an append, then replaced
}

func newEventLog(limit int) eventLog {
	return eventLog{limit: limit, changed: make(chan struct{})}
}

func (l *eventLog) append(e Event) {
	if len(l.ring) < l.limit {
		l.ring = append(l.ring, e)
	} else {
		l.ring[l.end%uint64(l.limit)] = e
	}
	l.end++
}

// first is the number of the oldest event that is kept.
func (l *eventLog) first() uint64 { return l.end - uint64(len(l.ring)) }

func (l *eventLog) since(number uint64) []Event {
	if number == l.end {
		return nil
	}
	events := make([]Event, 0, l.end-number)
	for ; number < l.end; number++ {
		events = append(events, l.ring[number%uint64(l.limit)])
	}
	return events
}

// swap replaces the channel that readers wait on and returns the one to close once the lock is released. A second
// change under the same lock needs no second channel: nobody can have seen the first.
func (l *eventLog) swap(pending chan struct{}) chan struct{} {
	if pending != nil {
		return pending
	}
	old := l.changed
	l.changed = make(chan struct{})
	return old
}
