package board

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
)

func surface(t testing.TB, s string) Surface {
	t.Helper()
	on, ok := ParseSurface(s)
	if !ok {
		t.Fatalf("%q is no surface", s)
	}
	return on
}

func stroke(t testing.TB, who, key string, points int) *Shape {
	t.Helper()
	s, ok := Drawing{Key: key, Tool: "pen", Colour: "#1f6feb", Width: 4, Points: make([]int, 2*points)}.Shape(who, who)
	if !ok {
		t.Fatal("not a shape")
	}
	return s
}

// draw gives the shape the id "d" + key.
func draw(t *testing.T, b *Board, on, who, key string) {
	t.Helper()
	if err := b.Draw(surface(t, on), "d"+key, stroke(t, who, key, 2)); err != nil {
		t.Fatalf("%s draws %s: %v", who, key, err)
	}
}

func TestSurfaces(t *testing.T) {
	for s, want := range map[string]Surface{
		"board": {Kind: Whiteboard}, "share/s-1": {Kind: Share, ID: "s-1"}, "page/d_1/1": {Kind: Page, ID: "d_1", Page: 1}, "page/d/2000": {Kind: Page, ID: "d", Page: 2000},
	} {
		if got, ok := ParseSurface(s); !ok || got != want {
			t.Errorf("%q: %+v, %v", s, got, ok)
		}
	}
	for _, s := range []string{
		"", "board/", "board/x", "share", "share/", "share/a/b", "share/a b", "page", "page/d", "page/d/", "page/d/0", "page/d/01", "page/d/2001", "page/d/-1",
		"page/d/1/2", "page//1", "window/x", "page/d/+1", "Board", "share/" + strings.Repeat("x", 65),
	} {
		if got, ok := ParseSurface(s); ok {
			t.Errorf("%q is %+v", s, got)
		}
	}
}

func TestShapes(t *testing.T) {
	good := Drawing{Key: "k", Tool: "pen", Colour: "#00ffAA", Width: 1, Points: []int{0, 10_000}}
	for name, tt := range map[string]struct {
		change func(*Drawing)
		ok     bool
	}{
		"a dot":            {func(*Drawing) {}, true},
		"a long stroke":    {func(d *Drawing) { d.Points = make([]int, 2*maxPoints) }, true},
		"a longer one":     {func(d *Drawing) { d.Points = make([]int, 2*maxPoints+2) }, false},
		"half a point":     {func(d *Drawing) { d.Points = []int{1, 2, 3} }, false},
		"no point":         {func(d *Drawing) { d.Points = nil }, false},
		"outside":          {func(d *Drawing) { d.Points[1] = 10_001 }, false},
		"before":           {func(d *Drawing) { d.Points[0] = -1 }, false},
		"a line":           {func(d *Drawing) { d.Tool, d.Points = "line", make([]int, 4) }, true},
		"a line of 3":      {func(d *Drawing) { d.Tool, d.Points = "line", make([]int, 6) }, false},
		"a text":           {func(d *Drawing) { d.Tool, d.Text = "text", "a\nb" }, true},
		"an empty text":    {func(d *Drawing) { d.Tool, d.Text = "text", "\u202e" }, false},
		"a long text":      {func(d *Drawing) { d.Tool, d.Text = "text", strings.Repeat("é", maxText+1) }, false},
		"a pen with text":  {func(d *Drawing) { d.Text = "a" }, false},
		"another tool":     {func(d *Drawing) { d.Tool = "bomb" }, false},
		"no tool":          {func(d *Drawing) { d.Tool = "" }, false},
		"no key":           {func(d *Drawing) { d.Key = "" }, false},
		"a named colour":   {func(d *Drawing) { d.Colour = "red" }, false},
		"a wrong colour":   {func(d *Drawing) { d.Colour = "#12345g" }, false},
		"a colour's trick": {func(d *Drawing) { d.Colour = "#fff;x:y" }, false},
		"no width":         {func(d *Drawing) { d.Width = 0 }, false},
		"too wide":         {func(d *Drawing) { d.Width = 101 }, false},
	} {
		d := good
		d.Points = slices.Clone(good.Points)
		tt.change(&d)
		if s, ok := d.Shape("ann", "Ann"); ok != tt.ok || ok && (s.Participant != "ann" || len(s.Points) != len(d.Points)) {
			t.Errorf("%s: %+v, %v", name, s, ok)
		}
	}
}

