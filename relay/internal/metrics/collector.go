package metrics

import (
	"strconv"

	"github.com/prometheus/client_golang/prometheus"
)

// figure is one number of a snapshot S.
type figure[S any] struct {
	desc  *prometheus.Desc
	kind  prometheus.ValueType
	value func(S) float64
}

// collector reads one snapshot for each scrape, so that its figures belong together.
type collector[S any] struct {
	read    func() S
	figures []figure[S]
}

// Describe implements prometheus.Collector.
func (c collector[S]) Describe(descriptions chan<- *prometheus.Desc) {
	for _, f := range c.figures {
		descriptions <- f.desc
	}
}

// Collect implements prometheus.Collector.
func (c collector[S]) Collect(metrics chan<- prometheus.Metric) {
	snapshot := c.read()
	for _, f := range c.figures {
		metrics <- prometheus.MustNewConstMetric(f.desc, f.kind, f.value(snapshot))
	}
}

// byReason is a counter with one time series for each reason.
type byReason struct {
	read func() map[string]uint64
	desc *prometheus.Desc
}

// Describe implements prometheus.Collector.
func (d byReason) Describe(descriptions chan<- *prometheus.Desc) { descriptions <- d.desc }

// Collect implements prometheus.Collector.
func (d byReason) Collect(metrics chan<- prometheus.Metric) {
	for reason, count := range d.read() {
		metrics <- prometheus.MustNewConstMetric(d.desc, prometheus.CounterValue, float64(count), reason)
	}
}

// estimates is how many viewers are limited, one time series for each bound; "+Inf" is all of them.
type estimates struct {
	read func() Estimates
	desc *prometheus.Desc
}

// Describe implements prometheus.Collector.
func (e estimates) Describe(descriptions chan<- *prometheus.Desc) { descriptions <- e.desc }

// Collect implements prometheus.Collector.
func (e estimates) Collect(metrics chan<- prometheus.Metric) {
	s := e.read()
	for i, bound := range s.Bounds {
		metrics <- prometheus.MustNewConstMetric(e.desc, prometheus.GaugeValue, float64(s.UpTo[i]), strconv.FormatFloat(bound, 'f', -1, 64))
	}
	metrics <- prometheus.MustNewConstMetric(e.desc, prometheus.GaugeValue, float64(s.Limited), "+Inf")
}

func describe(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc(prometheus.BuildFQName("coopnet", "relay", name), help, labels, nil)
}

func gauge[S any](name, help string, value func(S) float64) figure[S] {
	return figure[S]{describe(name, help), prometheus.GaugeValue, value}
}

func counter[S any](name, help string, value func(S) uint64) figure[S] {
	return figure[S]{describe(name, help), prometheus.CounterValue, func(s S) float64 { return float64(value(s)) }}
}

func (src Sources) collectors() []prometheus.Collector {
	var all []prometheus.Collector
	if src.Rooms != nil {
		all = append(all, collector[Rooms]{src.Rooms, roomFigures()})
	}
	if src.Media != nil {
		all = append(all, collector[Media]{src.Media, mediaFigures()})
	}
	if src.Estimates != nil {
		all = append(all, estimates{src.Estimates, describe("limited_viewers", "Viewers whose networks carry less than the share, by what they are estimated to carry in bits per second, as of now.", "at_most")})
	}
	if src.Guard != nil {
		all = append(all, byReason{src.Guard, describe("guard_dropped_datagrams_total", "Datagrams that the guard dropped before anybody parsed them.", "reason")})
	}
	if src.Control != nil {
		all = append(all, collector[Control]{src.Control, controlFigures()})
	}
	if src.TCP != nil {
		all = append(all, collector[TCP]{src.TCP, tcpFigures()}, byReason{
			func() map[string]uint64 { return src.TCP().Refusals },
			describe("tcp_refused_connections_total", "Connections of media over TCP that were closed: over a limit, or unfit, which is for no session or not framed as it must be.", "reason"),
		})
	}
	if src.Turn != nil {
		all = append(all, collector[Turn]{src.Turn, turnFigures()}, byReason{
			func() map[string]uint64 { return src.Turn().Refusals },
			describe("turn_refusals_total", "What TURN refused: requests without a credential, other requests, peers that are not this relay, quotas, answers not sent because there were too many, connections over the limit.", "reason"),
		})
	}
	if src.Heartbeat != nil {
		all = append(all, collector[Heartbeat]{src.Heartbeat, heartbeatFigures()})
	}
	return all
}

func roomFigures() []figure[Rooms] {
	return []figure[Rooms]{
		gauge("rooms", "Live rooms.", func(s Rooms) float64 { return float64(s.Rooms) }),
		gauge("participants", "Participants in live rooms.", func(s Rooms) float64 { return float64(s.Participants) }),
		gauge("publications", "Live shares.", func(s Rooms) float64 { return float64(s.Publications) }),
		gauge("viewers", "Live views.", func(s Rooms) float64 { return float64(s.Viewers) }),
		gauge("kept_bytes", "What was said, asked and drawn in rooms that are empty, kept for ten minutes.", func(s Rooms) float64 { return float64(s.Kept) }),
	}
}

