package forward

import (
	"testing"
	"time"

	"github.com/coopnet/coopnet/relay/internal/packet"
)

func TestTheLayerFollowsTheLimit(t *testing.T) {
	full, low := &Track{}, &Track{}
	l := layering{full: full, low: low}
	for _, step := range []struct {
		at       int // seconds
		limit    float64
		own      int64 // what the full picture takes
		overfull bool
		want     *Track
	}{
		{0, 0, 5e6, false, full},
		{1, 3e6, 1e6, false, full},
		{2, 800e3, 1e6, false, low},   // less than it takes
		{3, 5e6, 1e6, false, low},     // too soon
		{6, 1.3e6, 1e6, false, low},   // not enough to spare
		{7, 1.5e6, 1e6, false, full},  // now
		{8, 440e3, 10e3, false, low},  // a still page, but another one would take long
		{12, 600e3, 10e3, false, low}, // not yet
		{13, 700e3, 10e3, false, full},
		{14, 700e3, 10e3, true, low},
		{15, 0, 5e6, false, full}, // no limit at all
	} {
		full.bits.Store(step.own)
		l.choose(step.limit, step.overfull, time.Duration(step.at)*time.Second)
		if l.wanted() != step.want {
			t.Fatalf("%+v: low %v", step, l.wanted() == low)
		}
	}
	l = layering{full: full, narrow: true}
	if l.wanted() != full {
		t.Error("there is no low picture")
	}
}

// double is a share with a low picture.
type double struct {
	*Publication
	full, low *layers
	told      []bool // whether the low picture was needed, when that changed
}

func (s *stage) double(sizes [3]int) *double {
	d := &double{full: s.layers(sizes), low: &layers{publisher: s.publish('l'), sizes: [3]int{2, 2, 2}}}
	d.Publication = New(Config{
		Video: packet.VP8, Low: packet.VP8, Counters: s.counters, Now: s.now,
		Keyframe: func() {}, LowKeyframe: func() {}, LowNeed: func() { d.told = append(d.told, d.Low.Needed()) },
	})
	d.full.Publication, d.low.Publication = d.Publication, &Publication{Video: d.Low}
	d.full.video = fanout{burst: burst{track: d.Video}, sender: sender{batch: s.batch}}
	d.low.video = fanout{burst: burst{track: d.Low}, sender: sender{batch: s.batch}}
	return d
}

// run shares for a while over the line: 30 full pictures a second and, while they are needed, 10 low ones.
func (d *double) run(s *stage, line *thinLine, span time.Duration) {
	for i, end := 0, s.clock.Add(span); s.clock.Before(end); i++ {
		d.full.frame(d.Video.wanted.Load(), map[bool]int{true: 60}[d.Video.wanted.Load()])
		if i%3 == 0 && d.Low.Needed() {
			d.low.frame(d.Low.wanted.Load(), map[bool]int{true: 20}[d.Low.wanted.Load()])
		}
		if i%30 == 0 {
			d.Video.measure()
			d.Low.measure()
		}
		for range pictureTime / paceInterval {
			d.full.video.drain()
			d.low.video.drain()
			s.clock = s.clock.Add(paceInterval)
			line.step(s.clock)
		}
	}
}

// TestANarrowWayGetsTheLowPicture, one stream without a gap, and the full one when it has become wide.
func TestANarrowWayGetsTheLowPicture(t *testing.T) {
	s := newStage(t)
	d, v, other := s.double([3]int{12, 8, 6}), s.view(), s.view()
	other.Switch(d.Publication)
	v.Switch(d.Publication)
	line := s.thin(v, 300e3, 15_000, 0.05)
	d.run(s, line, 6*time.Second)
	if v.video.track != d.Low || !d.Low.Needed() {
		t.Fatalf("the full picture goes over 300 kbit/s; needed: %v", d.Low.Needed())
	}
	before := line.bytes
	d.run(s, line, 20*time.Second)
	if got := float64(8*(line.bytes-before)) / 20; got < 150e3 || v.fitting.holding || len(line.missing) > 8 {
		t.Errorf("%.0f bit/s arrive, %d packets missing", got, len(line.missing))
	}
	if v.video.track != d.Low {
		t.Error("the full picture came back to a narrow way")
	}
	line.rate, line.buffer, line.loss = 20e6, 500_000, 0
	for waited := 0; v.video.track != d.Video || v.fitting.rate > 0; waited++ {
		if d.run(s, line, time.Second); waited > 60 {
			rate, _ := v.way.estimator.Rate()
			t.Fatalf("a minute after the way became wide: low %v, limit %.0f", v.video.track == d.Low, rate)
		}
	}
	if len(d.told) != 2 || !d.told[0] || d.told[1] {
		t.Errorf("the presenter is told %v", d.told)
	}
	if other.video.track != d.Video || other.fitting != nil {
		t.Error("another viewer is concerned")
	}
	wantDecodable(t, pictures(t, other.take()))
}

// TestAViewerWithoutTheLowCodec gets what fits of the full picture.
func TestAViewerWithoutTheLowCodec(t *testing.T) {
	s := newStage(t)
	p := New(Config{Video: packet.VP8, Low: packet.AV1, Counters: s.counters, Now: s.now, Keyframe: func() {}, LowKeyframe: func() {}})
	v := s.view()
	v.layers.narrow = true
	if !v.Switch(p) || v.nextVideo != p.Video || p.Low.Needed() {
		t.Error("it waits for what it cannot show")
	}
	v.Close()
}

// TestALowPictureThatDoesNotCome is given up for a while: the viewer gets what fits of the full one.
func TestALowPictureThatDoesNotCome(t *testing.T) {
	s := newStage(t)
	d, v := s.double([3]int{2, 1, 1}), s.view()
	v.layers.narrow = true
	v.Switch(d.Publication)
	for range lowPatience - 1 {
		d.Low.report()
	}
	if d.full.frame(true, 0); v.nextVideo != d.Low || len(v.take()) != 0 {
		t.Fatal("the low picture is given up at once")
	}
	d.Low.report()
	if d.full.frame(true, 0); v.video.track != d.Video || d.Low.Needed() || len(v.take()) == 0 {
		t.Fatalf("a viewer waits for a picture that does not come; needed: %v", d.Low.Needed())
	}
	v.layers.choose(300e3, false, v.way.time()+lowPause-1)
	if v.layers.narrow {
		t.Error("it is waited for again at once")
	}
	v.layers.choose(300e3, false, v.way.time()+lowPause)
	v.relayer().follow(v.Subscription)
	if v.nextVideo != d.Low || !d.Low.Needed() || v.video.track != d.Video {
		t.Error("it is not tried again")
	}
	if d.low.frame(true, 0); v.video.track != d.Low {
		t.Error("it came and is not shown")
	}
	other := s.double([3]int{2, 1, 1})
	v.layers.absent = 1 << 62
	if v.Switch(other.Publication); v.layers.absent != 0 {
		t.Error("another share is thought to have none")
	}
}
