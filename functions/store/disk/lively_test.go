package disk

import (
	"testing"
	"testing/synctest"
	"time"
)

// drip gives some bytes every so often.
type drip struct {
	bytes int
	every time.Duration
}

func (d drip) Read(p []byte) (int, error) {
	time.Sleep(d.every)
	return min(d.bytes, len(p)), nil
}

// TestLively: a byte now and then holds no place, and a slow network goes on.
func TestLively(t *testing.T) {
	for what, c := range map[string]struct {
		from drip
		goes bool
	}{
		"a byte every 29 s":       {drip{1, 29 * time.Second}, false},
		"1 KiB a second":          {drip{1 << 10, time.Second}, false},
		"64 kbit/s":               {drip{8 << 10, time.Second}, true},
		"300 kbit/s":              {drip{4 << 10, 100 * time.Millisecond}, true},
		"much, and then little":   {drip{1 << 20, 25 * time.Second}, true},
		"silence after the start": {drip{1 << 20, 31 * time.Second}, false},
	} {
		synctest.Test(t, func(t *testing.T) {
			var until time.Time
			l := newLively(c.from, func(at time.Time) error { until = at; return nil })
			buffer := make([]byte, 1<<20)
			cut := false
			for begun := time.Now(); time.Since(begun) < 10*time.Minute; {
				_, _ = l.Read(buffer)
				cut = cut || time.Now().After(until)
			}
			if cut == c.goes {
				t.Errorf("%s: cut is %v", what, cut)
			}
		})
	}
}
