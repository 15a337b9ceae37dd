package share

import (
	"bytes"
	"image"
	"sync/atomic"
	"time"
)

// reflected is how often a picture is made for the mirror, at most.
const reflected = time.Second

// Mirror shows the presenter a small picture of what is sent, at most once a second and only when that has changed. It begins
// turned away, and then costs nothing.
type Mirror struct {
	within image.Point
	show   func(*image.RGBA)
	turned chan struct{}
	facing atomic.Bool
}

// NewMirror makes a mirror for pictures that fit within; show gets each, and must not block.
func NewMirror(within image.Point, show func(*image.RGBA)) *Mirror {
	return &Mirror{within: within, show: show, turned: make(chan struct{}, 1)}
}

// Turn says whether anybody looks. Who begins to look gets a picture.
func (m *Mirror) Turn(on bool) {
	if m.facing.Swap(on) == on || !on {
		return
	}
	select {
	case m.turned <- struct{}{}:
	default: // it will be seen
	}
}

func (m *Mirror) turns() <-chan struct{} {
	if m == nil {
		return nil
	}
	return m.turned
}

// reflection is what a share's mirror shows; its fields belong to the share's goroutine.
type reflection struct {
	stale     bool      // something else is sent
	reflected time.Time // when it was made
	image     *image.RGBA
}

// reflects is when the mirror's picture has to be made; zero: not at all.
func (s *sharing) reflects() time.Time {
	if s.Mirror == nil || !s.stale || s.coder == nil || !s.Mirror.facing.Load() {
		return time.Time{}
	}
	return s.reflected.Add(reflected)
}

// reflect makes it if it is due. One that looks the same is not shown again: a change may be too small to be seen.
func (s *sharing) reflect() {
	due, now := s.reflects(), time.Now()
	if due.IsZero() || now.Before(due) {
		return
	}
	small := s.coder.Small(s.Mirror.within)
	s.stale, s.reflected = false, now
	if small == nil || s.image != nil && s.image.Rect == small.Rect && bytes.Equal(s.image.Pix, small.Pix) {
		return
	}
	s.image = small
	s.Mirror.show(small)
}

// earliest is the sooner of two times, of which zero is none.
func earliest(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}
