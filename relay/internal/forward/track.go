package forward

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/coopnet/coopnet/relay/internal/egress"
	"github.com/coopnet/coopnet/relay/internal/packet"
)

const (
	ringOrder       = 10                     // 1,024 packets, 1.5 MB: two seconds of a busy 1080p share
	soundOrder      = 7                      // 128 packets, 2.5 s: nobody asks for them again
	maxBurst        = 16                     // packets fanned out viewer by viewer
	maxPending      = 512                    // packets that may wait for fan-out
	shortestWindow  = time.Millisecond       // how long an unfinished frame may wait for more,
	longestWindow   = 6 * time.Millisecond   // under load: browsers send a frame in parts, 5 ms apart
	keyframeSpacing = 500 * time.Millisecond // between two keyframe requests to the presenter
	reportInterval  = time.Second            // between two sender reports to a viewer
	reliefSpacing   = 4 * time.Second        // between two keyframes for the sake of slow viewers,
	lowRelief       = time.Second            // where all are slow
)

// Counters count what a relay forwarded. All grow only.
type Counters struct {
	Received, Forwarded   atomic.Uint64 // packets from presenters; packets to viewers
	Overflowed            atomic.Uint64 // packets that fan-out was too slow for
	Oversized             atomic.Uint64
	NACKs                 atomic.Uint64 // packets that viewers asked for again
	NACKsSent             atomic.Uint64 // packets that presenters were asked for again
	Retransmitted         atomic.Uint64
	RetransmissionLimited atomic.Uint64
	KeyframesAsked        atomic.Uint64 // by viewers
	KeyframesRequested    atomic.Uint64 // of presenters
	Thinned               atomic.Uint64 // packets left out for viewers whose ways carry less
	Estimates             Estimates
}

// Track is one kind of media of a publication: the picture or the sound. Its presenter's reader calls Write; Run fans
// out to the viewers on a goroutine of its own.
type Track struct {
	codec    packet.Codec
	ring     *packet.Ring
	counters *Counters
	now      func() time.Time
	requests

	arriving // only Write touches it

	backlog
	signals
	throughput

	subscriptions atomic.Pointer[[]*Subscription] // copied on write
	subscribing   sync.Mutex

	clock atomic.Pointer[senderClock]
}

// arriving is what is known of the presenter's packets.
type arriving struct {
	started bool
	highest uint64 // sequence number, unwrapped
	padding packet.Padding
	latest  uint32 // timestamp of the latest keyframe
}

// requests are what the presenter is asked for, and how often.
type requests struct {
	requestKeyframe func()        // nil for sound
	need            func()        // tells of the first viewer and the last; nil where nobody asks
	relief          time.Duration // between two keyframes for slow viewers
	wanted          atomic.Bool   // no keyframe came since one was needed
	relieved        atomic.Int64  // when slow viewers last had one asked for, in Unix nanoseconds
}

// backlog is what waits for fan-out.
type backlog struct {
	mu       sync.Mutex
	pending  []uint64 // indices, in order of arrival
	overflow bool
}

// signals are level-triggered and wake the fan-out.
type signals struct {
	wake     chan struct{} // a frame is complete, or the burst full
	flush    chan struct{} // something waits
	keyframe chan struct{} // a viewer needs a keyframe
	pace     chan struct{} // something waits for a slow viewer
}

// throughput is what the presenter sends of the track.
type throughput struct {
	bytes         atomic.Int64 // since the last look
	bits          atomic.Int64 // per second, over some seconds
	keyframeBytes atomic.Int64 // bytes of the latest keyframe: about what the next one takes
}

func (t *throughput) rate() float64 { return float64(t.bits.Load()) }

// measure looks once a second.
func (t *throughput) measure() {
	known := t.bits.Load()
	t.bits.Store(known + (8*t.bytes.Swap(0)-known)/4)
}

// senderClock ties the track's timestamps to this relay's clock.
type senderClock struct {
	at        time.Time
	timestamp uint32
}

func newTrack(codec packet.Codec, requestKeyframe func(), counters *Counters, now func() time.Time) *Track {
	order := uint(ringOrder)
	if requestKeyframe == nil {
		order = soundOrder
	}
	t := &Track{
		codec: codec, ring: packet.NewRing(order), counters: counters, now: now, requests: requests{requestKeyframe: requestKeyframe, relief: reliefSpacing},
		backlog: backlog{pending: make([]uint64, 0, maxPending)},
		signals: signals{wake: make(chan struct{}, 1), flush: make(chan struct{}, 1), keyframe: make(chan struct{}, 1), pace: make(chan struct{}, 1)},
	}
	t.subscriptions.Store(&[]*Subscription{})
	return t
}

// Codec is the payload format.
func (t *Track) Codec() packet.Codec { return t.codec }

