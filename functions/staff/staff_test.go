package staff_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coopnet/coopnet/functions/staff"
	"github.com/coopnet/coopnet/functions/store/sqlite"
	"github.com/coopnet/coopnet/functions/store/sqlite/sqlitetest"
	"github.com/coopnet/coopnet/functions/store/storetest"
	"github.com/coopnet/coopnet/shared/problem"
)

// world is a domain on a real store, with a clock that the test moves.
type world struct {
	*staff.Domain
	t     *testing.T
	clock *storetest.Clock
	store *countingStore
	log   bytes.Buffer
}

// countingStore counts the writes of uses, and fails them while broken.
type countingStore struct {
	staff.Store
	mu     sync.Mutex
	uses   int
	broken bool
}

func (s *countingStore) UseKey(ctx context.Context, id string, at, since time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.uses++
	if s.broken {
		return errors.New("full")
	}
	return s.Store.UseKey(ctx, id, at, since)
}

func newWorld(t *testing.T, tokens staff.Tokens) *world {
	t.Helper()
	w := &world{t: t, clock: storetest.NewClock()}
	db := sqlitetest.Open(t, sqlite.Config{Now: w.clock.Now})
	w.store = &countingStore{Store: db.Staff()}
	var err error
	w.Domain, err = staff.New(staff.Config{Store: w.store, Tokens: tokens, Now: w.clock.Now, Logger: slog.New(slog.NewTextHandler(&w.log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func (w *world) create(d staff.Draft) (staff.Key, string) {
	w.t.Helper()
	k, plain, err := w.Create(w.t.Context(), "tester", d)
	if err != nil {
		w.t.Fatal(err)
	}
	return k, plain
}

func refused(t *testing.T, what string, err error, code problem.Code) {
	t.Helper()
	if err == nil || problem.From(err).Code != code {
		t.Errorf("%s: got %v, want %s", what, err, code)
	}
}

func TestKeys(t *testing.T) {
	w := newWorld(t, nil)
	organizer, plain := w.create(staff.Draft{Role: staff.Organizer, Label: "desk"})
	if !strings.HasPrefix(plain, "cno_") || len(plain) != 47 || strings.Contains(plain, organizer.ID) || organizer.CreatedBy != "tester" {
		t.Fatalf("%+v %q", organizer, plain)
	}
	_, support := w.create(staff.Draft{Role: staff.Support, Label: "phone"})
	if a, err := w.Authenticate(t.Context(), plain, staff.Organizer); err != nil || a.ID != "key:"+organizer.ID || a.Role != staff.Organizer || a.ReadOnly {
		t.Errorf("got %+v, %v", a, err)
	}
	_, err := w.Authenticate(t.Context(), support, staff.Organizer)
	refused(t, "another role", err, problem.Forbidden)
	for _, bearer := range []string{"", plain[:46], plain + "A", strings.ToUpper(plain), "cno_", "cns_" + plain[4:], "a.b.c"} {
		_, err = w.Authenticate(t.Context(), bearer, staff.Organizer)
		refused(t, bearer, err, problem.Unauthenticated)
	}
	for _, by := range []string{"key:boss", "key:late"} {
		if err := w.Revoke(t.Context(), by, organizer.ID); err != nil {
			t.Fatal(err)
		}
	}
	_, err = w.Authenticate(t.Context(), plain, staff.Organizer)
	refused(t, "revoked", err, problem.Unauthenticated)
	refused(t, "revoke unknown", w.Revoke(t.Context(), "x", "y"), problem.NotFound)
	if keys, err := w.List(t.Context()); err != nil || len(keys) != 2 || keys[0].RevokedBy != "key:boss" || !keys[1].RevokedAt.IsZero() {
		t.Errorf("got %+v, %v", keys, err)
	}
	for _, line := range []string{`msg="staff key made" key=` + organizer.ID + " role=organizer by=tester", `msg="staff key revoked" key=` + organizer.ID + " by=key:boss"} {
		if !strings.Contains(w.log.String(), line) {
			t.Errorf("the log lacks %s:\n%s", line, w.log.String())
		}
	}
	if strings.Contains(w.log.String(), plain[4:]) {
		t.Error("the log has a key")
	}
}

func TestEveryRoleHasKeys(t *testing.T) {
	w := newWorld(t, nil)
	prefixes := make(map[string]bool)
	for _, role := range staff.Roles() {
		_, plain := w.create(staff.Draft{Role: role, Label: "eu-1"})
		prefixes[plain[:4]] = true
		for _, other := range staff.Roles() {
			if _, err := w.Authenticate(t.Context(), plain, other); (err == nil) != (role == other) {
				t.Errorf("a key of %s as %s: %v", role, other, err)
			}
		}
	}
	if len(prefixes) != 4 {
		t.Errorf("got prefixes %v", prefixes)
	}
}

func TestReadOnlyAndExpiry(t *testing.T) {
	w := newWorld(t, nil)
	_, reader := w.create(staff.Draft{Role: staff.Organizer, ReadOnly: true})
	if a, err := w.AuthenticateReader(t.Context(), reader, staff.Organizer); err != nil || !a.ReadOnly {
		t.Errorf("got %+v, %v", a, err)
	}
	_, err := w.Authenticate(t.Context(), reader, staff.Organizer)
	refused(t, "a reader writes", err, problem.Forbidden)
	_, err = w.AuthenticateReader(t.Context(), reader, staff.Support)
	refused(t, "a reader of another role", err, problem.Forbidden)

	until := w.clock.Now().Add(time.Hour)
	_, short := w.create(staff.Draft{Role: staff.Support, ExpiresAt: &until})
	w.clock.Advance(time.Hour - time.Millisecond)
	if _, err := w.Authenticate(t.Context(), short, staff.Support); err != nil {
		t.Error(err)
	}
	w.clock.Advance(time.Millisecond)
	_, err = w.Authenticate(t.Context(), short, staff.Support)
	refused(t, "expired", err, problem.Unauthenticated)
}

// TestUseIsNotedCoarsely: a busy key costs one write an hour, and a store that cannot write hinders nobody.
func TestUseIsNotedCoarsely(t *testing.T) {
	w := newWorld(t, nil)
	k, plain := w.create(staff.Draft{Role: staff.Support})
	use := func(n int) {
		for range n {
			if _, err := w.Authenticate(t.Context(), plain, staff.Support); err != nil {
				t.Fatal(err)
			}
		}
	}
	want := func(writes int, used time.Time) {
		t.Helper()
		keys, err := w.List(t.Context())
		if err != nil || w.store.uses != writes || !keys[0].UsedAt.Equal(used) || keys[0].ID != k.ID {
			t.Errorf("got %d writes, %+v, %v; want %d, %v", w.store.uses, keys, err, writes, used)
		}
	}
	first := w.clock.Now()
	use(100)
	want(1, first)
	w.clock.Advance(time.Hour)
	w.store.broken = true
	use(100)
	want(2, first)
	w.store.broken = false
	w.clock.Advance(time.Minute)
	use(100)
	want(3, w.clock.Now())
}

func TestImport(t *testing.T) {
	w, other := newWorld(t, nil), newWorld(t, nil)
	draft := staff.Draft{Role: staff.Organizer, Label: "imported"}
	_, plain := other.create(staff.Draft{Role: staff.Organizer, Label: "made elsewhere"})
	first, err := w.Import(t.Context(), "tester", draft, plain)
	again, err2 := w.Import(t.Context(), "tester", staff.Draft{Role: staff.Organizer, Label: "again"}, plain)
	if err != nil || err2 != nil || first.ID != again.ID || again.Label != "imported" {
		t.Errorf("%+v, %v; %+v, %v", first, err, again, err2)
	}
	if _, err := w.Authenticate(t.Context(), plain, staff.Organizer); err != nil {
		t.Error(err)
	}
	for _, bad := range []string{"", "cno_short", "cns_" + plain[4:], plain + "A"} {
		_, err = w.Import(t.Context(), "tester", draft, bad)
		refused(t, bad, err, problem.Invalid)
	}
}

func TestDraftsAreChecked(t *testing.T) {
	w := newWorld(t, nil)
	past, far := w.clock.Now(), w.clock.Now().AddDate(11, 0, 0)
	for what, bad := range map[string]staff.Draft{
		"/role":      {Role: "boss"},
		"/label":     {Role: staff.Support, Label: strings.Repeat("x", 101)},
		"/label ":    {Role: staff.Support, Label: "a\u202eb"},
		"/readOnly":  {Role: staff.Relay, Label: "eu-1", ReadOnly: true},
		"/expiresAt": {Role: staff.Support, ExpiresAt: &past}, "/expiresAt ": {Role: staff.Support, ExpiresAt: &far},
	} {
		_, _, err := w.Create(t.Context(), "tester", bad)
		refused(t, what, err, problem.Invalid)
		if fields := problem.From(err).Fields; len(fields) != 1 || fields[0].Pointer != strings.TrimSpace(what) {
			t.Errorf("%s: got %v", what, fields)
		}
	}
}

// vouching is the identity provider's part: its own package tests the real one.
type vouching struct{}

func (vouching) Verify(_ context.Context, token string) (staff.Person, error) {
	switch token {
	case "good.good.good":
		return staff.Person{ID: "oidc:anne", Roles: []staff.Role{staff.Organizer, staff.Support}}, nil
	case "late.late.late":
		return staff.Person{}, problem.New(problem.Unavailable, "later")
	}
	return staff.Person{}, problem.New(problem.Unauthenticated, "no")
}

func TestTokens(t *testing.T) {
	w := newWorld(t, vouching{})
	_, plain := w.create(staff.Draft{Role: staff.Publisher})
	if _, err := w.Authenticate(t.Context(), plain, staff.Publisher); err != nil {
		t.Errorf("keys go on beside tokens: %v", err)
	}
	for role, code := range map[staff.Role]problem.Code{staff.Organizer: "", staff.Support: "", staff.Publisher: problem.Forbidden, staff.Relay: problem.Forbidden} {
		a, err := w.Authenticate(t.Context(), "good.good.good", role)
		switch {
		case code != "":
			refused(t, string(role), err, code)
		case err != nil || a != (staff.Actor{ID: "oidc:anne", Role: role}):
			t.Errorf("%s: got %+v, %v", role, a, err)
		}
	}
	_, err := w.Authenticate(t.Context(), "bad.bad.bad", staff.Organizer)
	refused(t, "bad", err, problem.Unauthenticated)
	_, err = w.Authenticate(t.Context(), "late.late.late", staff.Organizer)
	refused(t, "provider down", err, problem.Unavailable)
}
