package app

import (
	"context"
	"encoding/json"
	"errors"
	"image"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coopnet/coopnet/client/capture"
	"github.com/coopnet/coopnet/client/grant"
	"github.com/coopnet/coopnet/client/input"
	"github.com/coopnet/coopnet/client/session"
	"github.com/coopnet/coopnet/client/window"
	"github.com/coopnet/coopnet/shared/controltoken"
	"github.com/coopnet/coopnet/shared/wire"
)

// lines writes down what the relay is told.
type lines struct {
	mu     sync.Mutex
	said   []any
	lost   bool
	rooms  int // that were asked for
	shares []wire.Publication

	people  []wire.Participant
	watched []wire.PublicationWatched
}

func (l *lines) Send(_ context.Context, m any) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.lost {
		return errors.New("lost")
	}
	l.said = append(l.said, m)
	return nil
}

func (l *lines) Room() session.Room {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.rooms++
	return session.RoomOf(wire.RoomState{Self: "me", Participants: l.people, Publications: l.shares}, l.watched...)
}

func (l *lines) has(m any) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Contains(l.said, m)
}

// portalWord vouches for what the test says.
type portalWord struct {
	claims controltoken.Claims
	err    error
}

func (p *portalWord) verify(context.Context, string, string) (controltoken.Claims, error) {
	return p.claims, p.err
}

// strip is a window that stays.
type strip struct {
	pressed chan struct{}
	closed  bool
}

func (s *strip) Pressed() <-chan struct{} { return s.pressed }

func (s *strip) Close() error {
	s.closed = true
	return nil
}

// screen is what people would see. Whatever is not told what to answer waits.
type screen struct {
	Windows
	consent chan bool // the user's answers
	asked   chan window.Consent
	banners chan *strip
	fail    error
}

func newScreen() *screen {
	return &screen{consent: make(chan bool, 1), asked: make(chan window.Consent, 1), banners: make(chan *strip, 4)}
}

func (s *screen) Consent(ctx context.Context, c window.Consent) (bool, error) {
	s.asked <- c
	select {
	case yes := <-s.consent:
		return yes, nil
	case <-ctx.Done():
		return false, ctx.Err()
	}
}

func (s *screen) Banner(b window.Banner) (Strip, error) {
	if s.fail != nil {
		return nil, s.fail
	}
	shown := &strip{pressed: make(chan struct{})}
	s.banners <- shown
	return shown, nil
}

// machine is a desktop on which the test presses the panic key.
type machine struct {
	Desktop
	mu     sync.Mutex
	panics []func()
	open   int
	typed  []string
}

func (m *machine) WatchPanic(pressed func()) (Panic, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.panics = append(m.panics, pressed)
	m.open++
	return watching{m}, nil
}

type watching struct{ *machine }

func (watching) Key() string { return "Backspace" }

func (w watching) Close() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.open--
}

func (m *machine) Inject(e input.Event, _ image.Rectangle) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.typed = append(m.typed, e.Text)
	return nil
}

func (m *machine) Release() error { return nil }

func (m *machine) count() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.typed)
}

// stage is controls in the place where a share runs them.
type stage struct {
	*controls
	t      *testing.T
	lines  *lines
	word   *portalWord
	screen *screen
	desk   *grant.Desk
	pc     *machine
}

func newStage(t *testing.T) *stage {
	t.Helper()
	st := &stage{t: t, lines: &lines{}, screen: newScreen(), pc: &machine{},
		word: &portalWord{claims: controltoken.Claims{Controller: "p-1", Name: "Anne Martin", Role: "internal"}}}
	a := &app{Config: Config{Windows: st.screen, Desktop: st.pc, Now: time.Now, Logger: slog.New(slog.DiscardHandler)}}
	st.controls = newControls(a, st.word)
	st.session = st.lines
	st.desk = grant.New(st.pc, func() image.Rectangle { return image.Rect(0, 0, 100, 100) }, time.Now)
	st.begin(st.desk, capture.Source{ID: "w-1", Kind: capture.Window, Title: "Notes"})
	st.lines.shares = []wire.Publication{{ID: "s-1", Participant: "me"}} // published after that
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { st.inject(ctx) })
	running.Go(func() { st.loop(ctx) })
	t.Cleanup(func() {
		cancel()
		running.Wait()
		if err := st.end(); err != nil {
			t.Error(err)
		}
		if st.pc.open != 0 {
			t.Errorf("%d watches for the panic key are left", st.pc.open)
		}
	})
	return st
}

