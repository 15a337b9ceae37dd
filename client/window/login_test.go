package window_test

import (
	"context"
	"errors"
	"image"
	"image/color"
	"strings"
	"sync"
	"testing"

	"github.com/jezek/xgb/xproto"

	"github.com/coopnet/coopnet/client/input"
	"github.com/coopnet/coopnet/client/window"
	"github.com/coopnet/coopnet/client/window/form"
	"github.com/coopnet/coopnet/client/xserver"
)

type entered struct {
	name, password string
	ok             bool
	err            error
}

func (d *desk) login(ctx context.Context, l window.Login) <-chan entered {
	answers := make(chan entered, 1)
	go func() {
		name, password, ok, err := d.Login(ctx, l)
		answers <- entered{name, password, ok, err}
	}()
	return answers
}

// types types a text as somebody with another keyboard does: characters that this one does not have are bound to spare keys.
func (d *desk) types(text string) {
	d.t.Helper()
	for _, r := range text {
		if err := d.person.Inject(input.Event{Kind: input.Text, Text: string(r)}, image.Rectangle{}); err != nil {
			d.t.Error(err)
		}
	}
}

func TestLogin(t *testing.T) {
	d := newDesk(t, window.Options{})
	question := window.Login{Proxy: "proxy.example\u202e:3128", Realm: "Head\x00quarters " + strings.Repeat("long ", 100)}
	tint := form.Light().Tint
	answers := d.login(t.Context(), question)
	d.see(tint)
	if title := d.title(); title != "Sign in to the proxy proxy.example:3128" {
		t.Errorf("the title is %q", title)
	}
	d.press("Enter", "Tab", "Enter") // without a name nothing is sent
	d.press("Backtab")
	d.types("DOMAIN\\anne")
	d.press("Tab")
	d.types("p@ss:wörd €7 ж")
	d.press("Enter")
	if a := <-answers; a != (entered{name: "DOMAIN\\anne", password: "p@ss:wörd €7 ж", ok: true}) {
		t.Errorf("entered %+v", a)
	}
	d.eventually("the window is gone", func() bool { _, seen := d.where(tint); return !seen })

	// After a refusal the name is there, and the password is asked for.
	question.Name, question.Refused = "anne", true
	answers = d.login(t.Context(), question)
	d.see(form.Light().Bad)
	if title := d.title(); !strings.HasPrefix(title, "The proxy did not accept this name and password.") {
		t.Errorf("the title is %q", title)
	}
	d.press("KeyA", "ArrowLeft", "KeyB", "Delete", "CapsLock", "KeyC", "CapsLock", "Space", "Enter")
	if a := <-answers; a != (entered{name: "anne", password: "bC ", ok: true}) {
		t.Errorf("entered %+v", a)
	}
	// Of a name that cannot be sent it is said why, and it is there to be mended.
	answers = d.login(t.Context(), window.Login{Proxy: "proxy.example:3128", Name: "an:ne", Colon: true})
	d.see(form.Light().Bad)
	if title := d.title(); !strings.HasPrefix(title, "A name with a colon cannot be sent to a proxy.") {
		t.Errorf("the title is %q", title)
	}
	d.press("Backspace", "Backspace", "Backspace", "KeyB", "Enter")
	if a := <-answers; a != (entered{name: "anb", ok: true}) {
		t.Errorf("entered %+v", a)
	}
	for name, keys := range map[string][]string{"Escape": {"KeyA", "Escape"}, "Cancel": {"Tab", "Enter"}} {
		answers = d.login(t.Context(), question)
		d.see(tint)
		d.press(keys...)
		if a := <-answers; a != (entered{}) {
			t.Errorf("%s: %+v", name, a)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	answers = d.login(ctx, question)
	d.see(tint)
	cancel()
	if a := <-answers; a.ok || !errors.Is(a.err, context.Canceled) {
		t.Errorf("ended: %+v", a)
	}
}

// TestDeadKeys: a French keyboard has ^ and ¨ on such a key only.
func TestDeadKeys(t *testing.T) {
	d := newDesk(t, window.Options{})
	const circumflex, diaeresis, acute = 0xfe52, 0xfe57, 0xfe51
	code := func(name string) byte {
		key, ok := input.Lookup(name)
		if !ok {
			t.Fatal(name)
		}
		return key.X11()
	}
	answers := d.login(t.Context(), window.Login{Proxy: "proxy.example:3128"})
	d.see(form.Light().Tint)
	// The layout changes while the window is open.
	for name, syms := range map[string][]xproto.Keysym{"BracketLeft": {circumflex, diaeresis}, "Quote": {acute, acute}, "KeyJ": {0x1b1, 0x1a1}, "KeyK": {0x6c1, 0x6e1}} {
		if err := xproto.ChangeKeyboardMappingChecked(d.conn, 1, xproto.Keycode(code(name)), 2, syms).Check(); err != nil {
			t.Fatal(err)
		}
	}
	d.press("BracketLeft", "KeyE", "BracketLeft", "Space", "BracketLeft", "BracketLeft", "BracketLeft", "KeyX", "Quote", "KeyA", "KeyJ", "KeyK",
		"CapsLock", "KeyJ", "CapsLock", "Numpad7", "NumLock", "Numpad7", "NumLock", "Enter")
	if a := <-answers; a.name != "7ê^^^xáąаĄ" || !a.ok {
		t.Errorf("entered %q, %v", a.name, a.err)
	}
}

// TestADeadKeyEndsWithItsWindow, with a press of the mouse, and where something else has the focus: in the password of the
// next window nobody would see it.
func TestADeadKeyEndsWithItsWindow(t *testing.T) {
	d := newDesk(t, window.Options{})
	key, ok := input.Lookup("BracketLeft")
	if !ok {
		t.Fatal("no key")
	}
	answers := d.login(t.Context(), window.Login{Proxy: "proxy.example:3128", Name: "anne", Refused: true})
	d.see(form.Light().Tint)
	if err := xproto.ChangeKeyboardMappingChecked(d.conn, 1, xproto.Keycode(key.X11()), 2, []xproto.Keysym{0xfe52, 0xfe57}).Check(); err != nil {
		t.Fatal(err)
	}
	d.press("KeyX", "BracketLeft")
	for _, focus := range []xproto.Window{d.root.Root, d.top()} {
		if err := xproto.SetInputFocusChecked(d.conn, xproto.InputFocusParent, focus, xproto.TimeCurrentTime).Check(); err != nil {
			t.Fatal(err)
		}
	}
	d.press("KeyE", "BracketLeft")
	if err := xproto.SendEventChecked(d.conn, false, d.top(), xproto.EventMaskButtonPress, string(xproto.ButtonPressEvent{Detail: 1, Event: d.top(), Root: d.root.Root}.Bytes())).Check(); err != nil {
		t.Fatal(err)
	}
	d.press("KeyE", "BracketLeft", "Enter")
	if a := <-answers; a.password != "xee" {
		t.Errorf("entered %+v", a)
	}
	ctx, cancel := context.WithCancel(t.Context())
	answers = d.login(ctx, window.Login{Proxy: "proxy.example:3128", Name: "anne", Refused: true})
	d.see(form.Light().Bad)
	ink := d.count(form.Light().Ink)
	d.press("KeyX", "BracketLeft")
	d.eventually("the keys have come", func() bool { return d.count(form.Light().Ink) > ink })
	cancel()
	<-answers
	answers = d.login(t.Context(), window.Login{Proxy: "proxy.example:3128", Name: "anne", Refused: true})
	d.see(form.Light().Bad)
	d.press("KeyE", "Enter")
	if a := <-answers; a.password != "e" {
		t.Errorf("entered %+v", a)
	}
}

// copies owns the clipboard, with a text, until the test ends.
func (d *desk) copies(text string) {
	d.t.Helper()
	conn, err := xserver.Dial(d.display)
	if err != nil {
		d.t.Fatal(err)
	}
	atom := func(name string) xproto.Atom {
		reply, err := xproto.InternAtom(conn, false, uint16(len(name)), name).Reply()
		if err != nil {
			d.t.Fatal(err)
		}
		return reply.Atom
	}
	id, err := xproto.NewWindowId(conn)
	if err != nil {
		d.t.Fatal(err)
	}
	clipboard, utf8 := atom("CLIPBOARD"), atom("UTF8_STRING")
	xproto.CreateWindow(conn, 0, id, d.root.Root, 0, 0, 1, 1, 0, xproto.WindowClassInputOnly, 0, 0, nil)
	if err := xproto.SetSelectionOwnerChecked(conn, id, clipboard, xproto.TimeCurrentTime).Check(); err != nil {
		d.t.Fatal(err)
	}
	var answering sync.WaitGroup
	answering.Go(func() {
		for {
			event, err := conn.WaitForEvent()
			if event == nil && err == nil {
				return
			}
			if e, ok := event.(xproto.SelectionRequestEvent); ok && e.Target == utf8 {
				xproto.ChangeProperty(conn, xproto.PropModeReplace, e.Requestor, e.Property, utf8, 8, uint32(len(text)), []byte(text))
				done := xproto.SelectionNotifyEvent{Time: e.Time, Requestor: e.Requestor, Selection: e.Selection, Target: e.Target, Property: e.Property}
				xproto.SendEvent(conn, false, e.Requestor, 0, string(done.Bytes()))
			}
		}
	})
	d.t.Cleanup(func() {
		conn.Close()
		answering.Wait()
	})
}

// count counts the pixels of a colour.
func (d *desk) count(c color.RGBA) (pixels int) {
	picture, err := xproto.GetImage(d.conn, xproto.ImageFormatZPixmap, xproto.Drawable(d.root.Root), 0, 0, uint16(d.size.X), uint16(d.size.Y), ^uint32(0)).Reply()
	if err != nil {
		d.t.Fatal(err)
	}
	for n := 0; n+3 < len(picture.Data); n += 4 {
		if picture.Data[n] == c.B && picture.Data[n+1] == c.G && picture.Data[n+2] == c.R {
			pixels++
		}
	}
	return pixels
}

// TestPaste: passwords come from a keeper of passwords. Nobody pushes one in.
func TestPaste(t *testing.T) {
	d := newDesk(t, window.Options{})
	d.copies("pâss\n€")
	answers := d.login(t.Context(), window.Login{Proxy: "proxy.example:3128"})
	d.see(form.Light().Tint)
	for _, mask := range []uint32{0, xproto.EventMaskKeyPress} {
		e := xproto.SelectionNotifyEvent{Requestor: d.top()}
		if err := xproto.SendEventChecked(d.conn, false, d.top(), mask, string(e.Bytes())).Check(); err != nil {
			t.Fatal(err)
		}
	}
	d.press("KeyA", "Tab")
	ink := form.Light().Ink
	d.eventually("the button can be pressed", func() bool { return d.count(form.Light().Accent) > 3000 })
	before := d.count(ink)
	for _, kind := range []string{input.KeyDown, input.KeyUp} {
		for _, code := range []string{"ControlLeft", "KeyV"} {
			if err := d.person.Inject(input.Event{Kind: kind, Code: code}, image.Rectangle{}); err != nil {
				t.Error(err)
			}
		}
	}
	d.eventually("what was pasted is seen", func() bool { return d.count(ink) > before })
	d.press("Enter")
	a := <-answers
	if a != (entered{name: "a", password: "pâss€", ok: true}) {
		t.Errorf("entered %+v", a)
	}
}
