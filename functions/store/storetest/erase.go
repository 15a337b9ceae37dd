package storetest

import (
	"testing"
	"time"

	"github.com/coopnet/coopnet/functions/conference"
	"github.com/coopnet/coopnet/functions/identity"
)

// OpenErasure opens empty stores with the clock now.
type OpenErasure func(t *testing.T, now func() time.Time) (identity.Store, identity.People, conference.Store, conference.People)

// TestErasure is the suite of identity.People and conference.People.
func TestErasure(t *testing.T, open OpenErasure) {
	clock := NewClock()
	identities, people, conferences, invited := open(t, clock.Now)
	later := clock.Now().Add(time.Hour)
	for i, email := range []string{"Ada@Example.org", "ada@example.org", "bob@example.org", "\u00e9ve@example.org"} {
		if err := identities.SaveIdentity(t.Context(), [32]byte{byte(i)}, identity.Identity{Name: "x", Email: email}, later); err != nil {
			t.Fatal(err)
		}
		inv := &conference.Invitation{ID: string(rune('a' + i)), Conference: "c", Kind: "guest", Email: email, CodeHash: [32]byte{byte(i)}, CreatedAt: clock.Now(), ExpiresAt: later}
		if err := conferences.CreateInvitation(t.Context(), inv); err != nil {
			t.Fatal(err)
		}
	}
	nobody := &conference.Invitation{ID: "z", Conference: "c", Kind: "guest", CodeHash: [32]byte{9}, CreatedAt: clock.Now(), ExpiresAt: later}
	if err := conferences.CreateInvitation(t.Context(), nobody); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		email string
		want  int
	}{{"ada@example.org", 2}, {"ada@example.org", 0}, {"carol@example.org", 0}, {"\u00e9ve@example.org", 1}} {
		if n, err := people.EraseIdentities(t.Context(), c.email); err != nil || n != c.want {
			t.Errorf("identities of %s: %d, %v", c.email, n, err)
		}
		if n, err := invited.EraseInvitations(t.Context(), c.email); err != nil || n != c.want {
			t.Errorf("invitations of %s: %d, %v", c.email, n, err)
		}
	}
	_, err := identities.Identity(t.Context(), [32]byte{0})
	want(t, "an erased identity", err, identity.ErrNotFound)
	_, err = conferences.InvitationByCode(t.Context(), [32]byte{1})
	want(t, "an erased invitation", err, conference.ErrNotFound)
	if _, err := identities.Identity(t.Context(), [32]byte{2}); err != nil {
		t.Errorf("another's identity: %v", err)
	}
	for _, hash := range [][32]byte{{2}, {9}} {
		if _, err := conferences.InvitationByCode(t.Context(), hash); err != nil {
			t.Errorf("another's invitation: %v", err)
		}
	}
}
