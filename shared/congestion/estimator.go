package congestion

import "time"

const (
	minRate        = 100_000 // bits per second: below it nothing is legible in time
	minQueue       = 50 * time.Millisecond
	longQueue      = 250 * time.Millisecond // too long whatever the trend
	afterDecrease  = 400 * time.Millisecond // until a decrease shows
	nearCapacity   = 10 * time.Second       // for which growth is slow after a decrease
	slowGrowth     = 0.1                    // per second
	fastGrowth     = 0.5
	unused         = 0.7                    // of the rate: less does not show that the way carries it
	suspicion      = 150 * time.Millisecond // before the first limit
	lossWindow     = 50                     // packets
	queueLoss      = 0.10
	policedLoss    = 0.20 // without a queue; less is chance, as radio loses packets, and slower would not help
	lossEnds       = 0.02
	short          = 0.9  // of what was sent: when more than this arrives, the way carries it, however late
	cautious       = 0.7  // of the limit: the least that remains after one look,
	bold           = 0.5  // where the queue is long
	cautiousGrowth = 0.05 // for each report that has no loss, where nothing else is reported
	// CautiousRate is as far as a viewer's rate grows again that reports no arrivals, in bits per second.
	CautiousRate = 2_500_000
)

// Estimator is the send-side estimate for one viewer. It has no limit until the way first shows one: what a presenter
// sends says nothing about what a way would carry beyond it.
type Estimator struct {
	trend     trend
	queue     queue
	delivered Meter

	limit     float64       // bits per second; 0: none
	newest    time.Duration // when the latest packet was sent that has arrived
	moved     time.Duration // when the way was last changed for another one
	capacity  float64       // what the way delivered when the limit was last lowered
	suspected time.Duration // since when the way has seemed narrow, while there is no limit
	decreased time.Duration
	probed    time.Duration // until when a probe fills the way's queue
	updated   time.Duration

	expected, received int // packets in the present window of losses
	loss               float64
}

// Rate is the limit in bits per second on the wire; false while there is none.
func (e *Estimator) Rate() (float64, bool) { return e.limit, e.limit > 0 }

// Queue is how long packets wait on the way.
func (e *Estimator) Queue() time.Duration { return e.queue.delay }

// Decreased is when the limit was last lowered.
func (e *Estimator) Decreased() time.Duration { return e.decreased }

// Release forgets the limit: the way carries all that there is.
func (e *Estimator) Release() { e.limit = 0 }

// Moved says that packets take another way from now on, of which nothing is known but the limit so far: a longer one is no
// queue, and what the old one has lost says nothing.
func (e *Estimator) Moved(now time.Duration) {
	e.queue, e.trend, e.moved = queue{}, trend{}, now
	e.loss, e.expected, e.received = 0, 0, 0
	e.capacity, e.decreased, e.suspected = 0, 0, 0
	e.probed = max(e.probed, now)
}

// Arrived takes a packet's arrival, on the viewer's clock; in the order in which packets were sent.
func (e *Estimator) Arrived(sent, arrived time.Duration, size int) {
	e.newest = max(e.newest, sent)
	e.delivered.Add(size, arrived)
	if e.moved > 0 && sent <= e.moved { // on the way of before
		return
	}
	e.trend.arrived(sent, arrived)
	e.queue.arrived(sent, arrived, size)
}

// Reported ends a report, about this many packets that no report was about before; sent is what the viewer was sent of
// late in bits per second.
func (e *Estimator) Reported(now time.Duration, expected, received int, sent float64) {
	elapsed := min(now-e.updated, time.Second).Seconds()
	e.updated = now
	e.count(expected, received)
	switch over := e.overused(sent); {
	case !over:
		e.suspected = 0
		e.grow(now, elapsed)
	case e.limit == 0 && e.suspected == 0:
		e.suspected = now
	case e.limit == 0 && now-e.suspected < suspicion:
	// What was sent before the last decrease or within a probe, or right after it, has met the queue of before.
	case e.limit == 0 || e.newest-max(e.decreased, e.probed) >= afterDecrease:
		e.decrease(now)
	}
}

