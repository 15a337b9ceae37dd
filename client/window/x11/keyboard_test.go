package x11

import (
	"testing"

	"github.com/jezek/xgb/xproto"

	"github.com/coopnet/coopnet/client/window/form"
)

// TestKeyboard has a few keys of a French and of a Greek keyboard, beside each other as two groups.
func TestKeyboard(t *testing.T) {
	const shift, caps, ctrl, alt, group2 = xproto.ModMaskShift, xproto.ModMaskLock, xproto.ModMaskControl, xproto.ModMask1, 1 << 13
	k := keyboard{first: 8, width: 8, syms: []xproto.Keysym{
		'a', 'A', 0x7e1, 0x7c1, 0xe6, 0xc6, 0, 0, // 8: a, A, α, Α, æ, Æ
		0xe9, '2', '2', '@', 0xfe53, 0xc9, 0, 0, // 9: é, 2, 2, @, dead ~, É
		0xff09, 0xfe20, 0, 0, 0, 0, 0, 0, // 10: Tab
		0xff9b, 0xffb3, 0, 0, 0, 0, 0, 0, // 11: page down and 3 of the key pad
		0xffe1, 0, 0, 0, 0, 0, 0, 0, // 12: Shift
		'n', 'N', 0, 0, 0, 0, 0, 0, // 13
		'v', 'V', 0x7d9, 0, 0, 0, 0, 0, // 14
		0x20ac, 0x13bd, 0x010020bf, 0xfe52, 0, 0, 0, 0, // 15: €, œ, ₿, dead ^
	}}
	var waits deadKey
	for i, step := range []struct {
		code  xproto.Keycode
		state uint16
		key   form.Key
		text  string
	}{
		{8, 0, 0, "a"}, {8, shift, 0, "A"}, {8, caps, 0, "A"}, {8, caps | shift, 0, "a"}, {8, altGr, 0, "æ"}, {8, altGr | shift, 0, "Æ"},
		{8, group2, 0, "α"}, {8, group2 | shift, 0, "Α"}, {8, group2 | caps, 0, "Α"}, {8, ctrl, 0, ""}, {8, alt, 0, ""},
		{9, 0, 0, "é"}, {9, shift, 0, "2"}, {9, caps, 0, "É"}, {9, group2 | shift, 0, "@"},
		{9, altGr, 0, ""}, {12, 0, 0, ""}, {13, shift, 0, "Ñ"}, {13, altGr, 0, "n"}, {13, group2, 0, "n"},
		{10, 0, form.Tab, ""}, {10, shift, form.BackTab, ""}, {10, ctrl, 0, ""},
		{11, 0, form.PageDown, ""}, {11, numLock, 0, "3"}, {11, numLock | shift, form.PageDown, ""}, {11, shift, 0, "3"},
		{14, ctrl, form.Paste, ""}, {14, ctrl | shift, 0, ""}, {14, ctrl | alt, 0, ""}, {14, numLock | caps | ctrl, form.Paste, ""},
		{15, 0, 0, "€"}, {15, shift, 0, "œ"}, {15, group2, 0, "₿"}, {15, group2 | shift, 0, ""}, {10, 0, form.Tab, ""}, {8, 0, 0, "a"}, // a dead key is forgotten
		{7, 0, 0, ""}, {255, 0, 0, ""},
	} {
		if key, text := k.press(step.code, step.state, &waits); key != step.key || text != step.text {
			t.Errorf("step %d: key %d, %q; not %d, %q", i, key, text, step.key, step.text)
		}
	}
}