// Write takes one RTP packet of the presenter; raw may be reused afterwards. Malformed and repeated packets are dropped.
// One goroutine calls it.
func (t *Track) Write(raw []byte) {
	h, payload, err := packet.Parse(raw)
	if err != nil {
		return
	}
	t.counters.Received.Add(1)
	index := uint64(h.Sequence) + 1<<16 // room below for packets that arrive late at the very start
	if t.started {
		index = packet.Unwrap(t.highest, h.Sequence)
	}
	index, ok := t.place(index, len(payload))
	if !ok {
		return
	}
	d := packet.Describe(t.codec, payload)
	d.Keyframe = d.Keyframe && len(payload) > 0
	if len(payload) > packet.MaxSize-packet.HeaderSize {
		t.counters.Oversized.Add(1)
		return
	}
	if !t.ring.Put(index, h, payload, d) {
		return
	}
	t.count(d.Keyframe, h.Timestamp, int64(len(raw)+wireOverhead))
	if d.Keyframe && t.requestKeyframe != nil {
		t.wanted.Store(false)
	}
	t.enqueue(index, h.Marker || t.requestKeyframe == nil)
}

// place is a packet's index without the padding before it: no viewer gets what shows nothing, unless it comes late. False
// for such padding, and for what is too late.
func (t *Track) place(index uint64, payload int) (uint64, bool) {
	switch {
	case !t.started || index > t.highest:
		t.started, t.highest = true, index
		if payload == 0 {
			t.padding.Skip(index)
			return 0, false
		}
	case t.highest-index >= uint64(t.ring.Size()):
		return 0, false
	}
	return t.padding.Index(index)
}

// count takes a packet's size on the wire.
func (t *Track) count(keyframe bool, timestamp uint32, bytes int64) {
	t.bytes.Add(bytes)
	switch {
	case keyframe && (timestamp != t.latest || t.keyframeBytes.Load() == 0):
		t.latest = timestamp
		t.keyframeBytes.Store(bytes)
	case timestamp == t.latest && t.keyframeBytes.Load() > 0:
		t.keyframeBytes.Add(bytes)
	}
}

// enqueue hands an index to fan-out. Overflow rule: what waits is dropped, and viewers go on at the next keyframe.
func (t *Track) enqueue(index uint64, complete bool) {
	t.mu.Lock()
	if len(t.pending) == maxPending {
		t.counters.Overflowed.Add(uint64(len(t.pending)))
		t.pending = t.pending[:0]
		t.overflow = true
	}
	first := len(t.pending) == 0
	t.pending = append(t.pending, index)
	complete = complete || len(t.pending) >= maxBurst
	t.mu.Unlock()
	switch {
	case complete:
		notify(t.wake)
	case first:
		notify(t.flush)
	}
}

