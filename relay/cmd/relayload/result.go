package main

import (
	"fmt"
	"slices"
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
	Lost      uint64  `json:"lost"`      // that never came
	Recovered uint64  `json:"recovered"` // of those that came, by retransmission
	Dropped   uint64  `json:"dropped"`   // of those lost, by the load generator's own sockets
	Broken    uint64  `json:"broken"`    // sampled packets that could not be decrypted
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

// maxDelays bounds the samples: the first that come are kept.
const maxDelays = 1 << 20

// delays collects durations of several goroutines.
type delays struct {
	mu   sync.Mutex
	list []time.Duration
}

func (d *delays) add(v time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.list) < maxDelays {
		d.list = append(d.list, v)
	}
}

func (d *delays) reset() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.list = d.list[:0]
}

// spread takes the nearest rank.
func (d *delays) spread() Spread {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.list) == 0 {
		return Spread{}
	}
	slices.Sort(d.list)
	at := func(fraction float64) float64 {
		return float64(d.list[int(fraction*float64(len(d.list)-1)+0.5)].Microseconds()) / 1000
	}
	return Spread{P50: at(0.5), P99: at(0.99), Max: at(1)}
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
		line("broken", "%d sampled packets could not be decrypted", r.Broken)
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
