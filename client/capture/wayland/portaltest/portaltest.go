//go:build linux

// Package portaltest plays the portal of a desktop of Wayland, for tests: it answers what the test says, at once, and hands out the real
// PipeWire.
package portaltest

import (
	"fmt"
	"maps"
	"slices"
	"sync"
	"syscall"
	"testing"

	"github.com/godbus/dbus/v5"

	"github.com/coopnet/coopnet/client/pipewire/pipewiretest"
)

// Names of the portal.
const (
	busName      = "org.freedesktop.portal.Desktop"
	objectPath   = "/org/freedesktop/portal/desktop"
	screenCast   = "org.freedesktop.portal.ScreenCast"
	requestIface = "org.freedesktop.portal.Request"
	sessionIface = "org.freedesktop.portal.Session"
)

// Kinds of sources.
const (
	Monitor = 1
	Window  = 2
)

// Answers are what the desktop says.
type Answers struct {
	Version uint32 // of ScreenCast; 0: there is none
	Code    uint32 // 0: what is asked for, 1: no, 2: it fails
	Silent  bool   // the user says nothing
	Node    uint32 // what they show
	Kind    uint32
}

// Question is what the user is asked.
type Question struct {
	Asker            string // who wants to share: the name of its connection
	Request, Session dbus.ObjectPath
}

// Desktop is the portal.
type Desktop struct {
	Answers                        // guarded by mu: see Set
	Withdrawn chan dbus.ObjectPath // questions that were taken away
	t         *testing.T
	session   *pipewiretest.Session
	conn      *dbus.Conn

	mu       sync.Mutex
	handed   int // the latest connection
	selected []map[string]dbus.Variant
	asked    []Question
	last     dbus.ObjectPath // session
}

// New is the portal of a session: it shows a screen, until the test says something else.
func New(t *testing.T, session *pipewiretest.Session, node uint32) *Desktop {
	t.Helper()
	d := &Desktop{Answers: Answers{Version: 5, Kind: Monitor, Node: node}, Withdrawn: make(chan dbus.ObjectPath, 10), t: t, session: session}
	var err error
	if d.conn, err = dbus.Connect(session.Bus); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.conn.Close() })
	for iface, methods := range map[string]any{screenCast: screenCasts{d}, "org.freedesktop.DBus.Properties": properties{d}} {
		if err := d.conn.Export(methods, objectPath, iface); err != nil {
			t.Fatal(err)
		}
	}
	d.own()
	return d
}

// Set changes what the desktop says, and returns what changes it back.
func (d *Desktop) Set(change func(*Answers)) (back func()) {
	d.mu.Lock()
	defer d.mu.Unlock()
	before := d.Answers
	change(&d.Answers)
	return func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		d.Answers = before
	}
}

// Told is what it was told of the sources that are wanted, the first time or the last (-1).
func (d *Desktop) Told(n int) map[string]dbus.Variant {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.selected[(n+len(d.selected))%len(d.selected)]
}

// Asked are the questions until now.
func (d *Desktop) Asked() []Question {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.asked)
}

// Say answers the last question, to which the user has said nothing.
func (d *Desktop) Say(code uint32) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.conn.Emit(d.asked[len(d.asked)-1].Request, requestIface+".Response", code, d.shown()); err != nil {
		d.t.Error(err)
	}
}

// Leave gives the portal's name away, as when it crashes, and returns what takes it again.
func (d *Desktop) Leave() (back func()) {
	if _, err := d.conn.ReleaseName(busName); err != nil {
		d.t.Error(err)
	}
	return d.own
}

func (d *Desktop) own() {
	d.t.Helper()
	if reply, err := d.conn.RequestName(busName, dbus.NameFlagDoNotQueue); err != nil || reply != dbus.RequestNameReplyPrimaryOwner {
		d.t.Fatalf("the name of the portal: %v %v", reply, err)
	}
}

// Close ends the session, as the user does in the desktop's indicator.
func (d *Desktop) Close() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.conn.Emit(d.last, sessionIface+".Closed", map[string]dbus.Variant{}); err != nil {
		d.t.Error(err)
	}
}

// respond answers a request before its call returns, which is the earliest.
func (d *Desktop) respond(sender dbus.Sender, options map[string]dbus.Variant, code uint32, results map[string]dbus.Variant) (dbus.ObjectPath, *dbus.Error) {
	path := d.request(sender, options)
	if err := d.conn.Emit(path, requestIface+".Response", code, results); err != nil {
		return "", dbus.MakeFailedError(err)
	}
	return path, nil
}

func (d *Desktop) request(sender dbus.Sender, options map[string]dbus.Variant) dbus.ObjectPath {
	name := ""
	for _, c := range string(sender)[1:] {
		if c == '.' {
			c = '_'
		}
		name += string(c)
	}
	token, _ := options["handle_token"].Value().(string)
	return dbus.ObjectPath(objectPath + "/request/" + name + "/" + token)
}

type properties struct{ *Desktop }

func (p properties) Get(iface, name string) (dbus.Variant, *dbus.Error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	value, ok := map[string]uint32{"version": p.Version, "AvailableSourceTypes": 7, "AvailableCursorModes": 7}[name]
	if iface != screenCast || !ok || p.Version == 0 {
		return dbus.Variant{}, dbus.NewError("org.freedesktop.DBus.Error.InvalidArgs", nil)
	}
	return dbus.MakeVariant(value), nil
}

type screenCasts struct{ *Desktop }

func (s screenCasts) CreateSession(sender dbus.Sender, options map[string]dbus.Variant) (dbus.ObjectPath, *dbus.Error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.last = dbus.ObjectPath(fmt.Sprintf("%s/session/%d", objectPath, len(s.selected)))
	return s.respond(sender, options, 0, map[string]dbus.Variant{"session_handle": dbus.MakeVariant(string(s.last))})
}

func (s screenCasts) SelectSources(sender dbus.Sender, _ dbus.ObjectPath, options map[string]dbus.Variant) (dbus.ObjectPath, *dbus.Error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.selected = append(s.selected, maps.Clone(options))
	return s.respond(sender, options, 0, nil)
}

func (s screenCasts) Start(sender dbus.Sender, session dbus.ObjectPath, _ string, options map[string]dbus.Variant) (dbus.ObjectPath, *dbus.Error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	path := s.request(sender, options)
	s.asked = append(s.asked, Question{string(sender), path, session})
	if s.Silent {
		if err := s.conn.Export(question{s.Withdrawn, path}, path, requestIface); err != nil {
			return "", dbus.MakeFailedError(err)
		}
		return path, nil
	}
	return s.respond(sender, options, s.Code, s.shown())
}

// shown is what the user shows; mu is held.
func (d *Desktop) shown() map[string]dbus.Variant {
	type stream struct {
		Node       uint32
		Properties map[string]dbus.Variant
	}
	one := stream{d.Node, map[string]dbus.Variant{"source_type": dbus.MakeVariant(d.Kind), "position": dbus.MakeVariant(struct{ X, Y int32 }{10, 20}),
		"size": dbus.MakeVariant(struct{ X, Y int32 }{320, 200})}}
	return map[string]dbus.Variant{"streams": dbus.MakeVariant([]stream{one})}
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