// notify raises a level-triggered signal.
func notify(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// Keyframe asks the presenter for a keyframe: requests are coalesced, at most two go out each second, and they are
// repeated until a keyframe comes. A still screen sends nothing else that a late viewer could start from.
func (t *Track) Keyframe() {
	if t.requestKeyframe == nil {
		return
	}
	t.counters.KeyframesAsked.Add(1)
	t.wanted.Store(true)
	notify(t.keyframe)
}

// relieve asks for a keyframe from which slow viewers go on. It costs everybody, so there is one for all of them, and no
// other within that time: whoever still needs one asks again.
func (t *Track) relieve() {
	if t.requestKeyframe == nil {
		return
	}
	now, last := t.now().UnixNano(), t.relieved.Load()
	if now-last >= int64(t.relief) && t.relieved.CompareAndSwap(last, now) {
		t.Keyframe()
	}
}

// Clock records the presenter's sender report: at this moment the presenter's clock showed this timestamp.
func (t *Track) Clock(timestamp uint32) {
	t.clock.Store(&senderClock{at: t.now(), timestamp: timestamp})
}

// Run fans out until ctx is done; it owns the batch.
func (t *Track) Run(ctx context.Context, batch *egress.Batch) {
	f := fanout{burst: burst{track: t}, sender: sender{batch: batch}}
	pace := time.NewTimer(time.Hour)
	pace.Stop()
	defer pace.Stop()
	keyframes := time.NewTimer(time.Hour)
	keyframes.Stop()
	defer keyframes.Stop()
	window := time.NewTimer(time.Hour)
	window.Stop()
	defer window.Stop()
	reports := time.NewTicker(reportInterval)
	defer reports.Stop()
	var asked time.Time
	waiting, paced := false, false // for the rest of a frame; for the time of slow viewers
	for {
		if f.waiting && !paced {
			paced = true
			pace.Reset(paceInterval)
		}
		select {
		case <-ctx.Done():
			return
		case <-t.flush:
			if !waiting {
				waiting = true
				window.Reset(f.window())
			}
		case <-t.wake:
			waiting = false
			window.Stop()
			f.run()
		case <-window.C:
			waiting = false
			f.run()
		case <-t.pace:
			f.waiting = true
		case <-pace.C:
			paced = false
			f.drain()
		case <-reports.C:
			t.measure()
			t.report()
		case <-t.keyframe:
			if wait := keyframeSpacing - t.now().Sub(asked); wait > 0 {
				keyframes.Reset(wait)
				continue
			}
			asked = t.ask(keyframes)
		case <-keyframes.C:
			if t.wanted.Load() && (t.need == nil || t.Needed()) { // who comes back to the low picture asks anew
				asked = t.ask(keyframes)
			}
		}
	}
}

func (t *Track) ask(again *time.Timer) time.Time {
	t.counters.KeyframesRequested.Add(1)
	t.requestKeyframe()
	again.Reset(keyframeSpacing)
	return t.now()
}

// take moves up to maxBurst waiting indices to into.
func (t *Track) take(into []uint64) (taken []uint64, overflow bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	n := min(maxBurst, len(t.pending))
	into = append(into[:0], t.pending[:n]...)
	t.pending = t.pending[:copy(t.pending, t.pending[n:])]
	overflow, t.overflow = t.overflow, false
	return into, overflow
}

// burst is some packets of one track on their way to its viewers.
type burst struct {
	track    *Track
	packets  []packet.Packet
	at       time.Time
	overflow bool           // what came before these was dropped
	waiting  bool           // something of the track waits for slow viewers
	steps    [maxBurst]step // scratch memory of one viewer's plan
}

// fanout is the loop's scratch memory.
type fanout struct {
	burst
	sender
	took    time.Duration // the latest burst
	indices [maxBurst]uint64
}

// sender is where packets are composed.
type sender struct {
	batch  *egress.Batch
	copies [maxBurst]packet.Packet
}

// drain sends what is due of what waits for slow viewers.
func (f *fanout) drain() {
	f.waiting = false
	for _, s := range *f.track.subscriptions.Load() {
		if s.drain(&f.burst, &f.sender) {
			f.waiting = true
		}
	}
	f.batch.Flush()
}

// run sends all that waits, viewer by viewer over whole bursts, so that each viewer's packets lie together in the batch.
func (f *fanout) run() {
	t := f.track
	select { // what was signalled until now is sent here
	case <-t.flush:
	default:
	}
	for {
		indices, overflow := t.take(f.indices[:0])
		if len(indices) == 0 {
			return
		}
		n := 0
		for _, index := range indices {
			if t.ring.Read(index, &f.copies[n]) {
				n++
			}
		}
		f.packets, f.overflow, f.at = f.copies[:n], overflow, t.now()
		for _, s := range *t.subscriptions.Load() {
			s.forward(&f.burst, f.batch)
		}
		f.batch.Flush()
		f.took = t.now().Sub(f.at)
	}
}

// window is how long the rest of a frame is waited for. More packets at once cost less each; so the longer a burst takes,
// the longer the wait for the next one, and a frame that is complete never waits.
func (f *fanout) window() time.Duration {
	return min(max(3*f.took, shortestWindow), longestWindow)
}

func (t *Track) report() {
	now := t.now()
	for _, s := range *t.subscriptions.Load() {
		s.lacks(t).follow(s)
		s.report(t, now)
	}
}

// settle makes s one of the track's viewers or not, as s wants it. Who changes what s wants settles it afterwards; when
// two do so at once, the later look is the one that counts.
func (t *Track) settle(s *Subscription) {
	for {
		wanted := s.wants(t)
		if t.set(s, wanted) && t.need != nil {
			t.need()
		}
		if s.wants(t) == wanted {
			return
		}
	}
}

// Needed reports whether anybody views the track or waits for it.
func (t *Track) Needed() bool { return t.Viewers() > 0 }

// Viewers counts those who view the track or wait for it.
func (t *Track) Viewers() int { return len(*t.subscriptions.Load()) }

// set reports whether the first viewer came or the last one left.
func (t *Track) set(s *Subscription, member bool) bool {
	t.subscribing.Lock()
	defer t.subscribing.Unlock()
	old := *t.subscriptions.Load()
	if slices.Contains(old, s) == member {
		return false
	}
	list := make([]*Subscription, 0, len(old)+1)
	for _, known := range old {
		if known != s {
			list = append(list, known)
		}
	}
	if member {
		list = append(list, s)
	}
	t.subscriptions.Store(&list)
	return len(old) == 0 || len(list) == 0
}

// timestampAt extrapolates the track's timestamp at a moment; false before the presenter's first report.
func (t *Track) timestampAt(at time.Time) (uint32, bool) {
	c := t.clock.Load()
	if c == nil {
		return 0, false
	}
	return c.timestamp + ticks(at.Sub(c.at), t.codec), true
}

func ticks(d time.Duration, c packet.Codec) uint32 {
	return uint32(int64(d) * int64(c.ClockRate()/1000) / int64(time.Millisecond))
}
