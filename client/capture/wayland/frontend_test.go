//go:build linux

package wayland

import (
	"context"
	"image"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"

	"github.com/coopnet/coopnet/client/capture"
	"github.com/coopnet/coopnet/client/pipewire/pipewiretest"
)

const (
	frontend    = "/usr/libexec/xdg-desktop-portal"
	backendName = "org.freedesktop.impl.portal.desktop.coopnettest"
	backendCast = "org.freedesktop.impl.portal.ScreenCast"
)

// backend is what a desktop brings to the portal that all of them share: it would ask the user.
type backend struct {
	node     uint32
	sessions chan dbus.ObjectPath
}

func (b backend) CreateSession(_, session dbus.ObjectPath, _ string, _ map[string]dbus.Variant) (uint32, map[string]dbus.Variant, *dbus.Error) {
	b.sessions <- session
	return 0, map[string]dbus.Variant{}, nil
}

func (backend) SelectSources(_, _ dbus.ObjectPath, _ string, _ map[string]dbus.Variant) (uint32, map[string]dbus.Variant, *dbus.Error) {
	return 0, map[string]dbus.Variant{}, nil
}

func (b backend) Start(_, _ dbus.ObjectPath, _, _ string, _ map[string]dbus.Variant) (uint32, map[string]dbus.Variant, *dbus.Error) {
	type stream struct {
		Node       uint32
		Properties map[string]dbus.Variant
	}
	one := stream{b.node, map[string]dbus.Variant{"source_type": dbus.MakeVariant(uint32(monitors)), "size": dbus.MakeVariant(struct{ X, Y int32 }{320, 200})}}
	return 0, map[string]dbus.Variant{"streams": dbus.MakeVariant([]stream{one})}, nil
}

type abilities struct{}

func (abilities) Get(_, name string) (dbus.Variant, *dbus.Error) {
	return dbus.MakeVariant(abilities{}.all()[name]), nil
}

func (a abilities) GetAll(string) (map[string]dbus.Variant, *dbus.Error) {
	all := map[string]dbus.Variant{}
	for name, n := range a.all() {
		all[name] = dbus.MakeVariant(n)
	}
	return all, nil
}

func (abilities) all() map[string]uint32 {
	return map[string]uint32{"version": 4, "AvailableSourceTypes": 7, "AvailableCursorModes": 7}
}

// TestFrontend goes through the real xdg-desktop-portal, which lets us see the one node in the real PipeWire, and no other.
func TestFrontend(t *testing.T) {
	pipewiretest.Need(t, frontend)
	session := pipewiretest.StartForPortal(t)
	screen := session.Show(t, 320, 200, "BGRx")
	conn, err := dbus.Connect(session.Bus)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	desktop := backend{screen.Node, make(chan dbus.ObjectPath, 1)}
	for iface, methods := range map[string]any{backendCast: desktop, "org.freedesktop.DBus.Properties": abilities{}} {
		if err := conn.Export(methods, portalPath, iface); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := conn.RequestName(backendName, dbus.NameFlagDoNotQueue); err != nil {
		t.Fatal(err)
	}
	definition := "[portal]\nDBusName=" + backendName + "\nInterfaces=" + backendCast + ";\nUseIn=coopnet\n"
	if err := os.WriteFile(filepath.Join(session.Folder, "coopnet.portal"), []byte(definition), 0o600); err != nil {
		t.Fatal(err)
	}
	session.RunIn(t, session.Environment("XDG_CURRENT_DESKTOP=coopnet", "XDG_DESKTOP_PORTAL_DIR="+session.Folder), frontend)
	eventually(t, "the portal is on the bus", func() bool {
		var owned bool
		return conn.BusObject().Call("org.freedesktop.DBus.NameHasOwner", 0, portalName).Store(&owned) == nil && owned
	})
	source, g := captured(t, opened(t, session.Bus))
	screen.Begin(func() bool {
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		f, err := g.Next(ctx)
		return err == nil && f.Size == image.Pt(320, 200)
	})
	screen.Tell("fill 10 20 30 40 123456")
	frames(t, g, pixel(39, 59, 0x56, 0x34, 0x12))
	if source.Kind != capture.Screen {
		t.Errorf("%+v", source)
	}
	// The user stops it in the desktop's indicator.
	if err := conn.Emit(<-desktop.sessions, "org.freedesktop.impl.portal.Session.Closed"); err != nil {
		t.Fatal(err)
	}
	isGone(t, g)
}