func mediaFigures() []figure[Media] {
	return []figure[Media]{
		counter("received_packets_total", "RTP packets from presenters.", func(s Media) uint64 { return s.PacketsReceived }),
		counter("sent_packets_total", "RTP packets to viewers.", func(s Media) uint64 { return s.PacketsSent }),
		counter("received_bytes_total", "Bytes of RTP packets from presenters.", func(s Media) uint64 { return s.BytesReceived }),
		counter("sent_bytes_total", "Bytes of RTP packets to viewers.", func(s Media) uint64 { return s.BytesSent }),
		counter("dropped_packets_total", "Packets that this machine did not forward: fan-out was too slow, the packet too large, or the kernel did not take it.", func(s Media) uint64 { return s.PacketsDropped }),
		counter("thinned_packets_total", "Packets of upper layers or whole pictures that were left out for viewers whose networks carry less.", func(s Media) uint64 { return s.PacketsThinned }),
		counter("received_nacks_total", "Packets that viewers asked for again.", func(s Media) uint64 { return s.NACKsReceived }),
		counter("sent_nacks_total", "Packets that presenters were asked for again.", func(s Media) uint64 { return s.NACKsSent }),
		counter("retransmitted_packets_total", "RTP packets sent again from the ring.", func(s Media) uint64 { return s.Retransmissions }),
		counter("limited_retransmissions_total", "Times that packets were not sent again because a viewer asked for too many.", func(s Media) uint64 { return s.RetransmissionsLimited }),
		counter("received_keyframe_requests_total", "Keyframe requests from viewers.", func(s Media) uint64 { return s.KeyframeRequestsReceived }),
		counter("forwarded_keyframe_requests_total", "Keyframe requests to presenters.", func(s Media) uint64 { return s.KeyframeRequestsForwarded }),
	}
}

func controlFigures() []figure[Control] {
	return []figure[Control]{
		gauge("control_connections", "Open control channels.", func(s Control) float64 { return float64(s.Connections) }),
		gauge("control_pending_connections", "Open control channels that have not said hello.", func(s Control) float64 { return float64(s.Pending) }),
		gauge("control_polling_connections", "Open control channels without a WebSocket.", func(s Control) float64 { return float64(s.Polls) }),
		counter("control_received_messages_total", "Control messages from participants.", func(s Control) uint64 { return s.MessagesReceived }),
		counter("control_sent_messages_total", "Control messages to participants.", func(s Control) uint64 { return s.MessagesSent }),
		counter("control_refused_connections_total", "Control channels refused at the handshake or at hello.", func(s Control) uint64 { return s.Refused }),
	}
}

func tcpFigures() []figure[TCP] {
	return []figure[TCP]{
		gauge("tcp_connections", "Open connections of media over TCP.", func(s TCP) float64 { return float64(s.Connections) }),
		gauge("tcp_pending_connections", "Open connections of media over TCP that have not shown what they are for.", func(s TCP) float64 { return float64(s.Pending) }),
		counter("tcp_received_packets_total", "Datagrams that came over TCP.", func(s TCP) uint64 { return s.PacketsReceived }),
		counter("tcp_sent_packets_total", "Datagrams that went out over TCP.", func(s TCP) uint64 { return s.PacketsSent }),
		counter("tcp_dropped_packets_total", "Datagrams not sent over TCP because a client read too slowly.", func(s TCP) uint64 { return s.PacketsDropped }),
	}
}

func turnFigures() []figure[Turn] {
	return []figure[Turn]{
		gauge("turn_allocations", "TURN allocations.", func(s Turn) float64 { return float64(s.Allocations) }),
		gauge("turn_connections", "Open TURN connections over TCP and TLS.", func(s Turn) float64 { return float64(s.Connections) }),
		counter("turn_received_packets_total", "Datagrams that TURN carried to the media port.", func(s Turn) uint64 { return s.PacketsToMedia }),
		counter("turn_sent_packets_total", "Datagrams that TURN carried to clients.", func(s Turn) uint64 { return s.PacketsToClients }),
		counter("turn_received_bytes_total", "Bytes of datagrams that TURN carried to the media port.", func(s Turn) uint64 { return s.BytesToMedia }),
		counter("turn_sent_bytes_total", "Bytes of datagrams that TURN carried to clients.", func(s Turn) uint64 { return s.BytesToClients }),
		counter("turn_dropped_packets_total", "Datagrams not carried because a client read too slowly.", func(s Turn) uint64 { return s.PacketsDropped }),
	}
}

func heartbeatFigures() []figure[Heartbeat] {
	return []figure[Heartbeat]{
		gauge("heartbeat_accepted", "1 when the last heartbeat was accepted, else 0.", func(s Heartbeat) float64 {
			if s.Accepted {
				return 1
			}
			return 0
		}),
		gauge("heartbeat_last_success_timestamp_seconds", "When a heartbeat was last accepted; 0 is never.", func(s Heartbeat) float64 {
			if s.LastSuccess.IsZero() {
				return 0
			}
			return float64(s.LastSuccess.UnixMilli()) / 1000
		}),
		counter("heartbeat_failures_total", "Heartbeats and reports that were not accepted.", func(s Heartbeat) uint64 { return s.Failures }),
		gauge("heartbeat_waiting_visits", "Comings and goings of participants that the control plane was not told yet.", func(s Heartbeat) float64 { return float64(s.Waiting) }),
		counter("heartbeat_overflows_total", "Times that too many of them waited, so that everybody who was in was told anew.", func(s Heartbeat) uint64 { return s.Losses }),
	}
}
