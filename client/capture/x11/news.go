//go:build linux

package x11

import (
	"sync"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/damage"
	"github.com/jezek/xgb/randr"
	"github.com/jezek/xgb/xfixes"
	"github.com/jezek/xgb/xproto"
)

// change is what has happened to a source since it was looked at.
type change uint8

const (
	drawn   change = 1 << iota // something was drawn
	moved                      // the pointer
	shaped                     // the pointer has another image
	located                    // the source was moved, resized, hidden or shown
	ended                      // it was closed, or the server has ended
)

// news gathers changes for one who waits for them.
type news struct {
	mu     sync.Mutex
	since  change
	signal chan struct{} // has room for one
}

func newNews() *news { return &news{signal: make(chan struct{}, 1)} }

func (n *news) add(c change) {
	n.mu.Lock()
	n.since |= c
	n.mu.Unlock()
	select {
	case n.signal <- struct{}{}:
	default:
	}
}

// take returns what has happened and forgets it.
func (n *news) take() change {
	n.mu.Lock()
	defer n.mu.Unlock()
	c := n.since
	n.since = 0
	return c
}

// listen reads a connection's events until it is closed. id is the source's window, and margin the property of its shadow, if it has one.
func (n *news) listen(conn *xgb.Conn, id xproto.Window, margin xproto.Atom) {
	for {
		event, failure := conn.WaitForEvent()
		if event == nil && failure == nil {
			n.add(ended)
			return
		}
		switch e := event.(type) {
		case damage.NotifyEvent:
			n.add(drawn)
		case xfixes.CursorNotifyEvent:
			n.add(shaped)
		case xproto.DestroyNotifyEvent:
			if e.Window == id {
				n.add(ended)
			} else {
				n.add(located)
			}
		case xproto.PropertyNotifyEvent:
			if e.Atom == margin {
				n.add(located)
			}
		case xproto.ConfigureNotifyEvent, xproto.ReparentNotifyEvent, xproto.MapNotifyEvent, xproto.UnmapNotifyEvent,
			xproto.GravityNotifyEvent, randr.ScreenChangeNotifyEvent, randr.NotifyEvent:
			n.add(located)
		}
		// Failures are those of requests without an answer, about what has just gone: what follows shows it.
	}
}
