package forward

import (
	"bytes"
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coopnet/coopnet/relay/internal/packet"
)

func TestWriteTakesEachPacketOnce(t *testing.T) {
	s := newStage(t)
	p, v := s.publish('A'), s.view()
	v.Switch(p.Publication)
	p.frame(true, 1)
	first := v.take()[0]
	sequence, timestamp := p.sequence, p.timestamp
	write := func(ahead int, size int) int {
		h := packet.Header{PayloadType: 100, Sequence: sequence + uint16(ahead), Timestamp: timestamp, SSRC: 7}
		p.write(raw(h, append(p.payload(false, false), make([]byte, size)...)))
		p.video.run()
		got := v.take()
		if len(got) == 1 && got[0].index != first.index+uint64(ahead) {
			t.Errorf("packet %d goes to %d, the first went to %d", ahead, got[0].index, first.index)
		}
		return len(got)
	}
	for _, tt := range []struct {
		name        string
		ahead, size int
		want        int
	}{
		{"the next", 1, 0, 1}, {"the same again", 1, 0, 0}, {"with a gap", 4, 0, 1}, {"late", 3, 0, 1}, {"late again", 3, 0, 0},
		{"from before the first", -1, 0, 0}, {"far ahead", 30000, 0, 1}, {"as old as the ring", 30000 - 1024, 0, 0}, {"older", 28000, 0, 0},
		{"nearly as old as the ring", 30000 - 1023, 0, 1}, {"as large as may be", 30001, packet.MaxSize - packet.HeaderSize - 106, 1},
		{"too large", 30002, packet.MaxSize - packet.HeaderSize - 105, 0},
	} {
		if got := write(tt.ahead, tt.size); got != tt.want {
			t.Errorf("%s: %d packets, want %d", tt.name, got, tt.want)
		}
	}
	if s.counters.Oversized.Load() != 1 {
		t.Errorf("%d oversized packets counted", s.counters.Oversized.Load())
	}
	p.write(nil, []byte{0x80}, bytes.Repeat([]byte{0xff}, 40))
	if p.video.run(); len(v.take()) != 0 || s.counters.Received.Load() != 13 {
		t.Errorf("%d packets counted, want 13", s.counters.Received.Load())
	}
}

// TestPaddingGoesNoFurther: a presenter's browser that probes sends hundreds of packets a second that show nothing.
func TestPaddingGoesNoFurther(t *testing.T) {
	for _, rate := range []float64{0, 10e6} {
		s := newStage(t)
		p, v := s.publish('A'), s.view()
		v.Switch(p.Publication)
		p.frame(true, 2)
		if rate > 0 {
			v.limit(rate)
		}
		for range 10 {
			for range 30 {
				p.sequence++
				p.write(raw(packet.Header{PayloadType: 100, Sequence: p.sequence, Timestamp: p.timestamp, SSRC: 7}, nil))
			}
			p.video.run()
			p.frame(false, 2)
			s.clock = s.clock.Add(paceBurst)
			p.video.drain()
		}
		got := v.take()
		if len(got) != 22 {
			t.Errorf("%d packets arrive with the limit %.0f, want 22", len(got), rate)
		}
		wantContinuous(t, got)
		sent := 0
		for _, packet := range got {
			sent += packet.Size() + len(packet.payload) + wireOverhead
		}
		if n := p.Video.bytes.Load(); n > int64(sent) {
			t.Errorf("it counts in the picture's rate: %d bytes of %d", n, sent)
		}
	}
}

func TestPaddingAloneIsNoKeyframe(t *testing.T) {
	s := newStage(t)
	p, v := s.publish('A'), s.view()
	h264 := New(Config{Video: packet.H264, Keyframe: func() {}, Counters: s.counters, Now: s.now})
	v.Switch(p.Publication)
	padded := raw(packet.Header{Sequence: 1, Marker: true}, []byte{0, 0, 0, 4})
	padded[0] |= 0x20
	p.write(padded)
	h264.Video.Write(padded)
	if p.video.run(); len(v.take()) != 0 || !p.Video.wanted.Load() {
		t.Error("a viewer starts at padding")
	}
}

// running is a publication in Run, inside a synctest bubble, where time passes only when all wait.
type running struct {
	*publisher
	asked atomic.Int64 // keyframe requests
}

func run(t *testing.T, test func(t *testing.T, s *stage, p *running)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t)
		p := &running{publisher: s.publish('A')}
		p.Publication = New(Config{Video: packet.VP8, Counters: s.counters, Now: time.Now, Keyframe: func() { p.asked.Add(1) }})
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { defer close(done); p.Video.Run(ctx, s.batch) }()
		test(t, s, p)
		stop()
		<-done
	})
}

