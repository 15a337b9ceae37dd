package x11

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jezek/xgb/xproto"
)

// A client looks a key's symbol up when it gets to the event, not when the key was pressed: a spare keycode keeps its
// symbol for at least so long.
const bound = 500 * time.Millisecond

// spares are keycodes without a key, to which characters that the layout does not have are bound. A binding stays until
// its keycode is needed for another, or the injector closes.
type spares struct {
	now   func() time.Time
	free  []byte
	bound []binding // the one that was used longest ago first
}

type binding struct {
	keycode byte
	used    time.Time
}

// offer says which keycodes have no symbol now. What somebody else has bound or taken back meanwhile is no longer ours.
func (s *spares) offer(unused []byte) {
	s.free = unused
	s.bound = slices.DeleteFunc(s.bound, func(b binding) bool { return slices.Contains(unused, b.keycode) })
}

// wait is how long it takes until so many more can be taken.
func (s *spares) wait(more int) time.Duration {
	if more -= len(s.free); more <= 0 || len(s.bound) == 0 {
		return 0 // or never
	}
	return bound - s.now().Sub(s.bound[min(more, len(s.bound))-1].used)
}

// take is the keycode to bind next.
func (s *spares) take() (keycode byte, ok bool) {
	if len(s.free) > 0 {
		keycode, s.free = s.free[0], s.free[1:]
	} else if len(s.bound) > 0 {
		keycode = s.bound[0].keycode
		s.bound = s.bound[1:]
	} else {
		return 0, false
	}
	s.bound = append(s.bound, binding{keycode, s.now()})
	return keycode, true
}

// used moves a keycode to the end of those that can be taken.
func (s *spares) used(keycode byte) {
	if at := slices.IndexFunc(s.bound, func(b binding) bool { return b.keycode == keycode }); at >= 0 {
		s.bound = append(slices.Delete(s.bound, at, at+1), binding{keycode, s.now()})
	}
}

// wait is how long a text has to wait for spare keycodes whose symbols nobody looks up any more. Of a text that needs more
// than there are, the last ones come too early: texts come one character at a time.
func (i *Injector) wait(s string, group int) time.Duration {
	more := 0
	for _, r := range s {
		if _, found := i.layout.character(r, group); !found {
			more++
		}
	}
	return i.spares.wait(more)
}

// bind puts a symbol on a spare keycode, on every level, so that no modifier changes it.
func (i *Injector) bind(sym xproto.Keysym) (stroke, error) {
	keycode, ok := i.spares.take()
	if !ok {
		return stroke{}, errors.New("type a character: the keyboard has no spare key for it")
	}
	err := xproto.ChangeKeyboardMappingChecked(i.conn, 1, xproto.Keycode(keycode), 2, []xproto.Keysym{sym, sym}).Check()
	if err != nil {
		return stroke{}, fmt.Errorf("bind a character to a spare key: %w", err)
	}
	i.layout.set(keycode, sym)
	return stroke{keycode: keycode}, nil
}

// unbind gives every spare keycode back, after a moment in which the last characters are still looked up.
func (i *Injector) unbind() error {
	var err error
	for n, b := range i.spares.bound {
		if n == 0 {
			latest := i.spares.bound[len(i.spares.bound)-1].used
			time.Sleep(bound - i.spares.now().Sub(latest))
		}
		err = errors.Join(err, xproto.ChangeKeyboardMappingChecked(i.conn, 1, xproto.Keycode(b.keycode), 1, []xproto.Keysym{symNone}).Check())
	}
	i.spares.bound = nil
	return err
}
