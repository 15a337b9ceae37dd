// Package text says which characters people may show to each other in names, titles and labels: none that nobody sees.
package text

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Hidden reports characters that control, turn or hide text on screen, or that look like nothing at all. The joiners
// that scripts and emoji need (U+200C, U+200D) are not among them.
func Hidden(r rune) bool {
	switch r {
	case '\u200c', '\u200d':
		return false
	case '\u2028', '\u2029', utf8.RuneError:
		return true
	}
	// Cf has the direction marks, the soft hyphen and the tags; the other table has the fillers of Hangul.
	return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Other_Default_Ignorable_Code_Point, r)
}

// Named reports whether s has a letter or a digit that is seen, so that people can tell it from others.
func Named(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return (unicode.IsLetter(r) || unicode.IsNumber(r)) && !Hidden(r) })
}

// FoldEmail is the form in which addresses are compared: NFC, without regard to the case of ASCII letters, which is the
// one that every provider ignores and every database knows how to.
func FoldEmail(address string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, strings.TrimSpace(norm.NFC.String(address)))
}

// Line is s as one line: without characters that nobody sees and without space around it.
func Line(s string) string { return strings.TrimSpace(show(s, ' ')) }

// Lines is s without characters that nobody sees and without space around it; line breaks stay.
func Lines(s string) string {
	return strings.TrimSpace(show(strings.ReplaceAll(s, "\r\n", "\n"), '\n'))
}

func show(s string, lineBreak rune) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n':
			return lineBreak
		case r == '\t':
			return ' '
		case Hidden(r):
			return -1
		}
		return r
	}, s)
}

// Blank reports whether s has nothing to see.
func Blank(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool {
		return !unicode.IsSpace(r) && !Hidden(r) && r != '\u200c' && r != '\u200d'
	})
}
