package conference_test

import (
	"errors"
	"testing"
	"time"

	"github.com/coopnet/coopnet/functions/conference"
	"github.com/coopnet/coopnet/shared/jointoken"
)

func (w *world) ring() *conference.KeyRing {
	w.t.Helper()
	k, err := conference.OpenKeys(w.t.Context(), conference.KeysConfig{Store: w.db.Secrets(), Now: w.clock.Now})
	if err != nil {
		w.t.Fatal(err)
	}
	return k
}

func (w *world) published(k *conference.KeyRing) jointoken.JWKS {
	w.t.Helper()
	set, err := k.JWKS(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	return set
}

// TestRotationFailsNoJoin rotates from a third process while one signs and another, which reads the keys at other
// times, publishes them.
func TestRotationFailsNoJoin(t *testing.T) {
	w := newWorld(t)
	const step = 5 * time.Second
	signs, terminal := w.ring(), w.ring()
	w.clock.Advance(30 * time.Second)
	publishes := w.ring()
	var signed []jointoken.Key // every step
	var sets []jointoken.JWKS
	cookies := make(map[string]bool)
	for at := range 400 {
		if at == 50 || at == 60 || at == 250 { // the second comes before the first has settled
			if from, err := terminal.Rotate(t.Context()); err != nil || !from.Equal(w.clock.Now().Add(3*time.Minute)) {
				t.Fatal(from, err)
			}
		}
		key, err := signs.Signing(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		signed, sets = append(signed, key), append(sets, w.published(publishes))
		// A relay's copy may be as old as a cache in between lets it be, and it asks again after ten seconds.
		if copied := max(0, at-int((time.Minute+10*time.Second)/step)); !knows(t, sets[copied], key) {
			t.Fatalf("step %d: a relay does not know the key of a new token", at)
		}
		// The oldest token that is good has lived 120 s, by a clock that is 30 s late.
		if old := max(0, at-int((jointoken.MaxLifetime+jointoken.Leeway)/step)); !knows(t, sets[at], signed[old]) {
			t.Fatalf("step %d: the key of a live token is gone", at)
		}
		sealing, err := signs.Sealing(t.Context(), "")
		if err != nil {
			t.Fatal(err)
		}
		cookies[sealing.ID] = true
		for id := range cookies {
			if _, err := publishes.Sealing(t.Context(), id); err != nil {
				t.Fatalf("step %d: a cookie of the other process cannot be opened: %v", at, err)
			}
		}
		w.clock.Advance(step)
	}
	if signed[0].ID == signed[len(signed)-1].ID || len(cookies) != 4 {
		t.Errorf("the keys were not rotated: %d cookie keys", len(cookies))
	}
	if knows(t, w.published(publishes), signed[0]) {
		t.Error("the first key is still published")
	}
}

func knows(t *testing.T, set jointoken.JWKS, key jointoken.Key) bool {
	t.Helper()
	_, err := set.Key(t.Context(), key.ID)
	return err == nil
}

func TestAdmissionsOutliveARotation(t *testing.T) {
	w := newWorld(t)
	w.clock.Advance(time.Hour)
	last := func() (string, conference.Admission) {
		a := conference.Admission{Conference: "c", Expires: w.clock.Now().Add(12 * time.Hour)}
		value, err := w.Seal(t.Context(), a)
		if err != nil {
			t.Fatal(err)
		}
		return value, a
	}
	if _, err := w.keys.Rotate(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.clock.Advance(3*time.Minute - time.Second) // the last moment of the old key
	value, _ := last()
	w.clock.Advance(12*time.Hour - time.Second)
	if _, err := w.Open(t.Context(), value); err != nil {
		t.Errorf("an admission of the former key: %v", err)
	}
	w.clock.Advance(2 * time.Minute)
	fresh, _ := last()
	if _, err := w.Open(t.Context(), fresh); err != nil {
		t.Errorf("an admission of the new key: %v", err)
	}
	if _, err := w.Open(t.Context(), value); !errors.Is(err, conference.ErrSealed()) {
		t.Errorf("an admission after its end: %v", err)
	}
	w.clock.Advance(12 * time.Hour)                       // sealed answers to an Idempotency-Key live for a day
	if _, err := w.keys.Rotate(t.Context()); err != nil { // deletes what is dead
		t.Fatal(err)
	}
	if left, err := w.db.Secrets().Secrets(t.Context(), "sealing"); err != nil || len(left) != 2 {
		t.Errorf("%d keys are stored, %v", len(left), err)
	}
}
