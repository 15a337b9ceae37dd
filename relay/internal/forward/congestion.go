package forward

import (
	"time"

	"github.com/coopnet/coopnet/relay/internal/packet"
	"github.com/coopnet/coopnet/shared/congestion"
)

// wireOverhead is what a packet takes on the wire beside its RTP header and payload: IPv4, UDP and SRTP's tag.
const wireOverhead = 20 + 8 + 16

// reportsMissing is the silence after which receiver reports stand in for the transport-wide ones.
const reportsMissing = 3 * time.Second

// CongestionControl is what a viewer negotiated about transport-wide sequence numbers: the ids of their header extension,
// 0 where a stream has none. Without RTX the picture must have none: what is sent again is then the very same packet, and a
// second header under the same nonce would give the key of AES-GCM's tags away.
type CongestionControl struct {
	Video, Audio uint8
	Now          func() time.Time
}

// way is what is known of the way to one viewer, over all of its streams. The subscription's lock guards it.
type way struct {
	now       func() time.Time
	start     time.Time           // where its times count from
	history   *congestion.History // nil where nothing is numbered
	estimator congestion.Estimator
	sent      congestion.Meter

	reported time.Duration // when the latest transport-wide report came
	latest   int64         // arrival on the viewer's clock
	clock    time.Duration // the same, without wraps
	trip     time.Duration // from a packet's departure to the report about it
	band     int           // in Counters.Estimates; 0 without a limit
	moves    uint32        // how often it was changed for another one
	before   float64       // the limit before it was lowered, for as long as packets have queued since; 0: they have not
}

func newWay(cfg CongestionControl) way {
	w := way{now: cfg.Now, start: cfg.Now()}
	if cfg.Video|cfg.Audio != 0 {
		w.history = &congestion.History{}
	}
	return w
}

func (w *way) time() time.Duration { return w.now().Sub(w.start) }

// number gives the steps the transport-wide sequence numbers under which they are sent now; the first is returned, and
// the steps' bytes on the wire.
func (w *way) number(h packet.Header, steps []step, at time.Duration) (first uint16, bytes int) {
	for i := range steps {
		size := h.Size() + len(steps[i].packet.Payload()) + wireOverhead
		bytes += size
		if h.Extension == 0 {
			continue
		}
		if n := w.history.Add(size, at); i == 0 {
			first = n
		}
	}
	if bytes > 0 {
		w.sent.Add(bytes, at)
	}
	return first, bytes
}

// arrived takes a transport-wide report. It costs no more than the report's bytes.
func (s *Subscription) arrived(f packet.Feedback) {
	moves := s.transport.Moves()
	s.mu.Lock()
	next := s.take(f.Arrivals(), moves)
	s.mu.Unlock()
	next.follow(s)
}

// take holds the lock.
func (s *Subscription) take(walk packet.Arrivals, moves uint32) sequel {
	w := &s.way
	if w.history == nil || s.closed {
		return sequel{}
	}
	now, received, newest := w.time(), 0, time.Duration(0)
	if moves != w.moves {
		w.moves, w.before = moves, 0
		w.estimator.Moved(now)
		w.history.Moved()
		if s.fitting != nil {
			s.fitting.Drop()
		}
	}
	for a, ok := walk.Next(); ok; a, ok = walk.Next() {
		at, size, known := w.history.Arrived(a.Sequence)
		if !known {
			continue
		}
		if w.reported != 0 {
			w.clock += time.Duration(a.Since(w.latest)) * arrivalUnit
		}
		w.reported, w.latest, newest = max(now, 1), a.At, at
		w.estimator.Arrived(at, w.clock, size)
		if s.fitting != nil {
			s.fitting.Arrived(a.Sequence, w.clock, size)
		}
		received++
	}
	expected := w.history.Covered(walk.Base, walk.Count)
	if expected+received == 0 {
		return sequel{}
	}
	if received > 0 {
		w.trip = now - newest
	}
	if s.fitting != nil {
		if carried := s.fitting.Result(now, walk.Base+uint16(walk.Count-1)); carried > 0 {
			w.estimator.Probed(carried)
		}
	}
	w.estimator.Reported(now, expected, received, w.sent.Rate(now))
	return s.fit(now)
}

// arrivalUnit is a unit of packet.Arrival.
const arrivalUnit = 250 * time.Microsecond

// lost takes what a receiver report says of the picture, where no transport-wide reports come.
func (s *Subscription) lost(f packet.Feedback) {
	loss, ok := f.Loss(s.video.ssrc)
	if !ok {
		return
	}
	var next sequel
	s.mu.Lock()
	if w := &s.way; !s.closed && !w.reports(w.time()) {
		w.estimator.Lost(w.time(), float64(loss)/256, w.sent.Rate(w.time()))
		next = s.fit(w.time())
	}
	s.mu.Unlock()
	next.follow(s)
}

