package input

import (
	"errors"
	"image"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// Whatever is invalid is refused twice: as such, and by what decides what an injector does.
func TestInvalid(t *testing.T) {
	within := image.Rect(0, 0, 100, 100)
	for _, e := range []Event{{Kind: Move, X: 0.5, Y: 1}, {Kind: Down, Button: 2}, {Kind: Wheel, X: 0.1, Y: 0.2, DY: -1.5}, {Kind: KeyDown, Code: "ControlLeft"},
		{Kind: KeyDown, Code: "KeyQ", Text: "a"}, {Kind: Text, Text: "é€ж 👩\u200d💻"}, {Kind: Text, Text: strings.Repeat("é", MaxText)}} {
		if _, err := new(Held).Admit(e, within, nil); err != nil || e.Validate() != nil {
			t.Errorf("%+v: %v, %v", e, err, e.Validate())
		}
	}
	for name, e := range map[string]Event{
		"no kind":              {X: 0.5},
		"another kind":         {Kind: "drag"},
		"right of the picture": {Kind: Move, X: 1.0001},
		"left of the picture":  {Kind: Down, X: -0.1},
		"nowhere":              {Kind: Move, X: math.NaN()},
		"an infinite place":    {Kind: Down, Y: math.Inf(1)},
		"another one":          {Kind: Up, Y: math.Inf(-1)},
		"a sixth button":       {Kind: Down, Button: 5},
		"a negative button":    {Kind: Up, Button: -1},
		"a raging wheel":       {Kind: Wheel, DY: MaxNotches + 1},
		"a wheel of no number": {Kind: Wheel, DX: math.NaN()},
		"a move with a button": {Kind: Move, Button: 1},
		"an unknown key":       {Kind: KeyDown, Code: "Power"},
		"two keys":             {Kind: KeyDown, Code: "KeyA 30"},
		"no key":               {Kind: KeyUp},
		"no text":              {Kind: Text},
		"long text":            {Kind: Text, Text: strings.Repeat("é", MaxText+1)},
		"an escape":            {Kind: Text, Text: "a\x1bb"},
		"a line break":         {Kind: Text, Text: "a\n"},
		"a direction":          {Kind: Text, Text: "a\u202eb"},
		"half a character":     {Kind: Text, Text: "\xed\xa0\xbd"},
		"text of a move":       {Kind: Move, Text: "a"},
		"a key of two letters": {Kind: KeyDown, Code: "KeyA", Text: "ab"},
		"a key of an escape":   {Kind: KeyUp, Code: "KeyA", Text: "\x1b"},
		"a key with a place":   {Kind: KeyDown, Code: "KeyA", X: 0.5},
	} {
		held := &Held{keys: []string{"KeyA"}, buttons: []int{0, -1}}
		if do, err := held.Admit(e, within, nil); !errors.Is(err, ErrInvalid) || do != Nothing {
			t.Errorf("%s: %v, %v", name, do, err)
		}
		if err := e.Validate(); !errors.Is(err, ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzAdmit(f *testing.F) {
	f.Add("wheel", 0.1, 0.2, 0, 0.0, -1.5, "", "")
	f.Add("text", 0.0, 0.0, 0, 0.0, 0.0, "", "é")
	f.Add("keyup", 0.0, 0.0, 0, 0.0, 0.0, "F24", "")
	f.Fuzz(func(t *testing.T, kind string, x, y float64, button int, dx, dy float64, code, text string) {
		e := Event{Kind: kind, X: x, Y: y, Button: button, DX: dx, DY: dy, Code: code, Text: text}
		within := image.Rect(-1920, 0, 1920, 1080)
		do, err := new(Held).Admit(e, within, nil)
		switch {
		case err != nil && (do != Nothing || !errors.Is(err, ErrInvalid)):
			t.Errorf("%+v: %v, %v", e, do, err)
		case err == nil && e.Pointed() && !e.Point(within).In(within):
			t.Errorf("%+v is outside", e)
		case err == nil && (button < 0 || button > maxButton || utf8.RuneCountInString(text) > MaxText):
			t.Errorf("%+v passes", e)
		}
	})
}

func TestPoint(t *testing.T) {
	second := image.Rect(1920, -200, 1920+1280, -200+1024)
	for at, want := range map[[2]float64]image.Point{
		{0, 0}: second.Min, {1, 1}: second.Max.Sub(image.Pt(1, 1)), {0.5, 0.5}: {1920 + 640, -200 + 512}, {1, 0}: {3199, -200},
	} {
		if got := (Event{X: at[0], Y: at[1]}).Point(second); got != want {
			t.Errorf("%v: got %v, want %v", at, got, want)
		}
	}
}

// The keys of the usual keyboard with 105, the one of which more the American has not.
func TestKeys(t *testing.T) {
	usual := strings.Fields(`Escape F1 F2 F3 F4 F5 F6 F7 F8 F9 F10 F11 F12 PrintScreen ScrollLock Pause
		Backquote Digit1 Digit2 Digit3 Digit4 Digit5 Digit6 Digit7 Digit8 Digit9 Digit0 Minus Equal Backspace Insert Home PageUp NumLock NumpadDivide NumpadMultiply NumpadSubtract
		Tab KeyQ KeyW KeyE KeyR KeyT KeyY KeyU KeyI KeyO KeyP BracketLeft BracketRight Enter Delete End PageDown Numpad7 Numpad8 Numpad9 NumpadAdd
		CapsLock KeyA KeyS KeyD KeyF KeyG KeyH KeyJ KeyK KeyL Semicolon Quote Backslash Numpad4 Numpad5 Numpad6
		ShiftLeft IntlBackslash KeyZ KeyX KeyC KeyV KeyB KeyN KeyM Comma Period Slash ShiftRight ArrowUp Numpad1 Numpad2 Numpad3 NumpadEnter
		ControlLeft MetaLeft AltLeft Space AltRight MetaRight ContextMenu ControlRight ArrowLeft ArrowDown ArrowRight Numpad0 NumpadDecimal`)
	if len(usual) != 105 {
		t.Fatalf("%d keys", len(usual))
	}
	for _, code := range usual {
		if _, ok := Lookup(code); !ok {
			t.Errorf("%s is missing", code)
		}
	}
	evdev, scan := map[uint16]string{}, map[Key]string{}
	for _, line := range strings.Split(strings.TrimSpace(keys), "\n") {
		code := strings.Fields(line)[0]
		key, ok := Lookup(code)
		if !ok || key.Evdev == 0 || key.Scan == 0 || key.Scan > 0x7f || key.Evdev > 247 {
			t.Errorf("%s: %+v, %v", code, key, ok)
		}
		place := Key{Scan: key.Scan, Extended: key.Extended}
		if other := evdev[key.Evdev] + scan[place]; other != "" {
			t.Errorf("%s has a number of %s", code, other)
		}
		evdev[key.Evdev], scan[place] = code, code
		// Linux has numbered the keys after the scan codes, as far as they went then.
		if key.Evdev <= 88 && key.Scan != key.Evdev {
			t.Errorf("%s: evdev %d, scan code %x", code, key.Evdev, key.Scan)
		}
	}
	for _, code := range []string{"", " ", "\n", "KeyA ", "KeyA 30", "keya", "A", "30", "Escape\n"} {
		if _, ok := Lookup(code); ok {
			t.Errorf("%q is a key", code)
		}
	}
}

type ground struct {
	window  image.Rectangle
	focused bool
}

func (g ground) Covers(p image.Point) bool { return p.In(g.window) }
func (g ground) Focused() bool             { return g.focused }

func TestHeld(t *testing.T) {
	within := image.Rect(0, 0, 101, 101)
	ours := ground{window: image.Rect(0, 0, 50, 50)}
	var h Held
	for i, step := range []struct {
		e       Event
		ground  Ground
		nowhere bool
		do      Deed
		refused bool
	}{
		{e: Event{Kind: Move, X: 0.2, Y: 0.2}, ground: ours, refused: true},
		{e: Event{Kind: Down, X: 0.2, Y: 0.2}, ground: ours, refused: true},
		{e: Event{Kind: Wheel, X: 0.2, Y: 0.2, DY: 1}, ground: ours, refused: true},
		{e: Event{Kind: Down, X: 0.8, Y: 0.8}, ground: ours, do: Whole},
		{e: Event{Kind: Down, X: 0.8, Y: 0.8}, ground: ours},
		{e: Event{Kind: Up, X: 0.2, Y: 0.2}, ground: ours, do: Still},
		{e: Event{Kind: Up, X: 0.8, Y: 0.8}, ground: ours},
		{e: Event{Kind: Down, X: 0.8, Y: 0.8}, do: Whole},
		{e: Event{Kind: Up, X: 0.8, Y: 0.8}, nowhere: true, do: Still}, // the window has closed on the press
		{e: Event{Kind: Down, X: 0.8, Y: 0.8}, do: Whole},
		{e: Event{Kind: Up, X: 0.7, Y: 0.8}, ground: ours, do: Whole},
		{e: Event{Kind: Move}, nowhere: true, refused: true},
		{e: Event{Kind: KeyDown, Code: "Enter"}, ground: ground{focused: true}, refused: true},
		{e: Event{Kind: Text, Text: "y"}, ground: ground{focused: true}, refused: true},
		{e: Event{Kind: Text, Text: "y"}, ground: Grounds{ours, ground{focused: true}}, refused: true},
		{e: Event{Kind: KeyDown, Code: "KeyA"}, ground: Grounds{ours, ground{}}, do: Whole},
		{e: Event{Kind: KeyUp, Code: "KeyA"}, ground: ground{focused: true}, do: Whole},
		{e: Event{Kind: KeyUp, Code: "KeyA"}},
		{e: Event{Kind: KeyUp, Code: "Nonsense"}, refused: true},
	} {
		within := within
		if step.nowhere {
			within = image.Rectangle{}
		}
		do, err := h.Admit(step.e, within, step.ground)
		if do != step.do || (err != nil) != step.refused || err != nil && !errors.Is(err, ErrRefused) && !errors.Is(err, ErrInvalid) {
			t.Errorf("step %d, %+v: %v, %v", i, step.e, do, err)
		}
	}
}

// Keys that lead out of a window, in every order in which they can be pressed.
func TestHeldStaysInAWindow(t *testing.T) {
	for _, chord := range [][]string{{"MetaLeft"}, {"MetaRight"}, {"PrintScreen"}, {"AltLeft", "Tab"}, {"AltRight", "Escape"}, {"AltLeft", "Space"}, {"AltLeft", "F2"},
		{"ControlLeft", "Escape"}, {"ControlLeft", "AltLeft", "KeyT"}, {"ShiftLeft", "AltLeft", "Tab"}} {
		for _, backwards := range []bool{false, true} {
			chord := slices.Clone(chord)
			if backwards {
				slices.Reverse(chord)
			}
			h, free, refused := Held{Narrow: true}, Held{}, false
			for _, code := range chord {
				_, err := h.Admit(Event{Kind: KeyDown, Code: code}, image.Rectangle{}, nil)
				refused = refused || errors.Is(err, ErrRefused)
				if _, err := free.Admit(Event{Kind: KeyDown, Code: code}, image.Rectangle{}, nil); err != nil {
					t.Errorf("%v on a desktop: %v", chord, err)
				}
			}
			if !refused {
				t.Errorf("%v passes", chord)
			}
		}
	}
	for _, chord := range [][]string{{"ControlLeft", "KeyS"}, {"ControlLeft", "Tab"}, {"AltLeft", "KeyF"}, {"AltLeft", "F4"}, {"Tab"}, {"F11"}, {"ControlLeft", "ShiftLeft", "KeyN"}} {
		h := Held{Narrow: true}
		for _, code := range chord {
			if _, err := h.Admit(Event{Kind: KeyDown, Code: code}, image.Rectangle{}, nil); err != nil {
				t.Errorf("%v: %v", chord, err)
			}
		}
	}
}

func TestHeldNeverMakesThePanicKey(t *testing.T) {
	for _, order := range [][]string{
		{"ControlLeft", "ShiftLeft", "Backspace"}, {"Backspace", "ShiftRight", "ControlRight"}, {"ShiftLeft", "F9", "ControlLeft"}, {"F9", "ControlRight", "ShiftRight"},
	} {
		var h Held
		for i, code := range order {
			_, err := h.Admit(Event{Kind: KeyDown, Code: code}, image.Rectangle{}, nil)
			if last := i == 2; errors.Is(err, ErrRefused) != last {
				t.Errorf("%v: %s: %v", order, code, err)
			}
		}
		if _, err := h.Admit(Event{Kind: KeyUp, Code: order[0]}, image.Rectangle{}, nil); err != nil {
			t.Error(err)
		}
		if _, err := h.Admit(Event{Kind: KeyDown, Code: order[2]}, image.Rectangle{}, nil); err != nil {
			t.Errorf("%v: two of three are nothing special: %v", order, err)
		}
	}
}

func TestHeldClear(t *testing.T) {
	var h Held
	within := image.Rect(0, 0, 10, 10)
	for _, e := range []Event{{Kind: KeyDown, Code: "ControlLeft"}, {Kind: KeyDown, Code: "KeyC"}, {Kind: Down, Button: 1}, {Kind: KeyDown, Code: "KeyC"}} {
		if _, err := h.Admit(e, within, nil); err != nil {
			t.Fatal(err)
		}
	}
	want := []Event{{Kind: KeyUp, Code: "KeyC"}, {Kind: KeyUp, Code: "ControlLeft"}, {Kind: Up, Button: 1}}
	if got := h.Clear(); !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v", got)
	}
	if got := h.Clear(); len(got) != 0 {
		t.Errorf("again: %+v", got)
	}
	for range 2 {
		h.Keep(want[0]) // the system has not let it go
		h.Keep(want[2])
	}
	if got := h.Clear(); !reflect.DeepEqual(got, []Event{want[0], want[2]}) {
		t.Errorf("kept: %+v", got)
	}
}

func TestNotches(t *testing.T) {
	var n Notches
	for i, step := range []struct {
		dx, dy float64
		x, y   int
	}{{0, 0.4, 0, 0}, {0, 0.4, 0, 0}, {0, 0.4, 0, 1}, {0, -0.9, 0, 0}, {0, -0.2, 0, -1}, {-2.5, 0, -2, 0}, {-0.5, 3, -1, 3}} {
		if x, y := n.Turn(step.dx, step.dy); x != step.x || y != step.y {
			t.Errorf("step %d: %d, %d", i, x, y)
		}
	}
}
