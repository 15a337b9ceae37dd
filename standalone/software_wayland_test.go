//go:build cgo && linux

package standalone_test

import (
	"log/slog"
	"math/rand/v2"
	"path/filepath"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/coder/websocket/wsjson"

	"github.com/coopnet/coopnet/client/app"
	"github.com/coopnet/coopnet/client/capture/wayland"
	"github.com/coopnet/coopnet/client/capture/wayland/portaltest"
	"github.com/coopnet/coopnet/client/encode"
	"github.com/coopnet/coopnet/client/encode/vpx/vpxtest"
	"github.com/coopnet/coopnet/client/launch"
	"github.com/coopnet/coopnet/client/network"
	"github.com/coopnet/coopnet/client/pipewire/pipewiretest"
	"github.com/coopnet/coopnet/client/share/viewtest"
	"github.com/coopnet/coopnet/shared/whip"
	"github.com/coopnet/coopnet/shared/wire"
)

// TestTheSoftwareUnderWayland: from a launch URL to what a colleague sees of a screen of PipeWire, which they cannot ask to control.
func TestTheSoftwareUnderWayland(t *testing.T) {
	t.Parallel()
	session := pipewiretest.Start(t)
	screen := session.Show(t, 640, 400, "BGRx")
	desktop := portaltest.New(t, session, screen.Node)
	system, err := wayland.Open(func(name string) string { return map[string]string{"DBUS_SESSION_BUS_ADDRESS": session.Bus}[name] })
	if err != nil {
		t.Fatal(err)
	}
	s := startServer(t, "coopnet", filepath.Join(t.TempDir(), "data"))
	var made struct{ ID string }
	if err := s.organizer().call(t.Context(), "POST", "/conferences", map[string]string{"name": "Team A", "password": "correct horse"}, &made); err != nil {
		t.Fatal(err)
	}
	_, code := launchCode(t, s, "Team A")
	u := &user{t: t, changed: make(chan struct{}), live: make(chan struct{})}
	u.bar = newButton(func() { u.bars.Add(-1) })
	close(u.live)
	done := make(chan error, 1)
	go func() {
		done <- app.Run(t.Context(), app.Config{
			Arguments: []string{"coopnet://join/" + code}, Version: "1.0.0", Platform: "linux-amd64", Origins: []launch.Origin{launch.Origin(s.Portal)},
			Network: network.New(network.Config{}), Windows: u, Desktop: app.Asking(system), Code: app.Code, Codecs: []string{"VP9", "VP8"}, Language: "en",
			Now: time.Now, Random: rand.Uint32, Logger: slog.New(slog.DiscardHandler),
		})
	}()
	anne := newColleague(t, s, made.ID)
	decoder := vpxtest.NewDecoder(t, encode.VP9) // closes after the reading
	seen := viewtest.Watch(t, whip.Endpoint{URL: anne.ticket.Relay.WHEP, Token: anne.ticket.Token}, decoder)
	screen.Tell("fill 0 0 640 400 808080")
	until(t, 15*time.Second, func() bool { screen.Tell("again"); return near(seen, 126) }, "grey picture")
	screen.Tell("fill 0 0 640 400 ffffff")
	until(t, 5*time.Second, func() bool { return near(seen, 235) }, "white picture")
	if u.picks.Load() != 0 {
		t.Error("a list of ours was shown, too")
	}
	anne.cannotControl(t)

	// The user says no when they are asked for something else: what there was goes on.
	back := desktop.Set(func(a *portaltest.Answers) { a.Code = 1 })
	asked := len(desktop.Asked())
	u.changed <- struct{}{}
	until(t, 5*time.Second, func() bool { return len(desktop.Asked()) == asked+1 }, "question of the desktop")
	screen.Tell("fill 0 0 640 400 808080")
	until(t, 5*time.Second, func() bool { return near(seen, 126) }, "grey picture after a no")
	back()
	u.bar.press()
	select {
	case err := <-done:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("the software does not end")
	}
}

// cannotControl: the share says so, and whoever asks all the same is refused.
func (c *colleague) cannotControl(t *testing.T) {
	t.Helper()
	c.fresh(t)
	conn, _, err := websocket.Dial(t.Context(), c.ticket.Relay.Control, &websocket.DialOptions{Subprotocols: []string{wire.Subprotocol}})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.CloseNow()
	if err := wsjson.Write(t.Context(), conn, wire.Hello{Type: wire.TypeHello, Token: c.ticket.Token}); err != nil {
		t.Fatal(err)
	}
	var state wire.RoomState
	if err := wsjson.Read(t.Context(), conn, &state); err != nil || len(state.Publications) != 1 || state.Publications[0].Control {
		t.Fatalf("%+v, %v", state, err)
	}
	share := state.Publications[0]
	var token struct{ Token string }
	if err := c.call(t.Context(), "POST", "/control-tokens", map[string]string{"participant": share.Participant}, &token); err != nil {
		t.Fatal(err)
	}
	if err := wsjson.Write(t.Context(), conn, wire.ControlRequest{Type: wire.TypeControlRequest, Key: "k-1", Publication: share.ID, Token: token.Token}); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); {
		_, frame, err := conn.Read(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		var refused wire.Error
		if kind, _ := wire.TypeOf(frame); kind == wire.TypeError && wire.Decode(frame, &refused) == nil {
			if refused.Re != wire.TypeControlRequest {
				t.Errorf("%s", frame)
			}
			t.Logf("refused: %s", frame)
			return
		}
	}
	t.Error("nobody refuses")
}
