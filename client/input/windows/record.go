// Package windows carries out a controller's input on Windows by SendInput, and notices the key that ends the control.
package windows

import (
	"image"
	"math"

	"github.com/coopnet/coopnet/client/input"
)

// record is INPUT of the Windows API on 64 bits: a kind, and a union of MOUSEINPUT and KEYBDINPUT, whose fields do not lie
// at the same places.
type record struct {
	kind    uint32
	_       uint32
	first   uint32 // dx; or wVk and wScan
	next    uint32 // dy; or dwFlags
	data    uint32 // mouseData; or time, 0 for now
	flags   uint32 // dwFlags; or nothing
	keyMark uint64 // time and nothing; or dwExtraInfo
	mark    uint64 // dwExtraInfo; or nothing
}

// Mark is what GetMessageExtraInfo returns for what was injected here: our own windows ignore it.
const Mark = 0x434f4f50

const (
	kindMouse    = 0
	kindKeyboard = 1

	flagExtended = 1 // KEYEVENTF_...
	flagKeyUp    = 2
	flagUnicode  = 4
	flagScan     = 8

	flagMove           = 0x0001 // MOUSEEVENTF_...
	flagWheel          = 0x0800
	flagHWheel         = 0x1000
	flagVirtualDesktop = 0x4000
	flagAbsolute       = 0x8000

	notch = 120 // WHEEL_DELTA
)

func mouse(dx, dy int, data int, flags uint32) record {
	return record{kind: kindMouse, first: uint32(int32(dx)), next: uint32(int32(dy)), data: uint32(int32(data)), flags: flags, mark: Mark}
}

// moveTo goes to a point. Absolute places go from 0 to 65535 over the whole desktop, and Windows rounds down from there:
// the middle of the pixel is meant.
func moveTo(p image.Point, desktop image.Rectangle) record {
	place := func(at, from, size int) int {
		if size <= 0 {
			return 0
		}
		return min(max((at-from)*65536/size+32768/size, 0), 65535)
	}
	return mouse(place(p.X, desktop.Min.X, desktop.Dx()), place(p.Y, desktop.Min.Y, desktop.Dy()), 0, flagMove|flagAbsolute|flagVirtualDesktop)
}

func keyboard(scan uint16, flags uint32) record {
	return record{kind: kindKeyboard, first: uint32(scan) << 16, next: flags, keyMark: Mark}
}

// carryOut is the event without its movement.
func carryOut(e input.Event) []record {
	switch e.Kind {
	case input.Down, input.Up:
		return []record{button(e.Button, e.Kind == input.Up)}
	case input.Wheel:
		return wheel(e)
	case input.KeyDown, input.KeyUp:
		key, _ := input.Lookup(e.Code)
		flags := uint32(flagScan)
		if key.Extended {
			flags |= flagExtended
		}
		if e.Kind == input.KeyUp {
			flags |= flagKeyUp
		}
		return []record{keyboard(key.Scan, flags)}
	}
	return nil
}

func button(n int, up bool) record {
	// Left, middle, right, and the two beside them, which share their flags.
	down, data := [...]uint32{0x02, 0x20, 0x08, 0x80, 0x80}[n], [...]int{0, 0, 0, 1, 2}[n]
	if up {
		down <<= 1
	}
	return mouse(0, 0, data, down)
}

// wheel turns upwards for positive numbers on Windows, and to the right.
func wheel(e input.Event) []record {
	var records []record
	if y := int(math.Round(-e.DY * notch)); y != 0 {
		records = append(records, mouse(0, 0, y, flagWheel))
	}
	if x := int(math.Round(e.DX * notch)); x != 0 {
		records = append(records, mouse(0, 0, x, flagHWheel))
	}
	return records
}
