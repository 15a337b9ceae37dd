package congestion

import (
	"math/rand/v2"
	"testing"
	"time"
)

// link is a simulated way to a viewer.
type link struct {
	rate   float64       // bits per second
	buffer int           // bytes of its queue
	delay  time.Duration // of the wire
	loss   float64       // by chance
	jitter time.Duration // a busy machine at the other end
	stall  time.Duration // in which it reads nothing, every three seconds
}

// sender shares a screen over the link: a stream of frames, and once in a while a large change. It paces by the estimate
// and gives up frames that wait too long, as the relay does.
type sender struct {
	*Estimator
	t       *testing.T
	link    link
	stream  float64 // bits per second of the shared screen
	random  *rand.Rand
	history History

	now     time.Duration
	waiting []int // sizes of packets
	budget  float64
	free    time.Duration // when the link has sent all that waits in its queue
	flying  []flight
	sent    Meter
	got     int // bytes since the test last asked
	worst   time.Duration
}

type flight struct {
	sequence uint16
	arrives  time.Duration // 0: lost
	size     int
}

func simulate(t *testing.T, l link, stream float64) *sender {
	return &sender{Estimator: &Estimator{}, t: t, link: l, stream: stream, random: rand.New(rand.NewPCG(3, 4)), now: time.Second}
}

const frameInterval = 33 * time.Millisecond

// run lets the time pass and returns the mean rate that arrived.
func (s *sender) run(span time.Duration) float64 {
	s.got, s.worst = 0, 0
	const step = time.Millisecond
	for end := s.now + span; s.now < end; s.now += step {
		if s.now%frameInterval < step {
			s.frame(int(s.stream / 8 * frameInterval.Seconds()))
		}
		rate, limited := s.Rate()
		if s.budget = min(s.budget+rate/8*step.Seconds(), rate/8*0.01); !limited {
			s.budget = 1e9
		}
		for len(s.waiting) > 0 && s.budget > 0 {
			s.budget -= float64(s.waiting[0])
			s.send(s.waiting[0])
			s.waiting = s.waiting[1:]
		}
		if s.now%(100*time.Millisecond) < step {
			s.report()
		}
	}
	return float64(8*s.got) / span.Seconds()
}

// frame gives up what waits more than half a second.
func (s *sender) frame(size int) {
	if rate, limited := s.Rate(); limited && float64(8*1200*len(s.waiting)) > rate/2 {
		return
	}
	for ; size > 0; size -= 1200 {
		s.waiting = append(s.waiting, min(size, 1200))
	}
}

func (s *sender) send(size int) {
	s.sent.Add(size, s.now)
	f := flight{sequence: s.history.Add(size, s.now), size: size}
	s.free = max(s.free, s.now)
	queued := float64(s.link.rate/8) * (s.free - s.now).Seconds()
	if s.random.Float64() >= s.link.loss && queued+float64(size) <= float64(s.link.buffer) {
		s.free += time.Duration(float64(8*size) / s.link.rate * float64(time.Second))
		f.arrives = s.free + s.link.delay + time.Duration(s.random.Float64()*float64(s.link.jitter))
		if phase := f.arrives % (3 * time.Second); phase < s.link.stall {
			f.arrives += s.link.stall - phase
		}
		s.worst = max(s.worst, s.free-s.now)
	}
	s.flying = append(s.flying, f)
}

// report is about all packets up to the last one that has arrived by now, less the way back.
func (s *sender) report() {
	last := -1
	for i, f := range s.flying {
		if f.arrives > 0 && f.arrives <= s.now-s.link.delay {
			last = i
		}
	}
	if last < 0 {
		return
	}
	received := 0
	for _, f := range s.flying[:last+1] {
		if f.arrives == 0 {
			continue
		}
		const theirClock = 1234 * time.Second
		at, size, ok := s.history.Arrived(f.sequence)
		if !ok || size != f.size {
			s.t.Fatalf("packet %d is not known", f.sequence)
		}
		s.Arrived(at, f.arrives+theirClock, size)
		s.got += size
		received++
	}
	expected := s.history.Covered(s.flying[0].sequence, last+1)
	s.flying = append(s.flying[:0], s.flying[last+1:]...)
	s.Reported(s.now, expected, received, s.sent.Rate(s.now))
}

