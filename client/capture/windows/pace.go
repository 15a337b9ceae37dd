package windows

import (
	"time"

	"github.com/coopnet/coopnet/client/capture"
)

const (
	// still is how long nothing has changed when pictures are taken at the slow pace, and calm when they are taken at the
	// slowest, as long as nobody touches keyboard or pointer: most changes follow that.
	still   = 2 * time.Second
	calm    = 10 * time.Second
	slow    = time.Second / 15
	slowest = time.Second / 4
)

// pace says when to take the next picture. The system does not tell what was drawn, and each picture costs; it tells for little
// when somebody last used keyboard or pointer, which is asked for more often.
type pace struct {
	quiet   time.Duration // how long nothing has changed
	skipped time.Duration // since the last picture
	touched uint32
}

// wait is how long to wait before a picture is worth its cost: 0 is no longer.
func (p *pace) wait(touched uint32) time.Duration {
	if p.quiet < calm || touched != p.touched || p.skipped >= slowest {
		return 0
	}
	p.skipped += slow
	return slow
}

// looked notes what a picture has shown, and returns when to think of the next.
func (p *pace) looked(changed bool, touched uint32) time.Duration {
	if changed || touched != p.touched {
		p.quiet = 0
	} else {
		p.quiet += max(p.skipped, capture.Interval)
	}
	p.skipped, p.touched = 0, touched
	if p.quiet < still {
		return capture.Interval
	}
	p.skipped = slow
	return slow
}
