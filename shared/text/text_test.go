package text

import "testing"

func TestHidden(t *testing.T) {
	for _, r := range "\x00\n\t\u007f\u0085\u00ad\u034f\u061c\u115f\u1160\u17b4\u180e\u200b\u200e\u200f\u202e\u2028\u2029\u2060\u2066\u3164\ufeff\uffa0\ufffd\U000e0001\U000e0041\U000e007f" {
		if !Hidden(r) {
			t.Errorf("%U passes", r)
		}
	}
	for _, r := range "aZ9 éß-'.\u00a0\u0301\u0915\u094d\u200c\u200d\u4e2d\uac00\u0639\u05d0\ufe0f🎉👩" {
		if Hidden(r) {
			t.Errorf("%U is refused", r)
		}
	}
}

func TestNamed(t *testing.T) {
	for _, s := range []string{"a", " 7 ", "中", "عين", "🎉 x", "Ⅷ"} {
		if !Named(s) {
			t.Errorf("%q has no name", s)
		}
	}
	for _, s := range []string{"", " ", "...", "\u200d", "\u3164", "\u115f\u1160", "\u00a0", "🎉", "\u0301"} {
		if Named(s) {
			t.Errorf("%q is a name", s)
		}
	}
}

func TestFoldEmail(t *testing.T) {
	for in, want := range map[string]string{" Ada.Lovelace@Example.ORG\n": "ada.lovelace@example.org", "e\u0301@x": "\u00e9@x", "\u00c9@X": "\u00c9@x", "": ""} {
		if got := FoldEmail(in); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}

func TestLines(t *testing.T) {
	for in, want := range map[string][2]string{
		" a\r\nb\tc\u202e\x00 ": {"a b c", "a\nb c"}, "a\n\nb\n": {"a  b", "a\n\nb"}, "\u200b": {"", ""}, "नम\u200dस्ते": {"नम\u200dस्ते", "नम\u200dस्ते"},
		"a\rb": {"ab", "ab"}, "\xffa": {"a", "a"}, "": {"", ""},
	} {
		if got := Line(in); got != want[0] {
			t.Errorf("the line %q: got %q, want %q", in, got, want[0])
		}
		if got := Lines(in); got != want[1] {
			t.Errorf("the lines %q: got %q, want %q", in, got, want[1])
		}
	}
}

func TestBlank(t *testing.T) {
	for s, want := range map[string]bool{"": true, " \n": true, "\u200d": true, "\u3164": true, ".": false, "👍": false, "\u200da": false} {
		if Blank(s) != want {
			t.Errorf("%q: want %v", s, want)
		}
	}
}
