package conference_test

import (
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/coopnet/coopnet/functions/conference"
	"github.com/coopnet/coopnet/shared/problem"
)

func TestCreateValidates(t *testing.T) {
	w := newWorld(t)
	for what, c := range map[string]struct {
		change   func(*conference.Draft)
		pointers []string
	}{
		"empty name":         {func(d *conference.Draft) { d.Name = "" }, []string{"/name"}},
		"long name":          {func(d *conference.Draft) { d.Name = strings.Repeat("é", 121) }, []string{"/name"}},
		"control in name":    {func(d *conference.Draft) { d.Name = "a\tb" }, []string{"/name"}},
		"direction in name":  {func(d *conference.Draft) { d.Name = "a\u202eb" }, []string{"/name"}},
		"zero-width space":   {func(d *conference.Draft) { d.Name = "Team\u200b" }, []string{"/name"}},
		"soft hyphen":        {func(d *conference.Draft) { d.Title = "Te\u00adam" }, []string{"/title"}},
		"tags":               {func(d *conference.Draft) { d.Name = "Team\U000e0041" }, []string{"/name"}},
		"fillers":            {func(d *conference.Draft) { d.Name = "\u3164" }, []string{"/name"}},
		"nothing to read":    {func(d *conference.Draft) { d.Name = " - " }, []string{"/name"}},
		"short password":     {func(d *conference.Draft) { d.Password = "1234567" }, []string{"/password"}},
		"end in the past":    {func(d *conference.Draft) { d.EndsAt = w.in(-time.Second) }, []string{"/endsAt"}},
		"end before start":   {func(d *conference.Draft) { d.StartsAt, d.EndsAt = w.in(2*time.Hour), w.in(time.Hour) }, []string{"/endsAt"}},
		"zone":               {func(d *conference.Draft) { d.Timezone = "Mars/Olympus" }, []string{"/timezone"}},
		"policy":             {func(d *conference.Draft) { d.GuestPolicy = "all" }, []string{"/guestPolicy"}},
		"share":              {func(d *conference.Draft) { d.Permissions.GuestShare = "x" }, []string{"/permissions/guestShare"}},
		"region":             {func(d *conference.Draft) { d.Region = "EU west" }, []string{"/region"}},
		"retention":          {func(d *conference.Draft) { d.RetentionDays = 0 }, []string{"/retentionDays"}},
		"bridge":             {func(d *conference.Draft) { d.Bridges = []conference.Bridge{{Kind: "fax"}} }, []string{"/bridges/0/kind", "/bridges/0/number"}},
		"several":            {func(d *conference.Draft) { d.Title, d.OpenBefore = "\u0000", -1 }, []string{"/title", "/openBefore"}},
		"control in welcome": {func(d *conference.Draft) { d.Welcome = "line\nbell\a" }, []string{"/welcome"}},
	} {
		t.Run(what, func(t *testing.T) {
			draft := conference.NewDraft()
			draft.Name = "Team"
			c.change(&draft)
			_, _, err := w.Create(t.Context(), "tester", draft)
			wantCode(t, err, problem.Invalid, c.pointers...)
		})
	}
}

func TestCreateHasTheDefaults(t *testing.T) {
	w := newWorld(t)
	draft := conference.NewDraft()
	draft.Name = "  Team A  "
	c, password, err := w.Create(t.Context(), "tester", draft)
	if err != nil {
		t.Fatal(err)
	}
	if c.Name != "  Team A  " || c.GuestPolicy != "accept" || c.Permissions.GuestShare != "software" || c.Status(w.clock.Now()) != "open" || c.CreatedBy != "tester" {
		t.Errorf("got %+v", c)
	}
	w.expect("", "192.0.2.1", "  Team A  ", password)
	w.expect(problem.ConferenceDenied, "192.0.2.1", "Team A", password)
	_, _, err = w.Create(t.Context(), "tester", draft)
	wantCode(t, err, problem.Conflict)
}

func TestGeneratedPasswords(t *testing.T) {
	w := newWorld(t)
	seen := make(map[string]bool)
	for i := range 20 {
		draft := conference.NewDraft()
		draft.Name = strings.Repeat("x", i+1)
		_, password, err := w.Create(t.Context(), "tester", draft)
		if err != nil || len(password) != 17 || seen[password] || strings.ContainsAny(password, "0O1lIio") {
			t.Errorf("%q, %v", password, err)
		}
		seen[password] = true
	}
}

func TestListAndEnd(t *testing.T) {
	w := newWorld(t)
	a := w.create("A", nil)
	w.create("B", func(d *conference.Draft) { d.StartsAt = w.in(time.Hour) })
	page, err := w.List(t.Context(), conference.Query{Limit: 1})
	if err != nil || len(page.Conferences) != 1 || page.Next == "" {
		t.Fatalf("got %+v, %v", page, err)
	}
	for range 2 { // ending twice is fine
		if c, err := w.End(t.Context(), a.ID); err != nil || c.Status(w.clock.Now()) != "ended" || c.Version != 2 {
			t.Fatalf("got %+v, %v", c, err)
		}
	}
	if !slices.Contains(w.ended, a.ID) {
		t.Error("the relay was not told")
	}
	page, err = w.List(t.Context(), conference.Query{Status: "scheduled"})
	if err != nil || len(page.Conferences) != 1 || page.Conferences[0].Name != "B" {
		t.Errorf("got %+v, %v", page, err)
	}
	for pointer, q := range map[string]conference.Query{"/limit": {Limit: 101}, "/status": {Status: "x"}, "/cursor": {Cursor: "x"}} {
		_, err = w.List(t.Context(), q)
		wantCode(t, err, problem.Invalid, pointer)
	}
	_, err = w.End(t.Context(), "unknown")
	wantCode(t, err, problem.NotFound)
}

func TestNormalName(t *testing.T) {
	composed, err := conference.NormalName("Caf\u00e9 ")
	decomposed, err2 := conference.NormalName("Cafe\u0301 ")
	if err != nil || err2 != nil || composed != decomposed || !strings.HasSuffix(composed, " ") {
		t.Errorf("%q %q %v %v", composed, decomposed, err, err2)
	}
}

func FuzzNormalName(f *testing.F) {
	for _, s := range []string{"Team A", "team a ", "Cafe\u0301", "\u202e", "a\x00", "\xff", "", strings.Repeat("é", 121), "\ufeffx", "ﷺ", "a\u200b", "\u3164", "न\u200dx"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		name, err := conference.NormalName(s)
		if err != nil {
			return
		}
		if !utf8.ValidString(name) || !norm.NFC.IsNormalString(name) || utf8.RuneCountInString(name) > 120 || name == "" {
			t.Errorf("%q became %q", s, name)
		}
		if strings.ContainsFunc(name, func(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == '\u200b' }) {
			t.Errorf("%q hides something", name)
		}
		if again, err := conference.NormalName(name); err != nil || again != name {
			t.Errorf("%q is not stable: %q, %v", name, again, err)
		}
	})
}
