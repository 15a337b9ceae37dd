// Package heartbeat tells the control plane that this relay is there and who is in its rooms, and does what the control
// plane says.
//
// One goroutine does all of it, off the way of every packet. What it has to tell waits in room.Attendance, which is
// bounded: after an outage that was too long, everybody who is in is told anew.
package heartbeat

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync/atomic"
	"time"

	"github.com/coopnet/coopnet/relay/internal/room"
	"github.com/coopnet/coopnet/relay/internal/trial"
	"github.com/coopnet/coopnet/shared/announce"
	"github.com/coopnet/coopnet/shared/problem"
)

// Link carries what is said to the control plane. A refusal is a *problem.Error.
type Link interface {
	Announce(ctx context.Context, a announce.Announcement) (announce.Orders, error)
	Report(ctx context.Context, b announce.Batch) error
}

// Config is what a Heartbeat needs.
type Config struct {
	Link   Link
	Rooms  *room.Rooms           // with an Attendance
	Trials *trial.Record         // nil: nothing is measured
	Self   announce.Announcement // what does not change
	Logger *slog.Logger
	Now    func() time.Time
}

const (
	callTime   = 3 * time.Second        // for one call: several fit before a relay counts as silent
	gatherTime = 300 * time.Millisecond // visits that come together are told together
	retryTime  = 2 * time.Second
	maxBytes   = 40 << 10 // of a batch, estimated; the control plane takes 64 KiB
	maxMedia   = 20       // media sessions in one
	maxUntold  = 15       // attempts for these: a test is over soon, and whoever made it has seen its result
	// sweep is over how many announcements all rooms are asked for once, and how many a new one is left alone: who lost a
	// relay is here before the control plane knows, and must not be sent back.
	sweep = 3
)

// Stats says how the control plane takes it.
type Stats struct {
	Accepted    bool      // the last announcement was
	LastSuccess time.Time // zero: never
	Failures    uint64    // of announcements and reports
	Waiting     int       // visits that were not told yet
	Losses      uint64    // how often there were too many
}

// Heartbeat is a relay's voice. Start starts it, Close ends it.
type Heartbeat struct {
	cfg        Config
	attendance *room.Attendance
	urgent     chan chan struct{}
	closing    chan context.Context
	done       chan struct{}

	draining atomic.Bool
	accepted atomic.Bool
	success  atomic.Int64 // Unix milliseconds; 0: never
	failures atomic.Uint64

	// The goroutine's own.
	snapshot int64          // first visit of the last complete count
	counting [2]int64       // first visit and end of a count that was not told to its end; zero: there is none
	beats    map[string]int // announcements that a room has lived through, up to sweep
	asked    string         // the room that was asked for last
	followed []string       // commands that need not be said again
	failing
}

// failing is what does not work at the moment.
type failing struct {
	trouble string // that the log has
	untold  int    // attempts that have failed to tell of test rooms
}

// Start begins to announce.
func Start(cfg Config) *Heartbeat {
	h := &Heartbeat{
		cfg: cfg, attendance: cfg.Rooms.Attendance(), urgent: make(chan chan struct{}), closing: make(chan context.Context, 1), done: make(chan struct{}),
	}
	go h.run()
	return h
}

// Drain has the control plane send nobody here any more. It returns once that was said, or could not be.
func (h *Heartbeat) Drain(ctx context.Context) {
	h.draining.Store(true)
	said := make(chan struct{})
	select {
	case h.urgent <- said:
	case <-h.done:
		return
	case <-ctx.Done():
		return
	}
	select {
	case <-said:
	case <-ctx.Done():
	}
}

// Close tells what is left, as long as ctx lasts, and waits for the end.
func (h *Heartbeat) Close(ctx context.Context) {
	select {
	case h.closing <- ctx:
	default: // it was closed before
	}
	<-h.done
}

// Stats returns the figures of now.
func (h *Heartbeat) Stats() Stats {
	s := Stats{Accepted: h.accepted.Load(), Failures: h.failures.Load()}
	if ms := h.success.Load(); ms > 0 {
		s.LastSuccess = time.UnixMilli(ms)
	}
	s.Waiting, s.Losses = h.attendance.Waiting()
	return s
}

