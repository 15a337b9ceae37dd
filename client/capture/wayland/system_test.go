//go:build linux

package wayland

import (
	"context"
	"errors"
	"image"
	"os"
	"testing"
	"time"

	"github.com/coopnet/coopnet/client/capture"
	"github.com/coopnet/coopnet/client/capture/wayland/portaltest"
	"github.com/coopnet/coopnet/client/pipewire"
	"github.com/coopnet/coopnet/client/pipewire/pipewiretest"
)

func opened(t *testing.T, bus string) *System {
	t.Helper()
	library, err := pipewire.Load()
	if err != nil {
		t.Fatal(err)
	}
	return open(library, bus)
}

func unsupported(err error) capture.Reason {
	var why *capture.Unsupported
	if !errors.As(err, &why) {
		return ""
	}
	return why.Reason
}

// frames waits for a frame that is as wanted.
func frames(t *testing.T, g capture.Grabber, wanted func(capture.Frame) bool) capture.Frame {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	for {
		f, err := g.Next(ctx)
		if err != nil {
			t.Fatalf("no such frame: %v", err)
		}
		if wanted(f) {
			return f
		}
	}
}

func pixel(x, y int, blue, green, red byte) func(capture.Frame) bool {
	return func(f capture.Frame) bool {
		if !image.Pt(x, y).In(image.Rectangle{Max: f.Size}) {
			return false
		}
		p := f.Pix[y*f.Stride+4*x:]
		return p[0] == blue && p[1] == green && p[2] == red
	}
}

// stage is a session whose desktop is the test.
type stage struct {
	*System
	desktop *portaltest.Desktop
	screen  *pipewiretest.Screen
}

// captured captures what the user chooses, until the test ends.
func captured(t *testing.T, s *System) (capture.Source, capture.Grabber) {
	t.Helper()
	source, err := s.Choose(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	g, err := s.Open(t.Context(), source.ID)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := g.Close(); err != nil {
			t.Error(err)
		}
	})
	return source, g
}

