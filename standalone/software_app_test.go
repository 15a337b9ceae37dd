//go:build cgo

package standalone_test

import (
	"context"
	"errors"
	"image"
	"log/slog"
	"math/rand/v2"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jezek/xgb/xproto"

	"github.com/coopnet/coopnet/client/app"
	captured "github.com/coopnet/coopnet/client/capture"
	"github.com/coopnet/coopnet/client/capture/x11"
	"github.com/coopnet/coopnet/client/capture/x11/xvfbtest"
	"github.com/coopnet/coopnet/client/encode"
	"github.com/coopnet/coopnet/client/encode/vpx/vpxtest"
	"github.com/coopnet/coopnet/client/grant/granttest"
	"github.com/coopnet/coopnet/client/input"
	"github.com/coopnet/coopnet/client/launch"
	"github.com/coopnet/coopnet/client/network"
	"github.com/coopnet/coopnet/client/share/viewtest"
	"github.com/coopnet/coopnet/client/window"
	"github.com/coopnet/coopnet/client/xserver"
	"github.com/coopnet/coopnet/shared/whip"
)

// user answers every question of the software with yes, and shares the first screen.
type user struct {
	t         *testing.T
	confirmed atomic.Pointer[window.Confirm]
	asked     atomic.Pointer[window.Consent]
	status    atomic.Pointer[window.Status]
	banners   atomic.Int32 // that are shown
	picks     atomic.Int32
	mirrored  atomic.Int32
	bars      atomic.Int32  // that are shown
	changed   chan struct{} // the user wants to share something else
	live      chan struct{} // closed once the share is seen
	bar       *button
}

type button struct {
	once    sync.Once
	pressed chan struct{}
	closed  func()
}

func newButton(closed func()) *button { return &button{pressed: make(chan struct{}), closed: closed} }

func (b *button) press()                   { b.once.Do(func() { close(b.pressed) }) }
func (b *button) Pressed() <-chan struct{} { return b.pressed }
func (b *button) Close() error {
	b.closed()
	return nil
}

type bar struct {
	*button
	user *user
}

func (b bar) Changed() <-chan struct{} { return b.user.changed }

func (b bar) Update(s window.Status) { b.user.status.Store(&s) }

// Picture keeps how bright a corner is: the pointer is in the middle.
func (b bar) Picture(img image.Image) {
	if img != nil {
		grey, _, _, _ := img.At(1, 1).RGBA()
		b.user.mirrored.Store(int32(grey >> 8))
	}
}

func (b bar) Seen() <-chan bool { return nil }

// Bounds is on another screen.
func (b bar) Bounds() image.Rectangle { return image.Rect(-100, -100, -10, -50) }

func (u *user) Confirm(_ context.Context, c window.Confirm) (bool, error) {
	u.confirmed.Store(&c)
	return true, nil
}

func (u *user) Login(context.Context, window.Login) (name, password string, ok bool, err error) {
	u.t.Error("there is no proxy")
	return "", "", false, nil
}

func (u *user) Pick(ctx context.Context, sources window.Sources, _ bool) (picked window.Picked, ok bool, err error) {
	sources(ctx, func(all []window.Choice) {
		for _, c := range all {
			if c.Kind == string(captured.Screen) {
				picked, ok = window.Picked{ID: c.ID, Control: true}, true
			}
		}
	})
	u.picks.Add(1)
	return picked, ok, nil
}

func (u *user) Consent(_ context.Context, c window.Consent) (bool, error) {
	u.asked.Store(&c)
	return true, nil
}

func (u *user) Message(_ context.Context, m window.Message) (string, error) {
	u.t.Errorf("the software says: %s", m.Text)
	return "", nil
}

// Bar opens no sooner than the share is seen: what it says then is out of date.
func (u *user) Bar(s window.Status) (app.Bar, error) {
	<-u.live
	u.status.Store(&s)
	u.bars.Add(1)
	return bar{u.bar, u}, nil
}

func (u *user) Banner(window.Banner) (app.Strip, error) {
	u.banners.Add(1)
	return newButton(func() { u.banners.Add(-1) }), nil
}

func (u *user) Progress(string) (app.Progress, error) { return nil, errors.New("nobody waits here") }

// keyboard is where the controller's input goes.
type keyboard struct {
	captured.System
	mu    sync.Mutex
	typed string
}

func (k *keyboard) Injector(string) (input.Injector, error) { return k, nil }
func (k *keyboard) WatchPanic(func()) (app.Panic, error)    { return noPanic{}, nil }
func (k *keyboard) Release() error                          { return nil }
func (k *keyboard) Close() error                            { return nil }
func (k *keyboard) Inject(e input.Event, _ image.Rectangle) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.typed += e.Text
	return nil
}

func (k *keyboard) text() string {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.typed
}

type noPanic struct{}

func (noPanic) Key() string { return input.PanicKey }
func (noPanic) Close()      {}

// paint fills the screen of an X server.
func paint(t *testing.T, display string, size image.Point, colour uint32) {
	t.Helper()
	conn, err := xserver.Dial(display)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	screen := xproto.Setup(conn).DefaultScreen(conn)
	id, err := xproto.NewWindowId(conn)
	if err != nil {
		t.Fatal(err)
	}
	if err := xproto.CreateWindowChecked(conn, screen.RootDepth, id, screen.Root, 0, 0, uint16(size.X), uint16(size.Y), 0, xproto.WindowClassInputOutput,
		screen.RootVisual, xproto.CwBackPixel|xproto.CwOverrideRedirect, []uint32{colour, 1}).Check(); err != nil {
		t.Fatal(err)
	}
	if err := xproto.MapWindowChecked(conn, id).Check(); err != nil {
		t.Fatal(err)
	}
}