func TestAWayThatCarriesEverythingIsNotLimited(t *testing.T) {
	for name, l := range map[string]link{
		"fast":                 {rate: 100e6, buffer: 1 << 20},
		"fast and far":         {rate: 100e6, buffer: 1 << 20, delay: 100 * time.Millisecond},
		"jitter":               {rate: 100e6, buffer: 1 << 20, delay: 20 * time.Millisecond, jitter: 30 * time.Millisecond},
		"stalls":               {rate: 100e6, buffer: 1 << 20, delay: 20 * time.Millisecond, jitter: 10 * time.Millisecond, stall: 200 * time.Millisecond},
		"long stalls":          {rate: 100e6, buffer: 1 << 20, delay: 20 * time.Millisecond, jitter: 30 * time.Millisecond, stall: 700 * time.Millisecond},
		"losing 5 %, busy":     {rate: 100e6, buffer: 1 << 20, delay: 100 * time.Millisecond, loss: 0.05, jitter: 250 * time.Millisecond, stall: 300 * time.Millisecond},
		"losing 5 % by chance": {rate: 100e6, buffer: 1 << 20, delay: 20 * time.Millisecond, loss: 0.05},
	} {
		s := simulate(t, l, 2e6)
		for second := range 120 {
			if second%10 == 5 {
				s.frame(100_000) // another page
			}
			s.run(time.Second)
			if rate, limited := s.Rate(); limited {
				t.Errorf("%s: limited to %.0f after %d s", name, rate, second)
				break
			}
		}
	}
}

func TestTheEstimateFindsWhatAWayCarries(t *testing.T) {
	for _, tt := range []struct {
		name string
		link
		least float64 // part of the rate that arrives in the long run
	}{
		{"300 kbit/s", link{rate: 300e3, buffer: 15_000}, 0.8},
		{"300 kbit/s with a long queue", link{rate: 300e3, buffer: 60_000}, 0.8},
		{"1 Mbit/s", link{rate: 1e6, buffer: 50_000}, 0.8},
		{"1 Mbit/s and far", link{rate: 1e6, buffer: 50_000, delay: 100 * time.Millisecond}, 0.75},
		{"300 kbit/s losing 5 %", link{rate: 300e3, buffer: 15_000, loss: 0.05}, 0.75},
		{"300 kbit/s losing 5 % and far", link{rate: 300e3, buffer: 15_000, delay: 100 * time.Millisecond, loss: 0.05}, 0.7},
		{"1 Mbit/s policed without a queue", link{rate: 1e6, buffer: 4_000, delay: 20 * time.Millisecond}, 0.6},
	} {
		s := simulate(t, tt.link, 4e6)
		s.run(3 * time.Second)
		rate, limited := s.Rate()
		if !limited || rate > 1.3*tt.rate || rate < 0.4*tt.rate {
			t.Errorf("%s: the estimate is %.0f (%v) after 3 s", tt.name, rate, limited)
		}
		s.run(7 * time.Second)
		got := s.run(60 * time.Second)
		t.Logf("%s: %.0f kbit/s arrived in a minute, longest queue %d ms", tt.name, got/1000, s.worst.Milliseconds())
		if got < tt.least*tt.rate {
			t.Errorf("%s: %.0f bit/s arrive", tt.name, got)
		}
		if s.worst > 450*time.Millisecond {
			t.Errorf("%s: packets wait up to %v", tt.name, s.worst)
		}
	}
}

func TestTheEstimateRisesWithTheWay(t *testing.T) {
	s := simulate(t, link{rate: 300e3, buffer: 15_000, delay: 20 * time.Millisecond}, 900e3)
	s.run(10 * time.Second)
	s.link.rate, s.link.buffer = 1e6, 50_000
	s.run(12 * time.Second)
	if got := s.run(10 * time.Second); got < 0.85*900e3 {
		t.Errorf("%.0f bit/s arrive 12 s after the way became wide enough", got)
	}
	s.link.rate, s.link.buffer = 300e3, 15_000
	s.run(2 * time.Second)
	if rate, limited := s.Rate(); !limited || rate > 400e3 {
		t.Errorf("the estimate is %.0f (%v) 2 s after the way became narrow", rate, limited)
	}
}

