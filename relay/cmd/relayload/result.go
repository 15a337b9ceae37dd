package main

import (
	"fmt"
	"math/bits"
	"strings"
	"sync"
	"time"
)

// Result is what a run measured. Times are in the units that their names say.
type Result struct {
	Viewers   int     `json:"viewers"` // in all rooms
	Rooms     int     `json:"rooms"`
	Stream    Shape   `json:"stream"`
	SRTP      Profile `json:"srtp"`
	Seconds   float64 `json:"seconds"`
	Packets   uint64  `json:"packets"`   // that viewers got
	Lost      uint64  `json:"lost"`      // that never came, whether or not the relay's numbers tell
	Recovered uint64  `json:"recovered"` // of those that came, by retransmission
	Dropped   uint64  `json:"dropped"`   // of those lost, by the load generator's own sockets
	Broken    uint64  `json:"broken"`    // sampled packets that could not be decrypted, or are not of this program
	Strange   uint64  `json:"strange"`   // packets that the relay's answers did not announce
	Cost      Cost    `json:"cost"`
	Join      Spread  `json:"joinMilliseconds"`  // from the request to the first packet
	Delay     Spread  `json:"delayMilliseconds"` // of a frame's last packet
}

// Cost is the relay's; zero where its process is not known.
type Cost struct {
	MicrosecondsPerPacket float64 `json:"microsecondsPerPacket"`
	Cores                 float64 `json:"cores"`
	BytesPerViewer        float64 `json:"bytesPerViewer"` // what the process grew by while viewers joined and were served
	ResidentBytes         int64   `json:"residentBytes"`
	OwnMicroseconds       float64 `json:"ownMicrosecondsPerPacket"` // the load generator's
}

// Spread is a distribution.
type Spread struct {
	P50 float64 `json:"p50"`
	P99 float64 `json:"p99"`
	Max float64 `json:"max"`
}

// The buckets of a distribution: exact up to 127 us, then each a 64th of its value wide, up to 38 hours.
const (
	fine    = 64
	buckets = 32 * fine
)

// delays is the distribution of durations that several goroutines add. Its memory is the same however many come.
type delays struct {
	mu     sync.Mutex
	counts [buckets]uint64
	total  uint64
	max    time.Duration
}

func (d *delays) add(v time.Duration) {
	n := bucketOf(v)
	d.mu.Lock()
	defer d.mu.Unlock()
	d.counts[n]++
	d.total++
	d.max = max(d.max, v)
}

func bucketOf(v time.Duration) int {
	us := uint64(max(v, 0).Microseconds())
	if us < 2*fine {
		return int(us)
	}
	shift := bits.Len64(us) - 7
	return min(shift*fine+int(us>>shift), buckets-1)
}

// middle is the duration in microseconds that stands for a bucket.
func middle(bucket int) float64 {
	if bucket < 2*fine {
		return float64(bucket)
	}
	shift := bucket/fine - 1
	low := uint64(bucket-shift*fine) << shift
	return float64(low) + float64(uint64(1)<<shift-1)/2
}

// reset begins anew.
func (d *delays) reset() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.counts, d.total, d.max = [buckets]uint64{}, 0, 0
}

// spread takes the nearest rank.
func (d *delays) spread() Spread {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.total == 0 {
		return Spread{}
	}
	longest := float64(d.max.Microseconds()) / 1000
	at := func(fraction float64) float64 {
		rank := uint64(fraction*float64(d.total-1) + 0.5)
		for bucket, count := range d.counts {
			if rank < count {
				return min(middle(bucket)/1000, longest)
			}
			rank -= count
		}
		return longest
	}
	return Spread{P50: at(0.5), P99: at(0.99), Max: longest}
}

// LossPercent is the share of packets that never came.
func (r Result) LossPercent() float64 {
	if r.Packets+r.Lost == 0 {
		return 0
	}
	return 100 * float64(r.Lost) / float64(r.Packets+r.Lost)
}

// String is the result for people.
func (r Result) String() string {
	var b strings.Builder
	line := func(name, format string, args ...any) {
		fmt.Fprintf(&b, "%-22s %s\n", name, fmt.Sprintf(format, args...))
	}
	line("load", "%d viewers in %d rooms, %s, %s, %.1f s", r.Viewers, r.Rooms, r.Stream, r.SRTP, r.Seconds)
	line("packets forwarded", "%d (%.0f/s)", r.Packets, float64(r.Packets)/r.Seconds)
	line("loss", "%.4f %% (%d lost, %d recovered by retransmission)", r.LossPercent(), r.Lost, r.Recovered)
	if r.Dropped > 0 {
		line("", "%d of the lost were dropped by this program's own sockets", r.Dropped)
	}
	if r.Broken > 0 {
		line("broken", "%d sampled packets could not be decrypted, or are not of this program's shares", r.Broken)
	}
	if r.Strange > 0 {
		line("strange", "%d packets that the relay's answers did not announce", r.Strange)
	}
	if r.Cost.ResidentBytes > 0 {
		line("cost", "%.2f us/packet, %.2f cores", r.Cost.MicrosecondsPerPacket, r.Cost.Cores)
		line("memory", "%.0f KB per viewer, %.1f MB resident in all", r.Cost.BytesPerViewer/1000, float64(r.Cost.ResidentBytes)/1e6)
	}
	line("own cost", "%.2f us/packet", r.Cost.OwnMicroseconds)
	line("join", "%.0f ms p50, %.0f ms p99, %.0f ms max", r.Join.P50, r.Join.P99, r.Join.Max)
	line("frame latency", "%.1f ms p50, %.1f ms p99, %.1f ms max", r.Delay.P50, r.Delay.P99, r.Delay.Max)
	return b.String()
}
