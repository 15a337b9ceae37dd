package heartbeat

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coopnet/coopnet/relay/internal/room"
	"github.com/coopnet/coopnet/relay/internal/trial"
	"github.com/coopnet/coopnet/shared/announce"
	"github.com/coopnet/coopnet/shared/problem"
)

// older is a control plane that has trouble with media sessions.
type older struct {
	mu      sync.Mutex
	trouble error // with them
	told    []announce.Batch
}

func (o *older) Announce(context.Context, announce.Announcement) (announce.Orders, error) {
	return announce.Orders{}, nil
}

func (o *older) Report(_ context.Context, b announce.Batch) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(b.Media) > 0 && o.trouble != nil {
		return o.trouble
	}
	o.told = append(o.told, b)
	return nil
}

func (o *older) counts() (visits, media int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, b := range o.told {
		visits, media = visits+len(b.Visits), media+len(b.Media)
	}
	return visits, media
}

// TestMediaIsTold in batches of its own, and never in the way of attendance.
func TestMediaIsTold(t *testing.T) {
	for name, trouble := range map[string]error{
		"": nil, "an older control plane": problem.New(problem.Malformed, "media?"), "one that fails": errors.New("500"),
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				o, rooms, trials := &older{trouble: trouble}, room.New(room.Config{Attendance: 100}), trial.NewRecord()
				h := Start(Config{Link: o, Rooms: rooms, Trials: trials, Self: announce.Announcement{Instance: "i"},
					Logger: slog.New(slog.DiscardHandler), Now: time.Now})
				defer h.Close(context.Background())
				for i := range 3*maxMedia + 1 {
					trials.Add(announce.Media{ID: fmt.Sprint(i), Conference: "test-a"})
				}
				time.Sleep(time.Minute / 10)
				join(t, rooms, "c", "p")
				time.Sleep(10 * time.Minute)
				visits, media := o.counts()
				if want := map[bool]int{true: 3*maxMedia + 1}[trouble == nil]; visits != 2 || media != want || len(trials.Oldest(1)) > 0 {
					t.Errorf("told %d visits and %d media sessions, %d wait", visits, media, len(trials.Oldest(100)))
				}
			})
		})
	}
}

func TestWhoWasRemovedIsTold(t *testing.T) {
	for kind, want := range map[room.VisitKind]announce.Visit{
		room.Went: {Seq: 1, Kind: announce.Left, Participant: "p"}, room.Thrown: {Seq: 1, Kind: announce.Left, Participant: "p", Removed: true},
	} {
		if got := told(room.Visit{Seq: 1, Kind: kind, Participant: room.Participant{ID: "p"}}); got != want {
			t.Errorf("told %+v, want %+v", got, want)
		}
	}
}
