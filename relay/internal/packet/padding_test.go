package packet

import (
	"math/rand/v2"
	"testing"
)

// TestPaddingClosesTheNumbers against counting, with padding and pictures that come late.
func TestPaddingClosesTheNumbers(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	var p Padding
	const base = 1 << 16
	padded := map[uint64]bool{}
	for index := uint64(base); index < base+2000; index++ {
		switch random.IntN(8) {
		case 0, 1:
			p.Skip(index)
			padded[index] = true
		case 2: // comes late
		default:
			if got, ok := p.Index(index); !ok || got != index-uint64(len(padded)) {
				t.Fatalf("%d is %d (%v) behind %d of padding", index, got, ok, len(padded))
			}
		}
		late := index - uint64(random.IntN(60))
		before := uint64(0)
		for n := range padded {
			if n < late {
				before++
			}
		}
		if got, ok := p.Index(late); late >= base && (ok == padded[late] || ok && got != late-before) {
			t.Fatalf("late: %d is %d (%v) behind %d of padding", late, got, ok, before)
		}
	}
}

func TestPaddingForgets(t *testing.T) {
	var p Padding
	for i := range uint64(2 * maxRuns) {
		p.Skip(100 + 2*i)
	}
	if _, ok := p.Index(101); ok {
		t.Error("a packet from before the runs that are known is placed")
	}
	if got, ok := p.Index(100 + 4*maxRuns); !ok || got != 100+2*maxRuns {
		t.Errorf("the newest is %d (%v)", got, ok)
	}
}
