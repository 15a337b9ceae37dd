package room

import (
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/coopnet/coopnet/relay/internal/stage"
)

func hears(t *testing.T, p *Presence, want Audience) {
	t.Helper()
	got := p.Audiences()
	if len(got) != 1 || got[0].Publication != want.Publication || got[0].Count != want.Count || !slices.Equal(got[0].Viewers, want.Viewers) {
		t.Errorf("told %+v, not %+v", got, want)
	}
}

func untold(t *testing.T, who string, p *Presence) {
	t.Helper()
	if got := p.Audiences(); got != nil {
		t.Errorf("%s is told %+v", who, got)
	}
}

func TestThePresenterIsToldWhoWatches(t *testing.T) {
	rs := New(Config{})
	defer rs.Close()
	page, share := join(t, rs, "c", "ann"), join(t, rs, "c", "ann")
	bob, eve := join(t, rs, "c", "bob"), join(t, rs, "c", "eve")
	untold(t, "who shares nothing", page)
	publish(t, share, "s1")
	hears(t, page, Audience{"s1", 0, nil})
	untold(t, "who knows it", page)

	eve.Watch("s1")
	bob.Watch("s1")
	join(t, rs, "c", "bob").Watch("s1") // in a second session
	join(t, rs, "c", "ann").Watch("s1") // the presenter's own page
	hears(t, page, Audience{"s1", 2, []string{"bob", "eve"}})
	untold(t, "another", bob)
	untold(t, "who knows it", page)

	eve.Watch("")
	eve.Watch("s1") // back before anybody has asked
	untold(t, "who knows it", page)
	eve.Leave()
	hears(t, page, Audience{"s1", 1, []string{"bob"}})
	hears(t, join(t, rs, "c", "ann"), Audience{"s1", 1, []string{"bob"}}) // a channel that is opened anew

	publish(t, share, "s2")
	bob.Watch("s2")
	hears(t, page, Audience{"s2", 1, []string{"bob"}}) // whose second session still has the first
	page.Leave()
	untold(t, "who has left", page)
}

// Who looks at the whiteboard or a document with all others sees no share, though its pictures still come.
func TestWhoLooksAtSomethingElseDoesNotWatch(t *testing.T) {
	rs := New(Config{})
	defer rs.Close()
	page, bob, eve := join(t, rs, "c", "ann"), join(t, rs, "c", "bob"), join(t, rs, "c", "eve")
	publish(t, page, "s1")
	for _, p := range []*Presence{bob, eve} {
		p.Watch("s1")
	}
	hears(t, page, Audience{"s1", 2, []string{"bob", "eve"}})
	show := func(v stage.View) {
		t.Helper()
		if err := page.Show(v); err != nil {
			t.Fatal(err)
		}
	}
	pick := func(p *Presence, publication string) {
		t.Helper()
		if err := p.Select(publication); err != nil {
			t.Fatal(err)
		}
	}
	show(stage.View{Kind: stage.Board})
	hears(t, page, Audience{"s1", 0, nil})
	pick(eve, "s1") // the pictures of which come already
	hears(t, page, Audience{"s1", 1, []string{"eve"}})
	show(stage.View{Kind: stage.Document, ID: "d1", Name: "plan.pdf", Page: 1, Pages: 2})
	untold(t, "who knows it", page)
	pick(eve, "")
	hears(t, page, Audience{"s1", 0, nil})
	show(stage.View{Kind: stage.Share, ID: "s1"})
	hears(t, page, Audience{"s1", 2, []string{"bob", "eve"}})
}

// What has stopped is known to nobody any more, however it did.
func TestAStoppedShareIsForgotten(t *testing.T) {
	rs := New(Config{})
	defer rs.Close()
	page := join(t, rs, "c", "ann")
	publish(t, page, "s1")
	publish(t, page, "s2")
	if got := page.Audiences(); len(got) != 2 {
		t.Fatalf("told %+v", got)
	}
	page.Unpublish("s1")
	untold(t, "who knows the other", page)
	if len(page.told.audiences) != 1 || page.told.audiences[0].Publication != "s2" {
		t.Errorf("%+v is known", page.told.audiences)
	}
}

// Who begins afresh knows nothing any more.
func TestAfterAnOverflowItIsToldAgain(t *testing.T) {
	rs := New(Config{QueueLength: 4})
	defer rs.Close()
	page, bob := join(t, rs, "c", "ann"), join(t, rs, "c", "bob")
	queue := page.Events()
	next := func() []Event {
		events, err := queue.Next(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return events
	}
	next()
	publish(t, page, "s1")
	bob.Watch("s1")
	next()
	hears(t, page, Audience{"s1", 1, []string{"bob"}})
	for range 6 {
		join(t, rs, "c", "eve").Leave()
	}
	if events := next(); events[0].Kind != RoomState {
		t.Fatalf("got %+v", events)
	}
	untold(t, "who has not got the state yet", page)
	join(t, rs, "c", "eve").Leave()
	next()
	hears(t, page, Audience{"s1", 1, []string{"bob"}})
}

// A rush of viewers is one answer, with a bounded list.
func TestARushOfViewers(t *testing.T) {
	rs := New(Config{})
	defer rs.Close()
	page := join(t, rs, "c", "ann")
	publish(t, page, "s1")
	var rush sync.WaitGroup
	for i := range 500 {
		rush.Go(func() {
			p, err := rs.Join("c", 0, person(fmt.Sprint("p", i)))
			if err != nil {
				t.Error(err)
				return
			}
			for range 3 {
				p.Watch("s1")
				p.Watch("")
			}
			p.Watch("s1")
		})
	}
	rush.Wait()
	got := page.Audiences()
	if len(got) != 1 || got[0].Count != 500 || len(got[0].Viewers) != maxViewers {
		t.Fatalf("told %d, %+v", len(got), got)
	}
	untold(t, "who knows it", page)
}
