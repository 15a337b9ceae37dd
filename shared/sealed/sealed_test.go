package sealed_test

import (
	"context"
	"crypto/rand"
	"errors"
	"strings"
	"testing"

	"github.com/coopnet/coopnet/shared/sealed"
)

func box(purpose string) sealed.Box {
	keys := map[string]sealed.Key{
		"old": {ID: "old", Value: []byte("0123456789abcdef0123456789abcdef")}, "new": {ID: "new", Value: []byte("fedcba9876543210fedcba9876543210")},
	}
	return sealed.Box{Purpose: purpose, Max: 200, Rand: rand.Reader, Keys: func(_ context.Context, id string) (sealed.Key, error) {
		switch k, ok := keys[id]; {
		case id == "":
			return keys["new"], nil
		case id == "down":
			return sealed.Key{}, errors.New("down")
		case !ok:
			return sealed.Key{}, sealed.ErrUnknownKey
		default:
			return k, nil
		}
	}}
}

func TestBox(t *testing.T) {
	b := box("cookie")
	value, err := b.Seal(t.Context(), map[string]string{"name": "Anne"})
	if err != nil || !strings.HasPrefix(value, "new.") || strings.Contains(value, "Anne") {
		t.Fatal(value, err)
	}
	var v map[string]string
	if err := b.Open(t.Context(), value, &v); err != nil || v["name"] != "Anne" {
		t.Fatal(v, err)
	}
	again, err := b.Seal(t.Context(), v)
	if err != nil || again == value {
		t.Error("the same nonce twice")
	}
	id, rest, _ := strings.Cut(value, ".")
	flipped := []byte(rest)
	flipped[20] ^= 1
	for what, bad := range map[string]string{
		"nothing": "", "no key": "." + rest, "no dot": id + rest, "unknown key": "x." + rest, "another key": "old." + rest, "short": "new.AAAA",
		"changed": id + "." + string(flipped), "cut": value[:len(value)-1], "padded": value + "=", "long": value + strings.Repeat("A", 200),
	} {
		if err := b.Open(t.Context(), bad, &v); !errors.Is(err, sealed.ErrNotOurs) {
			t.Errorf("%s: got %v", what, err)
		}
	}
	if err := box("another").Open(t.Context(), value, &v); !errors.Is(err, sealed.ErrNotOurs) {
		t.Errorf("for another purpose: %v", err)
	}
	if err := b.Open(t.Context(), "down."+rest, &v); err == nil || errors.Is(err, sealed.ErrNotOurs) {
		t.Errorf("no keys: %v", err)
	}
}
