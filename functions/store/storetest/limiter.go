package storetest

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coopnet/coopnet/functions/conference"
)

// OpenLimiter opens one that has counted nothing, with the clock now.
type OpenLimiter func(t *testing.T, now func() time.Time) conference.Limiter

// TestLimiter is the suite of conference.Limiter.
func TestLimiter(t *testing.T, open OpenLimiter) {
	for name, test := range map[string]func(*testing.T, conference.Limiter, *Clock){
		"a burst, then one every so often": limitBurst,
		"it forgets":                       limitForgets,
		"a large burst":                    limitLarge,
		"many at once":                     limitRace,
	} {
		t.Run(name, func(t *testing.T) {
			clock := NewClock()
			test(t, open(t, clock.Now), clock)
		})
	}
}

// spend wants to wait for so long.
func spend(t *testing.T, l conference.Limiter, key string, burst int, every, wait time.Duration) {
	t.Helper()
	got, err := l.Spend(t.Context(), key, burst, every)
	if err != nil || got != wait {
		t.Fatalf("spend on %s: wait %v, %v; want %v", key, got, err, wait)
	}
}

func peek(t *testing.T, l conference.Limiter, key string, burst int, every time.Duration, held int, wait time.Duration) {
	t.Helper()
	gotHeld, gotWait, err := l.Peek(t.Context(), key, burst, every)
	if err != nil || gotHeld != held || gotWait != wait {
		t.Fatalf("peek at %s: %d, wait %v, %v; want %d, wait %v", key, gotHeld, gotWait, err, held, wait)
	}
}

func limitBurst(t *testing.T, l conference.Limiter, clock *Clock) {
	const burst, every = 3, 4 * time.Second
	peek(t, l, "a", burst, every, 0, 0)
	for i := range burst {
		spend(t, l, "a", burst, every, 0)
		wait := time.Duration(0)
		if i == burst-1 {
			wait = every
		}
		peek(t, l, "a", burst, every, i+1, wait)
	}
	for range 2 { // who is refused is not counted
		spend(t, l, "a", burst, every, every)
	}
	peek(t, l, "b", burst, every, 0, 0)
	spend(t, l, "b", burst, every, 0)
	clock.Advance(every - time.Millisecond)
	spend(t, l, "a", burst, every, time.Millisecond)
	clock.Advance(time.Millisecond)
	peek(t, l, "a", burst, every, burst-1, 0)
	spend(t, l, "a", burst, every, 0)
	spend(t, l, "a", burst, every, every)
}

func limitForgets(t *testing.T, l conference.Limiter, clock *Clock) {
	const burst, every = 3, 4 * time.Second
	for range burst {
		spend(t, l, "a", burst, every, 0)
	}
	clock.Advance(burst * every)
	peek(t, l, "a", burst, every, 0, 0)
	for range burst {
		spend(t, l, "a", burst, every, 0)
	}
	spend(t, l, "a", burst, every, every)
}

// A shared limiter may count ahead for a large bucket, so it may refuse a little early, but never late.
func limitLarge(t *testing.T, l conference.Limiter, _ *Clock) {
	const burst, every = 1000, time.Second
	passed := 0
	for range 2 * burst {
		wait, err := l.Spend(t.Context(), "a", burst, every)
		if err != nil {
			t.Fatal(err)
		}
		if wait == 0 {
			passed++
		}
	}
	if passed > burst || passed < burst*95/100 {
		t.Errorf("%d of %d passed", passed, burst)
	}
}

func limitRace(t *testing.T, l conference.Limiter, _ *Clock) {
	const burst = 8
	var passed atomic.Int64
	race(t, 40, nil, func(ctx context.Context, _ int) error {
		wait, err := l.Spend(ctx, "a", burst, time.Minute)
		if err == nil && wait == 0 {
			passed.Add(1)
		}
		return err
	})
	if passed.Load() != burst {
		t.Errorf("%d of %d passed", passed.Load(), burst)
	}
}
