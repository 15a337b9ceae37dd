//go:build linux

// Package pipewiretest runs a PipeWire of its own for tests, with a screen that sends what the test says.
package pipewiretest

import (
	"bufio"
	"context"
	_ "embed"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// patience is how long anything here may take.
const patience = 20 * time.Second

// Session is a session of its own, with a bus, PipeWire and its session manager.
type Session struct {
	Folder string // XDG_RUNTIME_DIR
	Bus    string // address of the session bus
	daemon *os.Process
}

// Start starts one, and skips the test where something is missing. The test may be the portal itself: its connections to PipeWire
// are not taken for those of programs that the portal has to vouch for.
func Start(t testing.TB) *Session {
	t.Helper()
	return start(t, func(config string) string { return strings.ReplaceAll(config, "libpipewire-module-portal", "none") })
}

// StartForPortal starts one for the system's portal.
func StartForPortal(t testing.TB) *Session {
	t.Helper()
	return start(t, func(config string) string { return config })
}

func start(t testing.TB, change func(config string) string) *Session {
	t.Helper()
	for _, program := range []string{"dbus-daemon", "pipewire", "wireplumber"} {
		Need(t, program)
	}
	folder, err := os.MkdirTemp("", "pw") // the paths of sockets are short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { // what the bus has started ends after it, and may still have mounted something there
		for until := time.Now().Add(patience); os.RemoveAll(folder) != nil; time.Sleep(10 * time.Millisecond) {
			if time.Now().After(until) {
				t.Errorf("%s cannot be removed", folder)
				return
			}
		}
	})
	s := &Session{Folder: folder, Bus: "unix:path=" + folder + "/bus"}
	s.Run(t, "dbus-daemon", "--session", "--nofork", "--address="+s.Bus)
	s.await(t, "bus")
	config, err := os.ReadFile("/usr/share/pipewire/pipewire.conf")
	if err != nil {
		missing(t, "PipeWire's configuration")
	}
	if err := os.WriteFile(filepath.Join(folder, "pipewire.conf"), []byte(change(string(config))), 0o600); err != nil {
		t.Fatal(err)
	}
	s.daemon = s.Run(t, "pipewire", "--config", filepath.Join(folder, "pipewire.conf"))
	s.await(t, "pipewire-0")
	s.Run(t, "wireplumber")
	return s
}

// Need skips the test where a program is missing; `make wayland-test` fails it.
func Need(t testing.TB, program string) {
	t.Helper()
	if _, err := exec.LookPath(program); err != nil {
		missing(t, program)
	}
}

func missing(t testing.TB, what string) {
	t.Helper()
	why := what + " IS NOT INSTALLED, so that this is not tested: make wayland-test"
	if os.Getenv("COOPNET_WAYLAND") != "" {
		t.Fatal(why)
	}
	t.Skip(why)
}

// Environment is that of the session's programs.
func (s *Session) Environment(more ...string) []string {
	all := append(os.Environ(), "XDG_RUNTIME_DIR="+s.Folder, "DBUS_SESSION_BUS_ADDRESS="+s.Bus, "HOME="+s.Folder, "XDG_CONFIG_HOME="+s.Folder+"/config",
		"XDG_STATE_HOME="+s.Folder+"/state", "DISPLAY=", "WAYLAND_DISPLAY=")
	return append(all, more...)
}

// Crash ends PipeWire without a word.
func (s *Session) Crash() { _ = s.daemon.Kill() }

// Run runs a program until the test ends.
func (s *Session) Run(t testing.TB, name string, arguments ...string) *os.Process {
	t.Helper()
	return s.RunIn(t, s.Environment(), name, arguments...)
}

// RunIn does so in an environment.
func (s *Session) RunIn(t testing.TB, environment []string, name string, arguments ...string) *os.Process {
	t.Helper()
	cmd := exec.Command(name, arguments...)
	cmd.Env, cmd.Dir = environment, s.Folder
	log := filepath.Join(s.Folder, filepath.Base(name)+".log")
	file, err := os.Create(log)
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stdout, cmd.Stderr = file, file
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		late := time.AfterFunc(2*time.Second, func() { _ = cmd.Process.Kill() })
		_ = cmd.Wait()
		late.Stop()
		_ = file.Close()
		if said, err := os.ReadFile(log); err == nil && t.Failed() && len(said) > 0 {
			t.Logf("%s said:\n%s", name, said[max(0, len(said)-4000):])
		}
	})
	return cmd.Process
}

