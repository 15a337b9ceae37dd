package window_test

import (
	"context"
	"errors"
	"image"
	"image/color"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xproto"

	"github.com/coopnet/coopnet/client/capture/x11/xvfbtest"
	"github.com/coopnet/coopnet/client/input"
	pressing "github.com/coopnet/coopnet/client/input/x11"
	"github.com/coopnet/coopnet/client/text"
	"github.com/coopnet/coopnet/client/window"
	"github.com/coopnet/coopnet/client/window/form"
	"github.com/coopnet/coopnet/client/window/x11"
	"github.com/coopnet/coopnet/client/xserver"
)

// desk is an X server with a person at it.
type desk struct {
	*window.Desktop
	t      *testing.T
	screen *x11.Screen
	person *pressing.Injector
	conn   *xgb.Conn
	root   *xproto.ScreenInfo
	size   image.Point
	words  text.Words

	display string
}

// newDesk has a person who presses things long after a window has opened, unless the options say otherwise.
func newDesk(t *testing.T, o window.Options) *desk {
	t.Helper()
	d := &desk{t: t, size: image.Pt(1024, 768), words: text.For("en")}
	display := xvfbtest.Start(t, d.size)
	d.display = display
	var err error
	if d.screen, err = x11.Open(display, image.NewRGBA(image.Rect(0, 0, 32, 32))); err != nil {
		t.Fatal(err)
	}
	if d.person, err = pressing.Open(display, 0, nil); err != nil {
		t.Fatal(err)
	}
	if d.conn, err = xserver.Dial(display); err != nil {
		t.Fatal(err)
	}
	d.root = xproto.Setup(d.conn).DefaultScreen(d.conn)
	t.Cleanup(func() {
		d.conn.Close()
		if err := errors.Join(d.person.Close(), d.screen.Close()); err != nil {
			t.Error(err)
		}
	})
	var later atomic.Int64
	o.Screen, o.Words = d.screen, d.words
	if o.Now == nil {
		o.Now = func() time.Time { return time.Unix(later.Add(10), 0) }
	}
	d.Desktop = window.New(o)
	return d
}

func (d *desk) eventually(what string, met func() bool) {
	d.t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !met(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			d.t.Fatalf("not in time: %s", what)
		}
	}
}

// where is the middle of all pixels of a colour.
func (d *desk) where(c color.RGBA) (image.Point, bool) {
	picture, err := xproto.GetImage(d.conn, xproto.ImageFormatZPixmap, xproto.Drawable(d.root.Root), 0, 0, uint16(d.size.X), uint16(d.size.Y), ^uint32(0)).Reply()
	if err != nil {
		d.t.Error(err)
		return image.Point{}, true
	}
	var box image.Rectangle
	for n := 0; n+3 < len(picture.Data); n += 4 {
		if picture.Data[n] == c.B && picture.Data[n+1] == c.G && picture.Data[n+2] == c.R {
			x, y := n/4%d.size.X, n/4/d.size.X
			box = box.Union(image.Rect(x, y, x+1, y+1))
		}
	}
	return box.Min.Add(box.Size().Div(2)), !box.Empty()
}

// see waits for something of a colour.
func (d *desk) see(c color.RGBA) (at image.Point) {
	d.t.Helper()
	d.eventually("the window is seen", func() bool {
		var seen bool
		at, seen = d.where(c)
		return seen
	})
	return at
}

func (d *desk) do(kind string, at image.Point) {
	e := input.Event{Kind: kind, X: float64(at.X) / float64(d.size.X-1), Y: float64(at.Y) / float64(d.size.Y-1)}
	if err := d.person.Inject(e, image.Rectangle{Max: d.size}); err != nil {
		d.t.Error(err)
	}
}

func (d *desk) click(at image.Point) {
	d.do(input.Down, at)
	d.do(input.Up, at)
}

// press presses keys over the window: without a window manager the pointer says who gets them.
func (d *desk) press(codes ...string) {
	d.do(input.Move, d.see(form.Light().Ground))
	for _, code := range codes {
		var with []string
		if code == "Backtab" {
			with, code = []string{"ShiftLeft"}, "Tab"
		}
		for _, kind := range []string{input.KeyDown, input.KeyUp} {
			for _, c := range append(with, code) {
				if err := d.person.Inject(input.Event{Kind: kind, Code: c}, image.Rectangle{}); err != nil {
					d.t.Error(err)
				}
			}
		}
	}
}

// top is the window on top.
func (d *desk) top() xproto.Window {
	tree, err := xproto.QueryTree(d.conn, d.root.Root).Reply()
	if err != nil || len(tree.Children) == 0 {
		return 0
	}
	return tree.Children[len(tree.Children)-1]
}

