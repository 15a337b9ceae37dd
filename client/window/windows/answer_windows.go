package windows

import (
	"image"
	"unicode/utf16"
	"unsafe"

	"github.com/coopnet/coopnet/client/window"
	"github.com/coopnet/coopnet/client/window/form"
)

// injected is what GetMessageExtraInfo says of input that the software has injected itself (client/input/windows.Mark).
const injected = 0x434f4f50

// answer is what the window does with a message, on its thread; done is false for what Windows does by itself.
func (p *pane) answer(kind uint32, w, l uintptr) (result uintptr, done bool) {
	a := p.s.api
	switch kind {
	case wmApp:
		p.obey()
		return 0, true
	case wmPaint:
		p.paint()
		return 0, true
	case wmEraseBack:
		return 1, true
	case wmTimer:
		const topmost, noSize, noMove, noActivate = ^uintptr(0), 1, 2, 16
		a.call(a.setPlace, p.handle, topmost, 0, 0, 0, 0, noSize|noMove|noActivate)
		return 0, true
	case wmClose:
		p.enqueue(form.Event{Kind: form.Close})
		return 0, true
	case wmDestroy:
		a.call(a.quit, 0)
		return 0, true
	case wmMouseActivate:
		const no = 3 // MA_NOACTIVATE
		return no, p.kind == window.Overlay
	case wmSize:
		const minimised = 1
		if w == minimised {
			p.enqueue(form.Event{Kind: form.Unseen})
		} else {
			p.enqueue(form.Event{Kind: form.Seen})
		}
	case wmSetFocus:
		p.enqueue(form.Event{Kind: form.Focus})
	case wmKillFocus:
		p.enqueue(form.Event{Kind: form.Unfocus})
	case wmKeyDown, wmChar, wmMouseMove, wmButtonDown, wmButtonUp, wmWheel, wmMouseLeave:
		if uint32(a.call(a.extra)) == injected {
			return 0, true // the controller presses nothing here
		}
		p.person(kind, w, l)
		return 0, true
	}
	return 0, false
}

// obey does what others have ordered.
func (p *pane) obey() {
	for {
		select {
		case do := <-p.orders:
			do()
		default:
			return
		}
	}
}

func (p *pane) enqueue(e form.Event) {
	select {
	case p.queue <- e:
	default:
	}
}

// person is what somebody does with pointer and keys.
func (p *pane) person(kind uint32, w, l uintptr) {
	a := p.s.api
	at := image.Pt(int(int16(l)), int(int16(l>>16)))
	screen := point{int32(at.X), int32(at.Y)}
	a.call(a.clientToScreen, p.handle, uintptr(unsafe.Pointer(&screen)))
	e := form.Event{At: at, Root: image.Pt(int(screen.x), int(screen.y))}
	switch kind {
	case wmMouseMove:
		if !p.inside {
			t := tracking{flags: 2, window: p.handle} // TME_LEAVE
			t.size = uint32(unsafe.Sizeof(t))
			p.inside = a.call(a.track, uintptr(unsafe.Pointer(&t))) != 0
		}
		e.Kind = form.Motion
	case wmMouseLeave:
		p.inside, e.Kind = false, form.Leave
	case wmButtonDown:
		a.call(a.capture, p.handle)
		e.Kind = form.Press
	case wmButtonUp:
		a.call(a.release)
		e.Kind = form.Release
	case wmWheel:
		// This one tells a place on the desktop.
		origin := point{}
		a.call(a.clientToScreen, p.handle, uintptr(unsafe.Pointer(&origin)))
		e = form.Event{Kind: form.Wheel, At: at.Sub(image.Pt(int(origin.x), int(origin.y))), Root: at, Lines: -int(int16(w>>16)) / 120}
	case wmChar:
		const controlV = 0x16
		if e.Kind, e.Text = form.KeyPress, p.typed(uint16(w)); w == controlV {
			e.Text = p.pasted()
		}
		if e.Text == "" {
			return
		}
	case wmKeyDown:
		e.Kind, e.Key = form.KeyPress, p.key(w)
		p.spaced = e.Key == form.Space
		const repeated = 1 << 30 // held since before; only moving about may go on by itself
		if e.Key == form.NoKey || l&repeated != 0 && (e.Key == form.Enter || e.Key == form.Space || e.Key == form.Escape) {
			return
		}
	}
	p.enqueue(e)
}

// typed is the text of a character, of which some come in two parts. What is a key of forms has come as that.
func (p *pane) typed(unit uint16) string {
	first, spaced := p.half, p.spaced
	p.half, p.spaced = 0, false
	switch r := rune(unit); {
	case r == ' ' && !spaced: // without a key, as keepers of passwords type
		return " "
	case utf16.IsSurrogate(r) && first == 0:
		p.half = r
		return ""
	case utf16.IsSurrogate(r):
		r = utf16.DecodeRune(first, r)
		return string(r)
	case r <= ' ' || r == 0x7f:
		return ""
	default:
		return string(r)
	}
}

func (p *pane) key(virtual uintptr) form.Key {
	const shift = 0x10
	switch virtual {
	case 0x08:
		return form.Backspace
	case 0x2E:
		return form.Delete
	case 0x09:
		if int16(p.s.api.call(p.s.api.keyState, shift)) < 0 {
			return form.BackTab
		}
		return form.Tab
	case 0x0D:
		return form.Enter
	case 0x1B:
		return form.Escape
	case 0x20:
		return form.Space
	case 0x21:
		return form.PageUp
	case 0x22:
		return form.PageDown
	case 0x23:
		return form.End
	case 0x24:
		return form.Home
	case 0x25:
		return form.Left
	case 0x26:
		return form.Up
	case 0x27:
		return form.Right
	case 0x28:
		return form.Down
	}
	return form.NoKey
}

// paint draws the picture.
func (p *pane) paint() {
	a := p.s.api
	var ps paint
	context := a.call(a.begin, p.handle, uintptr(unsafe.Pointer(&ps)))
	p.mu.Lock()
	if p.pixels != nil {
		b := bitmap{width: int32(p.size.X), height: -int32(p.size.Y), planes: 1, bits: 32} // from the top down
		b.size = uint32(unsafe.Sizeof(b))
		const copied = 0x00CC0020 // SRCCOPY
		w, h := uintptr(p.size.X), uintptr(p.size.Y)
		a.call(a.stretch, context, 0, 0, w, h, 0, 0, w, h, uintptr(unsafe.Pointer(&p.pixels[0])), uintptr(unsafe.Pointer(&b)), 0, copied)
	}
	p.mu.Unlock()
	a.call(a.end, p.handle, uintptr(unsafe.Pointer(&ps)))
}
