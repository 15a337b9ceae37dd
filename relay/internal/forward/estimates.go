package forward

import "sync/atomic"

// Estimates counts viewers by what their ways are estimated to carry: how many are limited, and to what.
type Estimates struct{ bands [8]atomic.Int64 }

// Bounds are the upper ends of the bands in bits per second; the last band has none.
func (*Estimates) Bounds() [6]float64 { return [6]float64{150e3, 300e3, 600e3, 1.2e6, 2.5e6, 5e6} }

// bandOf is the band of a rate; 0 without a limit.
func bandOf(rate float64) int {
	if rate == 0 {
		return 0
	}
	for i, bound := range (*Estimates)(nil).Bounds() {
		if rate <= bound {
			return i + 1
		}
	}
	return 7
}

func (e *Estimates) move(from, to int) {
	if from != 0 {
		e.bands[from].Add(-1)
	}
	if to != 0 {
		e.bands[to].Add(1)
	}
}

// Limited counts the limited viewers whose rate is at most each of the bounds, and all of them.
func (e *Estimates) Limited() (upTo [6]uint64, all uint64) {
	for i := range e.bands[1:] {
		all += uint64(max(0, e.bands[i+1].Load()))
		if i < len(upTo) {
			upTo[i] = all
		}
	}
	return upTo, all
}