// loop is what sharing.show does, without a bar.
func (st *stage) loop(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-st.news:
		case m := <-st.asked:
			st.consider(ctx, m)
		case m := <-st.granted:
			st.give(m)
		case id := <-st.over:
			st.revoke(id)
		case <-st.stopped():
			st.stop(grant.Stopped)
		}
		if err := st.tidy(); err != nil {
			st.t.Error(err)
		}
	}
}

func (st *stage) relay(m any, as wire.Type) {
	st.t.Helper()
	frame, err := json.Marshal(m)
	if err != nil {
		st.t.Fatal(err)
	}
	st.message(as, frame)
}

func (st *stage) until(what string, true func() bool) {
	st.t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !true(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			st.t.Fatalf("not %s; said %+v", what, st.lines.said)
		}
	}
}

func request(id string) wire.ControlRequested {
	return wire.ControlRequested{Type: wire.TypeControlRequest, Request: id, Publication: "s-1", Participant: "p-1", Name: "who the relay says", Role: "internal", Token: "t"}
}

// consents asks the user, who says yes, which the relay is told.
func (st *stage) consents(id string) {
	st.t.Helper()
	st.relay(request(id), wire.TypeControlRequest)
	asked := <-st.screen.asked
	if asked.Name != "Anne Martin" || asked.What != "Notes" || asked.PanicKey != "Backspace" {
		st.t.Errorf("asked about %+v", asked)
	}
	st.screen.consent <- true
	st.until("granted", func() bool { return st.lines.has(wire.ControlGrant{Type: wire.TypeControlGrant, Request: id}) })
}

// give goes all the way to a banner.
func (st *stage) allow(id string) *strip {
	st.t.Helper()
	st.consents(id)
	st.relay(wire.ControlGranted{Request: id, Grant: "g-" + id, Participant: "p-1", Name: "who the relay says"}, wire.TypeControlGrant)
	banner := <-st.screen.banners
	st.until("controlled", func() bool { return st.controller() == "Anne Martin" })
	return banner
}

func (st *stage) types(request, text string) {
	st.t.Helper()
	st.relay(wire.ControlInjected{Grant: "g-" + request, Participant: "p-1", Events: []wire.InputEvent{{Kind: wire.InputText, Text: text}}}, wire.TypeControlInput)
}

func TestControlFromTheQuestionToTheStop(t *testing.T) {
	st := newStage(t)
	banner := st.allow("r-1")
	st.types("r-1", "é")
	st.until("typed", func() bool { return st.pc.count() == 1 })
	st.types("r-2", "x") // another grant

	st.relay(request("r-3"), wire.TypeControlRequest)
	st.until("busy", func() bool {
		return st.lines.has(wire.ControlDeny{Type: wire.TypeControlDeny, Request: "r-3", Reason: "busy"})
	})

	close(banner.pressed)
	st.until("stopped", func() bool { return st.lines.has(wire.ControlRevoke{Type: wire.TypeControlRevoke, Grant: "g-r-1"}) })
	st.types("r-1", "late")
	st.allow("r-4") // what came before it has been looked at
	if st.pc.count() != 1 || !banner.closed {
		t.Errorf("typed %q, banner closed: %v", st.pc.typed, banner.closed)
	}
}

func TestThePanicKey(t *testing.T) {
	st := newStage(t)
	st.allow("r-1")
	st.pc.mu.Lock()
	pressed := st.pc.panics[len(st.pc.panics)-1]
	st.pc.mu.Unlock()
	pressed()
	if _, controls := st.desk.Controller(); controls {
		t.Error("still controlled when the key returns")
	}
	st.until("revoked", func() bool { return st.lines.has(wire.ControlRevoke{Type: wire.TypeControlRevoke, Grant: "g-r-1"}) })
}

