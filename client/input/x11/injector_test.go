package x11

import (
	"errors"
	"image"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/coopnet/coopnet/client/capture/x11/xvfbtest"
	"github.com/coopnet/coopnet/client/input"
)

const patience = 20 * time.Second

// eventually waits for a condition.
func eventually(t *testing.T, what string, met func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !met(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not in %v: %s", patience, what)
		}
	}
}

func open(t *testing.T, display string, ground input.Ground) *Injector {
	t.Helper()
	i, err := Open(display, 0, ground)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := i.Close(); err != nil {
			t.Error(err)
		}
	})
	return i
}

func inject(t *testing.T, i *Injector, events ...input.Event) {
	t.Helper()
	for _, e := range events {
		for _, part := range parts(e) {
			for {
				err := i.Inject(part, image.Rect(0, 0, 800, 600))
				if err == nil {
					break
				}
				var later *input.Later
				if !errors.As(err, &later) {
					t.Fatalf("%+v: %v", e, err)
				}
				time.Sleep(later.After)
			}
		}
	}
}

// parts are the characters of a text, which come one at a time.
func parts(e input.Event) (parts []input.Event) {
	if e.Kind != input.Text {
		return []input.Event{e}
	}
	for _, r := range e.Text {
		parts = append(parts, input.Event{Kind: input.Text, Text: string(r)})
	}
	return parts
}

func press(codes ...string) (events []input.Event) {
	for _, code := range codes {
		events = append(events, input.Event{Kind: input.KeyDown, Code: code})
	}
	for n := range codes {
		events = append(events, input.Event{Kind: input.KeyUp, Code: codes[len(codes)-1-n]})
	}
	return events
}

// terminal runs xterm over the whole screen and returns what has been typed into it so far.
func terminal(t *testing.T, display string) (typed func() string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "typed")
	xterm := exec.Command("xterm", "-u8", "-geometry", "120x40+0+0", "-e", "stty raw -echo; cat >"+file)
	xterm.Env = append(os.Environ(), "DISPLAY="+display, "LC_ALL=C.UTF-8")
	if err := xterm.Start(); err != nil {
		t.Fatalf("start xterm: %v (.ci/install installs it)", err)
	}
	t.Cleanup(func() {
		_ = xterm.Process.Kill()
		_ = xterm.Wait()
	})
	return func() string {
		text, err := os.ReadFile(file)
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
		return string(text)
	}
}

func TestTypes(t *testing.T) {
	for _, layout := range []string{"us", "fr", "de", "us,ru"} {
		t.Run(layout, func(t *testing.T) {
			t.Parallel()
			display := xvfbtest.Start(t, image.Pt(800, 600))
			if out, err := exec.Command("setxkbmap", "-display", display, layout).CombinedOutput(); err != nil {
				t.Fatalf("setxkbmap: %v: %s", err, out)
			}
			typed := terminal(t, display)
			i := open(t, display, nil)
			inject(t, i, input.Event{Kind: input.Move, X: 0.1, Y: 0.1})
			eventually(t, "the terminal takes keys", func() bool {
				inject(t, i, input.Event{Kind: input.Text, Text: "|"})
				return strings.HasPrefix(typed(), "|")
			})
			inject(t, i, input.Event{Kind: input.Text, Text: "<"})
			eventually(t, "the terminal has all marks", func() bool { return strings.HasSuffix(typed(), "<") })
			from, want := len(typed()), ""

			write := func(s string) {
				inject(t, i, input.Event{Kind: input.Text, Text: s})
				want += s
			}
			// More characters than there are spare keys, on a machine that may be busy: the first have to be read before.
			arrive := func() {
				t.Helper()
				eventually(t, "everything is typed", func() bool { return len(typed())-from >= len(want) })
			}
			write(`Hello "World" $5 é€ж`)
			arrive()
			write("àÀçÇñßœŒ«»“”‘’…—✓ 中文 😀") // more than the layout has
			arrive()
			write("^`~´¨ @#[]{}\\| <>/?!;:")
			arrive()

			// Modifiers that the controller holds mean nothing for text, and are held again afterwards.
			inject(t, i, input.Event{Kind: input.KeyDown, Code: "ShiftLeft"})
			write("mixed Case é")
			inject(t, i, input.Event{Kind: input.KeyUp, Code: "ShiftLeft"})
			inject(t, i, input.Event{Kind: input.KeyDown, Code: "ControlLeft"})
			write("no control")
			inject(t, i, press("KeyC")...)
			want += "\x03"
			inject(t, i, input.Event{Kind: input.KeyUp, Code: "ControlLeft"})

			// Keys by their place.
			inject(t, i, press("Enter")...)
			inject(t, i, press("ArrowUp")...)
			inject(t, i, press("Home")...)
			inject(t, i, press("NumpadEnter")...)
			inject(t, i, press("Delete")...)
			inject(t, i, press("KeyQ")...)
			want += "\r\x1b[A\x1b[H\r\x1b[3~" + map[bool]string{true: "a", false: "q"}[layout == "fr"]

			// A command goes to the key on which its letter is; without its letter, to its place.
			for _, event := range []input.Event{{Kind: input.KeyDown, Code: "ControlLeft"}, {Kind: input.KeyDown, Code: "KeyQ", Text: "a"},
				{Kind: input.KeyUp, Code: "KeyQ"}, {Kind: input.KeyDown, Code: "KeyW", Text: "Z"}, {Kind: input.KeyUp, Code: "ControlLeft"}} {
				inject(t, i, event)
			}
			want += "\x01\x1a"

			// Caps Lock, which the person at the desktop has left on.
			inject(t, i, press("CapsLock")...)
			write("caps É é 1")
			inject(t, i, press("KeyB")...)
			want += "B"
			inject(t, i, press("CapsLock")...)
			write("end")
			arrive()
			if got := typed()[from:]; got != want {
				t.Errorf("got  %q\nwant %q", got, want)
			}
		})
	}
}