// pause lets time pass and everything settle.
func pause(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

func TestKeyframeRequestsAreCoalescedAndRepeated(t *testing.T) {
	run(t, func(t *testing.T, _ *stage, p *running) {
		want := func(requests int64, when string) {
			t.Helper()
			if got := p.asked.Swap(0); got != requests {
				t.Errorf("asked %d times %s, want %d", got, when, requests)
			}
		}
		pause(3 * time.Second)
		want(0, "without need")
		p.Video.Keyframe()
		synctest.Wait()
		if p.asked.Load() != 1 {
			t.Error("the first request has to wait")
		}
		for range 3200 { // a flood for 3.2 seconds, and no keyframe comes
			p.Video.Keyframe()
			pause(time.Millisecond)
		}
		want(7, "in 3.2 seconds")
		pause(5 * time.Second) // nobody asks any more, but the keyframe has not come
		want(10, "in five seconds without a keyframe")
		p.write(p.next(true, 1)...)
		pause(5 * time.Second)
		want(0, "after the keyframe")
		p.Video.Keyframe()
		synctest.Wait()
		p.write(p.next(true, 1)...)
		p.Video.Keyframe() // another viewer, just after it
		pause(keyframeSpacing - time.Millisecond)
		if p.asked.Load() != 1 {
			t.Error("asked again too early")
		}
		p.write(p.next(true, 1)...)
		pause(time.Second)
		want(1, "by two viewers, and two keyframes came")
	})
}

func TestAWholeFrameGoesOutAtOnce(t *testing.T) {
	run(t, func(t *testing.T, s *stage, p *running) {
		v := s.view()
		v.Switch(p.Publication)
		p.write(p.next(true, 3)...)
		synctest.Wait()
		if n := len(v.take()); n != 3 {
			t.Errorf("%d of 3 packets are out", n)
		}
		p.write(p.next(false, maxBurst+1)[:maxBurst]...) // the last one is still to come
		synctest.Wait()
		if n := len(v.take()); n != maxBurst {
			t.Errorf("%d of %d packets are out", n, maxBurst)
		}
	})
}

// TestAnUnfinishedFrameWaitsNoLongerThanTheWindow: packets that trickle in do not hold back those that came before.
func TestAnUnfinishedFrameWaitsNoLongerThanTheWindow(t *testing.T) {
	run(t, func(t *testing.T, s *stage, p *running) {
		v := s.view()
		v.Switch(p.Publication)
		frame := p.next(true, 13)
		for i, b := range frame[:12] {
			p.write(b)
			pause(shortestWindow * 3 / 4)
			if out := len(v.packets); i > 0 && out < i {
				t.Fatalf("%d packets came, the first of them %s ago; %d are out", i+1, time.Duration(i+1)*shortestWindow*3/4, out)
			}
		}
		pause(shortestWindow)
		p.write(frame[12])
		synctest.Wait()
		if n := len(v.take()); n != 13 {
			t.Errorf("%d of 13 packets are out", n)
		}
	})
}

// TestTheWindowWidensUnderLoad: only while fan-out is busy anyway.
func TestTheWindowWidensUnderLoad(t *testing.T) {
	for took, want := range map[time.Duration]time.Duration{
		0: shortestWindow, 100 * time.Microsecond: shortestWindow, time.Millisecond: 3 * time.Millisecond, time.Second: longestWindow,
	} {
		f := fanout{took: took}
		if got := f.window(); got != want {
			t.Errorf("%s after a burst that took %s, want %s", got, took, want)
		}
	}
}

func TestReportsGoOutEachSecond(t *testing.T) {
	run(t, func(t *testing.T, s *stage, p *running) {
		v := s.view()
		v.Switch(p.Publication)
		p.write(p.next(true, 1)...)
		p.Video.Clock(1)
		pause(5*time.Second + reportInterval/2)
		if n := len(v.reports); n != 2*5 { // a sender report and its CNAME
			t.Errorf("%d packets in five seconds, want 10", n)
		}
	})
}

// TestNobodyAsksForALowPictureThatNobodyNeeds: its presenter does not send it any more.
func TestNobodyAsksForALowPictureThatNobodyNeeds(t *testing.T) {
	run(t, func(t *testing.T, s *stage, p *running) {
		p.Video.need = func() {}
		v := s.view()
		v.Switch(p.Publication)
		pause(3 * keyframeSpacing)
		v.Close()
		if p.asked.Swap(0) < 3 {
			t.Error("it is not asked for again")
		}
		pause(5 * time.Second)
		if n := p.asked.Load(); n > 0 {
			t.Errorf("asked %d times when the viewer had gone", n)
		}
		v = s.view()
		v.Switch(p.Publication)
		if pause(3 * keyframeSpacing); p.asked.Load() < 3 {
			t.Error("another viewer waits for ever")
		}
	})
}
