package signin

import (
	"net/url"
	"strings"
	"testing"
)

// FuzzOwnPath: whatever is accepted leads to our own site, in the eyes of a browser too (WHATWG URL: tabs and line ends
// are dropped, backslashes are slashes, white space around it is cut).
func FuzzOwnPath(f *testing.F) {
	for _, s := range []string{"/", "/support/desk?a=b#c", "//evil.example", `/\evil.example`, "/\t/evil.example", "/..//evil.example", "/%2f/evil", "/api/v1/x", "http:/x"} {
		f.Add(s)
	}
	ours, err := url.Parse("https://coopnet.example/api/v1/sign-in/callback")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, s string) {
		path, ok := ownPath([]string{s})
		if !ok {
			return
		}
		seen := strings.ReplaceAll(strings.NewReplacer("\t", "", "\n", "", "\r", "").Replace(strings.TrimSpace(path)), `\`, "/")
		u, err := ours.Parse(seen)
		if err != nil || u.Scheme != "https" || u.Host != ours.Host || u.User != nil || strings.HasPrefix(seen, "//") || path != s {
			t.Errorf("%q leads to %v (%v)", s, u, err)
		}
	})
}
