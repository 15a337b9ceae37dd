package x11

import (
	"errors"
	"image"
	"testing"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xproto"

	"github.com/coopnet/coopnet/client/capture/x11/xvfbtest"
	"github.com/coopnet/coopnet/client/input"
	"github.com/coopnet/coopnet/client/xserver"
)

// show maps a window without a picture.
func show(t *testing.T, conn *xgb.Conn, parent xproto.Window, r image.Rectangle, unmanaged bool) xproto.Window {
	t.Helper()
	id, err := xproto.NewWindowId(conn)
	if err != nil {
		t.Fatal(err)
	}
	override := uint32(0)
	if unmanaged {
		override = 1
	}
	if err := xproto.CreateWindowChecked(conn, 0, id, parent, int16(r.Min.X), int16(r.Min.Y), uint16(r.Dx()), uint16(r.Dy()), 0, xproto.WindowClassInputOutput,
		0, xproto.CwOverrideRedirect, []uint32{override}).Check(); err != nil {
		t.Fatal(err)
	}
	if err := xproto.MapWindowChecked(conn, id).Check(); err != nil {
		t.Fatal(err)
	}
	return id
}

func transient(t *testing.T, conn *xgb.Conn, w, of xproto.Window) {
	t.Helper()
	value := make([]byte, 4)
	xgb.Put32(value, uint32(of))
	if err := xproto.ChangePropertyChecked(conn, xproto.PropModeReplace, w, xproto.AtomWmTransientFor, xproto.AtomWindow, 32, 1, value).Check(); err != nil {
		t.Fatal(err)
	}
}

// TestOneWindow: a controller reaches the shared window, its dialogs and its menus, and nothing that covers or follows it.
func TestOneWindow(t *testing.T) {
	display := xvfbtest.Start(t, image.Pt(800, 600))
	dial := func() *xgb.Conn {
		conn, err := xserver.Dial(display)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(conn.Close)
		return conn
	}
	program, other := dial(), dial()
	root := xproto.Setup(program).DefaultScreen(program).Root
	frame := show(t, other, root, image.Rect(0, 0, 400, 600), true) // of the window manager
	shared := show(t, program, frame, image.Rect(0, 0, 400, 600), false)
	inner := show(t, program, shared, image.Rect(0, 0, 50, 50), false)

	second := show(t, program, root, image.Rect(400, 0, 800, 100), false) // of the same program
	menu := show(t, program, root, image.Rect(400, 100, 800, 200), true)
	strange := show(t, other, root, image.Rect(400, 200, 800, 300), true)
	dialog := show(t, program, root, image.Rect(400, 300, 800, 400), false)
	further := show(t, program, root, image.Rect(400, 400, 800, 500), false)
	transient(t, program, dialog, shared)
	transient(t, program, further, dialog)
	cover := show(t, other, root, image.Rect(100, 100, 200, 200), false)

	i, err := Open(display, uint32(shared), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer i.Close()
	all := image.Rect(0, 0, 800, 600)
	for name, c := range map[string]struct {
		at      image.Point
		refused bool
	}{"itself": {image.Pt(300, 300), false}, "a part of it": {image.Pt(20, 20), false}, "what covers it": {image.Pt(150, 150), true},
		"another of its program": {image.Pt(600, 50), true}, "a menu": {image.Pt(600, 150), false}, "another's menu": {image.Pt(600, 250), true},
		"its dialog": {image.Pt(600, 350), false}, "the dialog's dialog": {image.Pt(600, 450), false}, "the desktop": {image.Pt(600, 550), true}} {
		for _, kind := range []string{input.Move, input.Down, input.Wheel} {
			e := input.Event{Kind: kind, X: float64(c.at.X) / 799, Y: float64(c.at.Y) / 599}
			if err := i.Inject(e, all); errors.Is(err, input.ErrRefused) != c.refused {
				t.Errorf("%s over %s: %v", kind, name, err)
			}
		}
		if err := i.Release(); err != nil {
			t.Fatal(err)
		}
	}
	for name, c := range map[string]struct {
		focus   xproto.Window
		refused bool
	}{"itself": {shared, false}, "a part of it": {inner, false}, "another": {second, true}, "another's": {strange, true}, "what covers it": {cover, true},
		"its menu": {menu, false}, "its dialog": {dialog, false}, "the dialog's dialog": {further, false}, "nobody": {xproto.InputFocusNone, true}, "the desktop": {root, true}} {
		if err := xproto.SetInputFocusChecked(other, xproto.InputFocusNone, c.focus, xproto.TimeCurrentTime).Check(); err != nil {
			t.Fatal(err)
		}
		for _, e := range []input.Event{{Kind: input.KeyDown, Code: "Enter"}, {Kind: input.Text, Text: "x"}} {
			if err := i.Inject(e, all); errors.Is(err, input.ErrRefused) != c.refused {
				t.Errorf("%s while %s has the keyboard: %v", e.Kind, name, err)
			}
		}
	}
	if err := xproto.SetInputFocusChecked(other, xproto.InputFocusNone, shared, xproto.TimeCurrentTime).Check(); err != nil {
		t.Fatal(err)
	}
	if err := i.Inject(input.Event{Kind: input.KeyDown, Code: "MetaLeft"}, all); !errors.Is(err, input.ErrRefused) {
		t.Errorf("a key of the desktop: %v", err)
	}
	xproto.DestroyWindow(program, shared)
	if err := i.Inject(input.Event{Kind: input.Move, X: 0.3, Y: 0.5}, all); !errors.Is(err, input.ErrRefused) {
		t.Errorf("over a window that is closed: %v", err)
	}
	if i, err := Open(display, uint32(shared), nil); err == nil {
		i.Close()
		t.Error("a window that is gone can be controlled")
	}
}
