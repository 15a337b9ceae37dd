package control

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/coopnet/coopnet/relay/internal/room"
	"github.com/coopnet/coopnet/shared/jointoken"
	"github.com/coopnet/coopnet/shared/wire"
)

// The presenter hears who watches, with a heartbeat, and again after a reconnection; nobody else does.
func TestWhoWatchesIsThePresentersToKnow(t *testing.T) {
	overBoth(t, func(t *testing.T, over kind) {
		const heartbeat = 100 * time.Millisecond
		s := newStand(t, over, func(c *Config) { c.Heartbeat = heartbeat })
		presenter := s.claims("ann", jointoken.RoleInternal, jointoken.View, jointoken.Share)
		ann, _ := s.join(presenter)
		guest, _ := s.guest("bob")
		session := func(id string) *room.Presence {
			p, err := s.rooms.Join("c-1", 0, room.ParticipantOf(s.claims(id, jointoken.RoleGuest, jointoken.View)))
			if err != nil {
				t.Fatal(err)
			}
			return p
		}
		if err := session("ann").Publish(room.Publication{ID: "s1", Video: "VP9"}); err != nil {
			t.Fatal(err)
		}
		if m := until[wire.PublicationWatched](ann, wire.TypePublicationWatched); m.ID != "s1" || m.Count != 0 || m.Viewers == nil {
			t.Errorf("at first %+v", m)
		}
		session("bob").Watch("s1")
		if m := until[wire.PublicationWatched](ann, wire.TypePublicationWatched); m.Count != 1 || !slices.Equal(m.Viewers, []string{"bob"}) {
			t.Errorf("of bob %+v", m)
		}
		began, told := time.Now(), 0
		for i := range 200 {
			session(fmt.Sprint("p", i)).Watch("s1")
		}
		for count := 0; count != 201; told++ {
			m := until[wire.PublicationWatched](ann, wire.TypePublicationWatched)
			if count = m.Count; len(m.Viewers) != min(count, 50) {
				t.Fatalf("of %d viewers %d are named", count, len(m.Viewers))
			}
		}
		if most := int(time.Since(began)/heartbeat) + 2; told > most {
			t.Errorf("told %d times in %s", told, time.Since(began))
		}

		presenter.ID += "-again"
		ann, _ = s.join(presenter)
		if m := until[wire.PublicationWatched](ann, wire.TypePublicationWatched); m.Count != 201 {
			t.Errorf("after a reconnection %+v", m)
		}
		for {
			name, frame := guest.next()
			if name == wire.TypePublicationWatched {
				t.Errorf("a guest hears %s", frame)
			}
			if name == wire.TypeJoined && joined(t, frame) == "p199" {
				break
			}
		}
	})
}

func joined(t *testing.T, frame []byte) string {
	t.Helper()
	var m wire.ParticipantEvent
	if err := wire.Decode(frame, &m); err != nil {
		t.Fatal(err)
	}
	return m.Participant.ID
}