func (h *Heartbeat) run() {
	defer close(h.done)
	announceAfter, reportAfter := time.NewTimer(0), time.NewTimer(0)
	defer announceAfter.Stop()
	defer reportAfter.Stop()
	for {
		select {
		case ctx := <-h.closing:
			h.finish(ctx)
			return
		case said := <-h.urgent:
			h.announce(context.Background())
			close(said)
		case <-announceAfter.C:
			announceAfter.Reset(h.announce(context.Background()))
		case <-h.attendance.Changed():
			reportAfter.Reset(gatherTime)
		case <-h.cfg.Trials.Changed():
			reportAfter.Reset(gatherTime)
		case <-reportAfter.C:
			more, err := h.report(context.Background())
			switch {
			case err != nil:
				reportAfter.Reset(retryTime)
			case more:
				reportAfter.Reset(0) // after an announcement that is due
			case h.counted():
				announceAfter.Reset(0)
			}
		}
	}
}

// finish tells what is left once nothing new comes.
func (h *Heartbeat) finish(ctx context.Context) {
	for more := true; more; {
		var err error
		if more, err = h.report(ctx); err != nil {
			h.cfg.Logger.Warn("who has left could not be told before the stop", "error", err)
			return
		}
	}
}

// announce says what this relay is now, follows the orders, and returns when to do it again.
func (h *Heartbeat) announce(ctx context.Context) time.Duration {
	a := h.cfg.Self
	a.Load = h.cfg.Rooms.Stats().Participants
	a.Draining = h.draining.Load()
	a.Snapshot = h.snapshot
	a.Rooms = h.someRooms()
	a.Done = h.followed
	ctx, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	orders, err := h.cfg.Link.Announce(ctx, a)
	if err != nil {
		h.failed("announce", err)
		return retryTime
	}
	if !h.accepted.Swap(true) {
		h.trouble = ""
		h.cfg.Logger.Info("announced", "region", a.Region, "address", a.WHIP)
	}
	h.success.Store(h.cfg.Now().UnixMilli())
	h.follow(orders)
	if len(orders.Commands) == announce.MaxOrders {
		return 0 // there are more
	}
	return announce.Interval
}

func (h *Heartbeat) failed(what string, err error) {
	h.failures.Add(1)
	if what == "announce" {
		h.accepted.Store(false)
	}
	if trouble := what + string(problem.From(err).Code); trouble != h.trouble { // once, and not every few seconds
		h.trouble = trouble
		h.cfg.Logger.Warn("the control plane does not take what this relay says: it gets no new conferences, those that are live go on", "what", what, "error", err)
	}
}

// follow does what is ordered. Doing it again does no harm.
func (h *Heartbeat) follow(o announce.Orders) {
	h.followed = nil
	for _, c := range o.Commands {
		switch c.Kind {
		case announce.End:
			h.cfg.Rooms.End(c.Conference)
		case announce.Remove:
			h.cfg.Rooms.Remove(c.Conference, c.Participant)
		case announce.Drain:
			h.drain()
		default:
			h.cfg.Logger.Warn("the control plane orders what this version does not know", "kind", string(c.Kind))
		}
		h.followed = append(h.followed, c.ID)
	}
	for _, conference := range o.Over {
		h.cfg.Rooms.End(conference)
	}
	for _, conference := range o.Moved {
		h.cfg.Logger.Warn("a conference lives on another relay meanwhile: its participants are sent there", "conference", conference)
		h.cfg.Rooms.Move(conference)
	}
}

func (h *Heartbeat) drain() {
	if h.draining.Swap(true) {
		return
	}
	h.cfg.Logger.Info("draining: the control plane says so")
	h.cfg.Rooms.Drain()
}

// someRooms are the next ones to ask for, in the order of their ids.
func (h *Heartbeat) someRooms() []string {
	beats := make(map[string]int)
	var all []string
	for _, id := range h.cfg.Rooms.Conferences() {
		if h.beats[id] >= sweep {
			all = append(all, id)
		}
		beats[id] = min(h.beats[id]+1, sweep)
	}
	h.beats = beats
	slices.Sort(all)
	from, found := slices.BinarySearch(all, h.asked)
	if found {
		from++
	}
	n := min((len(all)+sweep-1)/sweep, announce.MaxRooms)
	some := make([]string, 0, n)
	for i := range n {
		some = append(some, all[(from+i)%len(all)])
	}
	if n > 0 {
		h.asked = some[n-1]
	}
	return some
}

