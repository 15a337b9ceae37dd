package whip

import (
	"strconv"
	"testing"
)

func TestPastForgetsTheOldest(t *testing.T) {
	p := newPast()
	const more = 10
	for i := range maxPast + more {
		p.add(strconv.Itoa(i))
	}
	for i := range maxPast + more {
		if want := i >= more; p.has(strconv.Itoa(i)) != want {
			t.Errorf("%d: %v", i, !want)
		}
	}
	if len(p.known) != maxPast || len(p.oldest) != maxPast {
		t.Errorf("%d and %d are remembered", len(p.known), len(p.oldest))
	}
}
