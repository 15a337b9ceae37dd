//go:build cgo

package packaging_test

import (
	"bytes"
	"encoding/binary"
	"image"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/coopnet/coopnet/client/capture"
	"github.com/coopnet/coopnet/client/encode"
	"github.com/coopnet/coopnet/client/encode/vpx/vpxtest"
	"github.com/coopnet/coopnet/client/grant/granttest"
	"github.com/coopnet/coopnet/client/share/viewtest"
	"github.com/coopnet/coopnet/client/text"
	"github.com/coopnet/coopnet/shared/whip"
	"github.com/coopnet/coopnet/shared/wire"
)

const (
	notes   = `C:\notes.txt`
	written = "Hello é€ж À la carte"
)

// TestWindowsShare goes through a conference with the installed program: from a link to a share that a colleague sees, who
// then writes a note on the presenter's desktop, until the presenter ends first that and then the share.
func TestWindowsShare(t *testing.T) {
	slow(t)
	origin := freeOrigin(t)
	p, w := startPortal(t, origin), newWorkstation(t)
	installer := w.installer("1.0.0", "ORIGINS="+origin)
	w.must(installer, "/S")
	w.everybody()
	w.write(notes, "")
	w.start("notepad", notes)
	note, h := w.shows("notes.txt - Notepad"), w.hands()
	bar := w.shares(h, p)

	anne := p.colleague()
	decoder := vpxtest.NewDecoder(t, encode.VP9) // closes after the reading
	views := anne.join()
	seen := viewtest.Watch(t, whip.Endpoint{URL: views.Relay.WHEP, Token: views.Token}, decoder)
	paper := image.Rectangle{Max: image.Pt(150, 30)}.Add(note.Bounds.Min.Add(image.Pt(10, 25))) // where its first line is
	until(t, "a colleague sees an empty sheet", func() bool {
		lowest, highest := seen.Brightness(paper)
		return seen.Size() == w.size && lowest > 200 && highest < 240
	})
	t.Logf("a colleague sees it: %v", seen.Size())

	page := w.helped(h, anne)
	dark := func() bool { lowest, _ := seen.Brightness(paper); return lowest < 120 }
	var clicked time.Time
	until(t, "a click gives the note the keyboard, which the software had", func() bool {
		if now := time.Now(); now.Sub(clicked) > 2*time.Second { // what comes before the banner does not count; two at once are another thing
			page.Does(at(wire.InputMove, paper, w.size), at(wire.InputDown, paper, w.size), at(wire.InputUp, paper, w.size))
			clicked = now
		}
		page.Types("?")
		return dark()
	})
	page.Does(command("KeyA", "a")...) // what comes now takes the place of all that
	page.Types("x" + written)
	page.Does(slices.Concat(stroke("Home", ""), stroke("Delete", ""), command("KeyS", "s"))...)
	until(t, "the note is written and saved", func() bool { return w.read(notes) == written })
	until(t, "the colleague sees it", dark)
	t.Logf("the colleague has written and saved: %s", w.read(notes))

	w.stops(h, page, bar)
	w.end("notepad.exe")
	if got := w.read(notes); got != written {
		t.Errorf("the note says %q", got)
	}
	w.must("reg", "delete", "HKLM"+scheme, "/f")
	if err := os.Remove(w.path(installer)); err != nil {
		t.Fatal(err)
	}
	w.must(mine+`\uninstall.exe`, "/S")
	w.gone(mine, "HKCU")
	if left := w.traces(); len(left) > 0 {
		t.Errorf("left: %q", left)
	}
	t.Log("uninstalled; nothing is left")
}

// shares starts the program by a link, and has the person share everything; colleagues may ask for control.
func (w *workstation) shares(h *hands, p *portal) (bar capture.Source) {
	w.t.Helper()
	words := text.For("en")
	code := p.launch()
	w.must("start", "coopnet://join/"+code)
	w.answers(h, text.Fill(words.Confirm.Title, "conference", "Team A"), func() { h.press("Enter") })
	if got := p.redeemed(code); got != "redeemed 1.0.0" {
		w.t.Errorf("the code is %s", got)
	}
	w.shows(words.Picker.Title)
	time.Sleep(deaf)
	h.press("Tab") // to the box that lets colleagues ask
	h.press("Space")
	h.press("ShiftLeft", "Tab") // back to what there is, of which the first is everything
	w.answers(h, words.Picker.Title, func() { h.press("Home"); h.press("Enter") })
	bar = w.shows(words.Message.Title + " – " + text.Fill(words.Bar.Sharing, "what", words.Bar.Desktop))
	w.t.Log("a link has started it, and it shares everything")
	return bar
}

// helped has a colleague ask for control, and the person allow it.
func (w *workstation) helped(h *hands, anne *portal) *granttest.Colleague {
	w.t.Helper()
	enters := anne.join()
	page := granttest.Enter(w.t, enters.Relay.Control, enters.Token)
	page.Ask(anne.vouch)
	w.answers(h, text.Fill(text.For("en").Consent.Title, "name", "Anne Martin"), func() { h.press("ArrowLeft"); h.press("Enter") })
	page.Granted()
	w.t.Log("a colleague has asked for control, and the presenter has allowed it")
	return page
}

