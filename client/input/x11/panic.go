package x11

import (
	"fmt"
	"sync"
	"time"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xproto"

	"github.com/coopnet/coopnet/client/input"
	"github.com/coopnet/coopnet/client/xserver"
)

// glance is how often the keyboard is looked at: shorter than any press.
const glance = 25 * time.Millisecond

// Panic watches for the key that ends the control: Ctrl, Shift and input.PanicKey. It grabs it, and looks at the keyboard
// besides, because a program that has grabbed the whole keyboard, an open menu say, keeps others from hearing of keys.
// The injector never completes the combination, so what is seen comes from the person at the desktop.
type Panic struct {
	conn *xgb.Conn
	keys struct{ control, shift []byte }
	key  byte
	stop chan struct{}
	done sync.WaitGroup
}

// WatchPanic calls pressed, at most once, when the key is pressed. Close ends the watch.
func WatchPanic(display string, pressed func()) (*Panic, error) {
	conn, err := xserver.Dial(display)
	if err != nil {
		return nil, fmt.Errorf("connect to the X server: %w", err)
	}
	p := &Panic{conn: conn, key: keycode(input.PanicKey), stop: make(chan struct{})}
	p.keys.control = []byte{keycode("ControlLeft"), keycode("ControlRight")}
	p.keys.shift = []byte{keycode("ShiftLeft"), keycode("ShiftRight")}

	root := xproto.Setup(conn).DefaultScreen(conn).Root
	// Caps Lock and Num Lock may be on. Where another program has the key already, looking is left.
	for _, locks := range []uint16{0, xproto.ModMaskLock, xproto.ModMask2, xproto.ModMaskLock | xproto.ModMask2} {
		xproto.GrabKey(conn, false, root, xproto.ModMaskControl|xproto.ModMaskShift|locks, xproto.Keycode(p.key),
			xproto.GrabModeAsync, xproto.GrabModeAsync)
	}
	if _, err := xproto.QueryKeymap(conn).Reply(); err != nil {
		conn.Close()
		return nil, fmt.Errorf("look at the keyboard: %w", err)
	}
	var once sync.Once
	p.done.Go(func() { p.listen(func() { once.Do(pressed) }) })
	p.done.Go(func() { p.look(func() { once.Do(pressed) }) })
	return p, nil
}

func keycode(code string) byte {
	key, _ := input.Lookup(code)
	return key.X11()
}

func (p *Panic) listen(pressed func()) {
	for {
		event, err := p.conn.WaitForEvent()
		if event == nil && err == nil {
			return
		}
		if press, ok := event.(xproto.KeyPressEvent); ok && byte(press.Detail) == p.key {
			pressed()
		}
	}
}

func (p *Panic) look(pressed func()) {
	ticker := time.NewTicker(glance)
	defer ticker.Stop()
	for {
		select {
		case <-p.stop:
			return
		case <-ticker.C:
		}
		keymap, err := xproto.QueryKeymap(p.conn).Reply()
		if err != nil {
			return // the desktop has ended
		}
		down := func(codes ...byte) bool {
			for _, code := range codes {
				if keymap.Keys[code/8]&(1<<(code%8)) != 0 {
					return true
				}
			}
			return false
		}
		if down(p.key) && down(p.keys.control...) && down(p.keys.shift...) {
			pressed()
		}
	}
}

// Key is the key that is watched for, with Ctrl and Shift.
func (p *Panic) Key() string { return input.PanicKey }

// Close ends the watch. It must not be called by the function that is called when the key is pressed.
func (p *Panic) Close() {
	close(p.stop)
	p.conn.Close()
	p.done.Wait()
}