// grow raises a limit that is used to the full: fast where nothing speaks against it, slowly near what was too much.
func (e *Estimator) grow(now time.Duration, elapsed float64) {
	if !e.atLimit() || e.queue.delay > 3*minQueue/2 {
		return
	}
	growth := fastGrowth
	if e.decreased > 0 && now-e.decreased < nearCapacity && e.limit > 0.9*e.capacity {
		growth = slowGrowth
	}
	e.limit *= 1 + growth*elapsed
}

// count takes the losses of a window. Packets that a later report brings after all make up for others.
func (e *Estimator) count(expected, received int) {
	e.expected += expected
	e.received += received
	if e.expected >= lossWindow {
		e.loss = max(0, 1-float64(e.received)/float64(e.expected))
		e.expected, e.received = 0, 0
	}
}

func (e *Estimator) overused(sent float64) bool {
	// A machine that is busy now and then delays packets as a narrow way does. Where less is sent than the way is known to
	// carry, it takes more to believe in a queue.
	least, atLimit := minQueue, e.atLimit()
	if !atLimit {
		least = 2 * minQueue
	}
	switch queue := e.queue.delay; {
	case e.loss > policedLoss:
		return true
	case !atLimit && e.carried() > short*sent: // a machine that stood still for a moment catches up; a narrow way never does
		return false
	case e.loss > queueLoss && queue > minQueue:
		return true
	case queue > longQueue:
		return e.trend.last >= 0
	default:
		return queue > least && e.trend.rising
	}
}

// atLimit reports whether the viewer is sent as much as the limit allows.
func (e *Estimator) atLimit() bool { return e.limit > 0 && e.delivered.Rate(0) >= unused*e.limit }

// carried is what the way is seen to carry: of packets that followed one another through its queue, or else of all.
func (e *Estimator) carried() float64 {
	if capacity, known := e.queue.capacity(e.queue.latest); known {
		return capacity
	}
	return e.delivered.Rate(0)
}

// Probing says that more than the limit is sent until then.
func (e *Estimator) Probing(until time.Duration) { e.probed = until }

// Probed takes what the way has been seen to carry, also where that is less than the limit: a little growth does not
// always show. What the probe lost says nothing about the limit.
func (e *Estimator) Probed(rate float64) {
	if e.limit > 0 {
		e.limit = max(rate, e.limit*cautious, minRate) // one look may err
	}
	e.loss, e.expected, e.received = 0, 0, 0
}

// decrease takes the limit below what the way delivers, so that its queue drains (draft-ietf-rmcat-gcc-02 section 5.5).
func (e *Estimator) decrease(now time.Duration) {
	capacity := e.carried()
	if e.atLimit() { // then what arrives is what there is room for
		capacity = min(capacity, e.delivered.Rate(0))
	}
	factor := 0.85
	if e.queue.delay > longQueue {
		factor = 0.7
	}
	e.capacity = capacity
	capacity *= factor
	if e.limit > 0 {
		least := cautious // one look may err
		if e.queue.delay > 3*minQueue {
			least = bold
		}
		capacity = max(min(capacity, e.limit), least*e.limit)
	}
	e.limit = max(capacity, minRate)
	e.decreased, e.loss = now, 0
}

// Lost takes the loss that a receiver report states (section 6), for a viewer that reports no arrivals; sent is what it
// was sent of late in bits per second.
//
// A report may be about few packets, so several count; and as nothing tells a queue from chance, it takes more to begin.
func (e *Estimator) Lost(now time.Duration, loss, sent float64) {
	e.loss += (loss - e.loss) / 4
	loss = e.loss
	switch {
	case loss > policedLoss, loss > queueLoss && e.limit > 0:
		if now-e.decreased < afterDecrease {
			return
		}
		if e.limit > 0 {
			sent = min(sent, e.limit)
		}
		e.limit, e.decreased = max(sent*(1-loss/2), minRate), now
		e.loss = 0
	case loss < lossEnds && e.limit > 0 && sent > unused*e.limit:
		e.limit = min(e.limit*(1+cautiousGrowth), max(e.limit, CautiousRate))
	}
}
