package whip

import (
	"strings"
	"testing"
)

// TestLabels: a share is called as people could be, and has a name that is seen.
func TestLabels(t *testing.T) {
	long := strings.Repeat("é", maxLabel)
	for label, want := range map[string]string{
		"Window 1": "Window 1", " a\u202eb\x00\nc ": "abc", "": "Screen", "   ": "Screen", "...": "Screen", "\u200d": "Screen",
		"\u3164": "Screen", "\u115f\u1160": "Screen", "\u034f": "Screen", "\xff": "Screen", "Ad\u00ada\u3164": "Ada",
		"नम\u200dस्ते": "नम\u200dस्ते", "می\u200cخواهم": "می\u200cخواهم", long + "é": long, strings.Repeat(".", maxLabel) + "a": "Screen",
	} {
		if got := clean(label); got != want {
			t.Errorf("%q is called %q, want %q", label, got, want)
		}
	}
}
