package session

import "time"

// SharePhase is what has become of a share's way to the relay.
type SharePhase string

// Phases: connecting -> live <-> interrupted -> reconnecting -> live; any -> over.
const (
	ShareConnecting   SharePhase = "connecting"
	ShareLive         SharePhase = "live"
	ShareInterrupted  SharePhase = "interrupted" // nothing comes from the relay; it may heal by itself
	ShareReconnecting SharePhase = "reconnecting"
	ShareOver         SharePhase = "over"
)

const (
	heal    = 2500 * time.Millisecond // after the silence that made the link interrupted
	giveUp  = 25 * time.Second        // as the relay does: a share must not come back as a surprise
	settled = 5 * time.Second         // beyond its patience an attempt may take so long to carry media
)

// link is the way of one share to the relay, through sessions that are made again when they are lost; pure, for one
// goroutine. Times are the caller's.
type link struct {
	phase   SharePhase
	attempt int
	begun   time.Time // the present attempt
	lost    time.Time // since when nothing gets through; zero while it does
	due     time.Time // the next thing that happens by itself; zero: nothing
	waiting bool      // for due, to make another attempt
}

// act is what the caller does now.
type act int

const (
	rest    act = iota // wait for events, or for due
	connect            // drop what there is, and make a new session
	finish             // the share is over
)

func newLink(now time.Time) *link {
	return &link{phase: ShareConnecting, lost: now}
}

// begin: a new session is being made; it may take that long.
func (l *link) begin(now time.Time) time.Duration {
	allowed := patience(l.attempt)
	l.begun, l.waiting = now, false
	l.due = earliest(now.Add(allowed+settled), l.end())
	return allowed
}

// end is when the share is given up; zero while media gets through.
func (l *link) end() time.Time {
	if l.lost.IsZero() {
		return time.Time{}
	}
	return l.lost.Add(giveUp)
}

// live: media gets through, or again.
func (l *link) live() {
	l.phase, l.attempt = ShareLive, 0
	l.lost, l.due, l.waiting = time.Time{}, time.Time{}, false
}

// interrupted: nothing comes any more since about now.
func (l *link) interrupted(now time.Time) {
	if l.phase != ShareLive {
		return
	}
	l.phase, l.lost = ShareInterrupted, now
	l.due = now.Add(heal)
}

// failed: the session, or the attempt to make it, is over.
func (l *link) failed(now time.Time, r *Refusal, chance float64) act {
	if l.lost.IsZero() {
		l.lost = now
	}
	if r != nil && r.Final() {
		l.phase = ShareOver
		return finish
	}
	wait := pause(l.attempt, chance)
	if r != nil {
		wait = max(wait, r.RetryAfter)
	}
	return l.again(now, wait)
}

// again plans another attempt.
func (l *link) again(now time.Time, wait time.Duration) act {
	if l.lost.IsZero() {
		l.lost = now
	}
	l.attempt++
	if l.phase != ShareConnecting {
		l.phase = ShareReconnecting
	}
	l.due, l.waiting = earliest(now.Add(wait), l.end()), true
	return l.look(now)
}

// renew: another relay answers, which knows nothing of sessions begun before lostAt.
func (l *link) renew(now, lostAt time.Time) act {
	if l.phase == ShareOver || !l.begun.Before(lostAt) {
		return rest
	}
	l.attempt = 0
	return l.again(now, 0)
}

// look says what has become due.
func (l *link) look(now time.Time) act {
	if l.phase == ShareOver {
		return finish
	}
	if end := l.end(); !end.IsZero() && !now.Before(end) {
		l.phase = ShareOver
		return finish
	}
	if l.due.IsZero() || now.Before(l.due) {
		return rest
	}
	if l.waiting {
		return connect
	}
	// It did not heal, or media did not connect: at once, the time has been waited already.
	l.attempt++
	if l.phase != ShareConnecting {
		l.phase = ShareReconnecting
	}
	return connect
}

func earliest(a, b time.Time) time.Time {
	if b.IsZero() || a.Before(b) {
		return a
	}
	return b
}
