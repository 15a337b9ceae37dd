//go:build linux

package wayland

import (
	"context"
	"errors"
	"net"
	"path/filepath"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"

	"github.com/coopnet/coopnet/client/capture"
	"github.com/coopnet/coopnet/client/capture/wayland/portaltest"
)

// forger is another program of the session, which answers for the user.
type forger struct {
	t        *testing.T
	conn     *dbus.Conn
	question portaltest.Question
}

// says sends a signal to everybody, and to who has asked alone.
func (f forger) says(path dbus.ObjectPath, iface, member string, body ...any) {
	f.t.Helper()
	if err := f.conn.Emit(path, iface+"."+member, body...); err != nil {
		f.t.Error(err)
	}
	m := &dbus.Message{Type: dbus.TypeSignal, Body: body, Headers: map[dbus.HeaderField]dbus.Variant{
		dbus.FieldDestination: dbus.MakeVariant(f.question.Asker), dbus.FieldPath: dbus.MakeVariant(path), dbus.FieldInterface: dbus.MakeVariant(iface),
		dbus.FieldMember: dbus.MakeVariant(member), dbus.FieldSignature: dbus.MakeVariant(dbus.SignatureOf(body...)),
	}}
	if call := f.conn.Send(m, nil); call.Err != nil {
		f.t.Error(call.Err)
	}
}

// forged: nobody but the portal answers for the user, or ends the session.
func (s stage) forged(t *testing.T) {
	conn, err := dbus.Connect(s.bus)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	defer s.desktop.Set(func(a *portaltest.Answers) { a.Silent = true })()
	type answer struct {
		source capture.Source
		err    error
	}
	for _, forge := range []func(forger){
		func(f forger) {
			type stream struct {
				Node       uint32
				Properties map[string]dbus.Variant
			}
			streams := []stream{{s.screen.Node, map[string]dbus.Variant{"source_type": dbus.MakeVariant(uint32(windows))}}}
			f.says(f.question.Request, requestIface, "Response", uint32(0), map[string]dbus.Variant{"streams": dbus.MakeVariant(streams)})
		},
		func(f forger) {
			f.says(f.question.Request, requestIface, "Response", uint32(1), map[string]dbus.Variant{})
		},
		func(f forger) { f.says(f.question.Session, sessionIface, "Closed", map[string]dbus.Variant{}) },
		func(f forger) { f.says("/org/freedesktop/DBus", busIface, "NameOwnerChanged", portalName, "", "") },
	} {
		asked := len(s.desktop.Asked())
		answers := make(chan answer, 1)
		go func() {
			source, err := s.Choose(t.Context())
			answers <- answer{source, err}
		}()
		eventually(t, "the user is asked", func() bool { return len(s.desktop.Asked()) > asked })
		forge(forger{t, conn, s.desktop.Asked()[asked]})
		if err := conn.BusObject().Call(busIface+".GetId", 0).Err; err != nil { // the bus has passed on what came before
			t.Fatal(err)
		}
		s.desktop.Say(0)
		if a := <-answers; a.err != nil || a.source.Kind != capture.Screen {
			t.Errorf("%+v, %v", a.source, a.err)
		}
	}
}

// failing is a connection that cannot even be closed.
type failing struct{ net.Conn }

func (f failing) Close() error { return errors.Join(f.Conn.Close(), errors.ErrUnsupported) }

// chosenAgain: what was chosen and not captured is forgotten, even if that fails.
func (s stage) chosenAgain(t *testing.T) {
	before, err := s.Choose(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	latest := s.latest.portal
	defer latest.close()
	_, ours := net.Pipe()
	conn, err := dbus.NewConn(failing{ours})
	if err != nil {
		t.Fatal(err)
	}
	s.latest.portal = &portal{conn: conn}
	source, err := s.Choose(t.Context())
	if err != nil || source.ID == before.ID {
		t.Errorf("%+v, %v", source, err)
	}
	if conn.Connected() {
		t.Error("what was forgotten stays open")
	}
	if _, err := s.Open(t.Context(), before.ID); !errors.Is(err, capture.ErrGone) {
		t.Errorf("what was forgotten: %v", err)
	}
}

// TestSilentBus: whoever does not wait any more is not held up by a bus that says nothing.
func TestSilentBus(t *testing.T) {
	path := filepath.Join(t.TempDir(), "bus")
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	accepted := make(chan net.Conn, 1)
	go func() {
		if c, err := l.Accept(); err == nil {
			accepted <- c
		}
	}()
	ctx, cancel := context.WithCancel(t.Context())
	system := opened(t, "unix:path="+path)
	done := make(chan error, 1)
	go func() {
		_, err := system.Choose(ctx)
		done <- err
	}()
	c := <-accepted
	defer c.Close()
	cancel()
	select {
	case err := <-done:
		if !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("it waits for the bus")
	}
}

func TestLocal(t *testing.T) {
	for addresses, want := range map[string]string{
		"unix:path=/run/user/1000/bus":            "unix:path=/run/user/1000/bus",
		"tcp:host=192.0.2.1,port=1;unix:path=/b":  "unix:path=/b",
		"unix:abstract=a;tcp:host=b;unix:path=/c": "unix:abstract=a;unix:path=/c",
		"tcp:host=192.0.2.1,port=1":               "",
		"":                                        "",
	} {
		if got, err := local(addresses); got != want || (err != nil) != (want == "") {
			t.Errorf("%q: %q, %v", addresses, got, err)
		}
	}
}
