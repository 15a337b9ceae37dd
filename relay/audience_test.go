package relay

import (
	"slices"
	"testing"

	"github.com/pion/webrtc/v3"

	"github.com/coopnet/coopnet/relay/internal/peer/peertest"
	"github.com/coopnet/coopnet/shared/jointoken"
	"github.com/coopnet/coopnet/shared/wire"
)

// Real viewers are counted for as long as they watch: not before they are connected, not while they have chosen something
// else, and again after they have come back.
func TestAPresenterKnowsWhoWatches(t *testing.T) {
	w := newWorld(t)
	anne := w.control("anne", jointoken.View, jointoken.Share)
	w.share("anne", 'A')
	watched := func(want ...string) {
		t.Helper()
		for {
			m := hear[wire.PublicationWatched](anne, wire.TypePublicationWatched)
			if m.Count != len(m.Viewers) {
				t.Fatalf("heard %+v", m)
			}
			if slices.Equal(m.Viewers, want) {
				return
			}
		}
	}
	a := hear[wire.PublicationWatched](anne, wire.TypePublicationWatched).ID
	bob := w.control("bob", jointoken.View) // in the conference, which is not watching
	hear[wire.RoomState](bob, wire.TypeRoomState)
	pc := peertest.NewClient(t, webrtc.Configuration{})
	next(t, w.play(pc, "bob"), "packet of A", from('A'))
	watched("bob")
	next(t, w.watch("eve"), "packet of A", from('A'))
	watched("bob", "eve")

	b := w.share("carl", 'B') // takes the screen
	watched()
	bob.say(wire.ViewSelect{Type: wire.TypeViewSelect, Publication: a})
	watched("bob")
	b.end()
	watched("bob", "eve")
	_ = pc.Close()
	watched("eve")
	next(t, w.watch("bob"), "packet of A", from('A'))
	watched("bob", "eve")

	_ = anne.conn.CloseNow()
	anne = w.control("anne", jointoken.View, jointoken.Share)
	watched("bob", "eve")
}
