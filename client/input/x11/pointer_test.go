package x11

import (
	"errors"
	"fmt"
	"image"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xproto"

	"github.com/coopnet/coopnet/client/capture/x11/xvfbtest"
	"github.com/coopnet/coopnet/client/input"
	"github.com/coopnet/coopnet/client/xserver"
)

// canvas is a window over the whole screen that writes down what happens to it.
type canvas struct {
	conn *xgb.Conn
	mu   sync.Mutex
	log  []string
}

func newCanvas(t *testing.T, display string, size image.Point) *canvas {
	t.Helper()
	conn, err := xserver.Dial(display)
	if err != nil {
		t.Fatal(err)
	}
	c := &canvas{conn: conn}
	screen := xproto.Setup(conn).DefaultScreen(conn)
	id, err := xproto.NewWindowId(conn)
	if err != nil {
		t.Fatal(err)
	}
	mask := xproto.EventMaskKeyPress | xproto.EventMaskKeyRelease | xproto.EventMaskButtonPress | xproto.EventMaskButtonRelease | xproto.EventMaskPointerMotion
	if err := xproto.CreateWindowChecked(conn, screen.RootDepth, id, screen.Root, 0, 0, uint16(size.X), uint16(size.Y), 0, xproto.WindowClassInputOutput,
		screen.RootVisual, xproto.CwOverrideRedirect|xproto.CwEventMask, []uint32{1, uint32(mask)}).Check(); err != nil {
		t.Fatal(err)
	}
	if err := xproto.MapWindowChecked(conn, id).Check(); err != nil {
		t.Fatal(err)
	}
	xproto.SetInputFocus(conn, xproto.InputFocusPointerRoot, id, xproto.TimeCurrentTime)
	var done sync.WaitGroup
	done.Go(c.listen)
	t.Cleanup(func() {
		conn.Close()
		done.Wait()
	})
	return c
}

func (c *canvas) listen() {
	for {
		event, err := c.conn.WaitForEvent()
		if event == nil && err == nil {
			return
		}
		c.mu.Lock()
		switch e := event.(type) {
		case xproto.MotionNotifyEvent:
			c.log = append(c.log, fmt.Sprintf("move %d %d", e.EventX, e.EventY))
		case xproto.ButtonPressEvent:
			c.log = append(c.log, fmt.Sprintf("down %d", e.Detail))
		case xproto.ButtonReleaseEvent:
			c.log = append(c.log, fmt.Sprintf("up %d", e.Detail))
		case xproto.KeyPressEvent:
			c.log = append(c.log, fmt.Sprintf("press %d", e.Detail))
		case xproto.KeyReleaseEvent:
			c.log = append(c.log, fmt.Sprintf("release %d", e.Detail))
		}
		c.mu.Unlock()
	}
}

func (c *canvas) seen() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.log)
}

// expect waits until the log ends with the lines.
func (c *canvas) expect(t *testing.T, lines ...string) {
	t.Helper()
	defer func() {
		if t.Failed() {
			t.Logf("seen: %s", strings.Join(c.seen(), ", "))
		}
	}()
	eventually(t, strings.Join(lines, ", "), func() bool {
		seen := c.seen()
		return len(seen) >= len(lines) && slices.Equal(seen[len(seen)-len(lines):], lines)
	})
}

func TestPoints(t *testing.T) {
	display := xvfbtest.Start(t, image.Pt(1600, 600))
	c := newCanvas(t, display, image.Pt(1600, 600))
	i := open(t, display, nil)
	right := image.Rect(800, 0, 1600, 600) // the second of two screens
	do := func(events ...input.Event) {
		t.Helper()
		for _, e := range events {
			if err := i.Inject(e, right); err != nil {
				t.Fatalf("%+v: %v", e, err)
			}
		}
	}
	do(input.Event{Kind: input.Move})
	c.expect(t, "move 800 0")
	do(input.Event{Kind: input.Move, X: 1, Y: 1})
	c.expect(t, "move 1599 599")
	for button, number := range map[int]string{0: "1", 1: "2", 2: "3", 3: "8", 4: "9"} {
		do(input.Event{Kind: input.Down, X: 0.5, Y: 0.5, Button: button}, input.Event{Kind: input.Up, X: 0.25, Y: 0.5, Button: button})
		c.expect(t, "move 1200 300", "down "+number, "move 1000 300", "up "+number)
	}
	turn := input.Event{Kind: input.Wheel, X: 0.25, Y: 0.5, DY: 0.5}
	do(turn)
	do(turn)
	c.expect(t, "move 1000 300", "move 1000 300", "down 5", "up 5")
	turn.DX, turn.DY = -2, -1
	do(turn)
	c.expect(t, "down 5", "up 5", "move 1000 300", "down 4", "up 4", "down 6", "up 6", "down 6", "up 6")
	turn.DX, turn.DY = 1, 0
	do(turn)
	c.expect(t, "down 7", "up 7")
}

