package x11

import (
	"image"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/coopnet/coopnet/client/capture/x11/xvfbtest"
	"github.com/coopnet/coopnet/client/grant"
	"github.com/coopnet/coopnet/client/input"
)

// promised is how soon nothing of a controller's arrives any more once the person at the desktop says so.
const promised = 200 * time.Millisecond

// TestRevokeInAFlood ends the control while texts pour in whose characters no keyboard has: each needs a spare keycode, and
// those come free only after a while.
func TestRevokeInAFlood(t *testing.T) {
	display := xvfbtest.Start(t, image.Pt(800, 600))
	c := newCanvas(t, display, image.Pt(800, 600))
	i := open(t, display, nil)
	desk := grant.New(i, func() image.Rectangle { return image.Rect(0, 0, 800, 600) }, time.Now)
	for _, id := range []string{"1", "2", "3"} {
		if desk.Ask(grant.Request{ID: id, Participant: "p", Role: "internal"}) != "" || !desk.Allow(id) || !desk.Granted(id, grant.Grant{ID: id, Participant: "p"}) {
			t.Fatal("no grant")
		}
		before := len(c.seen())
		var pouring sync.WaitGroup
		for flood := range 4 {
			pouring.Go(func() {
				for message := range 64 {
					desk.Input(id, "p", []input.Event{{Kind: input.KeyDown, Code: "ShiftLeft"}, text(1000*flood + 32*message)})
				}
			})
		}
		eventually(t, "it pours", func() bool { return len(c.seen()) > before+40 })
		began := time.Now()
		if _, was := desk.End(); !was {
			t.Error("nobody controlled")
		}
		pouring.Wait() // nobody waits for the rest of the texts, either
		if took := time.Since(began); took > promised {
			t.Errorf("ended after %v", took)
		}
		// Whatever the server has been told before has arrived now; the last is that Shift is let go.
		c.expect(t, "release 50")
		seen := len(c.seen())
		if desk.Input(id, "p", []input.Event{text(0)}) != 0 {
			t.Error("text after the end")
		}
		if err := i.settle(); err != nil {
			t.Fatal(err)
		}
		if late := c.seen()[seen:]; len(late) > 0 {
			t.Errorf("after the end: %v", late)
		}
	}
}

// text is 32 characters of Chinese, each time others.
func text(from int) input.Event {
	runes := slices.Repeat([]rune{'一'}, input.MaxText)
	for n := range runes {
		runes[n] += rune((from + n) % 20000)
	}
	return input.Event{Kind: input.Text, Text: string(runes)}
}
