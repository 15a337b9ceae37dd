package forward

import (
	"time"

	"github.com/coopnet/coopnet/relay/internal/packet"
	"github.com/coopnet/coopnet/shared/congestion"
)

const (
	paceInterval = 5 * time.Millisecond   // between two looks at what waits for slow viewers
	paceBurst    = 20 * time.Millisecond  // what a viewer may get at once, as time at its rate
	layerWait    = 150 * time.Millisecond // of the queue, beyond which layer 1 is left out; half of it for layer 2, and so on
	raiseWait    = 50 * time.Millisecond  // below which left out layers come back
	pictureWait  = time.Second            // beyond which whole pictures are left out, until the next keyframe,
	largestWait  = 4 * time.Second        // whatever a single large picture may add to that
	topLayer     = 7
	maxWaiting   = 512 // packets that wait for one viewer
	maxRepeats   = 128 // packets that wait to be sent again
	firstTrial   = 5 * time.Second
	longestTrial = 160 * time.Second
	fillerSearch = 900                    // sequence numbers: about what the ring remembers
	fillerLeast  = 200                    // bytes of payload: smaller packets make no rate
	repeatWait   = 100 * time.Millisecond // at least, before a packet is sent again once more
)

// fitting fits the picture to a way that does not carry all of it. The packets stay in the ring that all viewers share;
// what waits here is which of them go out next, at the pace of the estimate. Nobody else waits for it.
//
// The rule by which it never grows: a picture of an upper layer is left out when what waits would take longer than
// layerWait, and also when it alone does; any picture, and all that follow until a keyframe, when it would take longer
// than pictureWait, once a single large picture (another page) is through, and longer than that keyframe; and nothing is
// taken beyond maxWaiting packets. What waits is given up for a keyframe, which shows all of it.
type fitting struct {
	track  *Track // whose packets wait
	format packet.Format
	rate   float64 // bits per second; 0 for a viewer that gets everything at once
	budget float64 // bytes that may be sent now; less than 0 after sound, which never waits
	filled time.Duration

	waiting     [maxWaiting]waiting
	first, last int // of waiting, counted on
	ready       int // up to here they may go out; behind lies a picture of an upper layer that is not complete
	bytes       int // that wait

	retransmissions
	probing
	trial time.Duration // without a sign of need, after which the viewer gets everything at once again
	picture
}

// probing sends again what the viewer has, to see whether its way carries more.
type probing struct {
	congestion.Probe
	newest uint16 // sequence number from which packets are taken, backwards
	back   int    // how far behind it the next one is looked for
	found  bool
}

// retransmissions are what the viewer has asked for again, and what it got.
type retransmissions struct {
	repeats  [maxRepeats]uint16 // sequence numbers, in the order in which the viewer asked
	repeated [maxRepeats]repeated
	asked    int // of repeats
	answered int // of repeated, counted on
}

// waiting is a packet that goes out next. It gets its number then, so that one that is given up leaves no gap.
type waiting struct {
	index uint64
	size  int
}

// repeated is a packet that was sent again.
type repeated struct {
	sequence uint16
	at       time.Duration
}

// picture is which pictures are left out.
type picture struct {
	timestamp uint32 // of the newest one
	begun     bool
	size      int           // bytes of the newest one that were taken
	taken     bool          // it is not left out
	layer     uint8         // the highest that is taken
	holding   bool          // until a keyframe
	patience  time.Duration // of the queue
	thinned   time.Duration // when a picture was last left out
	anew      bool          // the picture begins the viewer's stream again
}

// delay is how long what waits takes.
func (f *fitting) delay() time.Duration {
	return f.takesFor(f.bytes)
}

func (f *fitting) takesFor(bytes int) time.Duration {
	return time.Duration(float64(8*bytes) / f.rate * float64(time.Second))
}

// begin forgets what waits: another picture is shown.
func (f *fitting) begin(t *Track, format packet.Format) {
	f.track, f.format = t, format
	f.Drop()
	f.first, f.last, f.ready, f.bytes, f.asked = 0, 0, 0, 0, 0
	f.picture = picture{layer: topLayer, patience: pictureWait, thinned: f.thinned}
}

// takes decides about a packet that has just come in; left out packets are told to the mapping by the caller.
func (f *fitting) takes(p *packet.Packet, now time.Duration) bool {
	if f.begun && int32(p.Timestamp-f.timestamp) < 0 {
		return true // late: the mapping knows what was left out
	}
	if !f.begun || p.Timestamp != f.timestamp {
		f.ready = f.last // however the one before ended
		f.begun, f.timestamp, f.size = true, p.Timestamp, 0
		f.taken = f.decide(p.Descriptor)
	}
	if f.taken && f.last-f.first == maxWaiting {
		f.taken, f.holding = false, true
	}
	if !f.taken {
		f.thinned = now
		return false
	}
	return true
}