// frame puts two windows around the one on top, as window managers do.
func (d *desk) frame() {
	d.t.Helper()
	inner := d.top()
	at, err := xproto.GetGeometry(d.conn, xproto.Drawable(inner)).Reply()
	if err != nil {
		d.t.Fatal(err)
	}
	parent, x, y := d.root.Root, at.X, at.Y
	for range 2 {
		id, err := xproto.NewWindowId(d.conn)
		if err != nil {
			d.t.Fatal(err)
		}
		if err := xproto.CreateWindowChecked(d.conn, 0, id, parent, x, y, at.Width, at.Height, 0, xproto.WindowClassInputOutput, 0, 0, nil).Check(); err != nil {
			d.t.Fatal(err)
		}
		xproto.MapWindow(d.conn, id)
		parent, x, y = id, 0, 0
	}
	if err := xproto.ReparentWindowChecked(d.conn, inner, parent, 0, 0).Check(); err != nil {
		d.t.Fatal(err)
	}
}

type answer struct {
	yes bool
	err error
}

func (d *desk) confirm(ctx context.Context) <-chan answer {
	answers := make(chan answer, 1)
	go func() {
		yes, err := d.Confirm(ctx, window.Confirm{Conference: "Steering\u202e committee", Portal: "https://conferences.example.com", Name: "Marie", Role: "guest"})
		answers <- answer{yes, err}
	}()
	return answers
}

