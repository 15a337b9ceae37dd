package windows

import "time"

// copied is a screen of which the system keeps a copy, where it does that: not over some remote sessions, and not while
// it asks for a password. Meanwhile GDI is asked.
type copied struct {
	duplication *duplication // nil: not now
	again       again
}

// draw brings the surface up to date; all of it, if it must. known is false when GDI has to be asked.
func (c *copied) draw(t target, s *surface, must bool) (drawn, known bool) {
	name := t.one()
	if name == "" {
		return false, false
	}
	var err error
	if now := time.Now(); c.duplication == nil && c.again.due(now) {
		if c.duplication, err = findScreen(name); err != nil {
			c.again.failed(now)
		}
	}
	if c.duplication == nil {
		return false, false
	}
	changed, err := c.duplication.take()
	if err != nil || c.duplication.size != s.size {
		c.close()
		c.again.failed(time.Now())
		return false, false
	}
	if !c.known() { // it is told with the first change
		return false, false
	}
	c.again.worked()
	if !changed && !must {
		return false, true
	}
	copy(s.pix, c.duplication.pix)
	return true, true
}

// known reports whether the system has told what is on the screen.
func (c *copied) known() bool { return c.duplication != nil && c.duplication.pix != nil }

func (c *copied) close() {
	if c.duplication != nil {
		c.duplication.close()
		c.duplication = nil
	}
}

// one is the name of the screen that is all of the target; "" for a window, and for several screens.
func (t target) one() string {
	if t.window != 0 || t.screen != "" {
		return t.screen
	}
	screens := t.system.screens()
	if len(screens) != 1 {
		return ""
	}
	for name := range screens {
		return name
	}
	return ""
}
