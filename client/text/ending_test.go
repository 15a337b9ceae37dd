package text

import (
	"maps"
	"slices"
	"strings"
	"testing"
)

func TestEndings(t *testing.T) {
	english, french := EndingsFor("en-GB"), EndingsFor("fr_FR.UTF-8")
	if !slices.Equal(slices.Sorted(maps.Keys(english.Closed)), slices.Sorted(maps.Keys(french.Closed))) ||
		!slices.Equal(slices.Sorted(maps.Keys(english.Unsupported)), slices.Sorted(maps.Keys(french.Unsupported))) {
		t.Error("one language knows more ends than the other")
	}
	for _, e := range []Endings{english, french} {
		all := []string{e.Code, e.Policy, e.Used, e.Unreachable, e.Unavailable, e.Denied, e.NoShare, e.Gone, e.Lost, e.Lobby, e.Updated, e.ByHand}
		all = slices.AppendSeq(all, maps.Values(e.Closed))
		all = slices.AppendSeq(all, maps.Values(e.Unsupported))
		for _, s := range all {
			if s == "" || strings.Contains(s, "'") {
				t.Errorf("%q", s)
			}
		}
		if !strings.Contains(e.Lobby, "{conference}") || !strings.Contains(e.ByHand, "{command}") {
			t.Error("a name is missing")
		}
	}
	for _, s := range slices.Collect(maps.Values(french.Closed)) {
		if strings.Contains(s, " :") || strings.Contains(s, " ;") {
			t.Errorf("a break before a sign: %q", s)
		}
	}
}
