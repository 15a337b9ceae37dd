package form

import (
	"image"
	"image/draw"
	"strings"
	"testing"
)

// entry has two fields, of which the first is needed.
func entry(t *testing.T) (*Form, *Field, *Field) {
	t.Helper()
	name, secret := NewField("name", "Name", ""), NewField("secret", "Secret", "")
	secret.Secret = true
	f := open(t, Page{Blocks: []Block{Text{S: "x"}, name, secret}, Buttons: []Button{{ID: "no", Label: "No"}, {ID: "yes", Label: "Yes", Weight: Primary, Needs: "name"}},
		Default: "yes", Cancel: "no"}, 1, 400)
	f.Handle(Event{Kind: Focus})
	return f, name, secret
}

func typed(f *Form, texts ...string) {
	for _, s := range texts {
		f.Handle(Event{Kind: KeyPress, Text: s})
	}
}

func TestField(t *testing.T) {
	f, name, secret := entry(t)
	if got := keys(f, Enter); got != "" {
		t.Errorf("Enter before anything is typed: %q", got)
	}
	typed(f, "a", "é", "日", "\x07", "z")
	keys(f, Left, Backspace, Space, Home, Delete, Left, Left)
	typed(f, "^")
	keys(f, End, Right, Backspace, Delete)
	if name.Value() != "^é " || secret.Value() != "" {
		t.Errorf("typed %q and %q", name.Value(), secret.Value())
	}
	keys(f, Tab)
	typed(f, "s", "3")
	keys(f, Space, BackTab, End)
	typed(f, "x")
	if name.Value() != "^é x" || secret.Value() != "s3 " {
		t.Errorf("typed %q and %q", name.Value(), secret.Value())
	}
	keys(f, Tab, Tab)
	typed(f, "nobody") // a button has the focus
	if f.focus != "no" || name.Value()+secret.Value() != "^é xs3 " {
		t.Errorf("%q has the focus; typed %q and %q", f.focus, name.Value(), secret.Value())
	}
	f.Handle(Event{Kind: Press, At: middle(f.place("name"))})
	f.Handle(Event{Kind: Release, At: middle(f.place("name"))})
	typed(f, "!")
	if name.Value() != "^é x!" {
		t.Errorf("after a click: %q", name.Value())
	}
	if got := keys(f, Enter); got != "yes" {
		t.Errorf("Enter: %q", got)
	}
	typed(f, strings.Repeat("w", 2*longestEntry))
	if n := len([]rune(name.Value())); n != longestEntry {
		t.Errorf("%d characters", n)
	}
	memory := secret.typed[:3]
	if secret.Clear(); secret.Value() != "" || string(memory) != "\x00\x00\x00" {
		t.Errorf("cleared: %q, %q", secret.Value(), string(memory))
	}
}

// TestWhatIsTypedIsSeen: the end of a long text, the caret, and nothing outside of the field; of a secret only how long it is.
func TestWhatIsTypedIsSeen(t *testing.T) {
	f, _, _ := entry(t)
	drawn := func() *image.RGBA {
		img := image.NewRGBA(image.Rectangle{Max: f.Layout(400)})
		f.Draw(img)
		return img
	}
	same := func(a, b *image.RGBA, within image.Rectangle) bool {
		for y := within.Min.Y; y < within.Max.Y; y++ {
			for x := within.Min.X; x < within.Max.X; x++ {
				if a.RGBAAt(x, y) != b.RGBAAt(x, y) {
					return false
				}
			}
		}
		return true
	}
	box := func(id string) image.Rectangle {
		r := f.place(id)
		r.Min.Y = r.Max.Y - f.look.px(40)
		return r.Inset(2)
	}
	empty := drawn()
	typed(f, strings.Repeat("W", 200))
	long := drawn()
	typed(f, "i")
	longer := drawn()
	if same(empty, long, box("name")) || same(long, longer, box("name")) {
		t.Error("what is typed is not seen")
	}
	outside := func(img *image.RGBA) *image.RGBA {
		copied := image.NewRGBA(img.Bounds())
		draw.Draw(copied, img.Bounds(), img, image.Point{}, draw.Src)
		draw.Draw(copied, box("name"), image.Black, image.Point{}, draw.Src)
		draw.Draw(copied, f.place("yes"), image.Black, image.Point{}, draw.Src) // it can be pressed now
		return copied
	}
	if !same(outside(empty), outside(longer), empty.Bounds()) {
		t.Error("something is drawn outside of the field")
	}
	keys(f, Home)
	if same(longer, drawn(), box("name")) {
		t.Error("the caret is not seen")
	}
	keys(f, Tab)
	typed(f, "abc")
	one := drawn()
	keys(f, Backspace, Backspace, Backspace)
	typed(f, "WXY")
	if two := drawn(); !same(one, two, two.Bounds()) {
		t.Error("a secret is seen")
	}
}

// TestClearLeavesNothing in memory of what was typed, one character after the other.
func TestClearLeavesNothing(t *testing.T) {
	f := NewField("x", "X", "")
	f.write("s")
	began := f.typed[:1]
	for range longestEntry {
		f.key(Home)
		f.write("e")
	}
	if f.Clear(); began[0] != 0 {
		t.Errorf("%q is left", began[0])
	}
}
