package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"testing"
	"time"
)

const (
	startLimit = 20 * time.Second
	stopLimit  = 40 * time.Second // a relay should need 30
)

// process is a relay that runs for a measurement.
type process struct {
	url     string
	metrics string // empty: none
	pid     int
	tokens  TokenConfig
	stop    func()
}

// contender starts a relay.
type contender func(t testing.TB, program string) process

// ours starts bin/relay as an operator would.
func ours(t testing.TB, program string) process {
	t.Helper()
	jwks := freeAddress(t)
	ready := filepath.Join(t.TempDir(), "ready.json")
	p := start(t, ready, nil, program, "serve", "--id", "load", "--issuer", "load", "--jwks", "http://"+jwks+"/jwks.json",
		"--listen", "127.0.0.1:0", "--media", "127.0.0.1:0", "--metrics", "127.0.0.1:0", "--ready-file", ready)
	p.tokens = TokenConfig{Issuer: "load", RelayID: "load", JWKS: jwks}
	return p
}

// pion starts the naive relay.
func pion(t testing.TB, _ string) process {
	t.Helper()
	ready := filepath.Join(t.TempDir(), "ready.json")
	return start(t, ready, []string{naiveReady + "=" + ready}, os.Args[0])
}

func start(t testing.TB, ready string, environment []string, program string, args ...string) process {
	t.Helper()
	cmd := exec.Command(program, args...)
	log, err := os.Create(filepath.Join(t.TempDir(), "log")) // a soak's is too large for memory
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	cmd.Env, cmd.Stderr = append(os.Environ(), environment...), log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	stop := func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		kill := time.AfterFunc(stopLimit, func() { _ = cmd.Process.Kill() })
		defer kill.Stop()
		if err := cmd.Wait(); err != nil {
			t.Errorf("%s: %v\n%s", filepath.Base(program), err, ending(log.Name()))
		}
	}
	var said struct{ Relay, Metrics string }
	for limit := time.Now().Add(startLimit); ; time.Sleep(20 * time.Millisecond) {
		text, err := os.ReadFile(ready)
		if err == nil && json.Unmarshal(text, &said) == nil {
			return process{url: said.Relay, metrics: said.Metrics, pid: cmd.Process.Pid, stop: stop}
		}
		if time.Now().After(limit) {
			stop()
			t.Fatalf("%s is not ready after %s\n%s", filepath.Base(program), startLimit, ending(log.Name()))
		}
	}
}

// ending is the last of a log.
func ending(path string) []byte {
	const size = 8 << 10
	text, _ := os.ReadFile(path) // the test has failed already
	return text[max(0, len(text)-size):]
}

func freeAddress(t testing.TB) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}

func buildRelay(t testing.TB) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "relay")
	cmd := exec.Command("go", "build", "-o", program, "../relay")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("build the relay: %v\n%s", err, out)
	}
	return program
}

// measure runs the load against fresh processes and returns the run of median cost.
func measure(b *testing.B, c contender, program string, cfg Config) Result {
	b.Helper()
	rounds, _ := strconv.Atoi(os.Getenv("ROUNDS"))
	results := make([]Result, 0, max(rounds, 1))
	for len(results) < cap(results) {
		results = append(results, measureOnce(b, c, program, cfg))
	}
	slices.SortFunc(results, func(x, y Result) int { return cmp.Compare(x.Cost.MicrosecondsPerPacket, y.Cost.MicrosecondsPerPacket) })
	return results[len(results)/2]
}

func measureOnce(b *testing.B, c contender, program string, cfg Config) Result {
	b.Helper()
	p := c(b, program)
	defer p.stop()
	cfg.WHIP, cfg.WHEP, cfg.PID, cfg.Tokens = p.url+"/whip", p.url+"/whep", p.pid, p.tokens
	r, err := Run(b.Context(), cfg)
	if err != nil {
		b.Fatal(err)
	}
	if r.Broken > 0 {
		b.Errorf("%d sampled packets could not be decrypted", r.Broken)
	}
	return r
}

// row prints one line of a table; .ci/benchtable lets it through. The newline before it ends the benchmark's own line.
func row(format string, args ...any) { fmt.Printf("\n| "+format+" |", args...) }

