package release

import (
	"crypto/ed25519"
	"strings"
	"testing"
	"time"
)

func sample() Manifest {
	return Manifest{Platform: "windows-amd64", Version: "1.4.0", MinimumVersion: "1.2.0", Filename: "coopnet-1.4.0.exe", Size: 11, SHA256: [32]byte{1, 2},
		Expires: time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)}
}

func TestManifestIsReadAsItIsWritten(t *testing.T) {
	m := sample()
	if got, err := Parse(m.Text()); err != nil || got != m {
		t.Errorf("got %+v, %v", got, err)
	}
	text := m.Text()
	for _, other := range []string{
		"", text + "\n", text + "more: x\n", strings.TrimSuffix(text, "\n"), strings.ReplaceAll(text, "\n", "\r\n"), strings.Replace(text, "v1", "v2", 1),
		strings.Replace(text, "size: 11", "size: +11", 1), strings.Replace(text, "size: 11", "size: 011", 1), strings.Replace(text, "size: 11", "size: 0", 1),
		strings.Replace(text, "0102", "0A02", 1), strings.Replace(text, "00Z", "00+00:00", 1), strings.Replace(text, "windows-amd64", "windows amd64", 1),
		strings.Replace(text, "1.2.0", "1.5.0", 1), strings.Replace(text, "coopnet-1", "../coopnet-1", 1), strings.Replace(text, "platform", "Platform", 1),
	} {
		if got, err := Parse(other); err == nil {
			t.Errorf("%q is read as %+v", other, got)
		}
	}
}

func TestSignature(t *testing.T) {
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	other, _, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	m := sample()
	signature := Sign(private, m)
	if err := Verify([]ed25519.PublicKey{other, public}, m, signature); err != nil {
		t.Error(err)
	}
	changed := m
	changed.Version = "1.4.1"
	for what, err := range map[string]error{
		"another key": Verify([]ed25519.PublicKey{other}, m, signature), "no key": Verify(nil, m, signature), "an empty key": Verify([]ed25519.PublicKey{nil}, m, signature),
		"another manifest": Verify([]ed25519.PublicKey{public}, changed, signature), "no signature": Verify([]ed25519.PublicKey{public}, m, nil),
	} {
		if err != ErrSignature {
			t.Errorf("%s: %v", what, err)
		}
	}
	text, err := EncodePrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	if back, err := ParsePrivateKey(text); err != nil || !back.Equal(private) {
		t.Error(err)
	}
	if back, err := ParsePublicKey(EncodePublicKey(public) + "\n"); err != nil || !back.Equal(public) {
		t.Error(err)
	}
	for _, s := range []string{"", "x", EncodePublicKey(public[:31])} {
		if _, err := ParsePublicKey(s); err == nil {
			t.Errorf("%q is a key", s)
		}
	}
	if _, err := ParsePrivateKey([]byte("x")); err == nil {
		t.Error("x is a key")
	}
}

// The order of section 11 of semver.org.
func TestVersionsAreOrdered(t *testing.T) {
	ordered := []string{"0.0.0", "0.9.9", "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta", "1.0.0-beta.2", "1.0.0-beta.11", "1.0.0-rc.1",
		"1.0.0", "1.0.1", "1.2.0", "1.10.0", "2.0.0-0", "2.0.0"}
	for i, a := range ordered {
		if !ValidVersion(a) {
			t.Errorf("%s is no version", a)
		}
		for j, b := range ordered {
			if c := Compare(a, b); (c < 0) != (i < j) || (c > 0) != (i > j) {
				t.Errorf("%s and %s: %d", a, b, c)
			}
		}
	}
	for _, s := range []string{"", "1", "1.2", "v1.2.3", "01.2.3", "1.2.3.4", "1.2.3-", "1.2.3-a..b", "1.2.3-01", "1.2.3+build", " 1.2.3", "1.2.3\n", "1.2.x", strings.Repeat("1", 70)} {
		if ValidVersion(s) {
			t.Errorf("%q is a version", s)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(sample().Text())
	f.Fuzz(func(t *testing.T, s string) {
		if m, err := Parse(s); err == nil && m.Text() != s {
			t.Errorf("%q is read as %q", s, m.Text())
		}
	})
}
