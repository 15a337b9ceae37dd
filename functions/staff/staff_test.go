package staff_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/coopnet/coopnet/functions/staff"
	"github.com/coopnet/coopnet/functions/store/sqlite"
	"github.com/coopnet/coopnet/shared/problem"
)

func newDomain(t *testing.T) *staff.Domain {
	t.Helper()
	db, err := sqlite.Open(t.Context(), sqlite.Config{Path: filepath.Join(t.TempDir(), "c.db"), Ballast: -1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	d, err := staff.New(staff.Config{Store: db.Staff()})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func refused(t *testing.T, what string, err error, code problem.Code) {
	t.Helper()
	if err == nil || problem.From(err).Code != code {
		t.Errorf("%s: got %v, want %s", what, err, code)
	}
}

func TestKeys(t *testing.T) {
	d := newDomain(t)
	organizer, plain, err := d.Create(t.Context(), staff.Organizer, "desk")
	if err != nil || !strings.HasPrefix(plain, "cno_") || len(plain) != 47 || strings.Contains(plain, organizer.ID) {
		t.Fatalf("%+v %q %v", organizer, plain, err)
	}
	_, support, err := d.Create(t.Context(), staff.Support, "phone")
	if err != nil || !strings.HasPrefix(support, "cns_") {
		t.Fatal(support, err)
	}
	if k, err := d.Authenticate(t.Context(), plain, staff.Organizer); err != nil || k.ID != organizer.ID || k.Label != "desk" {
		t.Errorf("got %+v, %v", k, err)
	}
	_, err = d.Authenticate(t.Context(), support, staff.Organizer)
	refused(t, "another role", err, problem.Forbidden)
	for _, bearer := range []string{"", plain[:46], plain + "A", strings.ToUpper(plain), "cno_", "cns_" + plain[4:]} {
		_, err = d.Authenticate(t.Context(), bearer, staff.Organizer)
		refused(t, bearer, err, problem.Unauthenticated)
	}
	for range 2 {
		if err := d.Revoke(t.Context(), organizer.ID); err != nil {
			t.Fatal(err)
		}
	}
	_, err = d.Authenticate(t.Context(), plain, staff.Organizer)
	refused(t, "revoked", err, problem.Unauthenticated)
	refused(t, "revoke unknown", d.Revoke(t.Context(), "x"), problem.NotFound)
	if keys, err := d.List(t.Context()); err != nil || len(keys) != 2 || keys[0].RevokedAt.IsZero() || !keys[1].RevokedAt.IsZero() {
		t.Errorf("got %+v, %v", keys, err)
	}
}

func TestImport(t *testing.T) {
	d, other := newDomain(t), newDomain(t)
	_, plain, err := other.Create(t.Context(), staff.Organizer, "made elsewhere")
	if err != nil {
		t.Fatal(err)
	}
	first, err := d.Import(t.Context(), staff.Organizer, "imported", plain)
	again, err2 := d.Import(t.Context(), staff.Organizer, "again", plain)
	if err != nil || err2 != nil || first.ID != again.ID || again.Label != "imported" {
		t.Errorf("%+v, %v; %+v, %v", first, err, again, err2)
	}
	if _, err := d.Authenticate(t.Context(), plain, staff.Organizer); err != nil {
		t.Error(err)
	}
	for _, bad := range []string{"", "cno_short", "cns_" + plain[4:], plain + "A"} {
		_, err = d.Import(t.Context(), staff.Organizer, "", bad)
		refused(t, bad, err, problem.Invalid)
	}
	_, _, err = d.Create(t.Context(), "boss", "")
	refused(t, "unknown role", err, problem.Invalid)
	_, _, err = d.Create(t.Context(), staff.Support, strings.Repeat("x", 101))
	refused(t, "long label", err, problem.Invalid)
}
