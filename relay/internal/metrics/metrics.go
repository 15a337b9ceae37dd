// Package metrics shows a relay's figures to Prometheus. It asks for snapshots when it is scraped; the figures
// themselves are plain counters of the packages that own them, so that the packet path never comes here.
package metrics

import (
	"fmt"
	"net/http"
	"regexp"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Sources returns the figures of now. Functions are called at each scrape, possibly at the same time from several
// goroutines; a nil one leaves its metrics out.
type Sources struct {
	Rooms     func() Rooms
	Media     func() Media
	Estimates func() Estimates
	Guard     func() map[string]uint64 // datagrams dropped, by reason; a small fixed set of reasons
	Control   func() Control
	TCP       func() TCP
	Turn      func() Turn
	Heartbeat func() Heartbeat
}

// Rooms counts what is live.
type Rooms struct {
	Rooms, Participants, Publications, Viewers int
	Kept                                       int // bytes of what was said in rooms that are empty
}

// Media counts packets since the start, of all rooms. Received is from presenters but for NACKs and keyframe requests,
// which viewers send; Sent and Forwarded is the other direction.
type Media struct {
	PacketsReceived, PacketsSent uint64
	BytesReceived, BytesSent     uint64
	PacketsDropped               uint64 // fan-out was too slow, the packet too large, or the kernel did not take it
	PacketsThinned               uint64 // left out for viewers whose networks carry less
	NACKsReceived, NACKsSent     uint64 // packets asked for again
	Retransmissions              uint64
	RetransmissionsLimited       uint64 // a viewer asked for more than it may
	KeyframeRequestsReceived     uint64
	KeyframeRequestsForwarded    uint64
}

// Estimates says what the networks of limited viewers carry: how many of them at most each of the bounds, in bits per
// second. Viewers who get everything are not in it.
type Estimates struct {
	Bounds  []float64
	UpTo    []uint64
	Limited uint64
}

// Control counts control channels now, and messages since the start.
type Control struct {
	Connections, Pending, Polls             int // parts of Connections are Pending: no hello yet, and Polls: without a WebSocket
	MessagesReceived, MessagesSent, Refused uint64
}

// TCP counts the connections of media over TCP now, and the rest since the start.
type TCP struct {
	Connections, Pending         int // Pending is part of Connections: those that have not shown what they are for
	PacketsReceived, PacketsSent uint64
	PacketsDropped               uint64            // to clients that read too slowly
	Refusals                     map[string]uint64 // connections by reason; a small fixed set of reasons
}

// Turn counts TURN's allocations and connections now, and the rest since the start.
type Turn struct {
	Allocations, Connections         int
	PacketsToMedia, PacketsToClients uint64
	BytesToMedia, BytesToClients     uint64
	PacketsDropped                   uint64            // to clients that read too slowly
	Refusals                         map[string]uint64 // by reason; a small fixed set of reasons
}

// Heartbeat says how the announcements of this relay are received.
type Heartbeat struct {
	Accepted    bool      // the last one was
	LastSuccess time.Time // zero: never
	Failures    uint64    // since the start
	Waiting     int       // visits that were not told yet
	Losses      uint64    // how often they were too many, since the start
}

// Metrics is a registry of its own: nothing here is global.
type Metrics struct {
	registry *prometheus.Registry
}

// New registers the sources, the Go runtime and the process.
func New(src Sources) (*Metrics, error) {
	m := &Metrics{registry: prometheus.NewRegistry()}
	all := append(src.collectors(), collectors.NewGoCollector(collectors.WithGoCollectorRuntimeMetrics(live())), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	for _, c := range all {
		if err := m.registry.Register(c); err != nil {
			return nil, fmt.Errorf("register metrics: %w", err)
		}
	}
	return m, nil
}

// live adds go_gc_heap_live_bytes, what was in use at the last garbage collection: a leak shows in it, and garbage does not.
func live() collectors.GoRuntimeMetricsRule {
	return collectors.GoRuntimeMetricsRule{Matcher: regexp.MustCompile("^/gc/heap/live:bytes$")}
}

// Handler serves the figures in Prometheus' text format. It belongs on a private listener.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{MaxRequestsInFlight: 4, Timeout: 5 * time.Second})
}
