package metrics

import (
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
)

func full() Sources {
	return Sources{
		Rooms: func() Rooms { return Rooms{Rooms: 1, Participants: 2, Publications: 3, Viewers: 4, Kept: 5} },
		Media: func() Media {
			return Media{
				PacketsReceived: 10, PacketsSent: 11, BytesReceived: 12, BytesSent: 13, PacketsDropped: 14, NACKsReceived: 15,
				NACKsSent: 16, Retransmissions: 17, KeyframeRequestsReceived: 18, KeyframeRequestsForwarded: 19, RetransmissionsLimited: 22, PacketsThinned: 23,
			}
		},
		Estimates: func() Estimates {
			return Estimates{Bounds: []float64{150e3, 1.2e6}, UpTo: []uint64{24, 25}, Limited: 26}
		},
		Guard: func() map[string]uint64 { return map[string]uint64{"stun-length": 20, "channel": 21} },
		Control: func() Control {
			return Control{Connections: 30, Pending: 31, Polls: 35, MessagesReceived: 32, MessagesSent: 33, Refused: 34}
		},
		TCP: func() TCP {
			return TCP{Connections: 60, Pending: 61, PacketsReceived: 62, PacketsSent: 63, PacketsDropped: 64, Refusals: map[string]uint64{"limit": 65}}
		},
		Turn: func() Turn {
			return Turn{
				Allocations: 50, Connections: 51, PacketsToMedia: 52, PacketsToClients: 53, BytesToMedia: 54, BytesToClients: 55,
				PacketsDropped: 56, Refusals: map[string]uint64{"quota": 57, "peer": 58},
			}
		},
		Heartbeat: func() Heartbeat {
			return Heartbeat{Accepted: true, LastSuccess: time.UnixMilli(1_800_000_000_250), Failures: 41, Waiting: 42, Losses: 43}
		},
	}
}

func scrape(t *testing.T, src Sources) string {
	t.Helper()
	m, err := New(src)
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	m.Handler().ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	if w.Code != 200 {
		t.Fatalf("%d: %s", w.Code, w.Body)
	}
	return w.Body.String()
}

func TestEveryFigure(t *testing.T) {
	body := scrape(t, full())
	for _, line := range []string{
		"rooms 1", "participants 2", "publications 3", "viewers 4", "kept_bytes 5",
		"received_packets_total 10", "sent_packets_total 11", "received_bytes_total 12", "sent_bytes_total 13", "dropped_packets_total 14",
		"received_nacks_total 15", "sent_nacks_total 16", "retransmitted_packets_total 17", "limited_retransmissions_total 22",
		"received_keyframe_requests_total 18", "forwarded_keyframe_requests_total 19",
		"thinned_packets_total 23", `limited_viewers{at_most="150000"} 24`, `limited_viewers{at_most="1200000"} 25`, `limited_viewers{at_most="+Inf"} 26`,
		`guard_dropped_datagrams_total{reason="stun-length"} 20`, `guard_dropped_datagrams_total{reason="channel"} 21`,
		"control_connections 30", "control_pending_connections 31", "control_polling_connections 35", "control_received_messages_total 32",
		"control_sent_messages_total 33", "control_refused_connections_total 34",
		"turn_allocations 50", "turn_connections 51", "turn_received_packets_total 52", "turn_sent_packets_total 53",
		"turn_received_bytes_total 54", "turn_sent_bytes_total 55", "turn_dropped_packets_total 56",
		`turn_refusals_total{reason="quota"} 57`, `turn_refusals_total{reason="peer"} 58`,
		"tcp_connections 60", "tcp_pending_connections 61", "tcp_received_packets_total 62", "tcp_sent_packets_total 63", "tcp_dropped_packets_total 64",
		`tcp_refused_connections_total{reason="limit"} 65`,
		"heartbeat_accepted 1", "heartbeat_last_success_timestamp_seconds 1.80000000025e+09", "heartbeat_failures_total 41", "heartbeat_waiting_visits 42", "heartbeat_overflows_total 43",
	} {
		if !strings.Contains(body, "\ncoopnet_relay_"+line+"\n") {
			t.Errorf("no line %q", line)
		}
	}
	if got, want := strings.Count(body, "\ncoopnet_relay_"), 48; got != want {
		t.Errorf("%d figures, %d are checked", got, want)
	}
	for _, runtime := range []string{
		"\ngo_goroutines ", "\ngo_memstats_heap_inuse_bytes ", "\ngo_gc_heap_live_bytes ",
		"\nprocess_cpu_seconds_total ", "\nprocess_resident_memory_bytes ", "\nprocess_open_fds ",
	} {
		if !strings.Contains(body, runtime) {
			t.Errorf("no %q", runtime)
		}
	}
}

func TestNamesFollowTheConventions(t *testing.T) {
	problems, err := promlint.New(strings.NewReader(scrape(t, full()))).Lint()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		if strings.HasPrefix(p.Metric, "coopnet_") {
			t.Errorf("%s: %s", p.Metric, p.Text)
		}
	}
}

func TestAbsentSourcesAreLeftOut(t *testing.T) {
	if body := scrape(t, Sources{}); strings.Contains(body, "coopnet_") {
		t.Error("figures without a source")
	}
	body := scrape(t, Sources{Heartbeat: func() Heartbeat { return Heartbeat{} }})
	if !strings.Contains(body, "\ncoopnet_relay_heartbeat_accepted 0\n") || !strings.Contains(body, "\ncoopnet_relay_heartbeat_last_success_timestamp_seconds 0\n") {
		t.Error("a relay that was never accepted does not say so")
	}
}

func TestScrapesAtOnceAndTwoRegistries(t *testing.T) {
	var all sync.WaitGroup
	for range 4 {
		m, err := New(full())
		if err != nil {
			t.Fatal(err)
		}
		for range 4 {
			all.Go(func() { m.Handler().ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/metrics", nil)) })
		}
	}
	all.Wait()
}
