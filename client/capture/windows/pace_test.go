package windows

import (
	"testing"
	"time"

	"github.com/coopnet/coopnet/client/capture"
)

// run lets time pass and returns when pictures are taken; change says at which of them something has changed.
func (p *pace) run(whole time.Duration, touched func(at time.Duration) uint32, changed func(at time.Duration) bool) (pictures []time.Duration) {
	for at := time.Duration(0); at < whole; {
		if wait := p.wait(touched(at)); wait > 0 {
			at += wait
			continue
		}
		pictures = append(pictures, at)
		at += p.looked(changed(at), touched(at))
	}
	return pictures
}

func within(pictures []time.Duration, from, to time.Duration) (n int) {
	for _, at := range pictures {
		if from <= at && at < to {
			n++
		}
	}
	return n
}

func TestPace(t *testing.T) {
	never := func(time.Duration) bool { return false }
	untouched := func(time.Duration) uint32 { return 1 }
	var p pace
	still := p.run(30*time.Second, untouched, never)
	for _, c := range []struct {
		from, to    time.Duration
		least, most int
	}{{0, time.Second, 28, 31}, {3 * time.Second, 4 * time.Second, 13, 16}, {20 * time.Second, 30 * time.Second, 30, 41}} {
		if n := within(still, c.from, c.to); n < c.least || n > c.most {
			t.Errorf("%d pictures from %v to %v", n, c.from, c.to)
		}
	}
	p = pace{}
	if n := len(p.run(30*time.Second, untouched, func(time.Duration) bool { return true })); n < 28*30 || n > 31*30 {
		t.Errorf("%d pictures of what moves", n)
	}
	// Somebody types after a long while: that is looked at soon, and often.
	const touch = 20 * time.Second
	p = pace{}
	typed := p.run(30*time.Second, func(at time.Duration) uint32 {
		if at < touch {
			return 1
		}
		return 2
	}, never)
	if within(typed, touch, touch+slow+time.Millisecond) == 0 || within(typed, touch, touch+time.Second) < 26 {
		t.Errorf("%d pictures in the second after a touch", within(typed, touch, touch+time.Second))
	}
	// Something changes by itself.
	p = pace{}
	alone := p.run(30*time.Second, untouched, func(at time.Duration) bool { return at > touch && at < touch+400*time.Millisecond })
	if within(alone, touch, touch+slowest+slow) == 0 || within(alone, touch+slowest+slow, touch+time.Second) < int(500*time.Millisecond/capture.Interval) {
		t.Errorf("%d pictures after a change", within(alone, touch, touch+time.Second))
	}
}
