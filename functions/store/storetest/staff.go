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
	clock := NewClock()
	s := open(t, clock.Now)
	first := staff.Key{ID: "a", Role: staff.Organizer, Label: "first", Hash: [32]byte{1}, CreatedAt: clock.Now()}
	second := staff.Key{ID: "b", Role: staff.Support, Label: "second", Hash: [32]byte{2}, CreatedAt: clock.Now()}
	for _, k := range []staff.Key{first, second} {
		if err := s.CreateKey(t.Context(), k); err != nil {
			t.Fatal(err)
		}
	}
	want(t, "same id", s.CreateKey(t.Context(), staff.Key{ID: "a", Hash: [32]byte{3}}), staff.ErrExists)
	want(t, "same hash", s.CreateKey(t.Context(), staff.Key{ID: "c", Hash: [32]byte{1}}), staff.ErrExists)
	got, err := s.KeyByHash(t.Context(), first.Hash)
	if err != nil || got != first {
		t.Errorf("got %+v, %v", got, err)
	}
	_, err = s.KeyByHash(t.Context(), [32]byte{9})
	want(t, "unknown", err, staff.ErrNotFound)
	revoked := clock.Now()
	for range 2 {
		if err := s.RevokeKey(t.Context(), "a", clock.Now()); err != nil {
			t.Fatal(err)
		}
		clock.Advance(time.Hour)
	}
	want(t, "revoke unknown", s.RevokeKey(t.Context(), "z", clock.Now()), staff.ErrNotFound)
	keys, err := s.Keys(t.Context())
	if err != nil || len(keys) != 2 || !keys[0].RevokedAt.Equal(revoked) || keys[1] != second {
		t.Errorf("got %+v, %v", keys, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = s.KeyByHash(ctx, first.Hash)
	want(t, "cancelled", err, context.Canceled)
}
