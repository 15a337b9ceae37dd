package forward

import (
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pion/rtcp"

	"github.com/coopnet/coopnet/relay/internal/egress"
	"github.com/coopnet/coopnet/relay/internal/packet"
)

func TestALateViewerStartsAtTheNextKeyframe(t *testing.T) {
	s := newStage(t)
	p, early, late := s.publish('A'), s.view(), s.view()
	early.Switch(p.Publication)
	p.frame(true, 3)
	late.Switch(p.Publication)
	p.frame(false, 3)
	if n := len(late.take()); n != 0 {
		t.Errorf("the late viewer got %d packets that it cannot decode", n)
	}
	p.frame(true, 3)
	p.frame(false, 2)
	got := late.take()
	if len(got) != 5 || !got[0].keyframe() {
		t.Fatalf("the late viewer got %d packets", len(got))
	}
	wantContinuous(t, got)
	all := early.take()
	if len(all) != 11 {
		t.Errorf("the early viewer got %d packets of 11", len(all))
	}
	wantContinuous(t, all)
	if early.packets = nil; s.counters.Forwarded.Load() != 16 || s.counters.Received.Load() != 11 {
		t.Errorf("counted %d in and %d out, want 11 and 16", s.counters.Received.Load(), s.counters.Forwarded.Load())
	}
}

func TestASwitchIsSeenAsOneStream(t *testing.T) {
	s := newStage(t)
	a, b, v := s.publish('A'), s.publish('B'), s.view()
	v.Switch(a.Publication)
	a.frame(true, 3)
	b.frame(true, 2) // before the viewer wants it
	lost := a.next(false, 3)
	a.write(lost[0], lost[2])
	a.video.run()
	v.Switch(b.Publication)
	a.write(lost[1]) // late, but the old picture is still shown
	a.video.run()
	b.frame(false, 2)
	a.frame(false, 1)
	s.clock = s.clock.Add(100 * time.Millisecond)
	b.frame(true, 2)
	a.frame(false, 1) // belongs before the switch
	a.frame(true, 1)
	b.frame(false, 1)
	got := v.take()
	if got[5].index != got[4].index-1 {
		t.Errorf("the late packet goes to %d, its neighbour to %d", got[5].index, got[4].index)
	}
	got[4], got[5] = got[5], got[4]
	if marks(got) != "AB" || len(got) != 10 || !got[7].keyframe() {
		t.Fatalf("%d packets of %s", len(got), marks(got))
	}
	wantContinuous(t, got)
	if elapsed := got[7].Timestamp - got[6].Timestamp; elapsed != 9000 {
		t.Errorf("the switch took %d ticks, 100 ms are 9000", elapsed)
	}
	if attached(a.Video, v.Subscription) || !attached(b.Video, v.Subscription) {
		t.Error("the viewer is with the wrong track")
	}
	if b.asked != 0 { // Run asks; here it only waits to be asked
		t.Errorf("asked %d times", b.asked)
	}
}

func attached(t *Track, s *Subscription) bool {
	for _, known := range *t.subscriptions.Load() {
		if known == s {
			return true
		}
	}
	return false
}

// TestTimestampsNeverGoBack: the new picture's goroutine may have looked at the clock before the old one's last.
func TestTimestampsNeverGoBack(t *testing.T) {
	s := newStage(t)
	a, b, v := s.publish('A'), s.publish('B'), s.view()
	v.Switch(a.Publication)
	a.frame(true, 1)
	v.Switch(b.Publication)
	s.clock = s.clock.Add(-5 * time.Millisecond)
	b.frame(true, 1)
	wantContinuous(t, v.take())
}

// TestManySwitches goes through every kind of change, with wrap-arounds of all numbers on the way.
func TestManySwitches(t *testing.T) {
	s := newStage(t)
	publishers := []*publisher{s.publish('A'), s.publish('B'), s.publish('C')}
	v := s.view()
	random := rand.New(rand.NewPCG(1, 2))
	var all []received
	for round := range 3000 {
		s.clock = s.clock.Add(time.Duration(random.IntN(70)) * time.Millisecond)
		switch p := publishers[random.IntN(3)]; random.IntN(10) {
		case 0:
			v.Switch(p.Publication)
		case 1:
			if round%7 == 0 {
				v.Switch(nil)
			}
		default:
			p.frame(random.IntN(3) == 0, 1+random.IntN(120))
		}
		all = append(all, v.take()...)
	}
	wantContinuous(t, all)
	if n := len(all); all[n-1].index>>16 == all[0].index>>16 {
		t.Errorf("%d packets from %d to %d: the sequence numbers did not wrap", n, all[0].index, all[n-1].index)
	}
}

