package storetest

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/coopnet/coopnet/functions/conference"
)

// OpenLaunches opens an empty store with the clock now.
type OpenLaunches func(t *testing.T, now func() time.Time) conference.Launches

func newLaunch(clock *Clock) *conference.Launch {
	return &conference.Launch{
		Hash: [32]byte{1}, Name: "Mr James BOND", CreatedAt: clock.Now(), EndsAt: clock.Now().Add(5 * time.Minute), ExpiresAt: clock.Now().Add(time.Hour),
		Admission: conference.Admission{Conference: "c", Participant: "p", Role: "guest", Invitation: "i", Expires: clock.Now().Add(time.Hour)},
	}
}

// TestLaunches is the suite of conference.Launches.
func TestLaunches(t *testing.T, open OpenLaunches) {
	t.Run("create, read, redeem", func(t *testing.T) { launchIsRedeemed(t, open) })
	t.Run("one of many redeems", func(t *testing.T) {
		clock := NewClock()
		s := open(t, clock.Now)
		if err := s.CreateLaunch(t.Context(), newLaunch(clock)); err != nil {
			t.Fatal(err)
		}
		if won := race(t, 20, conference.ErrConflict, func(ctx context.Context, i int) error {
			return s.RedeemLaunch(ctx, [32]byte{1}, conference.Installed{Version: fmt.Sprint(i)}, clock.Now())
		}); won != 1 {
			t.Errorf("%d won", won)
		}
	})
	t.Run("expiry", func(t *testing.T) {
		clock := NewClock()
		s := open(t, clock.Now)
		if err := s.CreateLaunch(t.Context(), newLaunch(clock)); err != nil {
			t.Fatal(err)
		}
		clock.Advance(time.Hour)
		_, err := s.Launch(t.Context(), [32]byte{1})
		want(t, "expired", err, conference.ErrNotFound)
		want(t, "redeem an expired one", s.RedeemLaunch(t.Context(), [32]byte{1}, conference.Installed{}, clock.Now()), conference.ErrConflict)
	})
	t.Run("cancelled context", func(t *testing.T) {
		clock := NewClock()
		s := open(t, clock.Now)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		want(t, "create", s.CreateLaunch(ctx, newLaunch(clock)), context.Canceled)
		_, err := s.Launch(ctx, [32]byte{1})
		want(t, "read", err, context.Canceled)
	})
}

func launchIsRedeemed(t *testing.T, open OpenLaunches) {
	clock := NewClock()
	s, l := open(t, clock.Now), newLaunch(clock)
	if err := s.CreateLaunch(t.Context(), l); err != nil {
		t.Fatal(err)
	}
	want(t, "taken", s.CreateLaunch(t.Context(), newLaunch(clock)), conference.ErrConflict)
	if got, err := s.Launch(t.Context(), l.Hash); err != nil || *got != *l {
		t.Errorf("got %+v, %v; want %+v", got, err, l)
	}
	_, err := s.Launch(t.Context(), [32]byte{2})
	want(t, "unknown", err, conference.ErrNotFound)
	by := conference.Installed{Platform: "linux-amd64", Version: "1.0.0"}
	want(t, "redeem unknown", s.RedeemLaunch(t.Context(), [32]byte{2}, by, clock.Now()), conference.ErrConflict)
	old := conference.Installed{Platform: "linux-amd64", Version: "0.9.0"}
	want(t, "refuse unknown", s.RefuseLaunch(t.Context(), [32]byte{2}, old), nil)
	if _, err := s.Launch(t.Context(), [32]byte{2}); !errors.Is(err, conference.ErrNotFound) {
		t.Errorf("a refusal made a launch: %v", err)
	}
	want(t, "refuse", s.RefuseLaunch(t.Context(), l.Hash, old), nil)
	if got, err := s.Launch(t.Context(), l.Hash); err != nil || !got.RedeemedAt.IsZero() || got.By != old {
		t.Errorf("got %+v, %v", got, err)
	}
	if err := s.RedeemLaunch(t.Context(), l.Hash, by, clock.Now()); err != nil {
		t.Fatal(err)
	}
	want(t, "redeem again", s.RedeemLaunch(t.Context(), l.Hash, by, clock.Now()), conference.ErrConflict)
	want(t, "refuse a redeemed one", s.RefuseLaunch(t.Context(), l.Hash, old), nil)
	if got, err := s.Launch(t.Context(), l.Hash); err != nil || !got.RedeemedAt.Equal(clock.Now()) || got.By != by {
		t.Errorf("got %+v, %v", got, err)
	}
}
