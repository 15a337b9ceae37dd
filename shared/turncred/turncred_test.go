package turncred

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"
)

func secret(t *testing.T, text string) Secret {
	t.Helper()
	s, err := NewSecret(text)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// The value was computed with `openssl dgst -sha1 -hmac ... -binary | base64`, which is what coturn does.
func TestTheFormThatTURNServersShare(t *testing.T) {
	expires := time.Unix(1893456000, 999)
	c := secret(t, "correct horse battery staple").Mint("jm7twovxs7owcpzimp3s5ffr74", expires)
	if c.Username != "1893456000:jm7twovxs7owcpzimp3s5ffr74" || c.Password != "ZQYzdaeb3XsD9VBg216WN7tcFys=" {
		t.Errorf("%+v", c)
	}
	id, until, err := Parse(c.Username)
	if err != nil || id != "jm7twovxs7owcpzimp3s5ffr74" || !until.Equal(time.Unix(1893456000, 0)) {
		t.Errorf("%q %v %v", id, until, err)
	}
}

func TestAnotherSecretAnotherPassword(t *testing.T) {
	first, err := RandomSecret(bytes.NewReader(bytes.Repeat([]byte{1}, randomBytes)))
	if err != nil {
		t.Fatal(err)
	}
	second, err := RandomSecret(bytes.NewReader(bytes.Repeat([]byte{2}, randomBytes)))
	if err != nil {
		t.Fatal(err)
	}
	if first.Password("1:a") == second.Password("1:a") || first.Password("1:a") == first.Password("1:b") {
		t.Error("the same password")
	}
	if _, err := RandomSecret(strings.NewReader("short")); err == nil {
		t.Error("a secret of five bytes")
	}
}

func TestParseRefuses(t *testing.T) {
	for _, username := range []string{"", ":", "a", "-1:a", "+1:a", " 1:a", "1.5:a", "0x10:a", "99999999999999999999:a", "123456789012:a", "1:" + strings.Repeat("a", 256)} {
		if _, _, err := Parse(username); !errors.Is(err, ErrUsername) {
			t.Errorf("%q: %v", username, err)
		}
	}
	for username, want := range map[string]string{"17": "17", "17:": "17:", "17:a:b": "a:b"} {
		if id, _, err := Parse(username); err != nil || id != want {
			t.Errorf("%q: %q %v", username, id, err)
		}
	}
}

func TestShortSecretsAreRefused(t *testing.T) {
	if _, err := NewSecret("0123456789abcde"); err == nil {
		t.Error("15 characters were accepted")
	}
	if !(Secret{}).IsZero() || secret(t, "0123456789abcdef").IsZero() {
		t.Error("IsZero is wrong")
	}
}

func TestTheSecretStaysOutOfTexts(t *testing.T) {
	s := secret(t, "do-not-print-me-please")
	var out bytes.Buffer
	slog.New(slog.NewTextHandler(&out, nil)).Info("x", "secret", s)
	fmt.Fprintf(&out, "%v %+v %#v %s", s, struct{ Secret Secret }{s}, struct{ Secret Secret }{s}, s)
	if strings.Contains(out.String(), "do-not-print") || strings.Contains(out.String(), fmt.Sprint([]byte("do-not-print"))[1:20]) {
		t.Error(out.String())
	}
}

// FuzzParse reads any username: what is taken has a time, an id, and a password of its own.
func FuzzParse(f *testing.F) {
	for _, username := range []string{"1893456000:jm7twovxs7owcpzimp3s5ffr74", "17", "17:", ":", "00000000017:a:b", "99999999999:x", "-1:a"} {
		f.Add(username)
	}
	s, err := NewSecret("0123456789abcdef")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, username string) {
		id, expires, err := Parse(username)
		if err != nil {
			if !errors.Is(err, ErrUsername) {
				t.Fatal(err)
			}
			return
		}
		if id == "" || expires.Before(time.Unix(0, 0)) || expires.Year() > 5138 || len(username) > maxUsername {
			t.Fatalf("%q is %q until %s", username, id, expires)
		}
		if c := s.Mint(id, expires); c.Username == username && c.Password != s.Password(username) {
			t.Fatalf("%q has two passwords", username)
		}
	})
}
