//go:build linux

package wayland

import (
	"context"
	"errors"
	"image"
	"slices"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"

	"github.com/coopnet/coopnet/client/capture"
	"github.com/coopnet/coopnet/client/capture/wayland/portaltest"
	"github.com/coopnet/coopnet/client/pipewire/pipewiretest"
)

const mutterCast = "org.gnome.Mutter.ScreenCast"

// mutter is GNOME's compositor, which records its monitor.
type mutter struct {
	session dbus.BusObject
	node    uint32
}

// recordMutter has it record, as the portal of GNOME does once the user has said yes.
func recordMutter(t *testing.T, bus string) mutter {
	t.Helper()
	conn, err := dbus.Connect(bus)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	cast := conn.Object(mutterCast, "/org/gnome/Mutter/ScreenCast")
	var path, stream dbus.ObjectPath
	eventually(t, "mutter makes a session", func() bool {
		return cast.Call(mutterCast+".CreateSession", 0, map[string]dbus.Variant{}).Store(&path) == nil
	})
	m := mutter{session: conn.Object(mutterCast, path)}
	embedded := map[string]dbus.Variant{"cursor-mode": dbus.MakeVariant(uint32(1))}
	if err := m.session.Call(mutterCast+".Session.RecordMonitor", 0, "", embedded).Store(&stream); err != nil {
		t.Fatal(err)
	}
	signals := make(chan *dbus.Signal, 10)
	conn.Signal(signals)
	if err := conn.AddMatchSignal(dbus.WithMatchInterface(mutterCast+".Stream"), dbus.WithMatchMember("PipeWireStreamAdded")); err != nil {
		t.Fatal(err)
	}
	if err := m.session.Call(mutterCast+".Session.Start", 0).Err; err != nil {
		t.Fatal(err)
	}
	select {
	case s := <-signals:
		m.node, _ = s.Body[0].(uint32)
	case <-time.After(10 * time.Second):
		t.Fatal("mutter has no stream")
	}
	return m
}

// stop ends the recording.
func (m mutter) stop(t *testing.T) {
	t.Helper()
	if err := m.session.Call(mutterCast+".Session.Stop", 0).Err; err != nil {
		t.Fatal(err)
	}
}

func eventually(t *testing.T, what string, so func() bool) {
	t.Helper()
	for until := time.Now().Add(15 * time.Second); !so(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(until) {
			t.Fatalf("not after 15 seconds: %s", what)
		}
	}
}

// TestMutter captures GNOME's compositor, with the test in the place of its portal, which would ask a person.
func TestMutter(t *testing.T) {
	for _, program := range []string{"mutter", "zenity"} {
		pipewiretest.Need(t, program)
	}
	session := pipewiretest.Start(t)
	session.RunIn(t, session.Environment("LIBGL_ALWAYS_SOFTWARE=1"), "mutter", "--wayland", "--headless", "--no-x11", "--virtual-monitor", "640x400")
	m := recordMutter(t, session.Bus)
	portaltest.New(t, session, m.node)
	_, g := captured(t, opened(t, session.Bus))
	first := frames(t, g, func(capture.Frame) bool { return true })
	ground := slices.Clone(first.Pix)
	if first.Size != image.Pt(640, 400) || first.Black {
		t.Errorf("a screen of %v, black %v", first.Size, first.Black)
	}
	session.RunIn(t, session.Environment("WAYLAND_DISPLAY=wayland-0", "GDK_BACKEND=wayland"), "zenity", "--info", "--text=Hello")
	shown := frames(t, g, func(f capture.Frame) bool { return changed(f, ground) > 640*400/50 })
	if n := changed(shown, ground); n > 640*400/2 {
		t.Errorf("a small window changes %d pixels", n)
	}
	for still, n := false, 0; !still; n++ { // it may still fade in
		ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
		_, err := g.Next(ctx)
		cancel()
		if still = errors.Is(err, context.DeadlineExceeded); !still && (err != nil || n > 100) {
			t.Fatalf("a still screen changes: %v", err)
		}
	}
	m.stop(t)
	isGone(t, g)
}

// changed is how many pixels of a picture differ from another one.
func changed(f capture.Frame, before []byte) (pixels int) {
	for at := 0; at+4 <= len(before) && at+4 <= len(f.Pix); at += 4 {
		if [3]byte(f.Pix[at:]) != [3]byte(before[at:]) {
			pixels++
		}
	}
	return pixels
}