// TestALongerWayIsNoQueue: ICE goes on by another way in the middle.
func TestALongerWayIsNoQueue(t *testing.T) {
	s := simulate(t, link{rate: 1e6, buffer: 50_000}, 3e6)
	s.run(10 * time.Second)
	s.link.rate, s.link.buffer = 300e3, 15_000
	s.run(3 * time.Second)
	s.link = link{rate: 1e6, buffer: 50_000, delay: 200 * time.Millisecond}
	s.Moved(s.now)
	s.run(5 * time.Second)
	if got := s.run(5 * time.Second); got < 450e3 {
		t.Errorf("%.0f bit/s arrive 5 s after the longer and wider way was taken", got)
	}
}

// TestAWayThatDiedSaysNothingOfTheNext: what was lost until ICE had another one does not limit it.
func TestAWayThatDiedSaysNothingOfTheNext(t *testing.T) {
	s := simulate(t, link{rate: 10e6, buffer: 200_000, delay: 20 * time.Millisecond}, 250e3)
	s.run(10 * time.Second)
	s.link.loss = 1
	s.run(2 * time.Second)
	s.link.loss, s.link.delay = 0, 60*time.Millisecond
	s.Moved(s.now)
	s.history.Moved()
	s.run(5 * time.Second)
	if rate, limited := s.Rate(); limited {
		t.Errorf("limited to %.0f bit/s", rate)
	}
}

// TestAStillScreenKeepsTheEstimate: what is not sent says nothing.
func TestAStillScreenKeepsTheEstimate(t *testing.T) {
	s := simulate(t, link{rate: 1e6, buffer: 50_000, delay: 20 * time.Millisecond}, 3e6)
	s.run(20 * time.Second)
	before, _ := s.Rate()
	s.stream, s.waiting = 20e3, nil
	s.run(time.Minute)
	if after, limited := s.Rate(); !limited || after < 0.7*before || after > 1.5*before {
		t.Errorf("%.0f before a minute of a still screen, %.0f after it", before, after)
	}
	s.Release()
	if _, limited := s.Rate(); limited {
		t.Error("a released estimate limits")
	}
}

func TestReceiverReportsAlone(t *testing.T) { // section 6
	e := &Estimator{}
	now := time.Second
	report := func(loss, sent float64) float64 {
		now += time.Second
		e.Lost(now, loss, sent)
		rate, _ := e.Rate()
		return rate
	}
	for i := range 40 {
		if got := report([]float64{0.05, 0.15, 0, 0}[i%4], 2e6); got != 0 {
			t.Fatalf("5 %% by chance limit to %.0f", got)
		}
	}
	for report(0.5, 2e6) == 0 && now < 48*time.Second {
	}
	if got, _ := e.Rate(); got < 1.6e6 || got > 1.8e6 || now > 45*time.Second {
		t.Errorf("half is lost of 2 Mbit/s: %.0f at %v", got, now)
	}
	e.limit, e.loss = 1.5e6, 0.05
	if got := report(0.05, 1.5e6); got != 1.5e6 {
		t.Errorf("5 %% are lost: %.0f", got)
	}
	for range 10 {
		if got := report(0, 0.2e6); got != 1.5e6 {
			t.Errorf("nothing is lost of next to nothing: %.0f", got)
		}
	}
	if got := report(0, 1.5e6); got < 1.5e6 || got > 1.6e6 {
		t.Errorf("nothing is lost: %.0f", got)
	}
	for range 100 {
		report(0, 5e6)
	}
	if got, _ := e.Rate(); got != CautiousRate {
		t.Errorf("it grows to %.0f", got)
	}
	for range 100 {
		report(1, 5e6)
	}
	if got, _ := e.Rate(); got != minRate {
		t.Errorf("it falls to %.0f", got)
	}
}

func TestTheEstimateDoesNotAllocate(t *testing.T) {
	e, now := &Estimator{}, time.Second
	if n := testing.AllocsPerRun(1000, func() {
		now += 10 * time.Millisecond
		e.Arrived(now, now, 1000)
		e.Reported(now, 1, 1, 1e6)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
