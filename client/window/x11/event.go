package x11

import (
	"image"
	"time"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xproto"

	"github.com/coopnet/coopnet/client/window/form"
)

// known has the symbols of keysymdef.h, those of the key pad included.
func known(sym xproto.Keysym) form.Key {
	switch sym {
	case 0xff09, 0xff89:
		return form.Tab
	case 0xff0d, 0xff8d:
		return form.Enter
	case 0x20, 0xff80:
		return form.Space
	case 0xff1b:
		return form.Escape
	case 0xff51, 0xff96:
		return form.Left
	case 0xff52, 0xff97:
		return form.Up
	case 0xff53, 0xff98:
		return form.Right
	case 0xff54, 0xff99:
		return form.Down
	case 0xff50, 0xff95:
		return form.Home
	case 0xff57, 0xff9c:
		return form.End
	case 0xff55, 0xff9a:
		return form.PageUp
	case 0xff56, 0xff9b:
		return form.PageDown
	case 0xff08:
		return form.Backspace
	case 0xffff, 0xff9f:
		return form.Delete
	}
	return form.NoKey
}

// deliver takes an event of the server to its window.
func (s *Screen) deliver(event xgb.Event) {
	var of xproto.Window
	var e form.Event
	var typed *xproto.KeyPressEvent
	switch event := event.(type) {
	case xproto.KeyPressEvent:
		of, e, typed = event.Event, form.Event{Kind: form.KeyPress}, &event
	case xproto.SelectionNotifyEvent:
		of, e = event.Requestor, form.Event{Kind: form.KeyPress, Key: form.Paste}
	case xproto.ButtonPressEvent:
		of, e = event.Event, pointer(form.Press, event.EventX, event.EventY, event.RootX, event.RootY)
		if lines := map[xproto.Button]int{4: -1, 5: 1}[event.Detail]; lines != 0 {
			e.Kind, e.Lines = form.Wheel, lines
		} else if event.Detail != 1 {
			return
		}
	case xproto.ButtonReleaseEvent:
		of, e = event.Event, pointer(form.Release, event.EventX, event.EventY, event.RootX, event.RootY)
		if event.Detail != 1 {
			return
		}
	case xproto.MotionNotifyEvent:
		of, e = event.Event, pointer(form.Motion, event.EventX, event.EventY, event.RootX, event.RootY)
	case xproto.LeaveNotifyEvent:
		of, e = event.Event, form.Event{Kind: form.Leave}
	case xproto.FocusInEvent:
		of, e = event.Event, form.Event{Kind: form.Focus}
	case xproto.FocusOutEvent:
		of, e = event.Event, form.Event{Kind: form.Unfocus}
	case xproto.VisibilityNotifyEvent:
		of, e = event.Window, form.Event{Kind: form.Seen}
		if event.State == xproto.VisibilityFullyObscured {
			e.Kind = form.Unseen
		}
	case xproto.UnmapNotifyEvent:
		of, e = event.Window, form.Event{Kind: form.Unseen}
	case xproto.ClientMessageEvent:
		if event.Format != 32 || len(event.Data.Data32) == 0 || xproto.Atom(event.Data.Data32[0]) != s.known("WM_DELETE_WINDOW") {
			return
		}
		of, e = event.Window, form.Event{Kind: form.Close}
	default:
		s.structure(event)
		return
	}
	s.mu.Lock()
	p := s.panes[of]
	s.mu.Unlock()
	if p != nil {
		p.enqueue(happened{e, typed})
	}
}

func pointer(kind form.EventKind, x, y, rootX, rootY int16) form.Event {
	return form.Event{Kind: kind, At: image.Pt(int(x), int(y)), Root: image.Pt(int(rootX), int(rootY))}
}

// known is the number of a name that has been asked for before.
func (s *Screen) known(name string) xproto.Atom {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.atoms[name]
}

func (p *pane) enqueue(e happened) {
	select {
	case p.queue <- e:
	default:
		p.dropped.Store(true)
	}
}

// structure follows where windows are. It must not ask the server: it is called by whoever takes the answers.
func (s *Screen) structure(event xgb.Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch event := event.(type) {
	case xproto.ConfigureNotifyEvent:
		p := s.panes[event.Window]
		if p == nil {
			return
		}
		p.mu.Lock()
		// Inside of a frame the server tells the place in the frame, and the window manager that on the desktop.
		if size := p.bounds.Size(); p.top == p.id || event.X != 0 || event.Y != 0 {
			at := image.Pt(int(event.X), int(event.Y))
			p.bounds = image.Rectangle{Min: at, Max: at.Add(size)}
		}
		p.mu.Unlock()
	case xproto.ReparentNotifyEvent:
		if p := s.panes[event.Window]; p != nil {
			s.pumped.Go(p.reframe) // window managers put frames into frames: ask for the outermost
		}
	case xproto.DestroyNotifyEvent:
		if p := s.panes[event.Window]; p != nil {
			delete(s.panes, event.Window)
			close(p.quit)
		}
	}
}

// reframe finds the outermost window around this one.
func (p *pane) reframe() {
	top := p.id
	for range 8 { // deeper is no window manager
		tree, err := xproto.QueryTree(p.s.conn, top).Reply()
		if err != nil {
			return
		}
		if tree.Parent == tree.Root || tree.Parent == 0 {
			break
		}
		top = tree.Parent
	}
	p.mu.Lock()
	p.top = top
	p.mu.Unlock()
}

// raised is how often an overlay is put on top again. The server does not tell when something covers it on a composited
// desktop, and two programs that both want to be on top must not keep it busy.
const raised = time.Second

// rise keeps an overlay on top. Where it is there already, nothing happens.
func (p *pane) rise() {
	ticker := time.NewTicker(raised)
	defer ticker.Stop()
	for {
		select {
		case <-p.quit:
			return
		case <-ticker.C:
			xproto.ConfigureWindow(p.s.conn, p.id, xproto.ConfigWindowStackMode, []uint32{xproto.StackModeAbove})
		}
	}
}
