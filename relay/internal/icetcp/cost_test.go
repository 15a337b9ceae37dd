package icetcp_test

import (
	"io"
	"testing"

	"github.com/coopnet/coopnet/relay/internal/icetcp"
	"github.com/coopnet/coopnet/relay/internal/peer/peertest"
)

// burst returns what sends a frame of 12 packets to one viewer as the fan-out does, and waits until all have come.
func burst(t testing.TB) func() {
	w := newWorld(t, icetcp.Limits{})
	v := w.view()
	c := w.dial()
	c.frame(v.check(peertest.Check{Nominate: true}))
	c.answered()
	to := w.socket.Destination(w.server.Addresses()[0])
	batch := w.socket.NewBatch()
	const packets, size = 12, 1100
	got := make([]byte, packets*(2+size))
	return func() {
		for range packets {
			batch.Reserve()
			batch.Commit(to, size)
		}
		batch.Flush()
		if _, err := io.ReadFull(c.in, got); err != nil {
			t.Fatal(err)
		}
	}
}

func TestABurstDoesNotAllocate(t *testing.T) {
	again := burst(t)
	for range 10 { // the queue's memory grows at first
		again()
	}
	if n := testing.AllocsPerRun(100, again); n > 0 {
		t.Errorf("%v allocations for a burst", n)
	}
}

func BenchmarkBurst(b *testing.B) {
	again := burst(b)
	b.ReportAllocs()
	for b.Loop() {
		again()
	}
}