// await waits for a socket that answers.
func (s *Session) await(t testing.TB, name string) {
	t.Helper()
	for until := time.Now().Add(patience); ; time.Sleep(10 * time.Millisecond) {
		if c, err := net.Dial("unix", filepath.Join(s.Folder, name)); err == nil {
			_ = c.Close()
			return
		}
		if time.Now().After(until) {
			t.Fatalf("no %s after %v", name, patience)
		}
	}
}

// Connect is a connection to PipeWire; whoever asks closes it.
func (s *Session) Connect() (int, error) {
	fd, err := syscall.Socket(syscall.AF_UNIX, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return 0, err
	}
	return fd, syscall.Connect(fd, &syscall.SockaddrUnix{Name: filepath.Join(s.Folder, "pipewire-0")})
}

//go:embed testdata/producer.c
var producer []byte

// Screen is what can be received from a session.
type Screen struct {
	Node  uint32
	t     testing.TB
	in    io.WriteCloser
	lines chan string
}

// Show makes a screen of a size, with pixels of the kind BGRx or RGBx. It is black.
func (s *Session) Show(t testing.TB, width, height int, kind string) *Screen {
	t.Helper()
	cmd := exec.Command(s.build(t), fmt.Sprint(width), fmt.Sprint(height), kind)
	cmd.Env, cmd.Stderr = s.Environment(), os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	screen := &Screen{t: t, in: in, lines: make(chan string, 1000)}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for lines := bufio.NewScanner(out); lines.Scan(); {
			screen.lines <- lines.Text()
		}
	}()
	t.Cleanup(func() {
		_ = in.Close() // it ends
		late := time.AfterFunc(2*time.Second, func() { _ = cmd.Process.Kill() })
		<-ended
		_ = cmd.Wait()
		late.Stop()
	})
	if _, err := fmt.Sscanf(screen.Await("node "), "node %d", &screen.Node); err != nil {
		t.Fatal(err)
	}
	return screen
}

// build compiles the producer, once for each session.
func (s *Session) build(t testing.TB) string {
	t.Helper()
	program, source := filepath.Join(s.Folder, "producer"), filepath.Join(s.Folder, "producer.c")
	if _, err := os.Stat(program); err == nil {
		return program
	}
	Need(t, "gcc")
	flags, err := exec.Command("pkg-config", "--cflags", "--libs", "libpipewire-0.3").Output()
	if err != nil {
		missing(t, "libpipewire-0.3-dev")
	}
	if err := os.WriteFile(source, producer, 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if out, err := exec.CommandContext(ctx, "gcc", append([]string{"-w", "-O1", "-o", program, source}, strings.Fields(string(flags))...)...).CombinedOutput(); err != nil {
		t.Fatalf("gcc: %v\n%s", err, out)
	}
	return program
}

// Tell gives a command: see testdata/producer.c.
func (s *Screen) Tell(format string, arguments ...any) {
	s.t.Helper()
	if _, err := fmt.Fprintf(s.in, format+"\n", arguments...); err != nil {
		s.t.Fatal(err)
	}
}

// Begin sends the picture until the first one has arrived: PipeWire loses what is sent while the receiver becomes ready. Arrived may
// wait for a moment.
func (s *Screen) Begin(arrived func() bool) {
	s.t.Helper()
	for until := time.Now().Add(patience); !arrived(); {
		if time.Now().After(until) {
			s.t.Fatalf("no picture has arrived in %v", patience)
		}
		s.Tell("again")
	}
}

// Await waits for a line that begins so.
func (s *Screen) Await(prefix string) string {
	s.t.Helper()
	for late := time.After(patience); ; {
		select {
		case line := <-s.lines:
			if strings.HasPrefix(line, prefix) {
				return line
			}
		case <-late:
			s.t.Fatalf("the screen has not said %q in %v", prefix, patience)
		}
	}
}