func TestControlIsNotGiven(t *testing.T) {
	st := newStage(t)
	st.word.err = controltoken.ErrInvalid
	st.relay(request("r-1"), wire.TypeControlRequest)
	st.until("refused", func() bool {
		return st.lines.has(wire.ControlDeny{Type: wire.TypeControlDeny, Request: "r-1", Reason: "unverified"})
	})
	st.word.err = nil
	st.word.claims.Role = "guest" // even if somebody had signed it
	st.relay(request("r-2"), wire.TypeControlRequest)
	st.until("refused", func() bool {
		return st.lines.has(wire.ControlDeny{Type: wire.TypeControlDeny, Request: "r-2", Reason: "unverified"})
	})
	st.word.claims.Role = "organizer"
	st.relay(request("r-3"), wire.TypeControlRequest)
	<-st.screen.asked
	st.screen.consent <- false
	st.until("denied", func() bool {
		return st.lines.has(wire.ControlDeny{Type: wire.TypeControlDeny, Request: "r-3", Reason: "denied"})
	})

	// A relay that gives what nobody has allowed.
	st.relay(wire.ControlGranted{Request: "r-4", Grant: "g-4", Participant: "p-1"}, wire.TypeControlGrant)
	st.until("revoked", func() bool { return st.lines.has(wire.ControlRevoke{Type: wire.TypeControlRevoke, Grant: "g-4"}) })
	st.types("4", "x")
	if len(st.screen.banners) != 0 || st.pc.count() != 0 {
		t.Error("something was shown or typed")
	}

	// Without a banner there is no control.
	st.screen.fail = errors.New("no window")
	st.consents("r-5")
	st.relay(wire.ControlGranted{Request: "r-5", Grant: "g-5", Participant: "p-1"}, wire.TypeControlGrant)
	st.until("revoked", func() bool { return st.lines.has(wire.ControlRevoke{Type: wire.TypeControlRevoke, Grant: "g-5"}) })
}

func TestControlEndsWithTheChannel(t *testing.T) {
	st := newStage(t)
	st.allow("r-1")
	st.phase(session.Lost, "")
	if _, controls := st.desk.Controller(); controls {
		t.Error("a grant survives the channel")
	}
	st.phase(session.Open, "")
	st.types("r-1", "x")

	// A question that is over is taken away, and a late yes reaches nobody.
	st.relay(request("r-2"), wire.TypeControlRequest)
	<-st.screen.asked
	st.relay(wire.ControlDenied{Request: "r-2", Reason: "expired"}, wire.TypeControlDeny)
	st.until("taken away", func() bool {
		st.mu.Lock()
		defer st.mu.Unlock()
		return st.question.request == ""
	})
	st.allow("r-3")
	st.relay(wire.ControlRevoked{Grant: "g-r-3", Reason: "released"}, wire.TypeControlRevoke)
	st.until("over", func() bool { return st.controller() == "" })
	if st.lines.has(wire.ControlGrant{Type: wire.TypeControlGrant, Request: "r-2"}) || st.pc.count() != 0 {
		t.Errorf("said %+v, typed %q", st.lines.said, st.pc.typed)
	}
}

// TestTheRelayMakesNoGrant: the next one can ask at once.
func TestTheRelayMakesNoGrant(t *testing.T) {
	st := newStage(t)
	st.consents("r-1")
	st.relay(wire.Error{Type: wire.TypeError, Code: "not-found", Re: wire.TypeControlGrant}, wire.TypeError)
	st.until("asked no more", func() bool {
		st.mu.Lock()
		defer st.mu.Unlock()
		return st.question.request == ""
	})
	st.allow("r-2")
}

// TestAnEndOvertakesItsBeginning: what is over is neither asked nor given any more, in whatever order it is read.
func TestAnEndOvertakesItsBeginning(t *testing.T) {
	st := newStage(t)
	st.consents("r-1")
	st.relay(wire.ControlRevoked{Grant: "g-r-1", Reason: "left"}, wire.TypeControlRevoke)
	st.relay(wire.ControlGranted{Request: "r-1", Grant: "g-r-1", Participant: "p-1"}, wire.TypeControlGrant)
	st.relay(wire.ControlDenied{Request: "r-2", Reason: "gone"}, wire.TypeControlDeny)
	st.relay(request("r-2"), wire.TypeControlRequest)
	st.until("free", func() bool {
		_, waits := st.desk.Allowed("r-1")
		return !waits && len(st.granted) == 0 && len(st.asked) == 0
	})
	if st.controller() != "" || len(st.screen.banners) != 0 || len(st.screen.asked) != 0 {
		t.Errorf("%q controls, %d banners, %d questions", st.controller(), len(st.screen.banners), len(st.screen.asked))
	}
	st.allow("r-3")
}

