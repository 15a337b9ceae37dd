package room

import (
	"errors"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
)

// Rooms holds every live room of a relay.
type Rooms struct {
	cfg          Config
	timers       sync.WaitGroup // grace timers that are armed or running
	participants atomic.Int64
	publications atomic.Int64
	attendance   *Attendance // nil: nobody wants to know

	mu       sync.Mutex // guards what follows
	rooms    map[string]*room
	past     map[string]*past
	pastAge  []*past // the same, oldest first
	kept     int     // bytes of what was said in all of past
	tests    int     // test rooms among rooms
	draining bool
}

// New returns an empty set of rooms.
func New(cfg Config) *Rooms {
	rs := &Rooms{cfg: cfg.withDefaults(), rooms: make(map[string]*room), past: make(map[string]*past)}
	if cfg.Attendance > 0 {
		rs.attendance = newAttendance(cfg.Attendance)
	}
	return rs
}

// Join counts one more live session of the participant p in the conference's room, which it opens if need be. A
// participant who is already in keeps JoinedAt, Status and selection; name and role follow the newer claims. Another
// one is let in while fewer than limit are; 0 is the rooms' own limit, which always holds.
// It refuses with ErrFull, ErrRemoved, ErrLocked, ErrEnded or ErrDraining.
func (rs *Rooms) Join(conference string, limit int, p Participant) (*Presence, error) {
	for {
		r, err := rs.open(conference)
		if err != nil {
			return nil, err
		}
		presence, n, err := r.join(limitOf(conference, limit), p)
		n.deliver(r)
		if errors.Is(err, errOver) {
			// The room closed between the two locks: take it off the table and open a new one.
			rs.retire(r)
			continue
		}
		return presence, err
	}
}

// End closes the conference's room: every presence ends with ReasonEnded, and nobody joins again.
func (rs *Rooms) End(conference string) {
	rs.mu.Lock()
	rs.remember(&past{conference: conference, ended: true}) // in the place of what was said
	r := rs.rooms[conference]
	rs.mu.Unlock()
	if r != nil {
		n := r.end(ReasonEnded)
		n.deliver(r)
	}
}

// Conferences lists those with a room; a test room has none.
func (rs *Rooms) Conferences() []string {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	return slices.DeleteFunc(slices.Collect(maps.Keys(rs.rooms)), isTest)
}

// Drain closes every room: every presence ends with ReasonDraining, and further joins are refused with ErrDraining.
func (rs *Rooms) Drain() {
	rs.mu.Lock()
	rs.draining = true
	all := make([]*room, 0, len(rs.rooms))
	for _, r := range rs.rooms {
		all = append(all, r)
	}
	rs.mu.Unlock()
	for _, r := range all {
		n := r.end(ReasonDraining)
		n.deliver(r)
	}
}

// Close drains and waits until no timer runs.
func (rs *Rooms) Close() {
	rs.Drain()
	rs.timers.Wait()
}

// Stats counts rooms, participants and publications.
func (rs *Rooms) Stats() Stats {
	rs.mu.Lock()
	rooms := len(rs.rooms)
	rs.mu.Unlock()
	return Stats{Rooms: rooms, Participants: int(rs.participants.Load()), Publications: int(rs.publications.Load())}
}

// open returns the conference's room, a new one if there is none.
func (rs *Rooms) open(conference string) (*room, error) {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	if rs.draining {
		return nil, ErrDraining
	}
	rs.forget()
	before := rs.past[conference]
	if before != nil && before.ended {
		return nil, ErrEnded
	}
	if r := rs.rooms[conference]; r != nil {
		return r, nil
	}
	if len(rs.rooms) >= rs.cfg.MaxRooms {
		return nil, ErrFull
	}
	test := isTest(conference)
	if test && rs.tests >= maxTests {
		return nil, ErrFull
	}
	o, t := rs.recall(conference)
	r := newRoom(rs, conference, o, t)
	if test {
		rs.tests++
		r.expireTest()
	}
	rs.rooms[conference] = r
	return r, nil
}