const costFormat = "%-8s | %-4s | %9s | %9s | %6s | %9s | %9s | %6s | %13s | %13s | %7s"

// BenchmarkCost compares the relay with the naive one at 200 viewers. It asserts nothing about time: the ratio is what
// can be compared between machines. ROUNDS=3 repeats each measurement and shows the median.
func BenchmarkCost(b *testing.B) {
	program := buildRelay(b)
	row(costFormat, "stream", "SRTP", "us/packet", "naive", "ratio", "KB/viewer", "naive", "ratio", "latency ms", "naive", "loss %")
	row(costFormat, "", "", "", "", "", "", "", "", "p50 / p99", "p50 / p99", "")
	for _, shape := range []Shape{Frames, Browser} {
		for _, profile := range []Profile{CM, GCM} {
			cfg := Config{Viewers: 200, Rooms: 1, Duration: 8 * time.Second, Stream: Stream{Shape: shape, Rate: 15, Packets: 12}, Profile: profile, Joins: 32}
			relay, naive := measure(b, ours, program, cfg), measure(b, pion, program, cfg)
			row(costFormat, shape, profile, cost(relay), cost(naive), ratio(naive.Cost.MicrosecondsPerPacket, relay.Cost.MicrosecondsPerPacket),
				memory(relay), memory(naive), ratio(naive.Cost.BytesPerViewer, relay.Cost.BytesPerViewer), delay(relay), delay(naive),
				fmt.Sprintf("%.3f", relay.LossPercent()))
			b.ReportMetric(relay.Cost.MicrosecondsPerPacket, fmt.Sprintf("%s-%s-us/packet", shape, profile))
		}
	}
	fmt.Println()
}

const scaleFormat = "%5s | %7s | %-4s | %9s | %9s | %9s | %8s | %11s | %13s | %7s | %9s"

// BenchmarkScale shows what a packet costs as a room grows, and with many rooms. Only SCALE=1 runs it.
func BenchmarkScale(b *testing.B) {
	if os.Getenv("SCALE") == "" {
		b.Skip("SCALE=1 runs it")
	}
	program := buildRelay(b)
	row(scaleFormat, "rooms", "viewers", "SRTP", "packets/s", "us/packet", "of first", "cores", "KB/viewer", "latency ms", "loss %", "join ms")
	row(scaleFormat, "", "each", "", "", "", "", "", "", "p50 / p99", "", "p50 / p99")
	for _, profile := range []Profile{CM, GCM} {
		first := 0.0
		for _, size := range []struct{ rooms, viewers int }{{1, 50}, {1, 200}, {1, 500}, {1, 1000}, {100, 10}} {
			cfg := Config{Viewers: size.viewers, Rooms: size.rooms, Duration: 8 * time.Second, Stream: Stream{Shape: Frames, Rate: 10, Packets: 12}, Profile: profile, Joins: 64}
			r := measure(b, ours, program, cfg)
			if first == 0 {
				first = r.Cost.MicrosecondsPerPacket
			}
			row(scaleFormat, strconv.Itoa(size.rooms), strconv.Itoa(size.viewers), profile, fmt.Sprintf("%.0f", float64(r.Packets)/r.Seconds), cost(r),
				ratio(r.Cost.MicrosecondsPerPacket, first), fmt.Sprintf("%.2f", r.Cost.Cores), memory(r), delay(r),
				fmt.Sprintf("%.3f", r.LossPercent()), fmt.Sprintf("%.0f / %.0f", r.Join.P50, r.Join.P99))
		}
	}
	fmt.Println()
}

func cost(r Result) string   { return fmt.Sprintf("%.2f", r.Cost.MicrosecondsPerPacket) }
func memory(r Result) string { return fmt.Sprintf("%.0f", r.Cost.BytesPerViewer/1000) }
func delay(r Result) string  { return fmt.Sprintf("%.1f / %.1f", r.Delay.P50, r.Delay.P99) }

func ratio(x, y float64) string {
	if y == 0 {
		return "-"
	}
	return fmt.Sprintf("%.2f", x/y)
}
