package storetest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/coopnet/coopnet/functions/conference"
)

// OpenSecrets opens an empty store with the clock now.
type OpenSecrets func(t *testing.T, now func() time.Time) conference.Secrets

// TestSecrets is the suite of conference.Secrets.
func TestSecrets(t *testing.T, open OpenSecrets) {
	t.Run("newest first", func(t *testing.T) {
		clock := NewClock()
		s := open(t, clock.Now)
		previous := ""
		for _, id := range []string{"a", "b", "c"} {
			if err := s.CreateSecret(t.Context(), conference.Secret{Kind: "k", ID: id, Value: []byte(id), CreatedAt: clock.Now()}, previous); err != nil {
				t.Fatal(err)
			}
			previous = id
		}
		want(t, "stale", s.CreateSecret(t.Context(), conference.Secret{Kind: "k", ID: "d", CreatedAt: clock.Now(), Value: []byte{1}}, "b"), conference.ErrConflict)
		for range 2 { // a missing one is fine
			if err := s.DeleteSecret(t.Context(), "k", "a"); err != nil {
				t.Fatal(err)
			}
		}
		got, err := s.Secrets(t.Context(), "k")
		if err != nil || len(got) != 2 || got[0].ID != "c" || string(got[1].Value) != "b" || !got[0].CreatedAt.Equal(clock.Now()) {
			t.Errorf("got %+v, %v", got, err)
		}
		if other, err := s.Secrets(t.Context(), "other"); err != nil || len(other) != 0 {
			t.Errorf("got %+v, %v", other, err)
		}
	})
	t.Run("one of many firsts", func(t *testing.T) {
		clock := NewClock()
		s := open(t, clock.Now)
		won := race(t, 20, conference.ErrConflict, func(ctx context.Context, i int) error {
			return s.CreateSecret(ctx, conference.Secret{Kind: "k", ID: fmt.Sprint(i), Value: []byte{byte(i)}, CreatedAt: clock.Now()}, "")
		})
		if got, err := s.Secrets(t.Context(), "k"); won != 1 || err != nil || len(got) != 1 {
			t.Errorf("%d won; stored %+v, %v", won, got, err)
		}
	})
}
