package encode

import "time"

// line is what we know of the way to the relay: what it carries, and how much of what was sent it has not carried yet.
type line struct {
	bitrate float64 // bits per second
	waiting float64 // bits, at the time at
	at      time.Duration
	sent    time.Duration // when something was sent last
}

// leastBitrate: no estimate is taken for less, or nothing would be sent from which a better one could be made.
const leastBitrate = 50_000

func (l *line) setBitrate(bits int, now time.Duration) {
	l.pass(now)
	l.bitrate = max(leastBitrate, float64(bits))
}

// pass lets time go by.
func (l *line) pass(now time.Duration) {
	if now > l.at {
		l.waiting = max(0, l.waiting-l.bitrate*(now-l.at).Seconds())
		l.at = now
	}
}

func (l *line) send(bytes int, now time.Duration) {
	l.pass(now)
	l.sent = now
	l.waiting += 8 * float64(bytes)
}

// within is how many bits the line carries in a time.
func (l *line) within(d time.Duration) float64 { return l.bitrate * d.Seconds() }

// ready is when no more than the line carries in backlog will be waiting.
func (l *line) ready(backlog time.Duration) time.Duration {
	excess := l.waiting - l.within(backlog)
	if excess <= 0 {
		return 0
	}
	return l.at + time.Duration(excess/l.bitrate*float64(time.Second)) + time.Microsecond // not a rounding error too early
}
