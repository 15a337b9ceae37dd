package launch

import (
	_ "embed" // the portals are built in
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"strings"
)

// builtIn is replaced by whoever builds the software for portals of their own: one origin a line.
//
//go:embed origins.txt
var builtIn string

const maxOrigins = 16

// Origin is where a portal is: scheme, host and port, as https://conference.example.com, and nothing after it.
type Origin string

// BuiltIn returns the portals that this program was built for.
func BuiltIn() ([]Origin, error) { return ParseOrigins(builtIn) }

// ParseOrigins reads one origin a line; empty lines and those that begin with # do not count.
func ParseOrigins(text string) ([]Origin, error) {
	var lines []string
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			lines = append(lines, line)
		}
	}
	return parseOrigins(lines)
}

func parseOrigins(texts []string) ([]Origin, error) {
	if len(texts) == 0 || len(texts) > maxOrigins {
		return nil, fmt.Errorf("there are %d portals: one to %d are possible", len(texts), maxOrigins)
	}
	origins := make([]Origin, 0, len(texts))
	for _, text := range texts {
		o, err := ParseOrigin(text)
		if err != nil {
			return nil, fmt.Errorf("portal %q: %w", text, err)
		}
		origins = append(origins, o)
	}
	return origins, nil
}

// ParseOrigin reads one. Without TLS only this machine itself is a portal.
func ParseOrigin(text string) (Origin, error) {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.Scheme+"://"+u.Host != text || strings.ContainsAny(u.Host, "%\\ ") {
		return "", errors.New("not an origin such as https://conference.example.com")
	}
	switch {
	case u.Scheme == "https" && u.Hostname() != "":
		return Origin(text), nil
	case u.Scheme == "http" && loopback(u.Hostname()):
		return Origin(text), nil
	}
	return "", errors.New("a portal has https, unless it is on this machine")
}

func loopback(host string) bool {
	if host == "localhost" {
		return true
	}
	address, err := netip.ParseAddr(host)
	return err == nil && address.Zone() == "" && address.IsLoopback()
}
