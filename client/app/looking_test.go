package app

import (
	"context"
	"image"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coopnet/coopnet/client/capture"
	"github.com/coopnet/coopnet/client/session"
	"github.com/coopnet/coopnet/client/window"
	"github.com/coopnet/coopnet/shared/wire"
)

// placed is a bar somewhere, with a picture or without.
type placed struct {
	Bar
	at    image.Rectangle
	shown image.Image
}

func (p *placed) Bounds() image.Rectangle { return p.at }
func (p *placed) Picture(img image.Image) { p.shown = img }

// The bar shows what is sent, but never itself.
func TestThePresenterLooks(t *testing.T) {
	screen, inside, beside := image.Rect(0, 0, 1280, 720), image.Rect(300, 650, 900, 700), image.Rect(1300, 650, 1900, 700)
	for name, c := range map[string]struct {
		kind capture.Kind
		bar  image.Rectangle
		seen bool
		on   bool
	}{
		"a window":       {capture.Window, inside, true, true},
		"the desktop":    {capture.Desktop, beside, true, false},
		"this screen":    {capture.Screen, inside, true, false},
		"another screen": {capture.Screen, beside, true, true},
		"minimised":      {capture.Window, inside, false, false},
	} {
		l, bar := newLooking(c.kind), &placed{at: c.bar}
		l.seen = c.seen
		l.look(bar, func() image.Rectangle { return screen })
		if l.show(bar, image.NewRGBA(screen)); l.on != c.on || (bar.shown != nil) != c.on {
			t.Errorf("%s: on %t, shown %t", name, l.on, bar.shown != nil)
		}
		bar.at = inside
		if l.look(bar, func() image.Rectangle { return screen }); c.kind == capture.Screen && bar.shown != nil {
			t.Errorf("%s: the bar is in the picture that it shows", name)
		}
	}
}

// lyingBar says what it is told to a test, which moves it.
type lyingBar struct {
	strip
	mu  sync.Mutex
	at  image.Rectangle
	now window.Status
}

func (*lyingBar) Changed() <-chan struct{} { return nil }
func (*lyingBar) Seen() <-chan bool        { return nil }
func (*lyingBar) Picture(image.Image)      {}

func (b *lyingBar) Bounds() image.Rectangle {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.at
}

func (b *lyingBar) Update(s window.Status) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.now = s
}

// move has the bar lie somewhere else, as wide as it is.
func (b *lyingBar) move(at image.Rectangle) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.at = at
}

type lyingBars struct {
	Windows
	bar *lyingBar
}

func (l lyingBars) Bar(s window.Status) (Bar, error) {
	l.bar.Update(s)
	return l.bar, nil
}

// still is a source that stays where it is.
type still struct {
	capture.Grabber
	at    image.Rectangle
	asked atomic.Int32
}

func (s *still) Bounds() image.Rectangle {
	s.asked.Add(1)
	return s.at
}

// stays runs the loop of a share that Ada and Bob watch, until the test ends.
func stays(t *testing.T, kind capture.Kind, bar *lyingBar, at image.Rectangle) (sh *sharing, source *still, names func(string, ...string)) {
	t.Helper()
	source = &still{at: at}
	relay := &lines{shares: []wire.Publication{{ID: "s-1", Participant: "me"}, {ID: "s-2", Participant: "me"}}, people: []wire.Participant{{ID: "me"}, {ID: "a", Name: "Ada"}, {ID: "b", Name: "Bob"}},
		watched: []wire.PublicationWatched{{ID: "s-1", Count: 2, Viewers: []string{"a", "b"}}, {ID: "s-2", Count: 3, Viewers: []string{"a"}}}} // the second by the page
	a := &app{Config: Config{Windows: lyingBars{bar: bar}, Now: time.Now, Logger: slog.New(slog.DiscardHandler)}}
	c := newControls(a, nil)
	c.session = relay
	sh = &sharing{app: a, source: capture.Source{Kind: kind}, grabber: source, phase: session.ShareLive, id: "s-1", looking: newLooking(kind), news: make(chan struct{}, 1)}
	ctx, end := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() {
		if _, err := sh.stay(ctx, c, nil); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(func() {
		end()
		running.Wait()
	})
	return sh, source, func(when string, want ...string) {
		t.Helper()
		var status window.Status
		before := source.asked.Load()
		for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
			wake(sh.news)
			bar.mu.Lock()
			status = bar.now
			bar.mu.Unlock()
			if kind == capture.Screen && source.asked.Load() < before+2 { // it has not been looked at yet
				continue
			}
			if a := status.Audience; a.Known && a.Count == 2 && slices.Equal(slices.DeleteFunc(a.Names[:], func(s string) bool { return s == "" }), want) {
				return
			}
		}
		t.Fatalf("%s: %+v", when, status.Audience)
	}
}

// Who watches is the presenter's to know: a bar that the others see in the picture names nobody.
func TestTheBarNamesNobodyInThePicture(t *testing.T) {
	screen, inside, beside := image.Rect(0, 0, 1280, 720), image.Rect(300, 650, 900, 700), image.Rect(1300, 650, 1900, 700)
	bar := &lyingBar{at: inside}
	_, _, names := stays(t, capture.Screen, bar, screen)
	names("on the screen")
	bar.move(beside)
	names("on another screen", "Ada", "Bob")
	bar.move(image.Rect(1200, 650, 1800, 700))
	names("over its edge")
	bar.move(image.Rect(1300, 650, 1500, 700)) // which would be over the edge with the names
	names("shorter for want of names")
	bar.move(beside.Add(image.Pt(500, 0)))
	names("far away", "Ada", "Bob")

	bar = &lyingBar{at: beside}
	_, _, names = stays(t, capture.Desktop, bar, screen.Union(beside))
	names("on the desktop")
	bar.move(image.Rect(5000, 0, 5600, 50))
	names("still on the desktop")
	_, _, names = stays(t, capture.Screen, &lyingBar{at: beside}, image.Rectangle{})
	names("nobody knows where the screen is")
}

// TestAWindowIsNotAskedForItsPlace: that is some questions to the desktop, for each change of anything.
func TestAWindowIsNotAskedForItsPlace(t *testing.T) {
	_, source, names := stays(t, capture.Window, &lyingBar{at: image.Rect(300, 650, 900, 700)}, image.Rect(0, 0, 1280, 720))
	names("above a window", "Ada", "Bob")
	if n := source.asked.Load(); n != 0 {
		t.Errorf("asked %d times", n)
	}
}

// TestTheRoomIsCopiedOnce for all that the bar says of it: five hundred may be in it, and something happens all the time.
func TestTheRoomIsCopiedOnce(t *testing.T) {
	relay := &lines{people: []wire.Participant{{ID: "me"}, {ID: "a", Name: "Ada"}}, watched: []wire.PublicationWatched{{ID: "s-1", Count: 1, Viewers: []string{"a"}}}}
	c := newControls(&app{}, nil)
	c.session = relay
	sh := &sharing{id: "s-1", source: capture.Source{Kind: capture.Window}, looking: newLooking(capture.Window)}
	if s := sh.state(c); s.Present != 1 || s.Audience.Names[0] != "Ada" || relay.rooms != 1 {
		t.Errorf("%+v after %d copies", s, relay.rooms)
	}
}
