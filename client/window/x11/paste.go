package x11

import (
	"github.com/jezek/xgb/xproto"

	"github.com/coopnet/coopnet/client/window/form"
)

const (
	pasted     = "_COOPNET_PASTED" // the property in which another program puts what is pasted
	maxPasted  = 4096              // bytes
	fourOctets = 4                 // the unit of GetProperty's length
)

// typed says what a key means: nothing, or a text that is pasted, which comes later (ICCCM 2.4).
func (p *pane) typed(e *happened) {
	if p.dropped.Swap(false) || e.Kind == form.Focus || e.Kind == form.Unfocus || e.Kind == form.Press {
		p.waits = 0 // it was for what is not typed into any more
	}
	if e.Kind != form.KeyPress {
		return
	}
	if e.typed != nil {
		e.Key, e.Text = p.s.press(e.typed, &p.waits)
	}
	switch {
	case e.Key != form.Paste:
	case e.typed != nil:
		e.Key, p.pasting = form.NoKey, true
		xproto.ConvertSelection(p.s.conn, p.id, p.s.atom("CLIPBOARD"), p.s.atom("UTF8_STRING"), p.s.atom(pasted), e.typed.Time)
	case p.pasting: // nobody else may push a text into a window
		e.Key, p.pasting = form.NoKey, false
		value, err := xproto.GetProperty(p.s.conn, true, p.id, p.s.atom(pasted), p.s.atom("UTF8_STRING"), 0, maxPasted/fourOctets).Reply()
		if err == nil && value.Format == 8 {
			e.Text = string(value.Value)
		}
	default:
		e.Key = form.NoKey
	}
}
