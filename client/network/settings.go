package network

import (
	"net/url"
	"strings"
)

// settings are those of Windows for one user: a server such as "proxy:3128" or "http=proxy:80;https=proxy:3128", and
// what goes without it, such as "*.example.com;<local>".
type settings struct{ server, bypass string }

// proxy finds the proxy for HTTPS, or nil.
func (s settings) proxy(target *url.URL) (*url.URL, error) {
	if s.direct(target.Hostname()) {
		return nil, nil
	}
	for _, part := range strings.FieldsFunc(s.server, func(r rune) bool { return r == ';' || r == ' ' }) {
		scheme, address, named := strings.Cut(part, "=")
		switch {
		case !named:
			address = part
		case !strings.EqualFold(scheme, "https"):
			continue
		}
		return parseProxy(address)
	}
	return nil, nil
}

func (s settings) direct(host string) bool {
	host = strings.ToLower(host)
	for _, pattern := range strings.FieldsFunc(strings.ToLower(s.bypass), func(r rune) bool { return r == ';' || r == ' ' || r == ',' }) {
		if pattern == "<local>" && !strings.ContainsAny(host, ".:") || matches(pattern, host) {
			return true
		}
	}
	return false
}

// matches takes * for any characters.
func matches(pattern, s string) bool {
	parts := strings.Split(pattern, "*")
	if len(parts) == 1 {
		return pattern == s
	}
	first, last := parts[0], parts[len(parts)-1]
	if !strings.HasPrefix(s, first) || !strings.HasSuffix(s[len(first):], last) {
		return false
	}
	s = s[len(first) : len(s)-len(last)]
	for _, part := range parts[1 : len(parts)-1] {
		at := strings.Index(s, part)
		if at < 0 {
			return false
		}
		s = s[at+len(part):]
	}
	return true
}
