//go:build !windows

package network

import (
	"net/url"

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
	cfg := httpproxy.Config{HTTPSProxy: first("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"), NoProxy: first("NO_PROXY", "no_proxy")}
	return cfg.ProxyFunc()
}
