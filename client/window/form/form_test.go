package form

import (
	"image"
	"image/color"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

func newLook(t *testing.T, scale float64) *Look {
	t.Helper()
	look, err := NewLook(Light(), scale)
	if err != nil {
		t.Fatal(err)
	}
	return look
}

// page has one of each.
func page() Page {
	grid := &Grid{ID: "grid", Rows: 300}
	var choices []Choice
	for n := range 9 {
		group := "Screens"
		if n >= 2 {
			group = "Windows"
		}
		choices = append(choices, Choice{ID: string(rune('a' + n)), Title: strings.Repeat("title ", n*3), Group: group, Picture: image.NewGray(image.Rect(0, 0, 1+n*40, 90))})
	}
	grid.SetChoices(choices)
	return Page{
		Blocks: []Block{Text{S: "Heading", Style: Heading}, Text{S: "Body"}, Facts{{"Name", "Value"}, {"Other", strings.Repeat("long ", 50)}},
			grid, &Box{ID: "box", Label: strings.Repeat("label ", 30)}, Progress(0.3), Text{S: "wrong", Style: Bad}},
		Buttons: []Button{{ID: "again", Label: "Again"}, {ID: "no", Label: "No"}, {ID: "yes", Label: "Yes", Weight: Primary}},
		Default: "yes", Cancel: "no",
	}
}

func open(t *testing.T, p Page, scale float64, width int) *Form {
	t.Helper()
	f := New(newLook(t, scale), p)
	f.Layout(width)
	return f
}

func keys(f *Form, keys ...Key) (pressed string) {
	for _, k := range keys {
		pressed, _ = f.Handle(Event{Kind: KeyPress, Key: k})
	}
	return pressed
}

func TestContrast(t *testing.T) {
	luminance := func(c color.RGBA) float64 { // WCAG 2.2
		channel := func(v uint8) float64 {
			x := float64(v) / 255
			if x <= 0.04045 {
				return x / 12.92
			}
			return math.Pow((x+0.055)/1.055, 2.4)
		}
		return 0.2126*channel(c.R) + 0.7152*channel(c.G) + 0.0722*channel(c.B)
	}
	contrast := func(a, b color.RGBA) float64 {
		x, y := luminance(a), luminance(b)
		return (max(x, y) + 0.05) / (min(x, y) + 0.05)
	}
	for name, th := range map[string]Theme{"light": Light(), "dark": Dark()} {
		for pair, c := range map[string][2]color.RGBA{
			"ink": {th.Ink, th.Ground}, "soft": {th.Soft, th.Ground}, "ink on tint": {th.Ink, th.Tint}, "ink, hovered": {th.Ink, th.Hover},
			"accent": {th.OnAccent, th.Accent}, "accent, hovered": {th.OnAccent, th.AccentOver}, "grave": {th.OnBad, th.Bad},
			"grave, hovered": {th.OnBad, th.BadOver}, "bad": {th.Bad, th.Ground},
		} {
			if got := contrast(c[0], c[1]); got < 4.5 {
				t.Errorf("%s: %s has a contrast of %.1f", name, pair, got)
			}
		}
		for pair, c := range map[string][2]color.RGBA{"edge": {th.Edge, th.Ground}, "focus": {th.Accent, th.Ground}} {
			if got := contrast(c[0], c[1]); got < 3 {
				t.Errorf("%s: %s has a contrast of %.1f", name, pair, got)
			}
		}
	}
}

func TestKeyboard(t *testing.T) {
	f := open(t, page(), 1, 700)
	var way []string
	for range 6 {
		way = append(way, f.focus)
		keys(f, Tab)
	}
	if want := []string{"grid", "box", "again", "no", "yes", "grid"}; !reflect.DeepEqual(way, want) {
		t.Errorf("the focus goes %v", way)
	}
	keys(f, BackTab)
	for name, c := range map[string]struct {
		focus string
		keys  []Key
		want  string
	}{
		"Enter on a button":     {"no", []Key{Enter}, "no"},
		"Space on a button":     {"again", []Key{Space}, "again"},
		"Enter on the grid":     {"grid", []Key{Enter}, "yes"},
		"Enter on the box":      {"box", []Key{Enter}, "yes"},
		"Escape":                {"yes", []Key{Escape}, "no"},
		"arrows on the buttons": {"no", []Key{Right, Enter}, "yes"},
		"back by arrow":         {"no", []Key{Left, Enter}, "again"},
		"nothing":               {"no", []Key{Down}, ""},
	} {
		f.focus = c.focus
		if got := keys(f, c.keys...); got != c.want {
			t.Errorf("%s: %q", name, got)
		}
	}
	f.focus = "box"
	if keys(f, Space); !f.control("box").(*Box).On {
		t.Error("Space does not tick the box")
	}
	if got, _ := f.Handle(Event{Kind: Close}); got != "no" {
		t.Errorf("closing is %q", got)
	}
}

func TestGridByKeyboard(t *testing.T) {
	// Three columns: a b / c d e / f g h / i
	f := open(t, page(), 1, 760)
	g := f.control("grid").(*Grid)
	if keys(f, Space, Enter); g.Selected != "" { // somebody who types
		t.Errorf("%q is selected by nobody", g.Selected)
	}
	for i, step := range []struct {
		key  Key
		want string
	}{{Right, "a"}, {Right, "b"}, {Down, "d"}, {Down, "g"}, {Down, "i"}, {Down, "i"}, {Up, "f"}, {PageUp, "a"}, {End, "i"}, {Left, "h"}, {Home, "a"}, {Left, "a"}, {PageDown, "f"}} {
		keys(f, step.key)
		if g.Selected != step.want {
			t.Errorf("step %d: %q, not %q", i, g.Selected, step.want)
		}
		if cell := g.cells[g.selected()]; cell.Min.Y < g.scroll || cell.Max.Y > g.scroll+g.room.Y {
			t.Errorf("step %d: %q is not seen", i, g.Selected)
		}
	}
	g.SetChoices(g.Choices[:2])
	if g.Selected != "" {
		t.Errorf("what is gone is selected: %q", g.Selected)
	}
	g.SetChoices(nil)
	f.Layout(760)
	if keys(f, Down, Enter); g.Selected != "" {
		t.Errorf("nothing is there, and selected is %q", g.Selected)
	}
}

// TestNothingIsPressedBeforeSomethingIsSelected, whichever way.
func TestNothingIsPressedBeforeSomethingIsSelected(t *testing.T) {
	p := page()
	for n := range p.Buttons {
		if p.Buttons[n].ID == "yes" {
			p.Buttons[n].Needs = "grid"
		}
	}
	f := open(t, p, 1, 760)
	at := middle(f.place("yes"))
	click := func() string {
		f.Handle(Event{Kind: Press, At: at})
		pressed, _ := f.Handle(Event{Kind: Release, At: at})
		return pressed
	}
	for _, focus := range []string{"grid", "box", "yes"} {
		f.focus = focus
		if got := keys(f, Enter); got != "" {
			t.Errorf("Enter on %s: %q", focus, got)
		}
	}
	if got := click(); got != "" {
		t.Errorf("a click: %q", got)
	}
	if slices.Contains(f.order(), "yes") {
		t.Error("it can have the focus")
	}
	before, after := image.NewRGBA(image.Rectangle{Max: f.size}), image.NewRGBA(image.Rectangle{Max: f.size})
	f.Draw(before)
	f.focus = "grid"
	keys(f, Down)
	f.Draw(after)
	if before.RGBAAt(at.X-f.look.px(30), at.Y) == after.RGBAAt(at.X-f.look.px(30), at.Y) {
		t.Error("it is not seen that it can be pressed")
	}
	if got := keys(f, Enter); got != "yes" {
		t.Errorf("Enter: %q", got)
	}
	if got := click(); got != "yes" {
		t.Errorf("a click: %q", got)
	}
}

func middle(r image.Rectangle) image.Point { return r.Min.Add(r.Size().Div(2)) }

func TestPointer(t *testing.T) {
	f := open(t, page(), 2, 700)
	yes, no := middle(f.place("yes")), middle(f.place("no"))
	click := func(down, up image.Point) string {
		if got, _ := f.Handle(Event{Kind: Press, At: down}); got != "" {
			t.Errorf("pressing alone does %q", got)
		}
		got, _ := f.Handle(Event{Kind: Release, At: up})
		return got
	}
	if got := click(yes, yes); got != "yes" {
		t.Errorf("got %q", got)
	}
	if got := click(no, yes) + click(image.Pt(1, 1), yes) + click(yes, image.Pt(1, 1)); got != "" {
		t.Errorf("who comes with the button pressed, or leaves, presses %q", got)
	}
	if got, _ := f.Handle(Event{Kind: Release, At: yes}); got != "" {
		t.Errorf("letting go alone does %q", got)
	}
	box := f.control("box").(*Box)
	click(f.place("box").Min, f.place("box").Min)
	if !box.On || f.focus != "box" {
		t.Error("the box is not ticked")
	}
	if !f.Busy(yes) || f.Busy(image.Pt(1, 1)) {
		t.Error("what answers is not known")
	}
	if _, redraw := f.Handle(Event{Kind: Motion, At: yes}); !redraw || f.hover != "yes" {
		t.Error("the pointer over a button changes nothing")
	}
	if _, redraw := f.Handle(Event{Kind: Leave}); !redraw || f.hover != "" {
		t.Error("the pointer away changes nothing")
	}
}

func TestGridByPointer(t *testing.T) {
	f := open(t, page(), 1, 760)
	g := f.control("grid").(*Grid)
	at := f.place("grid").Min.Add(middle(g.cells[1]))
	now := time.Now()
	press := func(after time.Duration) string {
		now = now.Add(after)
		got, _ := f.Handle(Event{Kind: Press, At: at, Time: now})
		f.Handle(Event{Kind: Release, At: at})
		return got
	}
	if got := press(0); got != "" || g.Selected != "b" {
		t.Errorf("one press: %q, %q", got, g.Selected)
	}
	if got := press(time.Second); got != "" {
		t.Errorf("a second one much later does %q", got)
	}
	if got := press(twice / 2); got != "yes" {
		t.Errorf("two presses do %q", got)
	}
	if _, redraw := f.Handle(Event{Kind: Wheel, At: at, Lines: 3}); !redraw || g.scroll == 0 {
		t.Error("the wheel does not scroll")
	}
	f.Handle(Event{Kind: Wheel, At: at, Lines: 1000})
	if g.scroll != g.content-g.room.Y {
		t.Errorf("scrolled to %d of %d", g.scroll, g.content)
	}
}

// Everything is drawn, at each scale, whatever it holds.
func TestDraw(t *testing.T) {
	strip := Page{Strip: true, Blocks: []Block{Text{S: strings.Repeat("wide ", 200), Style: Bold}, Text{S: "", Style: Small}}, Buttons: []Button{{ID: "stop", Label: "Stop", Weight: Grave}}}
	for _, scale := range []float64{0, 1, 1.25, 2, 4, 100, math.NaN()} {
		for name, c := range map[string]struct {
			page  Page
			width int
		}{"everything": {page(), 700}, "narrow": {page(), 340}, "a strip": {strip, 600}, "nothing": {Page{}, 300}, "text alone": {Page{Blocks: []Block{Text{S: "a"}}}, 300}} {
			f := open(t, c.page, scale, c.width)
			size := f.Layout(c.width)
			if want := f.look.px(c.width); size.X > want || size.X <= 0 || size.Y <= 0 {
				t.Fatalf("%s at %v: %v", name, scale, size)
			}
			for _, p := range append(f.places, f.keys...) {
				if !p.r.In(image.Rectangle{Max: size}) {
					t.Errorf("%s at %v: %q reaches out: %v", name, scale, p.id, p.r)
				}
			}
			img := image.NewRGBA(image.Rectangle{Max: size})
			f.Draw(img)
			before := append([]byte(nil), img.Pix...)
			if len(f.order()) == 0 {
				continue
			}
			f.Handle(Event{Kind: Focus})
			f.Draw(img)
			if reflect.DeepEqual(before, img.Pix) {
				t.Errorf("%s at %v: the focus is not seen", name, scale)
			}
		}
	}
}

func TestWrap(t *testing.T) {
	l := newLook(t, 1).body
	for _, s := range []string{"", "word", strings.Repeat("several words ", 20), strings.Repeat("x", 200), "two\u00a0together " + strings.Repeat("y", 90) + " end", "é€ж中文👩"} {
		for _, width := range []int{1, 40, 200} {
			lines := l.wrap(s, width)
			for _, line := range lines {
				if l.measure(line) > width && len([]rune(line)) > 1 {
					t.Errorf("%q is wider than %d", line, width)
				}
			}
			squeeze := func(s string) string { return strings.ReplaceAll(s, " ", "") }
			if got := strings.Join(lines, ""); squeeze(got) != squeeze(s) {
				t.Errorf("%q at %d: %q", s, width, got)
			}
		}
	}
	if got := l.cut(strings.Repeat("long ", 50), 100); l.measure(got) > 100 || !strings.HasSuffix(got, "…") {
		t.Errorf("cut to %q", got)
	}
	look := newLook(t, 1)
	if look.Lacks("Éléphant Ж €") || !look.Lacks("中") {
		t.Error("what the fonts have is not known")
	}
}

func TestSetKeepsTheFocus(t *testing.T) {
	f := open(t, page(), 1, 700)
	f.focus = "no"
	p := page()
	p.Buttons = p.Buttons[1:]
	f.Set(p)
	if f.focus != "no" {
		t.Errorf("the focus went to %q", f.focus)
	}
	p.Buttons, p.Focus = p.Buttons[1:], "yes"
	f.Set(p)
	if f.focus != "yes" {
		t.Errorf("the focus is on %q, which is gone", f.focus)
	}
}
