//go:build linux

package x11

import (
	"encoding/binary"
	"image"
	"os"
	"strings"
	"testing"

	"github.com/jezek/xgb/xproto"

	"github.com/coopnet/coopnet/client/capture"
)

func words(values ...uint32) []byte {
	var b []byte
	for _, v := range values {
		b = binary.LittleEndian.AppendUint32(b, v)
	}
	return b
}

func windowsOf(t *testing.T, s *System) []capture.Source {
	t.Helper()
	sources, err := s.Sources(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var windows []capture.Source
	for _, source := range sources {
		if source.Kind == capture.Window {
			windows = append(windows, source)
		}
	}
	return windows
}

// Without a window manager the windows that are there are listed.
func TestSourcesByTree(t *testing.T) {
	t.Parallel()
	s, p := desk(t, image.Pt(400, 300))
	first := p.window(image.Rect(50, 40, 250, 140), red)
	p.property(first, "WM_NAME", xproto.AtomString, 8, []byte("Caf\xe9"))
	frame := p.window(image.Rect(100, 100, 300, 200), green)
	inner := p.unmapped(frame, image.Rect(5, 20, 195, 95), blue)
	p.must(xproto.MapWindowChecked(p.conn, inner).Check())
	p.property(inner, "WM_STATE", p.atom("WM_STATE"), 32, words(1, 0))
	p.property(inner, "_NET_WM_NAME", p.atom("UTF8_STRING"), 8, []byte("  Ré\u202esumé\n— notes\x00 "))
	p.property(inner, "WM_NAME", xproto.AtomString, 8, []byte("old"))
	p.property(inner, "WM_CLASS", xproto.AtomString, 8, []byte("gedit\x00Gedit\x00"))
	p.unmapped(p.root, image.Rect(0, 0, 100, 100), red)
	p.window(image.Rect(0, 0, 10, 10), red)
	menu := p.unmapped(p.root, image.Rect(0, 0, 100, 100), red)
	p.must(xproto.ChangeWindowAttributesChecked(p.conn, menu, xproto.CwOverrideRedirect, []uint32{1}).Check())
	p.must(xproto.MapWindowChecked(p.conn, menu).Check())

	got := windowsOf(t, s)
	want := []capture.Source{
		{ID: windowID(inner), Kind: capture.Window, Title: "Résumé — notes", Program: "Gedit", Bounds: image.Rect(105, 120, 295, 195)},
		{ID: windowID(first), Kind: capture.Window, Title: "Café", Bounds: image.Rect(50, 40, 250, 140)},
	}
	if len(got) != 2 || got[0] != want[0] || got[1] != want[1] {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

// A window manager's list has the minimised ones, too, and furniture that nobody shares.
func TestSourcesByList(t *testing.T) {
	t.Parallel()
	s, p := desk(t, image.Pt(400, 300))
	bottom := p.window(image.Rect(0, 0, 100, 100), red)
	icon := p.unmapped(p.root, image.Rect(0, 0, 100, 100), red)
	p.property(icon, "WM_STATE", p.atom("WM_STATE"), 32, words(3, 0))
	p.property(icon, "WM_NAME", xproto.AtomString, 8, []byte(strings.Repeat("long ", 100)))
	panel := p.window(image.Rect(0, 0, 400, 20), red)
	p.property(panel, "_NET_WM_WINDOW_TYPE", xproto.AtomAtom, 32, words(uint32(p.atom("_NET_WM_WINDOW_TYPE_DOCK"))))
	dialog := p.window(image.Rect(20, 20, 120, 120), red)
	p.property(dialog, "_NET_WM_WINDOW_TYPE", xproto.AtomAtom, 32, words(uint32(p.atom("_NET_WM_WINDOW_TYPE_DIALOG")), uint32(p.atom("_NET_WM_WINDOW_TYPE_DOCK"))))
	own := p.window(image.Rect(20, 20, 120, 120), red)
	p.property(own, "_NET_WM_PID", xproto.AtomCardinal, 32, words(uint32(os.Getpid())))
	p.window(image.Rect(20, 20, 120, 120), red) // not in the list
	p.property(p.root, "_NET_CLIENT_LIST_STACKING", xproto.AtomWindow, 32,
		words(uint32(bottom), uint32(icon), uint32(panel), uint32(dialog), uint32(own), 0x1234567))

	got := windowsOf(t, s)
	if len(got) != 3 || got[0].ID != windowID(dialog) || got[1].ID != windowID(icon) || got[2].ID != windowID(bottom) {
		t.Fatalf("got %+v", got)
	}
	if !got[1].Minimised || got[0].Minimised || len(got[1].Title) != longestName {
		t.Errorf("got %+v", got)
	}
}

func TestPreview(t *testing.T) {
	t.Parallel()
	s, p := desk(t, image.Pt(400, 200))
	w := p.window(image.Rect(100, 0, 300, 200), red)
	p.window(image.Rect(200, 0, 400, 200), blue)
	small, err := s.Preview(t.Context(), windowID(w), image.Pt(50, 60))
	if err != nil {
		t.Fatal(err)
	}
	if small.Bounds() != image.Rect(0, 0, 50, 50) {
		t.Errorf("the preview is %v", small.Bounds())
	}
	for y := range 50 {
		for x := range 50 {
			if c := small.RGBAAt(x, y); c.R != 255 || c.G != 0 || c.B != 0 || c.A != 255 {
				t.Fatalf("%d,%d is %v", x, y, c)
			}
		}
	}
	whole, err := s.Preview(t.Context(), "desktop", image.Pt(40, 40))
	if err != nil {
		t.Fatal(err)
	}
	if whole.Bounds() != image.Rect(0, 0, 40, 20) || whole.RGBAAt(5, 5).R != 0 || whole.RGBAAt(15, 5).R != 255 || whole.RGBAAt(30, 5).B != 255 {
		t.Errorf("the desktop: %v, %v %v %v", whole.Bounds(), whole.RGBAAt(5, 5), whole.RGBAAt(15, 5), whole.RGBAAt(30, 5))
	}
}
