package windows

import (
	"slices"
	"unicode/utf16"
	"unsafe"
)

// maxPasted is how much is taken from the clipboard, in UTF-16 units.
const maxPasted = 1024

// pasted is the text in the clipboard, or nothing. It is called on the window's thread.
func (p *pane) pasted() string {
	const unicodeText = 13 // CF_UNICODETEXT
	a := p.s.api
	if a.call(a.openClipboard, p.handle) == 0 {
		return "" // another program has it
	}
	defer a.call(a.closeClipboard)
	memory := a.call(a.clipboard, unicodeText)
	if memory == 0 {
		return ""
	}
	text, _, _ := a.lock.Call(memory)
	if text == 0 {
		return ""
	}
	defer a.call(a.unlock, memory)
	size, _, _ := a.size.Call(memory)
	units := slices.Clone(unsafe.Slice((*uint16)(*(*unsafe.Pointer)(unsafe.Pointer(&text))), min(size/2, maxPasted)))
	if end := slices.Index(units, 0); end >= 0 {
		units = units[:end]
	}
	return string(utf16.Decode(units))
}