// TestAnotherDesktop: the same participant shares from another machine, or did before.
func TestAnotherDesktop(t *testing.T) {
	st := newStage(t)
	strange := request("r-1")
	strange.Publication = "s-2"
	st.relay(strange, wire.TypeControlRequest)
	st.until("denied", func() bool {
		return st.lines.has(wire.ControlDeny{Type: wire.TypeControlDeny, Request: "r-1", Reason: "denied"})
	})
	st.begin(st.desk, capture.Source{ID: "w-2"}) // s-1 was there before
	st.relay(request("r-2"), wire.TypeControlRequest)
	st.until("denied", func() bool {
		return st.lines.has(wire.ControlDeny{Type: wire.TypeControlDeny, Request: "r-2", Reason: "denied"})
	})
}

// TestAWordCountsOnce: a relay shows the portal's word again after the user's no.
func TestAWordCountsOnce(t *testing.T) {
	now := time.Now()
	v := &vouching{verifier: controltoken.Verifier{Now: func() time.Time { return now }}}
	word := func(id string) controltoken.Claims {
		return controltoken.Claims{ID: id, Expires: now.Add(controltoken.MaxLifetime)}
	}
	if v.first(word("a")) != nil || v.first(word("b")) != nil || !errors.Is(v.first(word("a")), controltoken.ErrInvalid) {
		t.Error("the first counts, and no other")
	}
	for n := range maxVouched {
		_ = v.first(word(string(rune('A' + n))))
	}
	if len(v.seen) != maxVouched || v.first(word("z+")) == nil {
		t.Errorf("%d are remembered", len(v.seen))
	}
	now = now.Add(time.Hour)
	if err := v.first(word("a")); err != nil || len(v.seen) != 1 {
		t.Errorf("%v, %d are remembered", err, len(v.seen))
	}
}

// TestHostileInput: what the relay passes on is read and validated here once more, whoever has written it.
func TestHostileInput(t *testing.T) {
	st := newStage(t)
	st.allow("r-1")
	for _, events := range []string{``, `null`, `{}`, `"x"`, `[1]`, `[null]`, `[{}]`, `[{"kind":"text","text":7}]`, `[{"kind":"drag"}]`, `[{"kind":"move","x":1e999}]`,
		`[{"kind":"up","button":1.5}]`, `[{"kind":"text","text":"a\u001bb"}]`, `[{"kind":"text","text":"a\u202eb"}]`, `[{"kind":"text","x":1,"text":"a"}]`,
		`[{"kind":"text","text":"a"}] [1]`, `[` + strings.Repeat(`{"kind":"shell","text":"a"},`, wire.MaxInputEvents) + `{"kind":"text","text":"a"}]`} {
		st.message(wire.TypeControlInput, []byte(`{"type":"control.input","grant":"g-r-1","participant":"p-1","events":`+events+`}`))
	}
	st.types("r-1", "é") // what came before it has been looked at
	st.until("typed", func() bool { return st.pc.count() > 0 })
	if st.pc.count() != 1 || st.pc.typed[0] != "é" {
		t.Errorf("typed %q", st.pc.typed)
	}
}

// TestTooMuchInput ends the control: a key that was let go in what is left out would stay pressed.
func TestTooMuchInput(t *testing.T) {
	st := newStage(t)
	st.allow("r-1")
	st.pc.mu.Lock() // the desktop does not get on
	for range maxInputs + 5 {
		frame, _ := json.Marshal(wire.ControlInjected{Grant: "g-r-1", Participant: "p-1", Events: []wire.InputEvent{{Kind: wire.InputText, Text: "x"}}})
		go st.message(wire.TypeControlInput, frame)
	}
	time.AfterFunc(50*time.Millisecond, st.pc.mu.Unlock)
	st.until("revoked", func() bool { return st.lines.has(wire.ControlRevoke{Type: wire.TypeControlRevoke, Grant: "g-r-1"}) })
}
