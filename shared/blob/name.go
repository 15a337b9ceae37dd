package blob

import (
	"mime"
	"strings"
	"unicode"
)

const (
	mostKey  = 200
	mostName = 100
)

// ValidKey reports whether a store takes the key: parts of a-z, 0-9, "-", "_" and "." between slashes, none of which
// begins with a point. Keys are made by domains, never by who uploads.
func ValidKey(key string) bool {
	if len(key) > mostKey {
		return false
	}
	for part := range strings.SplitSeq(key, "/") {
		if part == "" || part[0] == '.' || strings.ContainsFunc(part, func(r rune) bool {
			return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-' && r != '_' && r != '.'
		}) {
			return false
		}
	}
	return true
}

// Disposition is the Content-Disposition of a download: always an attachment, with a file name that is only a name. RFC
// 6266; a name that is not ASCII is written as RFC 8187 says.
func Disposition(filename string) string {
	name := strings.Map(func(r rune) rune {
		if strings.ContainsRune(`/\:*?"<>|%;`, r) || !unicode.IsPrint(r) {
			return '_'
		}
		return r
	}, strings.ToValidUTF8(filename, "_"))
	name = strings.TrimLeft(name, ". ")
	if runes := []rune(name); len(runes) > mostName {
		name = string(runes[len(runes)-mostName:]) // the end says what kind of file it is
	}
	if name == "" {
		name = "download"
	}
	return mime.FormatMediaType("attachment", map[string]string{"filename": name})
}
