package standalone_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/coopnet/coopnet/standalone"
)

// server is the program in a process of its own.
type server struct {
	standalone.Ready
	command *exec.Cmd
	log     *bytes.Buffer // read it once the process is over
	client  *http.Client  // how it is reached, if not as usual
}

// startServer waits until everything answers. program is a path, or "coopnet": this binary, see TestMain.
func startServer(t testing.TB, program, data string, more ...string) *server {
	t.Helper()
	ready := filepath.Join(t.TempDir(), "ready.json")
	arguments := []string{"serve", "--listen", "127.0.0.1:0", "--media", "127.0.0.1:0", "--turn", "127.0.0.1:0", "--data", data, "--ready-file", ready}
	s := &server{command: exec.Command(program, append(arguments, more...)...), log: new(bytes.Buffer)}
	s.command.Stderr = s.log
	if err := s.command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.kill)
	for deadline := time.Now().Add(60 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		text, err := os.ReadFile(ready)
		if err == nil {
			if err := json.Unmarshal(text, &s.Ready); err != nil {
				t.Fatal(err)
			}
			return s
		}
		if s.command.ProcessState != nil || time.Now().After(deadline) {
			s.kill()
			t.Fatalf("the server is not ready: %s", s.log)
		}
	}
}

// kill is kill -9. It may be called twice.
func (s *server) kill() {
	if s.command.ProcessState == nil {
		_ = s.command.Process.Kill()
		_ = s.command.Wait() // it was killed
	}
}

func (s *server) stop(t testing.TB) {
	t.Helper()
	if err := s.command.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := s.command.Wait(); err != nil {
		t.Fatalf("%v: %s", err, s.log)
	}
}

// caller is a browser at the address of all guests that need none of their own.
func (s *server) caller() *caller {
	c := newCaller(s.API, "127.0.0.1")
	if s.client != nil {
		c.client = s.client
	}
	return c
}

// organizer is a caller with the organizer's key, at an address that no guest has.
func (s *server) organizer() *caller {
	c := s.caller()
	c.bearer = s.OrganizerKey
	return c
}

// processor is the user and system time that the process has used.
func (s *server) processor(t testing.TB) time.Duration {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", s.PID))
	if err != nil {
		t.Skipf("only Linux tells: %v", err)
	}
	// The name of the program is in parentheses and may have anything in it; utime and stime are the fields 14 and 15.
	fields := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
	var ticks int64
	for _, field := range fields[11:13] {
		n, err := strconv.ParseInt(field, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		ticks += n
	}
	return time.Duration(ticks) * time.Second / 100 // USER_HZ, the same on all Linux systems that we build for
}

// peak is the most memory that the process has had, in MB.
func (s *server) peak(t testing.TB) float64 {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.PID))
	if err != nil {
		t.Skipf("only Linux tells: %v", err)
	}
	for line := range strings.Lines(string(text)) {
		var kilobytes float64
		if n, _ := fmt.Sscanf(line, "VmHWM: %f kB", &kilobytes); n == 1 {
			return kilobytes * 1024 / 1e6
		}
	}
	t.Fatal("no VmHWM")
	return 0
}
