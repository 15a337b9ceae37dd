package congestion

import (
	"math"
	"time"
)

// The figures of draft-ietf-rmcat-gcc-02 section 5, with the trendline filter that browsers use now.
const (
	groupSpan     = 5 * time.Millisecond // packets sent within it are one group (section 5.2)
	trendWindow   = 20                   // groups
	trendGain     = 4
	trendMaxCount = 60
	smoothing     = 0.9
	thresholdUp   = 0.0087 // section 5.4: how fast the threshold follows the trend
	thresholdDown = 0.039
	thresholdMin  = 6.0
	thresholdMax  = 600.0
	overuseTime   = 10 * time.Millisecond
	// silence is a gap in the packets after which the trend begins again: a still screen says nothing of the way.
	silence = 2 * time.Second
)

// group is some packets sent together.
type group struct {
	first, sent, arrived time.Duration // sent and arrived are the last packet's
}

// trend finds out whether the one-way delay rises: the slope of the accumulated differences between how far apart groups
// were sent and how far apart they arrived.
type trend struct {
	present, previous group
	groups            int // complete ones, up to trendMaxCount

	accumulated, smoothed float64 // milliseconds
	start                 time.Duration
	times, delays         [trendWindow]float64
	filled                int

	threshold float64
	updated   time.Duration
	over      time.Duration // how long the trend has been over the threshold
	last      float64
	rising    bool // the way is overused
}

// arrived takes one packet.
func (t *trend) arrived(sent, arrived time.Duration) {
	switch {
	case t.present == (group{}) || sent-t.present.sent > silence || sent < t.present.first-silence:
		*t = trend{present: group{sent, sent, arrived}, threshold: max(t.threshold, 12.5), start: arrived, updated: arrived}
		return
	case sent < t.present.first: // overtaken on the way
		return
	case sent-t.present.first <= groupSpan:
		t.present.sent, t.present.arrived = max(t.present.sent, sent), max(t.present.arrived, arrived)
		return
	}
	if t.previous != (group{}) {
		apart := t.present.arrived - t.previous.arrived - (t.present.sent - t.previous.sent)
		t.update(float64(apart)/float64(time.Millisecond), t.present.arrived, t.present.sent-t.previous.sent)
	}
	t.previous, t.present = t.present, group{sent, sent, arrived}
}

func (t *trend) update(difference float64, arrived, apart time.Duration) {
	t.groups = min(t.groups+1, trendMaxCount)
	t.accumulated += difference
	t.smoothed = smoothing*t.smoothed + (1-smoothing)*t.accumulated
	if t.filled == trendWindow {
		copy(t.times[:], t.times[1:])
		copy(t.delays[:], t.delays[1:])
		t.filled--
	}
	t.times[t.filled] = float64(arrived-t.start) / float64(time.Millisecond)
	t.delays[t.filled] = t.smoothed
	t.filled++
	if t.filled < trendWindow/2 {
		return
	}
	slope := t.slope()
	modified := float64(t.groups) * slope * trendGain
	switch {
	case modified > t.threshold:
		t.over += apart
		t.rising = t.over > overuseTime && slope >= t.last
	default:
		t.over, t.rising = 0, false
	}
	t.last = slope
	t.adapt(modified, arrived)
}

// slope is the line through the window by least squares.
func (t *trend) slope() float64 {
	n := float64(t.filled)
	var x, y float64
	for i := range t.filled {
		x += t.times[i]
		y += t.delays[i]
	}
	x, y = x/n, y/n
	var covariance, variance float64
	for i := range t.filled {
		covariance += (t.times[i] - x) * (t.delays[i] - y)
		variance += (t.times[i] - x) * (t.times[i] - x)
	}
	if variance == 0 {
		return 0
	}
	return covariance / variance
}

// adapt lets the threshold follow the trend, so that neither jitter nor other traffic starves the viewer (section 5.4).
func (t *trend) adapt(modified float64, at time.Duration) {
	gap := math.Abs(modified) - t.threshold
	if gap <= 15 { // a sudden spike says nothing about jitter
		k := thresholdUp
		if gap < 0 {
			k = thresholdDown
		}
		elapsed := min(float64(at-t.updated)/float64(time.Millisecond), 100)
		t.threshold = min(max(t.threshold+k*gap*elapsed, thresholdMin), thresholdMax)
	}
	t.updated = at
}
