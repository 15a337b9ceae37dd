//go:build linux

package wayland

import (
	"context"
	"image"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"

	"github.com/coopnet/coopnet/client/capture"
	"github.com/coopnet/coopnet/client/pipewire/pipewiretest"
)

const (
	portalProgram  = "/usr/libexec/xdg-desktop-portal"
	backendProgram = "/usr/libexec/xdg-desktop-portal-wlr"
)

// sway is a real desktop of Wayland, without a screen of glass: its portal lets us see its one output without asking anybody.
type sway struct {
	*pipewiretest.Session
	environment []string
}

func startSway(t *testing.T) *sway {
	t.Helper()
	for _, program := range []string{"sway", "swaybg", portalProgram, backendProgram} {
		pipewiretest.Need(t, program)
	}
	s := &sway{Session: pipewiretest.StartForPortal(t)}
	s.write(t, "sway.conf", "output HEADLESS-1 resolution 640x400 position 0 0 bg #102030 solid_color\n")
	s.write(t, "config/xdg-desktop-portal-wlr/config", "[screencast]\noutput_name=HEADLESS-1\nmax_fps=30\nchooser_type=none\n")
	s.environment = s.Environment("WLR_BACKENDS=headless", "WLR_RENDERER=pixman", "WLR_LIBINPUT_NO_DEVICES=1", "XDG_CURRENT_DESKTOP=sway",
		"SWAYSOCK="+filepath.Join(s.Folder, "sway.sock"))
	command := []string{"sway", "--config", filepath.Join(s.Folder, "sway.conf")}
	if os.Getuid() == 0 { // as which sway does not run
		const nobody = 65534
		for _, name := range []string{s.Folder, filepath.Join(s.Folder, "sway.conf")} {
			if err := os.Chown(name, nobody, nobody); err != nil {
				t.Fatal(err)
			}
		}
		command = append([]string{"setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"}, command...)
	}
	s.RunIn(t, s.environment, command[0], command[1:]...)
	eventually(t, "sway shows something", func() bool { return s.tell("output * dpms on") == nil })
	s.environment = append(s.environment, "WAYLAND_DISPLAY=wayland-1")
	s.RunIn(t, s.environment, backendProgram)
	s.owned(t, "org.freedesktop.impl.portal.desktop.wlr")
	s.RunIn(t, s.environment, portalProgram)
	s.owned(t, portalName)
	return s
}

func (s *sway) write(t *testing.T, name, content string) {
	t.Helper()
	path := filepath.Join(s.Folder, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

// tell gives sway a command.
func (s *sway) tell(command string) error {
	cmd := exec.Command("swaymsg", strings.Fields(command)...)
	cmd.Env = s.environment
	return cmd.Run()
}

// owned waits until a service is on the bus.
func (s *sway) owned(t *testing.T, name string) {
	t.Helper()
	conn, err := dbus.Connect(s.Bus)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	eventually(t, name+" is on the bus", func() bool {
		var owned bool
		return conn.BusObject().Call("org.freedesktop.DBus.NameHasOwner", 0, name).Store(&owned) == nil && owned
	})
}

func eventually(t *testing.T, what string, so func() bool) {
	t.Helper()
	for until := time.Now().Add(15 * time.Second); !so(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(until) {
			t.Fatalf("not after 15 seconds: %s", what)
		}
	}
}

// TestSway captures a real compositor through the real portal and the real PipeWire.
func TestSway(t *testing.T) {
	desk := startSway(t)
	s := opened(t, desk.Bus)
	ctx, cancel := context.WithTimeout(t.Context(), 15*time.Second)
	defer cancel()
	source, err := s.Choose(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if source.Kind != capture.Screen {
		t.Errorf("chosen: %+v", source)
	}
	g, err := s.Open(ctx, source.ID)
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	first := frames(t, g, func(capture.Frame) bool { return true })
	if first.Size != image.Pt(640, 400) {
		t.Errorf("a screen of %v", first.Size)
	}
	if err := desk.tell("output HEADLESS-1 bg #405060 solid_color"); err != nil {
		t.Fatal(err)
	}
	frames(t, g, pixel(600, 300, 0x60, 0x50, 0x40))
	if err := desk.tell("output HEADLESS-1 resolution 800x600"); err != nil {
		t.Fatal(err)
	}
	frames(t, g, func(f capture.Frame) bool {
		return f.Size == image.Pt(800, 600) && pixel(790, 590, 0x60, 0x50, 0x40)(f)
	})
	still, end := context.WithTimeout(t.Context(), time.Second)
	defer end()
	for n := 0; ; n++ {
		if _, err := g.Next(still); err != nil {
			break
		}
		if n > 5 {
			t.Fatal("a still screen changes")
		}
	}
}
