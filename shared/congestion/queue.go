package congestion

import "time"

const (
	basePeriod   = 10 * time.Second       // the least delay of the last one or two of them is the way without a queue
	busySpan     = 500 * time.Millisecond // of one of the two halves of a measurement
	trainsLast   = 2 * time.Second        // then what was measured says nothing about now
	trainsSpan   = 60 * time.Millisecond  // of trains that say something,
	trainPackets = 8                      // or so many packets
)

// queue watches how long packets wait on the way, and what the way delivers while they do.
type queue struct {
	known             bool
	least, leastOlder time.Duration // of the delays in this period and the last one
	period            time.Duration // when this one began
	delay             time.Duration // of late, above the least
	latest            time.Duration // arrival
	trains
}

// arrived takes one packet; the clocks of both ends may differ.
func (q *queue) arrived(sent, arrived time.Duration, size int) {
	way := arrived - sent
	switch {
	case !q.known:
		*q = queue{known: true, least: way, leastOlder: way, period: arrived, latest: arrived}
	case arrived-q.period > basePeriod:
		q.leastOlder, q.least, q.period = q.least, way, arrived
	}
	q.least = min(q.least, way)
	base := min(q.least, q.leastOlder)
	q.delay += (way - base - q.delay) / 4
	if gap := max(0, arrived-q.latest); sent+base <= q.latest {
		// It was in the queue when the one before it left: the way took all the time between the two to carry it. Packets
		// that were held up together by a busy machine come together, and show a fast way.
		q.add(size, gap, arrived)
	}
	q.latest = max(q.latest, arrived)
}

// trains measures the way by packets that followed one another through its queue.
type trains struct {
	older, newer train
	at           time.Duration
}

type train struct {
	packets, bytes int
	span           time.Duration
}

func (t *trains) add(size int, gap, at time.Duration) {
	if at-t.at > trainsLast {
		*t = trains{}
	}
	t.at = at
	t.newer.packets++
	t.newer.bytes += size
	t.newer.span += gap
	if t.newer.span > busySpan {
		t.older, t.newer = t.newer, train{}
	}
}

// capacity is what the way carries in bits per second; false while too little is known.
func (t *trains) capacity(now time.Duration) (float64, bool) {
	span, packets := t.older.span+t.newer.span, t.older.packets+t.newer.packets
	if now-t.at > trainsLast || span < trainsSpan && packets < trainPackets {
		return 0, false
	}
	return float64(8*(t.older.bytes+t.newer.bytes)) / max(span, time.Millisecond).Seconds(), true
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

// Rate is in bits per second, up to a moment not before the last bytes.
func (m *Meter) Rate(at time.Duration) float64 {
	span := max(at, m.last) - m.start
	if span <= 0 || span > 4*busySpan {
		return 0
	}
	return float64(8*(m.older+m.newer)) / span.Seconds()
}
