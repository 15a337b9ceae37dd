package grant

import (
	"errors"
	"math/rand/v2"
	"strconv"
	"testing"
	"time"
)

// Two people, who ask, and the software of a third.
const (
	ann = iota + 1
	bob
	eve
)

// whenever is the pace of a caller that has none.
func whenever() bool { return true }

func party(n int) Party { return Party{Participant: "p" + strconv.Itoa(n), Channel: uint64(n)} }

func ask(t *testing.T, b *Book, now time.Time) Request {
	t.Helper()
	r := Request{ID: "q1", Key: "k1", Publication: "s1", Controller: party(ann), Presenter: party(bob)}
	if fresh, err := b.Ask(r, now, whenever); err != nil || !fresh {
		t.Fatal(fresh, err)
	}
	return r
}

func allow(t *testing.T, b *Book, now time.Time) Grant {
	t.Helper()
	ask(t, b, now)
	g, err := b.Allow("q1", "g1", party(bob), now)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func TestAskAllowUseRevoke(t *testing.T) {
	var b Book
	now := time.Unix(1_800_000_000, 0)
	r := ask(t, &b, now)
	if fresh, err := b.Ask(r, now, whenever); fresh || err != nil {
		t.Errorf("the same key: %v, %v", fresh, err)
	}
	other := r
	other.ID, other.Controller = "q2", party(eve)
	if _, err := b.Ask(other, now, whenever); !errors.Is(err, ErrConflict) {
		t.Errorf("a second one: %v", err)
	}
	r.Key = "no key"
	if _, err := b.Ask(r, now, whenever); !errors.Is(err, ErrInvalid) {
		t.Errorf("no key: %v", err)
	}
	for _, by := range []int{ann, eve} { // nobody allows himself
		if _, err := b.Allow("q1", "g1", party(by), now); !errors.Is(err, ErrDenied) {
			t.Errorf("%d allows: %v", by, err)
		}
		if _, err := b.Deny("q1", Denied, party(by), now); !errors.Is(err, ErrDenied) {
			t.Errorf("%d denies: %v", by, err)
		}
	}
	if _, err := b.Allow("q9", "g1", party(bob), now); !errors.Is(err, ErrNotFound) {
		t.Errorf("allows what nobody has asked: %v", err)
	}
	if _, err := b.Use("", party(ann), now); !errors.Is(err, ErrNotFound) {
		t.Errorf("input before the answer: %v", err)
	}
	g, err := b.Allow("q1", "g1", party(bob), now)
	if err != nil || g.ID != "g1" || g.Request.Publication != "s1" || !g.Until.Equal(now.Add(Life)) {
		t.Fatalf("%+v, %v", g, err)
	}
	if _, err := b.Allow("q1", "g2", party(bob), now); !errors.Is(err, ErrNotFound) {
		t.Errorf("allowed twice: %v", err)
	}
	if _, err := b.Use("g1", party(ann), now); err != nil {
		t.Error(err)
	}
	for _, by := range []Party{party(bob), party(eve), {Participant: "p1", Channel: 9}} {
		if _, err := b.Use("g1", by, now); !errors.Is(err, ErrDenied) {
			t.Errorf("%v uses it: %v", by, err)
		}
	}
	if _, err := b.Revoke("g9", party(bob), now); !errors.Is(err, ErrNotFound) {
		t.Errorf("revokes what there is not: %v", err)
	}
	if _, err := b.Revoke("g1", party(eve), now); !errors.Is(err, ErrDenied) {
		t.Errorf("a stranger revokes: %v", err)
	}
	end, err := b.Revoke("g1", party(bob), now)
	if err != nil || end.Reason != Stopped || b.Len() != 0 {
		t.Errorf("%+v, %v", end, err)
	}
	if _, err := b.Use("g1", party(ann), now); !errors.Is(err, ErrNotFound) {
		t.Errorf("used after the end: %v", err)
	}
}

func TestEnds(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	one := func(ends []End) Reason {
		if len(ends) != 1 {
			return Reason(strconv.Itoa(len(ends)) + " ends")
		}
		return ends[0].Reason
	}
	revoked := func(b *Book, by int) Reason {
		end, _ := b.Revoke("g1", party(by), now)
		return end.Reason
	}
	for name, tt := range map[string]struct {
		end            func(*Book) Reason
		request, grant Reason // what becomes of one
	}{
		"the presenter stops":      {func(b *Book) Reason { return revoked(b, bob) }, "", Stopped},
		"the controller releases":  {func(b *Book) Reason { return revoked(b, ann) }, "", Released},
		"the controller leaves":    {func(b *Book) Reason { return one(b.HangUp(ann, Left)) }, Gone, Left},
		"the presenter comes back": {func(b *Book) Reason { return one(b.HangUp(bob, Reconnected)) }, Gone, Reconnected},
		"a stranger leaves":        {func(b *Book) Reason { return one(b.HangUp(eve, Left)) }, "0 ends", "0 ends"},
		"the share ends":           {func(b *Book) Reason { return one(b.Stop("s1")) }, Gone, Ended},
		"another share ends":       {func(b *Book) Reason { return one(b.Stop("s2")) }, "0 ends", "0 ends"},
		"nearly a minute":          {func(b *Book) Reason { return one(b.Lapse(now.Add(RequestLife - 1))) }, "0 ends", "0 ends"},
		"a minute":                 {func(b *Book) Reason { return one(b.Lapse(now.Add(RequestLife))) }, Expired, "0 ends"},
		"two minutes":              {func(b *Book) Reason { return one(b.Lapse(now.Add(Patience))) }, Expired, Idle},
		"an hour":                  {func(b *Book) Reason { return one(b.Lapse(now.Add(Life))) }, Expired, Expired},
	} {
		var asked, allowed Book
		ask(t, &asked, now)
		allow(t, &allowed, now)
		if got := tt.end(&asked); got != tt.request {
			t.Errorf("%s: the request ended as %q, want %q", name, got, tt.request)
		}
		if got := tt.end(&allowed); got != tt.grant {
			t.Errorf("%s: the grant ended as %q, want %q", name, got, tt.grant)
		}
	}
}

// TestWithdraw: who has asked takes back the request, or the grant that it has become on the way.
func TestWithdraw(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	var asked, allowed Book
	ask(t, &asked, now)
	allow(t, &allowed, now)
	for want, b := range map[Reason]*Book{Gone: &asked, Released: &allowed} {
		for key, by := range map[string]Party{"k1": party(eve), "k2": party(ann), "": {Participant: "p1", Channel: 9}} {
			if _, err := b.Withdraw(key, by, now); !errors.Is(err, ErrNotFound) {
				t.Errorf("%v withdraws %q: %v", by, key, err)
			}
		}
		if end, err := b.Withdraw("k1", party(ann), now); err != nil || end.Reason != want || b.Len() != 0 {
			t.Errorf("%+v, %v", end, err)
		}
	}
	ask(t, &asked, now) // at once: it was not the presenter who has closed the window
	if _, err := asked.Withdraw("k1", party(ann), now.Add(RequestLife)); !errors.Is(err, ErrNotFound) {
		t.Errorf("withdrawn after its time: %v", err)
	}
}

// TestRestAfterANo: a presenter who has said no is left alone for a while, longest by who was refused.
func TestRestAfterANo(t *testing.T) {
	var b Book
	now := time.Unix(1_800_000_000, 0)
	again := func(by int, share string, at time.Time) error {
		_, err := b.Ask(Request{ID: "q2", Key: "k2", Publication: share, Controller: party(by), Presenter: party(bob)}, at, whenever)
		return err
	}
	deny := func(reason Reason, at time.Time) {
		t.Helper()
		for _, e := range b.open {
			if _, err := b.Deny(e.Request.ID, reason, party(bob), at); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, reason := range []Reason{Busy, Unverified} { // no window was open
		ask(t, &b, now)
		deny(reason, now)
	}
	ask(t, &b, now)
	deny(Denied, now)
	for at, by := range map[time.Duration]int{0: eve, Rest - 1: eve, Rest: ann, LongRest - 1: ann} {
		if err := again(by, "s1", now.Add(at)); !errors.Is(err, ErrPace) {
			t.Errorf("%d asks %s after a no: %v", by, at, err)
		}
	}
	if err := again(ann, "s2", now); err != nil {
		t.Errorf("another share: %v", err)
	}
	if err := again(eve, "s1", now.Add(Rest)); err != nil {
		t.Errorf("somebody else: %v", err)
	}
	if _, err := b.Withdraw("k2", party(eve), now.Add(Rest)); err != nil {
		t.Fatal(err)
	}
	if err := again(ann, "s1", now.Add(LongRest)); err != nil {
		t.Errorf("after the rest: %v", err)
	}
	deny(Denied, now)
	b.Stop("s1")
	b.Stop("s2")
	if len(b.denied) != 0 || b.Len() != 0 {
		t.Errorf("left %+v", b)
	}
}

// TestOnlyAFreshRequestIsPaced: what is refused for another reason, or is nothing new, costs nothing.
func TestOnlyAFreshRequestIsPaced(t *testing.T) {
	var b Book
	now, paced := time.Unix(1_800_000_000, 0), 0
	none := func() bool { paced++; return false }
	r := Request{ID: "q1", Key: "k1", Publication: "s1", Controller: party(ann), Presenter: party(bob)}
	if _, err := b.Ask(r, now, none); !errors.Is(err, ErrPace) || paced != 1 || b.Len() != 0 {
		t.Errorf("%v, asked %d times, %d open", err, paced, b.Len())
	}
	ask(t, &b, now)
	other := r
	other.Controller = party(eve)
	invalid := r
	invalid.Key = ""
	for want, r := range map[error]Request{nil: r, ErrConflict: other, ErrInvalid: invalid} {
		if fresh, err := b.Ask(r, now, none); fresh || !errors.Is(err, want) || paced != 1 {
			t.Errorf("%v, %v, want %v; asked %d times", fresh, err, want, paced)
		}
	}
}

func TestInputKeepsAGrant(t *testing.T) {
	var b Book
	now := time.Unix(1_800_000_000, 0)
	until := allow(t, &b, now).Until
	for ; now.Before(until); now = now.Add(Patience - time.Second) {
		if _, err := b.Use("g1", party(ann), now); err != nil {
			t.Fatalf("%s before its end: %v", until.Sub(now), err)
		}
	}
	if _, err := b.Use("g1", party(ann), now); !errors.Is(err, ErrNotFound) {
		t.Errorf("used after an hour: %v", err)
	}
	next := Request{ID: "q2", Key: "k2", Publication: "s1", Controller: party(eve), Presenter: party(bob)}
	if _, err := b.Ask(next, now, whenever); !errors.Is(err, ErrConflict) {
		t.Errorf("the end was never told: %v", err)
	}
	b.Lapse(now)
	if fresh, err := b.Ask(next, now, whenever); err != nil || !fresh {
		t.Errorf("%v, %v", fresh, err)
	}
}

func TestOnlyAPresentersReasonsRefuse(t *testing.T) {
	for _, r := range []Reason{Denied, Busy, Unverified} {
		if !r.Refuses() {
			t.Errorf("%s does not refuse", r)
		}
	}
	for _, r := range []Reason{"", Gone, Expired, Stopped, "x"} {
		if r.Refuses() {
			t.Errorf("%q refuses", r)
		}
	}
}

// model is what must be true of a book, kept the slow way.
type model struct {
	t       testing.TB
	book    Book
	now     time.Time
	made    int
	allowed map[string]Grant // that have not ended
	heard   map[string]time.Time
}

func (m *model) ended(ends ...End) {
	m.t.Helper()
	for _, e := range ends {
		if e.Reason == "" || e.ID != "" && m.allowed[e.ID].ID == "" {
			m.t.Fatalf("ended %+v, which was not open", e)
		}
		delete(m.allowed, e.ID)
	}
}

// step does one operation that three bytes choose.
func (m *model) step(op, a, b byte) {
	who, share, some := party(int(a%4)+1), "s"+strconv.Itoa(int(b%3)), strconv.Itoa(m.made-int(b%4))
	switch op % 10 {
	case 0, 1:
		m.made++
		presenter := party(int(b%3) + 5) // shares are those of others
		_, _ = m.book.Ask(Request{ID: "q" + strconv.Itoa(m.made), Key: "k" + some, Publication: share, Controller: who, Presenter: presenter}, m.now, func() bool { return b%4 != 0 })
	case 2, 3:
		by := party(int(a%3) + 5)
		if g, err := m.book.Allow("q"+some, "g"+some, by, m.now); err == nil {
			if g.Request.Presenter != by || m.allowed[g.ID].ID != "" {
				m.t.Fatalf("%v allows %+v", by, g)
			}
			m.allowed[g.ID], m.heard[g.ID] = g, m.now
		}
	case 4:
		if end, err := m.book.Deny("q"+some, Busy, party(int(a%3)+5), m.now); err == nil {
			m.ended(end)
		}
	case 5:
		g, open := m.allowed["g"+some]
		good := open && g.Request.Controller == who && m.now.Before(g.Until) && m.now.Sub(m.heard[g.ID]) < Patience
		if _, err := m.book.Use("g"+some, who, m.now); (err == nil) != good {
			m.t.Fatalf("%v uses %+v: %v", who, g, err)
		}
		if good {
			m.heard[g.ID] = m.now
		}
	case 6:
		if end, err := m.book.Revoke("g"+some, who, m.now); err == nil {
			m.ended(end)
		}
	case 9:
		if end, err := m.book.Withdraw("k"+some, who, m.now); err == nil {
			if end.Request.Controller != who {
				m.t.Fatalf("%v withdraws %+v", who, end)
			}
			m.ended(end)
		}
	case 7:
		if m.now = m.now.Add(time.Duration(a) * time.Second); b%2 == 0 {
			m.ended(m.book.Lapse(m.now)...)
		}
	case 8:
		if b%2 == 0 {
			m.ended(m.book.HangUp(uint64(a%8), Left)...)
		} else {
			m.ended(m.book.Stop(share)...)
		}
	}
}

// check: one entry a share, each with two different sides, and after a look nothing is late.
func (m *model) check() {
	m.ended(m.book.Lapse(m.now)...)
	grants := 0
	for at, e := range m.book.open {
		if e.Request.Publication != at || e.Request.Controller == e.Request.Presenter || e.over(m.now) {
			m.t.Fatalf("%s has %+v", at, e)
		}
		if e.ID != "" {
			grants++
		}
	}
	given := 0
	for n := range 8 {
		given += len(m.book.Given(party(n).Participant))
	}
	if given != grants || len(m.book.denied) > 3 {
		m.t.Fatalf("%d given of %d, %d denied", given, grants, len(m.book.denied))
	}
	if m.book.Len() > 3 || grants != len(m.allowed) {
		m.t.Fatalf("%d open, %d grants, want %d", m.book.Len(), grants, len(m.allowed))
	}
}

func newModel(t testing.TB) *model {
	return &model{t: t, now: time.Unix(1_800_000_000, 0), allowed: map[string]Grant{}, heard: map[string]time.Time{}}
}

func TestRandomBooks(t *testing.T) {
	random := rand.New(rand.NewPCG(6, 6))
	for range 50 {
		m := newModel(t)
		for range 400 {
			m.step(byte(random.IntN(256)), byte(random.IntN(256)), byte(random.IntN(256)))
		}
		m.check()
	}
}

func FuzzBook(f *testing.F) {
	f.Add([]byte{0, 0, 0, 2, 0, 0, 5, 0, 0, 6, 0, 0})
	f.Fuzz(func(t *testing.T, ops []byte) {
		m := newModel(t)
		for ; len(ops) >= 3; ops = ops[3:] {
			m.step(ops[0], ops[1], ops[2])
		}
		m.check()
	})
}