func TestNothingToShow(t *testing.T) {
	s := newStage(t)
	p, v := s.publish('A'), s.view()
	v.Switch(p.Publication)
	p.frame(true, 2)
	p.sound(1)
	before := v.take()
	v.Switch(nil)
	p.frame(true, 2)
	p.sound(2)
	if n := len(v.take()); n != 0 {
		t.Errorf("%d packets while nothing is shown", n)
	}
	v.Switch(p.Publication)
	p.frame(true, 2)
	wantContinuous(t, append(before[:2], v.take()...))
}

func TestAViewerWhoCannotDecodeTheShare(t *testing.T) {
	s := newStage(t)
	p, other := s.publish('A'), New(Config{Video: packet.AV1, Keyframe: func() {}, Counters: s.counters, Now: s.now})
	v := s.viewWith(map[packet.Codec]packet.Format{packet.VP8: {PayloadType: vp8}})
	if !v.Switch(p.Publication) {
		t.Fatal("VP8 is refused")
	}
	p.frame(true, 2)
	p.sound(1) // the viewer did not ask for sound
	before := v.take()
	if len(before) != 2 {
		t.Fatalf("%d packets, want 2", len(before))
	}
	if v.Switch(other) {
		t.Error("AV1 is said to be played")
	}
	p.frame(true, 2)
	f := fanout{burst: burst{track: other.Video}, sender: sender{batch: s.batch}}
	other.Video.Write(raw(packet.Header{Sequence: 1, Marker: true}, []byte{0x18, 0x0a}))
	f.run()
	if n := len(v.take()); n != 0 {
		t.Errorf("%d packets of nothing that is shown", n)
	}
	v.Switch(p.Publication)
	p.frame(true, 2)
	wantContinuous(t, append(before, v.take()...))
}

func TestSoundBeginsAnywhereAndHasItsOwnStream(t *testing.T) {
	s := newStage(t)
	a, b, v := s.publish('A'), s.publish('B'), s.view()
	v.Switch(a.Publication)
	a.sound(65535)
	a.sound(0)
	v.Switch(b.Publication)
	b.sound(7)
	a.sound(1)
	b.sound(8)
	got := v.take()
	if len(got) != 4 {
		t.Fatalf("%d packets, want 4", len(got))
	}
	for i, p := range got {
		if p.SSRC != audioSSRC || p.PayloadType != opus || p.payload[0] != "AABB"[i] || i > 0 && (p.index != got[i-1].index+1 || int32(p.Timestamp-got[i-1].Timestamp) <= 0) {
			t.Errorf("packet %d: %+v %c", i, p.Header, p.payload[0])
		}
	}
}

func TestAfterAnOverflowTheViewerWaitsForAKeyframe(t *testing.T) {
	s := newStage(t)
	p, v, waiting := s.publish('A'), s.view(), s.view()
	v.Switch(p.Publication)
	p.frame(true, 1)
	before := v.take()
	waiting.Switch(p.Publication)
	asked := s.counters.KeyframesAsked.Load()
	for range maxPending + 1 {
		p.write(p.next(false, 1)...)
	}
	p.video.run()
	if n := len(v.take()); n != 0 || s.counters.Overflowed.Load() != maxPending {
		t.Errorf("%d packets after a gap; %d counted as lost", n, s.counters.Overflowed.Load())
	}
	if s.counters.KeyframesAsked.Load() != asked+2 || !p.Video.wanted.Load() {
		t.Errorf("%d keyframes asked for by two viewers", s.counters.KeyframesAsked.Load()-asked)
	}
	p.frame(false, 1)
	p.frame(true, 1)
	p.frame(false, 1)
	for _, v := range []*viewer{v, waiting} {
		got := v.take()
		if len(got) != 2 || !got[0].keyframe() {
			t.Errorf("%d packets from the keyframe on, want 2", len(got))
		}
		if v != waiting {
			wantContinuous(t, append(before, got...))
		}
	}
}

// TestAnOverflowKeepsThePendingSwitch: the viewer waits for B while A, still shown, is too much for the relay.
func TestAnOverflowKeepsThePendingSwitch(t *testing.T) {
	s := newStage(t)
	a, b, v := s.publish('A'), s.publish('B'), s.view()
	v.Switch(a.Publication)
	a.frame(true, 1)
	v.Switch(b.Publication)
	for range maxPending + 1 {
		a.write(a.next(false, 1)...)
	}
	a.video.run()
	a.frame(true, 1)
	b.frame(true, 1)
	got := v.take()
	if marks(got) != "AB" || len(got) != 2 {
		t.Errorf("%d packets of %q, want one of A and one of B", len(got), marks(got))
	}
	wantContinuous(t, got)
	if attached(a.Video, v.Subscription) {
		t.Error("the viewer is still with A")
	}
}

