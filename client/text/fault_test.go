package text

import (
	"reflect"
	"regexp"
	"strings"
	"testing"
)

func TestFaults(t *testing.T) {
	each(reflect.ValueOf(FaultsFor("de")), reflect.ValueOf(FaultsFor("fr_CA.UTF-8")), "", func(path, en, fr string) {
		if en == "" || fr == "" || en == fr || strings.ContainsAny(en+fr, "'\"") || strings.Contains(en, "{version}") != strings.Contains(fr, "{version}") {
			t.Errorf("%s: %q, %q", path, en, fr)
		}
		if regexp.MustCompile(`[^\x{a0}\x{202f}][:;?!»]`).MatchString(fr) {
			t.Errorf("%s: no-break space missing in %q", path, fr)
		}
	})
}
