//go:build !windows

package network

import (
	"net/url"
	"strings"

	"golang.org/x/net/http/httpproxy"
)

// System returns the proxy that the environment names (HTTPS_PROXY, NO_PROXY), as other programs take it.
func System(getenv func(string) string) func(*url.URL) (*url.URL, error) {
	return fromEnvironment(getenv)
}

func fromEnvironment(getenv func(string) string) func(*url.URL) (*url.URL, error) {
	first := func(names ...string) string {
		for _, name := range names {
			if value := getenv(name); value != "" {
				return value
			}
		}
		return ""
	}
	proxy := first("HTTPS_PROXY", "https_proxy")
	if all := first("ALL_PROXY", "all_proxy"); proxy == "" && strings.HasPrefix(all, "http") { // often it is one by SOCKS
		proxy = all
	}
	cfg := httpproxy.Config{HTTPSProxy: proxy, NoProxy: first("NO_PROXY", "no_proxy")}
	return cfg.ProxyFunc()
}
