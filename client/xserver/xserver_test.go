package xserver_test

import (
	"image"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xproto"
	"github.com/jezek/xgb/xtest"

	"github.com/coopnet/coopnet/client/capture/x11/xvfbtest"
	"github.com/coopnet/coopnet/client/xserver"
)

func TestDial(t *testing.T) {
	display := xvfbtest.Start(t, image.Pt(320, 200))
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			conn, err := xserver.Dial(display)
			if err != nil {
				t.Error(err)
				return
			}
			defer conn.Close()
			for _, e := range []xserver.Extension{xserver.Composite, xserver.Damage, xserver.RandR, xserver.SHM, xserver.Test, xserver.Fixes, xserver.Shape} {
				if !xserver.Has(conn, e) {
					t.Errorf("no %s", e)
				}
			}
			if xserver.Has(conn, "Nonsense") {
				t.Error("an extension that nobody knows")
			}
		})
	}
	all.Wait()
	if _, err := xserver.Dial(":notadisplay"); err == nil {
		t.Error("connected to nothing")
	}
}

func TestMotion(t *testing.T) {
	display := xvfbtest.Start(t, image.Pt(320, 200))
	conn, err := xserver.Dial(display)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	moved := make(chan struct{}, 1000)
	const pace = 20 * time.Millisecond
	motion, err := xserver.WatchPointer(display, pace, func() { moved <- struct{}{} })
	if err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	for i := range 500 {
		point(t, conn, 10+i%100, 20)
	}
	select {
	case <-moved:
	case <-time.After(10 * time.Second):
		t.Fatal("the motion was not told")
	}
	if err := motion.Close(); err != nil {
		t.Error(err)
	}
	if told, most := len(moved)+1, int(time.Since(began)/pace)+2; told > most {
		t.Errorf("told %d times, at most %d", told, most)
	}
	if _, err := xserver.WatchPointer("elsewhere:0", pace, func() {}); err == nil {
		t.Error("the pointer of another machine")
	}
}

func point(t *testing.T, conn *xgb.Conn, x, y int) {
	t.Helper()
	root := xproto.Setup(conn).DefaultScreen(conn).Root
	if err := xtest.FakeInputChecked(conn, xproto.MotionNotify, 0, 0, root, int16(x), int16(y), 0).Check(); err != nil {
		t.Fatal(err)
	}
}

// The secret of the display is sent as xgb sends it.
func TestMotionWithAuthority(t *testing.T) {
	file := filepath.Join(t.TempDir(), "authority")
	if err := os.WriteFile(file, []byte("\xff\xff\x00\x00\x00\x00\x00\x12MIT-MAGIC-COOKIE-1\x00\x100123456789abcdef"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("XAUTHORITY", file)
	display := xvfbtest.Start(t, image.Pt(320, 200))
	motion, err := xserver.WatchPointer(display, time.Second, func() {})
	if err != nil {
		t.Fatal(err)
	}
	motion.Close()
}
