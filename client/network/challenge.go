package network

import (
	"net/http"
	"strings"
)

const (
	maxChallenges = 8
	maxRealm      = 200 // of what a proxy says about itself, in bytes
	maxScheme     = 40  // of a name; those that are registered have at most 13
)

// challenge is one way to sign in that a proxy offers (RFC 9110 section 11.6.1).
type challenge struct {
	scheme string // as it was written, cut
	realm  string
}

// challenges reads what a proxy offers. Several may stand in one line, and commas are between them as well as inside of them.
func challenges(h http.Header) []challenge {
	var all []challenge
	for _, line := range h.Values("Proxy-Authenticate") {
		all = readChallenges(all, line)
	}
	return all
}

func readChallenges(all []challenge, line string) []challenge {
	for line != "" {
		line = strings.TrimLeft(line, " \t,")
		word := token(line)
		rest := strings.TrimLeft(line[len(word):], " \t")
		switch {
		case word == "":
			return all // what follows is not understood
		case strings.HasPrefix(rest, "=") && len(all) > 0: // a parameter of the challenge before
			var value string
			if value, line = parameter(strings.TrimLeft(rest[1:], " \t")); strings.EqualFold(word, "realm") {
				all[len(all)-1].realm = value[:min(len(value), maxRealm)]
			}
			continue
		case len(all) == maxChallenges:
			return all
		}
		all = append(all, challenge{scheme: word[:min(len(word), maxScheme)]})
		line = token68(rest)
	}
	return all
}

// basic finds the one that the software knows.
func basic(all []challenge) (realm string, offered bool) {
	for _, c := range all {
		if strings.EqualFold(c.scheme, "Basic") {
			return c.realm, true
		}
	}
	return "", false
}

// token is what a line begins with (RFC 9110 section 5.6.2).
func token(line string) string {
	end := strings.IndexFunc(line, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r < 0x80 && strings.ContainsRune("!#$%&'*+-.^_`|~", r))
	})
	if end < 0 {
		return line
	}
	return line[:end]
}

// parameter reads a token or a quoted string.
func parameter(line string) (value, rest string) {
	if !strings.HasPrefix(line, `"`) {
		value = token(line)
		rest = line[len(value):]
		if at := strings.IndexByte(rest, ','); at >= 0 { // what is no token is passed over
			return value, rest[at:]
		}
		return value, ""
	}
	var b strings.Builder
	for n := 1; n < len(line); n++ {
		switch {
		case line[n] == '"':
			return b.String(), line[n+1:]
		case line[n] == '\\' && n+1 < len(line):
			n++
		}
		b.WriteByte(line[n])
	}
	return b.String(), ""
}

// token68 passes over what follows a scheme, unless that is a list of parameters (RFC 9110 section 11.2).
func token68(line string) string {
	end := strings.IndexAny(line, " \t,")
	if end < 0 {
		end = len(line)
	}
	word := strings.TrimRight(line[:end], "=")
	rest := strings.TrimLeft(line[end:], " \t")
	if !strings.ContainsAny(word, `="`) && (rest == "" || rest[0] == ',') {
		return rest
	}
	return line
}
