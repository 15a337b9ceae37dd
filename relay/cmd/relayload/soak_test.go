package main

import (
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestSoak lets viewers come and go at a relay that is started for it. `make soak` sets MINUTES and VIEWERS; without, it
// is so short that what the relay remembers of those who vanished still grows, and only everything else is judged.
func TestSoak(t *testing.T) {
	if testing.Short() {
		t.Skip("takes 45 seconds, most of them waiting")
	}
	t.Parallel()
	cfg := Config{
		Viewers: 20, Rooms: 1, Duration: 10 * time.Second, Stream: Stream{Shape: Frames, Rate: 5, Packets: 6}, Profile: GCM, Joins: 32,
		Soak: SoakConfig{Stay: Stay{time.Second, 4 * time.Second}, Vanish: 0.2, Restart: 2 * time.Second, Report: 4 * time.Second, Growth: 2},
	}
	var out io.Writer = io.Discard
	if minutes, _ := strconv.Atoi(os.Getenv("MINUTES")); minutes > 0 {
		cfg.Viewers, _ = strconv.Atoi(os.Getenv("VIEWERS"))
		cfg.Duration, out = time.Duration(minutes)*time.Minute, os.Stdout
		cfg.Soak = SoakConfig{Stay: Stay{20 * time.Second, time.Minute}, Vanish: 0.2, Restart: 45 * time.Second, Report: time.Minute, Growth: 0.05}
	}
	p := ours(t, buildRelay(t))
	defer p.stop()
	cfg.WHIP, cfg.WHEP, cfg.Control, cfg.Soak.Metrics, cfg.Tokens = p.url+"/whip", p.url+"/whep", p.url+"/control", p.metrics+"/metrics", p.tokens
	v, err := Soak(t.Context(), cfg, out)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("\n%s", v)
	for _, problem := range v.Problems {
		t.Error(problem)
	}
	if cfg.Duration > time.Minute && cfg.Duration < 10*time.Minute {
		t.Log("what the relay remembers for a while still grows: 10 minutes and more are worth a verdict")
	}
	c := v.Counts
	if c.Joins < uint64(2*cfg.Viewers) || c.Vanished == 0 || c.VanishedShares == 0 || c.Restarts == 0 || c.Shares < 3 || v.Delay.P50 <= 0 {
		t.Errorf("%+v: not everything was done that a soak does", c)
	}
}

func TestGrowth(t *testing.T) {
	const tolerance = 0.05
	for name, tt := range map[string]struct {
		of   func(i int) float64
		flat bool
	}{
		"constant":            {func(int) float64 { return 100 }, true},
		"nothing":             {func(int) float64 { return 0 }, true},
		"a leak":              {func(i int) float64 { return 100 + float64(i)/2 }, false},
		"a leak with unrest":  {func(i int) float64 { return 100 + float64(i)/2 + 20*float64(i%2) }, false},
		"unrest":              {func(i int) float64 { return 100 + 40*float64(i%3) }, true},
		"growth at first":     {func(i int) float64 { return 100 + min(float64(i), 50) }, true},
		"growth in the end":   {func(i int) float64 { return 100 + max(float64(i)-60, 0) }, false},
		"less and less":       {func(i int) float64 { return 200 - float64(i) }, true},
		"within what is fine": {func(i int) float64 { return 1000 + float64(i)/2 }, true},
	} {
		var samples []sample
		for i := range 101 {
			samples = append(samples, sample{time.Duration(i) * time.Second, gauges{Goroutines: tt.of(i)}})
		}
		for _, g := range growths(samples) {
			if g.Name == "goroutines" && g.Flat(tolerance) != tt.flat {
				t.Errorf("%s: %+v", name, g)
			}
		}
	}
	if growths(make([]sample, 2)) != nil || growths([]sample{{}}) != nil || growths(nil) != nil {
		t.Error("two samples are no trend")
	}
}

func TestFit(t *testing.T) {
	g := fit([]float64{10, 20, 30, 40}, []float64{1, 2, 3, 4})
	if g.Level != 2.5 || math.Abs(g.Growth-1.2) > 1e-9 || g.Error > 1e-9 {
		t.Errorf("%+v", g)
	}
}

func TestReadGauges(t *testing.T) {
	const text = "# HELP go_goroutines x\n# TYPE go_goroutines gauge\ngo_goroutines 14\nprocess_resident_memory_bytes 2.5e+07\n" +
		"coopnet_relay_viewers 3\ncoopnet_relay_limited_viewers{at_most=\"+Inf\"} 1\nsurprise nonsense\n"
	g, err := readGauges(strings.NewReader(text))
	if err != nil || g != (gauges{Goroutines: 14, Resident: 2.5e7, Views: 3}) {
		t.Errorf("%+v, %v", g, err)
	}
	for _, bad := range []string{"", "go_goroutines 14\n", strings.Replace(text, "14", "many", 1), text + strings.Repeat("x", 1<<17)} {
		if _, err := readGauges(strings.NewReader(bad)); err == nil {
			t.Errorf("%.60q was accepted", bad)
		}
	}
}

func TestASoakNeedsARelayThatTells(t *testing.T) {
	silent := httptest.NewServer(http.NotFoundHandler())
	defer silent.Close()
	cfg := Config{
		WHIP: "x", WHEP: "y", Rooms: 1, Duration: time.Second, Stream: Stream{Shape: Frames, Rate: 5, Packets: 6}, Profile: GCM, Joins: 1,
		Tokens: TokenConfig{Issuer: "i", RelayID: "r", JWKS: "127.0.0.1:0"},
		Soak:   SoakConfig{Stay: Stay{time.Second, time.Second}, Metrics: silent.URL, Report: time.Second},
	}
	if _, err := Soak(t.Context(), cfg, io.Discard); err == nil || !strings.Contains(err.Error(), "404") {
		t.Errorf("%v", err)
	}
	cfg.Soak.Metrics = "http://" + freeAddress(t)
	if _, err := Soak(t.Context(), cfg, io.Discard); err == nil || !strings.Contains(err.Error(), "--metrics") {
		t.Errorf("%v", err)
	}
}

func TestParseSoak(t *testing.T) {
	const relay = "--whip x --whep y --issuer i --relay-id r --jwks localhost:1 "
	for _, bad := range []string{
		"--stay 20s..60s", "--metrics m", "--control c", "--metrics m --stay 60s..20s", "--metrics m --stay 1ms..2ms", "--metrics m --stay long",
		"--metrics m --stay 20s..", "--metrics m --stay 20s --vanish 2", "--metrics m --stay 20s --vanish NaN", "--metrics m --stay 20s --restart 1ms",
		"--metrics m --stay 20s --report 0s", "--metrics m --stay 20s --growth -1", "--metrics m --stay 20s --view-tokens f",
		"--metrics m --stay -20s..9223372036s",
	} {
		if err := parse(&Config{}, strings.Fields(relay+bad), io.Discard); err == nil {
			t.Errorf("%q was accepted", bad)
		}
	}
	var cfg Config
	if err := parse(&cfg, strings.Fields(relay+"--stay 20s..1m --metrics m --restart 0"), io.Discard); err != nil {
		t.Fatal(err)
	}
	want := SoakConfig{Stay: Stay{20 * time.Second, time.Minute}, Vanish: 0.2, Metrics: "m", Report: time.Minute, Growth: 0.05}
	if cfg.Soak != want {
		t.Errorf("%+v", cfg.Soak)
	}
}
