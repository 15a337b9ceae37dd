// Package launch reads what the software is started with: coopnet://join/CODE from a page that anybody may have written,
// the portals that the program was built for, and the administrator's policy. Nothing here asks anybody anything.
package launch

import (
	"errors"
	"strings"
)

// Code is the single-use secret that a page hands over. It is never logged.
type Code string

const (
	prefix      = "coopnet://join/"
	minimumCode = 22
	maximumCode = 64
)

// ErrURL is a launch that is anything else than coopnet://join/CODE. Nothing of it may be used.
var ErrURL = errors.New("not a launch of Coopnet: that is coopnet://join/ and a code")

// Parse reads a launch URL. There is one way to write one: no other case, host, port, query, fragment, escape or slash.
func Parse(url string) (Code, error) {
	code, ok := strings.CutPrefix(url, prefix)
	if !ok || len(code) < minimumCode || len(code) > maximumCode {
		return "", ErrURL
	}
	for i := range len(code) {
		if !letter(code[i]) {
			return "", ErrURL
		}
	}
	return Code(code), nil
}

func letter(c byte) bool {
	return 'A' <= c && c <= 'Z' || 'a' <= c && c <= 'z' || '0' <= c && c <= '9' || c == '-' || c == '_'
}

// Arguments reads the command line that the URL scheme's handler gets: one URL and nothing else, so that no page can set
// a flag.
func Arguments(arguments []string) (Code, error) {
	if len(arguments) != 1 {
		return "", ErrURL
	}
	return Parse(arguments[0])
}
