package storetest

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/coopnet/coopnet/shared/idempotency"
)

// OpenIdempotency opens an empty store with the clock now.
type OpenIdempotency func(t *testing.T, now func() time.Time) idempotency.Store

// TestIdempotency is the suite of idempotency.Store.
func TestIdempotency(t *testing.T, open OpenIdempotency) {
	for name, test := range map[string]func(*testing.T, idempotency.Store, *Clock){
		"claims":       claims,
		"one of many":  oneOfManyClaims,
		"answers":      answers,
		"release":      releaseClaim,
		"expiry":       claimsExpire,
		"cancellation": cancelledClaims,
	} {
		t.Run(name, func(t *testing.T) {
			clock := NewClock()
			test(t, open(t, clock.Now), clock)
		})
	}
}

func newClaim(id string, clock *Clock) idempotency.Claim {
	return idempotency.Claim{ID: id, Request: [32]byte{1, 0, 255}, Seed: "seed of " + id, ExpiresAt: clock.Now().Add(time.Hour)}
}

func claim(t *testing.T, s idempotency.Store, c idempotency.Claim) (idempotency.Claim, bool) {
	t.Helper()
	have, made, err := s.Claim(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	return have, made
}

func claims(t *testing.T, s idempotency.Store, clock *Clock) {
	first := newClaim("a", clock)
	if have, made := claim(t, s, first); !made || have != first {
		t.Errorf("got %+v, %v", have, made)
	}
	second := newClaim("a", clock)
	second.Seed, second.Request = "another", [32]byte{2}
	if have, made := claim(t, s, second); made || have.Seed != first.Seed || have.Request != first.Request || have.Answer != "" || !have.ExpiresAt.Equal(first.ExpiresAt) {
		t.Errorf("got %+v, %v", have, made)
	}
	if _, made := claim(t, s, newClaim("b", clock)); !made {
		t.Error("another id is taken")
	}
}

func oneOfManyClaims(t *testing.T, s idempotency.Store, clock *Clock) {
	var mu sync.Mutex
	seeds, won := map[string]bool{}, 0
	race(t, 20, nil, func(ctx context.Context, i int) error {
		c := newClaim("a", clock)
		c.Seed = fmt.Sprint(i)
		have, made, err := s.Claim(ctx, c)
		mu.Lock()
		defer mu.Unlock()
		seeds[have.Seed] = true
		if made {
			won++
		}
		return err
	})
	if won != 1 || len(seeds) != 1 {
		t.Errorf("%d won, seeds %v", won, seeds)
	}
}

func answers(t *testing.T, s idempotency.Store, clock *Clock) {
	_, err := s.Answer(t.Context(), "a", "x")
	want(t, "no claim", err, idempotency.ErrGone)
	claim(t, s, newClaim("a", clock))
	var mu sync.Mutex
	told := map[string]bool{}
	race(t, 20, nil, func(ctx context.Context, i int) error {
		got, err := s.Answer(ctx, "a", fmt.Sprint("answer ", i))
		mu.Lock()
		defer mu.Unlock()
		told[got] = true
		return err
	})
	have, made := claim(t, s, newClaim("a", clock))
	if made || len(told) != 1 || !told[have.Answer] {
		t.Errorf("got %+v, %v; told %v", have, made, told)
	}
}

func releaseClaim(t *testing.T, s idempotency.Store, clock *Clock) {
	claim(t, s, newClaim("a", clock))
	claim(t, s, newClaim("b", clock))
	if _, err := s.Answer(t.Context(), "b", "x"); err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"a", "b", "unknown"} {
		if err := s.Release(t.Context(), id); err != nil {
			t.Fatal(err)
		}
	}
	if _, made := claim(t, s, newClaim("a", clock)); !made {
		t.Error("it was not released")
	}
	if have, made := claim(t, s, newClaim("b", clock)); made || have.Answer != "x" {
		t.Errorf("an answer was released: %+v", have)
	}
}

func claimsExpire(t *testing.T, s idempotency.Store, clock *Clock) {
	claim(t, s, newClaim("a", clock))
	clock.Advance(time.Hour - time.Millisecond)
	if _, made := claim(t, s, newClaim("a", clock)); made {
		t.Error("it expired too early")
	}
	clock.Advance(time.Millisecond)
	_, err := s.Answer(t.Context(), "a", "x")
	want(t, "expired", err, idempotency.ErrGone)
	next := newClaim("a", clock)
	next.Seed = "next"
	if have, made := claim(t, s, next); !made || have.Seed != "next" || have.Answer != "" {
		t.Errorf("got %+v, %v", have, made)
	}
}

func cancelledClaims(t *testing.T, s idempotency.Store, clock *Clock) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, _, err := s.Claim(ctx, newClaim("a", clock))
	want(t, "claim", err, context.Canceled)
	if _, made := claim(t, s, newClaim("a", clock)); !made {
		t.Error("a cancelled claim was stored")
	}
}
