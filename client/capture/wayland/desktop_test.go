//go:build linux

package wayland

import (
	"fmt"
	"maps"
	"sync"
	"syscall"
	"testing"

	"github.com/godbus/dbus/v5"

	"github.com/coopnet/coopnet/client/pipewire/pipewiretest"
)

// desktop is a portal that answers what the test says, and hands out the real PipeWire.
type desktop struct {
	t       *testing.T
	session *pipewiretest.Session
	conn    *dbus.Conn

	mu        sync.Mutex
	version   uint32
	code      uint32 // the answer to Start
	silent    bool   // Start gets none
	node      uint32
	kind      uint32
	handed    int // the latest connection
	selected  []map[string]dbus.Variant
	last      dbus.ObjectPath // session
	withdrawn chan dbus.ObjectPath
}

// newDesktop is the portal of a session: a screen, until the test says something else.
func newDesktop(t *testing.T, session *pipewiretest.Session) *desktop {
	t.Helper()
	d := &desktop{t: t, session: session, version: 5, kind: monitors, withdrawn: make(chan dbus.ObjectPath, 10)}
	var err error
	if d.conn, err = dbus.Connect(session.Bus); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.conn.Close() })
	for iface, methods := range map[string]any{screenCast: screenCasts{d}, "org.freedesktop.DBus.Properties": properties{d}} {
		if err := d.conn.Export(methods, portalPath, iface); err != nil {
			t.Fatal(err)
		}
	}
	if reply, err := d.conn.RequestName(portalName, dbus.NameFlagDoNotQueue); err != nil || reply != dbus.RequestNameReplyPrimaryOwner {
		t.Fatalf("the name of the portal: %v %v", reply, err)
	}
	return d
}

// set changes what the desktop does.
func (d *desktop) set(change func()) {
	d.mu.Lock()
	defer d.mu.Unlock()
	change()
}

// told is what it was told of the sources that are wanted, the first time or the last (-1).
func (d *desktop) told(n int) map[string]dbus.Variant {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.selected[(n+len(d.selected))%len(d.selected)]
}

// close ends the session, as the user does in the desktop's indicator.
func (d *desktop) close() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.conn.Emit(d.last, sessionIface+".Closed", map[string]dbus.Variant{}); err != nil {
		d.t.Error(err)
	}
}

// respond answers a request before its call returns, which is the earliest.
func (d *desktop) respond(sender dbus.Sender, options map[string]dbus.Variant, code uint32, results map[string]dbus.Variant) (dbus.ObjectPath, *dbus.Error) {
	path := d.request(sender, options)
	if err := d.conn.Emit(path, requestIface+".Response", code, results); err != nil {
		return "", dbus.MakeFailedError(err)
	}
	return path, nil
}

func (d *desktop) request(sender dbus.Sender, options map[string]dbus.Variant) dbus.ObjectPath {
	name := ""
	for _, c := range string(sender)[1:] {
		if c == '.' {
			c = '_'
		}
		name += string(c)
	}
	token, _ := options["handle_token"].Value().(string)
	return dbus.ObjectPath(portalPath + "/request/" + name + "/" + token)
}

type properties struct{ *desktop }

func (p properties) Get(iface, name string) (dbus.Variant, *dbus.Error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	value, ok := map[string]uint32{"version": p.version, "AvailableSourceTypes": 7, "AvailableCursorModes": 7}[name]
	if iface != screenCast || !ok || p.version == 0 {
		return dbus.Variant{}, dbus.NewError("org.freedesktop.DBus.Error.InvalidArgs", nil)
	}
	return dbus.MakeVariant(value), nil
}

type screenCasts struct{ *desktop }

func (s screenCasts) CreateSession(sender dbus.Sender, options map[string]dbus.Variant) (dbus.ObjectPath, *dbus.Error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.last = dbus.ObjectPath(fmt.Sprintf("%s/session/%d", portalPath, len(s.selected)))
	return s.respond(sender, options, 0, map[string]dbus.Variant{"session_handle": dbus.MakeVariant(string(s.last))})
}

func (s screenCasts) SelectSources(sender dbus.Sender, _ dbus.ObjectPath, options map[string]dbus.Variant) (dbus.ObjectPath, *dbus.Error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.selected = append(s.selected, maps.Clone(options))
	return s.respond(sender, options, 0, nil)
}

func (s screenCasts) Start(sender dbus.Sender, _ dbus.ObjectPath, _ string, options map[string]dbus.Variant) (dbus.ObjectPath, *dbus.Error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.silent {
		path := s.request(sender, options)
		if err := s.conn.Export(question{s.withdrawn, path}, path, requestIface); err != nil {
			return "", dbus.MakeFailedError(err)
		}
		return path, nil
	}
	type stream struct {
		Node       uint32
		Properties map[string]dbus.Variant
	}
	one := stream{s.node, map[string]dbus.Variant{"source_type": dbus.MakeVariant(s.kind), "position": dbus.MakeVariant(struct{ X, Y int32 }{10, 20}),
		"size": dbus.MakeVariant(struct{ X, Y int32 }{320, 200})}}
	return s.respond(sender, options, s.code, map[string]dbus.Variant{"streams": dbus.MakeVariant([]stream{one}),
		"restore_token": dbus.MakeVariant(fmt.Sprintf("again-%d", len(s.selected)))})
}

func (s screenCasts) OpenPipeWireRemote(dbus.ObjectPath, map[string]dbus.Variant) (dbus.UnixFD, *dbus.Error) {
	fd, err := s.session.Connect()
	if err != nil {
		return 0, dbus.MakeFailedError(err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.handed != 0 { // it has been sent, which leaves ours open
		_ = syscall.Close(s.handed)
	}
	s.handed = fd
	return dbus.UnixFD(fd), nil
}

// question is what the user has not answered yet.
type question struct {
	withdrawn chan dbus.ObjectPath
	path      dbus.ObjectPath
}

func (q question) Close() *dbus.Error {
	q.withdrawn <- q.path
	return nil
}