func TestDrawAndErase(t *testing.T) {
	b := New()
	draw(t, b, "board", "ann", "1")
	draw(t, b, "board", "bob", "1b")
	draw(t, b, "share/s", "ann", "2")
	longer := stroke(t, "ann", "1", 9)
	if err := b.Draw(surface(t, "board"), "other", longer); err != nil || longer.ID != "d1" {
		t.Fatalf("%v, %+v", err, longer)
	}
	sheets := b.Sheets()
	if len(sheets) != 2 || len(sheets[0].Shapes) != 2 || sheets[0].Shapes[0] != longer || len(sheets[1].Shapes) != 1 {
		t.Fatalf("%+v", sheets)
	}
	if err := b.Draw(surface(t, "share/s"), "other", stroke(t, "ann", "1", 2)); !errors.Is(err, ErrInvalid) {
		t.Errorf("the key on another surface: %v", err)
	}
	if err := b.Draw(surface(t, "page/d/1"), "other", stroke(t, "ann", "1", 2)); !errors.Is(err, ErrInvalid) {
		t.Errorf("the key on a new surface: %v", err)
	}
	if erased, err := b.Erase(surface(t, "board"), []string{"d1", "d1b"}, "bob", false); erased != nil || !errors.Is(err, ErrDenied) {
		t.Errorf("bob erases ann's: %v, %v", erased, err)
	}
	if erased, err := b.Erase(surface(t, "board"), []string{"d1b", "none", "d2"}, "bob", false); !slices.Equal(erased, []string{"d1b"}) || err != nil {
		t.Errorf("bob erases his: %v, %v", erased, err)
	}
	if erased, err := b.Erase(surface(t, "board"), []string{"d1"}, "bob", true); !slices.Equal(erased, []string{"d1"}) || err != nil {
		t.Errorf("a presenter erases: %v, %v", erased, err)
	}
	if err := b.Draw(surface(t, "board"), "other", stroke(t, "ann", "1", 3)); !errors.Is(err, ErrNotFound) {
		t.Errorf("an erased shape comes back: %v", err)
	}
	if erased := b.Clear(surface(t, "share/s")); !slices.Equal(erased, []string{"d2"}) {
		t.Errorf("cleared %v", erased)
	}
	if erased := b.Clear(surface(t, "share/s")); erased != nil {
		t.Errorf("cleared again %v", erased)
	}
	if len(b.sheets) != 0 || b.size != 0 || b.shapes != 0 {
		t.Errorf("left %+v", b)
	}
}

func TestBoardIsBounded(t *testing.T) {
	b := New()
	for i := range maxShapes {
		draw(t, b, "board", "ann", strconv.Itoa(i))
	}
	if err := b.Draw(surface(t, "board"), "x", stroke(t, "ann", "more", 1)); !errors.Is(err, ErrFull) {
		t.Errorf("one shape more: %v", err)
	}
	b = New()
	for i := 0; ; i++ {
		err := b.Draw(surface(t, "board"), strconv.Itoa(i), stroke(t, "ann", strconv.Itoa(i), maxPoints))
		if errors.Is(err, ErrFull) {
			break
		}
		if err != nil || b.size > maxSize {
			t.Fatalf("%v with %d bytes", err, b.Size())
		}
	}
	if err := b.Draw(surface(t, "board"), "x", stroke(t, "ann", "0", 1)); err != nil {
		t.Errorf("a shape that shrinks: %v", err)
	}
	b = New()
	for i := range maxSurfaces {
		draw(t, b, fmt.Sprintf("page/d/%d", i+1), "ann", strconv.Itoa(i))
	}
	if err := b.Draw(surface(t, "board"), "x", stroke(t, "ann", "more", 1)); !errors.Is(err, ErrFull) {
		t.Errorf("one surface more: %v", err)
	}
	b.Clear(surface(t, "page/d/1"))
	draw(t, b, "board", "ann", "more")
}

// FuzzBoard: whatever is drawn and erased, the counts are those of what is there, within the bounds.
func FuzzBoard(f *testing.F) {
	f.Add([]byte{0, 1, 2, 3, 0, 1, 9, 3, 5, 1, 2, 0})
	f.Fuzz(func(t *testing.T, steps []byte) {
		b := New()
		for i := 0; i+3 < len(steps); i += 4 {
			op, who, key := steps[i]%4, "p"+strconv.Itoa(int(steps[i+1]%3)), strconv.Itoa(int(steps[i+2]%16))
			on := Surface{Kind: Page, ID: "d", Page: 1 + int(steps[i+3]%3)}
			switch op {
			case 0, 1:
				_ = b.Draw(on, strconv.Itoa(i), stroke(t, who, key, 1+int(steps[i+3])))
			case 2:
				if sheets := b.Sheets(); len(sheets) > 0 {
					s := sheets[0].Shapes[0]
					erased, err := b.Erase(sheets[0].Surface, []string{s.ID}, who, key == "0")
					if (err == nil) != (s.Participant == who || key == "0") || err == nil && len(erased) != 1 {
						t.Fatalf("%s erases %+v: %v, %v", who, s, erased, err)
					}
				}
			case 3:
				b.Clear(on)
			}
			shapes, size, ids := 0, 0, map[string]bool{}
			for _, sheet := range b.Sheets() {
				if len(sheet.Shapes) == 0 {
					t.Fatal("an empty sheet is kept")
				}
				for _, s := range sheet.Shapes {
					shapes, size, ids[s.ID] = shapes+1, size+s.Size(), true
				}
			}
			if shapes != b.shapes || size != b.size || len(ids) != shapes || size > maxSize {
				t.Fatalf("%d shapes of %d bytes, counted %d of %d, %d ids", shapes, size, b.shapes, b.size, len(ids))
			}
		}
	})
}

// FuzzParseSurface: what is read is written the same.
func FuzzParseSurface(f *testing.F) {
	for _, s := range []string{"board", "share/s-1", "page/d/7"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if on, ok := ParseSurface(s); ok && on.String() != s {
			t.Fatalf("%q became %q", s, on.String())
		}
	})
}
