package packaging_test

import (
	"bytes"
	"context"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xproto"
	"github.com/jezek/xgb/xtest"

	"github.com/coopnet/coopnet/client/capture"
	"github.com/coopnet/coopnet/client/capture/x11"
	"github.com/coopnet/coopnet/client/input"
	"github.com/coopnet/coopnet/client/xserver"
)

// deaf is a little longer than the time for which a new window of the software takes no key and no click.
const deaf = 700 * time.Millisecond

// hands are a person's at a workstation. For Wine what they do comes from its keyboard and its mouse, as the X server tells it.
type hands struct {
	t    *testing.T
	conn *xgb.Conn
	root xproto.Window
}

func (w *workstation) hands() *hands {
	w.t.Helper()
	conn, err := xserver.Dial(w.display)
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(conn.Close)
	return &hands{w.t, conn, xproto.Setup(conn).DefaultScreen(conn).Root}
}

func (h *hands) fake(kind, detail byte, at image.Point) {
	h.t.Helper()
	if err := xtest.FakeInputChecked(h.conn, kind, detail, 0, h.root, int16(at.X), int16(at.Y), 0).Check(); err != nil {
		h.t.Fatal(err)
	}
}

// press holds keys down together, and lets go of them.
func (h *hands) press(codes ...string) {
	h.t.Helper()
	for _, code := range codes {
		key, _ := input.Lookup(code)
		h.fake(xproto.KeyPress, key.X11(), image.Point{})
	}
	for _, code := range slices.Backward(codes) {
		key, _ := input.Lookup(code)
		h.fake(xproto.KeyRelease, key.X11(), image.Point{})
	}
}

func (h *hands) point(at image.Point) {
	h.t.Helper()
	h.fake(xproto.MotionNotify, 0, at)
}

func (h *hands) click(at image.Point) {
	h.t.Helper()
	h.point(at)
	h.fake(xproto.ButtonPress, 1, image.Point{})
	h.fake(xproto.ButtonRelease, 1, image.Point{})
}

// windows are what the workstation shows.
func (w *workstation) windows() []capture.Source {
	w.t.Helper()
	system, err := x11.Open(w.display)
	if err != nil {
		w.t.Fatal(err)
	}
	sources, err := system.Sources(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	return slices.DeleteFunc(sources, func(s capture.Source) bool { return s.Kind != capture.Window })
}

// find is the window with this title.
func (w *workstation) find(title string) (found capture.Source, ok bool) {
	w.t.Helper()
	for _, s := range w.windows() {
		if s.Title == title {
			return s, true
		}
	}
	return found, false
}

// shows waits for a window of this title.
func (w *workstation) shows(title string) (shown capture.Source) {
	w.t.Helper()
	until(w.t, "window "+title, func() (ok bool) {
		shown, ok = w.find(title)
		return ok
	})
	return shown
}

// keep says what a workstation shows when a test has failed, and keeps a picture of it where `make package-test` says.
func (w *workstation) keep() {
	if !w.t.Failed() {
		return
	}
	system, err := x11.Open(w.display)
	if err != nil {
		w.t.Log(err)
		return
	}
	ctx := context.Background() // that of the test has ended
	sources, _ := system.Sources(ctx)
	w.t.Logf("the workstation shows %+v", sources)
	shown, err := system.Preview(ctx, string(capture.Desktop), w.size)
	var file bytes.Buffer
	if err == nil {
		err = png.Encode(&file, shown)
	}
	if err == nil {
		err = os.WriteFile(filepath.Join(w.t.ArtifactDir(), "workstation.png"), file.Bytes(), 0o600)
	}
	if err != nil {
		w.t.Log(err)
	}
}

// answers does something to a window that is asked for, until that window is gone: what comes too early does not count.
func (w *workstation) answers(h *hands, title string, do func()) {
	w.t.Helper()
	shown := w.shows(title)
	h.point(shown.Bounds.Min.Add(shown.Bounds.Size().Div(2)))
	time.Sleep(deaf)
	var again time.Time
	until(w.t, "answer to "+title, func() bool {
		if _, asked := w.find(title); !asked {
			return true
		}
		if now := time.Now(); now.After(again) { // another window would hear it while this one goes away
			do()
			again = now.Add(3 * time.Second)
		}
		return false
	})
}
