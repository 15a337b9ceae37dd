//go:build linux

package pipewire

import (
	"bytes"
	"errors"
	"image"
	"os"
	"testing"
	"time"

	"github.com/coopnet/coopnet/client/pipewire/pipewiretest"
)

// shown is a picture that was taken.
type shown struct {
	Picture
	pix []byte
}

func (s shown) at(x, y int) (blue, green, red byte) {
	p := s.pix[y*s.Stride+4*x:]
	if s.Swapped {
		return p[2], p[1], p[0]
	}
	return p[0], p[1], p[2]
}

func loaded(t *testing.T) *Library {
	t.Helper()
	l, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func received(t *testing.T, l *Library, session *pipewiretest.Session, node uint32) *Stream {
	t.Helper()
	fd, err := session.Connect()
	if err != nil {
		t.Fatal(err)
	}
	s, err := l.Receive(fd, node, 30)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// begun receives a screen, and has taken all that it has sent until now.
func begun(t *testing.T, l *Library, session *pipewiretest.Session, screen *pipewiretest.Screen) *Stream {
	t.Helper()
	s := received(t, l, session, screen.Node)
	screen.Begin(func() bool {
		select {
		case <-s.Changed():
		case <-time.After(100 * time.Millisecond):
		}
		return s.Take(func(p Picture) {
			if p.Known {
				t.Errorf("the damage of the first picture is known: %v", p.Damage)
			}
		})
	})
	screen.Tell("fill 0 0 1 1 abcdef")
	next(t, s, coloured(0, 0, 0xef, 0xcd, 0xab))
	screen.Tell("fill 0 0 1 1 000000")
	next(t, s, coloured(0, 0, 0, 0, 0))
	return s
}

// next waits for a picture that is as wanted.
func next(t *testing.T, s *Stream, wanted func(shown) bool) shown {
	t.Helper()
	var got shown
	late := time.After(10 * time.Second)
	for {
		if s.Take(func(p Picture) { got = shown{p, append([]byte(nil), p.Pix...)} }) && wanted(got) {
			return got
		}
		select {
		case <-s.Changed():
		case <-late:
			phase, err := s.Phase()
			t.Fatalf("no such picture; the last: %v, damage %v (%v); phase %v %v", got.Size, got.Damage, got.Known, phase, err)
		}
	}
}

func coloured(x, y int, blue, green, red byte) func(shown) bool {
	return func(s shown) bool {
		if !(image.Pt(x, y).In(image.Rectangle{Max: s.Size})) {
			return false
		}
		b, g, r := s.at(x, y)
		return b == blue && g == green && r == red
	}
}

func TestStream(t *testing.T) {
	session := pipewiretest.Start(t)
	l := loaded(t)
	for _, kind := range []string{"BGRx", "RGBx"} {
		t.Run(kind, func(t *testing.T) {
			screen := session.Show(t, 320, 200, kind)
			s := begun(t, l, session, screen)
			defer s.Close()
			screen.Tell("fill 10 20 30 40 123456")
			p := next(t, s, coloured(39, 59, 0x56, 0x34, 0x12))
			if p.Size != image.Pt(320, 200) || p.Swapped != (kind == "RGBx") {
				t.Errorf("%v, swapped %v", p.Size, p.Swapped)
			}
			if want := image.Rect(10, 20, 40, 60); !p.Known || len(p.Damage) != 1 || p.Damage[0] != want {
				t.Errorf("damage %v (%v), want %v", p.Damage, p.Known, want)
			}
			if b, g, r := p.at(40, 60); b|g|r != 0 {
				t.Error("what lies beside it has changed")
			}
			screen.Tell("blind 0 0 1 1 ff0000")
			if p := next(t, s, coloured(0, 0, 0, 0, 0xff)); p.Known {
				t.Errorf("damage %v of which nothing was said", p.Damage)
			}
			// Two pictures, of which only the second may be taken.
			screen.Tell("fill 5 5 1 1 0000ff")
			screen.Tell("fill 7 7 1 1 0000ff")
			p = next(t, s, coloured(7, 7, 0xff, 0, 0))
			if !coloured(5, 5, 0xff, 0, 0)(p) {
				t.Error("the picture before is not in it")
			}
		})
	}
}

func TestStreamChanges(t *testing.T) {
	session := pipewiretest.Start(t)
	screen := session.Show(t, 320, 200, "BGRx")
	s := begun(t, loaded(t), session, screen)
	defer s.Close()
	for n, size := range []image.Point{{640, 480}, {100, 80}, {1920, 1080}} {
		screen.Tell("resize %d %d", size.X, size.Y)
		screen.Begin(func() (arrived bool) {
			select {
			case <-s.Changed():
			case <-time.After(100 * time.Millisecond):
			}
			s.Take(func(p Picture) {
				if arrived = p.Size == size; arrived && p.Known {
					t.Errorf("damage %v of another size", p.Damage)
				}
			})
			return arrived
		})
		screen.Tell("fill 1 1 50 50 %06x", n+1)
		next(t, s, coloured(50, 50, byte(n+1), 0, 0))
	}
	screen.Tell("crop 8 4 100 60")
	screen.Tell("fill 8 4 1 1 ffffff")
	if p := next(t, s, coloured(0, 0, 255, 255, 255)); p.Size != image.Pt(100, 60) {
		t.Errorf("a part of %v", p.Size)
	}
	screen.Tell("crop 9 4 100 60")
	screen.Tell("fill 50 50 1 1 00ff00")
	if p := next(t, s, coloured(41, 46, 0, 255, 0)); p.Known {
		t.Errorf("damage %v of a part that has moved", p.Damage)
	}
	screen.Tell("fill 60 60 1 1 00ff00")
	if p := next(t, s, coloured(51, 56, 0, 255, 0)); !p.Known || len(p.Damage) != 1 || p.Damage[0] != image.Rect(51, 56, 52, 57) {
		t.Errorf("damage %v (%v) of a part that stays where it is", p.Damage, p.Known)
	}
	screen.Tell("corrupt")
	screen.Tell("crop 0 0 0 0")
	screen.Tell("fill 1919 1079 1 1 ffffff")
	next(t, s, coloured(1919, 1079, 255, 255, 255))
}

// TestStreamUnreadable: what a picture that cannot be read has changed is not forgotten, and none has come.
func TestStreamUnreadable(t *testing.T) {
	session := pipewiretest.Start(t)
	screen := session.Show(t, 320, 200, "BGRx")
	s := begun(t, loaded(t), session, screen)
	defer s.Close()
	if s.Hungry() {
		t.Error("there was a picture")
	}
	screen.Tell("broken 1")
	screen.Tell("fill 1 1 10 10 0000ff")
	for late := time.After(10 * time.Second); ; {
		if s.Take(func(Picture) {}) {
			t.Fatal("it was read")
		}
		if s.Hungry() {
			break
		}
		select {
		case <-s.Changed():
		case <-late:
			t.Fatal("it counts as a picture")
		}
	}
	screen.Tell("broken 0")
	screen.Tell("fill 20 20 1 1 0000ff")
	p := next(t, s, coloured(20, 20, 0xff, 0, 0))
	if p.Known || s.Hungry() {
		t.Errorf("damage %v (%v); hungry %v", p.Damage, p.Known, s.Hungry())
	}
	if !coloured(1, 1, 0xff, 0, 0)(p) {
		t.Error("what could not be read is not in the next one")
	}
}

func TestStreamEnds(t *testing.T) {
	session := pipewiretest.Start(t)
	l := loaded(t)
	screen := session.Show(t, 320, 200, "BGRx")
	s := begun(t, l, session, screen)
	defer s.Close()
	screen.Tell("end")
	ended(t, s)
	if s.Take(func(Picture) {}) {
		t.Error("there is a picture after the end")
	}
	if s.Again(); s.Take(func(Picture) {}) {
		t.Error("there is a picture after the end, when it is begun anew")
	}
	unknown := received(t, l, session, 12345)
	defer unknown.Close()
	ended(t, unknown)
	left := begun(t, l, session, session.Show(t, 320, 200, "BGRx"))
	defer left.Close()
	session.Crash()
	ended(t, left)
}

func ended(t *testing.T, s *Stream) {
	t.Helper()
	late := time.After(10 * time.Second)
	for {
		phase, err := s.Phase()
		if errors.Is(err, ErrEnded) && phase == Ended {
			return
		}
		select {
		case <-s.Changed():
		case <-late:
			t.Fatalf("phase %v after the end", phase)
		}
	}
}

// TestStreamLeavesNothing: neither descriptors nor threads nor memory that is mapped.
func TestStreamLeavesNothing(t *testing.T) {
	session := pipewiretest.Start(t)
	l := loaded(t)
	screen := session.Show(t, 320, 200, "BGRx")
	open := func() {
		begun(t, l, session, screen).Close()
	}
	open() // what the library keeps for good
	before, kept := [2]int{entries(t, "/proc/self/fd"), entries(t, "/proc/self/task")}, mapped(t)
	for range 5 {
		open()
	}
	s := begun(t, l, session, screen)
	if during := mapped(t); during <= kept {
		t.Errorf("%d memories are mapped during a stream, %d before", during, kept)
	}
	s.Close()
	if after := mapped(t); after > kept {
		t.Errorf("%d memories are mapped, %d before", after, kept)
	}
	if after := [2]int{entries(t, "/proc/self/fd"), entries(t, "/proc/self/task")}; after[0] > before[0] || after[1] > before[1]+2 { // threads of Go's may come
		t.Errorf("descriptors and threads: %v, were %v", after, before)
	}
}

// mapped is how many memories of others there are in ours.
func mapped(t *testing.T) int {
	t.Helper()
	maps, err := os.ReadFile("/proc/self/maps")
	if err != nil {
		t.Fatal(err)
	}
	return bytes.Count(maps, []byte("/memfd:"))
}

func entries(t *testing.T, folder string) int {
	t.Helper()
	names, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	return len(names)
}

func TestNoPipeWire(t *testing.T) {
	if _, err := load("libnothing-0.3.so.0"); !errors.Is(err, ErrMissing) {
		t.Errorf("without a library: %v", err)
	}
	if _, err := load("libc.so.6"); !errors.Is(err, ErrMissing) {
		t.Errorf("another library: %v", err)
	}
}
