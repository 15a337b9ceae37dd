package session

import "time"

// Phase is what has become of a control channel.
type Phase string

// Phases: connecting -> open <-> lost; any -> closed.
const (
	Connecting Phase = "connecting"
	Open       Phase = "open"
	Lost       Phase = "lost"
	Closed     Phase = "closed"
)

// Reason is why a control channel is closed for good.
type Reason string

// Reasons.
const (
	Left     Reason = "left"     // by the user
	Ended    Reason = "ended"    // the conference
	Removed  Reason = "removed"  // by an organizer
	Replaced Reason = "replaced" // the same participant opened the channel elsewhere
	Locked   Reason = "locked"   // nobody new is let in
	Refused  Reason = "refused"  // by the portal or the relay
)

// kind is what takes the messages.
type kind int

const (
	bySocket kind = iota
	byPoll        // HTTP requests, where a proxy lets no WebSocket through
)

const (
	silence   = 3200 * time.Millisecond // the relay speaks each second: two of its words may be lost
	swallowed = 2500 * time.Millisecond // a socket on which nothing has come may be one that a proxy has swallowed
	later     = 2 * time.Second         // the least pause when the relay is full
	socketTry = 3                       // the poll is the worse carrier: so often a reconnection tries the socket again
)

// Close codes of the relay, docs/protocol.md.
const (
	codeLater    = 1013
	codeRemoved  = 4403
	codeReplaced = 4409
	codeEnded    = 4410
	codeLocked   = 4423
)

// failure is how an attempt, or an open channel, ended.
type failure struct {
	code     int      // the relay's close code; 0: none
	refusal  *Refusal // of the portal, or of the relay's hello
	ended    Reason   // the relay's room.ended: Ended or Removed
	draining bool     // the relay's room.ended: it stops
	noTicket bool     // the portal gave none
}

// next is what a course does after a failure.
type next struct {
	closed Reason // not empty: nothing any more
	pause  time.Duration
	other  bool // the relay did not answer: another one is next
	away   bool // the relay sends everybody away
}

// course is a control channel's way through its phases; pure, for one goroutine.
type course struct {
	phase   Phase
	attempt int
	entered bool // the relay has said what is in the room, in this attempt
	heard   bool // the relay has said anything, in this attempt
	before  bool // there was a room before
	kind    kind

	proven   kind
	anything bool // proven counts
	failures int  // of the socket, since anything worked
	returns  int
	poll     bool // the same attempt goes on with the poll
}

func newCourse() *course { return &course{phase: Connecting} }

// begin begins an attempt: by what, and how long until the relay must have spoken.
func (c *course) begin() (kind, time.Duration) {
	c.entered, c.heard = false, false
	allowed := patience(c.attempt)
	switch {
	case c.poll:
		c.kind, c.poll = byPoll, false
	case c.anything && c.proven == byPoll:
		c.returns++
		c.kind = byPoll
		if c.returns%socketTry == 0 {
			c.kind = bySocket
		}
	default:
		c.kind = bySocket
	}
	if c.kind == bySocket && c.doubted() {
		allowed = min(allowed, swallowed)
	}
	return c.kind, allowed
}

// doubted: a socket that worked fails at first because the network or the relay does.
func (c *course) doubted() bool { return !c.anything || c.proven != bySocket || c.failures > 0 }

// hear: the relay has spoken.
func (c *course) hear() { c.heard = true }

// enter: the relay has said what is in the room.
func (c *course) enter() {
	c.attempt, c.entered, c.before = 0, true, true
	c.proven, c.anything, c.failures = c.kind, true, 0
	c.phase = Open
}

// fail says how to go on. chance is from 0 to 1.
func (c *course) fail(f failure, chance float64) next {
	if reason := final(f); reason != "" {
		c.phase = Closed
		return next{closed: reason}
	}
	if c.kind == bySocket && !c.heard && !f.noTicket {
		doubted := c.doubted()
		c.failures++
		if doubted {
			c.poll = true // with a fresh ticket: the relay may have seen the first one
			return next{}
		}
	}
	n := next{pause: pause(c.attempt, chance), away: f.draining}
	n.other = !c.heard && !f.noTicket && (f.refusal == nil || f.refusal.Status == 0)
	c.attempt++
	if f.refusal != nil {
		n.pause = max(n.pause, f.refusal.RetryAfter)
	}
	if f.code == codeLater {
		n.pause = max(n.pause, later)
	}
	c.phase = Lost
	if !c.before {
		c.phase = Connecting // not coming back yet, but still waiting to get in
	}
	return n
}

func final(f failure) Reason {
	switch f.code {
	case codeEnded:
		return Ended
	case codeRemoved:
		return Removed
	case codeLocked:
		return Locked
	case codeReplaced: // coming back would throw out the other, who would come back in turn
		return Replaced
	}
	if f.ended != "" {
		return f.ended
	}
	if f.refusal != nil && f.refusal.Final() {
		return Refused
	}
	return ""
}
