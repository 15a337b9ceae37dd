package cloud

import (
	"context"
	"encoding/json"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"github.com/coopnet/coopnet/functions/portal"
)

// namespace of the metrics in CloudWatch; the template's alarms name it too.
const namespace = "Coopnet"

// metrics writes CloudWatch's embedded metric format: a log line per answer that CloudWatch reads as metrics, without a
// call that anybody would wait for.
type metrics struct {
	function string
	now      func() time.Time
	cold     atomic.Bool // nothing has been answered yet

	mu  sync.Mutex
	out io.Writer
}

func newMetrics(function string, out io.Writer, now func() time.Time) *metrics {
	m := &metrics{function: function, now: now, out: out}
	m.cold.Store(true)
	return m
}

// directive says which members of a line are metrics, and along which dimensions.
type directive struct {
	Namespace  string
	Dimensions [][]string
	Metrics    []metric
}

type metric struct {
	Name string
	Unit string
}

// observe implements portal.Observe. The route is a property to search for, not a dimension: each value of a dimension is a
// metric that costs.
func (m *metrics) observe(ctx context.Context, o portal.Observation) {
	directives := []directive{{namespace, [][]string{{"Function"}}, []metric{
		{"Requests", "Count"}, {"Latency", "Milliseconds"}, {"Faults", "Count"}, {"Panics", "Count"}, {"ColdStarts", "Count"},
	}}}
	line := map[string]any{
		"Function": m.function, "Route": o.Route, "Status": o.Status, "Requests": 1,
		"Latency": float64(o.Duration.Microseconds()) / 1000,
		"Faults":  count(o.Status >= 500), "Panics": count(o.Panicked), "ColdStarts": count(m.cold.Swap(false)),
	}
	if o.Code != "" {
		directives = append(directives, directive{namespace, [][]string{{"Function", "Code"}}, []metric{{"Refusals", "Count"}}})
		line["Code"], line["Refusals"] = o.Code, 1
	}
	line["_aws"] = map[string]any{"Timestamp": m.now().UnixMilli(), "CloudWatchMetrics": directives}
	if t, ok := ctx.Value(traceKey{}).(trace); ok {
		for _, a := range t.attributes() {
			line[a.Key] = a.Value.String()
		}
	}
	text, err := json.Marshal(line)
	if err != nil { // strings and numbers only
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	_, _ = m.out.Write(append(text, '\n')) // nobody is left to be told
}

func count(yes bool) int {
	if yes {
		return 1
	}
	return 0
}
