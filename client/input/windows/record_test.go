package windows

import (
	"image"
	"testing"
	"unsafe"

	"github.com/coopnet/coopnet/client/input"
)

func TestRecordHasTheLayoutOfWindows(t *testing.T) {
	var r record
	for name, got := range map[string][2]uintptr{
		"size": {unsafe.Sizeof(r), 40}, "dx, wVk": {unsafe.Offsetof(r.first), 8}, "dy, dwFlags of a key": {unsafe.Offsetof(r.next), 12},
		"mouseData": {unsafe.Offsetof(r.data), 16}, "dwFlags of a mouse": {unsafe.Offsetof(r.flags), 20},
		"dwExtraInfo of a key": {unsafe.Offsetof(r.keyMark), 24}, "dwExtraInfo of a mouse": {unsafe.Offsetof(r.mark), 32},
	} {
		if got[0] != got[1] {
			t.Errorf("%s at %d, not %d", name, got[0], got[1])
		}
	}
}

func TestCarryOut(t *testing.T) {
	for name, c := range map[string]struct {
		e    input.Event
		want []record
	}{
		"a letter":         {input.Event{Kind: input.KeyDown, Code: "KeyA"}, []record{{kind: 1, first: 0x1e << 16, next: 8, keyMark: Mark}}},
		"an arrow, let go": {input.Event{Kind: input.KeyUp, Code: "ArrowUp"}, []record{{kind: 1, first: 0x48 << 16, next: 8 | 2 | 1, keyMark: Mark}}},
		"the right button": {input.Event{Kind: input.Down, Button: 2}, []record{{flags: 8, mark: Mark}}},
		"the last, let go": {input.Event{Kind: input.Up, Button: 4}, []record{{data: 2, flags: 0x100, mark: Mark}}},
		"down and left": {input.Event{Kind: input.Wheel, DX: -1, DY: 0.5}, []record{
			{data: 0xffffffff - 59, flags: 0x800, mark: Mark}, {data: 0xffffffff - 119, flags: 0x1000, mark: Mark}}},
		"nothing": {input.Event{Kind: input.Wheel}, nil},
	} {
		got := carryOut(c.e)
		if len(got) != len(c.want) {
			t.Errorf("%s: %+v", name, got)
			continue
		}
		for n := range got {
			if got[n] != c.want[n] {
				t.Errorf("%s: got %+v, want %+v", name, got[n], c.want[n])
			}
		}
	}
}

// Windows computes the pixel as place * size / 65536, rounded down.
func TestMoveTo(t *testing.T) {
	desktop := image.Rect(-1280, -100, 3840, 1440)
	for _, p := range []image.Point{desktop.Min, {-1279, -99}, {0, 0}, {1, 1}, {1919, 1079}, {3838, 1438}, {3839, 1439}} {
		r := moveTo(p, desktop)
		got := image.Pt(int(r.first)*desktop.Dx()>>16, int(r.next)*desktop.Dy()>>16).Add(desktop.Min)
		if got != p {
			t.Errorf("%v becomes %v", p, got)
		}
	}
	if r := moveTo(image.Pt(5, 5), image.Rectangle{}); r.first != 0 || r.next != 0 {
		t.Errorf("no desktop: %+v", r)
	}
}