// decide about a picture by its first packet.
func (f *fitting) decide(d packet.Descriptor) bool {
	delay := f.delay()
	if delay < raiseWait {
		f.patience = pictureWait
	}
	switch {
	case d.Keyframe && (f.holding || f.first < f.last):
		f.again()
	case f.holding:
	case d.Temporal == 0 && delay >= max(f.patience, min(f.takesFor(int(f.track.keyframeBytes.Load())), largestWait)):
		f.holding = true
	case d.Temporal > 0 && delay >= layerWait/time.Duration(d.Temporal):
		f.layer = min(f.layer, d.Temporal-1)
	case d.Temporal > f.layer && d.Switch && delay < raiseWait:
		f.layer = topLayer
	case d.Temporal <= f.layer && d.Switch && delay < raiseWait && f.track.codec != packet.VP8:
		defer func() { f.layer = topLayer }() // from the next picture on
	}
	return !f.holding && d.Temporal <= f.layer
}

// push lets a packet wait. The size of a large picture, as it becomes known, makes the queue more patient.
func (f *fitting) push(p *packet.Packet, m *packet.Mapping) {
	size := len(p.Payload()) + packet.HeaderSize + wireOverhead
	f.waiting[f.last%maxWaiting] = waiting{p.Index, size}
	f.last++
	f.bytes += size
	f.size += size
	own := f.takesFor(f.size)
	upper := p.Descriptor.Temporal > 0 && p.Timestamp == f.timestamp
	if upper && own > layerWait {
		f.giveUp(p, m)
		return
	}
	if !upper || p.Marker {
		f.ready = f.last
	}
	f.patience = min(max(f.patience, pictureWait+own), largestWait)
}

// giveUp leaves a picture out after all that turns out to be large: another page, which the layer below has to bring again.
func (f *fitting) giveUp(p *packet.Packet, m *packet.Mapping) {
	for i := f.ready; i < f.last; i++ {
		w := &f.waiting[i%maxWaiting]
		f.bytes -= w.size
		m.Skip(w.index, i == f.ready && f.track.codec == packet.VP8)
	}
	f.last, f.taken, f.layer = f.ready, false, p.Descriptor.Temporal-1
}

// again begins at a keyframe: what waits is of no use any more.
func (f *fitting) again() {
	f.first, f.last, f.ready, f.bytes, f.asked = 0, 0, 0, 0, 0
	f.holding, f.layer, f.patience, f.anew = false, topLayer, pictureWait, true
}

// idle reports whether nothing waits and nothing is left out.
func (f *fitting) idle() bool {
	return f.first == f.last && f.asked == 0 && !f.holding && f.layer == topLayer
}

// fill lets the budget grow with the time.
func (f *fitting) fill(now time.Duration) {
	bytes := max(f.rate, f.Sending(now)) / 8
	f.budget = min(f.budget+bytes*(now-f.filled).Seconds(), max(bytes*paceBurst.Seconds(), 1))
	f.filled = now
}

// repeat lets a packet wait that the viewer has asked for again; false when it was sent again only just now, waits
// already, or too many do.
func (f *fitting) repeat(sequence uint16, now, trip time.Duration) bool {
	if f.asked == maxRepeats {
		return false
	}
	for _, known := range f.repeats[:f.asked] {
		if known == sequence {
			return false
		}
	}
	for i := max(0, f.answered-maxRepeats); i < f.answered; i++ {
		if r := f.repeated[i%maxRepeats]; r.sequence == sequence && now-r.at < max(trip, repeatWait) {
			return false
		}
	}
	f.repeats[f.asked] = sequence
	f.asked++
	return true
}

// next takes what is sent next within the budget: what the viewer has lost comes first. The packet is read into p.
func (f *fitting) next(m *packet.Mapping, now time.Duration, p *packet.Packet) (step, bool) {
	for f.budget > 0 && (f.asked > 0 || f.first < f.ready) {
		if f.asked > 0 {
			sequence := f.repeats[0]
			f.asked = copy(f.repeats[:], f.repeats[1:f.asked])
			index, ok := m.Source(sequence)
			if !ok || !f.track.ring.Read(index, p) {
				continue
			}
			f.repeated[f.answered%maxRepeats] = repeated{sequence, now}
			f.answered++
			f.budget -= float64(len(p.Payload()) + packet.HeaderSize + wireOverhead)
			return step{place: m.Again(p), packet: p, repeat: true}, true
		}
		w := &f.waiting[f.first%maxWaiting]
		f.first++
		f.bytes -= w.size
		if !f.track.ring.Read(w.index, p) { // it waited longer than the ring remembers
			continue
		}
		if place, ok := m.Map(p); ok {
			f.budget -= float64(w.size)
			return step{place: place, packet: p}, true
		}
	}
	if f.budget > 0 && f.Sending(now) > 0 {
		return f.filler(m, p)
	}
	return step{}, false
}

// filler takes a packet for a probe: one that the viewer has, and drops when it comes again.
func (f *fitting) filler(m *packet.Mapping, p *packet.Packet) (step, bool) {
	for range fillerSearch {
		if f.back == fillerSearch {
			if !f.found {
				return step{}, false
			}
			f.back, f.found = 0, false
		}
		index, ok := m.Source(f.newest - uint16(f.back))
		f.back++
		if ok && f.track.ring.Read(index, p) && len(p.Payload()) >= fillerLeast {
			f.found = true
			f.budget -= float64(len(p.Payload()) + packet.HeaderSize + wireOverhead)
			return step{place: m.Again(p), packet: p, repeat: true}, true
		}
	}
	return step{}, false
}
