package congestion

import (
	"testing"
	"time"
)

// TestTrainsShowTheWaysRate although it stands still in between, and not that of a machine that held packets up.
func TestTrainsShowTheWaysRate(t *testing.T) {
	const size, wire = 1200, 20 * time.Millisecond
	var q queue
	now := time.Second
	q.arrived(now, now+wire, size)
	if _, known := q.capacity(now); known {
		t.Error("one packet is known to show something")
	}
	each := time.Duration(8 * size * float64(time.Second) / 300e3)
	for range 3 { // bursts of 12 packets over 300 kbit/s, two seconds apart from their beginnings
		now += 2 * time.Second
		for i := range 12 {
			q.arrived(now+time.Duration(i)*time.Microsecond, now+wire+time.Duration(i+1)*each, size)
		}
	}
	if got, known := q.capacity(q.latest); !known || got < 290e3 || got > 310e3 {
		t.Errorf("%.0f (%v) over 300 kbit/s", got, known)
	}
	if _, known := q.capacity(q.latest + 2*trainsLast); known {
		t.Error("it is known for ever")
	}
	now += 10 * time.Second
	for i := range 20 { // read together after 400 ms
		q.arrived(now+time.Duration(i)*20*time.Millisecond, now+400*time.Millisecond+time.Duration(i)*250*time.Microsecond, size)
	}
	if got, known := q.capacity(q.latest); !known || got < 10e6 {
		t.Errorf("%.0f (%v) after a machine stood still", got, known)
	}
}
