package input

import (
	"strconv"
	"strings"
)

// Key is one key of a keyboard by its place, in the numbers of each system.
type Key struct {
	Evdev    uint16 // Linux (linux/input-event-codes.h)
	Scan     uint16 // Windows: scan code set 1, without the prefix
	Extended bool   // Windows: the scan code has the prefix E0
}

// X11 is the keycode of the key on an X server with evdev's numbers, which is every X server since 2008.
func (k Key) X11() byte { return byte(k.Evdev + 8) }

// keys has a line for each KeyboardEvent.code (W3C UI Events): the name, evdev's number, and scan code set 1 in
// hexadecimal, E0 before it where the keyboard sends that. Pause is 45 and NumLock E0 45 for SendInput, whatever the
// keyboard sends.
const keys = `
Escape 1 01
Digit1 2 02
Digit2 3 03
Digit3 4 04
Digit4 5 05
Digit5 6 06
Digit6 7 07
Digit7 8 08
Digit8 9 09
Digit9 10 0A
Digit0 11 0B
Minus 12 0C
Equal 13 0D
Backspace 14 0E
Tab 15 0F
KeyQ 16 10
KeyW 17 11
KeyE 18 12
KeyR 19 13
KeyT 20 14
KeyY 21 15
KeyU 22 16
KeyI 23 17
KeyO 24 18
KeyP 25 19
BracketLeft 26 1A
BracketRight 27 1B
Enter 28 1C
ControlLeft 29 1D
KeyA 30 1E
KeyS 31 1F
KeyD 32 20
KeyF 33 21
KeyG 34 22
KeyH 35 23
KeyJ 36 24
KeyK 37 25
KeyL 38 26
Semicolon 39 27
Quote 40 28
Backquote 41 29
ShiftLeft 42 2A
Backslash 43 2B
KeyZ 44 2C
KeyX 45 2D
KeyC 46 2E
KeyV 47 2F
KeyB 48 30
KeyN 49 31
KeyM 50 32
Comma 51 33
Period 52 34
Slash 53 35
ShiftRight 54 36
NumpadMultiply 55 37
AltLeft 56 38
Space 57 39
CapsLock 58 3A
F1 59 3B
F2 60 3C
F3 61 3D
F4 62 3E
F5 63 3F
F6 64 40
F7 65 41
F8 66 42
F9 67 43
F10 68 44
NumLock 69 E045
ScrollLock 70 46
Numpad7 71 47
Numpad8 72 48
Numpad9 73 49
NumpadSubtract 74 4A
Numpad4 75 4B
Numpad5 76 4C
Numpad6 77 4D
NumpadAdd 78 4E
Numpad1 79 4F
Numpad2 80 50
Numpad3 81 51
Numpad0 82 52
NumpadDecimal 83 53
IntlBackslash 86 56
F11 87 57
F12 88 58
IntlRo 89 73
Convert 92 79
KanaMode 93 70
NonConvert 94 7B
NumpadEnter 96 E01C
ControlRight 97 E01D
NumpadDivide 98 E035
PrintScreen 99 E037
AltRight 100 E038
Home 102 E047
ArrowUp 103 E048
PageUp 104 E049
ArrowLeft 105 E04B
ArrowRight 106 E04D
End 107 E04F
ArrowDown 108 E050
PageDown 109 E051
Insert 110 E052
Delete 111 E053
AudioVolumeMute 113 E020
AudioVolumeDown 114 E02E
AudioVolumeUp 115 E030
NumpadEqual 117 59
Pause 119 45
NumpadComma 121 7E
Lang1 122 72
Lang2 123 71
IntlYen 124 7D
MetaLeft 125 E05B
MetaRight 126 E05C
ContextMenu 127 E05D
F13 183 64
F14 184 65
F15 185 66
F16 186 67
F17 187 68
F18 188 69
F19 189 6A
F20 190 6B
F21 191 6C
F22 192 6D
F23 193 6E
F24 194 76
`

// Lookup finds a key by its KeyboardEvent.code.
func Lookup(code string) (Key, bool) {
	if code == "" || strings.ContainsAny(code, " \n") {
		return Key{}, false
	}
	at := strings.Index(keys, "\n"+code+" ")
	if at < 0 {
		return Key{}, false
	}
	line, _, _ := strings.Cut(keys[at+1:], "\n")
	fields := strings.Fields(line)
	evdev, err1 := strconv.ParseUint(fields[1], 10, 8)
	scan, err2 := strconv.ParseUint(fields[2], 16, 16)
	return Key{Evdev: uint16(evdev), Scan: uint16(scan & 0xff), Extended: scan>>8 == 0xe0}, err1 == nil && err2 == nil
}

// IsModifier reports whether the key changes what others mean while it is held.
func IsModifier(code string) bool {
	switch code {
	case "ShiftLeft", "ShiftRight", "ControlLeft", "ControlRight", "AltLeft", "AltRight", "MetaLeft", "MetaRight":
		return true
	}
	return false
}
