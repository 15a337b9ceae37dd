package cursor

import "testing"

func TestCursor(t *testing.T) {
	for _, place := range []string{"", "a", "17.x", "a\nb"} {
		if got, ok := Place("conferences", Make("conferences", place)); !ok || got != place {
			t.Errorf("%q: got %q, %v", place, got, ok)
		}
	}
	good := Make("conferences", "1")
	for _, c := range []string{"", "?", "bm9uc2Vuc2U", good + "=", good[1:], Make("reports", "1"), Make("conference", "1"), Make("conferences?open", "1")} {
		if place, ok := Place("conferences", c); ok {
			t.Errorf("%q is a cursor of %q", c, place)
		}
	}
}
