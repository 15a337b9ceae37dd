package packaging_test

import (
	"image"
	"io"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jezek/xgb"

	"github.com/coopnet/coopnet/client/capture/x11/xvfbtest"
)

const patience = 60 * time.Second // a busy machine takes its time

func TestMain(m *testing.M) {
	xgb.Logger = log.New(io.Discard, "", 0) // it complains that the X server asks nobody who they are
	os.Exit(m.Run())
}

// until waits for a condition.
func until(t *testing.T, what string, met func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !met(); time.Sleep(100 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not in time: %s", what)
		}
	}
}

// workstation is Windows as Wine plays it, on a screen of its own. Its user is an administrator: Wine knows no other.
type workstation struct {
	t       *testing.T
	prefix  string
	display string
	size    image.Point // of its screen
}

func newWorkstation(t *testing.T) *workstation {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("the names of folders are those of root's Wine")
	}
	for _, program := range []string{"wine", "wineserver", "Xvfb", "x86_64-w64-mingw32-gcc"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("%s is missing: .ci/install package-test", program)
		}
	}
	w := &workstation{t: t, prefix: filepath.Join(t.TempDir(), "wine"), size: image.Pt(1024, 768)}
	w.display = xvfbtest.Start(t, w.size)
	w.must("wineboot", "--init")
	t.Cleanup(func() {
		_, _ = exec.Command("env", append(w.environment(), "wineserver", "--kill", "--wait")...).CombinedOutput()
	})
	t.Cleanup(w.keep)
	must(t, nil, "x86_64-w64-mingw32-gcc", "-shared", "-o", filepath.Join(w.prefix, "drive_c/windows/system32/bcryptprimitives.dll"), "testdata/bcryptprimitives.c")
	w.settle()
	t.Log("Windows, as Wine plays it, is ready")
	return w
}

func (w *workstation) environment() []string {
	return []string{"WINEPREFIX=" + w.prefix, "WINEARCH=win64", "WINEDEBUG=-all", "WINEDLLOVERRIDES=mscoree,mshtml,winemenubuilder.exe=;bcryptprimitives=n",
		"DISPLAY=" + w.display, "LC_ALL=C.UTF-8"}
}

// settle waits until no program runs and the registry is written.
func (w *workstation) settle() {
	w.t.Helper()
	must(w.t, w.environment(), "wineserver", "--wait")
}

// run returns the exit code of a program for Windows, of which Unix keeps the lowest eight bits.
func (w *workstation) run(program string, arguments ...string) (int, string) {
	w.t.Helper()
	return run(w.t, w.environment(), "wine", append([]string{program}, arguments...)...)
}

func (w *workstation) must(program string, arguments ...string) string {
	w.t.Helper()
	return must(w.t, w.environment(), "wine", append([]string{program}, arguments...)...)
}

// start lets a program run. It is ended with the workstation, or before by end.
func (w *workstation) start(program string, arguments ...string) {
	w.t.Helper()
	cmd := exec.Command("wine", append([]string{program}, arguments...)...)
	cmd.Env = append(os.Environ(), w.environment()...)
	if err := cmd.Start(); err != nil {
		w.t.Fatal(err)
	}
	go func() { _ = cmd.Wait() }()
}

// end ends every program of this name on this workstation.
func (w *workstation) end(name string) {
	w.t.Helper()
	w.must("taskkill", "/F", "/IM", name)
}

// value is one of the registry; "" when it is not there. The name "" is the default one's.
func (w *workstation) value(key, name string) string {
	w.t.Helper()
	arguments := []string{"query", key, "/v", name}
	if name == "" {
		arguments = []string{"query", key, "/ve"}
	}
	code, out := w.run("reg", arguments...)
	if code != 0 {
		return ""
	}
	for line := range strings.Lines(out) {
		if _, value, found := strings.Cut(strings.TrimRight(line, "\r\n"), "    REG_"); found {
			_, value, _ = strings.Cut(value, "    ")
			return value
		}
	}
	return ""
}

// path is where a file of Windows is on this machine.
func (w *workstation) path(windows string) string {
	return filepath.Join(w.prefix, "drive_c", strings.ReplaceAll(strings.TrimPrefix(windows, `C:\`), `\`, "/"))
}

func (w *workstation) has(windows string) bool {
	_, err := os.Stat(w.path(windows))
	return err == nil
}

// traces are what is there of Coopnet: files, and lines of the registry.
func (w *workstation) traces() []string {
	w.t.Helper()
	w.settle()
	var found []string
	for name := range files(w.t, filepath.Join(w.prefix, "drive_c")) {
		if strings.Contains(strings.ToLower(name), "coopnet") {
			found = append(found, name)
		}
	}
	for _, registry := range []string{"user.reg", "system.reg"} {
		text, err := os.ReadFile(filepath.Join(w.prefix, registry))
		if err != nil {
			w.t.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			if strings.Contains(strings.ToLower(line), "coopnet") {
				found = append(found, registry+": "+line)
			}
		}
	}
	return found
}
