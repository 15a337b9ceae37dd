// Package xserver opens connections to an X server, and tells what its pointer does.
package xserver

import (
	"fmt"
	"sync"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/composite"
	"github.com/jezek/xgb/damage"
	"github.com/jezek/xgb/randr"
	"github.com/jezek/xgb/render"
	"github.com/jezek/xgb/shape"
	"github.com/jezek/xgb/shm"
	"github.com/jezek/xgb/xfixes"
	"github.com/jezek/xgb/xproto"
	"github.com/jezek/xgb/xtest"
)

// Extension is something that X servers may know.
type Extension string

// The extensions that any part of the software uses.
const (
	Composite Extension = "Composite"
	Damage    Extension = "DAMAGE"
	RandR     Extension = "RANDR"
	Render    Extension = "RENDER"
	Shape     Extension = "SHAPE"
	SHM       Extension = "MIT-SHM"
	Test      Extension = "XTEST"
	Fixes     Extension = "XFIXES"
)

// registering guards the tables of events and errors that xgb keeps for the whole process.
var registering sync.Mutex

// Dial connects to a display, such as ":0"; "" is $DISPLAY. The extensions that the server knows are ready for use: nobody calls
// Init of xgb's packages, which writes into tables that all connections of the process read. Here that happens for all
// extensions at once, before the first connection has any event.
func Dial(display string) (*xgb.Conn, error) {
	conn, err := xgb.NewConnDisplay(display)
	if err != nil {
		return nil, err
	}
	if err := announce(conn); err != nil {
		conn.Close()
		return nil, fmt.Errorf("ask the X server for its extensions: %w", err)
	}
	return conn, nil
}

// Has reports whether the server of a connection that Dial made knows an extension.
func Has(conn *xgb.Conn, e Extension) bool {
	conn.ExtLock.RLock()
	defer conn.ExtLock.RUnlock()
	_, known := conn.Extensions[string(e)]
	return known
}

func announce(conn *xgb.Conn) error {
	extensions := []Extension{Composite, Damage, RandR, Render, Shape, SHM, Test, Fixes}
	cookies := make([]xproto.QueryExtensionCookie, len(extensions))
	for i, e := range extensions {
		cookies[i] = xproto.QueryExtension(conn, uint16(len(e)), string(e))
	}
	for i, e := range extensions {
		reply, err := cookies[i].Reply()
		if err != nil {
			return err
		}
		if reply.Present {
			register(conn, string(e), reply)
		}
	}
	return negotiate(conn)
}

func register(conn *xgb.Conn, name string, reply *xproto.QueryExtensionReply) {
	conn.ExtLock.Lock()
	conn.Extensions[name] = reply.MajorOpcode
	conn.ExtLock.Unlock()

	registering.Lock()
	defer registering.Unlock()
	// What is there already is left alone: other connections read it at this moment. Only two servers with different numbers
	// would need more.
	for number, event := range xgb.NewExtEventFuncs[name] {
		if n := int(reply.FirstEvent) + number; xgb.NewEventFuncs[n] == nil {
			xgb.NewEventFuncs[n] = event
		}
	}
	for number, failure := range xgb.NewExtErrorFuncs[name] {
		if n := int(reply.FirstError) + number; xgb.NewErrorFuncs[n] == nil {
			xgb.NewErrorFuncs[n] = failure
		}
	}
}

// negotiate names the versions that we know: several servers refuse everything else before that.
func negotiate(conn *xgb.Conn) error {
	versions := map[Extension]func() error{
		Composite: func() error { _, err := composite.QueryVersion(conn, 0, 4).Reply(); return err },
		Damage:    func() error { _, err := damage.QueryVersion(conn, 1, 1).Reply(); return err },
		RandR:     func() error { _, err := randr.QueryVersion(conn, 1, 5).Reply(); return err },
		Render:    func() error { _, err := render.QueryVersion(conn, 0, 11).Reply(); return err },
		Shape:     func() error { _, err := shape.QueryVersion(conn).Reply(); return err },
		SHM:       func() error { _, err := shm.QueryVersion(conn).Reply(); return err },
		Test:      func() error { _, err := xtest.GetVersion(conn, 2, 2).Reply(); return err },
		Fixes:     func() error { _, err := xfixes.QueryVersion(conn, 4, 0).Reply(); return err },
	}
	for e, ask := range versions {
		if !Has(conn, e) {
			continue
		}
		if err := ask(); err != nil {
			return fmt.Errorf("%s: %w", e, err)
		}
	}
	return nil
}