func TestRelease(t *testing.T) {
	display := xvfbtest.Start(t, image.Pt(800, 600))
	c := newCanvas(t, display, image.Pt(800, 600))
	i := open(t, display, nil)
	inject(t, i, input.Event{Kind: input.Down, X: 0.5, Y: 0.5}, input.Event{Kind: input.KeyDown, Code: "ControlLeft"}, input.Event{Kind: input.KeyDown, Code: "KeyA"})
	c.expect(t, "down 1", "press 37", "press 38", "release 38") // the server would repeat it
	if err := i.Release(); err != nil {
		t.Fatal(err)
	}
	c.expect(t, "release 37", "up 1")
	keymap, err := xproto.QueryKeymap(i.conn).Reply()
	if err != nil || slices.ContainsFunc(keymap.Keys, func(b byte) bool { return b != 0 }) {
		t.Errorf("keys are still pressed: %v, %v", keymap, err)
	}
	// A window that is gone when the button is let go.
	inject(t, i, input.Event{Kind: input.Down, X: 0.5, Y: 0.5})
	if err := i.Inject(input.Event{Kind: input.Up, X: 0.1, Y: 0.1}, image.Rectangle{}); err != nil {
		t.Error(err)
	}
	c.expect(t, "down 1", "up 1")
	// A key that the controller holds repeats as often as the controller's keyboard says so.
	down := input.Event{Kind: input.KeyDown, Code: "KeyB"}
	inject(t, i, down, down, down)
	eventually(t, "three of a key", func() bool {
		return strings.Count(strings.Join(c.seen(), "\n"), "press 56") >= 3
	})
	inject(t, i, input.Event{Kind: input.KeyDown, Code: "ShiftLeft"})
	if err := i.Close(); err != nil {
		t.Fatal(err)
	}
	c.expect(t, "release 50")
	if err := i.Inject(down, image.Rect(0, 0, 1, 1)); err == nil {
		t.Error("a closed injector injects")
	}
	if i.Close() != nil || i.Release() != nil {
		t.Error("closing again is an error")
	}
}

type ground struct{ image.Rectangle }

func (g ground) Covers(p image.Point) bool { return p.In(g.Rectangle) }
func (ground) Focused() bool               { return false }

func TestOwnWindowsAreLeftAlone(t *testing.T) {
	display := xvfbtest.Start(t, image.Pt(800, 600))
	c := newCanvas(t, display, image.Pt(800, 600))
	i := open(t, display, ground{image.Rect(0, 0, 400, 600)})
	inject(t, i, input.Event{Kind: input.Move, X: 0.75, Y: 0.5})
	c.expect(t, "move 599 300")
	for _, kind := range []string{input.Move, input.Down, input.Wheel} {
		if err := i.Inject(input.Event{Kind: kind, X: 0.25, Y: 0.5}, image.Rect(0, 0, 800, 600)); !errors.Is(err, input.ErrRefused) {
			t.Errorf("%s: %v", kind, err)
		}
	}
	inject(t, i, input.Event{Kind: input.Down, X: 0.8, Y: 0.5}, input.Event{Kind: input.Up, X: 0.8, Y: 0.5})
	c.expect(t, "move 599 300", "move 639 300", "down 1", "move 639 300", "up 1")
}

func TestPanic(t *testing.T) {
	for name, grab := range map[string]bool{"alone": false, "while another program has the keyboard": true} {
		t.Run(name, func(t *testing.T) {
			display := xvfbtest.Start(t, image.Pt(800, 600))
			c := newCanvas(t, display, image.Pt(800, 600))
			if grab {
				reply, err := xproto.GrabKeyboard(c.conn, false, xproto.Setup(c.conn).DefaultScreen(c.conn).Root, xproto.TimeCurrentTime,
					xproto.GrabModeAsync, xproto.GrabModeAsync).Reply()
				if err != nil || reply.Status != xproto.GrabStatusSuccess {
					t.Fatal(reply, err)
				}
			}
			var times atomic.Int32
			p, err := WatchPanic(display, func() { times.Add(1) })
			if err != nil {
				t.Fatal(err)
			}
			defer p.Close()

			// The controller cannot.
			i := open(t, display, nil)
			inject(t, i, input.Event{Kind: input.KeyDown, Code: "ControlLeft"}, input.Event{Kind: input.KeyDown, Code: "ShiftLeft"})
			if err := i.Inject(input.Event{Kind: input.KeyDown, Code: "Backspace"}, image.Rect(0, 0, 1, 1)); !errors.Is(err, input.ErrRefused) {
				t.Errorf("the controller presses it: %v", err)
			}
			if err := i.Release(); err != nil {
				t.Fatal(err)
			}
			inject(t, i, press("Backspace")...)
			if n := times.Load(); n != 0 {
				t.Fatalf("noticed %d times without it", n)
			}
			// Somebody's own keyboard, which for the server is like any other.
			for _, code := range []string{"ControlRight", "ShiftLeft", "Backspace"} {
				i.fake(xproto.KeyPress, keycode(code))
			}
			eventually(t, "the key is noticed", func() bool { return times.Load() == 1 })
			for _, code := range []string{"ControlRight", "ShiftLeft", "Backspace"} {
				i.fake(xproto.KeyRelease, keycode(code))
			}
		})
	}
}