// opened captures what was chosen, and returns the first frame, too.
func (s stage) opened(t *testing.T, id string) (capture.Grabber, capture.Frame) {
	t.Helper()
	g, err := s.Open(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	var first capture.Frame
	s.screen.Begin(func() bool {
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		first, err = g.Next(ctx)
		if err != nil && !errors.Is(err, context.DeadlineExceeded) {
			t.Fatalf("no first frame: %v", err)
		}
		return err == nil
	})
	return g, first
}

// chosen has the user choose, and captures it.
func (s stage) chosen(t *testing.T) (capture.Source, capture.Grabber, capture.Frame) {
	t.Helper()
	source, err := s.Choose(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	g, first := s.opened(t, source.ID)
	t.Cleanup(func() {
		if err := g.Close(); err != nil {
			t.Error(err)
		}
	})
	return source, g, first
}

func TestSystem(t *testing.T) {
	session := pipewiretest.Start(t)
	screen := session.Show(t, 320, 200, "RGBx")
	d := portaltest.New(t, session, screen.Node)
	s := stage{opened(t, session.Bus), d, screen}
	t.Run("a screen", s.aScreen)
	t.Run("still", s.still)
	t.Run("only once", s.onlyOnce)
	t.Run("unreadable", s.unreadable)
	t.Run("a window", s.aWindow)
	t.Run("ended by the user", func(t *testing.T) {
		_, g, _ := s.chosen(t)
		d.Close()
		isGone(t, g)
	})
	t.Run("refused", func(t *testing.T) {
		defer d.Set(func(a *portaltest.Answers) { a.Code = 1 })()
		if _, err := s.Choose(t.Context()); unsupported(err) != capture.Refused {
			t.Errorf("%v", err)
		}
	})
	t.Run("failed", func(t *testing.T) {
		defer d.Set(func(a *portaltest.Answers) { a.Code = 2 })()
		if _, err := s.Choose(t.Context()); unsupported(err) != capture.NoPortal {
			t.Errorf("%v", err)
		}
	})
	t.Run("given up", s.givenUp)
	t.Run("forged", s.forged)
	t.Run("the portal ends", func(t *testing.T) {
		_, g, _ := s.chosen(t)
		defer d.Leave()()
		isGone(t, g)
	})
	t.Run("chosen again", s.chosenAgain)
	t.Run("an old portal", func(t *testing.T) {
		defer d.Set(func(a *portaltest.Answers) { a.Version = 1 })()
		s.chosen(t)
		if last := d.Told(-1); last["cursor_mode"].Value() != nil {
			t.Errorf("it is told %v", last)
		}
	})
	t.Run("no ScreenCast", func(t *testing.T) {
		defer d.Set(func(a *portaltest.Answers) { a.Version = 0 })()
		if _, err := s.Choose(t.Context()); unsupported(err) != capture.NoPortal {
			t.Errorf("%v", err)
		}
	})
	t.Run("the screen ends", func(t *testing.T) {
		_, g, _ := s.chosen(t)
		screen.Tell("end")
		isGone(t, g)
	})
}

func (s stage) aScreen(t *testing.T) {
	source, g, f := s.chosen(t)
	if source.Kind != capture.Screen || g.Bounds() != image.Rect(10, 20, 330, 220) {
		t.Errorf("%+v at %v", source, g.Bounds())
	}
	if sources, err := s.Sources(t.Context()); err != nil || len(sources) == 0 || sources[0] != source {
		t.Errorf("%v, %v", sources, err)
	}
	if !f.Black || f.Size != image.Pt(320, 200) || len(f.Damage) != 1 || f.Damage[0] != (image.Rectangle{Max: f.Size}) {
		t.Errorf("the first: %v, damage %v, black %v", f.Size, f.Damage, f.Black)
	}
	s.screen.Tell("fill 10 20 30 40 123456")
	if f := frames(t, g, pixel(39, 59, 0x56, 0x34, 0x12)); f.Black || len(f.Damage) != 1 || f.Damage[0] != image.Rect(10, 20, 40, 60) {
		t.Errorf("damage %v, black %v", f.Damage, f.Black)
	}
	s.screen.Tell("resize 400 300")
	s.screen.Tell("fill 399 299 1 1 ffffff")
	s.screen.Begin(func() bool {
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		f, err := g.Next(ctx)
		if err == nil && f.Size == image.Pt(400, 300) && (len(f.Damage) != 1 || f.Damage[0] != (image.Rectangle{Max: f.Size})) {
			t.Errorf("damage of another size: %v", f.Damage)
		}
		return err == nil && pixel(399, 299, 255, 255, 255)(f)
	})
	if first := s.desktop.Told(0); first["types"].Value() != uint32(3) || first["cursor_mode"].Value() != uint32(2) || first["persist_mode"].Value() != nil ||
		first["multiple"].Value() != false {
		t.Errorf("the portal is told %v", first)
	}
}

// still: a picture that is sent again and does not differ is none, and nothing comes of nothing.
func (s stage) still(t *testing.T) {
	_, g, _ := s.chosen(t)
	s.screen.Tell("fill 0 0 10 10 00ff00")
	frames(t, g, pixel(9, 9, 0, 255, 0))
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	s.screen.Tell("blind 0 0 10 10 00ff00")
	if f, err := g.Next(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("damage %v, %v", f.Damage, err)
	}
	s.screen.Tell("fill 0 0 10 10 0000ff")
	frames(t, g, pixel(9, 9, 255, 0, 0))
}

// onlyOnce: what was captured before is gone, and the desktop is not asked for it; nothing stays open.
func (s stage) onlyOnce(t *testing.T) {
	var descriptors []int
	for range 4 {
		source, err := s.Choose(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		g, _ := s.opened(t, source.ID)
		if err := g.Close(); err != nil {
			t.Error(err)
		}
		open, err := os.ReadDir("/proc/self/fd")
		if err != nil {
			t.Fatal(err)
		}
		descriptors = append(descriptors, len(open))
		asked := len(s.desktop.Asked())
		if _, err := s.Open(t.Context(), source.ID); !errors.Is(err, capture.ErrGone) {
			t.Errorf("a second time: %v", err)
		}
		if n := len(s.desktop.Asked()); n != asked {
			t.Errorf("the user was asked %d times more", n-asked)
		}
	}
	if descriptors[3] > descriptors[0] {
		t.Errorf("descriptors that are open: %v", descriptors)
	}
	if _, err := s.Open(t.Context(), "chosen:0"); !errors.Is(err, capture.ErrGone) {
		t.Errorf("what nobody has chosen: %v", err)
	}
}

// unreadable: a desktop that sends what cannot be read, however often, is told of; what can be read is seen again.
func (s stage) unreadable(t *testing.T) {
	source, err := s.Choose(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	s.screen.Tell("broken 1")
	defer s.screen.Tell("broken 0")
	opened, err := s.Open(t.Context(), source.ID)
	if err != nil {
		t.Fatal(err)
	}
	defer opened.Close()
	opened.(*grabber).tried = attempts - 1
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	done := make(chan error, 1)
	go func() {
		_, err := opened.Next(ctx)
		done <- err
	}()
	eventually(t, "it is said that nothing comes", func() bool {
		s.screen.Tell("again")
		return len(done) == 1
	})
	if err := <-done; unsupported(err) != capture.NoPipeWire {
		t.Fatalf("%v", err)
	}
	s.screen.Tell("broken 0")
	s.screen.Tell("again")
	if f := frames(t, opened, func(capture.Frame) bool { return true }); len(f.Damage) != 1 || f.Damage[0] != (image.Rectangle{Max: f.Size}) {
		t.Errorf("damage of the first: %v", f.Damage)
	}
}

func (s stage) aWindow(t *testing.T) {
	defer s.desktop.Set(func(a *portaltest.Answers) { a.Kind = portaltest.Window })()
	source, g, _ := s.chosen(t)
	if source.Kind != capture.Window || !g.Bounds().Empty() {
		t.Errorf("%+v at %v", source, g.Bounds())
	}
	s.screen.Tell("crop 2 3 50 60")
	s.screen.Tell("fill 2 3 1 1 ff0000")
	if f := frames(t, g, pixel(0, 0, 0, 0, 255)); f.Size != image.Pt(50, 60) {
		t.Errorf("a window of %v", f.Size)
	}
	s.screen.Tell("crop 0 0 0 0")
	s.screen.Tell("again")
	frames(t, g, func(f capture.Frame) bool { return f.Size == image.Pt(400, 300) })
	s.screen.Tell("pause")
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	for {
		if _, err := g.Next(ctx); errors.Is(err, capture.ErrHidden) {
			break
		} else if err != nil {
			t.Fatalf("not hidden: %v", err)
		}
	}
	s.screen.Tell("resume")
	s.screen.Begin(func() bool {
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		f, err := g.Next(ctx)
		if err == nil && (len(f.Damage) != 1 || f.Damage[0] != (image.Rectangle{Max: f.Size})) {
			t.Errorf("damage of what is seen again: %v", f.Damage)
		}
		return err == nil
	})
}

func isGone(t *testing.T, g capture.Grabber) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	for range 2 { // whoever asks again is told again
		for {
			_, err := g.Next(ctx)
			if errors.Is(err, capture.ErrGone) {
				break
			}
			if err != nil {
				t.Fatalf("not gone: %v", err)
			}
		}
	}
}

// givenUp: whoever does not wait any more takes the question away.
func (s stage) givenUp(t *testing.T) {
	defer s.desktop.Set(func(a *portaltest.Answers) { a.Silent = true })()
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if _, err := s.Choose(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v", err)
	}
	select {
	case <-s.desktop.Withdrawn:
	case <-time.After(10 * time.Second):
		t.Error("the question is still there")
	}
}

func TestNoPortal(t *testing.T) {
	session := pipewiretest.Start(t)
	if _, err := opened(t, session.Bus).Choose(t.Context()); unsupported(err) != capture.NoPortal {
		t.Errorf("a bus without a portal: %v", err)
	}
	if _, err := opened(t, "unix:path=/nonexistent").Choose(t.Context()); unsupported(err) != capture.NoPortal {
		t.Errorf("no bus: %v", err)
	}
}
