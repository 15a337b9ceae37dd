package text

import (
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// each calls f for every text of two languages at once.
func each(a, b reflect.Value, path string, f func(path, a, b string)) {
	if a.Kind() == reflect.String {
		f(path, a.String(), b.String())
		return
	}
	for n := range a.NumField() {
		each(a.Field(n), b.Field(n), path+"."+a.Type().Field(n).Name, f)
	}
}

func TestComplete(t *testing.T) {
	placeholder := regexp.MustCompile(`\{[^}]*\}`)
	names := func(s string) []string {
		found := placeholder.FindAllString(s, -1)
		slices.Sort(found)
		return slices.Compact(found)
	}
	same := []string{".Message.OK", ".Message.Title", ".Key.Control", ".Confirm.Portal", ".Login.Proxy"}
	each(reflect.ValueOf(english()), reflect.ValueOf(french()), "", func(path, en, fr string) {
		if en == "" || fr == "" {
			t.Errorf("%s is missing", path)
		}
		if en == fr && !slices.Contains(same, path) {
			t.Errorf("%s is not translated", path)
		}
		if !slices.Equal(names(en), names(fr)) {
			t.Errorf("%s has other names in French: %v, %v", path, names(en), names(fr))
		}
		for _, s := range []string{en, fr} {
			if strings.TrimSpace(s) != s || strings.Contains(s, "...") || strings.ContainsAny(s, "'\"\n") {
				t.Errorf("%s: %q has a typewriter's signs, or space around it", path, s)
			}
		}
		for _, fault := range []string{`[^\x{a0}\x{202f}][:;?!»]`, `«[^\x{a0}\x{202f}]`} {
			if regexp.MustCompile(fault).MatchString(fr) {
				t.Errorf("%s: no-break space missing in %q", path, fr)
			}
		}
	})
}

func TestFor(t *testing.T) {
	for tag, want := range map[string]string{"fr": "fr", "fr_CA.UTF-8": "fr", "FR-be": "fr", "fr.UTF-8": "fr", "fro": "en", "de_DE": "en", "C": "en", "": "en"} {
		if got := For(tag).Language; got != want {
			t.Errorf("%q: %s", tag, got)
		}
	}
	environment := map[string]string{"LANG": "de_DE.UTF-8", "LC_MESSAGES": "fr_FR.UTF-8"}
	if got := FromEnvironment(func(name string) string { return environment[name] }); got != "fr_FR.UTF-8" {
		t.Errorf("got %q", got)
	}
}

func TestFill(t *testing.T) {
	if got := Fill("{name} ({role}) {name}", "name", "{role}", "role", "guest"); got != "{role} (guest) {role}" {
		t.Errorf("got %q", got)
	}
	for count, want := range map[int]string{0: "Nobody else is in the conference yet", 1: "1 other person is in the conference", 17: "17 others are in the conference"} {
		if got := english().Bar.Audience.Present(count); got != want {
			t.Errorf("%d: %q", count, got)
		}
	}
	names := []string{"Ada", "Bob", "Eve", "Joe"}
	for count, want := range map[int]string{
		0: "Nobody is watching at the moment", 1: "Ada is watching", 2: "2 people are watching: Ada and Bob",
		3: "3 people are watching: Ada, Bob and Eve", 5: "5 people are watching: Ada, Bob and 3 more",
	} {
		if got := english().Bar.Audience.Watching(count, names); got != want {
			t.Errorf("%d: %q", count, got)
		}
	}
	if got := french().Bar.Audience.Watching(3, names[:2]); got != "3 personnes regardent\u00a0: Ada, Bob et une autre" {
		t.Error(got)
	}
	for count, want := range map[int]string{0: "Personne ne regarde pour le moment", 1: "1 personne regarde", 4: "4 personnes regardent"} {
		if got := french().Bar.Audience.Watching(count, nil); got != want { // of whom the list does not know yet
			t.Errorf("%d without names: %q", count, got)
		}
	}
	if got := french().Key.Panic("Backspace"); got != "Ctrl\u00a0+\u00a0Maj\u00a0+\u00a0Retour\u00a0arrière" {
		t.Error(got)
	}
	if got := english().Key.Panic("F9"); got != "Ctrl\u00a0+\u00a0Shift\u00a0+\u00a0F9" {
		t.Error(got)
	}
	for role, want := range map[string]string{"internal": "collègue", "organizer": "organisateur", "guest": "invité", "": "invité"} {
		if got := french().Role.Of(role); got != want {
			t.Errorf("%q: %q", role, got)
		}
	}
}

func TestForeign(t *testing.T) {
	for in, want := range map[string]string{"Marie\u202e Cur\x00\n": "Marie Cur", "": "", "0123456789": "0123456789", "0123456789a": "012345678…", "01234567 9a": "01234567…"} {
		if got := Foreign(in, 10); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}
