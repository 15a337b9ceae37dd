package congestion

import "time"

const (
	probeFactor = 2                      // of the limit,
	probeMost   = 3                      // to see whether what it was of late is there again
	probeSpan   = 200 * time.Millisecond // a way of half the rate is then 100 ms behind
	probeBytes  = 60_000                 // at most: a shorter probe says enough of a fast way;
	probeFewest = 10_000                 // at least, however slow: eight large packets
	probeShare  = 0.7                    // of the packets, which have to arrive
	probeLeast  = 6                      // packets that say something
	probePassed = 0.75                   // of the probe's rate
	probeSure   = 0.85                   // of what was measured is taken for what the way carries
	firstPause  = 3 * time.Second        // between two probes,
	shortPause  = time.Second            // after one that passed,
	longPause   = 40 * time.Second       // and after many that did not
	probeWait   = 2 * time.Second        // for reports about a probe
)

// Probe sends for a moment faster than the limit, to see whether the way carries more: what a still screen sends says
// nothing about that.
type Probe struct {
	rate       float64       // bits per second; 0: no probe is under way
	until      time.Duration // when its sending ends
	first, end uint16        // transport-wide sequence numbers; end is known once sending has ended
	ended      bool
	sent       int // packets

	arrived     int
	bytes       int // but for the first packet's
	start, last time.Duration

	next  time.Duration // not before
	pause time.Duration
	known float64 // what the way carried before something else filled it; 0: nothing did
}

// Begin begins a probe beyond this limit unless it is too early; first is the sequence number of the next packet.
func (p *Probe) Begin(now time.Duration, limit float64, first uint16) bool {
	if p.next == 0 {
		p.pause, p.next = firstPause, now+firstPause
	}
	if p.rate != 0 || now < p.next {
		return false
	}
	rate := max(probeFactor*limit, min(p.known, probeMost*limit))
	takes := func(bytes float64) time.Duration { return time.Duration(8 * bytes / rate * float64(time.Second)) }
	span := max(min(probeSpan, takes(probeBytes)), takes(probeFewest))
	*p = Probe{rate: rate, until: now + span, first: first, next: now + p.pause, pause: p.pause}
	return true
}

// Recover has the next probe begin at once, because whatever took the way from a limit like known is gone.
func (p *Probe) Recover(now time.Duration, known float64) {
	p.pause, p.next, p.known = firstPause, now, known
}

// Drop ends a probe without a result: what it was made of is not sent any more.
func (p *Probe) Drop() { p.rate = 0 }

// Active reports whether packets may still go out.
func (p *Probe) Active() bool { return p.rate != 0 && !p.ended }

// Until is when a probe's sending ends.
func (p *Probe) Until() time.Duration { return p.until }

// Sending is the rate at which packets have to go out now in bits per second; 0 when none have to.
func (p *Probe) Sending(now time.Duration) float64 {
	if !p.Active() || now >= p.until {
		return 0
	}
	return p.rate
}

// Sent counts packets that went out, the last of them under the sequence number before end.
func (p *Probe) Sent(now time.Duration, packets int, end uint16) {
	if !p.Active() {
		return
	}
	p.sent += packets
	p.end, p.ended = end, now >= p.until
}

// Arrived takes a packet's arrival on the viewer's clock.
func (p *Probe) Arrived(sequence uint16, arrived time.Duration, size int) {
	if p.rate == 0 || int16(sequence-p.first) < 0 || p.ended && int16(sequence-p.end) >= 0 {
		return
	}
	if p.arrived == 0 {
		p.start = arrived
	} else {
		p.bytes += size
	}
	p.arrived++
	p.last = max(p.last, arrived)
}

// Result is what the way is now known to carry in bits per second, once a report has been about packet latest; 0 while
// nothing is known.
func (p *Probe) Result(now time.Duration, latest uint16) float64 {
	if p.rate == 0 || !p.ended || int16(latest-p.end+1) < 0 && now-p.until < probeWait {
		return 0
	}
	delivered := 0.0
	if span := p.last - p.start; span > 0 && p.arrived >= max(probeLeast, int(probeShare*float64(p.sent))) {
		delivered = min(float64(8*p.bytes)/span.Seconds(), p.rate)
	}
	passed := delivered >= probePassed*p.rate
	p.rate = 0
	switch {
	case passed:
		p.pause, p.next = firstPause, now+shortPause
	default:
		p.pause = min(2*p.pause, longPause)
		p.next = now + p.pause
	}
	return probeSure * delivered
}
