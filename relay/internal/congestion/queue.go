package congestion

import "time"

const (
	basePeriod = 10 * time.Second       // the least delay of the last one or two of them is the way without a queue
	emptyDelay = 10 * time.Millisecond  // above the least delay: no queue
	busySpan   = 500 * time.Millisecond // of one of the two halves over which a busy way is measured
)

// queue watches how long packets wait on the way, and what the way delivers while they do.
type queue struct {
	known             bool
	least, leastOlder time.Duration // of the delays in this period and the last one
	period            time.Duration // when this one began
	delay             time.Duration // of late, above the least
	busy              Meter         // since the queue was last empty
}

// arrived takes one packet; the clocks of both ends may differ.
func (q *queue) arrived(sent, arrived time.Duration, size int) {
	way := arrived - sent
	switch {
	case !q.known:
		*q = queue{known: true, least: way, leastOlder: way, period: arrived}
	case arrived-q.period > basePeriod:
		q.leastOlder, q.least, q.period = q.least, way, arrived
	}
	q.least = min(q.least, way)
	above := way - min(q.least, q.leastOlder)
	q.delay += (above - q.delay) / 4
	if above < emptyDelay {
		q.busy = Meter{}
	}
	q.busy.Add(size, arrived)
}

// Meter measures a rate over about the last second.
type Meter struct {
	counting            bool
	start, middle, last time.Duration
	older, newer        int // bytes before and since the middle
}

// Add counts bytes. The first ones only start the clock.
func (m *Meter) Add(size int, at time.Duration) {
	if !m.counting || at-m.last > 2*busySpan {
		*m = Meter{counting: true, start: at, middle: at, last: at}
		return
	}
	if at-m.middle > busySpan {
		m.start, m.middle, m.older, m.newer = m.middle, at, m.newer, 0
	}
	m.newer += size
	m.last = max(m.last, at)
}

// Span is how long the meter has measured.
func (m *Meter) Span() time.Duration { return m.last - m.start }

// Rate is in bits per second, up to a moment not before the last bytes.
func (m *Meter) Rate(at time.Duration) float64 {
	span := max(at, m.last) - m.start
	if span <= 0 || span > 4*busySpan {
		return 0
	}
	return float64(8*(m.older+m.newer)) / span.Seconds()
}
