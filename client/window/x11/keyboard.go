package x11

import (
	"fmt"
	"unicode"

	"github.com/jezek/xgb/xproto"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/unicode/norm"

	"github.com/coopnet/coopnet/client/window/form"
)

// keyboard is the mapping of the keyboard.
type keyboard struct {
	first xproto.Keycode
	width int
	syms  []xproto.Keysym
}

// deadKey is one that waits for its letter: a combining character, 0 for none.
type deadKey rune

// learn reads the mapping.
func learn(s *Screen) (keyboard, error) {
	setup := xproto.Setup(s.conn)
	mapping, err := xproto.GetKeyboardMapping(s.conn, setup.MinKeycode, byte(setup.MaxKeycode-setup.MinKeycode+1)).Reply()
	if err != nil {
		return keyboard{}, fmt.Errorf("read the mapping of the keyboard: %w", err)
	}
	return keyboard{first: setup.MinKeycode, width: int(mapping.KeysymsPerKeycode), syms: mapping.Keysyms}, nil
}

// Modifiers as every server since XKB binds them.
const (
	numLock = xproto.ModMask2
	altGr   = xproto.ModMask5
)

// press is what a key means: one that forms know, or a text.
func (k *keyboard) press(code xproto.Keycode, state uint16, waits *deadKey) (key form.Key, text string) {
	at := int(code-k.first) * k.width
	if code < k.first || k.width == 0 || at+k.width > len(k.syms) {
		return form.NoKey, ""
	}
	row := k.syms[at:][:k.width]
	if pastes(row[0], state) {
		return form.Paste, ""
	}
	if state&(xproto.ModMaskControl|xproto.ModMask1|xproto.ModMask4) != 0 {
		return form.NoKey, "" // it is for somebody else
	}
	sym := symbol(row, state)
	if key = known(sym); key == form.NoKey && character(sym) == 0 && dead(sym) == 0 {
		key = known(row[0]) // as Shift and Tab, which has a symbol of its own
	}
	switch {
	case key == form.Tab && state&xproto.ModMaskShift != 0:
		return form.BackTab, ""
	case key == form.Space && *waits != 0:
		return form.NoKey, waits.compose(' ')
	case key != form.NoKey:
		*waits = 0
		return key, ""
	case dead(sym) != 0:
		before := *waits
		*waits = deadKey(dead(sym))
		if before == *waits { // twice is the character itself
			return form.NoKey, waits.compose(' ')
		}
		return form.NoKey, ""
	}
	if r := character(sym); r != 0 {
		return form.NoKey, waits.compose(r)
	}
	return form.NoKey, "" // a modifier: the dead key still waits
}

// pastes: Ctrl+V, or Shift+Insert.
func pastes(sym xproto.Keysym, state uint16) bool {
	const insert = 0xff63
	held := state & (xproto.ModMaskShift | xproto.ModMaskControl | xproto.ModMask1 | xproto.ModMask4)
	return held == xproto.ModMaskControl && character(sym) == 'v' || held == xproto.ModMaskShift && sym == insert
}

// symbol chooses among the levels of a key. The core protocol has two groups of two levels, and XKB puts what is above them
// behind (XKB protocol, section 17.1.3).
func symbol(row []xproto.Keysym, state uint16) xproto.Keysym {
	level := func(column int) xproto.Keysym {
		if column >= len(row) {
			return 0
		}
		return row[column]
	}
	column := 0
	if state>>13&3 == 1 {
		column = 2
	}
	if state&altGr != 0 {
		column += 4
		if column == 6 && level(6) == 0 || column == 4 && level(4) == 0 {
			column -= 4 // a key without such a level
		}
	}
	plain, shifted := level(column), level(column+1)
	if plain == 0 && column == 2 {
		plain, shifted = level(0), level(1)
	}
	shift := state&xproto.ModMaskShift != 0
	switch {
	case shifted == 0:
		shifted = plain
	case keypad(shifted):
		shift = shift != (state&numLock != 0)
	}
	if shift {
		plain, shifted = shifted, plain
	}
	if r := character(plain); state&xproto.ModMaskLock != 0 && unicode.IsLetter(r) {
		return capital(plain, shifted, shift)
	}
	return plain
}

// capital is what Caps Lock makes of a letter: the other of its key's two, where these are one letter.
func capital(sym, other xproto.Keysym, shift bool) xproto.Keysym {
	r, o := character(sym), character(other)
	switch {
	case unicode.ToLower(r) == unicode.ToLower(o):
		if r != o {
			return other
		}
		if !shift && unicode.ToUpper(r) != r {
			return symbolOf(unicode.ToUpper(r))
		}
	case unicode.IsLower(r):
		return symbolOf(unicode.ToUpper(r))
	}
	return sym
}

func symbolOf(r rune) xproto.Keysym { return 0x01000000 | xproto.Keysym(r) }

// keypad reports whether a symbol is a digit of the key pad, or its separator.
func keypad(sym xproto.Keysym) bool { return sym >= 0xffaa && sym <= 0xffb9 || sym == 0xffbd }

// compose puts the dead key that waits onto a letter. With a space it is a character of its own.
func (d *deadKey) compose(r rune) string {
	mark := rune(*d)
	*d = 0
	if mark == 0 {
		return string(r)
	}
	if r == ' ' {
		return string(alone(mark))
	}
	whole := []rune(norm.NFC.String(string([]rune{r, mark})))
	if len(whole) > 1 { // there is no such letter
		return string([]rune{alone(mark), r})
	}
	return string(whole)
}

// alone is the character that a dead key types with a space.
func alone(mark rune) rune {
	switch mark {
	case 0x300:
		return '`'
	case 0x301:
		return '´'
	case 0x302:
		return '^'
	case 0x303:
		return '~'
	case 0x304:
		return '¯'
	case 0x308:
		return '¨'
	case 0x30a:
		return '°'
	case 0x327:
		return '¸'
	}
	return mark
}

// dead is the combining character of a dead key, 0 for any other symbol.
func dead(sym xproto.Keysym) rune {
	marks := []rune{0x300, 0x301, 0x302, 0x303, 0x304, 0x306, 0x307, 0x308, 0x30a, 0x30b, 0x30c, 0x327, 0x328}
	if n := int(sym) - 0xfe50; n >= 0 && n < len(marks) {
		return marks[n]
	}
	return 0
}

// character is what a symbol types (keysymdef.h), 0 for nothing. Symbols older than Unicode have the numbers of the character sets
// of their time, behind that of the set.
func character(sym xproto.Keysym) rune {
	switch {
	case sym >= 0x20 && sym <= 0x7e, sym >= 0xa0 && sym <= 0xff:
		return rune(sym)
	case sym >= 0x01000020 && sym <= 0x0110ffff:
		return rune(sym & 0xffffff)
	case keypad(sym):
		return rune(sym - 0xff80)
	}
	switch sym {
	case 0x20ac:
		return '€'
	case 0x13bc:
		return 'Œ'
	case 0x13bd:
		return 'œ'
	case 0x13be:
		return 'Ÿ'
	}
	sets := map[xproto.Keysym]*charmap.Charmap{1: charmap.ISO8859_2, 2: charmap.ISO8859_3, 3: charmap.ISO8859_4, 6: charmap.KOI8R, 7: charmap.ISO8859_7}
	set, is := sets[sym>>8]
	least := xproto.Keysym(0xa1)
	if sym>>8 >= 6 { // what is before the letters has an order of its own
		least = 0xc0
	}
	if !is || sym&0xff < least {
		return 0
	}
	if r := set.DecodeByte(byte(sym)); r != unicode.ReplacementChar {
		return r
	}
	return 0
}
