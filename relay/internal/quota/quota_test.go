package quota

import (
	"net/netip"
	"testing"
)

func TestEachAndAllAreBounded(t *testing.T) {
	q := New[string](2, 3)
	for i, step := range []struct {
		key  string
		want bool
	}{{"a", true}, {"a", true}, {"a", false}, {"b", true}, {"b", false}, {"c", false}} {
		if q.Take(step.key) != step.want {
			t.Errorf("step %d: %q: want %t", i, step.key, step.want)
		}
	}
	q.Give("a")
	if !q.Take("c") || q.Total() != 3 {
		t.Error("what was given back cannot be taken")
	}
	for _, k := range []string{"a", "b", "c"} {
		q.Give(k)
	}
	if q.Total() != 0 || len(q.held) != 0 {
		t.Errorf("%d %v are left", q.Total(), q.held)
	}
}

func TestSource(t *testing.T) {
	for address, want := range map[string]string{
		"192.0.2.7": "192.0.2.7", "2001:db8:1:2:3:4:5:6": "2001:db8:1:2::", "2001:db8:1:2::9": "2001:db8:1:2::", "2001:db8:1:3::9": "2001:db8:1:3::",
	} {
		if got := Source(netip.MustParseAddr(address)); got.String() != want {
			t.Errorf("%s counts as %s, want %s", address, got, want)
		}
	}
}
