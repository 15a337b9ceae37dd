package session

import (
	"slices"
	"testing"

	"github.com/coopnet/coopnet/shared/wire"
)

func TestTheRoomKnowsWhoWatches(t *testing.T) {
	state := wire.RoomState{Self: "me", Participants: []wire.Participant{{ID: "me", Name: "Me"}, {ID: "a", Name: "Ada"}, {ID: "b", Name: "Bob"}},
		Publications: []wire.Publication{{ID: "s0", Participant: "me"}, {ID: "s1", Participant: "me"}, {ID: "s2", Participant: "a"}}}
	r := RoomOf(state)
	hears := func(frame string) {
		t.Helper()
		name, err := wire.TypeOf([]byte(frame))
		if err == nil {
			err = r.take(name, []byte(frame))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	is := func(when string, known bool, count int, names ...string) {
		t.Helper()
		if a := r.Audience("s1"); a.Known != known || a.Count != count || !slices.Equal(a.Names, names) {
			t.Errorf("%s: %+v", when, a)
		}
	}
	is("at first", false, 0)
	hears(`{"type":"publication.watched","id":"s0","count":9,"viewers":["a"]}`) // by the page, before
	is("another share", false, 0)
	hears(`{"type":"publication.started","publication":{"id":"s3","participant":"me"},"current":"s3"}`)
	hears(`{"type":"publication.watched","id":"s3","count":70,"viewers":["a"]}`) // by the page, later
	is("yet another share", false, 0)
	hears(`{"type":"publication.watched","id":"s1","count":60,"viewers":["b","a","who"]}`)
	is("of many", true, 60, "Ada", "Bob")
	state.Instance = "another"
	r.state(state)
	is("told anew", true, 60, "Ada", "Bob")
	hears(`{"type":"publication.watched","id":"s1","count":0,"viewers":[]}`)
	is("of nobody", true, 0)
	if page := r.clone().Audience("s0"); page.Count != 9 || !slices.Equal(page.Names, []string{"Ada"}) {
		t.Errorf("of the page's share %+v", page)
	}
	if none := r.Audience(""); none.Known {
		t.Errorf("of no share %+v", none)
	}
	hears(`{"type":"publication.stopped","id":"s1","current":""}`)
	is("once it has stopped", false, 0)
}
