package heartbeat

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coopnet/coopnet/relay/internal/room"
	"github.com/coopnet/coopnet/shared/announce"
	"github.com/coopnet/coopnet/shared/problem"
)

// plane is a control plane that a test holds in its hands.
type plane struct {
	mu       sync.Mutex
	down     error
	orders   announce.Orders
	heard    []announce.Announcement
	visits   []announce.Visit
	batches  int
	stuck    bool // calls take as long as they may
	refusing error
}

func (p *plane) Announce(ctx context.Context, a announce.Announcement) (announce.Orders, error) {
	p.mu.Lock()
	stuck := p.stuck
	p.mu.Unlock()
	if stuck {
		<-ctx.Done()
		return announce.Orders{}, ctx.Err()
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.down != nil {
		return announce.Orders{}, p.down
	}
	p.heard = append(p.heard, a)
	return p.orders, nil
}

func (p *plane) Report(_ context.Context, b announce.Batch) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.down != nil {
		return p.down
	}
	p.batches++
	if p.refusing != nil {
		return p.refusing
	}
	p.visits = append(p.visits, b.Visits...)
	return nil
}

func (p *plane) set(f func(p *plane)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	f(p)
}

func (p *plane) last() announce.Announcement {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.heard[len(p.heard)-1]
}

func (p *plane) announcements() []announce.Announcement {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.heard)
}

func (p *plane) seen() []announce.Visit {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.visits)
}

func (p *plane) count() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.batches
}

func (p *plane) told() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	var list []string
	for _, v := range p.visits {
		list = append(list, strings.TrimSpace(string(v.Kind)+" "+v.Participant))
	}
	return strings.Join(list, ", ")
}

func start(t *testing.T, p *plane, kept int) (*Heartbeat, *room.Rooms) {
	t.Helper()
	rooms := room.New(room.Config{Attendance: kept})
	h := Start(Config{Link: p, Rooms: rooms, Self: announce.Announcement{Instance: "i"}, Logger: slog.New(slog.DiscardHandler), Now: time.Now})
	t.Cleanup(func() {
		h.Close(context.Background())
		h.Close(context.Background()) // again is fine
		rooms.Close()
	})
	return h, rooms
}

func join(t *testing.T, rooms *room.Rooms, conference, id string) *room.Presence {
	t.Helper()
	p, err := rooms.Join(conference, 0, room.Participant{ID: id, Name: "name of " + id, Role: "guest", Person: "person"})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// pass lets time pass, and what is due be done.
func pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

func TestAnnouncesEveryFiveSeconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &plane{}
		h, rooms := start(t, p, 100)
		join(t, rooms, "c", "ann")
		pass(21 * time.Second)
		if n := len(p.announcements()); n != 5 || p.last().Load != 1 || p.last().Draining || !slices.Equal(p.last().Rooms, []string{"c"}) {
			t.Errorf("heard %d times, last %+v", n, p.last())
		}
		if p.told() != "started, joined ann" || p.seen()[1].Name != "name of ann" || p.seen()[1].Person != "person" || p.count() != 1 {
			t.Errorf("told %s in %d batches", p.told(), p.count())
		}
		if s := h.Stats(); !s.Accepted || s.Failures+s.Losses != 0 || s.Waiting != 0 || s.LastSuccess.IsZero() {
			t.Errorf("got %+v", s)
		}
		h.Drain(t.Context())
		if !p.last().Draining || len(p.announcements()) != 6 {
			t.Errorf("heard %d times, last %+v", len(p.announcements()), p.last())
		}
	})
}

func TestOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &plane{down: errors.New("no route")}
		h, rooms := start(t, p, 1000)
		ann := join(t, rooms, "c", "ann")
		pass(time.Minute)
		ann.Leave()
		join(t, rooms, "c", "bob")
		if s := h.Stats(); s.Accepted || s.Failures < 20 || s.Failures > 100 || s.Waiting != 6 {
			t.Errorf("got %+v", s)
		}
		p.set(func(p *plane) { p.down = nil })
		pass(retryTime + time.Second)
		if got := p.told(); got != "started, joined ann, left ann, emptied, started, joined bob" || len(p.announcements()) == 0 {
			t.Errorf("told %s", got)
		}
	})
}

func TestTooLongAnOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &plane{}
		h, rooms := start(t, p, 10)
		ann := join(t, rooms, "c", "ann")
		pass(time.Second)
		p.set(func(p *plane) { p.down, p.visits = errors.New("no route"), nil })
		for i := range 4 {
			join(t, rooms, "d", fmt.Sprint("p", i))
		}
		for range 10 {
			join(t, rooms, "c", "coming and going").Leave()
		}
		ann.Leave()
		pass(10 * time.Second)
		if s := h.Stats(); s.Losses != 1 || s.Waiting > 10 {
			t.Errorf("got %+v", s)
		}
		p.set(func(p *plane) { p.down = nil })
		pass(5 * time.Second)
		if got := p.told(); got != "started, present p0, present p1, present p2, present p3" {
			t.Errorf("told %s", got)
		}
		if got := p.last().Snapshot; got != p.seen()[0].Seq || got == 0 {
			t.Errorf("the count begins at %d, the relay says %d", p.seen()[0].Seq, got)
		}
	})
}

func TestHopelessReportsAreDropped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &plane{refusing: problem.New(problem.Invalid, "nonsense")}
		_, rooms := start(t, p, 100)
		join(t, rooms, "c", "ann")
		pass(time.Second)
		p.set(func(p *plane) { p.refusing = nil })
		join(t, rooms, "c", "bob")
		pass(time.Second)
		if got := p.told(); got != "joined bob" {
			t.Errorf("told %s", got)
		}
	})
}

func TestReportsComeInBatches(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &plane{}
		_, rooms := start(t, p, 10_000)
		for i := range 1000 {
			join(t, rooms, fmt.Sprint("c", i%7), fmt.Sprint("p", i, strings.Repeat("x", 200)))
		}
		pass(time.Second)
		if len(p.seen()) != 1007 || p.count() < 6 || p.count() > 60 {
			t.Errorf("%d visits in %d batches", len(p.seen()), p.count())
		}
		for i, v := range p.seen() {
			if v.Seq != int64(i+1) {
				t.Fatalf("visit %d has number %d", i, v.Seq)
			}
		}
	})
}

func TestFollowsOrders(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &plane{}
		_, rooms := start(t, p, 100)
		ann, bob := join(t, rooms, "c", "ann"), join(t, rooms, "c", "bob")
		over, moved, ended := join(t, rooms, "over", "x"), join(t, rooms, "moved", "x"), join(t, rooms, "ended", "x")
		p.set(func(p *plane) {
			p.orders = announce.Orders{Over: []string{"over"}, Moved: []string{"moved"}, Commands: []announce.Command{
				{ID: "1", Kind: announce.Remove, Conference: "c", Participant: "ann"}, {ID: "2", Kind: announce.End, Conference: "ended"}, {ID: "3", Kind: "dance"}}}
		})
		pass(6 * time.Second)
		for presence, reason := range map[*room.Presence]string{ann: room.ReasonRemoved, over: room.ReasonEnded, ended: room.ReasonEnded, moved: room.ReasonDraining, bob: ""} {
			if presence.Reason() != reason {
				t.Errorf("%s: %q, want %q", presence.Conference(), presence.Reason(), reason)
			}
		}
		p.set(func(p *plane) {
			p.orders = announce.Orders{Commands: []announce.Command{{ID: "4", Kind: announce.Drain}}}
		})
		pass(5 * time.Second)
		if got := p.last().Done; !slices.Equal(got, []string{"1", "2", "3"}) {
			t.Errorf("done %v", got)
		}
		pass(5 * time.Second)
		if !p.last().Draining || bob.Reason() != room.ReasonDraining {
			t.Errorf("%+v, %q", p.last(), bob.Reason())
		}
	})
}

func TestEveryRoomIsAskedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &plane{}
		_, rooms := start(t, p, 10_000)
		for i := range 250 {
			join(t, rooms, fmt.Sprint("c", i), "x")
		}
		pass(15*time.Second - time.Millisecond)
		for _, a := range p.announcements() {
			if len(a.Rooms) > 0 {
				t.Error("a new room was asked for")
			}
		}
		pass(16 * time.Second)
		seen := map[string]int{}
		for _, a := range p.announcements() {
			if len(a.Rooms) > announce.MaxRooms {
				t.Errorf("%d rooms at once", len(a.Rooms))
			}
			for _, id := range a.Rooms {
				seen[id]++
			}
		}
		if len(seen) != 250 {
			t.Errorf("%d of 250 were asked for", len(seen))
		}
	})
}

// TestStuckControlPlane: it holds up neither the rooms nor a stop.
func TestStuckControlPlane(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &plane{stuck: true}
		h, rooms := start(t, p, 100)
		begin := time.Now()
		join(t, rooms, "c", "ann").Leave()
		if took := time.Since(begin); took != 0 {
			t.Errorf("joining took %s", took)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		h.Drain(ctx)
		if took := time.Since(begin); took > 2*time.Second {
			t.Errorf("draining took %s", took)
		}
	})
}