func TestAfterCloseNothingIsSent(t *testing.T) {
	s := newStage(t)
	a, b, v := s.publish('A'), s.publish('B'), s.view()
	v.Switch(a.Publication)
	a.frame(true, 1)
	v.Switch(b.Publication)
	v.take()
	v.Close()
	v.Close()
	v.Switch(a.Publication)
	a.frame(true, 1)
	b.frame(true, 1)
	a.sound(1)
	if n := len(v.take()); n != 0 {
		t.Errorf("%d packets after the end", n)
	}
	for _, track := range []*Track{a.Video, a.Audio, b.Video, b.Audio} {
		if attached(track, v.Subscription) {
			t.Error("still attached")
		}
	}
}

func TestAViewerWhoIsNotConnectedCostsNothing(t *testing.T) {
	s := newStage(t)
	p, v := s.publish('A'), s.view()
	v.gone = true
	v.Switch(p.Publication)
	p.frame(true, 3)
	if s.counters.Forwarded.Load() != 0 || v.video.packets.Load() != 0 {
		t.Errorf("%d packets counted as sent", s.counters.Forwarded.Load())
	}
}

// TestSwitchingWhilePacketsFlow is for the race detector, and for a viewer that must end up with the track it wants.
func TestSwitchingWhilePacketsFlow(t *testing.T) {
	s := newStage(t)
	a, b, v := s.publish('A'), s.publish('B'), s.view()
	v.switched = true
	b.video.sender.batch = s.answers.batch // each track has its own
	stop := make(chan struct{})
	var publishing sync.WaitGroup
	for _, p := range []*publisher{a, b} {
		publishing.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
					p.frame(true, 2)
				}
			}
		})
	}
	for i := range 2000 {
		want := []*publisher{a, b}[i%2]
		v.Switch(want.Publication)
		if i%5 == 0 {
			v.Switch(nil)
		}
	}
	v.Switch(a.Publication)
	close(stop)
	publishing.Wait()
	a.frame(true, 1)
	v.take()
	a.frame(false, 1)
	if got := v.take(); len(got) != 1 || got[0].mark() != 'A' || !attached(a.Video, v.Subscription) || attached(b.Video, v.Subscription) {
		t.Errorf("%d packets; with A %v, with B %v", len(got), attached(a.Video, v.Subscription), attached(b.Video, v.Subscription))
	}
}

// TestLayersChangeWhilePacketsFlow is for the race detector, for a presenter who is told the last need, and for nonces
// that are used once.
func TestLayersChangeWhilePacketsFlow(t *testing.T) {
	s := newStage(t)
	socket, err := egress.Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer socket.Close()
	d, other, v := s.double([3]int{2, 1, 1}), s.publish('B'), s.view()
	v.switched = true
	var needed atomic.Bool
	d.Low.need = func() { needed.Store(d.Low.Needed()) }
	d.low.video.sender.batch, other.video.sender.batch = socket.NewBatch(), socket.NewBatch()
	stop := make(chan struct{})
	var running sync.WaitGroup
	during := func(do func()) {
		running.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
					do()
				}
			}
		})
	}
	during(func() { d.full.frame(true, 2); d.full.video.drain() })
	during(func() { d.low.frame(true, 1); d.low.video.drain(); d.Low.report() })
	during(func() { other.frame(true, 2); other.video.drain() })
	narrow := false
	during(func() { // the media port's reader
		narrow = !narrow
		v.Subscription.mu.Lock()
		v.layers.narrow = narrow
		next := v.relayer()
		v.Subscription.mu.Unlock()
		next.follow(v.Subscription)
		v.Subscription.Feedback(compound(t, &rtcp.PictureLossIndication{MediaSSRC: videoSSRC}, nack(videoSSRC, one(1))))
	})
	v.limit(1e12)
	v.fitting.budget = 1e9 // the clock stands still
	for i, deadline := 0, time.Now().Add(10*time.Second); i < 2000 || s.counters.Forwarded.Load() < 2000 && time.Now().Before(deadline); i++ {
		v.Switch([]*Publication{d.Publication, other.Publication, nil}[i%3])
	}
	v.Close()
	close(stop)
	running.Wait()
	if attached(d.Video, v.Subscription) || attached(d.Low, v.Subscription) || attached(other.Video, v.Subscription) || needed.Load() {
		t.Errorf("a viewer that has gone is there; the low picture is needed: %v", needed.Load())
	}
	type nonce struct {
		ssrc  uint32
		index uint64
	}
	sealed := map[nonce]bool{}
	for _, p := range v.take() {
		n := nonce{p.SSRC, p.index}
		if sealed[n] {
			t.Fatalf("two packets of stream %d are sealed at %d", n.ssrc, n.index)
		}
		sealed[n] = true
	}
	if len(sealed) < 1000 {
		t.Errorf("%d packets were sent", len(sealed))
	}
}
