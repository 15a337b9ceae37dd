package storetest

import (
	"context"
	"testing"
	"time"

	"github.com/coopnet/coopnet/functions/staff"
)

// OpenStaff opens an empty store with the clock now.
type OpenStaff func(t *testing.T, now func() time.Time) staff.Store

// TestStaff is the suite of staff.Store.
func TestStaff(t *testing.T, open OpenStaff) {
	t.Run("keys", func(t *testing.T) { staffKeys(t, open) })
	t.Run("revoked", func(t *testing.T) { staffRevoked(t, open) })
	t.Run("used", func(t *testing.T) { staffUsed(t, open) })
}

func staffKeys(t *testing.T, open OpenStaff) {
	clock := NewClock()
	s := open(t, clock.Now)
	first := staff.Key{
		ID: "a", Role: staff.Organizer, Label: "first", ReadOnly: true, Hash: [32]byte{1}, CreatedAt: clock.Now(), CreatedBy: "oidc:x",
		ExpiresAt: clock.Now().Add(time.Hour),
	}
	second := staff.Key{ID: "b", Role: staff.Support, Label: "second", Hash: [32]byte{2}, CreatedAt: clock.Now()}
	for _, k := range []staff.Key{first, second} {
		if err := s.CreateKey(t.Context(), k); err != nil {
			t.Fatal(err)
		}
		clock.Advance(time.Second)
	}
	want(t, "same id", s.CreateKey(t.Context(), staff.Key{ID: "a", Hash: [32]byte{3}, CreatedAt: clock.Now()}), staff.ErrExists)
	want(t, "same hash", s.CreateKey(t.Context(), staff.Key{ID: "c", Hash: [32]byte{1}, CreatedAt: clock.Now()}), staff.ErrExists)
	clock.Advance(2 * time.Hour) // an expired key is still on record
	got, err := s.KeyByHash(t.Context(), first.Hash)
	if err != nil || got != first {
		t.Errorf("got %+v, %v", got, err)
	}
	_, err = s.KeyByHash(t.Context(), [32]byte{9})
	want(t, "unknown", err, staff.ErrNotFound)
	keys, err := s.Keys(t.Context())
	if err != nil || len(keys) != 2 || keys[0] != first || keys[1] != second {
		t.Errorf("got %+v, %v", keys, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = s.KeyByHash(ctx, first.Hash)
	want(t, "cancelled", err, context.Canceled)
}

func staffRevoked(t *testing.T, open OpenStaff) {
	clock := NewClock()
	s := open(t, clock.Now)
	if err := s.CreateKey(t.Context(), staff.Key{ID: "a", Hash: [32]byte{1}, CreatedAt: clock.Now()}); err != nil {
		t.Fatal(err)
	}
	revoked := clock.Now()
	for _, by := range []string{"key:first", "key:second"} {
		if err := s.RevokeKey(t.Context(), "a", clock.Now(), by); err != nil {
			t.Fatal(err)
		}
		clock.Advance(time.Hour)
	}
	want(t, "revoke unknown", s.RevokeKey(t.Context(), "z", clock.Now(), "x"), staff.ErrNotFound)
	k, err := s.KeyByHash(t.Context(), [32]byte{1})
	if err != nil || !k.RevokedAt.Equal(revoked) || k.RevokedBy != "key:first" {
		t.Errorf("got %+v, %v: the first time counts", k, err)
	}
}

func staffUsed(t *testing.T, open OpenStaff) {
	clock := NewClock()
	s := open(t, clock.Now)
	if err := s.CreateKey(t.Context(), staff.Key{ID: "a", Hash: [32]byte{1}, CreatedAt: clock.Now()}); err != nil {
		t.Fatal(err)
	}
	use := func(want time.Time) {
		t.Helper()
		if err := s.UseKey(t.Context(), "a", clock.Now(), clock.Now().Add(-time.Hour)); err != nil {
			t.Fatal(err)
		}
		if k, err := s.KeyByHash(t.Context(), [32]byte{1}); err != nil || !k.UsedAt.Equal(want) {
			t.Errorf("got %v, %v, want %v", k.UsedAt, err, want)
		}
	}
	first := clock.Now()
	use(first)
	clock.Advance(time.Minute)
	use(first)
	clock.Advance(time.Hour)
	use(clock.Now())
	if err := s.UseKey(t.Context(), "z", clock.Now(), clock.Now()); err != nil {
		t.Errorf("a missing key: %v", err)
	}
	if keys, err := s.Keys(t.Context()); err != nil || len(keys) != 1 {
		t.Errorf("got %+v, %v: a use makes no key", keys, err)
	}
}
