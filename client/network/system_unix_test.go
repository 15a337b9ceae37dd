//go:build !windows

package network

import (
	"net/url"
	"testing"
)

func TestFromEnvironment(t *testing.T) {
	environment := map[string]string{"https_proxy": "http://anne:secret@proxy.example:3128", "NO_PROXY": ".intern.example"}
	find := System(func(name string) string { return environment[name] })
	if p, err := find(&url.URL{Scheme: "https", Host: "portal.example"}); err != nil || p == nil || p.Host != "proxy.example:3128" || p.User.Username() != "anne" {
		t.Errorf("%v, %v", p, err)
	}
	if p, err := find(&url.URL{Scheme: "https", Host: "portal.intern.example"}); err != nil || p != nil {
		t.Errorf("%v, %v", p, err)
	}
}