// reports says whether transport-wide reports come.
func (w *way) reports(now time.Duration) bool {
	return w.reported != 0 && now-w.reported <= reportsMissing
}

// fit begins, changes or ends the viewer's limit as the estimate says, and chooses the picture that the limit is enough
// for; the lock is held.
func (s *Subscription) fit(now time.Duration) (next sequel) {
	rate, limited := s.way.estimator.Rate()
	f := s.fitting
	if limited {
		if f == nil {
			f = &fitting{trial: firstTrial}
			s.fitting = f
		}
		if f.rate == 0 {
			f.begin(s.video.track, s.video.format)
			f.budget, f.filled, f.thinned = 0, now, now
		}
		if rate < f.rate && s.way.before == 0 {
			s.way.before = f.rate
		}
		f.rate = rate
		if s.enough(now) {
			f.rate, rate, s.way.before = 0, 0, 0
			s.way.estimator.Release()
		}
	}
	s.layers.choose(rate, f != nil && f.holding, now)
	next = s.relayer()
	if rate > 0 && s.probe(now) {
		next.pace = f.track
	}
	if band := bandOf(rate); band != s.way.band {
		s.counters.Estimates.move(s.way.band, band)
		s.way.band = band
	}
	return next
}

// enough reports whether the limit is of no use any more. Without reports of arrivals only a trial can tell.
func (s *Subscription) enough(now time.Duration) bool {
	f := s.fitting
	if s.way.reports(now) {
		return f.idle() && s.layers.free(f.rate)
	}
	if !f.idle() || now-max(f.thinned, s.way.estimator.Decreased()) <= f.trial || !wideEnough(f.rate, s.way.sent.Rate(now)) {
		return false
	}
	f.trial = min(2*f.trial, longestTrial)
	return true
}

// probe begins to look for more than the limit. What waits for the viewer goes out in it, then what the viewer has: a limit
// that is too low for any picture must not stay.
func (s *Subscription) probe(now time.Duration) bool {
	f, w := s.fitting, &s.way
	if s.nextVideo != nil || f.format.RTX == 0 || !w.reports(now) || w.estimator.Queue() > probeQueue {
		return false
	}
	if f.rate < muchLess*w.before {
		f.Recover(now, w.before)
	}
	w.before = 0
	if !f.Begin(now, f.rate, w.history.Next()) {
		return false
	}
	f.newest, f.back, f.found = s.video.mapping.Latest(), 0, false
	w.estimator.Probing(f.Until())
	return true
}

const (
	// probeQueue is how long packets may wait on the way for a probe to begin.
	probeQueue = 50 * time.Millisecond
	// muchLess is how far the limit is down, as a share of what it was, for that to be worth a look at once.
	muchLess = 0.7
)

// wideEnough reports whether the rate is well above what is sent, and yet not only because next to nothing is.
func wideEnough(rate, sent float64) bool { return rate > 1.25*sent && rate < 2*sent }

// drain sends what waits for the viewer, as far as its rate allows now; false when nothing waits any more.
func (s *Subscription) drain(b *burst, sender *sender) bool {
	p, more := s.due(b, sender.copies[:])
	s.send(&p, sender.batch)
	if p.relieve {
		b.track.relieve()
	}
	return more
}

// due plans what is sent now of what waits.
func (s *Subscription) due(b *burst, copies []packet.Packet) (p plan, more bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p = plan{output: &s.video, steps: b.steps[:0]}
	f := s.fitting
	if f == nil || f.rate == 0 || f.track != b.track || s.closed {
		return p, false
	}
	now := s.way.time()
	f.fill(now)
	for len(p.steps) < len(copies) {
		next, ok := f.next(&s.video.mapping, now, &copies[len(p.steps)])
		if !ok {
			break
		}
		p.steps = append(p.steps, next)
	}
	s.address(&p, f.format, now)
	if f.Active() {
		f.Sent(now, len(p.steps), s.way.history.Next())
	}
	p.relieve = f.holding && f.delay() < raiseWait
	return p, f.holding || f.asked > 0 || f.first < f.last || f.Active()
}

// address completes a plan's headers and numbers its packets.
func (s *Subscription) address(p *plan, format packet.Format, now time.Duration) {
	p.header = packet.Header{PayloadType: format.PayloadType, SSRC: p.output.ssrc, Extension: p.output.extension}
	var bytes int
	p.header.Transport, bytes = s.way.number(p.header, p.steps, now)
	p.again = p.header
	if format.RTX != 0 {
		p.again.PayloadType, p.again.SSRC = format.RTX, s.rtx.ssrc
		for i := range p.steps {
			if p.steps[i].repeat {
				s.rtx.index++
				p.steps[i].rtx = s.rtx.index
			}
		}
	}
	if p.output == &s.audio && s.fitting != nil {
		s.fitting.budget -= float64(bytes)
	}
}
