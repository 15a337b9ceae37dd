package grant

import (
	"errors"
	"image"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coopnet/coopnet/client/input"
)

// desktop writes down what is injected.
type desktop struct {
	mu       sync.Mutex
	injected []string
	within   image.Rectangle
	released int
	refuse   error
	stuck    error // what cannot be let go
	later    int   // how often it has to be tried again
}

func (d *desktop) Inject(e input.Event, within image.Rectangle) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.refuse != nil {
		return d.refuse
	}
	if d.later > 0 {
		d.later--
		return &input.Later{After: time.Millisecond}
	}
	d.injected, d.within = append(d.injected, e.Kind+e.Text), within
	return nil
}

func (d *desktop) Release() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.released++
	return d.stuck
}

type world struct {
	*Desk
	desktop *desktop
	clock   time.Time
	bounds  image.Rectangle
}

func newWorld() *world {
	w := &world{desktop: &desktop{}, clock: time.Unix(1000, 0), bounds: image.Rect(10, 20, 110, 120)}
	w.Desk = New(w.desktop, func() image.Rectangle { return w.bounds }, func() time.Time { return w.clock })
	return w
}

func anne() Request { return Request{"r-1", "s-1", "p-1", "Anne Martin", "internal"} }

func key() []input.Event { return []input.Event{{Kind: input.KeyDown, Code: "KeyA"}} }

// give goes all the way to a grant.
func (w *world) give(t *testing.T) {
	t.Helper()
	if why := w.Ask(anne()); why != "" {
		t.Fatal(why)
	}
	if !w.Allow("r-1") || !w.Granted("r-1", Grant{ID: "g-1", Participant: "p-1", Name: "the relay's"}) {
		t.Fatal("no grant")
	}
}

func TestControl(t *testing.T) {
	w := newWorld()
	if w.Input("g-1", "p-1", key()) != 0 {
		t.Error("input without a grant")
	}
	w.give(t)
	if g, ok := w.Controller(); !ok || g.Name != "Anne Martin" {
		t.Errorf("%+v: the name is the signed one", g)
	}
	events := []input.Event{{Kind: input.Move, X: 0.5, Y: 0.5}, {Kind: "shell", Text: "x"}, {Kind: input.Move, X: 2}, {Kind: input.Text, Text: "é"}}
	if n := w.Input("g-1", "p-1", events); n != 2 || !slices.Equal(w.desktop.injected, []string{input.Move, "texté"}) || w.desktop.within != w.bounds {
		t.Errorf("%d: %v within %v", n, w.desktop.injected, w.desktop.within)
	}
	if w.Input("g-2", "p-1", key()) != 0 || w.Input("", "p-1", key()) != 0 || w.Input("g-1", "p-2", key()) != 0 {
		t.Error("input by somebody else")
	}
	if why := w.Ask(Request{"r-2", "s-1", "p-2", "Paul", "organizer"}); why != Busy {
		t.Errorf("a second one: %q", why)
	}
	w.desktop.refuse = errors.New("our own window")
	if w.Input("g-1", "p-1", key()) != 0 {
		t.Error("what was refused counts")
	}
	w.desktop.refuse = nil
	w.bounds = image.Rectangle{}
	if w.Input("g-1", "p-1", events[:1]) != 0 {
		t.Error("a click where the source is not")
	}
	if w.Input("g-1", "p-1", []input.Event{{Kind: input.Up}}) != 1 {
		t.Error("the button stays down of a window that is gone")
	}
	if g, was := w.EndOf("g-2"); was {
		t.Errorf("another's end: %+v", g)
	}
	if g, was := w.EndOf("g-1"); !was || g.ID != "g-1" || w.desktop.released != 1 {
		t.Errorf("%+v, %v, released %d", g, was, w.desktop.released)
	}
	if w.Input("g-1", "p-1", key()) != 0 {
		t.Error("input after the end")
	}
	w.give(t) // and again
	w.End()
	if _, ok := w.Controller(); ok {
		t.Error("still controlled")
	}
}

func TestWhoNeverControls(t *testing.T) {
	w := newWorld()
	for _, role := range []string{"guest", "", "Internal"} {
		if why := w.Ask(Request{"r-1", "s-1", "p-1", "James BOND", role}); why != Unverified {
			t.Errorf("%q: %q", role, why)
		}
	}
	if w.Allow("r-1") || w.Granted("r-1", Grant{ID: "g-1", Participant: "p-1"}) {
		t.Error("a grant without a question")
	}
	w.Ask(anne())
	if w.Granted("r-1", Grant{ID: "g-1", Participant: "p-1"}) {
		t.Error("a grant without the user's yes")
	}
	w.Allow("r-1")
	if w.Granted("r-1", Grant{ID: "g-1", Participant: "p-2"}) || w.Granted("r-2", Grant{ID: "g-1", Participant: "p-1"}) || w.Granted("r-1", Grant{Participant: "p-1"}) {
		t.Error("a grant for somebody else")
	}
}

func TestQuestionsEnd(t *testing.T) {
	w := newWorld()
	w.Ask(anne())
	w.Withdraw("r-1")
	if w.Allow("r-1") {
		t.Error("a yes after the end")
	}
	w.Ask(anne())
	w.clock = w.clock.Add(requestLife)
	if w.Allow("r-1") {
		t.Error("a yes too late")
	}
	w.Due()
	if why := w.Ask(anne()); why != "" {
		t.Errorf("the old question is in the way: %q", why)
	}
	w.Allow("r-1")
	w.End() // the control channel was lost
	if w.Granted("r-1", Grant{ID: "g-1", Participant: "p-1"}) {
		t.Error("a grant that survives a reconnection")
	}
}

