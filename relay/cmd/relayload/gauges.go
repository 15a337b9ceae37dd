package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

const (
	scrapeTimeout = 10 * time.Second
	maxScrape     = 4 << 20 // bytes
)

// gauges are what the relay says of itself; what it does not say is 0.
type gauges struct {
	Resident, InUse, Live             float64 // bytes; Live is what the last garbage collection left
	Goroutines, Files                 float64
	Views, Channels, Participants     float64
	ProcessorSeconds, DroppedByItself float64
}

// each returns a field for each of the names that Prometheus' libraries and Coopnet's relay use.
func (g *gauges) each() map[string]*float64 {
	return map[string]*float64{
		"process_resident_memory_bytes": &g.Resident, "go_memstats_heap_inuse_bytes": &g.InUse, "go_gc_heap_live_bytes": &g.Live,
		"go_goroutines": &g.Goroutines, "process_open_fds": &g.Files,
		"coopnet_relay_viewers": &g.Views, "coopnet_relay_control_connections": &g.Channels, "coopnet_relay_participants": &g.Participants,
		"process_cpu_seconds_total": &g.ProcessorSeconds, "coopnet_relay_dropped_packets_total": &g.DroppedByItself,
	}
}

// scrape reads a relay's metrics.
func scrape(ctx context.Context, client *http.Client, url string) (gauges, error) {
	ctx, cancel := context.WithTimeout(ctx, scrapeTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return gauges{}, fmt.Errorf("read the relay's metrics: %w", err)
	}
	resp, err := client.Do(req)
	if err != nil {
		return gauges{}, fmt.Errorf("read the relay's metrics: %w: --metrics is the URL of relay serve --metrics", err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return gauges{}, fmt.Errorf("read the relay's metrics: %s answered %s", url, resp.Status)
	}
	return readGauges(io.LimitReader(resp.Body, maxScrape))
}

// readGauges reads the text format of Prometheus; labelled figures are passed over.
func readGauges(text io.Reader) (gauges, error) {
	var g gauges
	fields, found := g.each(), 0
	for lines := bufio.NewScanner(text); ; {
		if !lines.Scan() {
			if err := lines.Err(); err != nil {
				return gauges{}, fmt.Errorf("read the relay's metrics: %w", err)
			}
			break
		}
		name, value, _ := strings.Cut(lines.Text(), " ")
		field := fields[name]
		if field == nil {
			continue
		}
		n, err := strconv.ParseFloat(value, 64)
		if err != nil {
			return gauges{}, fmt.Errorf("read the relay's metrics: %s: %w", name, err)
		}
		*field = n
		found++
	}
	if g.Goroutines == 0 || g.Resident == 0 {
		return gauges{}, fmt.Errorf("the relay's metrics lack go_goroutines or process_resident_memory_bytes (%d known figures)", found)
	}
	return g, nil
}
