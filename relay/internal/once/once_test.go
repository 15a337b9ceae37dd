package once

import (
	"strconv"
	"strings"
	"testing"
)

func TestValid(t *testing.T) {
	for s, want := range map[string]bool{
		"k": true, "A-z_09": true, strings.Repeat("a", 64): true, strings.Repeat("a", 65): false, "": false, "a b": false, "é": false, "a\x00": false, "a/b": false,
	} {
		if Valid(s) != want {
			t.Errorf("%q: want %v", s, want)
		}
	}
}

func TestKeysAreSpentForEver(t *testing.T) {
	k, key := New(), Key{"ann", "1"}
	if id, spent := k.Find(key); id != "" || spent {
		t.Fatalf("%q, %v of a new key", id, spent)
	}
	k.Spend(key) // nothing was made
	k.Make(key, "x")
	if id, spent := k.Find(key); id != "x" || spent {
		t.Fatalf("%q, %v", id, spent)
	}
	if id, _ := k.Find(Key{"bob", "1"}); id != "" {
		t.Fatalf("the key is bob's too: %q", id)
	}
	k.Spend(key)
	k.Spend(key)
	if id, spent := k.Find(key); id != "" || !spent {
		t.Fatalf("%q, %v of a spent key", id, spent)
	}
}

func TestSpentKeysAreBounded(t *testing.T) {
	k := New()
	for i := range 3 * maxGone {
		key := Key{"ann", strconv.Itoa(i)}
		k.Make(key, "x")
		k.Spend(key)
	}
	if len(k.made) != 0 || len(k.gone) != maxGone || len(k.age) != maxGone {
		t.Fatalf("%d made, %d gone, %d in order", len(k.made), len(k.gone), len(k.age))
	}
	if _, spent := k.Find(Key{"ann", strconv.Itoa(3*maxGone - 1)}); !spent {
		t.Error("the latest was forgotten")
	}
}
