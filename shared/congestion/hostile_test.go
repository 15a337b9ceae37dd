package congestion

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

// TestWhateverAViewerReports: the limit is a number, and no less than the least; probes stay short and rare.
func TestWhateverAViewerReports(t *testing.T) {
	for seed := range uint64(30) {
		random := rand.New(rand.NewPCG(seed, 1))
		h, e, p := &History{}, &Estimator{}, &Probe{}
		wild := []time.Duration{0, 250 * time.Microsecond, time.Millisecond, time.Second, 1 << 40, 1 << 52, -1 << 52, math.MaxInt64, math.MinInt64}
		clock, probed := time.Duration(0), time.Duration(0)
		for now := time.Duration(0); now < 60*time.Second; now += 20 * time.Millisecond {
			base := h.Next()
			for range 1 + random.IntN(20) {
				h.Add(random.IntN(1500), now)
			}
			received := 0
			for n := base; n != h.Next(); n++ {
				at, size, _ := h.Arrived(n)
				if random.IntN(4) > 0 {
					clock += wild[random.IntN(len(wild))]
					e.Arrived(at, clock, size)
					p.Arrived(n, clock, size)
					received++
				}
			}
			expected := h.Covered(base+uint16(random.IntN(3)-1), random.IntN(40))
			if carried := p.Result(now, uint16(random.Uint32())); carried > 0 {
				e.Probed(carried)
			}
			e.Reported(now, expected, received, float64(random.IntN(1e7)))
			if random.IntN(4) == 0 {
				e.Lost(now, random.Float64(), float64(random.IntN(1e7)))
			}
			rate, limited := e.Rate()
			if math.IsNaN(rate) || math.IsInf(rate, 0) || limited && rate < minRate {
				t.Fatalf("seed %d: a limit of %v", seed, rate)
			}
			if limited && p.Begin(now, rate, h.Next()) {
				span := p.Until() - now
				if probed += span; span < 0 || span > 2*probeSpan || p.Sending(now)*span.Seconds() > 8*probeBytes+1 {
					t.Fatalf("seed %d: a probe of %v bit/s for %v", seed, p.Sending(now), span)
				}
			}
			p.Sent(now, 5, h.Next())
		}
		if probed > 60*probeSpan {
			t.Errorf("seed %d: probes for %v in a minute", seed, probed)
		}
	}
}