// stops has the person end the control by its key, and then the share while they choose another.
func (w *workstation) stops(h *hands, page *granttest.Colleague, bar capture.Source) {
	w.t.Helper()
	controlled := w.shows(bar.Title)
	began := time.Now()
	h.press("ControlLeft", "ShiftLeft", "Backspace")
	if why := page.Revoked(); why != "stopped" {
		w.t.Errorf("the control has ended: %s", why)
	}
	w.t.Logf("the key has ended the control after %v", time.Since(began).Round(time.Millisecond))
	page.Types("too late")
	if code := page.Refused(); code != "control-denied" {
		w.t.Errorf("input after that: %s", code)
	}
	until(w.t, "the bar is narrower: it names no controller", func() bool {
		now, _ := w.find(bar.Title)
		return now.Bounds.Dx() < controlled.Bounds.Dx()
	})
	picker := text.For("en").Picker.Title
	w.clicks(h, bar.Title, change, func() (ok bool) {
		_, ok = w.find(picker)
		return ok
	})
	if !w.runs(program) {
		w.t.Error("the program has ended before it was stopped")
	}
	w.clicks(h, bar.Title, stop, func() bool { return !w.runs(program) })
	page.Stopped()
	w.t.Log("the presenter has stopped, and the program has ended")
}

// Where the buttons of the bar are, from its right end.
const (
	stop   = 80
	change = 200
)

// clicks presses a button of the bar, again if it was not heard: the bar moves when what it says changes.
func (w *workstation) clicks(h *hands, bar string, fromRight int, done func() bool) {
	w.t.Helper()
	var again time.Time
	until(w.t, "what the bar's button does", func() bool {
		if done() {
			return true
		}
		if shown, ok := w.find(bar); ok && time.Now().After(again) {
			h.click(image.Pt(shown.Bounds.Max.X-fromRight, (shown.Bounds.Min.Y+shown.Bounds.Max.Y)/2))
			again = time.Now().Add(3 * time.Second)
		}
		return false
	})
}

// at is something that the pointer does in the middle of a part of what is shared.
func at(kind wire.InputKind, part image.Rectangle, size image.Point) wire.InputEvent {
	middle := part.Min.Add(part.Size().Div(2))
	return wire.InputEvent{Kind: kind, X: float64(middle.X) / float64(size.X-1), Y: float64(middle.Y) / float64(size.Y-1)}
}

// stroke presses a key and lets it go.
func stroke(code, text string) []wire.InputEvent {
	return []wire.InputEvent{{Kind: wire.InputKeyDown, Code: code, Text: text}, {Kind: wire.InputKeyUp, Code: code, Text: text}}
}

// command is one of Ctrl and a letter.
func command(code, letter string) []wire.InputEvent {
	control := stroke("ControlLeft", "")
	return slices.Concat(control[:1], stroke(code, letter), control[1:])
}

// everybody registers the scheme for all users, too: Wine's shell finds it there only.
func (w *workstation) everybody() {
	w.t.Helper()
	w.must("reg", "add", "HKLM"+scheme, "/v", "URL Protocol", "/f")
	w.must("reg", "add", "HKLM"+scheme+`\shell\open\command`, "/ve", "/d", w.value("HKCU"+scheme+`\shell\open\command`, ""), "/f")
}

// write makes a file that Notepad keeps in UTF-16.
func (w *workstation) write(windows, content string) {
	w.t.Helper()
	var file bytes.Buffer
	if err := binary.Write(&file, binary.LittleEndian, utf16.Encode([]rune("\ufeff"+content))); err != nil {
		w.t.Fatal(err)
	}
	if err := os.WriteFile(w.path(windows), file.Bytes(), 0o600); err != nil {
		w.t.Fatal(err)
	}
}

// read is what a file in UTF-16 says.
func (w *workstation) read(windows string) string {
	w.t.Helper()
	file, err := os.ReadFile(w.path(windows))
	if err != nil {
		w.t.Fatal(err)
	}
	units := make([]uint16, len(file)/2)
	for i := range units {
		units[i] = binary.LittleEndian.Uint16(file[2*i:])
	}
	return strings.TrimPrefix(string(utf16.Decode(units)), "\ufeff")
}

// runs reports whether the program of this name does, as this machine sees it.
func (w *workstation) runs(name string) bool {
	w.t.Helper()
	processes, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		w.t.Fatal(err)
	}
	return slices.ContainsFunc(processes, func(folder string) bool {
		command, _ := os.ReadFile(filepath.Join(folder, "cmdline")) // it may be over by now
		environment, _ := os.ReadFile(filepath.Join(folder, "environ"))
		return bytes.Contains(command, []byte(`\`+name)) && bytes.Contains(environment, []byte("WINEPREFIX="+w.prefix+"\x00"))
	})
}
