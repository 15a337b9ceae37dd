package main

import (
	"fmt"
	"math"
	"strings"
	"time"
)

// sample is one look at the relay.
type sample struct {
	at time.Duration // since the beginning
	gauges
}

// Growth is what one figure did over the second half of a soak.
type Growth struct {
	Name   string  `json:"name"`
	Level  float64 `json:"level"`  // its mean
	Spread float64 `json:"spread"` // its standard deviation, relative to the level
	Growth float64 `json:"growth"` // along the line that fits best, from the middle to the end, relative to the level
	Error  float64 `json:"error"`  // standard error of that
}

// sigma is how many standard errors a growth must have to be one.
const sigma = 3

// Flat reports whether the figure stayed within the tolerance, as far as its own unrest lets one know.
func (g Growth) Flat(tolerance float64) bool {
	return g.Growth <= tolerance || g.Growth <= sigma*g.Error
}

// growths fits a line to each figure's second half; none with fewer than three samples in it.
func growths(samples []sample) []Growth {
	var half []sample
	for _, s := range samples {
		if s.at >= samples[len(samples)-1].at/2 {
			half = append(half, s)
		}
	}
	if len(half) < 3 {
		return nil
	}
	var all []Growth
	for _, figure := range []struct {
		name string
		of   func(gauges) float64
	}{
		{"resident memory", func(g gauges) float64 { return g.Resident }},
		{"live heap", func(g gauges) float64 { return g.Live }},
		{"heap in use", func(g gauges) float64 { return g.InUse }},
		{"goroutines", func(g gauges) float64 { return g.Goroutines }},
		{"open files", func(g gauges) float64 { return g.Files }},
	} {
		x, y := make([]float64, len(half)), make([]float64, len(half))
		for i, s := range half {
			x[i], y[i] = s.at.Seconds(), figure.of(s.gauges)
		}
		g := fit(x, y)
		g.Name = figure.name
		all = append(all, g)
	}
	return all
}

// fit is the least-squares line through at least three points of differing x.
func fit(x, y []float64) Growth {
	n := float64(len(x))
	mx, my := mean(x), mean(y)
	var xx, xy, yy float64
	for i := range x {
		xx += (x[i] - mx) * (x[i] - mx)
		xy += (x[i] - mx) * (y[i] - my)
		yy += (y[i] - my) * (y[i] - my)
	}
	if my == 0 || xx == 0 {
		return Growth{Level: my}
	}
	slope, span := xy/xx, x[len(x)-1]-x[0]
	residual := max(0, yy-slope*xy) / (n - 2)
	return Growth{Level: my, Spread: math.Sqrt(yy/n) / my, Growth: slope * span / my, Error: math.Sqrt(residual/xx) * span / my}
}

func mean(list []float64) float64 {
	sum := 0.0
	for _, v := range list {
		sum += v
	}
	return sum / float64(len(list))
}

// Verdict is what a soak found.
type Verdict struct {
	Minutes     float64  `json:"minutes"`
	Counts      Counts   `json:"counts"`
	Join        Spread   `json:"joinMilliseconds"`
	Delay       Spread   `json:"delayMilliseconds"`
	LossPercent float64  `json:"lossPercent"`
	Growth      []Growth `json:"growth"`
	Idle        float64  `json:"idleGoroutines"` // before anybody came
	Left        float64  `json:"leftGoroutines"` // after everybody left
	LeftAfter   float64  `json:"leftSeconds"`    // how long the relay took to get there
	Strange     uint64   `json:"strange"`        // packets that the answers did not announce
	Problems    []string `json:"problems"`       // none: the relay stays as it is
}

// String is the verdict for people.
func (v Verdict) String() string {
	var b strings.Builder
	line := func(name, format string, args ...any) {
		fmt.Fprintf(&b, "%-22s %s\n", name, fmt.Sprintf(format, args...))
	}
	for _, g := range v.Growth {
		level, unit := g.Level, ""
		if g.Level > 1e5 {
			level, unit = g.Level/1e6, " MB"
		}
		line(g.Name, "%.1f%s +-%.1f %%, grew by %+.2f %% +-%.2f in the second half", level, unit, 100*g.Spread, 100*g.Growth, 100*g.Error)
	}
	c := v.Counts
	line("joins", "%d, %d failed; %.0f ms p50, %.0f ms p99, %.0f ms max", c.Joins, c.Failures, v.Join.P50, v.Join.P99, v.Join.Max)
	line("left without a word", "%d viewers, %d presenters", c.Vanished, c.VanishedShares)
	line("ICE restarts, shares", "%d, %d", c.Restarts, c.Shares)
	line("loss", "%.4f %%", v.LossPercent)
	line("strange packets", "%d, for whoever had the port before", v.Strange)
	line("frame latency", "%.1f ms p50, %.1f ms p99, %.1f ms max", v.Delay.P50, v.Delay.P99, v.Delay.Max)
	line("goroutines when idle", "%.0f before, %.0f after, %.0f s after the last viewer left", v.Idle, v.Left, v.LeftAfter)
	if len(v.Problems) == 0 {
		line("verdict", "flat")
	}
	for _, p := range v.Problems {
		line("verdict", "%s", p)
	}
	return b.String()
}
