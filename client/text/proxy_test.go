package text

import (
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func TestProxies(t *testing.T) {
	names := func(s string) []string {
		found := regexp.MustCompile(`\{[a-z]+\}`).FindAllString(s, -1)
		slices.Sort(found)
		return found
	}
	each(reflect.ValueOf(ProxiesFor("de")), reflect.ValueOf(ProxiesFor("fr_CA.UTF-8")), "", func(path, en, fr string) {
		if en == "" || fr == "" || en == fr || strings.ContainsAny(en+fr, "'\"") || !slices.Equal(names(en), names(fr)) {
			t.Errorf("%s: %q, %q", path, en, fr)
		}
		if regexp.MustCompile(`[^\x{a0}\x{202f}][:;?!»]|«[^\x{a0}]`).MatchString(fr) {
			t.Errorf("%s: no-break space missing in %q", path, fr)
		}
	})
}
