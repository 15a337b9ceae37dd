package storetest

import (
	"context"
	"testing"
	"time"

	"github.com/coopnet/coopnet/functions/identity"
)

// OpenIdentity opens an empty store with the clock now.
type OpenIdentity func(t *testing.T, now func() time.Time) identity.Store

// TestIdentity is the suite of identity.Store.
func TestIdentity(t *testing.T, open OpenIdentity) {
	clock := NewClock()
	s := open(t, clock.Now)
	ada := identity.Identity{Title: "Ms", Name: "Ada Lovelace", Email: "ada@example.org", Remember: true}
	a, b := [32]byte{1}, [32]byte{2}
	for hash, i := range map[[32]byte]identity.Identity{a: ada, b: {Name: "Bob", Email: "bob@example.org"}} {
		if err := s.SaveIdentity(t.Context(), hash, i, clock.Now().Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := s.Identity(t.Context(), a); err != nil || got != ada {
		t.Errorf("got %+v, %v", got, err)
	}
	for range 2 { // a missing one is fine
		if err := s.DeleteIdentity(t.Context(), a); err != nil {
			t.Fatal(err)
		}
	}
	_, err := s.Identity(t.Context(), a)
	want(t, "deleted", err, identity.ErrNotFound)
	clock.Advance(time.Hour - time.Millisecond)
	if got, err := s.Identity(t.Context(), b); err != nil || got.Name != "Bob" {
		t.Errorf("the other one: got %+v, %v", got, err)
	}
	clock.Advance(time.Millisecond)
	_, err = s.Identity(t.Context(), b)
	want(t, "expired", err, identity.ErrNotFound)

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	want(t, "cancelled save", s.SaveIdentity(ctx, a, ada, clock.Now().Add(time.Hour)), context.Canceled)
	_, err = s.Identity(ctx, a)
	want(t, "cancelled read", err, context.Canceled)
	want(t, "cancelled delete", s.DeleteIdentity(ctx, a), context.Canceled)
}