// report tells some of what waits and says whether there is more.
func (h *Heartbeat) report(ctx context.Context) (more bool, err error) {
	if more, err = h.reportVisits(ctx); more || err != nil {
		return more, err // attendance never waits for measurements
	}
	return h.reportMedia(ctx)
}

// reportMedia tells what media sessions of test rooms did. They have batches of their own: a control plane that does not
// know them yet loses nothing else.
func (h *Heartbeat) reportMedia(ctx context.Context) (more bool, err error) {
	media := h.cfg.Trials.Oldest(maxMedia)
	if len(media) == 0 {
		return false, nil
	}
	ctx, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	if err := h.cfg.Link.Report(ctx, announce.Batch{Instance: h.cfg.Self.Instance, Visits: []announce.Visit{}, Media: media}); err != nil {
		h.failed("report media", err)
		if h.untold++; !hopeless(err) && h.untold < maxUntold {
			return true, err
		}
		h.cfg.Logger.Error("the control plane refuses what was measured: it is dropped", "sessions", len(media), "error", err)
	}
	h.untold = 0
	h.cfg.Trials.Forget(len(media))
	return len(media) == maxMedia, nil
}

// reportVisits tells some visits and says whether there are more.
func (h *Heartbeat) reportVisits(ctx context.Context) (more bool, err error) {
	if h.attendance.Lost() {
		first := h.cfg.Rooms.Recount()
		h.counting = [2]int64{first, h.attendance.End()}
		h.cfg.Logger.Warn("too many came and went while the control plane took nothing: who is in is told anew", "from", first)
	}
	visits := h.attendance.Oldest(announce.MaxVisits)
	if len(visits) == 0 {
		return false, nil
	}
	b := announce.Batch{Instance: h.cfg.Self.Instance}
	size := 0
	for _, v := range visits {
		if size += 300 + 6*len(v.Participant.Name); size > maxBytes && len(b.Visits) > 0 {
			break
		}
		b.Visits = append(b.Visits, told(v))
	}
	ctx, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	if err := h.cfg.Link.Report(ctx, b); err != nil {
		h.failed("report", err)
		if !hopeless(err) {
			return true, err
		}
		h.cfg.Logger.Error("the control plane refuses a report: it is dropped", "visits", len(b.Visits), "error", err)
	}
	h.attendance.Forget(b.Visits[len(b.Visits)-1].Seq)
	return len(b.Visits) < len(visits) || len(visits) == announce.MaxVisits, nil
}

// hopeless is a refusal of what is said, which saying it again does not change.
func hopeless(err error) bool {
	var refused *problem.Error
	if !errors.As(err, &refused) {
		return false
	}
	switch refused.Code {
	case problem.Invalid, problem.Malformed, problem.BodyTooLarge:
		return true
	}
	return false
}

// counted reports once that a count was told to its end.
func (h *Heartbeat) counted() bool {
	if h.counting[0] == 0 || h.attendance.Lost() {
		return false
	}
	if rest := h.attendance.Oldest(1); len(rest) > 0 && rest[0].Seq < h.counting[1] {
		return false
	}
	h.snapshot, h.counting = h.counting[0], [2]int64{}
	return true
}

// told is a visit as the control plane reads it.
func told(v room.Visit) announce.Visit {
	p := v.Participant
	return announce.Visit{
		Seq: v.Seq, Kind: kindOf(v.Kind), Removed: v.Kind == room.Thrown, Conference: v.Conference, Participant: p.ID, Name: p.Name, Role: string(p.Role), Person: p.Person, At: v.At.UTC(),
	}
}

func kindOf(k room.VisitKind) announce.Kind {
	switch k {
	case room.Opened:
		return announce.Started
	case room.Emptied:
		return announce.Emptied
	case room.Came:
		return announce.Joined
	case room.Went, room.Thrown:
		return announce.Left
	}
	return announce.Present
}