func TestGrantsEnd(t *testing.T) {
	w := newWorld()
	w.give(t)
	w.clock = w.clock.Add(idleLife - time.Second)
	if _, why := w.Due(); why != "" {
		t.Errorf("too early: %s", why)
	}
	w.Input("g-1", "p-1", key())
	w.clock = w.clock.Add(idleLife)
	if w.Input("g-1", "p-1", key()) != 0 {
		t.Error("input after two idle minutes, before anybody looked")
	}
	if g, why := w.Due(); why != Idle || g.ID != "g-1" || w.desktop.released != 1 {
		t.Errorf("%+v, %q", g, why)
	}
	w.give(t)
	for range 61 {
		w.clock = w.clock.Add(time.Minute)
		w.Input("g-1", "p-1", key())
	}
	if _, why := w.Due(); why != Expired {
		t.Errorf("after an hour: %q", why)
	}
}

// TestARelayThatRefuses: without its grant the user's yes is soon forgotten, and somebody else may ask.
func TestARelayThatRefuses(t *testing.T) {
	w := newWorld()
	w.Ask(anne())
	w.Allow("r-1")
	other := Request{"r-2", "s-1", "p-2", "Paul", "organizer"}
	if why := w.Ask(other); why != Busy {
		t.Errorf("while it is awaited: %q", why)
	}
	w.clock = w.clock.Add(allowedLife)
	if why := w.Ask(other); why != "" {
		t.Errorf("nobody else may ask: %q", why)
	}
	if w.Granted("r-1", Grant{ID: "g-1", Participant: "p-1"}) {
		t.Error("a grant that comes too late")
	}
}

// TestText is injected character by character, each as soon as it can be.
func TestText(t *testing.T) {
	w := newWorld()
	w.give(t)
	w.desktop.later = 3
	if w.Input("g-1", "p-1", []input.Event{{Kind: input.Text, Text: "né"}}) != 1 || !slices.Equal(w.desktop.injected, []string{"textn", "texté"}) {
		t.Errorf("injected %q", w.desktop.injected)
	}
}

// TestNothingOfWhatIsInvalid: of a text with an escape in it nothing is typed, and what comes with it is.
func TestNothingOfWhatIsInvalid(t *testing.T) {
	w := newWorld()
	w.give(t)
	events := []input.Event{{Kind: input.Text, Text: "rm\x1b"}, {Kind: input.Text, Text: strings.Repeat("é", input.MaxText+1)}, {Kind: input.Text},
		{Kind: input.KeyDown, Code: "Power"}, {Kind: input.Down, Button: 5}, {Kind: input.Text, Text: "é"}}
	if n := w.Input("g-1", "p-1", events); n != 1 || !slices.Equal(w.desktop.injected, []string{"texté"}) {
		t.Errorf("%d done, injected %q", n, w.desktop.injected)
	}
}

// TestTheEndInterruptsText: nobody waits for what has to wait.
func TestTheEndInterruptsText(t *testing.T) {
	w := newWorld()
	w.give(t)
	waiting := make(chan struct{})
	var once sync.Once
	w.Desk.injector = slow(func() { once.Do(func() { close(waiting) }) })
	done := make(chan int)
	go func() { done <- w.Input("g-1", "p-1", []input.Event{{Kind: input.Text, Text: "zh"}}) }()
	<-waiting
	w.End()
	if n := <-done; n != 0 {
		t.Errorf("%d done", n)
	}
}

// slow never gets to it.
type slow func()

func (s slow) Inject(input.Event, image.Rectangle) error {
	s()
	return &input.Later{After: time.Hour}
}

func (slow) Release() error { return nil }

// TestWhatIsStuckIsLetGoLater: a desktop that asks for an administrator takes no input for a while.
func TestWhatIsStuckIsLetGoLater(t *testing.T) {
	w := newWorld()
	w.give(t)
	w.desktop.stuck = errors.New("the desktop is locked")
	w.End()
	w.Due()
	if w.desktop.released != 2 {
		t.Errorf("tried %d times", w.desktop.released)
	}
	w.Ask(anne())
	w.Allow("r-1")
	if w.Granted("r-1", Grant{ID: "g-2", Participant: "p-1"}) {
		t.Error("the next one holds what the last has pressed")
	}
	w.desktop.stuck = nil
	w.Due()
	w.Due()
	if w.desktop.released != 4 {
		t.Errorf("tried %d times", w.desktop.released)
	}
	if !w.Granted("r-1", Grant{ID: "g-2", Participant: "p-1"}) {
		t.Error("no grant though everything is let go")
	}
}

// TestNothingAfterTheEnd ends a grant while input pours in: nothing is injected once the end has returned.
func TestNothingAfterTheEnd(t *testing.T) {
	for range 50 {
		w := newWorld()
		w.give(t)
		var ended atomic.Bool
		var late atomic.Int32
		count := &counting{ended: &ended, late: &late}
		w.Desk.injector = count
		var all sync.WaitGroup
		for range 4 {
			all.Go(func() {
				for range 200 {
					w.Input("g-1", "p-1", key())
				}
			})
		}
		w.EndOf("g-1")
		ended.Store(true)
		all.Wait()
		if late.Load() != 0 {
			t.Fatalf("%d events after the end", late.Load())
		}
	}
}

type counting struct {
	ended *atomic.Bool
	late  *atomic.Int32
}

func (c *counting) Inject(input.Event, image.Rectangle) error {
	if c.ended.Load() {
		c.late.Add(1)
	}
	return nil
}

func (c *counting) Release() error { return nil }
