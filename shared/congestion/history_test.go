package congestion

import (
	"math/rand/v2"
	"testing"
	"time"
	"unsafe"
)

func TestHistoryKnowsWhatWasSent(t *testing.T) {
	h := &History{}
	if _, _, ok := h.Arrived(0); ok || h.Covered(0, 10) != 0 {
		t.Error("something is known before anything was sent")
	}
	for i := range 70000 { // the sequence numbers wrap
		at := time.Duration(i) * time.Millisecond
		if got := h.Add(100+i%1000, at); got != uint16(i) {
			t.Fatalf("packet %d has number %d", i, got)
		}
	}
	for _, tt := range []struct {
		number int
		ok     bool
	}{{69999, true}, {69999, false}, {70000, false}, {70000 - historySize, true}, {70000 - historySize - 1, false}, {69500, true}, {69500, false}} {
		at, size, ok := h.Arrived(uint16(tt.number))
		if ok != tt.ok || ok && (at != time.Duration(tt.number)*time.Millisecond || size != 100+tt.number%1000) {
			t.Errorf("packet %d: at %v, %d bytes, %v", tt.number, at, size, ok)
		}
	}
}

func TestHistoryCountsEachPacketOnce(t *testing.T) {
	h := &History{}
	for range 100 {
		h.Add(1, 0)
	}
	for i, tt := range []struct {
		base  uint16
		count int
		want  int
	}{{0, 10, 10}, {0, 10, 0}, {5, 10, 5}, {20, 10, 15}, {90, 11, 0}, {90, 65535, 0}, {90, 0, 0}, {65535, 3, 0}, {90, 10, 70}} {
		if got := h.Covered(tt.base, tt.count); got != tt.want {
			t.Errorf("report %d: %d packets from %d are %d new ones, want %d", i, tt.count, tt.base, got, tt.want)
		}
	}
	for range 3 * historySize {
		h.Add(1, 0)
	}
	if got := h.Covered(uint16(h.next-1), 1); got != historySize {
		t.Errorf("%d packets are remembered", got)
	}
}

// TestHistoryIsSmall: it is part of what each viewer costs.
func TestHistoryIsSmall(t *testing.T) {
	if size := unsafe.Sizeof(History{}); size > 9<<10 {
		t.Errorf("%d bytes", size)
	}
}

// FuzzHistory: whatever a viewer reports, no more arrives than was sent.
func FuzzHistory(f *testing.F) {
	f.Add(uint64(1), uint16(500))
	f.Add(uint64(7), uint16(65000))
	f.Fuzz(func(t *testing.T, seed uint64, packets uint16) {
		random := rand.New(rand.NewPCG(seed, 1))
		h, arrived, covered := &History{}, 0, 0
		for i := range int(packets) {
			h.Add(1, time.Duration(i))
			if random.IntN(3) == 0 {
				if _, _, ok := h.Arrived(uint16(random.Uint32())); ok {
					arrived++
				}
				if _, _, ok := h.Arrived(uint16(h.next) - uint16(random.IntN(2*historySize))); ok {
					arrived++
				}
				covered += h.Covered(uint16(h.next)-uint16(random.IntN(3000)), random.IntN(65536))
			}
			if arrived > i+1 || covered > i+1 {
				t.Fatalf("%d arrived and %d covered of %d", arrived, covered, i+1)
			}
		}
	})
}

func TestHistoryKnowsTimesBeyondItsWrap(t *testing.T) {
	h := &History{}
	const wrap = tick << 32
	for _, at := range []time.Duration{wrap - time.Second, wrap + time.Second, 5*wrap + time.Hour} {
		n := h.Add(1, at)
		h.Add(1, at+time.Second)
		if got, _, _ := h.Arrived(n); got != at {
			t.Errorf("sent at %v, not %v", got, at)
		}
	}
}