// near reports whether what is seen, aside from the pointer in its middle, has a brightness.
func near(seen *viewtest.Viewer, want int) bool {
	aside := seen.Size().Div(4)
	lowest, highest := seen.Brightness(image.Rectangle{Min: aside, Max: aside.Add(image.Pt(16, 16))})
	return lowest >= want-3 && highest <= want+3
}

// controls asks for control of the one share, and is given it.
func (c *colleague) controls(t *testing.T) *granttest.Colleague {
	t.Helper()
	c.fresh(t)
	page := granttest.Enter(t, c.ticket.Relay.Control, c.ticket.Token)
	page.Ask(func(presenter string) string {
		var token struct{ Token string }
		if err := c.call(t.Context(), "POST", "/control-tokens", map[string]string{"participant": presenter}, &token); err != nil {
			t.Fatal(err)
		}
		return token.Token
	})
	page.Granted()
	return page
}

// TestTheSoftware goes all the way: a launch URL, a screen of an X server that a colleague sees, and that colleague's help.
func TestTheSoftware(t *testing.T) {
	t.Parallel()
	size := image.Pt(640, 400)
	display := xvfbtest.Start(t, size)
	paint(t, display, size, 0x808080)
	system, err := x11.Open(display)
	if err != nil {
		t.Fatal(err)
	}
	s := startServer(t, "coopnet", filepath.Join(t.TempDir(), "data"))
	var made struct{ ID string }
	if err := s.organizer().call(t.Context(), "POST", "/conferences", map[string]string{"name": "Team A", "password": "correct horse"}, &made); err != nil {
		t.Fatal(err)
	}
	_, code := launchCode(t, s, "Team A")
	u, k := &user{t: t, changed: make(chan struct{}), live: make(chan struct{})}, &keyboard{System: system}
	u.bar = newButton(func() { u.bars.Add(-1) })
	done := make(chan error, 1)
	go func() {
		done <- app.Run(t.Context(), app.Config{
			Arguments: []string{"coopnet://join/" + code}, Version: "1.0.0", Platform: "linux-amd64", Origins: []launch.Origin{launch.Origin(s.Portal)},
			Network: network.New(network.Config{}), Windows: u, Desktop: k, Code: app.Code, Codecs: []string{"VP9", "VP8"}, Language: "en",
			Now: time.Now, Random: rand.Uint32, Logger: slog.New(slog.DiscardHandler),
		})
	}()
	anne := newColleague(t, s, made.ID)
	decoder := vpxtest.NewDecoder(t, encode.VP9) // closes after the reading
	seen := viewtest.Watch(t, whip.Endpoint{URL: anne.ticket.Relay.WHEP, Token: anne.ticket.Token}, decoder)
	// BT.601, limited range: grey 0x80 is 16 + 219*128/255.
	until(t, 15*time.Second, func() bool { return near(seen, 126) }, "grey picture")
	close(u.live)
	until(t, 5*time.Second, func() bool { s := u.status.Load(); return s != nil && !s.Connecting }, "bar that says that it is shared")
	if c := u.confirmed.Load(); c == nil || c.Conference != "Team A" || c.Portal != s.Portal || c.Name != "Mr James BOND" || c.Role != "guest" {
		t.Errorf("asked about %+v", c)
	}
	paint(t, display, size, 0xffffff)
	until(t, 5*time.Second, func() bool { return near(seen, 235) }, "white picture")

	until(t, 5*time.Second, func() bool { return u.mirrored.Load() > 250 }, "white picture in the bar")
	watched := func() bool {
		a := u.status.Load().Audience
		return a.Known && a.Count == 1 && a.Names[0] == "Anne Martin"
	}
	until(t, 5*time.Second, watched, "bar that says who watches: %+v", u.status.Load())

	page := anne.controls(t)
	until(t, 5*time.Second, func() bool { s := u.status.Load(); return s.Controller == "Anne Martin" && watched() }, "bar that says so: %+v", u.status.Load())
	page.Types("é€")
	until(t, 5*time.Second, func() bool { return k.text() == "é€" }, "typed text: %q", k.text())
	if c := u.asked.Load(); c.Name != "Anne Martin" || c.Role != "internal" || c.Kind != "screen" || u.banners.Load() != 1 {
		t.Errorf("asked about %+v, %d banners", c, u.banners.Load())
	}
	u.changed <- struct{}{} // it goes on with what is picked now, and without the control
	until(t, 10*time.Second, func() bool {
		s := u.status.Load()
		return u.picks.Load() == 2 && u.bars.Load() == 1 && !s.Connecting && s.Controller == "" && watched()
	}, "other share: picked %d times, %+v", u.picks.Load(), u.status.Load())
	u.bar.press()
	select {
	case err := <-done:
		if err != nil || u.banners.Load() != 0 {
			t.Errorf("%v, %d banners", err, u.banners.Load())
		}
	case <-time.After(10 * time.Second):
		t.Fatal("the software does not end")
	}
}
