package x11

import (
	"slices"
	"unicode"

	"github.com/jezek/xgb/xproto"
)

// Symbols of the X protocol (keysymdef.h).
const (
	symNone     = 0
	symShift    = 0xffe1
	symCapsLock = 0xffe5
	symLevel3   = 0xfe03 // AltGr
	symUnicode  = 0x01000000
)

// stroke is how a symbol is typed.
type stroke struct {
	keycode byte
	shift   bool
	level3  bool
}

// layout is the keyboard's mapping as the core protocol tells it.
type layout struct {
	first  byte
	width  int
	syms   []xproto.Keysym
	shift  byte // keycodes, 0 if there is none
	level3 byte
}

func newLayout(first byte, width int, syms []xproto.Keysym) layout {
	l := layout{first: first, width: width, syms: syms}
	if s, ok := l.find(symShift, 0); ok {
		l.shift = s.keycode
	}
	if s, ok := l.find(symLevel3, 0); ok {
		l.level3 = s.keycode
	}
	return l
}

func (l layout) rows(yield func(keycode byte, row []xproto.Keysym) bool) {
	for n := 0; l.width > 0 && (n+1)*l.width <= len(l.syms); n++ {
		if !yield(l.first+byte(n), l.syms[n*l.width:(n+1)*l.width]) {
			return
		}
	}
}

// columns are the places of the four levels of a group: the core protocol knows two groups of two levels, and XKB puts
// what is above them behind (XKB protocol, section 17.1.3). Of further groups nothing is told.
func columns(group int) []int {
	switch group {
	case 0:
		return []int{0, 1, 4, 5}
	case 1:
		return []int{2, 3, 6, 7}
	}
	return nil
}

// find looks for a symbol at the lowest level where it is.
func (l layout) find(sym xproto.Keysym, group int) (stroke, bool) {
	for level, column := range columns(group) {
		s := stroke{shift: level&1 != 0, level3: level&2 != 0}
		if column >= l.width || s.shift && l.shift == 0 || s.level3 && l.level3 == 0 {
			continue
		}
		for keycode, row := range l.rows {
			if row[column] == sym {
				s.keycode = keycode
				return s, true
			}
		}
	}
	return stroke{}, false
}

// character looks for a character. A dead key is none: its symbol is another.
func (l layout) character(r rune, group int) (stroke, bool) {
	for _, sym := range symbols(r) {
		if s, ok := l.find(sym, group); ok {
			return s, true
		}
	}
	return stroke{}, false
}

// plain looks for the key that has a character in the layout's first group without any modifier.
func (l layout) plain(r rune) (stroke, bool) {
	for _, sym := range symbols(unicode.ToLower(r)) {
		if s, ok := l.find(sym, 0); ok && !s.shift && !s.level3 {
			return s, true
		}
	}
	return stroke{}, false
}

// unused are the keycodes without any symbol, from the highest down: there no keyboard has a key.
func (l layout) unused() []byte {
	var free []byte
	for keycode, row := range l.rows {
		if !slices.ContainsFunc(row, func(s xproto.Keysym) bool { return s != symNone }) {
			free = append(free, keycode)
		}
	}
	slices.Reverse(free)
	return free
}

// set notes what the server has been told.
func (l layout) set(keycode byte, sym xproto.Keysym) {
	row := l.syms[int(keycode-l.first)*l.width:][:l.width]
	clear(row)
	row[0] = sym
	if l.width > 1 {
		row[1] = sym
	}
	if l.width > 3 {
		row[2], row[3] = sym, sym
	}
}

// symbols are those that stand for a character, the one to bind first. Latin 1 has the numbers of Unicode; the layouts
// use symbols older than Unicode for some that people type a lot. Any other is bound to a spare key, which costs little.
func symbols(r rune) []xproto.Keysym {
	wide := xproto.Keysym(symUnicode | r)
	switch {
	case 0x20 <= r && r <= 0x7e, 0xa0 <= r && r <= 0xff:
		return []xproto.Keysym{xproto.Keysym(r)}
	case r == '€':
		return []xproto.Keysym{0x20ac, wide}
	case r == 'Œ':
		return []xproto.Keysym{0x13bc, wide}
	case r == 'œ':
		return []xproto.Keysym{0x13bd, wide}
	case r == 'Ÿ':
		return []xproto.Keysym{0x13be, wide}
	case '\u2018' <= r && r <= '\u201d': // quotation marks, in the block of publishing symbols
		if sym := quotation(r); sym != symNone {
			return []xproto.Keysym{sym, wide}
		}
	}
	return []xproto.Keysym{wide}
}

func quotation(r rune) xproto.Keysym {
	switch r {
	case '‘':
		return 0xad0
	case '’':
		return 0xad1
	case '“':
		return 0xad2
	case '”':
		return 0xad3
	}
	return symNone
}