func TestConfirm(t *testing.T) {
	d := newDesk(t, window.Options{})
	accent := form.Light().Accent
	answers := d.confirm(t.Context())
	d.click(d.see(accent))
	if a := <-answers; !a.yes || a.err != nil {
		t.Errorf("the button: %+v", a)
	}
	for name, c := range map[string]struct {
		keys []string
		want bool
	}{"Enter": {[]string{"Enter"}, true}, "Escape": {[]string{"Escape"}, false}, "Cancel": {[]string{"Backtab", "Space"}, false}, "around": {[]string{"Tab", "Tab", "Enter"}, true}} {
		answers := d.confirm(t.Context())
		d.press(c.keys...)
		if a := <-answers; a.yes != c.want || a.err != nil {
			t.Errorf("%s: %+v", name, a)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	answers = d.confirm(ctx)
	d.see(accent)
	cancel()
	if a := <-answers; a.yes || !errors.Is(a.err, context.Canceled) {
		t.Errorf("ended: %+v", a)
	}
	d.eventually("the window is gone", func() bool { _, seen := d.where(accent); return !seen })

	answers = d.confirm(t.Context())
	d.see(accent)
	if title := d.title(); title != "Share in Steering committee" {
		t.Errorf("the title is %q", title)
	}
	if err := d.screen.Close(); err != nil { // the desktop ends while a window is open
		t.Error(err)
	}
	if a := <-answers; a.yes || !errors.Is(a.err, window.ErrGone) {
		t.Errorf("the desktop is gone: %+v", a)
	}
}

// title is that of the window on top.
func (d *desk) title() string {
	name, err := xproto.InternAtom(d.conn, false, uint16(len("_NET_WM_NAME")), "_NET_WM_NAME").Reply()
	if err != nil {
		return ""
	}
	property, err := xproto.GetProperty(d.conn, false, d.top(), name.Atom, xproto.GetPropertyTypeAny, 0, 256).Reply()
	if err != nil {
		return ""
	}
	return string(property.Value)
}

func (d *desk) consent(ctx context.Context) <-chan answer {
	answers := make(chan answer, 1)
	go func() {
		yes, err := d.Consent(ctx, window.Consent{Name: "Jean", Role: "internal", What: "Budget", Kind: "window", PanicKey: "Backspace"})
		answers <- answer{yes, err}
	}()
	return answers
}

func TestConsent(t *testing.T) {
	d := newDesk(t, window.Options{Patience: 2 * time.Second})
	for name, c := range map[string]struct {
		keys []string
		want bool
	}{"Enter refuses": {[]string{"Enter"}, false}, "so does Space": {[]string{"Space"}, false}, "and Escape": {[]string{"Escape"}, false}, "allowing takes two keys": {[]string{"Backtab", "Enter"}, true}} {
		answers := d.consent(t.Context())
		d.press(c.keys...)
		if a := <-answers; a.yes != c.want || a.err != nil {
			t.Errorf("%s: %+v", name, a)
		}
	}
	start := time.Now()
	if a := <-d.consent(t.Context()); a.yes || a.err != nil || time.Since(start) < time.Second {
		t.Errorf("nobody answers: %+v after %v", a, time.Since(start))
	}
}

// What was meant for the window before must not answer.
func TestNewWindowsAreDeaf(t *testing.T) {
	var now atomic.Int64
	d := newDesk(t, window.Options{Now: func() time.Time { return time.UnixMilli(now.Load()) }})
	answers := d.confirm(t.Context())
	colour := form.Light().Accent
	accent := d.see(colour)
	d.press("Enter", "Escape")
	d.click(accent)
	now.Store(490)
	d.click(accent)
	d.see(form.Light().AccentOver)
	d.do(input.Move, image.Pt(5, 5))
	d.see(colour) // all of that has been looked at
	now.Store(1490)
	d.press("Escape", "Enter")
	// Something that changes a window at any time: the pointer over its button.
	d.do(input.Move, accent)
	d.see(form.Light().AccentOver)
	select {
	case a := <-answers:
		t.Fatalf("answered at once: %+v", a)
	default:
	}
	now.Store(1510)
	d.press("Escape")
	if a := <-answers; a.yes || a.err != nil {
		t.Errorf("got %+v", a)
	}
}

// stop presses the button of a strip, which may just be moving: its title changes before its picture does.
func (d *desk) stop(s *window.Strip) {
	d.t.Helper()
	d.eventually("the button is pressed", func() bool {
		if at, seen := d.where(form.Light().Bad); seen {
			d.click(at)
		}
		select {
		case <-s.Pressed():
			return true
		default:
			return false
		}
	})
}

func TestStrips(t *testing.T) {
	d := newDesk(t, window.Options{})
	bad := form.Light().Bad
	bar, err := d.Bar(window.Status{Kind: "screen"})
	if err != nil {
		t.Fatal(err)
	}
	d.see(bad)
	bar.Update(window.Status{Kind: "window", What: strings.Repeat("Budget ", 5), Present: 3, Audience: window.Audience{Known: true, Count: 4, Names: [3]string{"Ada", "Bob"}}, Controller: "Jean"})
	d.eventually("the title tells", func() bool { return strings.HasPrefix(d.title(), "Coopnet – You are sharing “Budget Budget") })
	select {
	case <-bar.Pressed():
		t.Error("pressed by nobody")
	default:
	}
	green := color.RGBA{10, 150, 20, 255}
	without := bar.Bounds().Dx()
	bar.Picture(picture(green))
	d.see(green)
	if bar.Bounds().Dx() <= without {
		t.Error("the picture has no place of its own")
	}
	red := color.RGBA{200, 100, 20, 255}
	bar.Picture(picture(red))
	d.see(red)
	bar.Picture(nil)
	d.eventually("the picture is gone", func() bool { _, seen := d.where(red); return !seen && bar.Bounds().Dx() == without })
	d.stop(bar.Strip)
	bar.Update(window.Status{}) // of one that has ended
	if err := bar.Close(); err != nil {
		t.Error(err)
	}
	banner, err := d.Banner(window.Banner{Name: "Jean", PanicKey: "Backspace"})
	if err != nil {
		t.Fatal(err)
	}
	before := d.see(bad)
	// It has no frame to drag it by.
	grip := before.Sub(image.Pt(120, 0))
	d.do(input.Down, grip)
	d.do(input.Move, grip.Add(image.Pt(40, 330)))
	d.do(input.Up, grip.Add(image.Pt(40, 330)))
	d.eventually("the banner follows", func() bool { return d.see(bad) == before.Add(image.Pt(40, 330)) })

	// It stays on top of a window that opens later.
	answers := make(chan string, 1)
	go func() {
		answer, err := d.Message(t.Context(), window.Message{Text: strings.Repeat("Something else. ", 40)})
		if err != nil {
			t.Error(err)
		}
		answers <- answer
	}()
	d.see(form.Light().Accent)
	d.eventually("the banner is on top again", func() bool { return d.title() == "Jean controls this computer" })
	d.stop(banner)
	if err := banner.Close(); err != nil { // it is gone when the keys come
		t.Error(err)
	}
	d.press("Enter")
	if answer := <-answers; answer != "ok" {
		t.Errorf("the message's button is %q", answer)
	}
	progress, err := d.Progress("Fetching")
	if err != nil {
		t.Fatal(err)
	}
	progress.Update("Fetching", 0.5)
	if err := progress.Close(); err != nil {
		t.Error(err)
	}
}

// A controller's input goes anywhere but into our own windows.
func TestGround(t *testing.T) {
	d := newDesk(t, window.Options{})
	if d.screen.Covers(image.Pt(500, 300)) || d.screen.Focused() {
		t.Error("windows where there are none")
	}
	answers := d.consent(t.Context())
	accent := d.see(form.Light().Accent)
	if !d.screen.Covers(accent) || d.screen.Covers(image.Pt(5, 5)) {
		t.Error("the dialog is not known")
	}
	d.do(input.Move, accent)
	d.eventually("the dialog has the keyboard", d.screen.Focused)
	d.do(input.Move, image.Pt(5, 5))
	d.eventually("the dialog has not the keyboard", func() bool { return !d.screen.Focused() })
	// So is that of another start of the software, in the frame of a window manager, too.
	other, err := x11.Open(d.display, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	known := func(what string) {
		t.Helper()
		d.do(input.Move, accent)
		if !other.Covers(accent) || other.Covers(image.Pt(5, 5)) {
			t.Errorf("another's dialog is not known %s", what)
		}
		d.eventually("another's dialog has the keyboard", other.Focused)
	}
	known("without a frame")
	d.frame()
	known("in a frame")
	d.do(input.Move, image.Pt(5, 5))
	d.eventually("another's dialog has not the keyboard", func() bool { return !other.Focused() })
	d.press("Escape")
	if a := <-answers; a.yes || a.err != nil {
		t.Errorf("got %+v", a)
	}
	if d.screen.Covers(accent) {
		t.Error("a window that is gone is still there")
	}
}
