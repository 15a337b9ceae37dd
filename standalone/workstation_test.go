//go:build linux && cgo

package standalone_test

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xproto"

	"github.com/coopnet/coopnet/client/capture/x11/xvfbtest"
	"github.com/coopnet/coopnet/client/input"
	pressing "github.com/coopnet/coopnet/client/input/x11"
	"github.com/coopnet/coopnet/client/xserver"
)

// workstation is a screen with a person at it, in a company's network.
type workstation struct {
	t       *testing.T
	company *company
	display string
	size    image.Point
	conn    *xgb.Conn
	root    xproto.Window
	person  *pressing.Injector
}

func newWorkstation(t *testing.T, c *company) *workstation {
	t.Helper()
	w := &workstation{t: t, company: c, size: image.Pt(1024, 768)}
	w.display = xvfbtest.Start(t, w.size)
	var err error
	if w.conn, err = xserver.Dial(w.display); err != nil {
		t.Fatal(err)
	}
	w.root = xproto.Setup(w.conn).DefaultScreen(w.conn).Root
	if w.person, err = pressing.Open(w.display, 0, nil); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.person.Close(); err != nil {
			t.Error(err)
		}
		w.conn.Close()
	})
	return w
}

// builtFor is the program as it is built for one portal.
func builtFor(t *testing.T, origin string) string {
	t.Helper()
	folder := t.TempDir()
	origins, overlay, program := filepath.Join(folder, "origins.txt"), filepath.Join(folder, "overlay.json"), filepath.Join(folder, "coopnet-client")
	replaced, err := filepath.Abs("../client/launch/origins.txt")
	if err != nil {
		t.Fatal(err)
	}
	for path, text := range map[string]string{origins: origin + "\n", overlay: fmt.Sprintf(`{"Replace":{%q:%q}}`, replaced, origins)} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if said, err := exec.Command("go", "build", "-overlay", overlay, "-o", program, "../client/cmd/coopnet-client").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, said)
	}
	return program
}

// running is the software that somebody has started.
type running struct {
	w       *workstation
	command *exec.Cmd
	ended   chan struct{}
	err     error // once it has ended

	mu   sync.Mutex
	said bytes.Buffer
}

func (r *running) Write(b []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.said.Write(b)
}

func (r *running) log() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.said.String()
}

// start starts it as the desktop does when a page opens that address, with the proxy of the environment.
func (w *workstation) start(program, code, proxy, certificates string) *running {
	w.t.Helper()
	r := &running{w: w, command: exec.Command(program, "coopnet://join/"+code), ended: make(chan struct{})}
	r.command.Env = []string{"DISPLAY=" + w.display, "HOME=" + w.t.TempDir(), "LANG=C.UTF-8", "HTTPS_PROXY=" + proxy, "SSL_CERT_FILE=" + certificates,
		"COOPNET_CLIENT_LOG=info", "GOTRACEBACK=system"}
	r.command.Stdout, r.command.Stderr = r, r
	if err := w.company.within(r.command.Start); err != nil {
		w.t.Fatal(err)
	}
	go func() {
		r.err = r.command.Wait()
		close(r.ended)
	}()
	w.t.Cleanup(func() {
		_ = r.command.Process.Kill() // it may have ended
		<-r.ended
		if w.t.Failed() {
			w.t.Logf("the software said: %.4000s", r.log())
		}
	})
	return r
}

// ends waits for its end, and gives its exit code.
func (r *running) ends() int {
	r.w.t.Helper()
	select {
	case <-r.ended:
	case <-time.After(10 * time.Second):
		r.w.t.Fatal("the software does not end")
	}
	return r.command.ProcessState.ExitCode()
}

// crashes has it end as a crash ends it. What Go prints then has functions and numbers in it and no text, so no login either: it
// only shows that nothing was added to it.
func (r *running) crashes() {
	r.w.t.Helper()
	if err := r.command.Process.Signal(syscall.SIGQUIT); err != nil {
		r.w.t.Fatal(err)
	}
	r.ends()
	if !strings.Contains(r.log(), "goroutine 1 ") {
		r.w.t.Errorf("it has not crashed: %s", r.log())
	}
}

// titles are those of all windows that are seen, and where these are.
func (w *workstation) titles() map[string]image.Rectangle {
	titles := map[string]image.Rectangle{}
	tree, err := xproto.QueryTree(w.conn, w.root).Reply()
	name, nameErr := xproto.InternAtom(w.conn, false, uint16(len("_NET_WM_NAME")), "_NET_WM_NAME").Reply()
	if err = errors.Join(err, nameErr); err != nil {
		w.t.Fatal(err)
	}
	for _, id := range tree.Children {
		title, err := xproto.GetProperty(w.conn, false, id, name.Atom, xproto.GetPropertyTypeAny, 0, 256).Reply()
		state, stateErr := xproto.GetWindowAttributes(w.conn, id).Reply()
		at, placeErr := xproto.GetGeometry(w.conn, xproto.Drawable(id)).Reply()
		if errors.Join(err, stateErr, placeErr) != nil || state.MapState != xproto.MapStateViewable {
			continue // gone meanwhile
		}
		titles[string(title.Value)] = image.Rect(int(at.X), int(at.Y), int(at.X)+int(at.Width), int(at.Y)+int(at.Height))
	}
	return titles
}

// sees waits for a window whose title has that in it, and turns to it: without a window manager the pointer says who gets
// the keys.
func (w *workstation) sees(title string) {
	w.t.Helper()
	var at image.Rectangle
	until(w.t, 10*time.Second, func() bool {
		for name, place := range w.titles() {
			if strings.Contains(name, title) {
				at = place
				return true
			}
		}
		return false
	}, "window called %s", title)
	middle := at.Min.Add(at.Size().Div(2))
	w.does(input.Event{Kind: input.Move, X: float64(middle.X) / float64(w.size.X-1), Y: float64(middle.Y) / float64(w.size.Y-1)})
}

// deaf is how long a new window ignores keys, and a bit; one that comes unasked does so for longer.
const (
	deaf     = 600 * time.Millisecond
	surprise = 1600 * time.Millisecond
)

// answers waits for a window, and types: keys by their code, texts behind an equals sign.
func (w *workstation) answers(title string, after time.Duration, what ...string) {
	w.t.Helper()
	w.sees(title)
	time.Sleep(after)
	for _, key := range what {
		if typed, is := strings.CutPrefix(key, "="); is {
			for _, r := range typed {
				w.does(input.Event{Kind: input.Text, Text: string(r)})
			}
			continue
		}
		w.does(input.Event{Kind: input.KeyDown, Code: key})
		w.does(input.Event{Kind: input.KeyUp, Code: key})
	}
}

func (w *workstation) does(e input.Event) {
	w.t.Helper()
	if err := w.person.Inject(e, image.Rectangle{Max: w.size}); err != nil {
		w.t.Fatal(err)
	}
}
